"""A page with nothing but the board on it, and a server that speaks the live protocol from a network in numpy.

`python tests/browser/board/harness.py 9400` serves it for looking at: /?views=network,boundary&dark=1
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT)]
from nnlab.live.messages.wire import squeeze  # noqa: E402
from nnlab.views.view import described  # noqa: E402
from tests.browser.board.fake_run import FakeRun  # noqa: E402

LIGHT = {
    "background-color": "#ffffff",
    "secondary-background-color": "#f5f6f8",
    "text-color": "#31333f",
    "primary-color": "#1f6feb",
    "border-color": "#d7dae0",
}
DARK = {
    "background-color": "#0e1117",
    "secondary-background-color": "#1a1d25",
    "text-color": "#fafafa",
    "primary-color": "#58a6ff",
    "border-color": "#3a3f4b",
}

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Board</title><link rel="icon" href="data:,">
<style>:root{{{variables}}} body{{margin:16px;background:var(--st-background-color)}}</style><div id="host"></div>
<script type="module">
const board = (await import("/assets/board/component.js")).default;
window.calls = [];
const host = document.getElementById("host");
const parentElement = {shadow} ? host.attachShadow({{mode: "open"}}) : host;
window.show = (data) => board({{data, parentElement, setTriggerValue: (name, value) => window.calls.push([name, value]), setStateValue() {{}}}});
window.data = {data};
window.cleanup = window.show(window.data);
</script></html>"""


class Live:
    """One run behind every token, with hooks for tests: what came in, and switches to misbehave."""

    def __init__(self) -> None:
        self.runs: dict[str, FakeRun] = {}
        self.commands: list[list[Any]] = []
        self.sockets: set[WebSocket] = set()
        self.refuse = False
        self.updates = 5
        self.lot_tests = False  # whether a point that is added tests the network

    def page(self, request: Request) -> HTMLResponse:
        query = request.query_params
        token = query.get("token", "one")
        widths = tuple(int(n) for n in query.get("widths", "2,4,2,1").split(","))
        self.runs.setdefault(token, FakeRun(widths=widths))
        names = query.get("views", "boundary,curves").split(",")
        data = {"socket": f"/live/ws/{token}", "views": described(names)}
        theme = DARK if query.get("dark") else LIGHT
        variables = ";".join(f"--st-{k}:{v}" for k, v in (theme | {"font": "'DejaVu Sans', sans-serif"}).items())
        return HTMLResponse(
            PAGE.format(variables=variables, data=json.dumps(data), shadow=json.dumps("shadow" in query))
        )

    async def socket(self, socket: WebSocket) -> None:
        if self.refuse:
            await socket.close()
            return
        await socket.accept()
        self.sockets.add(socket)
        viewer = Viewer(self, self.runs[socket.path_params["token"]], socket, "z" in socket.query_params)
        pump = asyncio.create_task(viewer.pump())
        try:
            while True:
                name, argument = json.loads(await socket.receive_text())
                if name != "ack":
                    self.commands.append([name, argument])
                await viewer.obey(name, argument)
        except (WebSocketDisconnect, RuntimeError):
            pump.cancel()
            self.sockets.discard(socket)


