"""The command `nnlab`: its options, the sentences about the address, and the browser that opens when the app is up."""

from __future__ import annotations

import http.server
import os
import socket
import threading

import pytest

from nnlab import cli
from nnlab.core.paths import root


def test_by_default_it_listens_on_this_machine_only():
    chosen = cli.options([])
    assert (chosen.host, chosen.port, chosen.workers, chosen.no_browser) == ("127.0.0.1", 8501, None, False)


@pytest.mark.parametrize("arguments", [["--port", "0"], ["--port", "70000"], ["--port", "x"], ["--workers", "0"]])
def test_an_impossible_number_is_refused_with_its_bounds(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        cli.options(arguments)
    assert left.value.code == 2
    assert f"must be 1 to {65535 if 'port' in arguments[0] else 64}; got {arguments[1]}." in capsys.readouterr().err


def test_a_free_port_is_no_problem():
    assert cli.address_problem("127.0.0.1", _free_port()) == ""


def test_a_busy_port_gives_a_sentence_with_one_that_is_free(capsys):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        assert cli.main(["--port", str(port)]) == 1
    message = capsys.readouterr().err
    assert f"Port {port} is taken" in message
    offered = int(message.rsplit("--port ", 1)[1].rstrip(".\n"))
    assert offered != port


def test_an_address_of_another_machine_gives_a_sentence():
    assert "Host must be an address of this machine" in cli.address_problem("203.0.113.1", 8501)


def test_a_port_of_the_administrator_gives_a_sentence():
    assert "choose one above 1023" in cli._sentence(PermissionError(13, "no"), "127.0.0.1", 80)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8501"),
        ("0.0.0.0", "http://127.0.0.1:8501"),
        ("::", "http://[::1]:8501"),
        ("lab.local", "http://lab.local:8501"),
    ],
)
def test_the_browser_opens_an_address_it_can_reach(host, address):
    assert cli.page(host, 8501) == address


class _Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


def test_the_browser_opens_once_the_app_answers(monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr(cli.webbrowser, "open", lambda address: opened.append(address) or True)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Healthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        assert cli.open_when_healthy(address)
        server.shutdown()
    assert opened == [address]


def test_no_browser_opens_for_an_app_that_never_answers(monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr(cli.webbrowser, "open", opened.append)
    monkeypatch.setattr(cli, "PATIENCE_S", 0.2)
    assert not cli.open_when_healthy(f"http://127.0.0.1:{_free_port()}")
    assert opened == []


@pytest.mark.parametrize(("arguments", "threads"), [([], 1), (["--no-browser"], 0)])
def test_the_options_reach_the_server(monkeypatch, arguments, threads):
    served: list[tuple[str, int]] = []
    started: list[str] = []
    monkeypatch.setattr(cli, "_serve", lambda host, port: served.append((host, port)) or 0)
    monkeypatch.setattr(cli, "open_when_healthy", started.append)
    monkeypatch.setenv("NNLAB_WORKERS", "")
    port = _free_port()
    assert cli.main(["--port", str(port), "--workers", "2", *arguments]) == 0
    assert served == [("127.0.0.1", port)]
    assert os.environ["NNLAB_WORKERS"] == "2"
    assert len(started) == threads


def test_an_open_address_is_announced(monkeypatch, capsys):
    monkeypatch.setattr(cli, "_serve", lambda host, port: 0)
    cli.main(["--host", "0.0.0.0", "--port", str(_free_port()), "--no-browser"])
    assert "everyone who reaches this machine" in capsys.readouterr().out


def test_the_files_of_the_app_are_found():
    assert (root() / "assets").is_dir()
    assert (root() / "pages").is_dir()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
