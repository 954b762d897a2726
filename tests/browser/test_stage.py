"""The stage: on every page what it is about is whole in the window, the bar stays in sight, and nothing jumps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nnlab.core.registries import TOPICS
from tests.browser.one_tab import FILLED, Tab

SIZES = {
    "laptop": (1366, 630),
    "large": (1440, 900),
    "projector": (960, 600),
    "upright": (800, 1100),
    "phone": (390, 800),
}
SCROLLED = {("backpropagation", "phone")}  # its numbers, which do not shrink, need more room
WIDE = ("laptop", "large", "projector")  # where side and curves stand beside the lead
BAR_PX = {"laptop": 56, "large": 56, "projector": 110, "upright": 190, "phone": 200}
# Boxes of the parts of the stage that are shown, in pixels of the window: [left, top, right, bottom].
BOXES = """(() => {
  const host = [...document.querySelectorAll("[class*='-board'] *")].find((e) => e.shadowRoot).shadowRoot;
  const box = (e) => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom].map(Math.round); };
  const all = (s) => [...host.querySelectorAll(s)].filter((e) => e.getBoundingClientRect().width).map(box);
  const lead = (e) => (getComputedStyle(e).getPropertyValue("--held").trim() === "1" ? e : [...e.querySelectorAll("canvas")].find((c) => c.offsetWidth)); // of a page of several pictures the first
  return {bar: all(".player, .bp-bar"), lead: [...host.querySelectorAll(".left > .panel")].map((e) => box(lead(e))), side: all(".right > .panel"), pictures: all(".left > .panel canvas, .right > .panel canvas"),
    across: document.documentElement.scrollWidth};
})()"""
# Selects and fields whose text is wider than they are: [text, pixels needed, pixels there].
CUT = """(() => {
  const host = [...document.querySelectorAll("[class*='-board'] *")].find((e) => e.shadowRoot).shadowRoot;
  const pen = document.createElement("canvas").getContext("2d");
  const fields = "select, input:not([type=range], [type=checkbox], [type=radio], [type=search])";
  return [document, host].flatMap((root) => [...root.querySelectorAll(fields)]).flatMap((e) => {
    if (!e.checkVisibility() || e.offsetWidth < 8 || e.closest("[data-testid=stSidebar]")?.clientWidth < 200) return []; // shut on a phone
    const style = getComputedStyle(e);
    pen.font = style.font;
    const text = e.tagName === "SELECT" ? e.selectedOptions[0]?.text ?? "" : e.value || e.placeholder;
    const need = pen.measureText(text).width + parseFloat(style.paddingLeft) + parseFloat(style.paddingRight) + (e.tagName === "SELECT" ? 16 : 0);
    return need > e.offsetWidth + 1 ? [[text, Math.round(need), e.offsetWidth]] : [];
  });
})()"""
# Once there is a board, and without Streamlit's own frame: it makes room for its sidebar, which is 0.22, before anything is drawn in it.
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  const ours = (e) => window.nnlab && !e.sources.some((s) => s.previousRect.x === 0 && s.currentRect.x === 300);
  for (const e of list.getEntries()) if (ours(e)) window.shifted += e.value;
}).observe({type: "layout-shift"});
"""


SCRIPT = SHIFTS


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab


def boxes(lab: Tab, size: str) -> dict[str, Any]:
    """Those of the window `size`, once they stand still."""
    width, height = SIZES[size]
    lab.page.set_viewport_size({"width": width, "height": height})
    lab.page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    old: dict[str, Any] = {}
    for _ in range(50):
        new = lab.get(BOXES)
        if new == old:
            return new
        old = new
        lab.page.wait_for_timeout(300)  # a picture in 3-D takes its time
    raise AssertionError(f"the stage does not come to rest: {old}")


