"""A page with nothing but the board on it: mounted anew for every test, loaded once for all tests of a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Error, Page

from tests.browser.bare_server import OWNER
from tests.browser.waiting import holds

PATIENCE_MS = 60_000  # the machine may be busy with other things
SIZE: Any = {"width": 1280, "height": 950}
HARMLESS = "ResizeObserver loop"  # Chromium's word on a size that changes while it is looked at

STATE = """() => {
  const { board, drawn, step, playing } = window.nnlab ?? {};
  const views = board?.views.map((v) => [v.name, v.visible, v.dirty, Boolean(v.broken), ...v.needs]);
  const { received } = board?.socket ?? {};
  const waiting = board?._waiting?.length, arrays = Object.keys(board?._latest?.arrays ?? {});
  return JSON.stringify({ drawn, step, playing, received, waiting, raf: board?._raf, scene: Boolean(board?.scene), views, arrays, hidden: document.hidden });
}"""
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Board</title><link rel="icon" href="data:,">
<style>
:root{--st-background-color:#fff;--st-secondary-background-color:#f5f6f8;--st-text-color:#31333f;--st-primary-color:#1f6feb;
--st-border-color:#d7dae0;--st-font:"DejaVu Sans",sans-serif}
body{margin:16px;background:var(--st-background-color)}
</style><body>
<script type="module">
import board from "/assets/board/component.js";
import { decode, encode } from "/assets/board/wire.js";
window.clear = () => {
  window.cleanup?.();
  document.body.replaceChildren();
  document.documentElement.removeAttribute("style");
  window.cleanup = window.sent = undefined;
  window.scrollTo(0, 0);
  sessionStorage.clear();
  localStorage.clear();
};
window.mount = (data, shadow) => {
  const host = document.createElement("div");
  document.body.append(host);
  const parentElement = shadow ? host.attachShadow({mode: "open"}) : host;
  window.calls = [];
  window.show = (given) => board({data: given, parentElement, setTriggerValue: (name, value) => window.calls.push([name, value])});
  window.data = data;
  const done = window.show(data);
  window.cleanup = () => (host.remove(), done()); // as Streamlit does: the place goes first
  window.overtaken = done;
};
const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const textOf = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
window.listen = () => { // in place of a connection: what is sent is kept, as text or as bytes in base 64
  window.sent = [];
  const send = (name, argument, arrays) => {
    const at = sent.push([name, argument ?? null, JSON.stringify([name, argument ?? null]), null]) - 1;
    if (arrays) encode(name, argument, arrays).arrayBuffer().then((b) => (sent[at][3] = textOf(new Uint8Array(b))));
  };
  nnlab.board.socket = { send, ack: () => {}, close: () => {}, bytes: 0 };
};
window.say = (text) => nnlab.board._receive(decode(bytesOf(text).buffer));
window.tell = (text) => nnlab.board._text(JSON.parse(text));
window.ready = true;
</script></html>"""


class Stage:
    """The page in one tab; `spoilt`: it has to be loaded before the next test."""

    def __init__(self, browser: Browser, url: str) -> None:
        context = browser.new_context(viewport=SIZE)
        context.add_cookies([{"name": "nnlab_owner", "value": OWNER, "url": url}])
        self.page: Page = context.new_page()
        self.url = url
        self.errors: list[str] = []
        self.outside: list[str] = []
        self.spoilt = True
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._request(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _request(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.outside.append(url)

    def begin(self, *, calm: bool = False, **size: int) -> Stage:
        """As if it had just been opened, by a person who prefers less motion if `calm`."""
        self.page.set_viewport_size(SIZE | size)
        self.page.emulate_media(reduced_motion="reduce" if calm else "no-preference")
        if self.spoilt:
            self.load()
        return self

    def end(self) -> list[str]:
        """Nothing is left on it and nothing remembered; what went wrong since it began: errors, requests to other machines."""
        if not self.spoilt:
            self.page.mouse.move(1, 1)
            self.page.evaluate("() => window.clear()")
        wrong = [one for one in self.errors if HARMLESS not in one] + self.outside
        self.errors.clear()
        self.outside.clear()
        return wrong

    def load(self) -> None:
        """The document anew, with fresh modules; what a session remembers stays."""
        self.page.goto(self.url)
        self.until("window.ready")
        self.spoilt = False

    def mount(self, data: dict[str, Any], *, shadow: bool = False) -> None:
        """The component, as Streamlit would show it."""
        self.page.evaluate("([data, shadow]) => window.mount(data, shadow)", [data, shadow])

    def get(self, expression: str, arg: Any = None) -> Any:
        return self.page.evaluate(f"(arg) => {expression}", arg)

    def until(self, condition: str, arg: Any = None) -> None:
        try:
            self.page.wait_for_function(holds(condition), arg=arg, timeout=PATIENCE_MS)
        except Error as error:
            error.add_note(f"The board then: {self.page.evaluate(STATE)}")
            raise

    def wait(self, condition: Callable[[], Any], what: str) -> None:
        """Until something holds on this side."""
        for _ in range(PATIENCE_MS // 20):
            if condition():
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(what)
