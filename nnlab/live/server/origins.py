"""Which web pages may open a WebSocket here: those of this server and those that Streamlit's options name. No torch."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit import config
from streamlit.url_util import get_hostname

_log = logging.getLogger("nnlab.live")


class Origins:
    """Refuses the WebSockets of foreign pages, the live ones and Streamlit's own, before Streamlit sees them.

    Streamlit compares a foreign origin with this machine's address as the internet sees it, which it asks another machine
    for; until that answers, or for two seconds, everybody waits (streamlit#7721).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not same_origin(Headers(scope=scope)):
            origin = Headers(scope=scope)["origin"]
            if not named(origin):
                _log.warning(
                    "A WebSocket of the page %.200r was refused; server.corsAllowedOrigins can name it.", origin
                )
                await WebSocketClose()(scope, receive, send)  # before accept this is HTTP 403
                return
            # Streamlit would ask the other machine before it reads its own list, so it is told of no page at all.
            scope = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"origin"]}
        await self._app(scope, receive, send)


def same_origin(headers: Headers) -> bool:
    """Whether the page that opens the socket came from this server; programs that are not browsers send no Origin.

    X-Forwarded-Host is not read: anyone can write it. A proxy shall pass Host on, or its address be named.
    """
    origin, host = headers.get("origin"), headers.get("host")
    try:
        return origin is None or (bool(host) and urlsplit(origin).netloc == host)
    except ValueError:
        return False


def named(origin: str) -> bool:
    """Whether the options of Streamlit allow the pages of `origin`; as there, only its host name counts."""
    if not config.get_option("server.enableCORS"):
        return True
    known = list(config.get_option("server.corsAllowedOrigins"))
    if config.is_manually_set("browser.serverAddress"):
        known.append(config.get_option("browser.serverAddress"))
    try:
        return get_hostname(origin) in {get_hostname(name.strip()) for name in known} - {None}
    except ValueError:
        return False
