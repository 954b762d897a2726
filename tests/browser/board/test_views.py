"""The output map and the curves: points by mouse and key, what is read under the pointer, and the layout."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.bare_server import CIRCLE
from tests.browser.board.conftest import VIEWS

PLACE = """([x, y]) => {
  const box = document.querySelector(".view-boundary .heat").getBoundingClientRect();
  return [box.left + (x + 6) / 12 * box.width, box.top + (6 - y) / 12 * box.height];
}"""


def place(tab, x: float, y: float) -> list[float]:
    """Where a point of the plane lies on the screen."""
    return list(tab.page.evaluate(PLACE, [x, y]))


def training(tab) -> list[int]:
    """Ids of the points that train."""
    return tab.run.data.ids[~tab.run.data.is_test].tolist()


def at(tab, point: int) -> tuple[float, float]:
    """Where a point lies."""
    x, y = tab.run.data.inputs[tab.run.data.ids == point][0]
    return float(x), float(y)


def labelled(tab, label: int) -> int:
    """A point of that class that trains."""
    data = tab.run.data
    return int(data.ids[~data.is_test & (data.targets == label)][0])


def test_the_map_has_the_colour_of_the_answer_at_each_place(tab) -> None:
    pixel = tab.get(
        "Array.from(document.querySelector('.view-boundary .heat').getContext('2d').getImageData(12, 99 - 34, 1, 1).data)"
    )
    byte = tab.get("nnlab.frame.arrays.boundary.data[34 * 100 + 12]")
    colour = tab.get("nnlab.board.theme.lut[arg]", byte)
    assert pixel == [colour & 255, colour >> 8 & 255, colour >> 16 & 255, 255]


def test_dragging_a_point_moves_it_and_tells_the_page_once(tab) -> None:
    point = training(tab)[3]
    x, y = at(tab, point)
    tab.page.mouse.move(*place(tab, x, y))
    tab.page.mouse.down()
    for i in range(1, 8):
        tab.page.mouse.move(*place(tab, x + i * 0.2, y))
    tab.page.mouse.up()
    tab.until("calls.length === 1")
    tab.stage.wait(
        lambda: at(tab, point) == pytest.approx([x + 1.4, y], abs=0.1), "the point must be where it was left"
    )
    moves = tab.arrives("point", 2)
    assert {m["op"] for m in moves} == {"move"} and {m["id"] for m in moves} == {point}
    assert moves[-1]["x"] == pytest.approx(x + 1.4, abs=0.1)


def test_a_click_adds_a_point_of_the_chosen_class(tab) -> None:
    tab.tools("Output")
    tab.page.get_by_role("button", name="Add", exact=True).click()
    tab.page.get_by_role("button", name="class 0").click()
    tab.tools("Output")
    tab.page.mouse.click(*place(tab, 5, 5))
    added = tab.arrives("point")[0]
    assert (added["op"], added["label"]) == ("add", 0)
    assert [added["x"], added["y"]] == pytest.approx([5, 5], abs=0.1)
    tab.until("nnlab.scene.points.length / 4 === 501")


def test_a_drawn_point_that_becomes_a_test_point_is_seen_at_once_and_it_says_what_it_is(open_board: Callable) -> None:
    tab = open_board(experiment=CIRCLE | {"data": {"kind": "drawn", "added": [[0, 0, 0]], "train_share": 50}})
    tests = tab.page.get_by_label("Test points")
    assert not tests.is_checked()
    tab.tools("Output")
    tab.page.get_by_role("button", name="Add", exact=True).click()
    tab.tools("Output")
    tab.page.mouse.click(*place(tab, 5.5, 5.5))
    tab.until("nnlab.scene.points.length / 4 === 2")  # of two the second tests, whatever the lot says
    assert tests.is_checked()
    tab.page.get_by_role("status", name="Messages").get_by_text(
        "This point is hollow: it was drawn at random for the test set"
    ).wait_for()
    tab.page.mouse.move(*place(tab, 5.5, 5.5))
    tab.page.locator(".tip").get_by_text("Test point: class 1").wait_for()
    tab.tools("Output")
    tests.uncheck()  # who does not want to see them is not told again
    tab.get("nnlab.send('set', {changes: {seed: 4}, version: 9})")
    tab.until("nnlab.scene.experiment.seed === 4")
    assert not tests.is_checked()


def test_a_drawn_point_that_trains_leaves_the_test_points_alone(tab) -> None:
    tab.tools("Output")
    tab.page.get_by_role("button", name="Add", exact=True).click()
    tab.tools("Output")
    tab.page.mouse.click(*place(tab, 5.5, 5.5))
    tab.until("nnlab.scene.points.length / 4 === 501")
    assert not tab.page.get_by_label("Test points").is_checked()


def test_long_class_names_are_cut_with_an_ellipsis_and_told_in_full(tab) -> None:
    long = "a class with a name that goes on and on"
    tab.page.evaluate(
        """names => nnlab.board.views.find((v) => v.name === "boundary").view.scene({...nnlab.scene, class_names: names})""",
        [long, "short"],
    )
    names = tab.part(".view-boundary .legend .swatch span")
    assert names.all_inner_texts() == [long, "short"]
    cut = names.evaluate_all("all => all.map((e) => [e.scrollWidth > e.clientWidth, getComputedStyle(e).textOverflow])")
    assert cut == [[True, "ellipsis"], [False, "ellipsis"]]
    assert names.first.get_attribute("title") == long
    inside = tab.get("document.querySelector('.view-boundary').getBoundingClientRect().right")
    assert tab.part(".view-boundary .legend").evaluate("e => e.getBoundingClientRect().right") <= inside


def test_a_right_click_and_the_remove_mode_take_a_point_away(tab) -> None:
    tab.page.mouse.click(*place(tab, *at(tab, training(tab)[5])), button="right")
    first = tab.arrives("point")[0]
    tab.until("nnlab.scene.points.length / 4 === 499")
    tab.tools("Output")
    tab.page.get_by_role("button", name="Remove", exact=True).click()
    tab.tools("Output")
    tab.page.mouse.click(*place(tab, *at(tab, training(tab)[7])))
    second = tab.arrives("point", 2)[1]
    assert first["op"] == second["op"] == "remove"


def test_points_can_be_edited_from_the_keyboard(tab) -> None:
    tab.part(".view-boundary .plot .surface").focus()
    for key in ("n", "ArrowRight", "Delete", "a"):
        tab.page.keyboard.press(key)
    commands = tab.arrives("point", 3)
    assert [c["op"] for c in commands] == ["move", "remove", "add"]
    assert tab.sent("step") == []


def test_what_a_key_does_to_the_points_is_said(tab) -> None:
    tab.part(".view-boundary .plot .surface").focus()
    said = "document.querySelector('.view-boundary [aria-live]').textContent"
    tab.page.keyboard.press("n")
    first = tab.get(said)
    assert first.startswith("Point 1 of 500: x ") and "Output" in first and " point: class " in first
    tab.page.keyboard.press("n")
    assert tab.get(said).startswith("Point 2 of 500: x ") and tab.get(said)[16:] != first[16:]
    tab.page.keyboard.press("p")
    assert tab.get(said) == first
    x = tab.get("nnlab.scene.points[0]")
    tab.page.keyboard.press("ArrowRight")
    moved = tab.get(said)
    assert moved.startswith("Moved: x ") and " point: class " in moved
    assert float(moved[9:].split(",")[0].replace("−", "-")) == pytest.approx(x + 0.1, abs=0.01)
    tab.arrives("point")
    tab.page.keyboard.press("Delete")
    assert tab.get(said).startswith("Removed: x ")
    tab.page.keyboard.press("a")
    assert tab.get(said).startswith("Added: x 0")
    tab.arrives("point", 3)  # or the last one would arrive in the next test


def test_the_mouse_on_the_map_leaves_the_keys_to_the_player(tab) -> None:
    field = tab.page.get_by_label("Learning rate, typed")
    field.fill("0.2")
    tab.page.mouse.click(*place(tab, 5.5, 5.5))
    assert tab.arrives("set")[-1]["changes"] == {"training.learning_rate": 0.2}, "what was typed counts"
    assert tab.get("document.activeElement === document.body")
    tab.page.mouse.click(*place(tab, *at(tab, training(tab)[3])))
    tab.page.keyboard.press("ArrowRight")
    assert tab.arrives("step") == [{"unit": "epoch", "n": 1}]
    tab.page.keyboard.press(" ")
    assert tab.arrives("play")[-1] is True
    assert tab.sent("point") == []


def test_the_pointer_reads_place_answer_and_point(tab) -> None:
    tab.page.mouse.move(*place(tab, *at(tab, labelled(tab, 1))))
    tab.until("!document.querySelector('.tip').hidden")
    text = tab.part(".tip").inner_text()
    assert "Output" in text and "Training point: class 1" in text


@pytest.mark.parametrize("box", ["Discretise", "Test points"])
def test_the_switches_of_the_map_change_its_picture(tab, box: str) -> None:
    tab.tools("Output")
    before = tab.pixels("boundary")
    tab.page.get_by_label(box).check()
    tab.stage.wait(lambda: tab.pixels("boundary") != before, "another picture must come")
    tab.stage.load()
    tab.stage.mount(tab.data)
    tab.until("window.nnlab && nnlab.drawn > 0")
    boxes = {name: tab.page.get_by_label(name).is_checked() for name in ("Discretise", "Test points")}
    assert [name for name, on in boxes.items() if on] == [box], "and are remembered"


def test_long_names_and_numbers_along_the_axes_get_room_and_are_not_cut(tab) -> None:
    tab.page.evaluate("""() => {
      const scene = {...nnlab.scene, axis_names: ["temperature of the water", "pressure at the bottom of the tank"],
        axis_scales: [[12000, 1500], [0.0015, 0.0001]]};
      window.before = document.querySelector(".view-boundary .heat").getBoundingClientRect();
      window.written = [];
      const write = CanvasRenderingContext2D.prototype.fillText;
      CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        const { width } = this.measureText(text);
        const at = this.getTransform().transformPoint(new DOMPoint(x, y));
        const left = { center: width / 2, right: width, left: 0 }[this.textAlign];
        if (this.canvas.closest(".view-boundary .plot")) window.written.push([text, at.x / devicePixelRatio - left]);
        write.call(this, text, x, y);
      };
      nnlab.board.views.find((v) => v.name === "boundary").view.scene(scene);
    }""")
    written = dict(tab.get("written"))
    assert {"temperature of the water", "pressure at the bottom of the tank", "0.0018"} <= set(written)
    assert min(x for text, x in written.items() if text.startswith("0.0")) >= 16, "numbers stand beside the name"
    assert tab.get("document.querySelector('.view-boundary .heat').getBoundingClientRect().width < before.width")
    tab.page.mouse.move(*place(tab, 1, 1))
    tab.page.locator(".tip").get_by_text("temperature of the water 13500").wait_for()


def test_a_focused_neuron_is_shown_big_under_its_name(open_board: Callable) -> None:
    tab = open_board("network", "boundary")
    before = tab.pixels("boundary")
    watched = len(tab.arrives("watch"))
    tab.get("nnlab.board.focus([1, 2])")
    tab.page.get_by_role("heading", name="Neuron 3 of layer 1").wait_for()
    assert tab.arrives("watch", watched + 1)[-1]["options"] == {"boundary": {"focus": [1, 2]}}
    tab.stage.wait(lambda: tab.pixels("boundary") != before, "the neuron's picture must come")
    tab.get("nnlab.board.focus(null)")
    tab.page.get_by_role("heading", name="Output").wait_for()


def test_a_neuron_that_another_window_points_at_is_not_called_the_output(open_board: Callable) -> None:
    tab = open_board("network", "boundary")
    watch = "nnlab.send('watch', {offers: ['boundary', 'neurons', 'weights'], options: arg})"
    tab.get(watch, {"boundary": {"focus": [1, 2]}})  # what is watched counts for all windows of a run
    tab.page.get_by_role("heading", name="Neuron 3 of layer 1").wait_for()
    assert tab.part(".view-boundary .legend").inner_text().split() == ["−1", "1"]
    tab.get(watch, {})
    tab.page.get_by_role("heading", name="Output").wait_for()


@pytest.mark.parametrize("box", ["Log loss", "Log time"])
def test_logarithmic_axes_change_the_curves_and_are_remembered(tab, box: str) -> None:
    tab.play()
    tab.pause()
    tab.until("nnlab.board.views.find((v) => v.name === 'curves').view.step === nnlab.step")
    tab.tools("Learning curves")
    before = tab.pixels("curves")
    tab.page.get_by_label(box).check()
    assert tab.pixels("curves") != before
    tab.stage.load()
    tab.stage.mount(tab.data)
    tab.until("window.nnlab && nnlab.drawn > 0")
    assert tab.page.get_by_label(box).is_checked()


def test_the_curves_grow_with_the_run_and_are_read_under_the_pointer(tab) -> None:
    tab.play()
    tab.until("nnlab.history.length > 20")
    tab.part(".view-curves .surface").hover()
    assert "Loss: training" in tab.part(".tip").inner_text()


def test_numbers_are_spoken_in_a_sentence(tab) -> None:
    tab.play()
    tab.pause()
    tab.until(
        "document.querySelector('.view-boundary > .unseen').textContent.includes('250 training and 250 test points')"
    )
    tab.until("document.querySelector('.view-curves .unseen').textContent.includes('training loss')")


@pytest.mark.parametrize("width", [1440, 1000, 800, 484, 380])
def test_nothing_overlaps_and_nothing_is_cut_off(open_board: Callable, width: int) -> None:
    tab = open_board(width=width)
    boxes = tab.get(
        "[...document.querySelectorAll('.player, .panel')].map((e) => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
    )
    assert tab.get("document.documentElement.scrollWidth") <= width
    assert all(left >= 0 and right <= width for left, _, right, _ in boxes)
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


BAR = ("reset", "back", "play", "forward", "unit", "epoch", "train-loss", "test-loss", "train-accuracy", "test-accuracy", "chip", "scrub", "range",
       "value")  # fmt: skip
WIDE_BAR = (*BAR, "fresh", "keys", "rate")


@pytest.mark.parametrize(
    ("width", "tallest", "names"),
    [(1440, 60, WIDE_BAR), (1280, 60, WIDE_BAR), (1060, 60, BAR), (800, 120, BAR), (484, 230, BAR), (380, 230, BAR)],
)
def test_the_player_is_low_and_whole_on_every_screen(
    open_board: Callable, width: int, tallest: int, names: tuple[str, ...]
) -> None:
    tab = open_board(width=width)
    box = tab.part(".player").bounding_box()
    assert box["height"] <= tallest
    for name in names:
        part = tab.part(f".player .{name}").first.bounding_box()
        assert part["width"] > 0 and box["y"] <= part["y"], name
        assert part["y"] + part["height"] <= box["y"] + box["height"], name
        assert box["x"] <= part["x"] and part["x"] + part["width"] <= box["x"] + box["width"], name


@pytest.mark.parametrize(("width", "rows"), [(1440, 2), (800, 2), (484, 3), (380, 4)])
def test_the_tabs_take_few_rows_and_none_is_cut(open_board: Callable, width: int, rows: int) -> None:
    tabs = ("histograms", "gradient_norms", "confusion", "warp", "landscape", "loss_line", "curvature", "surface")
    tab = open_board(*VIEWS, *tabs, width=width)
    assert tab.part(".tablist .tab").count() == 8
    tops = tab.get("[...document.querySelectorAll('.tablist .tab')].map((e) => e.getBoundingClientRect().top)")
    right = tab.get(
        "Math.max(...[...document.querySelectorAll('.tablist .tab')].map((e) => e.getBoundingClientRect().right))"
    )
    assert len(set(tops)) <= rows
    assert right <= width
    places = "[...document.querySelectorAll('.tablist .tab')].map((e) => [e.offsetLeft, e.offsetTop - e.parentElement.offsetTop])"
    before = tab.get(places)
    tab.page.get_by_role("tab", name="Confusion matrix").click()
    assert tab.get(places) == before, "the tabs stay put whichever is open"


@pytest.mark.parametrize("width", [1440, 1000, 800, 484, 380])
def test_no_control_or_number_of_the_player_runs_over_another(open_board: Callable, width: int) -> None:
    tab = open_board(width=width)
    tab.play()
    tab.pause()
    boxes = tab.get(
        "[...document.querySelectorAll('.player :is(button, select, input, .number, .label, .where)')].map((e) => {"
        " const r = document.createRange(); r.selectNodeContents(e); const b = e.matches('.number, .label') ? r.getBoundingClientRect() : e.getBoundingClientRect();"
        " return [b.left, b.top, b.right, b.bottom, e.className]; }).filter((b) => b[2] > b[0])"
    )
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1, (a, b)


def test_a_neuron_without_bounds_is_not_given_a_false_activation(open_board: Callable) -> None:
    tab = open_board("network", "boundary")
    tab.get("nnlab.board.focus([1, 2])")
    tab.page.mouse.move(*place(tab, 1, 1))
    tab.until("document.querySelector('.tip').textContent.includes('Activation')")
    tab.get("(nnlab.scene.blocks[0].activation = 'relu', nnlab.board.focus(null), nnlab.board.focus([1, 1]))")
    tab.page.mouse.move(*place(tab, 1, 1.5))
    tab.until("document.querySelector('.tip').textContent.includes('of its largest activations')")
    assert tab.part(".view-boundary .legend").inner_text().split() == ["negative", "positive"]
