"""A tab with the playground, and the few things that tests do with it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import ConsoleMessage, Error, Locator, Page

from benchmarks.real_app import App
from tests.browser.waiting import holds

PATIENCE_MS = 30_000
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
WINDOW: Any = {"viewport": {"width": 1440, "height": 1000}}


@dataclass
class Lab:
    """A tab with the playground, and the few things that tests do with it."""

    page: Page
    app: App
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Remember errors of the console and requests to other machines."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("request", lambda r: self._request(r.url))
        self.page.on("websocket", lambda w: self._request(w.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _request(self, url: str) -> None:
        if not url.startswith((self.app.url, self.app.url.replace("http", "ws"), "blob:", "data:")):
            self.outside.append(url)

    def open(self, address: str = "") -> Lab:
        self.page.goto(address or self.app.url)
        self.until("window.nnlab && nnlab.scene && nnlab.frame?.arrays.weights && nnlab.frame.arrays.boundary")
        self.begin()
        return self

    def begin(self) -> None:
        """Play at once where a first visit waits for it."""
        if self.page.locator(".intro").count():
            self.get("nnlab.send('play', true)")

    def until(self, condition: str, arg: Any = None) -> None:
        """Wait for a JavaScript expression over `nnlab` and `arg`; one about what is not there yet does not hold yet."""
        self.page.wait_for_function(holds(condition), arg=arg, timeout=PATIENCE_MS)

    def get(self, expression: str) -> Any:
        return self.page.evaluate(f"() => {expression}")

    def part(self, name: str) -> Locator:
        """A control of the player by its class."""
        return self.page.locator(f".player .{name}")

    def choose(self, title: str, among: str = "Start from") -> None:
        """One of the lists above the picture: a preset, or a part of the page."""
        box = self.page.get_by_test_id("stMain").get_by_role("combobox", name=among)
        box.scroll_into_view_if_needed()
        self.page.evaluate(SETTLED)  # a list closes while the page is scrolled
        box.click()
        self.page.get_by_role("option", name=title, exact=True).click()

    def pause(self) -> int:
        """Pause and return the step where the run stands."""
        self.get("nnlab.send('play', false)")
        self.until("!nnlab.playing && nnlab.step !== null")  # before the first frame nothing plays either
        return int(self.get("nnlab.step"))

    def play(self) -> None:
        self.get("nnlab.send('play', true)")
        self.until("nnlab.playing")

    def reset(self) -> None:
        """Pause at the initial weights."""
        self.pause()
        self.get("nnlab.send('reset', null)")
        self.until("nnlab.step === 0")

    def map(self) -> list[int]:
        """The boundary's bytes, as they came."""
        return list(self.get("Array.from(nnlab.frame.arrays.boundary.data)"))

    def until_picture_differs(self, view: str, picture: str) -> None:
        """Wait until a view's canvases show something else."""
        canvases = self.page.locator(f"[aria-label='{view}']").first.element_handle()
        self.page.wait_for_function(
            "([box, old]) => [...box.querySelectorAll('canvas')].map((c) => c.toDataURL()).join() !== old",
            arg=[canvases, picture],
        )

    def leave(self) -> None:
        """Close the tab; its run stops at once and takes no time from the next test's, and nothing is remembered."""
        with contextlib.suppress(Error):  # a page that is gone
            self.page.evaluate(
                "() => { window.nnlab?.send?.('play', false); localStorage.clear(); sessionStorage.clear(); }"
            )
        self.page.close()

    def weights(self) -> list[float]:
        return list(self.get("Array.from(nnlab.frame.arrays.weights.data)"))

    def picture(self, view: str) -> str:
        """What the canvases of a view show, as text that differs where a pixel does."""
        box = self.page.locator(f"[aria-label='{view}']").first
        return str(box.evaluate("box => [...box.querySelectorAll('canvas')].map((c) => c.toDataURL()).join()"))
