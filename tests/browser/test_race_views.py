"""The smaller views of the race say what is so: curves and table, one update taken apart, the line, the curvature, the frame."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from benchmarks.race import race_of
from nnlab.core.experiment import experiment
from nnlab.core.links import to_link
from nnlab.core.registries import SURFACES

THREE = ("sgd", "momentum", "adam")
ADAM = 2


def view(name: str) -> str:
    return f"nnlab.board.views.find((v) => v.name === '{name}')?.view"


@pytest.fixture
def raced(new_lab: Any, app: Any) -> Any:
    """Opens a race of SGD, Momentum and Adam (or of `kinds`) on a surface and goes a few steps."""

    def make(surface: str = "ravine", steps: int = 12, kinds: tuple[str, ...] = THREE) -> Any:
        lab = new_lab()
        lab.page.goto(f"{app.url}/optimisers?s={to_link(experiment(race_of(surface, kinds)))}")
        lab.until("window.nnlab && nnlab.scene && nnlab.frame?.arrays.race")
        lab.reset()
        lab.get(f"nnlab.send('step', {{unit: 'batch', n: {steps}}})")
        lab.until("nnlab.step === arg", steps)
        return lab

    return make


def tab(lab: Any, title: str, name: str) -> None:
    lab.page.get_by_role("tab", name=title, exact=True).click()
    lab.page.locator(f".view-{name}").scroll_into_view_if_needed()


def places(lab: Any) -> list[list[float]]:
    told = lab.get("Array.from(nnlab.frame.arrays.race.data)")
    return [told[i : i + 2] for i in range(0, len(told), 8)]


def short(value: float) -> str:
    """Three digits, as the tables write them."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        text = f"{float(f'{value:.3g}'):g}"
    else:
        text = re.sub(r"e([+-])0*(\d+)", lambda m: f"e{'-' if m[1] == '-' else ''}{m[2]}", f"{value:.1e}")
    return text.replace("-", "−")


@pytest.mark.parametrize("surface", ["ravine", "styblinski_tang"])
def test_curves_and_table_end_at_the_heights_and_distances_of_the_racers(raced, surface):
    lab = raced(surface)
    known = SURFACES.load(surface)
    floor = min(z for _, _, z in known.minima)
    heights = [float(known.value(x, y)) - floor for x, y in places(lab)]
    near = [min(math.hypot(x - a, y - b) for a, b, _ in known.minima) for x, y in places(lab)]
    lab.page.locator(".view-race_curves").scroll_into_view_if_needed()
    lab.until(f"{view('race_curves')}?.found?.steps.at(-1) === 12")
    loss, distance = lab.get(f"{view('race_curves')}.found.plots.map((plot) => plot.map((line) => line.at(-1)))")
    assert loss == pytest.approx(heights, rel=1e-4, abs=1e-5)
    assert distance == pytest.approx(near, rel=1e-4)
    assert lab.get(f"{view('race_curves')}.found.plots.every((p) => p.every((l) => l.length === 13))")
    told = lab.get("Array.from(nnlab.frame.arrays.race.data)")
    rows = lab.page.locator(".rt tr.racer")
    for i in range(3):
        cells = rows.nth(i).locator("td").all_inner_texts()
        assert cells[1:3] == [short(told[8 * i + 2] - floor), short(told[8 * i + 3])]
    assert len(set(heights)) == 3


def test_the_memory_of_adam_is_drawn_in_bars_as_long_as_its_numbers(raced):
    lab = raced()
    tab(lab, "One update", "race_step")
    lab.page.locator(".rt tr.racer").nth(ADAM).click()
    lab.until(f"nnlab.frame.arrays.race_step?.data[0] === {ADAM} && {view('race_step')}?.update?.step === 12")
    facts = lab.get(f"nnlab.scene.facts.racers[{ADAM}]")
    bars = lab.page.locator(".rs .bars")
    assert bars.count() == len(facts["quantities"]) >= 2
    after, before = (lab.get(f"Array.from(nnlab.frame.arrays.{n}.data)") for n in ("race_quantities", "race_before"))
    for k in range(bars.count()):
        pairs = [(before[2 * k + d], after[2 * k + d]) for d in (0, 1)]
        most = max(abs(v) for pair in pairs for v in pair)
        assert most > 0
        wanted = [50 * abs(v) / most for pair in pairs for v in pair]
        boxes = (
            bars.nth(k)
            .locator(".bar")
            .evaluate_all(
                "all => all.flatMap((bar) => [...bar.children].map((i) => 100 * i.getBoundingClientRect().width / bar.getBoundingClientRect().width))"
            )
        )
        assert boxes == pytest.approx(wanted, abs=0.5)
        assert bars.nth(k).locator(".num").all_inner_texts() == [f"{short(a)} → {short(b)}" for a, b in pairs]
    words = lab.page.locator(".rs").inner_text()
    for one in facts["quantities"]:
        assert one["sentence"] in words
    for part in facts["parts"]:
        assert part["sentence"][1:] in words


APART = """(labels) => labels.every((a, i) => labels.every((b, k) => i >= k ||
    a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y))"""


