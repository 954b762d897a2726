"""Which pages may show the app in a frame: none but its own, or those that the operator names."""

from __future__ import annotations

import pytest

from nnlab.live.server.app import Visitors
from nnlab.live.server.embedding import NAME, headers, hosts


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("", ()),
        ("https://moodle.example", ("https://moodle.example",)),
        (
            "https://moodle.example/, https://*.school.example:8443",
            ("https://moodle.example", "https://*.school.example:8443"),
        ),
        ("moodle.example", ()),
        ("https://a.example/path https://b.example", ("https://b.example",)),
        ("https://a.example; script-src 'unsafe-inline'", ()),
        ("https://[bad https://:0 javascript:alert(1) https://*", ()),
        ("*", ()),
        ("https://;script-src@host.example https://user@a.example https://a.example:80@b.example", ()),
        ("HTTPS://Moodle.Example", ("https://moodle.example",)),
    ],
)
def test_only_whole_origins_are_taken(text: str, want: tuple[str, ...]) -> None:
    assert hosts(text) == want


def test_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "https://moodle.example")
    assert hosts() == ("https://moodle.example",)
    monkeypatch.delenv(NAME)
    assert hosts() == ()


def test_without_a_name_no_other_page_may_frame_it() -> None:
    assert dict(headers(())) == {
        b"content-security-policy": b"frame-ancestors 'self'",
        b"x-frame-options": b"SAMEORIGIN",
    }
    assert dict(headers(("https://a.example",))) == {
        b"content-security-policy": b"frame-ancestors 'self' https://a.example"
    }


@pytest.mark.parametrize(
    ("scheme", "host", "allowed", "want"),
    [
        ("http", "127.0.0.1", (), "SameSite=Lax"),
        ("https", "lab.example", (), "SameSite=Lax; Secure"),
        ("https", "lab.example", ("https://a.example",), "SameSite=None; Secure; Partitioned"),
        ("http", "127.0.0.1", ("https://a.example",), "SameSite=None; Secure; Partitioned"),
        ("http", "192.168.0.7", ("https://a.example",), "SameSite=Lax"),  # which would not take the other
    ],
)
async def test_the_cookie_is_one_that_the_browser_keeps_there(
    scheme: str, host: str, allowed: tuple[str, ...], want: str
) -> None:
    sent = []

    async def app(scope: object, receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "scheme": scheme,
        "path": "/",
        "query_string": b"",
        "server": (host, 80),
        "headers": [(b"accept", b"text/html"), (b"host", host.encode())],
    }
    await Visitors(app, allowed)(scope, None, send)  # type: ignore[arg-type]
    found = dict(sent[0]["headers"])  # type: ignore[call-overload]
    assert found[b"set-cookie"].decode().endswith(f"HttpOnly; {want}")
    assert (b"x-frame-options" in found) == (not allowed)
