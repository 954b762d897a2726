"""The real server without Streamlit and without processes: hub, pool, socket, worker, engine and files are those of the app.

What a browser is told here is therefore what the app tells it. A test can say some of it itself: see `Engine`.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from nnlab.analysis.diagnosis.finding import Finding
from nnlab.core.experiment import experiment
from nnlab.live.messages import protocol
from nnlab.live.messages.beat import SIZE, Beat
from nnlab.live.pool.pool import Pool
from nnlab.live.server import app, hub
from nnlab.live.server.live_run import LiveRun
from nnlab.live.worker import engine
from nnlab.live.worker.process import serve

OWNER = "ann"
ROOMY = hub.Limits(runs=10_000, runs_of_owner=10_000)
CALM_S, CALM_STEPS = 0.004, 5  # between so many updates; the browser is to have the processor
CIRCLE: dict[str, Any] = {"data": {"kind": "circle"}, "model": {"family": "mlp"}}


class Engine:
    """`nnlab.live.worker.engine` at a calm pace, and a run that is a test's own where the test says so.

    `said` stands in for values of every frame's header, `found` for the diagnosis; while `halted`, a way through the history
    does not go on.
    """

    def __init__(self) -> None:
        self.runs: list[engine.Run] = []
        self.forget()

    def __getattr__(self, name: str) -> Any:
        return getattr(engine, name)

    def forget(self) -> None:
        """Everything as it really is."""
        self.said: dict[str, Any] = {}
        self.found: list[Finding] | None = None
        self.halted = False
        self._told: list[Finding] | None = None
        self.runs.clear()

    def opened(self, *given: Any) -> engine.Run:
        self.runs.append(engine.opened(*given))
        return self.runs[-1]

    def advance(self, run: engine.Run, budget_s: float, *, steps: int | None = None) -> int:
        time.sleep(CALM_S)
        return engine.advance(run, budget_s, steps=CALM_STEPS if steps is None else min(steps, CALM_STEPS))

    def header(self, run: engine.Run) -> dict[str, Any]:
        header = engine.header(run)
        if unknown := self.said.keys() - header.keys():
            raise KeyError(f"What is said must be a value of the header; got {', '.join(unknown)}.")
        return header | self.said

    def undiagnosed(self, run: engine.Run) -> bool:
        return engine.undiagnosed(run) if self.found is None else self.found is not self._told

    def diagnosing(self, run: engine.Run) -> Any:
        if self.found is None:
            return (yield from engine.diagnosing(run))
        yield
        self._told = self.found
        return [finding.plain() for finding in self.found]

    def seeking(self, run: engine.Run, step: int) -> Any:
        while self.halted:
            time.sleep(CALM_S)
            yield
        return (yield from engine.seeking(run, step))


class Inside:
    """Starts the worker as a thread of this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self) -> tuple[int, Connection, Beat]:
        ours, theirs = Pipe()
        beat = Beat(bytearray(SIZE))
        threading.Thread(target=self._work, args=(theirs, beat), daemon=True, name="bare-worker").start()
        return 0, ours, beat  # no process that could be killed

    def stop(self) -> None:
        """Nothing is left when the pipe is closed."""

    def _work(self, connection: Connection, beat: Beat) -> None:
        with connection:
            serve(connection, self._engine, beat)  # type: ignore[arg-type]


class Listening(hub.Hub):
    """Remembers what browsers have asked for; `refuse`: it knows no run."""

    def __init__(self, **more: Any) -> None:
        super().__init__(1, limits=ROOMY, **more)
        self.commands: list[tuple[str, Any, dict[str, Any]]] = []  # name, argument as JSON values, arrays
        self.refuse = False

    def find(self, token: str, owner: str) -> LiveRun | None:
        return None if self.refuse else super().find(token, owner)

    def command(self, run: LiveRun, viewer: Any, message: str | bytes) -> None:
        heard = protocol.parse(message)
        if heard.name != "ack":
            plain = getattr(heard.argument, "model_dump", lambda mode: heard.argument)(mode="json")
            self.commands.append((heard.name, plain, dict(heard.arrays)))
        super().command(run, viewer, message)


class Server:
    """Serves a page without anything on it, the files of the views and the live sockets, in threads of this process."""

    def __init__(self, page: str) -> None:
        self.engine = Engine()
        self.hub = Listening(pool=partial(Pool, starter=Inside(self.engine)))
        routes = [Route("/", partial(_page, page)), *app.routes()]
        here = Starlette(routes=routes)
        config = uvicorn.Config(here, port=0, log_level="warning", ws="websockets-sansio", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True, name="bare-server")
        self.url = ""

    def start(self) -> Server:
        hub.use(self.hub)
        self.hub.start()
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        return self

    def stop(self) -> None:
        self.hub.stop()
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(5)
        hub.use(None)

    def open(self, value: dict[str, Any]) -> LiveRun:
        """A new run of a plain experiment."""
        return self.hub.open(experiment(value), OWNER)


async def _page(html: str, request: Request) -> HTMLResponse:
    return HTMLResponse(html)
