"""What a person has set up in the picture stays: cameras through frames, tabs, themes and controls, and the page's place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nnlab.core.experiment import patch
from nnlab.ui.topics.playground import PRESETS
from tests.browser.one_tab import FILLED, Tab

PANEL = "nnlab.board.views.find((v) => v.name === 'surface')?.view?.panel"
LANDSCAPE = "nnlab.board.views.find((v) => v.name === 'landscape')?.view?.panel"
EYE = f"{PANEL}.box._fullLayout.scene._scene.getCamera().eye"


OPENS = ("", FILLED)


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    """The playground at its first example."""
    tab.become(PRESETS["circle"].experiment)
    with tab.whole():
        yield tab


def _pick(lab: Tab, dataset: str) -> None:
    lab.page.get_by_test_id("stSidebar").get_by_role("combobox", name="Dataset").click()
    lab.page.get_by_role("option", name=dataset, exact=True).click()


def _redrawn(lab: Tab, panel: str, times: int = 2) -> None:
    """Wait for so many more pictures of a Plotly panel."""
    lab.until(f"{panel}.drawn >= arg", lab.get(f"{panel}.drawn") + times)


def _turn(lab: Tab) -> None:
    box = lab.page.locator(".js-plotly-plot:visible").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x + 80, y + 30, steps=4)
    lab.page.mouse.up()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_camera_of_the_surface_stays_through_frames_tabs_themes_and_controls(lab: Tab) -> None:
    lab.play()
    lab.tab("3-D surface")
    lab.until(f"{PANEL}?.drawn >= 1")
    first = lab.get(EYE)
    _turn(lab)
    lab.until(f"Math.abs({EYE}.x - arg) > 0.02", first["x"])
    lab.page.wait_for_timeout(400)
    eye = pytest.approx(lab.get(EYE), abs=1e-3)
    _redrawn(lab, PANEL)
    assert lab.get(EYE) == eye, "frames"
    lab.tab("Confusion matrix")
    lab.page.wait_for_timeout(500)
    lab.tab("3-D surface")
    _redrawn(lab, PANEL)
    assert lab.get(EYE) == eye, "another tab and back"
    lab.page.emulate_media(color_scheme="dark")
    lab.until("nnlab.board.theme.dark")
    _redrawn(lab, PANEL)
    assert lab.get(EYE) == eye, "another theme"
    lab.choose("Three arms")
    lab.until("nnlab.scene.answer.classes === 3 && nnlab.playing")
    lab.page.locator(".view-surface").scroll_into_view_if_needed()  # what is out of sight is not drawn
    _redrawn(lab, PANEL)
    assert lab.get(EYE) == eye, "another preset"
    lab.page.emulate_media(color_scheme="light")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_zoom_of_the_contours_stays_through_frames_tabs_and_the_3d_picture(lab: Tab) -> None:
    lab.tab("Loss landscape")
    lab.page.get_by_role("button", name="Contours", exact=True).click()
    lab.until(f"{LANDSCAPE}.box._fullLayout?.xaxis?.range && !{LANDSCAPE}.box._fullLayout.scene")
    drag = lab.page.locator(".view-landscape .js-plotly-plot .nsewdrag").first.bounding_box()
    x, y = drag["x"] + drag["width"] * 0.3, drag["y"] + drag["height"] * 0.3
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x + drag["width"] * 0.4, y + drag["height"] * 0.4, steps=6)
    lab.page.mouse.up()
    axis = f"{LANDSCAPE}.box._fullLayout.xaxis"
    lab.until(f"{axis}.autorange === false")
    zoom = pytest.approx(lab.get(f"{axis}.range"), rel=1e-6)
    lab.play()
    _redrawn(lab, LANDSCAPE, 1)
    assert lab.get(f"{axis}.range") == zoom, "frames"
    lab.pause()
    lab.tab("Curvature")
    lab.tab("Loss landscape")
    lab.page.get_by_role("button", name="3-D", exact=True).click()
    lab.until(f"{LANDSCAPE}.box._fullLayout.scene")
    lab.page.get_by_role("button", name="Contours", exact=True).click()
    lab.until(f"!{LANDSCAPE}.box._fullLayout.scene")
    assert lab.get(f"{axis}.range") == zoom, "3-D and back"


def test_a_sentence_about_what_was_done_moves_nothing_and_can_be_closed(lab: Tab) -> None:
    top = "document.querySelector('[class*=\"-board\"]').getBoundingClientRect().top"
    before = lab.get(top)
    _pick(lab, "Plane")
    said = lab.page.get_by_role("status").get_by_text("Cross-entropy does not fit numbers")
    said.wait_for()
    lab.until("nnlab.scene.answer.kind === 'number'")
    assert lab.get(top) == before
    lab.page.get_by_role("button", name="Close", exact=True).click()
    said.wait_for(state="detached")
    assert lab.get(top) == before

    panel = "nnlab.board.views[0].view.root.getBoundingClientRect().top"
    before = lab.get(panel)
    lab.get("nnlab.board.emit('notice', { text: 'Something was done.', level: 'info' })")
    lab.page.get_by_role("status", name="Messages").get_by_text("Something was done.").wait_for()
    assert lab.get(panel) == before


def test_a_second_sentence_is_shown_in_full_strength_where_the_first_has_faded(lab: Tab) -> None:
    notes = "document.querySelector('[class*=\"-notes\"]')"
    lab.get("(nnlab.board.point({op: 'add', x: 1, y: 1, label: 1}), nnlab.board.changed())")
    lab.until("nnlab.scene.points.length === 4 * 501")
    _pick(lab, "XOR")
    lab.page.get_by_text("were not kept").wait_for()
    lab.get(f"{notes}.getAnimations()[0].finish()")
    lab.until(f"getComputedStyle({notes}).visibility === 'hidden'")
    _pick(lab, "Plane")
    said = lab.page.get_by_text("does not fit numbers")
    said.wait_for()
    assert said.is_visible()
    assert lab.page.get_by_text("were not kept").count() == 0


def test_pointing_at_a_neuron_moves_nothing(lab: Tab) -> None:
    for norm in ("none", "layer"):
        lab.become(patch(PRESETS["arms"].experiment, {"model.norm": norm}))
        lab.until("nnlab.frame.arrays.weights.data.length === nnlab.scene.facts.parameters")
        for width in (1440, 800):
            lab.page.set_viewport_size({"width": width, "height": 1000})
            _points_and_looks(lab, norm, width)
    lab.page.set_viewport_size({"width": 1440, "height": 1000})


def _points_and_looks(lab: Tab, norm: str, width: int) -> None:
    network = "nnlab.board.views.find((v) => v.name === 'network').view"
    height = f"{network}.root.getBoundingClientRect().height"
    lab.get(f"{network}.formula.show(null)")
    lab.page.wait_for_timeout(250)
    before = lab.get(height)
    for layer, unit in ((1, 0), (3, 7), (4, 2)):
        lab.get(f"{network}.formula.show([{layer}, {unit}])")
        lab.until(
            "nnlab.frame.arrays.formula?.data[0] === arg[0] && nnlab.frame.arrays.formula.data[1] === arg[1]",
            [layer, unit],
        )
        lab.page.wait_for_timeout(250)
        lab.get(f"{network}.formula.write(nnlab.frame)")
        assert lab.page.locator(".nn-formula .nn-line").last.inner_text().startswith("z = ")
        assert lab.get(height) == before, (norm, width, layer, unit)
