"""The few rules of appearance that the theme in .streamlit/config.toml has no setting for."""

from __future__ import annotations

import streamlit as st

SIDEBAR_PX = 300

CSS = """
<style>
:root { --nnlab-top: 3.75rem; } /* below Streamlit's own bar: where what stays in sight is stuck */
/* The live view needs the width more than the margins do. */
[data-testid="stMainBlockContainer"] { padding-left: 1.5rem; padding-right: 1.5rem; }
/* Controls stand closer together than Streamlit puts them: a group should fit on the screen. */
section[data-testid="stSidebar"] [data-testid="stVerticalBlock"] { gap: 0.6rem; }
/* The live view's place is kept while it loads, so that nothing below it jumps. */
[class*="st-key-"][class*="-board"] { min-height: min(85vh, 720px); }
/* So is the place of the story line above it: a list that opens and a sentence of two lines, whatever the preset says. */
[class*="-above"] { min-height: 2.5rem; }
@media (min-width: 769px) and (max-width: 820px) { [class*="-above-parts"] { min-height: 6rem; } } /* two lists, and the sentence below */
@media (max-width: 560px) {
  [class*="-above"] { min-height: 6rem; }
  [class*="-above-parts"] { min-height: 9.5rem; }
}
[class*="-above"] [data-testid="stSkeleton"] { height: 2.5rem; }
[class*="st-key-"][class*="-watch"] { position: relative; min-width: 0; flex: 1 1 0; height: 2.5rem; justify-content: center; }
[class*="-watch"] [data-testid="stMarkdownContainer"] { margin-bottom: 0; }
[class*="-watch"] p { font-size: 0.9rem; line-height: 1.25rem; margin: 0; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; }
[class*="-watch"]:is(:hover, :focus-within) { z-index: 80; }
[class*="-watch"]:is(:hover, :focus-within) p { -webkit-line-clamp: 12; background: var(--st-background-color, Canvas); box-shadow: 0 6px 14px rgb(0 0 0 / 0.15); }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 0.5rem; }
/* What was done for a person lies over the page instead of pushing it down, and fades when it has been read. */
[data-testid="stLayoutWrapper"]:has(> [class*="-notes"]) { position: absolute; }
[class*="st-key-"][class*="-notes"] {
  position: fixed; z-index: 90; right: 1.5rem; bottom: 1rem; width: min(27rem, 100vw - 3rem); padding: 0.5rem 0.5rem 0.2rem;
  align-items: flex-end; background: Canvas; border-radius: 10px; box-shadow: 0 4px 18px rgb(0 0 0 / 0.35);
  animation: note-fades 1s 30s forwards;
}
[class*="st-key-"][class*="-notes"]:is(:hover, :focus-within) { animation-play-state: paused; }
@keyframes note-fades { to { opacity: 0; visibility: hidden; } }
</style>
"""


def apply() -> None:
    """Once a run, before anything else is drawn."""
    st.html(CSS)
