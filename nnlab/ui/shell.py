"""The Streamlit script: page settings, the list of pages, and the outermost guard."""

from __future__ import annotations

import streamlit as st

from nnlab.core.paths import root
from nnlab.ui import echo, messages, style

PAGES = root() / "pages"
LOGO = root() / "assets" / "logo.svg"
MARK = root() / "assets" / "logo-mark.svg"

st.set_page_config(page_title="nnlab", page_icon=str(MARK), layout="wide", initial_sidebar_state=style.SIDEBAR_PX)
st.logo(str(LOGO), icon_image=str(MARK), size="large")
style.apply()

# One line a page: section -> pages.
page = st.navigation(
    {
        "": [
            st.Page(
                PAGES / "playground.py",
                title="Playground",
                icon=":material/play_circle:",
                default=True,
                url_path="playground",
                help="A network that learns while you watch: change its data, layers and training.",
            ),
        ],
        "Descent": [
            st.Page(
                PAGES / "one_neuron.py",
                title="One neuron",
                icon=":material/radio_button_checked:",
                url_path="one_neuron",
                help="Perceptron, linear unit and sigmoid neuron: every number of them on the screen.",
            ),
            st.Page(
                PAGES / "backpropagation.py",
                title="Backpropagation",
                icon=":material/keyboard_double_arrow_left:",
                url_path="backpropagation",
                help="One update of a small network with every number on the screen, and the chain rule of each weight.",
            ),
            st.Page(
                PAGES / "optimisers.py",
                title="Optimisers",
                icon=":material/downhill_skiing:",
                url_path="optimisers",
                help="Optimisers race down a surface from one start: paths, standings, and each update taken apart.",
            ),
            st.Page(
                PAGES / "landscape.py",
                title="Loss landscape",
                icon=":material/landscape:",
                url_path="landscape",
                help="The loss around the weights of your own network, with the path of its training.",
            ),
        ],
    },
    position="top",
)
messages.guarded(echo.settle)()
messages.guarded(page.run)()
