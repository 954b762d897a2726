"""What the live connection asks for when the server refuses it again and again."""

from __future__ import annotations

import pytest

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
