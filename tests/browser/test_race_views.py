"""The smaller views of the race say what is so: curves and table, one update taken apart, the line, the curvature."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from benchmarks.race import race_of
from benchmarks.real_app import App
from nnlab.core.experiment import experiment
from nnlab.core.registries import SURFACES
from tests.browser.one_tab import FILLED, Tab, one_tab

THREE = ("sgd", "momentum", "adam")
ADAM = 2


def view(name: str) -> str:
    return f"nnlab.board.views.find((v) => v.name === '{name}')?.view"


@pytest.fixture(scope="module")
def tab(chromium: Browser, app: App) -> Iterator[Tab]:
    """One tab for all tests of this file."""
    with one_tab(chromium, app) as tab:
        tab.go("optimisers", ready=f"nnlab.frame?.arrays.race && {FILLED}")
        yield tab


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab


def race(lab: Tab, surface: str = "ravine", steps: int = 12, kinds: tuple[str, ...] = THREE) -> None:
    """A race of SGD, Momentum and Adam (or of `kinds`) on a surface, some steps on, the first of them chosen."""
    lab.become(experiment(race_of(surface, kinds)))
    lab.get("nnlab.board.option('race_step', 'racer', 0)")
    lab.step(steps)


def places(lab: Tab) -> list[list[float]]:
    told = lab.get("Array.from(nnlab.frame.arrays.race.data)")
    return [told[i : i + 2] for i in range(0, len(told), 8)]


def short(value: float) -> str:
    """Three digits, as the tables write them."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        text = f"{float(f'{value:.3g}'):g}"
    else:
        text = re.sub(r"e([+-])0*(\d+)", lambda m: f"e{'-' if m[1] == '-' else ''}{m[2]}", f"{value:.1e}")
    return text.replace("-", "−")


def test_curves_and_table_end_at_the_heights_and_distances_of_the_racers(lab: Tab) -> None:
    for surface in ("ravine", "styblinski_tang"):
        race(lab, surface)
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


def test_the_memory_of_adam_is_drawn_in_bars_as_long_as_its_numbers(lab: Tab) -> None:
    race(lab)
    lab.page.locator(".rt tr.racer").nth(ADAM).click()
    lab.tab("One update")
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


def test_the_labels_of_the_arrows_stand_apart_and_inside_the_picture(lab: Tab) -> None:
    kinds = ("momentum", "nesterov", "adamw", "lion")
    for width in (1440, 800):
        race(lab, "ravine", 1, kinds)
        lab.page.set_viewport_size({"width": width, "height": 1000})
        lab.tab("One update")
        most, step = 0, 1
        for further in (0, 3, 20):
            for racer in range(len(kinds)):
                lab.get(f"nnlab.board.option('race_step', 'racer', {racer})")
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
    lab.page.set_viewport_size({"width": 1440, "height": 1000})


def test_the_curvature_tells_its_limits_and_the_line_leads_over_the_surface_between_two_racers(lab: Tab) -> None:
    race(lab)
    lab.tab("Curvature")
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
    assert lab.page.locator(".chip").get_attribute("data-code") == "well"
    lab.get("nnlab.board.set({'model.racers': nnlab.experiment.model.racers.map((r, i) => (i ? r : {...r, learning_rate: 0.06}))})")
    lab.page.locator(".chip[data-code=above_limit]").wait_for()  # at once, before it has left
    assert "for SGD: 0.060 is above 2 / λmax = 0.050" in lab.page.locator(".diagnosis").evaluate("(e) => e.textContent")
    lab.get("nnlab.board.set({'model.racers': nnlab.experiment.model.racers.map((r, i) => (i ? r : {...r, learning_rate: 0.03}))})")
    lab.page.locator(".chip[data-code=well]").wait_for()

    lab.tab("Line between weights")
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


def test_the_landscape_of_a_racer_has_its_path_ending_at_its_own_height(lab: Tab) -> None:
    race(lab)
    lab.tab("Loss landscape")
    lab.until(f"{view('landscape')}.picture?.step === 12 && {view('landscape')}.panel.drawn > 0")
    last = lab.get(f"(({{ step, truth, below }}) => [step, truth, below])({view('landscape')}.picture.path.at(-1))")
    first, adam = (lab.get(f"nnlab.frame.arrays.race.data[{8 * i + 2}]") for i in (0, ADAM))
    assert first > 0 and adam != pytest.approx(first, rel=0.01)
    assert last == pytest.approx([12, first, first], rel=1e-4)
    lab.page.locator(".rt tr.racer").nth(ADAM).click()
    lab.until(f"Math.abs({view('landscape')}.picture.path.at(-1).truth / arg - 1) < 1e-4", adam)
