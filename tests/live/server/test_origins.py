"""Which pages may open a WebSocket, and that a foreign one makes nobody wait: Streamlit must not ask the internet about it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from streamlit import config
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from benchmarks.real_app import free_port
from benchmarks.serving import Server, send, serving
from nnlab.live.server.origins import Origins
from tests.live.conftest import PAGE
from tests.waiting import PATIENCE_S

HOST = "lab.example:8501"


class SilentProxy:
    """Takes connections and never answers, as a school's firewall does."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.asked: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self.asked.append(self._listening.accept()[0])

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        for one in (self._listening, *self.asked):
            one.close()


@pytest.fixture(scope="module")
def proxy() -> Iterator[SilentProxy]:
    made = SilentProxy()
    yield made
    made.close()


@pytest.fixture(scope="module")
def behind(proxy: SilentProxy) -> Iterator[Server]:
    """A server that reaches the internet through the silent proxy only; one other origin is named."""
    proxies = {name: proxy.address for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
    named = {"STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS": "https://school.example", "no_proxy": "", "NO_PROXY": ""}
    with serving(free_port(), NNLAB_SCRIPT=str(PAGE), NNLAB_WORKERS="1", **proxies, **named) as server:
        server.wait(alive=1)
        yield server


def stream(server: Server, origin: str) -> connect:
    """Streamlit's own socket, as a page of `origin` opens it."""
    url = f"ws://{server.address}/_stcore/stream"
    return connect(url, origin=origin, subprotocols=["streamlit"], proxy=None)  # type: ignore[arg-type, list-item]


async def test_foreign_sockets_are_refused_at_once_and_everybody_else_goes_on(
    behind: Server, proxy: SilentProxy
) -> None:
    refused = 0

    async def knock() -> None:
        nonlocal refused
        while True:
            with pytest.raises(InvalidStatus) as answer:
                async with stream(behind, "http://evil.example"):
                    pass
            assert answer.value.response.status_code == 403
            refused += 1
            await asyncio.sleep(0.05)

    async with behind.look(behind.open("ann"), "ann") as bystander:
        await send(bystander, "play", True)
        knocking = [asyncio.create_task(knock()) for _ in range(4)]
        seen = 0
        async with asyncio.timeout(PATIENCE_S):
            while seen < 60 or refused < 8:
                message = await bystander.recv()
                if isinstance(message, bytes) and (header := _header(message))["type"] == "frame":
                    seen += 1
                    await send(bystander, "ack", header["seq"])
                if seen % 10 == 0:
                    assert (await asyncio.to_thread(behind.health))["status"] == "ok"
        for task in knocking:
            task.cancel()
        ended = await asyncio.gather(*knocking, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ended)
    assert proxy.asked == []


@pytest.mark.parametrize("origin", ["https://school.example", None])
async def test_a_page_of_the_server_or_of_a_named_origin_may_open_streamlits_socket(
    behind: Server, proxy: SilentProxy, origin: str | None
) -> None:
    async with stream(behind, origin or f"http://{behind.address}") as opened:
        assert opened.subprotocol == "streamlit"
    assert proxy.asked == []


def _header(message: bytes) -> dict[str, Any]:
    from nnlab.live.messages import wire

    return wire.unpack(message)[0]


# ---- the rule, without a server ----------------------------------------------------------------------------------


@pytest.fixture
def option(request: pytest.FixtureRequest) -> Iterator[None]:
    """Streamlit with the options of the case, put back afterwards."""
    for name, value in request.param.items():
        config.set_option(name, value)
    yield
    config.get_config_options(force_reparse=True)


async def ask(**headers: str) -> list[tuple[bytes, bytes]] | None:
    """The headers with which the app behind is asked for a socket; None where it never hears of it."""
    heard: list[list[tuple[bytes, bytes]]] = []
    sent: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        heard.append(list(scope["headers"]))

    async def answer(message: Any) -> None:
        sent.append(message["type"])

    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await Origins(app)({"type": "websocket", "path": "/any", "headers": lines}, None, answer)  # type: ignore[arg-type]
    assert (sent == ["websocket.close"]) is not bool(heard)
    return heard[0] if heard else None


@pytest.mark.parametrize("headers", [{"host": HOST}, {"host": HOST, "origin": f"http://{HOST}"}], ids=json.dumps)
async def test_programs_and_the_servers_own_pages_pass_with_the_headers_they_sent(headers: dict[str, str]) -> None:
    assert await ask(**headers) == [(name.encode(), value.encode()) for name, value in headers.items()]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://lab.example"},
        {"origin": "http://lab.example:9999"},
        {"origin": "http://localhost:3000"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://["},
        {"origin": "http://evil.example", "x_forwarded_host": "evil.example"},
        {"origin": "http://evil.example", "forwarded": "host=evil.example"},
    ],
    ids=json.dumps,
)
async def test_other_pages_do_not_pass(headers: dict[str, str]) -> None:
    assert await ask(host=HOST, **headers) is None
    assert await ask(host="", **headers) is None


@pytest.mark.parametrize(
    ("option", "origin"),
    [
        ({"server.corsAllowedOrigins": ["http://a.example", " https://school.example "]}, "https://school.example"),
        ({"server.corsAllowedOrigins": ["school.example"]}, "https://school.example:8443"),
        ({"browser.serverAddress": "school.example"}, "https://school.example"),
        ({"server.enableCORS": False}, "https://school.example"),
    ],
    indirect=["option"],
)
@pytest.mark.usefixtures("option")
async def test_an_origin_that_streamlits_options_name_passes_and_streamlit_does_not_hear_of_it(origin: str) -> None:
    assert await ask(host=HOST, origin=origin, cookie="a=b") == [(b"host", HOST.encode()), (b"cookie", b"a=b")]


@pytest.mark.parametrize(
    ("option", "origin"),
    [
        ({"server.corsAllowedOrigins": ["https://school.example"]}, "https://notschool.example"),
        ({"server.corsAllowedOrigins": ["https://school.example"]}, "null"),
        ({"server.corsAllowedOrigins": ["https://school.example"]}, "http://["),
        ({"server.corsAllowedOrigins": [""]}, ""),
        ({}, "http://localhost"),  # the default of browser.serverAddress names nobody
    ],
    indirect=["option"],
)
@pytest.mark.usefixtures("option")
async def test_an_origin_that_no_option_names_does_not_pass(origin: str) -> None:
    assert await ask(host=HOST, origin=origin) is None
