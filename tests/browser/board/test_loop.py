"""Frames, acks and what is watched: the flow between the server and the screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

COUNT = """() => new Promise((done) => {
  const from = nnlab.drawn;
  let ticks = 0;
  const began = performance.now();
  const tick = () => { ticks += 1; if (performance.now() - began < 1500) requestAnimationFrame(tick); else done([nnlab.drawn - from, ticks]); };
  requestAnimationFrame(tick);
})"""


def test_frames_come_and_are_drawn_and_never_more_than_two_before_a_drawing(open_board: Callable) -> None:
    tab = open_board()
    tab.play()
    frames, drawn = tab.get("[nnlab.frames, nnlab.drawn]")
    tab.until("nnlab.drawn > arg", drawn + 60)
    now_frames, now_drawn = tab.get("[nnlab.frames, nnlab.drawn]")
    assert now_frames - frames <= 2 * (now_drawn - drawn) + 2  # how many a second: benchmarks/


def test_drawing_takes_a_small_part_of_an_animation_frame(open_board: Callable) -> None:
    tab = open_board()
    tab.play()
    tab.until("nnlab.gaps.length > 100")
    median = "(a) => [...a].sort((x, y) => x - y)[a.length >> 1]"
    cost, gap = tab.get(f"[({median})(nnlab.costs), ({median})(nnlab.gaps)]")
    assert cost < gap / 4


def test_with_less_motion_the_picture_changes_a_few_times_a_second(open_board: Callable) -> None:
    tab = open_board(calm=True)
    tab.play()
    drawn, ticks = tab.page.evaluate(COUNT)
    assert 0 < drawn < ticks / 4


def test_a_tab_that_draws_nothing_gets_two_frames_and_no_more(tab) -> None:
    tab.stage.spoilt = True
    tab.get("(window.requestAnimationFrame = () => 1)")
    before = tab.get("nnlab.frames")
    tab.get("nnlab.send('play', true)")
    tab.page.wait_for_timeout(800)
    assert 0 < tab.get("nnlab.frames") - before <= 2 + 1  # one may have been asked for just before


def test_frames_that_came_before_the_first_view_are_drawn_when_it_is_there(open_board: Callable) -> None:
    tab = open_board("boundary", "curves", hold="**/views/**/*.js", ready="window.nnlab && nnlab.frames >= 1")
    tab.get("nnlab.send('play', true)")
    tab.until("nnlab.frames >= 2")
    tab.page.wait_for_timeout(300)
    assert tab.get("[nnlab.frames <= 3, nnlab.drawn]") == [True, 0], (
        "no more come until one is drawn; one for what is watched"
    )
    tab.release()
    tab.until("nnlab.drawn > 10 && nnlab.board.views.length === 2")


def test_only_what_is_in_sight_is_watched(open_board: Callable) -> None:
    tab = open_board(width=380)
    tab.page.set_viewport_size({"width": 380, "height": 560})
    tab.page.evaluate("window.scrollTo(0, 0)")
    tab.until("!nnlab.watched.includes('boundary')")
    tab.part(".view-boundary").first.scroll_into_view_if_needed()
    tab.until("nnlab.watched.includes('boundary')")


def test_a_hidden_tab_panel_is_not_watched_until_it_is_picked(open_board: Callable) -> None:
    tab = open_board("boundary", "confusion", "histograms", ready="window.nnlab && nnlab.board.views.length === 3")
    tab.scroll_to("confusion")
    tab.until("nnlab.watched.includes('confusion') && !nnlab.watched.includes('histograms')")
    tab.page.get_by_role("tab", name="Weights and gradients").click()
    tab.until("nnlab.watched.includes('histograms') && !nnlab.watched.includes('confusion')")
    tab.page.keyboard.press("ArrowLeft")
    tab.until("nnlab.watched.includes('confusion')")


def test_a_lost_connection_is_told_and_comes_back_to_the_same_run(tab) -> None:
    tab.play()
    tab.page.route(
        "**/healthz", lambda route: route.abort()
    )  # a server that answers, and refuses, has no such run any more
    tab.server.hub.refuse = True
    tab.expected = ("WebSocket connection", "Failed to load resource")
    step, mounts = tab.get("[nnlab.step, nnlab.mounts]")
    tab.get("nnlab.drop()")
    tab.page.get_by_text("Connection lost, trying again.").wait_for()
    watched = len(tab.sent("watch"))
    tab.server.hub.refuse = False
    expect(tab.part(".message")).to_have_text("", timeout=60_000)
    tab.until("nnlab.step > arg + 50", step)
    tab.page.unroute("**/healthz")
    assert len(tab.sent("watch")) == watched + 1
    assert tab.get("nnlab.mounts") == mounts


def test_commands_given_without_a_connection_are_sent_when_it_is_back(tab) -> None:
    tab.get("(nnlab.drop(), nnlab.send('speed', 5), nnlab.send('speed', 7))")
    assert tab.arrives("speed") == [7]


def test_a_second_call_of_the_component_changes_the_theme_and_mounts_nothing(tab) -> None:
    tab.play()
    before, mounts = tab.get("[nnlab.board.theme.dark, nnlab.mounts]")
    tab.get("document.documentElement.style.setProperty('--st-background-color', '#0e1117')")
    tab.get("window.show(window.data)")
    assert (before, tab.get("nnlab.board.theme.dark")) == (False, True)
    assert (tab.get("nnlab.mounts"), tab.part(".board").count()) == (mounts, 1)


def test_cleaning_up_closes_the_socket_and_leaves_nothing(tab) -> None:
    tab.get("window.cleanup()")
    assert tab.part(".board").count() == 0
    tab.stage.wait(lambda: not tab.live.viewers, "the socket must be closed")


WATCH_ENDS = """(window.ended = [], nnlab.board.views.forEach((v) => { v.view.destroy = () => {
  ended.push(v.name);
  if (v.name === 'network') throw new Error('it holds on');
}; }), nnlab.board.views.find((v) => v.name === 'curves').broken = true)"""


@pytest.mark.parametrize("go", ["cleanup()", "show({...data, views: []})"])
def test_every_view_is_told_that_it_goes_also_one_that_has_stopped(tab, go: str) -> None:
    tab.expected = ("View network",)
    tab.get(WATCH_ENDS)
    tab.get(go)
    assert sorted(tab.get("ended")) == ["boundary", "curves", "network"]
    assert tab.get("nnlab.board.views.length") == 0


def test_a_module_that_comes_after_the_component_has_gone_makes_no_view(open_board: Callable) -> None:
    tab = open_board(
        "boundary", "curves", hold="**/views/run/curves.js", ready="window.nnlab && nnlab.board.views.length === 1"
    )
    tab.get("(window.added = 0, nnlab.board.add = () => { window.added += 1; }, cleanup())")
    tab.release()
    tab.page.evaluate("() => import('/assets/views/run/curves.js').then(() => new Promise((go) => setTimeout(go, 50)))")
    assert tab.get("window.added") == 0


@pytest.mark.parametrize("shadow", [False, True])
def test_it_draws_inside_a_shadow_root_too(open_board: Callable, shadow: bool) -> None:
    tab = open_board("boundary", "curves", ready="window.nnlab && nnlab.drawn > 0", shadow=shadow)
    tab.play()
    tab.until("nnlab.board.views.every((v) => !v.broken)")
    assert tab.part(".board .view-boundary .heat").count() == 1


def test_a_view_that_throws_says_so_and_the_others_go_on(tab) -> None:
    tab.expected = ("View curves",)
    tab.get("(nnlab.board.views.find((v) => v.name === 'curves').view.frame = () => { throw new Error('pen broke'); })")
    tab.play()
    assert "pen broke" in tab.page.get_by_role("alert").inner_text()
    assert tab.get("nnlab.board.views.find((v) => v.name === 'boundary').broken") is False
