"""The presets of a page as a list that opens, and the line that says what to watch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from nnlab.core.experiment import Experiment
from nnlab.ui import echo, messages
from nnlab.ui.presets import Preset
from nnlab.ui.session import Session


def start(here: Session, name: str, among: Mapping[str, Preset]) -> None:
    """Start the preset `name` from its first step."""
    chosen = among[name]
    here.preset = name
    here.start(chosen.experiment, pace=chosen.plays, look=chosen.look)


def picker(here: Session, among: Mapping[str, Preset], *, own: str) -> None:
    """The list of presets, and the line of the one that was picked last; `own` where it is none of them."""
    key = here.key(f"preset:{next(iter(among))}")
    names = list(among)
    same = next((name for name, one in among.items() if one.experiment == here.experiment), None)
    echo.put(key, same)
    st.selectbox(
        "Start from",
        names,
        None if same is None else names.index(same),
        format_func=lambda name: among[name].title,
        key=key,
        placeholder="Your own",
        label_visibility="collapsed",
        filter_mode=None,
        width=200,
        on_change=messages.guarded(_picked),
        args=(here, key, among),
    )
    here.preset = same or here.preset
    with st.container(key=f"{key}-watch"):
        st.markdown(_watch(here, among) or own)


def _watch(here: Session, among: Mapping[str, Preset]) -> str:
    """What the preset that was picked last tells people to watch, as long as its examples and its network are there to be watched; else ""."""
    chosen = among.get(here.preset)
    if chosen is None or _subject(chosen.experiment) != _subject(here.experiment):
        return ""
    return chosen.watch


def _subject(spec: Experiment) -> tuple[Any, ...]:
    """What the line is about: the kind of data and what says which examples and which network they are."""
    parts = (spec.data, spec.model)
    return spec.data.kind, *(getattr(part, name) for part in parts for name in part.told_by)


def _picked(here: Session, key: str, among: Mapping[str, Preset]) -> None:
    """A preset was picked."""
    if echo.doubted(key, lambda: _picked(here, key, among)):
        return
    name = st.session_state[key]
    if name in among:
        start(here, name, among)
