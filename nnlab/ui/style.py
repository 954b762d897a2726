"""The few rules of appearance that the theme in .streamlit/config.toml has no setting for."""

from __future__ import annotations

import json

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
/* So is the place of the story line above it: lists that open, a sentence of two lines and three buttons, whatever the preset says.
   Where there is no room for them in one line, the sentence goes below the lists, and the buttons with it. */
[class*="-above"] { container: story / inline-size; }
[class*="-above"] [data-testid="stColumn"] { min-height: 2.5rem; }
@container story (max-width: 500px) {
  [class*="-above"] [data-testid="stColumn"] { min-height: 6rem; }
  [class*="-above"] [data-testid="stColumn"] [data-testid="stHorizontalBlock"] > :has(> [class*="-watch"]) { flex: 1 1 calc(100% - 150px) !important; min-width: 0; }
}
@container story (max-width: 740px) {
  [class*="-above-parts"] [data-testid="stColumn"] { min-height: 6rem; }
  [class*="-above-parts"] [data-testid="stColumn"] [data-testid="stHorizontalBlock"] > :has(> [class*="-watch"]) { flex: 1 1 calc(100% - 150px) !important; min-width: 0; }
  [class*="-above-parts"] [data-testid="stElementContainer"]:has(> [data-testid="stSelectbox"]) { flex: 1 1 130px !important; width: auto; min-width: 0; max-width: 200px; }
}
@container story (min-width: 501px) {
  [class*="-above"]:not([class*="-parts"]) [data-testid="stColumn"] [data-testid="stHorizontalBlock"] { flex-wrap: nowrap; }
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
/* Beside the story line: changes taken back, and the link. Their words are for screen readers; a tooltip says them, too. */
[class*="-acts"] { gap: 0.25rem; }
[class*="-acts"] button { min-height: 2.25rem; padding: 0 0.45rem; }
[class*="-acts"] [data-testid="stPopoverButton"] > div > [aria-hidden="true"] { display: none; } /* the arrow: the sign says enough */
[data-testid="stPopoverBody"] { max-width: min(40rem, 94vw); }
[class*="-acts"] button p { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
/* Presenter mode (assets/board/presenter.js): the story line, the bar and the pictures, half as large again. */
.nnlab-presenting { --nnlab-top: 0px; --nnlab-type: 1.5; }
.nnlab-presenting :is([data-testid="stHeader"], [data-testid="stSidebar"], [data-testid="stExpandSidebarButton"]),
.nnlab-presenting [class*="-files"] { display: none; }
.nnlab-presenting [data-testid="stMainBlockContainer"] { padding: 0.5rem 1rem; }
.nnlab-presenting [class*="-watch"] { height: 3.6rem; }
.nnlab-presenting [class*="-above"] [data-baseweb="select"] { font-size: 1.35rem; }
.nnlab-presenting [class*="-watch"] p { font-size: 1.35rem; line-height: 1.8rem; }
#vg-tooltip-element img { width: 96px; image-rendering: pixelated; } /* a picture under the pointer, in a chart */
/* Of small plotly charts beside each other, what is read at a place reaches over its neighbours. */
[class*="-panels-"] .main-svg { overflow: visible !important; }
[class*="-panels-"] > div:hover { position: relative; z-index: 5; }
::highlight(nnlab-term) { text-decoration: underline dotted; text-underline-offset: 3px; } /* assets/board/glossary.js */
@media print {
  @page { size: landscape; margin: 10mm; }
  .stApp, [data-testid="stAppViewContainer"], [data-testid="stMain"] { position: static; height: auto; overflow: visible; display: block; }
  :is([data-testid="stHeader"], [data-testid="stSidebar"], [class*="-acts"], [class*="-files"], [class*="-notes"]) { display: none; }
  [class*="st-key-"][class*="-board"] { break-inside: auto; }
}
@keyframes note-fades { to { opacity: 0; visibility: hidden; } }
</style>
"""


def apply() -> None:
    """Once a run, before anything else is drawn."""
    st.html(CSS)


def mark(section: int, title: str) -> None:
    """Show which page of the menu's `section`, from 1, is open: a section that is shut does not say it."""
    here = f'[data-testid="stTopNav"] > :nth-child({section} of :has(> [data-testid="stTopNavSection"])) > button'
    name = json.dumps(f": {title}", ensure_ascii=False)
    ground = "background: color-mix(in srgb, currentColor 9%, transparent);"
    st.html(f"<style>{here} {{ {ground} }} {here} p::after {{ content: {name}; }}</style>")
