"""One neuron: perceptron, linear unit, sigmoid neuron, and what a batch is, each learning while everything about it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pydantic import BaseModel

from nnlab.core.experiment import Experiment
from nnlab.ui import controls
from nnlab.ui.choices import fields_of
from nnlab.ui.groups import Group
from nnlab.ui.presets import OWN
from nnlab.ui.session import Session
from nnlab.ui.topic import Topic
from nnlab.ui.topics.one_neuron_presets import PRESETS

LANDSCAPE = ("landscape", "loss_line", "curvature")  # of any family
LOOK = (
    "**What to watch.** Choose Sigmoid: the values gather around 0.5, and almost no gradient passes back through ten "
    "layers. Then choose ReLU with He initial weights: both keep their size."
)


def kind_of(spec: Experiment) -> str:
    """Which part of the page shows an experiment; it is read off its unit, so that a link needs to say nothing more."""
    unit = str(getattr(spec.model, "unit", ""))
    return "batches" if unit == "linear" and getattr(spec.model, "race", False) else unit


def _neuron(here: Session, model: tuple[str, ...], training: tuple[str, ...]) -> None:
    """The few fields that matter for a part."""
    spec = here.experiment
    _chosen(here, "model", spec.model, model)
    _chosen(here, "training", spec.training, training)


def _data(here: Session, *, kinds: bool) -> None:
    if kinds:
        controls.kind_picker(here, "data", "Dataset")
    data = here.experiment.data
    controls.draw(here, "data", data, skip=("test_noise", "labels", "n_classes"), own_first=True)


def _chosen(here: Session, path: str, spec: BaseModel, names: tuple[str, ...]) -> None:
    controls.draw(here, path, spec, skip=tuple(c.name for c in fields_of(type(spec)) if c.name not in names))


def _is(name: str) -> Callable[[Experiment], bool]:
    return lambda spec: kind_of(spec) == name


def _part(
    name: str, title: str, *, model: tuple[str, ...], training: tuple[str, ...] = (), kinds: bool = False
) -> Topic:
    """A part of the page: model and training first, for they are what it is about; the data below."""
    return Topic(
        name=name,
        title=title,
        family="neuron",
        shows=_is(name),
        presets=PRESETS[name],
        own=OWN,
        views=(f"neuron_{name}", *LANDSCAPE),
        groups=(
            Group("Neuron", partial(_neuron, model=model, training=training)),
            Group("Data", partial(_data, kinds=kinds)),
        ),
    )


TOPIC = Topic(
    name="one_neuron",
    section="Learning",
    title="One neuron",
    icon=":material/radio_button_checked:",
    help="Perceptron, linear unit and sigmoid neuron, with every number on the screen.",
    family="neuron",
    other="The link holds another kind of network, so this page starts with its own.",
    restorable=lambda spec: spec.data.kind != "drawn",  # a preset's button brings its points back
    views=(),
    parts=(
        _part("perceptron", "Perceptron", model=("rule", "order", "bias", "w1", "w2", "b"), kinds=True),
        _part("linear", "Linear unit", model=("scaled", "w1", "b"), training=("loss", "batch_size", "optimizer")),
        _part("sigmoid", "Sigmoid neuron", model=("w1", "w2", "b"), training=("loss", "batch_size"), kinds=True),
        _part("batches", "Batch, stochastic, mini-batch", model=("mini", "scaled", "w1", "b"), training=("loss",)),
        Topic(
            name="activations",
            title="Activations",
            family="neuron",
            own=LOOK,
            views=("neuron_activations",),
            player=False,
            trains=False,
        ),
    ),
)
