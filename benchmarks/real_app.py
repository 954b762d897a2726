"""The real app in a process of its own and the Chromium that looks at it, for the browser benchmarks and browser tests."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, sync_playwright

from nnlab import cli
from nnlab.core.paths import root

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

# Quiet: no sandbox (containers run as root), no GPU, and nothing that asks the network by itself.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class App:
    """The app in a process of its own."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def health(self) -> dict[str, Any]:
        """What `/healthz` says."""
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as answer:
            return dict(json.load(answer))

    def server(self) -> psutil.Process:
        """The server's process."""
        return psutil.Process(self.process.pid)

    def stop(self) -> int:
        """Ctrl-C; after ten seconds the hard way. Gives the exit status."""
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def start(
    *arguments: str, patience_s: float = 60, packages: Path | None = None, variables: Mapping[str, str] | None = None
) -> App:
    """Start the app as the command `nnlab` does and wait until it is healthy; raises RuntimeError with its output.

    `packages`: a folder with more packages, such as plug-ins. `variables`: of its environment.
    """
    port = free_port()
    handle, log = tempfile.mkstemp(prefix="nnlab-app-", suffix=".log")
    line = [sys.executable, "-m", "nnlab", "--no-browser", "--port", str(port), *arguments]
    path = os.pathsep.join(str(p) for p in (root(), packages) if p)
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", **(variables or {})}
    with os.fdopen(handle, "wb") as out:
        process = subprocess.Popen(line, cwd=root(), env=environment, stdout=out, stderr=subprocess.STDOUT)
    app = App(process, f"http://127.0.0.1:{port}", Path(log))
    if not cli.healthy(app.url, patience_s):
        app.stop()
        raise RuntimeError(f"The app did not become healthy; it said:\n{app.log.read_text()[-3000:]}")
    return app


@contextmanager
def running(*arguments: str, packages: Path | None = None, variables: Mapping[str, str] | None = None) -> Iterator[App]:
    """The app for the length of a `with`."""
    app = start(*arguments, packages=packages, variables=variables)
    try:
        yield app
    finally:
        app.stop()
        app.log.unlink()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium for the length of a `with`: $NNLAB_CHROMIUM (set by start.py), the system's, else Playwright's own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
        yield browser
        browser.close()


def browser_path() -> str | None:
    """Where Chromium is; None leaves it to Playwright."""
    return os.environ.get("NNLAB_CHROMIUM") or next((path for path in map(shutil.which, NAMES) if path), None)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
