"""The page on convolutional networks: maps live, channels switched off, a pad to draw on, one number, mistakes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nnlab.core.experiment import experiment
from nnlab.core.forms import Pictures
from nnlab.data.pictures.drawn import packed
from nnlab.families.cnn.receptive import field
from tests.browser.one_tab import FILLED, Tab, in_address

OPENS = ("cnn", f"nnlab.frame?.arrays.wall_maps && {FILLED}")
SMALL = {
    "data": {"kind": "digits8", "samples": 400},
    "model": {
        "family": "cnn",
        "blocks": [{"kind": "conv", "channels": 4}, {"kind": "dropout"}, {"kind": "conv", "channels": 6, "kernel": 2}],
    },
    "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01, "batch_size": 20},
}
DEEP = {
    "data": {"kind": "digits8", "samples": 400},
    "model": {
        "family": "cnn",
        "blocks": [
            {"kind": "conv", "channels": 2, "kernel": 2, "dilation": 2, "padding": "1"},
            {"kind": "residual", "channels": 4, "stride": 2},
            {"kind": "conv", "channels": 3, "stride": 2},
            {"kind": "pool"},
        ],
    },
}


def view(name: str) -> str:
    return f"nnlab.board.views.find((v) => v.name === '{name}').view"


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab


@pytest.fixture
def small(lab: Tab) -> Tab:
    """Two convolutions on 8 × 8 digits, 40 updates on, at rest."""
    lab.page.set_viewport_size({"width": 1366, "height": 630})
    lab.become(experiment(SMALL), ready=f"{view('wall')}.stages.length === 5")
    lab.step(40)
    lab.until(f"{view('wall')}.plan?.columns.length === 4")  # what dropout leaves as it is has no column
    return lab


def array(lab: Tab, name: str) -> list[float]:
    return list(lab.get(f"Array.from(nnlab.frame.arrays.{name}.data)"))


def words(lab: Tab, name: str) -> str:
    return str(lab.get(f"{view(name)}.words.textContent"))


def tile(lab: Tab, stage: int, channel: int) -> dict[str, float]:
    """The middle of a map's tile, in pixels of its canvas."""
    found = lab.get(
        f"{view('wall')}.plan.columns.find((c) => c.stage === {stage}).tiles.find((t) => t.channel === {channel})"
    )
    return {"x": found["x"] + found["w"] / 2, "y": found["y"] + found["h"] / 2}


def test_the_wall_shows_every_map_as_it_came_and_those_that_speak_most_for_the_answer_first(small: Tab) -> None:
    sort = small.page.get_by_role("combobox", name="Order of the maps")
    sort.select_option("number")
    assert small.get(f"{view('wall')}.order[1]") == [0, 1, 2, 3]
    sort.select_option("share")
    shares, plan = array(small, "wall_shares"), array(small, "wall_plan")
    order = small.get(f"{view('wall')}.order")
    first = int(plan[0])
    assert order[1] == sorted(range(4), key=lambda c: -shares[first + c])
    assert order[2] == [], "dropout changes nothing but in training"
    wall = small.page.locator(".view-wall canvas")
    at = tile(small, 1, order[1][0])
    wall.hover(position=at)  # type: ignore[arg-type]
    tip = small.page.locator(".tip").inner_text()
    assert f"map {order[1][0] + 1}" in tip and ("for" if shares[first + order[1][0]] > 0 else "against") in tip
    drawn = small.get(
        f"(() => {{ const s = {view('wall')}.strips[1]; return Array.from(s.ctx.getImageData(0, 0, s.width, s.height * s.count).data) }})()"
    )
    lut = small.get("Array.from(nnlab.board.theme.lut)")
    signed = small.get(f"{view('wall')}.signed({view('wall')}.stages[1])")
    maps = array(small, "wall_maps")[64 : 64 + 4 * 64]
    for i in (0, 77, 255):
        t = maps[i] / 127.5 - 1 if signed else maps[i] / 255
        colour = int(lut[math.floor(127.5 * (1 + math.copysign(abs(t) ** 0.6, t)) + 0.5)])
        assert drawn[4 * i : 4 * i + 3] == [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255]


