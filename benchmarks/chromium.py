"""Which Chromium drives the benchmarks and the browser tests, and how it is started."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

# Quiet: no sandbox (containers run as root), no GPU, and nothing that asks the network by itself.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str | None:
    """$NNLAB_CHROMIUM (set by start.py), the system's, or None: Playwright's own."""
    named = os.environ.get("NNLAB_CHROMIUM")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)