@pytest.mark.parametrize("page", list(TOPICS))
def test_what_a_page_is_about_is_whole_in_every_window(lab: Tab, page: str) -> None:
    lab.page.set_viewport_size({"width": 1366, "height": 630})
    lab.go(page, ready=FILLED)
    lab.page.wait_for_timeout(500)
    title = TOPICS.load(page).title
    assert lab.page.title() == f"{title} · nnlab"
    assert title in lab.get(
        "[...document.querySelectorAll('[data-testid=stTopNav] *')].map((e) => e.innerText + getComputedStyle(e, '::after').content).join()"
    )
    assert lab.get("window.shifted") <= 0.1
    for size, (width, height) in SIZES.items():
        found = boxes(lab, size)
        assert found["across"] <= width, size
        assert lab.get(CUT) == [], size
        (bar,) = found["bar"]
        assert bar[3] - bar[1] <= BAR_PX[size] and bar[3] <= height, (size, bar)
        assert found["lead"], size
        parts = found["lead"] + (found["side"] if size in WIDE else [])
        if (page, size) in SCROLLED:
            continue
        for left, top, right, bottom in parts:
            assert 0 <= left < right <= width and 0 <= top < bottom <= height, (size, left, top, right, bottom)
        for i, a in enumerate(parts):
            for b in parts[i + 1 :]:
                assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (size, a, b)
    light = boxes(lab, "laptop")
    lab.page.emulate_media(color_scheme="dark")
    lab.until("nnlab.board.theme.dark")
    assert boxes(lab, "laptop") == light
    lab.page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("page", ["playground", pytest.param("landscape", marks=pytest.mark.slow), "optimisers"])
def test_the_pictures_of_the_stage_end_inside_it_and_move_for_nothing_that_opens(lab: Tab, page: str) -> None:
    lab.page.set_viewport_size({"width": 1366, "height": 630})
    lab.go(page, ready=FILLED)
    for size in ("laptop", "projector"):
        before = boxes(lab, size)
        assert all(bottom <= SIZES[size][1] for *_, bottom in before["pictures"]), (size, before["pictures"])
        for button in ("button.help", "button.options", ".chip", ".keys"):
            for opened in lab.page.locator(f".board {button}").all():
                if not opened.is_visible():
                    continue
                opened.click()
                assert boxes(lab, size) == before, (size, button)
                opened.click()


def test_no_picture_moves_for_a_tab_an_added_point_or_a_refusal(lab: Tab) -> None:
    lab.page.set_viewport_size({"width": 1366, "height": 630})
    lab.go("playground", ready=FILLED)
    lab.pause()
    before = boxes(lab, "laptop")
    lab.page.get_by_role("tab", name="Confusion matrix").click()
    assert boxes(lab, "laptop") == before
    field = lab.page.get_by_role("spinbutton", name="Samples (points), typed")
    field.fill("99999")
    field.press("Enter")
    lab.page.locator("section[data-testid=stSidebar]").get_by_text("Samples must be").wait_for()
    assert boxes(lab, "laptop") == before
    lab.page.get_by_role("button", name="Options of Output").click()
    lab.page.locator(".view-boundary").get_by_role("button", name="Add", exact=True).click()
    lab.page.locator(".view-boundary canvas.surface").first.click(position={"x": 90, "y": 60})
    lab.until("nnlab.experiment.data.added.length === 1")
    lab.page.keyboard.press("Escape")
    assert boxes(lab, "laptop") == before


def test_the_bar_stays_in_sight_while_the_page_is_scrolled(lab: Tab) -> None:
    lab.page.set_viewport_size({"width": 1366, "height": 630})
    lab.go("playground", ready=FILLED)
    top = lab.page.locator(".player").bounding_box()["y"]
    lab.page.evaluate("document.querySelector('[data-testid=stMain]').scrollBy(0, 400)")
    lab.page.wait_for_timeout(200)
    stuck = lab.page.locator(".player").bounding_box()
    assert lab.page.locator(".grid").bounding_box()["y"] < 0
    assert 50 <= stuck["y"] < top and stuck["y"] + stuck["height"] < 140
    lab.page.get_by_role("button", name="Reset").click()  # nothing lies over it
