"""The Streamlit script: page settings, the list of pages, and the outermost guard."""

from __future__ import annotations

from typing import Any

import streamlit as st

from nnlab.core.paths import root
from nnlab.core.registries import TOPICS
from nnlab.ui import echo, messages, style
from nnlab.ui.topic import Topic, page_file

LOGO = root() / "assets" / "logo.svg"
MARK = root() / "assets" / "logo-mark.svg"

st.set_page_config(page_icon=str(MARK), layout="wide", initial_sidebar_state=style.SIDEBAR_PX)
st.logo(str(LOGO), icon_image=str(MARK), size="large")
style.apply()


def _pages() -> dict[str, list[Any]]:
    """Section -> pages, one a registered topic; the first one has the bare address."""
    menu: dict[str, list[Any]] = {}
    for i, name in enumerate(TOPICS):
        topic: Topic = TOPICS.load(name)
        page = st.Page(
            page_file(topic), title=topic.title, icon=topic.icon, help=topic.help, url_path=name, default=i == 0
        )
        menu.setdefault(topic.section, []).append(page)
    return menu


def _here(page: Any) -> None:
    """The page's own name for the browser, and in the menu, where its section is shut."""
    title = page.title
    st.set_page_config(page_title=f"{title} · nnlab")
    topics = [TOPICS.load(name) for name in TOPICS]
    sections = list(dict.fromkeys(topic.section for topic in topics if topic.section))
    section = next((topic.section for topic in topics if topic.title == title), "")
    if section:
        style.mark(sections.index(section) + 1, title)


page = st.navigation(_pages(), position="top")
messages.guarded(_here)(page)
messages.guarded(echo.settle)()
messages.guarded(page.run)()
