"""Starting points of a page: an experiment, how it is looked at, and a line that says what to watch."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from nnlab.core.experiment import Experiment, experiment
from nnlab.core.links import Look
from nnlab.ui import echo, messages

if TYPE_CHECKING:
    from nnlab.ui.session import Session


OWN = "**An experiment of your own.** A button above starts one of ours again, with what there is to see in it."


@dataclass(frozen=True, eq=False)
class Preset:
    """A starting point: `title` on its button, `watch` under it, `pace` in updates a second, slow enough to watch.

    A pace of None waits for a person to press play. `view` is the one that the line speaks of, `options` are those of the
    analyses behind it, by their names; both are open when the preset starts, and travel in its link.
    """

    title: str
    watch: str
    pace: float | None
    value: Mapping[str, Any]
    view: str = ""
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @functools.cached_property
    def experiment(self) -> Experiment:
        """The experiment."""
        return experiment(self.value)

    @functools.cached_property
    def look(self) -> Look:
        """How it is looked at."""
        options = {name: dict(chosen) for name, chosen in self.options.items()}
        return Look(speed=self.pace, view=self.view, options=options)


def start(here: Session, name: str, among: Mapping[str, Preset]) -> None:
    """Start the preset `name` from its first step."""
    chosen = among[name]
    here.preset = name
    here.start(chosen.experiment, pace=chosen.pace, look=chosen.look)


def picker(here: Session, among: Mapping[str, Preset], *, own: str) -> None:
    """The presets as a row of buttons, and the line of the one that was picked last; `own` where it is none of them."""
    key = here.key(f"preset:{next(iter(among))}")
    same = next((name for name, one in among.items() if one.experiment == here.experiment), None)
    echo.put(key, same)
    st.pills(
        "Start from",
        list(among),
        format_func=lambda name: among[name].title,
        default=same,
        key=key,
        label_visibility="collapsed",
        wrap=True,
        on_change=messages.guarded(_picked),
        args=(here, key, among),
    )
    here.preset = same or here.preset
    with st.container(key=f"{key}-watch"):
        st.markdown(_watch(here, among) or own)


def _watch(here: Session, among: Mapping[str, Preset]) -> str:
    """What the preset that was picked last tells people to watch, as long as its examples are there to be watched; else ""."""
    chosen = among.get(here.preset)
    if chosen is None or _examples(chosen.experiment) != _examples(here.experiment):
        return ""
    return f"**What to watch.** {chosen.watch}"


def _examples(spec: Experiment) -> tuple[Any, ...]:
    """What a line can speak of: the kind of data, and the points where a hand has set them all."""
    data = spec.data
    return data.kind, getattr(data, "surface", ""), getattr(data, "added", ()) if data.kind == "drawn" else ()


def _picked(here: Session, key: str, among: Mapping[str, Preset]) -> None:
    """A preset was picked, or picked again."""
    if echo.doubted(key, lambda: _picked(here, key, among)):
        return
    name = st.session_state[key] or here.preset
    if name in among:
        start(here, name, among)
