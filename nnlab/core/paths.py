"""Where app.py, pages/, assets/ and the glossary lie: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def root() -> Path:
    """The folder that holds app.py, pages/, assets/, .streamlit/ and docs/glossary.md."""
    installed = PACKAGE / "_app"
    return installed if installed.is_dir() else PACKAGE.parent
