"""Runs that are large: a network on 20,000 pictures beside a neighbour, one of 400,000 parameters that goes back and is killed, and
the convolutional network with a million parameters on 20,000 pictures.

The first two are of a family from outside (tests/extension). All are seen by programs that acknowledge every frame of a real server
with one worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import psutil

from benchmarks import Row, row
from benchmarks.bounded import MILLION
from benchmarks.serving import DEFAULT, VIEWS, Server, send, serving
from nnlab.core.experiment import experiment, patch, plain

PORT = 9330
PICTURES: dict[str, Any] = {
    "data": {"kind": "segments", "samples": 20_000},
    "model": {"family": "small_cnn"},
    "training": {"learning_rate": 0.1, "batch_size": 20},
}
WIDE = {**PICTURES, "data": {"kind": "segments"}, "model": {"family": "small_cnn", "channels": 32, "dense": 384}}
# Two of the sets that may have as many pictures, with the channels that make a million parameters: the page's first, and the slowest.
OPENED = {"glyphs": 39, "shapes": 30}
PLACES = (0.31, 0.77, 0.05, 0.93)  # of a run's past, that it is sent to one after the other
MEASURE_S, REST_S, TRAIN_S = 6.0, 4.0, 12.0
MB = 2**20


class Eye:
    """A viewer that draws nothing; `frame` is the newest header."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.frames = 0
        self.frame: dict[str, Any] = {}
        self.notices = 0
        self.came = asyncio.Event()

    async def look(self) -> None:
        """Until cancelled."""
        async for message in self.socket:
            if isinstance(message, str):
                self.notices += json.loads(message)["type"] == "notice"
                continue
            header = json.loads(message[4 : 4 + int.from_bytes(message[:4], "little")])
            if header["type"] == "frame":
                self.frames, self.frame = self.frames + 1, header
                await send(self.socket, "ack", header["seq"])
                self.came.set()

    async def until(self, done: Callable[[dict[str, Any]], bool], seconds: float = 60) -> float:
        """Seconds until a frame came for which `done` holds."""
        began = time.monotonic()
        async with asyncio.timeout(seconds):
            while not (self.frame and done(self.frame)):
                self.came.clear()
                await self.came.wait()
        return time.monotonic() - began

    async def rate(self, seconds: float = MEASURE_S) -> float:
        """Frames a second over the next seconds."""
        began, before = time.monotonic(), self.frames
        await asyncio.sleep(seconds)
        return (self.frames - before) / (time.monotonic() - began)


@contextlib.asynccontextmanager
async def looking(server: Server, owner: str, value: dict[str, Any], *watched: str) -> AsyncIterator[Eye]:
    """An eye on a new run that plays at full speed."""
    token = await asyncio.to_thread(server.open, owner, value)
    async with server.look(token, owner) as socket:
        eye = Eye(socket)
        await send(socket, "watch", {"offers": watched})
        await send(socket, "play", True)
        task = asyncio.create_task(eye.look())
        try:
            yield eye
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def used_s(server: Server) -> float:
    """Processor seconds of the workers so far."""
    workers = server.ask("/workers")[1]["pids"]
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in workers if pid)


async def pictures(server: Server) -> list[Row]:
    """20,000 pictures are opened and learned from beside a neighbour that plays."""
    async with looking(server, "ann", DEFAULT, *VIEWS) as neighbour:
        await neighbour.until(lambda frame: frame["step"] > 0)
        alone = await neighbour.rate()
        began = time.monotonic()
        async with looking(server, "ben", PICTURES, "channel_maps", "weights") as eye:
            beside = asyncio.create_task(neighbour.rate())
            await eye.until(lambda frame: "train_loss" in frame["metrics"])
            first = time.monotonic() - began
            rates = [await beside, await neighbour.rate()]
            await send(neighbour.socket, "play", False)
            await send(eye.socket, "play", False)
            await eye.until(lambda frame: not frame["playing"] and not frame["sampled"])
            before = used_s(server)
            await asyncio.sleep(REST_S)
            rest = 100 * (used_s(server) - before) / REST_S
        hung = neighbour.notices
    how = "the extension's CNN on 20,000 pictures of 28×28, one worker, batches of 20 at full speed"
    beside_how = (
        f"a default network in the same worker, while the other opens and while it trains; {alone:.1f} a second alone"
    )
    return [
        row("20,000 pictures: opening to first picture", first, unit="s", bar="≤ 3", how=how),
        row("20,000 pictures: frames of a neighbour", min(rates) / alone, unit="of 1", bar="≥ 0.8", how=beside_how),
        row("20,000 pictures: workers taken for hung", hung, unit="", bar="≤ 0", how=how),
        row(
            "20,000 pictures: processor of a paused run",
            rest,
            unit="% of a core",
            bar="≤ 3",
            how=f"{REST_S:g} s at rest",
        ),
    ]


