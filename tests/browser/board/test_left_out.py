"""Only views whose needs a model meets are shown; the others are named, and neither tabs nor columns show that they were there."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.board.conftest import VIEWS

PLAYERS = {"data": {"kind": "eight_heaps", "samples": 100}, "model": {"family": "two_players", "units": 8}}
NUMBERS = {"data": {"kind": "plane"}, "model": {"family": "mlp"}, "training": {"loss": "mse"}}
RACE = {"data": {"kind": "surface"}, "model": {"family": "race"}}
WIDTHS = "[...document.querySelectorAll('.panel:not([hidden])')].filter((e) => e.offsetWidth).map((e) => [e.getAttribute('aria-label'), e.offsetWidth])"
SENTENCE = "document.querySelector('.left-out').textContent"


def test_a_view_of_the_page_that_a_model_cannot_fill_is_named_and_not_there(open_board: Callable) -> None:
    tab = open_board("boundary", "curves", experiment=RACE)
    assert tab.get(SENTENCE) == "Not available for this model: Output."
    assert tab.part(".view-boundary").is_hidden()
    assert tab.part(".view-curves").is_visible()
    tab.until("nnlab.watched && !nnlab.watched.includes('boundary')")


def test_all_that_is_left_out_is_named_in_the_order_of_the_page(open_board: Callable) -> None:
    tab = open_board("network", "boundary", "curves", "confusion", "warp", experiment=PLAYERS)
    assert tab.get(SENTENCE) == "Not available for this model: Network, Output, Confusion matrix, Warped plane."


def test_where_nothing_is_missing_nothing_is_said(open_board: Callable) -> None:
    tab = open_board(*VIEWS, "confusion")
    assert tab.part(".left-out").is_hidden()


def test_an_empty_column_gives_its_place_away(open_board: Callable) -> None:
    tab = open_board("network", "boundary", "curves", experiment=RACE, width=1440)
    (name, width), *others = tab.get(WIDTHS)
    assert (name, others) == ("Learning curves", [])
    assert width > 1300


def test_with_both_columns_filled_each_has_its_own(open_board: Callable) -> None:
    tab = open_board(*VIEWS, width=1440)
    widths = dict(tab.get(WIDTHS))
    assert widths["Network"] > 800 > widths["Output"] > 300
    assert widths["Output"] == widths["Learning curves"]


def test_the_arrow_keys_pass_a_tab_that_is_left_out(open_board: Callable) -> None:
    tab = open_board(*VIEWS, "histograms", "confusion", "warp", experiment=NUMBERS)
    tabs = tab.page.get_by_role("tab")
    assert tabs.all_inner_texts() == ["Weights and gradients", "Warped plane"]
    tabs.first.focus()
    tab.page.keyboard.press("ArrowRight")
    assert tabs.nth(1).get_attribute("aria-selected") == "true"
    tab.until("nnlab.watched.includes('warp') && !nnlab.watched.includes('histograms')")
    tab.page.keyboard.press("ArrowRight")
    assert tabs.nth(0).get_attribute("aria-selected") == "true"
    assert tab.get(SENTENCE) == "Not available for this model: Confusion matrix."


def test_a_model_that_meets_no_tab_shows_no_row_of_tabs(open_board: Callable) -> None:
    tab = open_board("curves", "confusion", "warp", experiment=PLAYERS)
    assert tab.part(".tabs").is_hidden()
    assert tab.part(".view-confusion").is_hidden()


def test_the_tab_that_was_open_gives_way_and_comes_back_with_its_model(open_board: Callable) -> None:
    tab = open_board(*VIEWS, "histograms", "confusion")
    tab.page.get_by_role("tab", name="Confusion matrix").click()
    tab.until("nnlab.watched.includes('confusion')")
    tab.get("nnlab.board.set({data: {kind: 'plane'}, 'training.loss': 'mse'})")
    tab.until("document.querySelector('.left-out').textContent === 'Not available for this model: Confusion matrix.'")
    shown = tab.page.get_by_role("tab", selected=True)
    assert shown.inner_text() == "Weights and gradients"
    tab.until("nnlab.watched.includes('histograms') && !nnlab.watched.includes('confusion')")
    tab.get("nnlab.board.set({data: {kind: 'circle'}, 'training.loss': 'cross_entropy'})")
    tab.until("document.querySelector('.left-out').hidden")
    assert shown.inner_text() == "Confusion matrix"
    tab.until("nnlab.watched.includes('confusion') && !nnlab.watched.includes('histograms')")


def test_a_model_without_layers_leaves_the_views_of_layers_whole_for_the_next(open_board: Callable) -> None:
    tab = open_board(*VIEWS, experiment=PLAYERS)
    assert tab.part(".view-network").is_hidden()
    tab.get("nnlab.board.set(arg)", {"data": {"kind": "circle"}, "model": {"family": "mlp"}, "training": {}})
    tab.until("document.querySelector('.left-out').hidden")
    tab.until("nnlab.board.views.every((v) => !v.broken && !v.dirty)")
    assert tab.part(".view-network canvas").first.is_visible()
