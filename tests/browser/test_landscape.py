"""The page on the loss landscape in the real app: it is computed while the run goes on, a line is drawn, curvature is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nnlab.ui.topics.playground import PRESETS
from tests.browser.one_tab import FILLED, Tab

CIRCLE = PRESETS["circle"].experiment
FLAT = "sessionStorage.setItem('view.landscape', JSON.stringify({ flat: true, every: 1 }));"


def view(name: str) -> str:
    return f"nnlab.board.views.find((v) => v.name === '{name}')?.view"


SCRIPT = FLAT
OPENS = ("landscape", f"{view('landscape')}?.picture && {FILLED}")


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab


def note(lab: Tab, name: str, field: str = "note") -> str:
    return str(lab.get(f"{view(name)}.{field}.textContent"))


def test_the_landscape_is_computed_again_while_the_run_goes_on(lab: Tab) -> None:
    lab.play()
    first = lab.get(f"{view('landscape')}.picture.step")
    lab.until(f"{view('landscape')}.picture.step > arg + 100", first)
    assert lab.get("nnlab.playing")
    lab.until(f"{view('landscape')}.panel.drawn > 0")
    lab.until(f"{view('landscape')}.live.length > 0")
    step = lab.pause()
    lab.until(f"{view('landscape')}.picture.step === arg", step)
    assert "The plane, of step" in note(lab, "landscape")
    picture = lab.get(
        f"(({{ explained, path }}) => [...explained, path.at(-1).truth, path.at(-1).below])({view('landscape')}.picture)"
    )
    assert 0.5 < picture[0] + picture[1] <= 1.0001
    assert picture[2] == pytest.approx(lab.get("nnlab.metrics.train_loss"), abs=1e-4)
    assert picture[3] == pytest.approx(picture[2], abs=1e-4)


def test_a_random_plane_and_the_test_loss_can_be_chosen(lab: Tab) -> None:
    lab.become(CIRCLE)
    lab.step(20)
    lab.page.get_by_label("Plane", exact=True).select_option("random")
    lab.until(f"{view('landscape')}.picture.plane === 'random'")
    lab.page.get_by_label("Loss", exact=True).select_option("test")
    lab.page.get_by_role("button", name="More settings").click()
    lab.page.get_by_label("Resolution").select_option("15")
    lab.page.keyboard.press("Escape")
    lab.until(
        f"{view('landscape')}.picture.split === 'test' && {view('landscape')}.picture.z.length === 15"
        f" && {view('landscape')}.picture.step === 20"
    )
    middle = lab.get(f"{view('landscape')}.picture.z[7][7]")
    assert middle == pytest.approx(lab.get("nnlab.metrics.test_loss"), abs=1e-4)


def test_kept_weights_stand_at_the_other_end_of_the_line(lab: Tab) -> None:
    lab.become(CIRCLE)
    lab.step(200)
    lab.page.get_by_role("tab", name="Line between weights").click()
    lab.until(f"{view('loss_line')}?.found?.ends[1] === 200")
    assert "From step 0 to step" in note(lab, "loss_line")
    kept = lab.get("nnlab.metrics.train_loss")
    line = lab.page.get_by_role("tabpanel", name="Line between weights")
    line.get_by_role("button", name="Keep this run").click()
    lab.until(f"{view('loss_line')}.found.ends[1] === -1")
    lab.reset()
    lab.until(f"{view('loss_line')}.found.to === 'kept 1' && !{view('loss_line')}.study.busy")
    v = view("loss_line")
    there = lab.get(f"import('/assets/views/weights/line_plot.js').then(({{ lossAt }}) => lossAt({v}.found, 1))")
    assert there == pytest.approx(kept, abs=1e-4)


def test_the_curvature_and_its_limit_are_told(lab: Tab) -> None:
    lab.become(CIRCLE)
    lab.page.get_by_role("tab", name="Curvature").click()
    lab.play()
    lab.until(f"{view('curvature')}?.found && {view('curvature')}.past.length > 1")
    assert "2/λmax = " in note(lab, "curvature", "verdict")
    values, limit = lab.get(f"(({{ values, limit }}) => [[...values], limit])({view('curvature')}.found)")
    assert values == sorted(values, reverse=True)
    assert limit == pytest.approx(2 / values[0], rel=1e-3)


def test_the_playground_has_the_same_views_as_tabs(lab: Tab) -> None:
    lab.page.get_by_text("Playground", exact=True).first.click()
    lab.until("nnlab.board.views.some((v) => v.name === 'network' && v.view)")
    lab.page.get_by_role("tab", name="Curvature").click()
    lab.until(f"{view('curvature')}?.found")
    assert "Learning rate 0.03 is" in note(lab, "curvature", "verdict")