@pytest.mark.parametrize("width", [1440, 800])
def test_the_labels_of_the_arrows_stand_apart_and_inside_the_picture(raced, width):
    kinds = ("momentum", "nesterov", "adamw", "lion")
    lab = raced("ravine", 1, kinds)
    lab.page.set_viewport_size({"width": width, "height": 1000})
    tab(lab, "One update", "race_step")
    most, step = 0, 1
    for further in (0, 3, 20):
        for racer in range(len(kinds)):
            lab.get(f"nnlab.board.option('racer', {racer})")
            if further:
                lab.get(f"nnlab.send('step', {{unit: 'batch', n: {further}}})")
            step += further
            lab.until(
                f"{view('race_step')}.update?.step === {step} && nnlab.frame.arrays.race_step?.data[0] === {racer}"
            )
            lab.until(f"{view('race_step')}.update.numbers[0] === {racer}")
            labels = lab.get(f"{view('race_step')}.boxes")
            side = lab.get(f"{view('race_step')}.stage.width")
            assert lab.get(f"({APART})({view('race_step')}.boxes)"), labels
            assert all(box["x"] >= 0 and box["x"] + box["w"] <= side for box in labels)
            assert all(box["y"] >= 0 and box["y"] + box["h"] <= side for box in labels)
            assert {"gradient: uphill", "the step"} <= {box["text"] for box in labels}
            most = max(most, len(labels))
    assert most >= 5, "gradient, two parts, the step and the width"


def test_the_curvature_tells_the_eigenvalues_of_the_ravine_and_the_limit_of_each_rate(raced):
    lab = raced()
    tab(lab, "Curvature", "race_curvature")
    lab.until(f"{view('race_curvature')}?.rows.length === 3")
    found = lab.get(f"{view('race_curvature')}.rows.map((r) => [r.top, r.least, r.bound])")
    limits = [2 / 40, 2 * (1 + 0.9) / 40, 2 / 40]  # f = (x² + 40 y²) / 2; Polyak 1964 for momentum
    for row, limit in zip(found, limits, strict=True):
        assert row == pytest.approx([40, 1, limit], rel=1e-5)
    words = str(lab.get(f"{view('race_curvature')}.alt()"))
    assert words.startswith(
        "SGD: learning rate 0.03, limit 0.050, largest eigenvalue 40.0, smallest 1.00, rate 0.03 is below 2 / λmax = 0.050; "
    )
    assert "Adam: learning rate 0.08" in words and words.endswith("2 / λmax = 0.050 is only a guide")


def test_the_line_leads_from_one_racer_to_another_over_the_surface_between(raced):
    lab = raced()
    tab(lab, "Line between weights", "loss_line")
    lab.until(f"{view('loss_line')}?.found?.ends[0] === 12 && !{view('loss_line')}.study.busy")
    found = lab.get(
        f"(({{ alpha, train, members }}) => ({{ alpha: [...alpha], train: [...train], members }}))({view('loss_line')}.found)"
    )
    assert found["members"] == [0, 1]
    (x0, y0), (x1, y1) = places(lab)[:2]
    on_the_way = [(x0 + a * (x1 - x0), y0 + a * (y1 - y0)) for a in found["alpha"]]
    assert found["train"] == pytest.approx([(x * x + 40 * y * y) / 2 for x, y in on_the_way], rel=1e-3, abs=1e-5)
    note = lab.get(f"{view('loss_line')}.note.textContent")
    assert note.startswith("From SGD at step 12 to Momentum.")


def test_a_click_outside_the_frame_of_a_surface_is_refused_with_a_sentence(raced):
    lab = raced("himmelblau")
    lab.until(f"{view('race')}?.field.ready")
    before = places(lab)
    px, py, x, y = lab.get(
        f"(() => {{ const v = {view('race')}; v.stage.canvas.scrollIntoView({{block: 'center'}});"
        f" const b = v.stage.canvas.getBoundingClientRect(), at = [12, v.stage.height / 2];"
        f" return [b.left + at[0], b.top + at[1], ...v.field.at(...at)]; }})()"
    )
    assert x < -5 and -5 < y < 5, "beyond the left side of the dashed frame"
    lab.page.mouse.click(px, py)
    said = lab.page.get_by_text("Start x must be from -5 to 5 on the surface Himmelblau; got")
    said.wait_for()
    told = re.search(r"got (-?[\d.]+\d)", said.inner_text())
    assert told and float(told[1]) == pytest.approx(x, rel=0.02)
    assert lab.get("nnlab.experiment.model.start_x") is None and lab.get("nnlab.experiment.model.start_y") is None
    assert lab.get("nnlab.step") == 12 and places(lab) == before


def test_the_landscape_of_a_racer_has_its_path_ending_at_its_own_height(raced):
    lab = raced()
    tab(lab, "Loss landscape", "landscape")
    lab.until(f"{view('landscape')}.picture?.step === 12 && {view('landscape')}.panel.drawn > 0")
    last = lab.get(f"(({{ step, truth, below }}) => [step, truth, below])({view('landscape')}.picture.path.at(-1))")
    first, adam = (lab.get(f"nnlab.frame.arrays.race.data[{8 * i + 2}]") for i in (0, ADAM))
    assert first > 0 and adam != pytest.approx(first, rel=0.01)
    assert last == pytest.approx([12, first, first], rel=1e-4)
    lab.page.locator(".rt tr.racer").nth(ADAM).click()
    lab.until(f"Math.abs({view('landscape')}.picture.path.at(-1).truth / arg - 1) < 1e-4", adam)
