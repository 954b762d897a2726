"""Any page of the app by its address, for tests without a browser."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

SHELL = Path(__file__).resolve().parents[2] / "nnlab" / "ui" / "shell.py"


def shown(page: str, **parameters: str) -> AppTest:
    """The page whose address is `page`, with the given parameters behind it."""
    app = AppTest.from_file(str(SHELL), default_timeout=20)
    app._page_hash = calc_hash(page)  # switch_page would open the first page before
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception and not app.error
    return app
