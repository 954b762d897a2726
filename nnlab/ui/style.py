"""The few rules of appearance that the theme in .streamlit/config.toml has no setting for."""

from __future__ import annotations

import streamlit as st

SIDEBAR_PX = 320

CSS = """
<style>
/* Controls stand closer together than Streamlit puts them: a group should fit on the screen. */
section[data-testid="stSidebar"] [data-testid="stVerticalBlock"] { gap: 0.6rem; }
</style>
"""


def apply() -> None:
    """Once a run, before anything else is drawn."""
    st.html(CSS)
