"""The few rules of appearance that the theme in .streamlit/config.toml has no setting for."""

from __future__ import annotations

import streamlit as st

SIDEBAR_PX = 300

CSS = """
<style>
/* The live view needs the width more than the margins do. */
[data-testid="stMainBlockContainer"] { padding-left: 1.5rem; padding-right: 1.5rem; }
/* Controls stand closer together than Streamlit puts them: a group should fit on the screen. */
section[data-testid="stSidebar"] [data-testid="stVerticalBlock"] { gap: 0.6rem; }
/* The live view's place is kept while it loads, so that nothing below it jumps. */
[class*="st-key-"][class*="-board"] { min-height: min(85vh, 720px); }
</style>
"""


def apply() -> None:
    """Once a run, before anything else is drawn."""
    st.html(CSS)