def test_what_a_cell_can_see_is_what_has_a_gradient_by_construction(small: Tab) -> None:
    spec = experiment(DEEP)
    small.become(spec, ready=f"{view('wall')}.stages.length === 6")
    sizes = [[s["shape"][1], s["shape"][2]] for s in small.get("nnlab.scene.facts.stages").copy()[:-1]]
    blocks: Any = spec.model.blocks  # type: ignore[attr-defined]
    for block, (height, width) in enumerate(sizes[1:]):
        for row, column in ((0, 0), (height - 1, width // 2), (height // 2, width - 1)):
            found = small.page.evaluate(
                """async ([block, row, column, sizes]) => (await import('/assets/views/pictures/receptive.js'))
                  .fieldOf(nnlab.experiment.model.blocks.slice(0, block + 1), sizes, row, column)""",
                [block, row, column, sizes],
            )
            top, left, bottom, right = field(blocks, Pictures(8, 8), block, row, column).box
            assert found == {"top": top, "left": left, "bottom": bottom - 1, "right": right - 1}, (block, row, column)


def test_a_click_switches_a_channel_off_and_says_what_that_does(small: Tab) -> None:
    answer = array(small, "wall_answer")[:10]
    best = answer.index(max(answer))
    channel = small.get(f"{view('wall')}.order")[3][0]
    small.page.locator(".view-wall canvas").click(position=tile(small, 3, channel))  # type: ignore[arg-type]
    small.until(f"{view('wall')}.words.textContent.includes('is off')")
    after = array(small, "wall_answer")
    assert after[10:] == pytest.approx(answer, abs=1e-5)
    assert after[:10] != pytest.approx(answer, abs=1e-4)
    assert f"Map {channel + 1} of Conv 2 is off: the probability of “{best}”" in words(small, "wall")
    small.get("nnlab.send('reset', null)")
    small.until(f"nnlab.step === 0 && {view('wall')}.words.textContent.includes('is still off')")
    small.page.get_by_role("button", name="Switch all on").click()
    small.until(f"!{view('wall')}.words.textContent.includes('off')")
    assert array(small, "wall_answer")[:10] == array(small, "wall_answer")[10:]


def test_what_is_drawn_is_centred_and_read_at_once_and_the_examples_come_back(small: Tab) -> None:
    small.page.get_by_role("button", name="Draw a picture yourself").click()
    canvas = small.page.locator(".view-sample canvas")
    box: Any = canvas.bounding_box()
    side = small.get(f"{view('sample')}.side")
    mouse = small.page.mouse
    mouse.move(box["x"] + side * 0.2, box["y"] + side * 0.1)
    mouse.down()
    mouse.move(box["x"] + side * 0.2, box["y"] + side * 0.4, steps=5)
    mouse.up()
    small.until("nnlab.frame.arrays.wall_class.data[1] === -1")
    picture = array(small, "wall_picture")
    columns = [sum(picture[x::8]) for x in range(8)]
    middle = sum(x * c for x, c in enumerate(columns)) / sum(columns)
    assert middle == pytest.approx(3.5, abs=0.3), "a line at the left stands in the middle"
    rows = [sum(picture[8 * y : 8 * y + 8]) for y in range(8)]
    assert rows[1] > 0 and rows[6] > 0, "it takes 0.8 of the frame"
    assert "Your drawing" in words(small, "sample")
    small.page.get_by_role("button", name="Clear the pad").click()
    small.until("nnlab.frame.arrays.wall_class.data[1] >= 0")
    assert small.page.get_by_role("button", name="Add as").count() == 0, "of 8 × 8 pixels there are no drawn examples"
    small.page.get_by_role("button", name="Back to the examples").click()
    assert "Test picture 1 of" in words(small, "sample")
    small.page.get_by_role("button", name="Next picture").click()
    small.until(f"{view('sample')}.words.textContent.includes('picture 2 of')")


PEN: dict[str, Any] = {
    "data": {"kind": "glyphs", "samples": 200},
    "model": {"family": "cnn", "blocks": [{"kind": "conv", "channels": 4, "stride": 2}]},
    "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01, "batch_size": 40},
}


def test_what_is_drawn_becomes_a_training_picture_and_the_network_goes_on(small: Tab) -> None:
    page = small.page
    small.become(experiment(PEN), ready="nnlab.scene.form.height === 28")
    small.step(8)
    before = small.get("nnlab.scene.counts")
    page.get_by_role("button", name="Draw a picture yourself").click()
    add, classes = page.get_by_role("button", name="Add as"), page.get_by_role("combobox", name="Class of the drawing")
    assert add.is_disabled()
    box: Any = page.locator(".view-sample canvas").bounding_box()
    side = small.get(f"{view('sample')}.side")
    for x, y in ((0.3, 0.2), (0.6, 0.2), (0.4, 0.8)):
        page.mouse.move(box["x"] + side * x, box["y"] + side * y, steps=4)
        page.mouse.down()
    page.mouse.up()
    on_it = f"{view('sample')}.pad.bytes(28, 28, {{ ink: 255, ground: 0 }})"
    small.until(f"{on_it}.every((v, i) => v === nnlab.frame.arrays.wall_picture.data[i])")
    assert add.is_disabled(), "nobody has said what it is"
    picture = np.array(array(small, "wall_picture"), np.uint8).reshape(28, 28)
    classes.select_option(label="7")
    add.click()
    small.until("nnlab.scene.counts.train === arg", before["train"] + 1)
    assert small.get("nnlab.step") == 8 and small.get("nnlab.scene.counts.test") == before["test"]
    small.until(f"{view('sample')}.words.textContent.startsWith('Training picture, “7”; now taken for')")
    assert add.is_disabled(), "it is an example already"
    assert small.get("nnlab.experiment.data.drawn") == [[7, packed(picture)]]
    page.wait_for_url(
        lambda url: getattr(getattr(in_address(url), "data", None), "drawn", None) == ((7, packed(picture)),)
    )
    small.step(2)
    page.get_by_role("button", name="Back to the examples").click()
    page.get_by_role("combobox", name="Which pictures").select_option("train")
    page.get_by_role("button", name="Picture before").click()
    small.until(f"{view('sample')}.words.textContent.startsWith('Your drawing: “7”.')")
    assert np.array_equal(np.array(array(small, "wall_picture")).reshape(28, 28), (picture > 127) * 255)
    page.get_by_role("button", name="Take this drawing out of the training pictures").click()
    small.until("nnlab.scene.counts.train === arg", before["train"])
    assert small.get("nnlab.step") == 10
    page.keyboard.press("Control+z")
    small.until("nnlab.scene.counts.train === arg", before["train"] + 1)


def test_one_number_follows_the_pointer_and_a_weight_that_is_dragged_changes(small: Tab) -> None:
    small.tab("One number")
    small.until(f"{view('cell')}.cell && !{view('cell')}.busy")
    canvas = small.page.locator(".view-cell canvas")
    canvas.scroll_into_view_if_needed()
    box: Any = canvas.bounding_box()
    canvas.hover(position={"x": box["width"] - 12, "y": 40})
    small.until(f"{view('cell')}.cell.at[3] === 7 && !{view('cell')}.busy")
    row, column = small.get(f"[{view('cell')}.cell.at[2], {view('cell')}.cell.at[3]]")
    assert column == 7 and row < 2
    bias, total, _, torch = small.get(f"Array.from({view('cell')}.cell.facts).slice(0, 4)")
    parts = small.get(
        f"(() => {{ const c = {view('cell')}.cell; return c.patch.reduce((a, p, i) => a + p * c.kernel[i], 0) }})()"
    )
    assert total == pytest.approx(torch, abs=1e-4) and bias + parts == pytest.approx(total, abs=1e-4)
    place = small.get(f"{view('cell')}.cell.places[4]")
    before = small.get(f"{view('cell')}.cell.kernel[4]")
    side = small.get(
        f"(async () => {{ const m = await import('/assets/views/pictures/cell_draw.js'); const c = {view('cell')}; for (let y = 0; y < 330; y += 4) for (let x = 0; x < c.page.width; x += 4) {{ const f = m.placesIn(c.cell, c.page.width, x, y); if (f?.kind === 'weight' && f.place === 4) return [x + 6, y + 6]; }} }})()"
    )
    x, y = box["x"] + side[0], box["y"] + side[1]
    small.page.mouse.move(x, y)
    small.page.mouse.down()
    small.page.mouse.move(x, y - 60, steps=4)
    small.page.mouse.up()
    small.until(f"Math.abs({view('cell')}.cell.kernel[4] - arg) < 0.02", before + 0.5)
    assert small.get(f"{view('cell')}.cell.places[4]") == place


def test_a_mistake_that_is_clicked_is_looked_at_in_all_views(small: Tab) -> None:
    small.tab("Mistakes")
    small.until(f"{view('mistakes')}.found && !{view('mistakes')}.study.busy")
    row = small.get(f"{view('mistakes')}.found.mistake_rows.data[1]")
    small.page.locator(".view-mistakes canvas").click(position={"x": 140, "y": 40})
    small.until("nnlab.board.optionOf('wall', 'example') === arg", row)
    small.until(f"{view('sample')}.words.textContent.startsWith(arg)", f"Test picture {row + 1} of")
    right = small.get(f"{view('mistakes')}.found.mistake_classes.data[2]")
    assert array(small, "wall_class")[1] == right


def test_why_the_answer_is_told_in_four_maps_with_the_curve_of_each(small: Tab) -> None:
    small.tab("Why this answer")
    small.until(f"{view('why')}.found && !{view('why')}.study.busy")
    areas = small.get(f"Array.from({view('why')}.found.why_area.data)")
    curves = small.get(f"Array.from({view('why')}.found.why_curves.data)")
    best = areas.index(min(areas[:4]))
    names = ("Saliency", "Grad-CAM", "Integrated gradients", "Occlusion")
    said = words(small, "why")
    share = curves[best * 21 + 2]
    shown = f"{100 * share:.1f} %" if 0.0005 < share < 0.01 else f"{round(100 * share)} %"
    assert f"({names[best]})" in said and f"is {shown} instead of" in said
    small.page.get_by_role("button", name="Randomise the upper layers").click()
    small.until(f"{view('why')}.words.textContent.startsWith('With random weights')")
    small.page.get_by_role("button", name="Randomise the upper layers").click()
    small.until(f"{view('why')}.words.textContent === arg", said)


def test_the_methods_are_tested_on_many_pictures_and_a_change_of_the_data_clears_that(small: Tab) -> None:
    small.tab("Why this answer")
    tested = f"{view('why')}.tested"
    small.until(f"{view('why')}.found && !{view('why')}.study.busy")
    hint = small.get(f"{tested}.words.textContent")
    small.page.get_by_role("button", name="Test on 80 pictures").click()  # a fifth of 400 is there to test on
    small.until(f"{tested}.found")
    share, low, high = (small.get(f"{tested}.found.deletion_better.data[{6 + k}]") for k in range(3))
    assert 0 <= low <= share <= high <= 1
    said = small.get(f"{tested}.words.textContent")
    assert said.startswith("At step 40, of 80 test pictures, read right or wrong,")
    for i, name in enumerate(("saliency", "Grad-CAM", "integrated gradients", "occlusion")):
        bar = small.get(f"{tested}.found.deletion_better.data[{3 * i}]")
        first = said.partition("random pixels on 90")[0]
        assert (name in first) == (bar >= 0.9 - 1e-6) or "no method" in said, "who beats random and who does not"
    small.page.get_by_role("button", name="Test on 80 pictures").click()
    stop = small.page.get_by_role("button", name="Stop", exact=True)
    if stop.count():  # it may be over already
        stop.click()
    small.until(f"!{tested}.study.busy && {tested}.words.textContent === arg", said)
    small.get("(nnlab.board.set({'data.seed': 7}), nnlab.board.changed())")
    small.until(f"!{tested}.found && {tested}.words.textContent === arg", hint)


FALLS = f"""(() => {{ const w = {view("wall")}, s = w.seen.shares;
  return w.order.slice(0, -1).every((row, i) => row.every((c, k) => !k || s[w.stages[i].first + row[k - 1]] >= s[w.stages[i].first + c])) }})()"""


def test_the_maps_are_sorted_at_rest_and_for_another_picture_at_once_and_while_it_trains_now_and_then(
    small: Tab,
) -> None:
    assert small.get(FALLS)
    for _ in range(4):
        small.page.get_by_role("button", name="Next picture").click()
        small.step(3)
        small.until(FALLS)
    at = small.get(f"{view('wall')}.sorted.at")
    small.get("nnlab.send('play', true)")
    small.until("nnlab.playing")
    small.until(f"{view('wall')}.sorted.at > arg && nnlab.playing", at)
    at = small.get(f"{view('wall')}.sorted.at")
    small.until(f"{view('wall')}.sorted.at > arg", at)
    assert small.get(f"{view('wall')}.sorted.at") >= at + 3000, "nothing jumps meanwhile"
    small.pause()
    small.until(FALLS)


def test_one_number_is_of_the_network_as_it_is_after_a_reset_and_stands_in_rows_where_it_is_narrow(small: Tab) -> None:
    small.page.set_viewport_size({"width": 390, "height": 800})
    small.tab("One number")
    cell = view("cell")
    small.until(f"{cell}.cell && !{cell}.busy && {cell}.page.width < 390")
    own = f"nnlab.board.ask('cell', {{ ...{cell}.chosen }}).then((a) => Array.from(a.arrays.cell_kernel.data))"
    trained = small.get(own)
    assert small.get(f"Array.from({cell}.cell.kernel)") == trained
    small.get("nnlab.send('reset', null)")
    small.until(f"nnlab.step === 0 && !{cell}.busy && {cell}.cell.kernel[0] !== arg", trained[0])
    assert small.get(f"Array.from({cell}.cell.kernel)") == small.get(own)
    places = f"""(async () => {{ const m = await import('/assets/views/pictures/cell_draw.js'); const {{ cell: c, page }} = {cell}, found = {{}};
      for (let y = 0; y < page.height; y += 3) for (let x = 0; x < page.width; x += 3) {{
        const kind = m.placesIn(c, page.width, x, y)?.kind;
        if (kind) found[kind] = [Math.min(found[kind]?.[0] ?? 1e9, x), Math.min(found[kind]?.[1] ?? 1e9, y), Math.max(found[kind]?.[2] ?? 0, x), Math.max(found[kind]?.[3] ?? 0, y)]; }}
      return found; }})()"""
    found = small.get(places)
    output, weights, part = found["output"], found["weight"], found["part"]
    assert output[3] < weights[1] < weights[3] < part[1], "one below the other"
    assert weights[2] - weights[0] >= 3 * 38, "numbers have room"
    assert part[2] - part[0] > 250, "the sum takes the whole width"
    assert small.get(f"{cell}.page.height") - part[3] < 150, "nothing is blank below"


def test_where_rows_are_low_the_likeliest_and_the_right_class_keep_their_text_apart_from_each_other(small: Tab) -> None:
    told = small.page.evaluate(
        """async () => { const { toldOf } = await import('/assets/views/pictures/wall_draw.js');
          const answer = [0.02, 0.05, 0.01, 0.6, 0.2, 0.02, 0.04, 0.03, 0.02, 0.01];
          return [26, 9].map((h) => [...toldOf(answer, 10, [{ h }], 9)].sort()); }"""
    )
    assert told[0] == list(range(10))
    assert {3, 9} <= set(told[1]) and min(b - a for a, b in zip(told[1], told[1][1:], strict=False)) == 2


def test_two_classes_that_share_an_output_have_a_row_each(lab: Tab) -> None:
    rows = lab.page.evaluate(
        """async () => { const { Order } = await import('/assets/views/pictures/wall_order.js');
          const { plan, stagesOf } = await import('/assets/views/pictures/tiles.js');
          const stages = stagesOf([1, 8, 8, 0, 3, 8, 8, 3, 1, 1, 1, 0]), order = new Order();
          order.sort({ key: '', step: 0, picture: [] }, stages, null, (i) => [1, 3, 2][i]);
          return plan(stages, 600, 300, (i) => order.rows[i]).columns.at(-1).tiles.map((t) => [t.channel, t.y, t.h]); }"""
    )
    (first, top, high), (second, below, _) = rows
    assert (first, second) == (0, 1) and below >= top + high
