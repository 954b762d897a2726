"""A real server in a process of its own, and programs that look at its runs as a browser does."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parent.parent
APP = Path(__file__).with_name("live_app.py")
DEFAULT = {"data": {"kind": "circle"}, "model": {"family": "mlp"}}
VIEWS = ("boundary", "neurons", "weights")


class Server:
    """`streamlit run benchmarks/live_app.py` on a port of 127.0.0.1."""

    def __init__(self, port: int, environment: Mapping[str, str]) -> None:
        self.port, self.address = port, f"127.0.0.1:{port}"
        self.began = time.monotonic()
        command = [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            str(APP),
            "--server.port",
            str(port),
            "--server.headless",
            "true",
        ]
        known = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), *sys.path[1:])), **environment}
        self.process = subprocess.Popen(command, cwd=ROOT, env=known, stdout=subprocess.DEVNULL)

    def ask(self, path: str, body: object = None) -> tuple[int, Any]:
        """Status and JSON of a GET, or of a POST of `body`."""
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", data, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def health(self) -> dict[str, Any]:
        """What /healthz says; {} while nobody answers."""
        try:
            found: dict[str, Any] = self.ask("/healthz")[1]
            return found
        except (OSError, ValueError):
            return {}

    def wait(self, alive: int = 0, seconds: float = 60) -> float:
        """Seconds from the start until it is healthy and `alive` workers are ready."""
        while time.monotonic() < self.began + seconds:
            health = self.health()
            if health and health["alive"] >= alive:
                return time.monotonic() - self.began
            time.sleep(0.02)
        raise TimeoutError(f"The server on port {self.port} must be ready within {seconds} s; got nothing.")

    def open(self, owner: str, experiment: Mapping[str, Any] = DEFAULT) -> str:
        """The token of a new run."""
        status, answer = self.ask("/open", {"owner": owner, "experiment": experiment})
        if status != 200:
            raise RuntimeError(f"The run must open; got {status} {answer}.")
        return str(answer["token"])

    def look(self, token: str, owner: str, *, query: str = "", **more: Any) -> connect:
        """The live socket of a run, to be entered with `async with`."""
        headers = {"Cookie": f"nnlab_owner={owner}", **more.pop("headers", {})}
        url = f"ws://{self.address}/live/ws/{token}{query}"
        return connect(url, additional_headers=headers, max_size=None, compression=None, proxy=None, **more)

    def processes(self) -> list[psutil.Process]:
        """Server, zygote and workers."""
        main = psutil.Process(self.process.pid)
        return [main, *main.children(recursive=True)]

    def memory(self) -> int:
        """Bytes of all its processes, what they share counted once (PSS)."""
        return sum(process.memory_full_info().pss for process in self.processes())

    def stop(self) -> None:
        """As a person's Ctrl-C or a service manager would."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def serving(port: int, **environment: str) -> Iterator[Server]:
    """A running server; stopped at the end."""
    server = Server(port, environment)
    try:
        yield server
    finally:
        server.stop()


async def send(socket: ClientConnection, name: str, argument: object = None) -> None:
    """One command of the protocol."""
    await socket.send(json.dumps([name, argument]))
