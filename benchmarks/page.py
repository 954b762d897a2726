"""What the browser benchmarks do with a page: open an experiment, play it, read the counters of the board."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from playwright.sync_api import Browser, Page

from nnlab.core.experiment import experiment
from nnlab.core.links import to_link

VIEWPORT = {"width": 1440, "height": 1000}


def opened(browser: Browser, url: str, value: dict[str, Any] | None = None) -> Page:
    """A tab of its own context that shows the default experiment, or `value`."""
    page = browser.new_context(viewport=VIEWPORT).new_page()  # type: ignore[arg-type]
    page.goto(url if value is None else f"{url}/?s={to_link(experiment(value))}")
    page.wait_for_function("window.nnlab && nnlab.frame && nnlab.scene", timeout=60_000)
    return page


def play(page: Page, warm_s: float) -> None:
    """Train at full speed; returns after `warm_s`."""
    page.evaluate("nnlab.send('speed', 0), nnlab.send('play', true)")
    page.wait_for_function("nnlab.playing")
    time.sleep(warm_s)


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
