"""One tab for all tests of a file: to open a page costs five times what it costs to give an open one another experiment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser

from benchmarks.real_app import App
from nnlab.core.experiment import Experiment
from nnlab.core.links import from_link, to_link
from tests.browser.lab import WINDOW, Lab
from tests.browser.waiting import holds

PATIENCE_MS = 100_000  # of a machine with much else to do
FILLED = "document.querySelector('section[data-testid=stSidebar] input') && !document.querySelector('[data-testid=stSkeleton]')"
CALM = "document.querySelector('[data-test-script-state=notRunning]')"
AT_REST = """arg => nnlab.frame.version >= arg && nnlab.step === 0 && !nnlab.playing && !nnlab.frame.phase
  && nnlab.frame.scene === nnlab.scene.scene"""


class Tab(Lab):
    """A tab that goes from experiment to experiment."""

    def until(self, condition: str, arg: Any = None) -> None:
        self.page.wait_for_function(holds(condition), arg=arg, timeout=PATIENCE_MS)

    def go(self, page: str = "", spec: Experiment | None = None, ready: str = "nnlab.frame") -> None:
        """Open a page as somebody whom the app does not know, with an experiment; `ready` is a JavaScript condition."""
        self.quieten()
        self.page.context.clear_cookies()
        self.page.goto(f"{self.app.url}/{page}" + (f"?s={to_link(spec)}" if spec else ""))
        self.until(f"window.nnlab?.drawn > 0 && nnlab.scene && ({ready})")
        self.begin()

    def quieten(self) -> None:
        """Pause the run, which takes no time from the next one's, and forget what this tab remembers."""
        if self.get("Boolean(window.nnlab)"):
            self.get("(nnlab.send('play', false), localStorage.clear(), sessionStorage.clear())")

    def become(self, spec: Experiment, ready: str = "true") -> None:
        """The page's run with another experiment, paused at its initial weights, as an open link would show it."""
        self.until(CALM)  # a script of the page that still runs would have the last word
        parts = spec.model_dump(mode="json", include={"seed", "data", "model", "training"})
        version = self.page.evaluate("changes => nnlab.board.set(changes)", parts)
        self.get("(nnlab.send('play', false), nnlab.send('reset', null))")
        self.until(f"({AT_REST})(arg)", version)
        self.get("nnlab.board.changed()")
        self.page.wait_for_url(lambda url: in_address(url) == spec)  # which the page writes, and its controls
        self.until(f"{CALM} && ({ready})")

    def step(self, n: int, unit: str = "batch") -> None:
        """So many steps forth, and the numbers of the last one."""
        self.until("nnlab.step !== null")  # before the first frame of a board there is none
        at = self.get("nnlab.step")
        self.get(f"nnlab.send('step', {{unit: '{unit}', n: {n}}})")
        self.until("nnlab.step === arg", at + n)

    def tab(self, title: str) -> None:
        """Open a view behind a tab and bring it into sight."""
        self.page.get_by_role("tab", name=title, exact=True).click()
        self.page.get_by_role("tabpanel", name=title, exact=True).scroll_into_view_if_needed()

    @contextmanager
    def whole(self) -> Iterator[Tab]:
        """For one test: an error in the console fails it, and so do a request to another machine and a view that stopped."""
        yield self
        (errors, self.errors), (outside, self.outside) = (self.errors, []), (self.outside, [])
        assert errors == []
        assert outside == []
        assert self.page.get_by_text("This view stopped").count() == 0


def in_address(url: str) -> Experiment | None:
    """The experiment that an address holds."""
    link = parse_qs(urlsplit(url).query).get("s")
    return from_link(link[0]) if link else None


@contextmanager
def one_tab(chromium: Browser, app: App, script: str = "") -> Iterator[Tab]:
    """A tab of its own context; `script` runs in each page before the page's own."""
    context = chromium.new_context(**WINDOW)
    context.set_default_timeout(PATIENCE_MS)
    tab = Tab(context.new_page(), app)
    tab.watch()
    if script:
        tab.page.add_init_script(script)
    yield tab
    tab.leave()
    context.close()
