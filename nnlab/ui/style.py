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
/* So is the place of what comes after it, above and beside. */
[class*="-above"] { min-height: 6.2rem; }
[class*="-above"] [data-testid="stSkeleton"] { height: 2rem; } /* pills are lower than what stands in for them */
.st-key-playground-above { min-height: 5.1rem; }
[class*="-above-parts"] { min-height: 7.6rem; }
@media (max-width: 1100px) {
  [class*="-above"] { min-height: 7.8rem; }
  [class*="-above-parts"] { min-height: 13.1rem; }
}
@media (max-width: 900px) { /* the presets stand in two rows */
  [class*="-above"] { min-height: 10.05rem; }
  [class*="-above-parts"] { min-height: 15.3rem; }
}
/* What was done for a person lies over the page instead of pushing it down, and fades when it has been read. */
[data-testid="stLayoutWrapper"]:has(> [class*="-notes"]) { position: absolute; }
[class*="st-key-"][class*="-notes"] {
  position: fixed; z-index: 90; right: 1.5rem; bottom: 1rem; width: min(27rem, 100vw - 3rem); padding: 0.5rem 0.5rem 0.2rem;
  align-items: flex-end; background: Canvas; border-radius: 10px; box-shadow: 0 4px 18px rgb(0 0 0 / 0.35);
  animation: note-fades 1s 30s forwards;
}
[class*="st-key-"][class*="-notes"]:is(:hover, :focus-within) { animation-play-state: paused; }
@keyframes note-fades { to { opacity: 0; visibility: hidden; } }
/* The line under the presets is longer for some than for others: what is below must not jump. */
@media (max-width: 1100px) { [class*="st-key-"][class*="-watch"] { min-height: 4.8rem; } }
</style>
"""


def apply() -> None:
    """Once a run, before anything else is drawn."""
    st.html(CSS)
