"""Memory of server, workers and tab over ten minutes of play, after a minute that fills caches and history."""

from __future__ import annotations

import os
import statistics
import time

import psutil
from playwright.sync_api import Browser, CDPSession

from benchmarks import Row, real_app, row
from benchmarks.page import opened, play

MINUTES = float(os.environ.get("NNLAB_BENCH_MINUTES", "10"))
WARM_S = 60.0
SAMPLES = 5


def rows() -> list[Row]:
    """Growth in percent of what each process has to itself."""
    with real_app.running() as app, real_app.chromium() as browser:
        page = opened(browser, app.url)
        play(page, WARM_S)
        cdp = page.context.new_cdp_session(page)
        tab = _renderer(browser)
        begin = _sizes(app, tab, cdp)
        time.sleep(MINUTES * 60)
        end = _sizes(app, tab, cdp)
        steps = page.evaluate("nnlab.step")
    found = []
    for name, before in begin.items():
        growth = 100 * (end[name] / before - 1)
        how = f"{before / 2**20:.0f} → {end[name] / 2**20:.0f} MB, {steps:,} updates"
        found.append(
            row(f"Memory of the {name} over {MINUTES:g} minutes of play", growth, unit="%", bar="≤ 5", how=how)
        )
    return found


def _sizes(app: real_app.App, tab: psutil.Process, cdp: CDPSession) -> dict[str, float]:
    """Bytes that server, workers and tab each have to themselves: the median of a few samples."""
    taken: dict[str, list[float]] = {"server": [], "workers": [], "tab": []}
    for _ in range(SAMPLES):
        cdp.send("HeapProfiler.collectGarbage")
        workers = app.server().children(recursive=True)
        taken["server"].append(_own(app.server()))
        taken["workers"].append(sum(_own(worker) for worker in workers))
        taken["tab"].append(_own(tab))
        time.sleep(1)
    return {name: statistics.median(values) for name, values in taken.items()}


def _own(process: psutil.Process) -> float:
    return float(process.memory_full_info().uss)


def _renderer(browser: Browser) -> psutil.Process:
    """The process that draws the page: the largest renderer among our browser's processes."""
    ours = psutil.Process().children(recursive=True)
    renderers = [p for p in ours if "--type=renderer" in p.cmdline()]
    return max(renderers, key=_own)
