"""The page on convolutional networks in a real Chromium: maps a second while it trains, bytes of a frame, and how soon a drawing is read."""

from __future__ import annotations

import time
import zlib

from playwright.sync_api import Browser, Page

from benchmarks import Row, real_app, row
from benchmarks.page import percentile, play
from benchmarks.speed import slowness

WATCH_S = 10.0
STROKES = 40
READY = "window.nnlab?.drawn > 0 && nnlab.frame?.arrays.wall_maps"

# Notes when the pen moves, and when the wall has drawn the answer to what was sent after it.
STOPWATCH = """() => {
  const watch = (window.stopwatch = { times: [], begun: null, picture: "" });
  const canvas = [...document.querySelectorAll("[class*='-board'] *")].find((e) => e.shadowRoot).shadowRoot.querySelector(".view-sample canvas");
  canvas.addEventListener("pointermove", (e) => {
    if (watch.begun !== null || e.buttons === 0) return;
    Object.assign(watch, { begun: e.timeStamp, picture: nnlab.frame.arrays.wall_picture.data.join() });
  }, true);
  nnlab.board.on("frame", (frame) => { // all views have just drawn it
    if (watch.begun === null || frame.arrays.wall_picture.data.join() === watch.picture) return;
    watch.times.push(performance.now() - watch.begun);
    watch.begun = null;
  });
}"""


def rows() -> list[Row]:
    """The first preset of the page, training at full speed, all maps of all stages on the screen."""
    slowness()  # before there is anything else to do
    with real_app.running() as app, real_app.chromium() as browser:
        page = opened(browser, f"{app.url}/cnn")
        return [*frames(page), *drawing(page)]


def opened(browser: Browser, url: str) -> Page:
    """The page, training at full speed."""
    page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    page.goto(url)
    page.wait_for_function(READY, timeout=60_000)
    play(page, 3)
    return page


def frames(page: Page) -> list[Row]:
    """How often the maps are drawn while it trains, and how large they are on the way."""
    begin = page.evaluate("[performance.now(), nnlab.drawn]")
    time.sleep(WATCH_S)
    end = page.evaluate("[performance.now(), nnlab.drawn]")
    drawn = (end[1] - begin[1]) / (end[0] - begin[0]) * 1000
    arrays = page.evaluate(
        "Object.entries(nnlab.frame.arrays).filter(([n]) => n.startsWith('wall')).map(([, a]) => Array.from(new Uint8Array(a.data.buffer, a.data.byteOffset, a.data.byteLength)))"
    )
    sent = zlib.compress(b"".join(bytes(a) for a in arrays), 1)
    how = f"first preset at full speed, all stages, 1366×768, {WATCH_S:g} s"
    return [
        row("Feature maps of all layers while it trains", drawn, unit="frames/s", bar="≥ 30", how=how),
        row(
            "Feature maps of all layers, a frame compressed",
            len(sent) / 1000,
            unit="kB",
            bar="≤ 60",
            how="deflate, level 1",
        ),
    ]


def drawing(page: Page) -> list[Row]:
    """From a move of the pen to the answer and all maps on the screen, while it trains."""
    page.get_by_role("button", name="Draw a picture yourself").click()
    page.evaluate(STOPWATCH)
    box = page.locator(".view-sample canvas").bounding_box()
    if box is None:
        raise RuntimeError("The pad is not on the page.")
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    for i in range(STROKES):
        page.mouse.move(box["x"] + 20 + 2.5 * i, box["y"] + 20 + (i % 7) * 9)
        page.wait_for_function("n => stopwatch.times.length > n", arg=i, timeout=10_000)
        page.wait_for_timeout(30 + 7 * (i % 10))  # not in step with anything
    page.mouse.up()
    times: list[float] = page.evaluate("stopwatch.times")
    how = f"{STROKES} moves of the pen while it trains at full speed; median {percentile(times, 0.5):.0f} ms"
    name = "Drawing to answer and all maps, 95th percentile"
    return [row(name, percentile(times, 0.95), unit="ms", bar="≤ 100", how=how, slower=slowness())]
