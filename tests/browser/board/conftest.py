"""The bare board in a real Chromium before a fake server; every test also fails on an error in the console."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route

from tests.browser.board.harness import Harness, Live
from tests.browser.waiting import holds

PATIENCE_MS = 20_000
READY = """window.nnlab && nnlab.drawn > 0 && document.querySelectorAll(".panel .view").length === nnlab.board.views.length
  && nnlab.board.views.some((v) => v.visible) && nnlab.board.views.every((v) => v.broken || !v.visible || !v.dirty)"""


@dataclass
class Tab:
    """A page with the board on it, the server behind it and what was sent."""

    page: Page
    live: Live
    token: str
    errors: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    held: list[Route] = field(default_factory=list)

    @property
    def run(self) -> Any:
        """The network behind this tab."""
        return self.live.runs[self.token]

    def get(self, expression: str, arg: Any = None) -> Any:
        return self.page.evaluate(f"(arg) => {expression}", arg)

    def until(self, condition: str, arg: Any = None) -> None:
        self.page.wait_for_function(holds(condition), arg=arg, timeout=PATIENCE_MS)

    def release(self) -> None:
        """Let what was held back through, and what it asks for in turn."""
        for route in self.held:
            route.continue_()
        self.page.unroute_all()

    def sent(self, name: str) -> list[Any]:
        """The arguments of every command of this name so far."""
        return [argument for known, argument in self.live.commands if known == name]

    def arrives(self, name: str, many: int = 1) -> list[Any]:
        """Wait until `many` commands of this name have arrived."""
        for _ in range(PATIENCE_MS // 20):
            if len(self.sent(name)) >= many:
                return self.sent(name)
            self.page.wait_for_timeout(20)
        raise AssertionError(f"{many} {name} expected; got {self.live.commands}")

    def part(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def play(self) -> None:
        self.get("nnlab.send('play', true)")
        self.until("nnlab.playing && nnlab.step > 50")

    def pause(self) -> None:
        self.get("nnlab.send('play', false)")
        self.until("!nnlab.playing")

    def pixels(self, view: str) -> str:
        """What the canvases of a view show, as text that differs where a pixel does."""
        return str(
            self.page.locator(f".view-{view} canvas").evaluate_all("all => all.map((c) => c.toDataURL()).join()")
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="package")
def harness() -> Iterator[Harness]:
    """One server for all tests; each test has a run of its own."""
    started = Harness(free_port()).start()
    yield started
    started.stop()


@pytest.fixture
def open_board(harness: Harness, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Tab]]:
    """Opens the board; `width`, `context` (options of the browser context), `ready`; anything else goes into the query.

    `hold`: files of this name are kept back until `tab.release()`.
    """
    tabs: list[Tab] = []
    harness.live.commands.clear()
    harness.live.refuse = harness.live.lot_tests = False

    def make(
        *, width: int = 1280, context: dict[str, Any] | None = None, ready: str = READY, hold: str = "", **query: str
    ) -> Tab:
        page = chromium.new_context(viewport={"width": width, "height": 950}, **(context or {})).new_page()
        token = f"{request.node.name[:40]}{len(tabs)}".replace("[", "-").replace("]", "")
        tab = Tab(page, harness.live, token)
        tabs.append(tab)
        page.on("console", lambda m: tab.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: tab.errors.append(str(e)))
        if hold:
            page.route(hold, lambda route: tab.held.append(route))
        page.goto(harness.url(token=token, **query))
        tab.until(ready)
        return tab

    yield make
    for tab in tabs:
        tab.page.context.close()
    assert [e for tab in tabs for e in tab.errors if not any(known in e for known in tab.expected)] == []


@pytest.fixture
def tab(open_board: Callable[..., Tab]) -> Tab:
    """The board with the output map and the curves."""
    return open_board(views="network,boundary,curves")
