"""What a preset or a link says of how an experiment is looked at: the view that is open, and the options behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.browser.board.conftest import VIEWS

SIGMOID = {"data": {"kind": "gaussians"}, "model": {"family": "neuron", "unit": "sigmoid"}}
LINEAR = {"data": {"kind": "line"}, "model": {"family": "neuron", "unit": "linear"}, "training": {"loss": "mse"}}


def watched(tab: Any, analysis: str, wanted: dict[str, Any]) -> None:
    """Wait until the server is asked for it with these options."""
    tab.stage.wait(lambda: tab.sent("watch")[-1]["options"].get(analysis) == wanted, f"{wanted} must be watched")


def test_the_view_that_it_speaks_of_is_open(open_board: Callable) -> None:
    tab = open_board(*VIEWS, "histograms", "confusion", look={"view": "confusion"})
    assert tab.page.get_by_role("tab", selected=True).inner_text() == "Confusion matrix"


SELECTED = "[...document.querySelectorAll('[role=tab]')].find((t) => t.ariaSelected === 'true')?.textContent"
TABS = (*VIEWS, "histograms", "confusion", "warp")


def test_a_call_that_another_has_overtaken_takes_nothing_along(open_board: Callable) -> None:
    """Streamlit cleans up after it, although the board is still on the page (it does when data come twice in a moment)."""
    tab = open_board(*VIEWS)
    before = tab.get("nnlab.mounts")
    tab.get("(overtaken(), show(data), overtaken())")
    assert tab.get("nnlab.mounts") == before and tab.get("Boolean(nnlab.board.socket)")
    tab.get("cleanup()")
    assert tab.get("nnlab.board.socket === undefined")


def reload(tab: Any) -> None:
    tab.stage.load()
    tab.stage.mount(tab.data)
    tab.until("window.nnlab && nnlab.drawn > 0")


def test_after_a_reload_the_tab_that_was_picked_since_is_open(open_board: Callable) -> None:
    look = {"view": "confusion", "options": {"boundary": {"zoom": 2}}, "nth": 3}
    tab = open_board(*TABS, look=look)
    assert tab.get(SELECTED) == "Confusion matrix"
    tab.page.get_by_role("tab", name="Warped plane").click()
    tab.data["look"] = look | {"nth": 1}  # another session of the server
    reload(tab)
    assert tab.get(SELECTED) == "Warped plane"
    assert tab.get("nnlab.board.optionOf('boundary', 'zoom')") == 2
    tab.data["look"] = look | {"view": "histograms"}
    reload(tab)
    assert tab.get(SELECTED) == "Weights and gradients"


def test_each_page_remembers_its_own_tab(open_board: Callable) -> None:
    tab = open_board(*TABS)
    here = tab.get("location.pathname")
    tab.page.get_by_role("tab", name="Warped plane").click()

    def go(path: str) -> None:
        tab.get("(cleanup(), history.replaceState(null, '', arg))", path)
        tab.stage.mount(tab.data)
        tab.until("nnlab.drawn > 0 && nnlab.scene")

    go("/another")
    assert tab.get(SELECTED) == "Weights and gradients"
    tab.page.get_by_role("tab", name="Confusion matrix").click()
    go(here)
    assert tab.get(SELECTED) == "Warped plane"


def test_the_same_preset_picked_again_opens_its_view_again(open_board: Callable) -> None:
    look = {"view": "confusion", "options": {}, "nth": 1}
    tab = open_board(*TABS, look=look)
    tab.page.get_by_role("tab", name="Warped plane").click()
    tab.get("show({...data, look: arg})", look)
    assert tab.get(SELECTED) == "Warped plane", "a page that is drawn again begins nothing"
    tab.get("show({...data, look: arg})", look | {"nth": 2})
    assert tab.get(SELECTED) == "Confusion matrix"


def test_the_options_of_the_look_before_are_taken_back(open_board: Callable) -> None:
    tab = open_board(
        "boundary", "warp", look={"options": {"warp": {"layer": 1, "units": [1, 3]}, "boundary": {"zoom": 2}}}
    )
    tab.scroll_to("warp")
    watched(tab, "warp", {"layer": 1, "units": [1, 3]})
    tab.get("nnlab.board.option('boundary', 'own', 1)")
    tab.get("show({...data, look: {view: '', options: {boundary: {side: 3}}}})")
    watched(tab, "boundary", {"own": 1, "side": 3})
    watched(tab, "warp", {"layer": 2, "units": [0, 1]})  # what the view begins with


def test_a_look_that_makes_no_sense_is_survived(open_board: Callable) -> None:
    tab = open_board("boundary", "curves", look={"view": None, "options": {"boundary": None, "warp": 3, "bowl": [1]}})
    for look in (None, {"options": None}, {"options": "abc"}, {"options": [1]}):
        tab.get("show({...data, look: arg})", look)
    assert tab.get("Object.values(nnlab.board._watching.options).every((own) => !Object.keys(own).length)")


def test_the_neurons_of_the_warped_plane_are_those_of_the_preset_in_whatever_order_it_says_so(
    open_board: Callable,
) -> None:
    tab = open_board(
        "boundary", "histograms", "warp", look={"view": "warp", "options": {"warp": {"layer": 1, "units": [1, 3]}}}
    )
    tab.scroll_to("warp")
    picked = "[...document.querySelectorAll('.view-warp select')].map((s) => s.selectedOptions[0].textContent)"
    assert tab.get(picked) == ["Layer 1", "2", "4", "none (flat)"]
    watched(tab, "warp", {"layer": 1, "units": [1, 3]})
    tab.get("show({...data, look: {view: 'warp', options: {warp: {units: [1, 0], layer: 2}}}})")
    tab.until(f"{picked}.join() === 'Layer 2,2,1,none (flat)'")
    watched(tab, "warp", {"layer": 2, "units": [1, 0]})


def test_neurons_that_are_not_there_are_those_that_it_always_begins_with(open_board: Callable) -> None:
    tab = open_board("boundary", "warp", look={"view": "warp", "options": {"warp": {"layer": 2, "units": [0, 7]}}})
    tab.scroll_to("warp")
    watched(tab, "warp", {"layer": 2, "units": [0, 1]})


def test_the_upward_axis_of_the_sigmoids_is_that_of_the_preset(open_board: Callable) -> None:
    tab = open_board("neuron_sigmoid", experiment=SIGMOID, look={"options": {"sigmoids": {"across": "b"}}})
    axis = tab.page.get_by_label("Weight on the upward axis")
    assert axis.input_value() == "b"
    watched(tab, "sigmoids", {"across": "b"})
    axis.select_option("w2")
    watched(tab, "sigmoids", {"across": "w2"})
    assert tab.get("nnlab.board.views[0].view.upward") == 1


def test_the_bowl_is_zoomed_from_where_the_preset_has_it(open_board: Callable) -> None:
    tab = open_board("neuron_linear", experiment=LINEAR, look={"options": {"bowl": {"zoom": 4}}})
    watched(tab, "bowl", {"zoom": 4})
    tab.page.get_by_role("button", name="Wider").click()
    watched(tab, "bowl", {"zoom": 8})
    tab.page.get_by_role("button", name="Closer").click()
    watched(tab, "bowl", {"zoom": 4})