class Viewer:
    """One connection: credits, what it watches, and what it asks for."""

    def __init__(self, live: Live, run: FakeRun, socket: WebSocket, compressed: bool) -> None:
        self.live, self.run, self.socket, self.compressed = live, run, socket, compressed
        self.credit, self.seq, self.due = 2, 0, True
        self.offers: list[str] = []
        self.options: dict[str, Any] = {}
        self.scene = -1

    async def send(self, message: bytes) -> None:
        await self.socket.send_bytes(squeeze(message) if self.compressed else message)

    async def pump(self) -> None:
        """A frame every 1/60 s where there is credit and something new."""
        due = time.monotonic()
        while True:
            due = max(due + 1 / 60, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            if self.scene != self.run.scene_number:
                self.scene = self.run.scene_number
                await self.send(self.run.scene())
                self.due = True
            if self.credit <= 0 or not (self.run.playing or self.due):
                continue
            if self.run.playing:
                self.run.advance(self.live.updates)
            self.due = False
            self.credit -= 1
            self.seq += 1
            await self.send(self.run.frame(self.seq, self.offers, self.options))

    async def obey(self, name: str, argument: Any) -> None:
        handler = getattr(self, f"on_{name}", None)
        if handler is not None:
            await handler(argument)
        self.due = self.due or name != "ack"

    async def on_ack(self, argument: int) -> None:
        self.credit = min(2, self.credit + 1)

    async def on_watch(self, argument: dict[str, Any]) -> None:
        self.offers, self.options = argument["offers"], argument["options"]

    async def on_play(self, argument: bool) -> None:
        self.run.playing = argument

    async def on_step(self, argument: dict[str, Any]) -> None:
        self.run.playing = False
        updates = argument["n"] * (25 if argument["unit"] == "epoch" else 1)
        self.run.advance(updates) if updates > 0 else self.run.seek(self.run.step + updates)

    async def on_seek(self, argument: int) -> None:
        self.run.playing = False
        self.run.seek(argument)

    async def on_reset(self, argument: None) -> None:
        self.run.draw()
        self.run.restarted = True

    async def on_speed(self, argument: float) -> None:
        self.run.speed = argument

    async def on_set(self, argument: dict[str, Any]) -> None:
        changes, version = argument["changes"], argument["version"]
        rate = changes.get("training.learning_rate", 0.1)
        if not 1e-6 <= rate <= 10:
            problem = [
                "training.learning_rate",
                f"training.learning_rate must be less than or equal to 10; got {rate}.",
            ]
            return await self.socket.send_text(
                json.dumps({"type": "refused", "version": version, "problems": [problem]})
            )
        self.run.version = version
        for path, value in changes.items():
            if path == "seed":
                self.run.seed = value
                self.run.draw()
                self.run.scene_number += 1
            elif path == "training.learning_rate":
                self.run.settings["learning_rate"] = value
        await self.socket.send_text(
            json.dumps({"type": "experiment", "version": version, "experiment": self.run.experiment(), "link": "?x=1"})
        )

    async def on_edit(self, argument: dict[str, Any]) -> None:
        at = argument["index"]
        for w in self.run.layers:
            if at < w.size:
                w.flat[at] = argument["value"]
                break
            at -= w.size

    async def on_point(self, argument: dict[str, Any]) -> None:
        run = self.run
        run.version = argument["version"]
        if argument["op"] == "add":
            run.x = np.append(run.x, [[argument["x"], argument["y"]]], axis=0)
            run.y, run.test = np.append(run.y, argument["label"]), np.append(run.test, self.live.lot_tests)
            run.ids = np.append(run.ids, 1_000_000 + len(run.ids))
        else:
            row = int(np.flatnonzero(run.ids == argument["id"])[0])
            if argument["op"] == "move":
                run.x[row] = [argument["x"], argument["y"]]
            else:
                run.x, run.y, run.test, run.ids = (np.delete(a, row, axis=0) for a in (run.x, run.y, run.test, run.ids))
        run.scene_number += 1

    async def on_recover(self, argument: None) -> None:
        self.run.findings = []


def application(live: Live) -> Starlette:
    return Starlette(
        routes=[
            Route("/", live.page),
            WebSocketRoute("/live/ws/{token}", live.socket),
            Mount("/assets", StaticFiles(directory=ROOT / "assets")),
        ]
    )


class Harness:
    """The server in a thread of its own."""

    def __init__(self, port: int) -> None:
        self.live, self.port = Live(), port
        config = uvicorn.Config(
            application(self.live), host="127.0.0.1", port=port, log_level="warning", ws="websockets-sansio"
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def start(self) -> Harness:
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        self.server.should_exit = True
        self.server.force_exit = True
        self.thread.join(5)

    def url(self, **query: str) -> str:
        return f"http://127.0.0.1:{self.port}/?" + "&".join(f"{k}={v}" for k, v in query.items())


if __name__ == "__main__":
    uvicorn.run(
        application(Live()), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", ws="websockets-sansio"
    )
