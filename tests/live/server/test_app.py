"""The real server in a process of its own: who may look, what is served, and that everything ends with it."""

from __future__ import annotations

import asyncio
import json
import socket
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import psutil
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from benchmarks.real_app import free_port
from benchmarks.serving import VIEWS, Server, send, serving
from nnlab.live.messages import wire
from nnlab.live.server import app as module
from nnlab.live.server.app import no_delay
from nnlab.live.server.assets import address
from tests.live.conftest import PAGE
from tests.waiting import PATIENCE_S, until


async def frames(socket: ClientConnection, *, ack: bool = True) -> AsyncIterator[tuple[dict[str, Any], dict[str, Any]]]:
    async for message in socket:
        if isinstance(message, bytes):
            header, arrays = wire.unpack(message)
            if header["type"] == "frame":
                yield header, arrays
                if ack:
                    await send(socket, "ack", header["seq"])


async def some(socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    found = []
    async with asyncio.timeout(PATIENCE_S):
        async for header, _ in frames(socket):
            found.append(header)
            if len(found) >= count:
                break
    return found


async def text(socket: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        async for message in socket:
            if isinstance(message, bytes):  # a browser draws what comes meanwhile; else no frame follows any more
                await send(socket, "ack", 0)
            elif (found := json.loads(message))["type"] == kind:
                return dict(found)
    raise AssertionError("The socket closed.")


def get(server: Server, path: str, **headers: str) -> Any:
    return urllib.request.urlopen(
        urllib.request.Request(f"http://{server.address}{path}", headers=headers), timeout=PATIENCE_S
    )


def test_the_first_page_is_also_found_by_its_name(server: Server) -> None:
    with get(server, "/playground?s=abc") as answer:
        assert answer.status == 200
        assert answer.url == f"http://{server.address}/?s=abc"


@pytest.mark.parametrize("name", ["health", "host-config"])
def test_a_page_is_not_the_root_of_the_app_and_that_is_no_error(server: Server, name: str) -> None:
    assert get(server, f"/_stcore/{name}").status == 200
    with pytest.raises(urllib.error.HTTPError, match="300"):
        get(server, f"/optimisers/_stcore/{name}")


async def test_everything_lies_below_the_base_path_of_streamlit() -> None:
    environment = {"NNLAB_SCRIPT": str(PAGE), "NNLAB_WORKERS": "1", "STREAMLIT_SERVER_BASE_URL_PATH": "lab"}
    with serving(free_port(), **environment) as server:
        root, server.address = server.address, f"{server.address}/lab"
        server.wait(alive=1)
        for path in ("/", "/optimisers", "/_stcore/health", "/assets/board/wire.js", address("board/wire.js")):
            assert get(server, path).status == 200
        server.address = root
        token = server.open("ann")
        server.address = f"{root}/lab"
        async with server.look(token, "ann", origin=f"http://{root}") as socket:
            assert (await some(socket, 1))[0]["scene"] == 1


def test_health_is_json_and_the_server_has_no_torch(server: Server) -> None:
    health = server.health()
    assert health["status"] == "ok"
    assert (health["workers"], health["alive"], health["torch"]) == (1, 1, False)
    assert {"runs", "playing", "viewers", "queue", "version"} <= set(health)


def test_a_page_gives_each_browser_one_cookie_that_scripts_cannot_read(server: Server) -> None:
    with get(server, "/", Accept="text/html") as answer:
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("nnlab_owner=")
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    with get(server, "/", Accept="text/html", Cookie="nnlab_owner=mine") as answer:
        assert "Set-Cookie" not in answer.headers
    with get(server, "/assets/board/wire.js", Accept="*/*") as answer:
        assert "Set-Cookie" not in answer.headers


async def test_the_house_is_kept_on_after_an_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "TICK_S", 0.0)
    ticks: list[int] = []

    class Unlucky:
        def tick(self) -> None:
            ticks.append(1)
            if len(ticks) == 1:
                raise ZeroDivisionError("by nothing")

    ticking = asyncio.create_task(module._tick(Unlucky()))  # type: ignore[arg-type]
    async with asyncio.timeout(PATIENCE_S):
        while len(ticks) < 3 and not ticking.done():
            await asyncio.sleep(0)
    assert len(ticks) >= 3 and "ZeroDivisionError" in caplog.text
    ticking.cancel()


async def test_small_messages_are_not_held_back_even_on_a_socket_of_protocol_zero() -> None:
    with socket.socket(socket.AF_INET) as listening:
        listening.bind(("127.0.0.1", 0))
        accepted: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
        served = await asyncio.start_server(lambda _, writer: accepted.set_result(writer), sock=listening)
        _, ours = await asyncio.open_connection(*listening.getsockname())
        theirs = await accepted
        connection = theirs.get_extra_info("socket")

        class Protocol:
            transport = theirs.transport

            async def send(self, message: object) -> None: ...

        no_delay(Protocol().send)  # type: ignore[arg-type]
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        no_delay(print)  # type: ignore[arg-type]  # a send that is no server's is left alone
        for writer in (ours, theirs):
            writer.close()
            await writer.wait_closed()
        served.close()


def test_view_files_are_asked_about_each_time_and_plotly_comes_from_its_package(server: Server) -> None:
    with get(server, "/assets/board/wire.js") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        tag = answer.headers["ETag"]
    with pytest.raises(urllib.error.HTTPError, match="304"):
        get(server, "/assets/board/wire.js", **{"If-None-Match": tag})
    with get(server, "/vendor/plotly.min.js") as answer:
        assert b"plotly.js" in answer.read(400)
        assert answer.headers["Content-Type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/assets/../app.py", "/assets/%2e%2e/app.py", "/assets/../../etc/passwd"])
