"""The controls of an experiment in the sidebar, in three groups: data, model, training."""

from __future__ import annotations

import streamlit as st

from nnlab.ui import controls, messages, upload
from nnlab.ui.session import Session

GROUPS = ("Data", "Model", "Training")
ELSEWHERE = ("upload", "line", "surface")  # files come by upload, the others belong to pages of their own


def notes(session: Session) -> None:
    """What was done for the person, until the next change: it lies over the page, so that the picture stays put."""
    messages.notes(session.notes, key=session.key("said"))


def controls_panel(session: Session) -> None:
    """All controls. Only the open group is drawn, so that a rerun costs little."""
    tabs = st.tabs(GROUPS, key=session.key("group"), on_change="rerun")
    for tab, draw in zip(tabs, (data, model, training), strict=True):
        if tab.open:
            with tab:
                draw(session)


def data(session: Session) -> None:
    """Which points, and the upload of one's own."""
    controls.kind_picker(session, "data", "Dataset", hidden=ELSEWHERE)
    if name := getattr(session.experiment.data, "name", ""):
        st.caption(messages.escaped(name))
    controls.draw(session, "data", session.experiment.data, own_first=True)
    upload.uploader(session)


def model(session: Session) -> None:
    """Features, layers and how the weights start."""
    spec = session.experiment
    controls.draw(session, "model", spec.model)
    controls.draw(session, "", spec, skip=("data", "model", "training"))


def training(session: Session) -> None:
    """Loss, optimiser, learning rate and when to stop."""
    controls.draw(session, "training", session.experiment.training)
