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