async def wide(server: Server) -> list[Row]:
    """A network of 450,000 parameters goes back in its history, and goes on after its worker was killed."""
    async with looking(server, "cid", WIDE, "channel_maps") as eye:
        await eye.until(lambda frame: frame["step"] > 0)
        began, before = time.monotonic(), eye.frame["step"]
        await asyncio.sleep(TRAIN_S)
        pace = (eye.frame["step"] - before) / (time.monotonic() - began)
        await send(eye.socket, "play", False)
        await eye.until(lambda frame: not frame["playing"])
        ways = [await scrub(eye, share) for share in PLACES]
        await send(eye.socket, "play", True)
        await asyncio.sleep(TRAIN_S / 2)
        lost = await lost_s(server, eye, pace)
    how = f"the extension's CNN with 450,000 parameters, {TRAIN_S:g} s of training at {pace:.0f} updates a second"
    return [
        row(
            "400,000 parameters: scrub to its first picture",
            max(first for first, _ in ways),
            unit="s",
            bar="≤ 0.5",
            how=f"slowest of four; {how}",
        ),
        row(
            "400,000 parameters: scrub until exact",
            max(whole for _, whole in ways),
            unit="s",
            bar="≤ 2",
            how=f"slowest of four; {how}",
        ),
        row("400,000 parameters: training lost with a killed worker", lost, unit="s", bar="≤ 3", how=how),
    ]


async def million(server: Server) -> list[Row]:
    """The convolutional network at its largest opens on as many pictures as there may be, learns and goes back in its history."""
    opened = {kind: await first_picture(server, kind) for kind in OPENED}
    how = "conv16–pool–conv39–pool–fc512–fc, about a million parameters, 20,000 pictures, one worker with nothing else to do"
    name = "A million parameters on 20,000 pictures"
    found = [
        row(
            f"{name}: opening to first picture, {kind}",
            first,
            unit="s",
            bar="≤ 3",
            how=f"{spent:.1f} s of the worker's processor time; {how}",
        )
        for kind, (first, spent) in opened.items()
    ]
    for optimiser in ("sgd", "adam"):
        ways, steps = await there_and_back(server, optimiser)
        told = f"slowest of four after {steps:,} updates in {TRAIN_S:g} s; {how}"
        first, exact = (max(way[i] for way in ways) for i in (0, 1))
        found += [
            row(f"{name}: scrub to its first picture, {optimiser}", first, unit="s", bar="≤ 0.5", how=told),
            row(f"{name}: scrub until exact, {optimiser}", exact, unit="s", bar="≤ 2", how=told),
        ]
    return found


async def there_and_back(server: Server, optimiser: str) -> tuple[list[tuple[float, float]], int]:
    """`scrub` to four places of what a run of a million parameters has trained, and how many updates it has."""
    value = plain(patch(experiment(MILLION), {"training.optimizer": {"kind": optimiser}}))
    async with looking(server, optimiser, value, "wall", "histograms") as eye:
        await eye.until(lambda frame: frame["step"] > 0)
        await asyncio.sleep(TRAIN_S)
        await send(eye.socket, "play", False)
        await eye.until(lambda frame: not frame["playing"])
        return [await scrub(eye, share) for share in PLACES], eye.frame["span"][1]


async def first_picture(server: Server, kind: str) -> tuple[float, float]:
    """Seconds from opening a run of a million parameters on 20,000 pictures of this kind to its first picture, and the worker's own."""
    data = {"kind": kind, "samples": 20_000, "seed": 1}  # which the worker has not kept
    value = plain(patch(experiment(MILLION), {"data": data, "model.blocks.2.channels": OPENED[kind]}))
    before, began = used_s(server), time.monotonic()
    async with looking(server, f"open-{kind}", value, "wall", "histograms") as eye:
        await eye.until(lambda frame: "train_loss" in frame["metrics"])
        taken = time.monotonic() - began, used_s(server) - before
        await send(eye.socket, "play", False)
        await eye.until(lambda frame: not frame["playing"])
    return taken


async def scrub(eye: Eye, share: float) -> tuple[float, float]:
    """Seconds to the first picture of a place in the run's past, and until it is exact."""
    goal, now = round(share * eye.frame["span"][1]), eye.frame["seq"]
    await send(eye.socket, "seek", goal)
    first = await eye.until(lambda frame: bool(frame["seq"] != now))
    return first, first + await eye.until(lambda frame: frame["step"] == goal and frame.get("seeking") is None)


async def lost_s(server: Server, eye: Eye, pace: float) -> float:
    """Kill the worker; seconds of training between the last step seen and the step it goes on from."""
    seen = eye.frame["step"]
    for pid in server.ask("/workers")[1]["pids"]:
        psutil.Process(pid).kill()
    notices = eye.notices
    async with asyncio.timeout(60):
        while eye.notices == notices:
            await asyncio.sleep(0.005)
    eye.frame = {}
    await eye.until(lambda frame: True)
    return float(max(0.0, (seen - eye.frame["step"]) / pace))


def rows() -> list[Row]:
    """On a server with one worker."""
    with serving(PORT, NNLAB_WORKERS="1") as server:
        server.wait(alive=1)
        found = asyncio.run(pictures(server)) + asyncio.run(wide(server))
    with serving(PORT, NNLAB_WORKERS="1") as server:  # anew: nothing of the runs before is at hand
        server.wait(alive=1)
        return found + asyncio.run(million(server))
