"""The bare board in a real Chromium before the real server without processes; every test also fails on an error in the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route

from nnlab.analysis.diagnosis.finding import Finding
from nnlab.live.server.live_run import LiveRun
from nnlab.train.run import Run
from nnlab.views.view import described
from tests.browser.bare_server import CIRCLE, Engine, Server
from tests.browser.stage import Stage

VIEWS = ("network", "boundary", "curves")
READY = """window.nnlab && nnlab.drawn > 0 && [...document.querySelectorAll(".panel:not([hidden])")].length
  && nnlab.board.views.some((v) => v.visible) && nnlab.board.views.every((v) => v.broken || !v.visible || !v.dirty)
  && [...document.querySelectorAll(".panel:not(.tabs):not([hidden]) .view")].every((view) => view.children.length)"""

SCROLL = "(e, inside) => window.scrollBy(0, e.getBoundingClientRect().top + inside - window.innerHeight)"


class Tab:
    """The board on a page, the server behind it and what was sent."""

    def __init__(self, stage: Stage, server: Server, live: LiveRun) -> None:
        self.stage, self.server, self.live = stage, server, live
        self.data: dict[str, Any] = {}
        self.page: Page = stage.page
        self.get, self.until = stage.get, stage.until
        self.expected: tuple[str, ...] = ()  # errors of the console
        self.held: list[Route] = []

    @property
    def engine(self) -> Engine:
        """What the server's worker computes with."""
        return self.server.engine

    @property
    def run(self) -> Run:
        """The network behind this tab."""
        return self.engine.runs[-1]

    def release(self) -> None:
        """Let what was held back through, and what it asks for in turn."""
        for route in self.held:
            route.continue_()
        self.page.unroute_all()

    def sent(self, name: str) -> list[Any]:
        """The arguments of every command of this name so far."""
        return [argument for known, argument, _ in self.server.hub.commands if known == name]

    def arrives(self, name: str, many: int = 1) -> list[Any]:
        """Wait until `many` commands of this name have arrived."""
        self.stage.wait(lambda: len(self.sent(name)) >= many, f"{many} {name} expected; got {self.server.hub.commands}")
        return self.sent(name)

    def part(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def play(self) -> None:
        self.get("nnlab.send('play', true)")
        self.until("nnlab.playing && nnlab.step > 50")

    def pause(self) -> None:
        self.get("nnlab.send('play', false)")
        self.until("!nnlab.playing")

    def says(self, **values: Any) -> None:
        """Every frame from the next one on says this in its header."""
        self.engine.said |= values
        self.get("nnlab.send('speed', 0)")  # so that there is a next one

    def finds(self, *found: Finding) -> None:
        """The diagnosis finds this."""
        self.engine.found = list(found)
        self.get("nnlab.send('speed', 0)")

    def chip(self) -> Locator:
        """The button of the bar that names the first finding; a click opens and closes the list of all."""
        return self.page.get_by_role("group", name="Diagnosis").locator(".chip")

    def open_finding(self, code: str) -> None:
        """Open the list of findings, once this one is the first."""
        self.part(f".chip[data-code={code}]").click()

    def tools(self, title: str) -> None:
        """Open the tools of a small view, or close them: they lie over its picture."""
        self.page.get_by_role("button", name=f"Options of {title}").click()

    def scroll_to(self, view: str, inside: int = 250) -> None:
        """So far that this much of a tab's picture, and of the stage above it, is in sight."""
        self.until("nnlab.board.views.some((v) => v.name === arg)", view)
        self.part(f".panel.view-{view}").evaluate(SCROLL, inside)

    def pixels(self, view: str) -> str:
        """What the canvases of a view show, as text that differs where a pixel does."""
        shown = self.page.locator(f".view-{view} canvas")
        return str(shown.evaluate_all("all => all.map((c) => c.toDataURL()).join()"))


@pytest.fixture
def open_board(bare_server: Server, stage: Stage) -> Iterator[Callable[..., Tab]]:
    """Opens the board with a new run of `experiment`; `hold`: files of this name are kept back until `tab.release()`.

    `calm`: for a person who prefers less motion; `more`: what else the page gives the component.
    """
    tabs: list[Tab] = []
    bare_server.engine.forget()

    def make(
        *views: str, experiment: dict[str, Any] = CIRCLE, width: int = 1280, ready: str = READY, hold: str = "",
        shadow: bool = False, calm: bool = False, **more: Any,
    ) -> Tab:  # fmt: skip
        stage.spoilt |= bool(hold)  # a page that has the files does not ask for them
        stage.begin(width=width, calm=calm)
        tab = Tab(stage, bare_server, bare_server.open(experiment))
        tabs.append(tab)
        bare_server.hub.commands.clear()
        if hold:
            stage.page.route(hold, lambda route: tab.held.append(route))
        tab.data = {"socket": f"/live/ws/{tab.live.token}", "views": described(views or VIEWS), **more}
        stage.mount(tab.data, shadow=shadow)
        tab.until(ready)
        return tab

    yield make
    bare_server.hub.refuse = False
    stage.page.unroute_all()  # what a test that failed still held back
    wrong = stage.end()
    for tab in tabs:
        tab.live.close()
    assert [one for one in wrong if not any(known in one for tab in tabs for known in tab.expected)] == []


@pytest.fixture
def tab(open_board: Callable[..., Tab]) -> Tab:
    """The board with the network, the output map and the curves."""
    return open_board()
