"""The live socket with bytes: what a browser draws and writes arrives in the analysis, what is hostile breaks nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import pickle
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.real_app import free_port
from benchmarks.serving import Server, send
from nnlab.live.messages import protocol, wire
from nnlab.live.messages.kinds import HEAD, Kind
from nnlab.live.server import hub as hubs
from nnlab.live.server.hub import Hub
from nnlab.live.server.socket import OWNER_COOKIE, Connection, Rate, live_socket
from nnlab.live.worker.process import Host
from tests.live.messages.test_packed import ASK, framed, line
from tests.live.server.fakes import CIRCLE
from tests.live.worker.bench import stand_in
from tests.waiting import PATIENCE_S, until

DRAWING = np.random.default_rng(1).random((64, 64)).astype(np.float32)
TEXT = np.frombuffer(("Es war einmal, " * 80_000).encode()[: 2**20], np.uint8)
BOMB = b"x\x9c" + bytes(100)  # looks like zlib


class Inside:
    """A pool whose one worker is a host in this thread: what it is told, it does at once."""

    ready, pid, alive, number = True, 0, 1, 0

    def __init__(self, size: int, receive: Callable[..., None], lost: Callable[..., None]) -> None:
        self.workers, self._receive = [self], receive
        self.asked: list[dict[str, Any]] = []
        self.host = Host(stand_in(answer=self._answer), self._take)

    def send(self, op: str, key: int = 0, *rest: Any) -> None:
        self.host.do([pickle.loads(pickle.dumps((op, key, *rest)))])
        for _ in range(50):
            if self.host.turn() != 0:
                break

    def _answer(self, run: Any, name: str, options: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(options)
        if "fail" in options:
            raise ZeroDivisionError("by nothing")
        return {"sum": np.array([float(np.asarray(options["drawing"], np.float64).sum())])}

    def _take(self, message: bytes) -> None:
        kind, key, to = HEAD.unpack_from(message)
        self._receive(self, Kind(kind), key, to, message[HEAD.size :])


@pytest.fixture
def here() -> Iterator[tuple[Hub, str]]:
    """A hub and the address of its socket, served by a thread of this process."""
    before, hub = hubs._current, Hub(1, pool=Inside)  # type: ignore[arg-type]
    hubs.use(hub)
    port = free_port()
    app = Starlette(routes=[WebSocketRoute("/live/ws/{token}", live_socket)])
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="error", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    yield hub, f"ws://127.0.0.1:{port}/live/ws"
    server.should_exit = True
    thread.join(PATIENCE_S)
    hubs.use(before)


@contextlib.asynccontextmanager
async def looking(here: tuple[Hub, str]) -> AsyncIterator[ClientConnection]:
    hub, address = here
    run = await asyncio.to_thread(hub.open, CIRCLE, "ann")
    headers = {"Cookie": f"{OWNER_COOKIE}=ann"}
    async with connect(f"{address}/{run.token}", additional_headers=headers, max_size=None, proxy=None) as socket:
        yield socket


async def answer(socket: ClientConnection) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    async with asyncio.timeout(PATIENCE_S):
        async for message in socket:
            if isinstance(message, bytes):
                header, arrays = wire.unpack(message)
                if header["type"] == "answer":
                    return header, arrays
                if header["type"] == "frame":
                    await send(socket, "ack", header["seq"])
    raise AssertionError("The socket closed.")


async def refusal(socket: ClientConnection) -> str:
    async with asyncio.timeout(PATIENCE_S):
        async for message in socket:
            if isinstance(message, str) and (found := json.loads(message))["type"] == "refused":
                return str(found["problems"][0][1])
    raise AssertionError("The socket closed.")


def packed(argument: dict[str, Any], **arrays: np.ndarray) -> bytes:
    return wire.pack({"command": ["ask", {"name": "formula"} | argument]}, arrays)


async def test_a_drawing_and_a_text_arrive_in_the_options_of_the_analysis(here: tuple[Hub, str]) -> None:
    async with looking(here) as socket:
        await socket.send(packed({"id": 1, "options": {"neuron": [1, 0]}}, drawing=DRAWING, text=TEXT))
        header, arrays = await answer(socket)
    (options,) = here[0].pool.asked  # type: ignore[attr-defined]
    assert (header["id"], header["name"], options["neuron"]) == (1, "formula", [1, 0])
    np.testing.assert_array_equal(options["drawing"], DRAWING)
    np.testing.assert_array_equal(options["text"], TEXT)
    assert arrays["sum"].dtype == np.float64 and arrays["sum"][0] == DRAWING.astype(np.float64).sum()


async def test_a_record_that_cannot_be_made_is_an_answer_with_its_reason(
    here: tuple[Hub, str], capsys: pytest.CaptureFixture[str]
) -> None:
    async with looking(here) as socket:
        await socket.send(packed({"id": "x", "options": {"fail": True}}, drawing=DRAWING))
        header, arrays = await answer(socket)
    assert (header["id"], arrays) == ("x", {}) and "(ZeroDivisionError)" in header["error"]
    assert "ZeroDivisionError" in capsys.readouterr().err


HOSTILE = [
    b"\x00",
    b"\xff" * 100,
    BOMB,
    framed(b"[" * 60_000),
    framed(line(shape=[-1]), b"xx"),
    framed(line(shape=[2**62]), b"xx"),
    framed(line(name=7), b"xx"),
    wire.squeeze(packed({"id": 1}, drawing=DRAWING)),
    wire.pack({"command": ASK}, {f"a{i}": DRAWING[:1, :1] for i in range(17)}),
    wire.pack({"command": ["watch", {}]}, {"drawing": DRAWING}),
]


async def test_hostile_bytes_are_refused_one_by_one_and_the_socket_stays(here: tuple[Hub, str]) -> None:
    async with looking(here) as socket:
        for message in HOSTILE:
            await socket.send(message)
            assert (await refusal(socket)).endswith(".")
        await socket.send(packed({"id": 2}, drawing=DRAWING))
        assert (await answer(socket))[0]["id"] == 2


async def test_a_message_of_five_megabytes_closes_only_its_own_socket(here: tuple[Hub, str]) -> None:
    async with looking(here) as socket, looking(here) as other:
        await socket.send(packed({"id": 1}, drawing=np.zeros(5_000_000, np.uint8)))
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009
        await other.send(packed({"id": 3}, drawing=DRAWING))
        assert (await answer(other))[0]["id"] == 3


async def test_the_real_server_takes_a_drawing_and_a_text_of_a_megabyte_to_its_worker_and_back(server: Server) -> None:
    async with server.look(server.open("z1"), "z1") as socket:
        await socket.send(packed({"id": 7, "options": {"neuron": [1, 0], "at": [0.5, -1]}}, drawing=DRAWING, text=TEXT))
        header, arrays = await answer(socket)
    assert (header["id"], header.get("error")) == (7, None)
    assert arrays["formula_inputs"].tolist() == [0.5, -1.0]


# ---- the rate of commands ----------------------------------------------------------------------------------------------
def pauses(size: int, seconds: float) -> float:
    """Bytes a second that are read of somebody who sends messages of `size` without end."""
    now, read = 0.0, 0
    rate = Rate(now)
    while now < seconds:
        read += size
        now += rate.pause(now, size) + 1e-6
    return read / seconds


def test_a_few_commands_are_read_at_once_and_beyond_that_so_many_a_second() -> None:
    rate = Rate(0.0)
    waits = [rate.pause(0.0, 40) for _ in range(1_000)]
    assert waits[: int(protocol.BURST)] == [0.0] * int(protocol.BURST)
    assert waits[-1] == pytest.approx((1_000 - protocol.BURST) / protocol.COMMANDS_A_SECOND)


@pytest.mark.parametrize("size", [40, 20_000, protocol.MAX_BYTES])
def test_who_sends_much_is_read_slowly(size: int) -> None:
    most = 1.2 * protocol.COMMANDS_A_SECOND * protocol.COMMAND
    assert pauses(size, 60.0) <= most
    if size > protocol.COMMAND:
        assert pauses(size, 60.0) > most / 2


async def test_what_is_large_is_compressed_beside_the_event_loop_and_noise_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[threading.Thread] = []
    squeeze = wire.squeeze

    def noting(message: bytes) -> bytes:
        if len(message) > wire.SAMPLE:
            threads.append(threading.current_thread())
        return squeeze(message)

    monkeypatch.setattr(wire, "squeeze", noting)
    weights = wire.pack({"type": "frame"}, {"weights": np.random.default_rng(0).normal(size=450_000)})
    small, large = (wire.pack({"type": "frame"}, {"boundary": np.zeros((n, n))}) for n in (100, 400))
    sent: list[list[bytes]] = []
    for z in ("1", "0"):
        connection = Connection(None, None, SimpleNamespace(query_params={"z": z}))  # type: ignore[arg-type]
        sent.append([await connection._packed(message) for message in (weights, small, large)])
    assert sent == [[weights, squeeze(small), squeeze(large)], [weights, small, large]]
    first, second = threads
    assert first is threading.current_thread() and second is not first