def test_no_other_file_is_served(server: Server, path: str) -> None:
    try:
        body = get(server, path).read()
    except urllib.error.HTTPError as error:
        body = error.read()
    assert b"st.App(" not in body and b"root:" not in body


@pytest.mark.parametrize(
    ("token", "owner", "origin"),
    [
        ("right", "ann", "http://evil.example"),
        ("right", "bob", ""),
        ("right", "", ""),
        ("wrong", "ann", ""),
        ("right", "ann", "null"),
    ],
)
async def test_a_foreign_origin_a_wrong_token_and_another_browser_get_403(
    server: Server, token: str, owner: str, origin: str
) -> None:
    right = server.open("ann")
    headers = {"Origin": origin} if origin else {}
    with pytest.raises(InvalidStatus) as refused:
        async with server.look(right if token == "right" else "x" * 32, owner, headers=headers):
            pass
    assert refused.value.response.status_code == 403


async def test_the_same_origin_may_look(server: Server) -> None:
    token = server.open("ann")
    async with server.look(token, "ann", headers={"Origin": f"http://{server.address}"}) as socket:
        assert (await some(socket, 1))[0]["scene"] == 1


async def test_playing_brings_frames_and_only_what_is_watched(server: Server) -> None:
    async with server.look(server.open("a"), "a") as socket:
        await send(socket, "watch", {"offers": VIEWS})
        await send(socket, "play", True)
        found = await some(socket, 12)
        assert found[-1]["step"] > found[0]["step"]
        assert [f["seq"] for f in found] == sorted({f["seq"] for f in found})
        # the slice of the maps, whose picture the boundary is, what was measured since the frame before
        always = {"neurons_first", "boundary_unit", "curve"}
        assert {line["name"] for line in found[-1]["arrays"]} - always == set(VIEWS)
        assert any(line["name"] == "curve" for frame in found for line in frame["arrays"])


async def test_without_acknowledgement_two_frames_come_and_no_more(server: Server) -> None:
    async with server.look(server.open("b"), "b") as socket:
        await send(socket, "play", True)
        coming = frames(socket, ack=False)
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(2):
                await anext(coming)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await anext(coming)


async def test_remote_viewers_get_compressed_messages(server: Server) -> None:
    async with server.look(server.open("c"), "c", query="?z=1") as socket:
        async with asyncio.timeout(PATIENCE_S):
            async for message in socket:
                if isinstance(message, bytes):
                    assert message[0] == wire.ZLIB
                    assert wire.unpack(message)[0]["type"] == "scene"
                    break


async def test_nonsense_is_answered_with_sentences_and_the_run_goes_on(server: Server) -> None:
    async with server.look(server.open("d"), "d") as socket:
        for message in (
            "",
            "[",
            '["ack", -1]',
            '["set", {"changes": {"seed": -5}, "version": 3}]',
            "[" * 50_000,
            b"\xff\x00",
        ):
            await socket.send(message)
            answer = await text(socket, "refused")
            assert answer["problems"][0][1].endswith(".")
        await send(socket, "play", True)
        assert len(await some(socket, 3)) == 3


