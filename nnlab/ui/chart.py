"""A chart below the live view: what it is drawn from is asked of the run when somebody wants it, and costs nothing before.

A topic names its charts (`Topic.charts`). Each has a section that opens, a form, and what Streamlit draws of the answer. The server
only waits: a worker computes, in a child process where it can, and the network goes on training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(frozen=True)
class Panel:
    """One picture of a chart: what altair has made, and what it says in words."""

    figure: Any
    alt: str


@dataclass(frozen=True)
class Made:
    """A chart as it is shown: sentences with this run's numbers, and panels from top to bottom."""

    sentences: tuple[str, ...]
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Chart:
    """`study` is what is asked of the run, with the options that `form` returns, which draws their controls; `make` builds
    the picture from the answer, for a dark page or a bright one. `key` of a control: what `form` is given, and its name."""

    name: str
    title: str
    study: str
    help: str
    form: Callable[[Experiment, Callable[[str], str]], dict[str, Any]]
    make: Callable[[Experiment, Mapping[str, Any], Mapping[str, Array], bool], Made]
    icon: str = ":material/scatter_plot:"


@dataclass
class _Shown:
    """A request and, once it is answered, what was made of it, for a bright page and a dark one."""

    experiment: Experiment
    options: dict[str, Any]
    asked: Asked
    error: str = ""
    made: dict[bool, Made] = field(default_factory=dict)


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
    key = session.key(f"{chart.name}:shown")
    with st.form(session.key(f"{chart.name}:form"), border=False):
        options = chart.form(run.experiment, lambda name: session.key(f"{chart.name}:{name}"))
        wanted = st.form_submit_button(BUTTON, type="primary")
    shown: _Shown | None = st.session_state.get(key)
    if wanted:
        if shown is not None:
            shown.asked.cancel()
        shown = st.session_state[key] = _Shown(run.experiment, options, run.ask(chart.study, options))
    if shown is None:
        return
    _await(shown.asked)
    _picture(chart, shown)
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


def _picture(chart: Chart, shown: _Shown) -> None:
    dark = st.context.theme.type == "dark"
    if dark not in shown.made and not shown.error:
        arrays, shown.error = shown.asked.record()
        if not shown.error:
            shown.made[dark] = chart.make(shown.experiment, shown.options, arrays, dark)
    if shown.error:
        messages.beside(shown.error)
        return
    for sentence in shown.made[dark].sentences:
        st.markdown(messages.escaped(sentence))
    for panel in shown.made[dark].panels:
        st.altair_chart(panel.figure, width="stretch", alt=panel.alt)
