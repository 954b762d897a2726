"""The sidebar of the page One neuron: the few fields that matter for each topic, in one column."""

from __future__ import annotations

import streamlit as st
from pydantic import BaseModel

from nnlab.core.registries import DATASETS
from nnlab.ui import controls
from nnlab.ui.choices import fields_of
from nnlab.ui.neuron_presets import LOOKED_AT, topic
from nnlab.ui.session import Session

# Two classes whatever else is chosen; what lies on other planes is not offered.
TWO_CLASSES = ("circle", "xor", "gaussians", "spiral", "moons", "checkerboard", "formula", "drawn")
LANDSCAPE = ("landscape", "loss_line", "curvature")  # of any family
VIEWS = {
    "perceptron": ("neuron_perceptron", *LANDSCAPE),
    "linear": ("neuron_linear", *LANDSCAPE),
    "sigmoid": ("neuron_sigmoid", *LANDSCAPE),
    "batches": ("neuron_batches", *LANDSCAPE),
    "activations": ("neuron_activations",),
}
MODEL = {
    "perceptron": ("rule", "order", "bias", "w1", "w2", "b"),
    "linear": ("scaled", "w1", "b"),
    "sigmoid": ("w1", "w2", "b"),
    "batches": ("mini", "scaled", "w1", "b"),
}
TRAINING = {
    "perceptron": (),
    "linear": ("loss", "batch_size", "optimizer"),
    "sigmoid": ("loss", "batch_size"),
    "batches": ("loss",),
}


def panel(here: Session) -> None:
    """Model and training first: they are what the topic is about; the data below."""
    now, spec = topic(here), here.experiment
    if now == LOOKED_AT:
        return
    st.subheader("Neuron", anchor=False)
    _chosen(here, "model", spec.model, MODEL[now])
    _chosen(here, "training", spec.training, TRAINING[now])
    st.subheader("Data", anchor=False)
    if now in ("perceptron", "sigmoid"):
        hidden = tuple(name for name in DATASETS if name not in TWO_CLASSES)
        controls.kind_picker(here, "data", "Dataset", hidden=hidden)
    controls.draw(here, "data", spec.data, skip=("test_noise", "labels", "n_classes"), own_first=True)


def _chosen(here: Session, path: str, spec: BaseModel, names: tuple[str, ...]) -> None:
    controls.draw(here, path, spec, skip=tuple(c.name for c in fields_of(type(spec)) if c.name not in names))
