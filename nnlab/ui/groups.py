"""Groups of controls in the sidebar, and the usual three: data, model, training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from nnlab.core.forms import Pictures, Points
from nnlab.ui import controls, messages, pictures, upload
from nnlab.ui.session import Session


@dataclass(frozen=True)
class Group:
    """Some controls under one title."""

    title: str
    draw: Callable[[Session], None]


def draw_groups(session: Session, groups: tuple[Group, ...], *, tabs: bool) -> None:
    """All groups below one another; as tabs only the open one is drawn, so that a rerun costs little."""
    if not tabs:
        for group in groups:
            st.subheader(group.title, anchor=False)
            group.draw(session)
        return
    for tab, group in zip(
        st.tabs([g.title for g in groups], key=session.key("group"), on_change="rerun"), groups, strict=True
    ):
        if tab.open:
            with tab:
                group.draw(session)


def data(session: Session) -> None:
    """Which dataset, and the upload of a file."""
    controls.kind_picker(session, "data", "Dataset")
    if name := getattr(session.experiment.data, "name", ""):
        st.caption(messages.escaped(name))
    if told := getattr(session.experiment.data, "card", None):
        pictures.card(session, told)
    controls.draw(session, "data", session.experiment.data, own_first=True)
    model = session.experiment.model
    if Pictures.name in model.forms:
        pictures.uploader(session)
    if Points.name in model.forms and not {"class", "number"}.isdisjoint(model.targets):  # what a table can ask for
        upload.uploader(session)


def model(session: Session) -> None:
    """The architecture and how its weights start."""
    spec = session.experiment
    controls.draw(session, "model", spec.model)
    controls.draw(session, "", spec, skip=("data", "model", "training"))


def training(session: Session) -> None:
    """Loss, optimiser, learning rate and when to stop."""
    spec = session.experiment
    unused = () if spec.model.losses_for(spec.data) else ("loss",)
    controls.draw(session, "training", spec.training, skip=unused)


USUAL = (Group("Data", data), Group("Model", model), Group("Training", training))
