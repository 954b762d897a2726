"""A view from a package beside nnlab: served at plugins/NAME/, built from the kit, shown and fed like our own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nnlab.core.registries import VIEWS
from nnlab.views.view import View

LOST = View("lost", "Lost", (), "plugins/extension/lost.js", "", "", "wide")
CNN = {"data": {"kind": "segments", "samples": 100}, "model": {"family": "small_cnn", "channels": 4}}


def test_its_module_comes_from_its_own_package_and_draws_what_its_analysis_gives(open_board: Callable) -> None:
    tab = open_board("channel_maps", "boundary", "curves", experiment=CNN)
    assert tab.part(".view-channel_maps .view").inner_text().endswith("%.")
    assert tab.get("document.querySelector('.left-out').textContent") == "Not available for this model: Output."
    assert tab.get("nnlab.scene.form.name") == "pictures"
    loaded = tab.get("performance.getEntriesByType('resource').map((e) => new URL(e.name).pathname)")
    assert "/assets/plugins/extension/channel_maps.js" in loaded


def test_its_option_reaches_its_analysis(open_board: Callable) -> None:
    tab = open_board("channel_maps", experiment=CNN)
    before = tab.pixels("channel_maps")
    tab.page.get_by_role("button", name="Next picture").click()
    tab.until("JSON.parse(nnlab.watched)[0].options.channel_maps?.example === 1")
    tab.stage.wait(lambda: tab.pixels("channel_maps") != before, "another picture must come")


def test_its_keys_and_errors_are_the_board_s(open_board: Callable) -> None:
    tab = open_board("channel_maps", "curves", experiment=CNN)
    tab.expected = ("View channel_maps",)
    tab.get("(nnlab.board.views[0].view.frame = () => { throw new Error('pen broke'); })")
    tab.play()
    assert "pen broke" in tab.page.get_by_role("alert").inner_text()
    assert tab.get("nnlab.board.views[1].broken") is False


def test_a_module_that_is_not_there_is_said_and_the_others_go_on(
    open_board: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(VIEWS._lines, "lost", f"{__name__}:LOST")
    tab = open_board("lost", "curves")
    tab.expected = ("View lost", "404")
    assert "This view stopped" in tab.part(".view-lost").get_by_role("alert").inner_text()
    tab.play()