async def test_a_message_that_is_too_long_closes_only_its_own_socket(server: Server) -> None:
    token = server.open("e")
    async with server.look(token, "e") as socket, server.look(token, "e") as other:
        await socket.send("x" * 100_000)
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009
        await send(other, "play", True)
        assert len(await some(other, 3)) == 3


async def test_a_slow_reader_stays_and_nobody_else_slows_down(server: Server) -> None:
    token = server.open("f")
    async with server.look(token, "f") as quick, server.look(token, "f", max_queue=1) as slow:
        await send(slow, "watch", {"offers": [*VIEWS, "surface", "confusion"]})
        await send(quick, "play", True)
        await some(quick, 60)
        ahead = (await some(quick, 1))[0]["seq"]
        late = await some(slow, 6)
        assert late[-1]["seq"] > ahead - 2  # the newest wins: it does not read its way through the past
        assert len(late) == len({f["seq"] for f in late})


async def test_reload_finds_the_same_run_and_its_history(server: Server) -> None:
    token = server.open("g")
    async with server.look(token, "g") as socket:
        await send(socket, "play", True)
        await some(socket, 20)
        await send(socket, "play", False)
        async with asyncio.timeout(PATIENCE_S):
            async for header, _ in frames(socket):
                if not header["playing"]:
                    break
    async with server.look(token, "g") as socket:
        scene: dict[str, Any] = {}
        async with asyncio.timeout(PATIENCE_S):
            async for message in socket:
                if isinstance(message, bytes):
                    header, arrays = wire.unpack(message)
                    if header["type"] == "scene":
                        scene = arrays
                    elif header["step"] > 0:
                        assert 0 < scene["history"][-1][0] <= header["step"]
                        break
                    else:
                        await send(socket, "ack", header["seq"])
        assert len(scene["history"]) > 5


async def test_when_the_tab_closes_the_run_rests(server: Server) -> None:
    token = server.open("h")
    async with server.look(token, "h") as socket:
        await send(socket, "play", True)
        await some(socket, 5)
    await asyncio.to_thread(until, lambda: server.health().get("playing") == 0, every_s=0.1)
    async with server.look(token, "h") as socket:  # and plays again as soon as somebody looks
        steps = [f["step"] for f in await some(socket, 6)]
        assert steps[-1] > steps[0]


@pytest.mark.alone
async def test_a_killed_worker_is_announced_and_the_run_goes_on(server: Server) -> None:
    async with server.look(server.open("i"), "i") as socket:
        await send(socket, "play", True)
        step = (await some(socket, 80))[-1]["step"]
        (pid,) = server.ask("/workers")[1]["pids"]
        psutil.Process(pid).kill()
        assert (await text(socket, "notice"))["code"] == "notice.restored"
        async with asyncio.timeout(PATIENCE_S):
            async for header, _ in frames(socket):
                assert header["step"] > 0
                if header["step"] > step:
                    break


async def test_more_runs_than_allowed_get_a_place_in_the_queue() -> None:
    limits = {"runs": 1, "spare_after_s": 60}
    with serving(free_port(), NNLAB_SCRIPT=str(PAGE), NNLAB_LIMITS=json.dumps(limits), NNLAB_WORKERS="1") as small:
        small.wait()
        small.open("a")
        status, answer = small.ask(
            "/open", {"owner": "b", "experiment": {"data": {"kind": "xor"}, "model": {"family": "mlp"}}}
        )
        assert (status, answer["place"]) == (503, 1)
        assert "number 1 in the queue" in answer["busy"]
        assert small.health()["queue"] == 1


def test_a_hundred_viewers_leave_nothing_behind(server: Server) -> None:
    async def visit() -> None:
        token = server.open("j")
        for _ in range(100):
            async with server.look(token, "j") as socket:
                await socket.recv()

    asyncio.run(visit())
    until(lambda: server.health().get("viewers") == 0, every_s=0.1)


def test_everything_ends_with_the_server() -> None:
    with serving(free_port(), NNLAB_SCRIPT=str(PAGE), NNLAB_WORKERS="2") as short:
        short.wait(alive=2)
        short.open("a")
        everyone = short.processes()
        assert len(everyone) >= 4  # server, zygote, two workers
        short.stop()
        _, left = psutil.wait_procs(everyone, timeout=PATIENCE_S)
        assert left == []
