"""The command `nnlab`: checks the address, starts the app in this process and opens the browser once it answers."""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress

import click

from nnlab import __version__
from nnlab.core.paths import root

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # what a browser on this machine opens instead
PATIENCE_S = 120.0


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line, checked."""
    parser = argparse.ArgumentParser(prog="nnlab", description="A live playground for neural networks in the browser.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument(
        "--port", type=_between("port", 1, 65535), default=8501, help="port to listen on (default: 8501)"
    )
    parser.add_argument("--workers", type=_between("workers", 1, 64), help="training processes (default: cores - 1)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument("--version", action="version", version=f"nnlab {__version__}")
    return parser.parse_args(arguments)


def address_problem(host: str, port: int) -> str:
    """Why the app cannot listen on `host`:`port`, with what to do; "" where it can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":  # as the server does; on Windows the option would allow two servers on one port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return _sentence(error, host, port)
    return ""


def page(host: str, port: int) -> str:
    """The address that a browser on this machine opens."""
    shown = ANYWHERE.get(host, host)
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the app and stay until Ctrl-C."""
    chosen = options(arguments)
    problem = address_problem(chosen.host, chosen.port)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # two threads a worker made two workers 13 times slower
    if chosen.workers:
        os.environ["NNLAB_WORKERS"] = str(chosen.workers)
    address = page(chosen.host, chosen.port)
    print(f"nnlab {__version__} opens at {address} · Ctrl-C ends it", flush=True)
    if chosen.host not in LOOPBACK:
        print(f"It listens on {chosen.host}: everyone who reaches this machine can use it.", flush=True)
    if not chosen.no_browser:
        threading.Thread(target=open_when_healthy, args=(address,), daemon=True).start()
    return _serve(chosen.host, chosen.port)


def open_when_healthy(address: str) -> bool:
    """Open the browser as soon as `/healthz` answers; False where it never does."""
    if not healthy(address, PATIENCE_S):
        return False
    return webbrowser.open(address)


def healthy(address: str, patience_s: float) -> bool:
    """Whether the app at `address` answers `/healthz` within `patience_s`."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy cannot reach our loopback
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        try:
            with opener.open(f"{address}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def _serve(host: str, port: int) -> int:
    """Run Streamlit's own command in this process, so that Ctrl-C and SIGTERM reach the server itself."""
    streamlit = importlib.import_module("streamlit.web.cli")
    flags = ["--server.address", host, "--server.port", str(port), "--server.headless", "true"]
    flags += ["--logger.hideWelcomeMessage", "true"]  # our own line says where it is
    with suppress(KeyboardInterrupt, click.Abort):
        streamlit.main(["run", str(root() / "app.py"), *flags], prog_name="nnlab", standalone_mode=False)
    return 0


def _between(name: str, low: int, high: int) -> Callable[[str], int]:
    """An argparse type: a whole number within bounds."""

    def number(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{name} must be {low} to {high}; got {text}.")
        return int(text)

    return number


def _sentence(error: OSError, host: str, port: int) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"Host must be an address of this machine, such as 127.0.0.1; got {host}."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} needs an administrator; choose one above 1023 with --port, such as --port 8501."
    return f"Port {port} is taken, perhaps by another nnlab: close that, or start with --port {_free(host)}."


def _free(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
