"""Which pages of other servers may show this app in a frame: those that the operator names in NNLAB_EMBED. No torch."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from urllib.parse import urlsplit

NAME = "NNLAB_EMBED"  # such as "https://moodle.example https://*.school.example"

_log = logging.getLogger("nnlab.live")


def hosts(text: str | None = None) -> tuple[str, ...]:
    """The origins that `text`, or else the environment, names, apart by blanks or commas; one that is none is left out."""
    given = (os.environ.get(NAME, "") if text is None else text).replace(",", " ").split()
    for one in given:
        if not _is_origin(one):
            _log.warning(
                "%s names %.200r, which is no origin: a scheme, a host and perhaps a port. It is left out.", NAME, one
            )
    return tuple(one.rstrip("/") for one in given if _is_origin(one))


def headers(allowed: Sequence[str]) -> tuple[tuple[bytes, bytes], ...]:
    """What tells browsers which pages may frame this one (CSP Level 3, section 6.4.2); our own always may."""
    ancestors = (b"content-security-policy", " ".join(("frame-ancestors 'self'", *allowed)).encode())
    if allowed:
        return (ancestors,)  # X-Frame-Options cannot name a page
    return (ancestors, (b"x-frame-options", b"SAMEORIGIN"))


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = parts.scheme in ("http", "https") and parts.path in ("", "/") and not (parts.query or parts.fragment)
    name = (parts.hostname or "").removeprefix("*.")
    return (
        plain and (port is None or port > 0) and all(c.isalnum() or c in "-." for c in name) and bool(name.strip("."))
    )


def local(host: str | None) -> bool:
    """Whether a browser takes a cookie that is for secure connections only from `host` without one."""
    return host in ("localhost", "127.0.0.1", "::1")
