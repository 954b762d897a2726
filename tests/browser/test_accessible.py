"""Everyone can read and use every page: axe-core finds nothing serious, and text is large enough and stands out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from nnlab.core.registries import TOPICS
from tests.browser.one_tab import FILLED, Tab

SIZES = {"projector": (960, 600), "phone": (390, 800), "laptop": (1366, 630)}  # each another than the one before
LEAST_PX, FIGURES_PX = 14, 16
# The size of each text that is drawn on a canvas, in the pixels of the page.
DRAWN = """
window.texts = new Map();
for (const name of ["fillText", "strokeText"]) {
  const old = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (text, ...rest) {
    const size = parseFloat(this.font.match(/([\\d.]+)px/)[1]) * this.getTransform().a * (this.canvas.offsetWidth / this.canvas.width || 1);
    if (String(text).trim()) window.texts.set(String(text), Math.min(size, window.texts.get(String(text)) ?? 99));
    return old.call(this, text, ...rest);
  };
}
"""
# Texts of the stage that are smaller than they may be: [text, size].
SMALL = """(() => {
  const host = [...document.querySelectorAll("[class*='-board'] *")].find((e) => e.shadowRoot).shadowRoot;
  const found = [];
  for (const e of host.querySelectorAll(".stage *")) {
    const own = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join("");
    if (!own || !e.getClientRects().length || e.closest("svg, .unseen, style, script")) continue;
    const least = e.closest(".player .number") ? FIGURES : LEAST;
    const size = parseFloat(getComputedStyle(e).fontSize);
    if (size < least) found.push([own.slice(0, 40), size, e.className]);
  }
  for (const [text, size] of window.texts) if (size < LEAST - 0.01) found.push([text, size, "canvas"]);
  return found;
})()""".replace("FIGURES", str(FIGURES_PX)).replace("LEAST", str(LEAST_PX))


SCRIPT = DRAWN


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab
        tab.page.emulate_media(color_scheme="light")


def serious(lab: Tab) -> list[tuple[str, Any]]:
    """What axe-core finds to be serious or worse, with the first places of each."""
    found = Axe().run(lab.page).response["violations"]
    return [
        (one["id"], [(node["target"], node["failureSummary"][:300]) for node in one["nodes"][:4]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("page", list(TOPICS))
def test_axe_finds_nothing_serious_and_every_text_can_be_read_from_the_back_row(lab: Tab, page: str) -> None:
    lab.page.set_viewport_size({"width": 1366, "height": 630})
    lab.go(page, ready=FILLED)
    lab.get("nnlab.send('play', false)")
    lab.page.wait_for_timeout(800)  # modules of the tabs
    for dark in (False, True):
        lab.page.emulate_media(color_scheme="dark" if dark else "light")
        lab.until("nnlab.board.theme.dark === arg", dark)
        assert serious(lab) == [], dark
    for width, height in SIZES.values():
        lab.page.evaluate("window.texts.clear()")
        lab.page.set_viewport_size({"width": width, "height": height})
        lab.page.wait_for_timeout(1000)
        assert lab.get("window.texts.size") > 0, "nothing was drawn anew, so nothing was looked at"
        assert lab.get(SMALL) == [], (width, height)
