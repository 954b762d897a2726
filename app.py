"""The entry: `python3 start.py`, `nnlab` and `streamlit run app.py` all serve this app."""

from __future__ import annotations

import streamlit as st

from nnlab.core.paths import PACKAGE
from nnlab.live.server.app import parts

app = st.App(PACKAGE / "ui" / "shell.py", **parts())

if __name__ == "__main__":
    app.run()
