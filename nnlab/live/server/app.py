"""The web server: Streamlit's app with the live socket, /healthz and the files of the views beside it. No torch."""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Callable, MutableMapping, Sequence
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

import nnlab
from nnlab.core import registries
from nnlab.core.paths import root
from nnlab.live.server import assets, embedding, hub
from nnlab.live.server.origins import Origins
from nnlab.live.server.socket import OWNER_COOKIE, live_socket

_log = logging.getLogger("nnlab.live")
# Frames pass through three threads; beside a page's script each would wait Python's 5 ms for the lock.
SWITCH_S = 0.001
TICK_S = 0.5
YEAR_S = 365 * 24 * 3600
PLOTLY = "/vendor/plotly.min.js"
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # the address holds the run's token: no other site may read it
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


def parts(
    *, workers: int | None = None, limits: hub.Limits | None = None, more: Sequence[BaseRoute] = ()
) -> dict[str, Any]:
    """What is given to `st.App` beside the script: live runs, our routes and `more`.

    app.py calls `st.App` itself, because `streamlit run` looks for that call in the file it is given.
    """
    here = hub.Hub(workers, limits=limits)
    hub.use(here)
    middleware = [Middleware(Origins), Middleware(Visitors, hosts=embedding.hosts())]
    registries.leave_out_broken()
    return {"routes": [*more, *routes()], "lifespan": _lifespan(here), "middleware": middleware}


def routes() -> list[BaseRoute]:
    """Our own routes."""
    return [
        WebSocketRoute(below("/live/ws/{token}"), live_socket),
        Route(below("/healthz"), healthz),
        Route(below(PLOTLY), plotly),
        Route(below("/glossary.md"), glossary),
        Route(below("/playground"), playground),
        Route(below("/{page}/_stcore/health"), elsewhere),
        Route(below("/{page}/_stcore/host-config"), elsewhere),
        *assets.routes(below("/assets")),
    ]


def below(path: str) -> str:
    """`path` below `server.baseUrlPath`, where Streamlit puts its own routes but not ours."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{path}" if base else path


def _lifespan(here: hub.Hub) -> Callable[[Any], Any]:
    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        here.start()  # returns at once: workers load torch while the first page is served
        ticking = asyncio.create_task(_tick(here))
        gc.collect()
        sys.setswitchinterval(SWITCH_S)
        gc.freeze()  # what was imported is never looked at again; see runner.postScriptGC in .streamlit/config.toml
        try:
            yield
        finally:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking
            await asyncio.to_thread(here.stop)

    return lifespan


async def _tick(here: hub.Hub) -> None:
    while True:
        await asyncio.sleep(TICK_S)
        try:
            here.tick()
        except Exception:  # else nothing would be paused, freed or looked after any more
            _log.exception("The house-keeping has failed; it is tried again.")


async def healthz(request: Request) -> JSONResponse:
    """Whether the server works, in figures."""
    figures = {"status": "ok", **hub.current().health(), "torch": "torch" in sys.modules, "version": nnlab.__version__}
    return JSONResponse(figures, headers={"cache-control": "no-store"})


async def playground(request: Request) -> Response:
    """The first page has the bare address; its name leads there, too, with the link's parameters."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"./{query}")


async def elsewhere(request: Request) -> Response:
    """No page is the root of the app, where Streamlit's script looks for it first (streamlit#7074).

    Success would let it stay there, and a 404 is an error in the browser's console; 300, "choose another", is neither.
    """
    return Response(status_code=300, headers={"cache-control": "no-store"})


async def glossary(request: Request) -> Response:
    """What the words on the screen mean; the browser looks them up where they stand."""
    return FileResponse(
        root() / "docs" / "glossary.md", media_type="text/markdown", headers={"cache-control": "no-cache"}
    )


async def plotly(request: Request) -> Response:
    """plotly.js from the installed Python package: 4.8 MB that need no network and no copy of ours."""
    path = Path(str(files("plotly") / "package_data" / "plotly.min.js")) if find_spec("plotly") else None
    if path is None or not path.is_file():
        return Response("plotly is not installed. Run `python3 start.py`.", 404)
    headers = {"cache-control": f"private, max-age={YEAR_S if request.query_params else 3600}"}
    return FileResponse(path, media_type="text/javascript", headers=headers)


class Visitors:
    """Gives every browser its owner cookie with the first page, and every answer its security headers.

    `hosts`: the pages of other servers that may show ours in a frame.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str] = ()) -> None:
        self._app = app
        self._foreign = bool(hosts)
        self._headers = (*HEADERS, *embedding.headers(hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            no_delay(send)
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        # A page that the browser already has is answered with 304 and no content type, so the request is asked.
        page = "text/html" in request.headers.get("accept", "") and OWNER_COOKIE not in request.cookies

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure = scope["scheme"] == "https"
                foreign = self._foreign and (secure or embedding.local(request.url.hostname))
                cookie = _cookie(secure, foreign=foreign) if page else None
                _add_headers(message, self._headers, cookie=cookie)
            await send(message)

        await self._app(scope, receive, answer)


def no_delay(send: Send) -> None:
    """Send small messages at once on the connection behind `send`, pages' messages as well as frames.

    Streamlit binds its socket with protocol 0, so asyncio does not see that it is TCP and leaves Nagle's algorithm on: with
    the other side's delayed acknowledgements that costs 40 ms a page rerun.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    connection = None if transport is None else transport.get_extra_info("socket")
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _add_headers(
    message: MutableMapping[str, Any], more: Sequence[tuple[bytes, bytes]], *, cookie: bytes | None
) -> None:
    headers = list(message.get("headers", []))
    present = {name.lower(): value for name, value in headers}
    headers += [(name, value) for name, value in more if name not in present]
    if cookie is not None:
        headers.append((b"set-cookie", cookie))
    message["headers"] = headers


def _cookie(secure: bool, *, foreign: bool = False) -> bytes:
    """Whose runs a browser may open. In the frame of a foreign page only a partitioned cookie is kept, a jar for each such page."""
    kept = f"{OWNER_COOKIE}={secrets.token_urlsafe(24)}; Path=/; Max-Age={YEAR_S}; HttpOnly"
    if foreign:
        return f"{kept}; SameSite=None; Secure; Partitioned".encode()
    return (f"{kept}; SameSite=Lax" + ("; Secure" if secure else "")).encode()
