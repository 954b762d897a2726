"""The entry: `python3 start.py`, `nnlab` and `streamlit run app.py` all serve this app."""

from __future__ import annotations

from nnlab.core.paths import PACKAGE
from nnlab.live.server import make_app

app = make_app(PACKAGE / "ui" / "shell.py")

if __name__ == "__main__":
    app.run()
