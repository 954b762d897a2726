"""The real app in its own process and a real Chromium in front of it; every test also fails on a console error or an
outside request."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from benchmarks.chromium import FLAGS, chromium_path
from nnlab import cli
from nnlab.core.paths import root

PATIENCE_MS = 30_000


@dataclass
class App:
    """The app in a process of its own."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def health(self) -> dict[str, Any]:
        import json

        with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as answer:
            return dict(json.load(answer))

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@dataclass
class Lab:
    """A tab with the playground, and the few things that tests do with it."""

    page: Page
    app: App
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Remember errors of the console and requests to other machines."""
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("request", lambda r: self._request(r.url))
        self.page.on("websocket", lambda w: self._request(w.url))

    def _request(self, url: str) -> None:
        if not url.startswith((self.app.url, self.app.url.replace("http", "ws"), "blob:", "data:")):
            self.outside.append(url)

    def open(self, address: str = "") -> Lab:
        self.page.goto(address or self.app.url)
        self.until("window.nnlab && nnlab.frame && nnlab.scene")
        return self

    def until(self, condition: str, arg: Any = None) -> None:
        """Wait for a JavaScript expression over `nnlab` and `arg`."""
        self.page.wait_for_function(f"arg => {condition}", arg=arg, timeout=PATIENCE_MS)

    def get(self, expression: str) -> Any:
        return self.page.evaluate(f"() => {expression}")

    def part(self, name: str) -> Locator:
        """A control of the player by its class."""
        return self.page.locator(f".player .{name}")

    def pause(self) -> int:
        """Pause and return the step where the run stands."""
        self.get("nnlab.send('play', false)")
        self.until("!nnlab.playing")
        return int(self.get("nnlab.step"))

    def play(self) -> None:
        self.get("nnlab.send('play', true)")
        self.until("nnlab.playing")

    def weights(self) -> list[float]:
        return list(self.get("Array.from(nnlab.frame.arrays.weights.data)"))

    def picture(self, view: str) -> str:
        """What the first canvas of a view shows, as text that differs where a pixel does."""
        canvas = self.page.locator(f"[aria-label='{view}'] canvas").first
        return str(canvas.evaluate("c => c.toDataURL()"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_app(*arguments: str) -> App:
    """Start the app as `nnlab` does and wait until it is healthy."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = Path(tempfile.mkstemp(prefix="nnlab-app-", suffix=".log")[1])
    line = [sys.executable, "-m", "nnlab", "--no-browser", "--port", str(port), *arguments]
    environment = dict(os.environ, PYTHONPATH=str(root()), OMP_NUM_THREADS="1")
    with log.open("wb") as out:
        process = subprocess.Popen(line, cwd=root(), env=environment, stdout=out, stderr=subprocess.STDOUT)
    app = App(process, url, log)
    if not cli.healthy(url, 60):
        stop_app(app)
        pytest.fail(f"The app did not become healthy; it said:\n{log.read_text()[-3000:]}")
    return app


def stop_app(app: App) -> None:
    """Ctrl-C; after ten seconds the hard way."""
    app.process.send_signal(signal.SIGINT)
    try:
        app.process.wait(10)
    except subprocess.TimeoutExpired:
        app.process.kill()
        app.process.wait()


@pytest.fixture(scope="package")
def app() -> Iterator[App]:
    """One app for all tests that do it no harm."""
    started = start_app()
    yield started
    stop_app(started)
    started.log.unlink()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests below tests/browser: Playwright's loop cannot run twice in a process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts (each has cookies of its own), closed after the test."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        made.append(chromium.new_context(viewport={"width": 1440, "height": 1000}, **options))
        return made[-1]

    yield make
    for context in made:
        context.close()


@pytest.fixture
def new_lab(new_context: Callable[..., BrowserContext], app: App) -> Iterator[Callable[..., Lab]]:
    """Opens tabs with the playground; errors in any of them fail the test."""
    labs: list[Lab] = []

    def make(context: BrowserContext | None = None, at: App | None = None) -> Lab:
        lab = Lab((context or new_context()).new_page(), at or app)
        lab.watch()
        labs.append(lab)
        return lab

    yield make
    assert [error for lab in labs for error in lab.errors] == []
    assert [url for lab in labs for url in lab.outside] == []


@pytest.fixture
def lab(new_lab: Callable[..., Lab]) -> Lab:
    """A tab with the playground, open."""
    return new_lab().open()
