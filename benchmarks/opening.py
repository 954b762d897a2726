"""From opening a page to its first picture, in a browser that has been here before; and what Streamlit takes of it for itself.

The stopwatch is the page's own `performance.now()`, which starts with the navigation. A page has its picture when the views in
sight of a first frame are drawn. Beside it: a Streamlit app that holds one empty component and nothing else.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

from benchmarks import Row, real_app, row, serving
from benchmarks.page import VIEWPORT
from benchmarks.speed import slowness

PAGES = {"": "≤ 1", "one_neuron": "≤ 1.5", "backpropagation": "≤ 1.5", "optimisers": "≤ 1.5", "landscape": "≤ 1.5"}
VISITS, FILLING = 6, 2  # the first ones fill the browser's caches of files and of compiled code
REST_S = 1.5  # for the machine, between two visits
BARE = """
import streamlit as st
bare = st.components.v2.component(
    "bare", html="<div></div>", js="export default function (component) { window.pictured = window.pictured || performance.now(); }"
)
bare(key="bare")
"""
STOPWATCH = """
(function look() {
  const views = window.nnlab?.board.views.filter((v) => v.view && v.visible) ?? [];
  if (window.nnlab?.frame && views.length && views.every((v) => !v.dirty)) window.pictured ??= performance.now();
  else requestAnimationFrame(look);
})();
"""


def opening(context: BrowserContext, address: str) -> float:
    """Seconds from the navigation to the picture, in a new tab of a browser that has rested."""
    time.sleep(REST_S)
    page = context.new_page()
    page.add_init_script(STOPWATCH)
    page.goto(address)
    page.wait_for_function("window.pictured", polling=100)
    seconds = float(page.evaluate("window.pictured")) / 1000
    page.evaluate(
        "window.nnlab?.send('play', false)"
    )  # a run that nobody looks at any more would train on for its lease
    time.sleep(0.1)
    page.close()
    return seconds


def typical(context: BrowserContext, address: str) -> float:
    """The median of the visits that count."""
    return statistics.median([opening(context, address) for _ in range(VISITS)][FILLING:])


def rows() -> list[Row]:
    """Seconds to the picture of each page."""
    slower = slowness()  # before there is anything else to do
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        script = Path(home) / "bare.py"
        script.write_text(BARE, encoding="utf-8")
        # A browser with a home keeps compiled code, as people's browsers do; one without compiles everything anew each time.
        context = playwright.chromium.launch_persistent_context(
            f"{home}/browser",
            executable_path=real_app.browser_path(),
            args=list(real_app.FLAGS),
            viewport=VIEWPORT,  # type: ignore[arg-type]
        )
        with serving.serving(real_app.free_port(), NNLAB_SCRIPT=str(script)) as bare:
            bare.wait(alive=bare.health().get("workers", 1))
            floor = typical(context, f"http://{bare.address}/")
        with real_app.running() as app:
            while app.health()["alive"] < app.health()["workers"]:
                time.sleep(0.1)
            found = {page: typical(context, f"{app.url}/{page}") for page in PAGES}
        context.close()
    how = f"navigation -> all views in sight drawn, warm cache, median of {VISITS - FILLING}; Streamlit alone {floor:.2f} s"
    return [
        row(f"opening {page or 'playground'} -> first picture", found[page], unit="s", bar=bar, how=how, slower=slower)
        for page, bar in PAGES.items()
    ]
