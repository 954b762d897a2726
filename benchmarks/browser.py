"""The page in a real Chromium: frames drawn, gaps, training rate, and how long a control takes to show."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from benchmarks import Row, real_app, row
from benchmarks.page import opened, percentile, play
from benchmarks.speed import slowness

WATCH_S = 10.0
TRIES = 30
TFP_DEFAULT = 60  # epochs a second of TensorFlow Playground: one an animation frame
TFP_DEEP = 20  # with six layers of eight neurons
DEEP: dict[str, Any] = {
    "data": {"kind": "circle"},
    "model": {"family": "mlp", "layers": [{"units": 8}] * 6},
}

# Notes when a control is used, and when a drawn frame is first trained at another learning rate than the one before.
STOPWATCH = """() => {
  const watch = (window.stopwatch = { times: [], begun: null, old: null });
  const begin = (e) => { watch.begun = e.timeStamp; watch.old = nnlab.frame.lr; };
  for (const name of ["pointerup", "input"]) window.addEventListener(name, (e) => name === watch.event && begin(e), true);
  nnlab.board.on("frame", (frame) => { // all views have just drawn it
    if (watch.begun === null || frame.lr === watch.old) return;
    watch.times.push(performance.now() - watch.begun);
    watch.begun = null;
  });
}"""

AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"

# Notes the longest time between two frames, and when it ended.
STANDSTILL = """() => {
  const watch = (window.standstill = { longest: 0, at: 0, last: performance.now() });
  nnlab.board.on("frame", () => {
    const now = performance.now();
    if (now - watch.last > watch.longest) Object.assign(watch, { longest: now - watch.last, at: now });
    watch.last = now;
  });
}"""


def rows() -> list[Row]:
    """Everything that is measured with one viewer on the default page."""
    slowness()  # before there is anything else to do
    found = start()
    with real_app.running() as app, real_app.chromium() as browser:
        found += frames(browser, app.url)
        found += deep(browser, app.url)
        found += controls(browser, app.url)
        found += recovery(browser, app)
    return found


def start() -> list[Row]:
    """How long after its start the app answers, and how long until every worker can take a run."""
    began = time.monotonic()
    with real_app.running() as app:
        healthy_s = time.monotonic() - began
        while (health := app.health())["alive"] < health["workers"]:
            time.sleep(0.02)
        ready_s = time.monotonic() - began
    how = "start of the process to /healthz, which says whether torch was imported: "
    return [
        row("App healthy after start", healthy_s, unit="s", bar="≤ 5", how=how + str(health["torch"]).lower()),
        row("Workers ready after start", ready_s, unit="s", bar="≤ 5", how=f"{health['workers']} with torch loaded"),
    ]


def recovery(browser: Browser, app: real_app.App) -> list[Row]:
    """Every worker gets SIGKILL while the network trains: how long the picture stands still."""
    page = opened(browser, app.url)
    play(page, 3)
    page.evaluate(STANDSTILL)
    zygote = app.server().children()[0]
    killed = zygote.children()
    for worker in killed:
        worker.kill()
    while not (now := zygote.children()) or set(now) & set(killed):  # until others are there
        time.sleep(0.01)
    page.get_by_text("ended unexpectedly").first.wait_for()
    page.wait_for_timeout(5_000)
    longest: float = page.evaluate("standstill.longest")
    page.context.close()
    how = "longest time without a frame; the run goes on from its last checkpoint"
    return [row("Killed worker to next frame", longest / 1000, unit="s", bar="≤ 3", how=how)]


def frames(browser: Browser, url: str) -> list[Row]:
    """The default network at full speed, all views of the first screen on."""
    page = opened(browser, url)
    play(page, 3)
    ceiling = _ticks(page)
    page.evaluate("nnlab.board.measures.gaps.length = 0")
    drawn, epochs = _rates(page)
    gap = percentile(page.evaluate("nnlab.gaps"), 0.95)
    page.context.close()
    how = f"headless Chromium, 1440×1000, {WATCH_S:g} s; the browser itself ticks {ceiling:.0f} times a second"
    return [
        row("Frames drawn, default network", drawn, unit="frames/s", bar="≥ 45", how=how),
        row("Gap between frames, 95th percentile", gap, unit="ms", bar="≤ 50", how=how),
        row(
            "Training rate on the page, default network",
            epochs / TFP_DEFAULT,
            unit="times TensorFlow Playground",
            bar="≥ 10",
            how=f"{epochs:.0f} epochs/s, views on, against {TFP_DEFAULT}",
            slower=slowness(),
        ),
    ]


def deep(browser: Browser, url: str) -> list[Row]:
    """Six layers of eight neurons."""
    page = opened(browser, url, DEEP)
    play(page, 3)
    drawn, epochs = _rates(page)
    page.context.close()
    how = f"{epochs:.0f} epochs/s at {drawn:.0f} frames/s, views on, against {TFP_DEEP}"
    name = "Training rate on the page, 6×8"
    unit, slower = "times TensorFlow Playground", slowness()
    return [row(name, epochs / TFP_DEEP, unit=unit, bar="≥ 15", how=how, slower=slower)]


def controls(browser: Browser, url: str) -> list[Row]:
    """From the hand on a control to the first drawn frame that reflects it, while the network trains."""
    page = opened(browser, url)
    play(page, 2)
    page.evaluate(STOPWATCH)
    own = page.locator(".player").get_by_role("slider", name="Learning rate").first
    inside = _use(page, own, own, "input")
    page.get_by_role("tab", name="Training", exact=True).click()
    slider = page.get_by_test_id("stSidebar").get_by_role("slider", name="Learning rate").first
    slider.wait_for()
    page.wait_for_timeout(1000)  # the tab's other controls come after it and move it
    # The slider itself is an invisible input on the thumb's line; the track is as wide as the whole widget.
    widget = _use(page, slider, slider.locator("xpath=ancestor::*[@data-testid='stSlider']"), "pointerup")
    page.context.close()
    how = f"{TRIES} changes of the learning rate at full speed; median {{:.0f}} ms"
    return [
        row(
            "Streamlit widget to frame, 95th percentile",
            percentile(widget, 0.95),
            unit="ms",
            bar="≤ 150",
            how=how.format(percentile(widget, 0.5)),
            slower=slowness(),
        ),
        row(
            "Control in the view to frame, 95th percentile",
            percentile(inside, 0.95),
            unit="ms",
            bar="≤ 60",
            how=how.format(percentile(inside, 0.5)),
            slower=slowness(),
        ),
    ]


def _use(page: Page, slider: Locator, track: Locator, event: str) -> list[float]:
    """Move along the line of `slider`, as wide as `track`; how long each change took to show, in ms."""
    page.evaluate("event => { stopwatch.event = event; stopwatch.times = []; stopwatch.begun = null; }", event)
    slider.scroll_into_view_if_needed()
    line, box = slider.bounding_box(), track.bounding_box()
    if box is None or line is None:
        raise RuntimeError("The slider of the learning rate is not on the page.")
    held = event == "input"  # one drag, in which every move acts; else a click each
    for i in range(TRIES):
        share = (0.3, 0.4, 0.5)[i % 3]
        page.mouse.move(box["x"] + share * box["width"], line["y"] + line["height"] / 2)
        if i == 0 or not held:
            page.mouse.down()
        if not held:
            page.wait_for_timeout(40)  # as long as a finger rests
            page.mouse.up()
        page.wait_for_function("n => stopwatch.times.length > n", arg=i, timeout=10_000)
        page.wait_for_selector(AT_REST)  # the page itself is drawn anew after the picture
        page.wait_for_timeout(150 + 7 * (i % 10))  # not in step with anything
    page.mouse.up()
    found: list[float] = page.evaluate("stopwatch.times")
    return found


def _rates(page: Page) -> tuple[float, float]:
    """Frames drawn and epochs trained a second."""
    read = "[performance.now(), nnlab.drawn, nnlab.epoch]"
    begin = page.evaluate(read)
    time.sleep(WATCH_S)
    end = page.evaluate(read)
    seconds = (end[0] - begin[0]) / 1000
    return (end[1] - begin[1]) / seconds, (end[2] - begin[2]) / seconds


def _ticks(page: Page) -> float:
    """Animation frames a second that the browser gives this page."""
    count = """() => new Promise((done) => {
      const begin = performance.now(); let n = 0;
      const tick = (now) => (n += 1, now - begin > 2000 ? done((n * 1000) / (now - begin)) : requestAnimationFrame(tick));
      requestAnimationFrame(tick);
    })"""
    return float(page.evaluate(count))
