"""The real app in its own process and a real Chromium in front of it; every test also fails on a console error or an
outside request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from benchmarks import real_app
from benchmarks.real_app import App
from nnlab.core import plugins
from nnlab.core.registries import REGISTRIES
from tests.browser import heaps
from tests.browser.bare_server import Server
from tests.browser.lab import WINDOW, Lab
from tests.browser.one_tab import Tab, one_tab
from tests.browser.stage import PAGE, Stage

PACKAGES = Path(__file__).parent.parent / "extension" / "plugin"


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for all tests that do it no harm; what it learns of a source, it keeps for the next page that needs it."""
    with real_app.running(variables={"NNLAB_CACHE": str(tmp_path_factory.mktemp("cache"))}) as started:
        yield started


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests below tests/browser: Playwright's loop cannot run twice in a process."""
    with real_app.chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def warm(chromium: Browser) -> BrowserContext:
    """The context of each test's first tab: the files of the app stay in its cache, which is most of opening a page."""
    return chromium.new_context(**WINDOW)


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts (each has cookies of its own), closed after the test."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        made.append(chromium.new_context(**WINDOW, **options))
        return made[-1]

    yield make
    for context in made:
        context.close()


@pytest.fixture
def new_lab(warm: BrowserContext, new_context: Callable[..., BrowserContext], app: App) -> Iterator[Callable[..., Lab]]:
    """Opens tabs with the playground, each another person's; errors in any of them fail the test."""
    labs: list[Lab] = []

    def make(context: BrowserContext | None = None, at: App | None = None) -> Lab:
        context = context or (new_context() if labs else warm)
        lab = Lab(context.new_page(), at or app)
        lab.watch()
        labs.append(lab)
        return lab

    yield make
    errors, outside = [e for lab in labs for e in lab.errors], [url for lab in labs for url in lab.outside]
    for lab in labs:
        lab.leave()
    warm.clear_cookies()
    assert errors == []
    assert outside == []


@pytest.fixture
def lab(new_lab: Callable[..., Lab]) -> Lab:
    """A tab with the playground, open."""
    return new_lab().open()


@pytest.fixture(scope="module")
def tab(request: pytest.FixtureRequest, chromium: Browser, app: App) -> Iterator[Tab]:
    """One tab for all tests of a file. `SCRIPT` of the file runs in each page before the page's own; `OPENS`: a page and when it is ready."""
    with one_tab(chromium, app, getattr(request.module, "SCRIPT", "")) as tab:
        if opens := getattr(request.module, "OPENS", None):
            tab.go(opens[0], ready=opens[1])
        yield tab


@pytest.fixture(scope="package")
def bare_server(chromium: Browser) -> Iterator[Server]:
    """One server without Streamlit and processes for all tests of board and views; it knows the package of tests/extension."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PACKAGES))
        plugin = import_module("nnlab_extension").PLUGIN
        patch.setattr(plugins, "found", lambda: {"extension": plugin})
        added = {**plugin.lines, "datasets": {**plugin.lines["datasets"], **heaps.LINES}}
        for sort, lines in added.items():
            REGISTRIES[sort].add(lines)
        server = Server(PAGE).start()
        yield server
        server.stop()
        for sort, lines in added.items():
            REGISTRIES[sort].remove(lines)


@pytest.fixture(scope="module")
def stage(chromium: Browser, bare_server: Server) -> Iterator[Stage]:
    """One tab for the tests of a file, which mount the board on it."""
    made = Stage(chromium, bare_server.url)
    yield made
    made.page.context.close()


@pytest.fixture
def blank(stage: Stage) -> Iterator[Stage]:
    """The page with nothing on it."""
    yield stage.begin()
    assert stage.end() == []
