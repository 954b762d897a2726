"""A chart below the live view: what it is drawn from is asked of the run when somebody wants it, and costs nothing before.

A topic names its charts (`Topic.charts`). Each has a section that opens, a form, and what Streamlit draws of the answer. The server
only waits: a worker computes, in a child process where it can, and the network goes on training. What an answer is looked at by, such
as a part of it or its colours, is chosen above the picture and computes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any, Literal

import streamlit as st

from nnlab.core.experiment import Experiment
from nnlab.core.records import Array
from nnlab.core.registries import CHARTS
from nnlab.live.server.asked import Asked
from nnlab.ui import messages
from nnlab.ui.session import Session

LOOK_S = 0.2  # between two looks at how far it is
BUTTON = "Compute at this step"
WORKING = "The network goes on meanwhile."
OTHER = "The network or its data have changed since. Compute it again to see them as they are now."


Drawn = Literal["altair", "plotly"]
STILL = {
    "displayModeBar": False,
    "scrollZoom": False,
    "responsive": True,
}  # of plotly: whoever scrolls the page zooms no picture
DRAW: dict[Drawn, Callable[..., Any]] = {
    "altair": st.altair_chart,
    "plotly": partial(st.plotly_chart, theme=None, config=STILL),
}


@dataclass(frozen=True)
class Panel:
    """One picture of a chart, and what it says in words. `by` is the library that has made the figure.

    `wide`: pixels; such panels stand beside each other, as many as the page has room for. Without, it is as wide as the page.
    """

    figure: Any
    alt: str
    by: Drawn = "altair"
    wide: int | None = None


@dataclass(frozen=True)
class Made:
    """A chart as it is shown: sentences with this run's numbers, and panels from top to bottom."""

    sentences: tuple[str, ...]
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Given:
    """What a form may read: the experiment, the `key` of a control by its name, and what was chosen of an analysis in the live view."""

    experiment: Experiment
    key: Callable[[str], str]
    looked: Callable[[str], Mapping[str, Any]]


Arrays = Mapping[str, Array]
Options = Mapping[str, Any]


def _nothing(options: Options, arrays: Arrays, key: Callable[[str], str]) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Chart:
    """`study` is what is asked of the run, with the options that `form` returns, which draws their controls; `make` builds
    the picture from the answer, for a dark page or a bright one. `look` draws the controls of how the answer is looked at, and
    returns what they say: small values that `make` is given among the options. Its `key` is that of a control by its name."""

    name: str
    title: str
    study: str
    help: str
    form: Callable[[Given], dict[str, Any]]
    make: Callable[[Experiment, Options, Arrays, bool], Made]
    icon: str = ":material/scatter_plot:"
    look: Callable[[Options, Arrays, Callable[[str], str]], dict[str, Any]] = _nothing


@dataclass
class _Shown:
    """A request and, once it is answered, its arrays and what was made of them, by how they are looked at."""

    experiment: Experiment
    options: dict[str, Any]
    asked: Asked
    error: str = ""
    arrays: Arrays | None = None
    made: dict[Any, Made] = field(default_factory=dict)


def show_charts(session: Session, names: Iterable[str]) -> None:
    """The sections of a page; one that is shut draws nothing and computes nothing."""
    for name in names:
        chart: Chart = CHARTS.load(name)
        section = st.expander(chart.title, key=session.key(f"{name}:open"), icon=chart.icon, on_change="rerun")
        if section.open:
            with section:
                _section(session, chart)


@st.fragment
def _section(session: Session, chart: Chart) -> None:
    messages.guarded(_draw)(session, chart)


def _draw(session: Session, chart: Chart) -> None:
    run = session.run()
    if run is None:
        return
    st.caption(chart.help)

    def key(name: str) -> str:
        return session.key(f"{chart.name}:{name}")

    with st.form(key("form"), border=False):
        options = chart.form(Given(run.experiment, key, run.looked))
        wanted = st.form_submit_button(BUTTON, type="primary")
    shown: _Shown | None = st.session_state.get(key("shown"))
    if wanted:
        if shown is not None:
            shown.asked.cancel()
        shown = st.session_state[key("shown")] = _Shown(run.experiment, options, run.ask(chart.study, options))
    if shown is None:
        return
    _await(shown.asked)
    _picture(chart, shown, key)
    if (shown.experiment.data, shown.experiment.model) != (run.experiment.data, run.experiment.model):
        st.caption(OTHER)


def _await(asked: Asked) -> None:
    """Wait, and say how far it is. Whatever else somebody does on the page interrupts this script, and the next one waits on."""
    if asked.over:
        return
    bar = st.progress(0.0, WORKING)
    while not asked.wait(LOOK_S):
        bar.progress(min(1.0, asked.share), WORKING)
    bar.empty()


def _picture(chart: Chart, shown: _Shown, key: Callable[[str], str]) -> None:
    if shown.arrays is None and not shown.error:
        shown.arrays, shown.error = shown.asked.record()
    if shown.arrays is None or shown.error:
        messages.beside(shown.error)
        return
    words = st.container()  # they stand above what is chosen, which they follow from
    look = chart.look(shown.options, shown.arrays, key)
    dark = st.context.theme.type == "dark"
    how = dark, *look.items()
    if how not in shown.made:
        shown.made[how] = chart.make(shown.experiment, {**shown.options, **look}, shown.arrays, dark)
    made = shown.made[how]
    for sentence in made.sentences:
        words.markdown(messages.escaped(sentence))
    _panels(made.panels, key)


def _panels(panels: tuple[Panel, ...], key: Callable[[str], str]) -> None:
    for wide, some in groupby(enumerate(panels), lambda one: one[1].wide):
        room = (
            st.container() if wide is None else st.container(horizontal=True, gap="xsmall", key=key(f"panels:{wide}"))
        )
        with room:
            for i, panel in some:
                DRAW[panel.by](panel.figure, width=wide or "stretch", alt=panel.alt, key=key(f"panel:{i}"))
