"""What the live connection asks for when the server refuses it again and again, and in which order it hands over what comes."""

from __future__ import annotations

import base64

import pytest

from nnlab.live.messages.wire import pack, squeeze
from tests.browser.stage import Stage

REFUSED = """async (path) => {
  const { connect } = await import("/assets/board/socket.js");
  const [Real, ask] = [window.WebSocket, window.fetch];
  window.WebSocket = class { constructor() { setTimeout(() => this.onclose(), 0); } close() {} };
  window.WebSocket.OPEN = Real.OPEN;
  const asked = new Promise((found) => {
    window.fetch = async (url) => { found(new URL(url).pathname); return { ok: true }; };
  });
  const gone = new Promise((found) => {
    const connection = connect(path, { message() {}, text() {}, state: (name) => name === "gone" && (connection.close(), found(name)) });
  });
  try { return [await asked, await gone]; } finally { [window.WebSocket, window.fetch] = [Real, ask]; }
}"""


@pytest.mark.parametrize(("path", "health"), [("/live/ws/x", "/healthz"), ("/lab/live/ws/x", "/lab/healthz")])
def test_a_run_is_gone_when_its_own_server_answers_and_refuses_the_socket(blank: Stage, path: str, health: str) -> None:
    assert blank.page.evaluate(REFUSED, path) == [health, "gone"]


FOR_GOOD = """async () => {
  const { connect } = await import("/assets/board/socket.js");
  const [Real, ask, later] = [window.WebSocket, window.fetch, window.setTimeout];
  const states = [];
  let made = 0;
  window.setTimeout = (act) => later(act, 0);
  window.WebSocket = class { constructor() { made += 1; setTimeout(() => this.onclose(), 0); } close() {} };
  [window.WebSocket.OPEN, window.WebSocket.CLOSED] = [Real.OPEN, undefined];
  window.fetch = async () => ({ ok: true });
  try {
    const connection = connect("/live/ws/x", { message() {}, text() {}, state: (name) => states.push(name) });
    for (let i = 0; i < 100 && states.at(-1) !== "gone"; i++) await new Promise((go) => later(go, 5));
    const before = made;
    await new Promise((go) => later(go, 100));
    window.dispatchEvent(new Event("online"));
    return [states.filter((name) => name === "gone").length, states.at(-1), made - before, connection.send("play", true)];
  } finally { [window.WebSocket, window.fetch, window.setTimeout] = [Real, ask, later]; }
}"""


def test_a_connection_to_a_run_that_is_gone_is_never_tried_again(blank: Stage) -> None:
    assert blank.page.evaluate(FOR_GOOD) == [1, "gone", 0, "lost"]


FAR = """async ([path, messages]) => {
  const { connect } = await import("/assets/board/socket.js");
  const Real = window.WebSocket, error = console.error, came = [], wrong = [];
  let made;
  window.WebSocket = class { constructor(url) { this.url = String(url); made = this; } close() {} };
  window.WebSocket.OPEN = Real.OPEN;
  console.error = (...what) => wrong.push(what[0]);
  try {
    const connection = connect(path, { message: (m) => came.push(m.step), text: (m) => came.push(m.type), state() {} });
    for (const { text, bytes } of messages) made.onmessage({ data: text ?? Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)).buffer });
    const atOnce = [...came];
    for (let i = 0; i < 400 && came.at(-1) !== "last"; i++) await new Promise((go) => setTimeout(go, 5));
    connection.close();
    return [made.url.includes("z=1"), atOnce, came, wrong];
  } finally { [window.WebSocket, console.error] = [Real, error]; }
}"""


def frame(step: int, *, small: bool) -> dict[str, str]:
    message = pack({"type": "frame", "step": step, "long": "x" * 200_000}, {})
    return {"bytes": base64.b64encode(squeeze(message) if small else message).decode()}


MIXED = [
    frame(1, small=True),
    {"text": '{"type": "notice"}'},
    frame(2, small=False),
    frame(3, small=True),
    frame(4, small=False),
    {"text": '{"type": "last"}'},
]
ORDER = [1, "notice", 2, 3, 4, "last"]


def test_messages_keep_their_order_where_some_are_compressed(blank: Stage) -> None:
    far, at_once, came, wrong = blank.page.evaluate(FAR, ["http://far.example/live/ws/x", MIXED])
    assert (far, at_once, came, wrong) == (True, [], ORDER, [])


def test_a_message_that_is_damaged_costs_only_itself(blank: Stage) -> None:
    damaged = {"bytes": base64.b64encode(b"\x78\x9c no zlib").decode()}
    _, _, came, wrong = blank.page.evaluate(FAR, ["http://far.example/live/ws/x", [damaged, *MIXED]])
    assert (came, wrong) == (ORDER, ["Message"])


def test_on_the_same_machine_a_message_is_handed_over_as_it_comes(blank: Stage) -> None:
    plain = [m for m in MIXED if m not in (MIXED[0], MIXED[3])]
    far, at_once, came, _ = blank.page.evaluate(FAR, ["/live/ws/x", plain])
    assert (far, at_once, came) == (False, ["notice", 2, 4, "last"], at_once)


WITHOUT = """async (commands) => {
  const { connect } = await import("/assets/board/socket.js");
  const Real = window.WebSocket, sent = [];
  let made;
  window.WebSocket = class { constructor() { made = this; this.readyState = 0; } send(text) { sent.push(JSON.parse(text)); } close() {} };
  window.WebSocket.OPEN = Real.OPEN;
  try {
    const state = (name) => name === "open" && connection.send("watch", { views: 3 }); // as the board does
    const connection = connect("/live/ws/x", { message() {}, text() {}, state });
    for (const [name, argument] of commands) connection.send(name, argument);
    made.readyState = Real.OPEN;
    made.onopen();
    connection.close();
    return sent;
  } finally { window.WebSocket = Real; }
}"""


def test_what_is_done_without_a_connection_is_done_when_there_is_one_again(blank: Stage) -> None:
    rate, seed = {"training.learning_rate": 0.5}, {"seed": 3}
    given = [
        ["play", True],
        ["set", {"changes": rate, "version": 1}],
        ["set", {"changes": seed, "version": 2}],
        ["point", {"op": "add", "version": 3}],
        ["point", {"op": "remove", "version": 4}],
        ["watch", {"views": 1}],
        ["set", {"changes": {"seed": 4}, "version": 5}],
        ["watch", {"views": 2}],
        ["play", False],
        ["ack", 5],
    ]
    assert blank.page.evaluate(WITHOUT, given) == [
        ["set", {"changes": {**rate, **seed}, "version": 2}],
        ["point", {"op": "add", "version": 3}],
        ["point", {"op": "remove", "version": 4}],
        ["set", {"changes": {"seed": 4}, "version": 5}],
        ["watch", {"views": 2}],
        ["play", False],
        ["watch", {"views": 3}],
    ], "what the board says when the connection is there again is the last word"
