"""Twenty people at once: frames a second for each, a page rerun meanwhile, memory a viewer, and how soon the server is up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from benchmarks import Row, row
from benchmarks.serving import DEFAULT, VIEWS, Server, send, serving
from benchmarks.speed import slowness

PORT = 9310
VIEWERS = 20
SETTLE_S, MEASURE_S = 3.0, 8.0
RERUNS = 30
FULL = {**DEFAULT, "data": {"kind": "spiral"}}


def rows() -> list[Row]:
    """20 viewers of 20 runs that play at full speed, on this machine with everything else that runs on it."""
    slowness()  # before there is anything else to do
    with serving(PORT, NNLAB_LIMITS='{"runs": 100}') as server:
        healthy = server.wait()
        ready = server.wait(alive=1)
        return [
            row("server healthy after", healthy, unit="s", bar="≤ 5", how="start of `streamlit run` to /healthz"),
            row(
                "workers ready after", ready, unit="s", bar="≤ 10", how="start to the first worker that takes commands"
            ),
            *asyncio.run(crowd(server)),
        ]


async def crowd(server: Server) -> list[Row]:
    """The rows of the bar "20 viewers playing at once"."""
    async with Page(server.address) as page:
        for _ in range(5):
            await page.rerun()
        alone = statistics.median([await page.rerun() for _ in range(RERUNS)])
        async with viewers(server, 1):
            await asyncio.sleep(SETTLE_S)
        before = server.memory()
        async with viewers(server, VIEWERS) as watching:
            await asyncio.sleep(SETTLE_S)
            used = processor_s(server)
            begun, counts = time.monotonic(), [viewer.frames for viewer in watching]
            steps = [viewer.step for viewer in watching]
            await asyncio.sleep(MEASURE_S)
            took = time.monotonic() - begun
            rates = [(viewer.frames - count) / took for viewer, count in zip(watching, counts, strict=True)]
            shares = [f"{(after - before) / took:.0%}" for before, after in zip(used, processor_s(server), strict=True)]
            trained = sum(viewer.step - step for viewer, step in zip(watching, steps, strict=True)) / took
            reruns = [await page.rerun() for _ in range(RERUNS)]
            after = server.memory()
    mb = (after - before) / VIEWERS / 2**20
    print(
        f"frames a second: {[round(rate, 1) for rate in rates]}; updates a second in all: {trained:,.0f}",
        file=sys.stderr,
    )
    print(f"processor of server, zygote and workers: {', '.join(shares)}", file=sys.stderr)
    how = f"{VIEWERS} WebSocket viewers, a run each at full speed, every frame acknowledged, {MEASURE_S:g} s"
    median = statistics.median(reruns) * 1000
    return [
        row("20 viewers: frames of the slowest", min(rates), unit="a second", bar="≥ 12", how=how, slower=slowness()),
        row(
            "20 viewers: page rerun",
            median,
            unit="ms",
            bar="≤ 20",
            how=f"median of {RERUNS}, sent to finished; {alone * 1000:.1f} ms alone",
            slower=slowness(),
        ),
        row(
            "20 viewers: memory",
            mb,
            unit="MB a viewer",
            bar="≤ 2",
            how="PSS of server and workers with 20 viewers less without",
        ),
    ]


def processor_s(server: Server) -> list[float]:
    """Processor seconds of each of the server's processes so far."""
    return [sum(process.cpu_times()[:2]) for process in server.processes()]


class Looking:
    """A viewer that draws nothing and acknowledges everything."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames = self.step = 0

    async def look(self) -> None:
        """Until cancelled."""
        async for message in self.socket:
            if isinstance(message, bytes):
                length = int.from_bytes(message[:4], "little")
                header = json.loads(message[4 : 4 + length])
                if header["type"] == "frame":
                    self.frames += 1
                    self.step = header["step"]
                    await send(self.socket, "ack", header["seq"])


@contextlib.asynccontextmanager
async def viewers(server: Server, count: int) -> AsyncIterator[list[Looking]]:
    """So many people, each with a network that plays."""
    async with contextlib.AsyncExitStack() as stack:
        found = []
        for i in range(count):
            token = await asyncio.to_thread(server.open, f"owner-{i}", FULL)
            looking = Looking(await stack.enter_async_context(server.look(token, f"owner-{i}")))
            await send(looking.socket, "watch", {"offers": VIEWS})
            await send(looking.socket, "play", True)
            found.append(looking)
        tasks = [asyncio.create_task(looking.look()) for looking in found]
        try:
            yield found
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class Page:
    """The playground page as Streamlit's own client runs it, without drawing."""

    def __init__(self, address: str, path: str = "/playground") -> None:
        self._url, self._path = f"ws://{address}/_stcore/stream", path
        self._stack = contextlib.AsyncExitStack()
        self._socket: Any = None

    async def __aenter__(self) -> Page:
        options: dict[str, Any] = {"subprotocols": ["streamlit"], "max_size": None, "compression": None, "proxy": None}
        headers = {"Cookie": "nnlab_owner=the-page"}
        self._socket = await self._stack.enter_async_context(connect(self._url, additional_headers=headers, **options))
        await self.rerun()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def rerun(self) -> float:
        """Seconds from the request to the message that says the script has finished."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = BackMsg()
        message.rerun_script.query_string = ""
        began = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await self._socket.recv())
            if answer.WhichOneof("type") == "script_finished":
                if answer.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    raise RuntimeError(f"The page must finish; got status {answer.script_finished}.")
                return time.perf_counter() - began
