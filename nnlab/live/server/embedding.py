"""Which pages of other servers may show this app in a frame: those that the operator names in NNLAB_EMBED. No torch."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

NAME = "NNLAB_EMBED"  # such as "https://moodle.example https://*.school.example"

_log = logging.getLogger("nnlab.live")


def hosts(text: str | None = None) -> tuple[str, ...]:
    """The origins that `text`, or else the environment, names, apart by blanks or commas; one that is none is left out."""
    given = (os.environ.get(NAME, "") if text is None else text).replace(",", " ").split()
    for one in given:
        if not _origin(one):
            _log.warning(
                "%s names %.200r, which is no origin: a scheme, a host and perhaps a port. It is left out.", NAME, one
            )
    return tuple(origin for one in given if (origin := _origin(one)))


def headers(allowed: Sequence[str]) -> tuple[tuple[bytes, bytes], ...]:
    """What tells browsers which pages may frame this one (CSP Level 3, section 6.4.2); our own always may."""
    ancestors = (b"content-security-policy", " ".join(("frame-ancestors 'self'", *allowed)).encode())
    if allowed:
        return (ancestors,)  # X-Frame-Options cannot name a page
    return (ancestors, (b"x-frame-options", b"SAMEORIGIN"))


def _origin(text: str) -> str:
    """The origin that `text` is, written anew from its parts; "" where it is none or says more."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return ""
    name = parts.hostname or ""
    known = re.fullmatch(r"(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name)
    more = parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None
    if parts.scheme not in ("http", "https") or not known or more or port == 0:
        return ""
    return f"{parts.scheme}://{name}" + (f":{port}" if port else "")


def local(host: str | None) -> bool:
    """Whether a browser takes a cookie that is for secure connections only from `host` without one."""
    return host in ("localhost", "127.0.0.1", "::1")
