"""The views of the live page: what each needs from a run, which module draws it, and the words beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from nnlab.core.registries import VIEWS

Place = Literal["page", "wide", "square", "half", "tab"]  # "page": all there is, on a page of its own


@dataclass(frozen=True)
class View:
    """One panel. `needs` are names of ANALYSES; `module` is the file under `assets/`; `place` is where the page puts it."""

    name: str
    title: str
    needs: tuple[str, ...]
    module: str
    help: str
    alt: str
    place: Place = "tab"


NETWORK = View(
    name="network",
    title="Network",
    needs=("weights", "neurons"),
    module="views/network.js",
    help="Each box shows what one neuron gives over the whole plane; the lines are its weights. Hover for numbers, click to change one.",
    alt="Diagram of the network with a heat map in every neuron and a line for every weight.",
    place="wide",
)

BOUNDARY = View(
    name="boundary",
    title="Output",
    needs=("boundary",),
    module="views/boundary.js",
    help="What the network answers everywhere in the plane, with the points it learns from. Drag a point to move it.",
    alt="Heat map of the network's output over the plane with the data points on it.",
    place="square",
)

CURVES = View(
    name="curves",
    title="Loss and accuracy",
    needs=(),
    module="views/curves.js",
    help="How training and test loss (and accuracy) went, epoch by epoch. Hover to read the numbers.",
    alt="Lines of training and test loss and accuracy over epochs.",
    place="half",
)

SURFACE = View(
    name="surface",
    title="3-D surface",
    needs=("surface",),
    module="views/surface.js",
    help="The network's output as a landscape. Turn it with the mouse.",
    alt="Three-dimensional surface of the network's output over the plane.",
)

CONFUSION = View(
    name="confusion",
    title="Confusion matrix",
    needs=("confusion",),
    module="views/confusion.js",
    help="How often each class was taken for each other; the diagonal is right.",
    alt="Table of true classes against predicted classes for training and test data.",
)

HISTOGRAMS = View(
    name="histograms",
    title="Weights and gradients",
    needs=("histograms",),
    module="views/histograms.js",
    help="How weights and gradients are spread in each layer.",
    alt="Histograms of the weights and of the gradients, layer by layer.",
)

GRADIENT_NORMS = View(
    name="gradient_norms",
    title="Gradient norms",
    needs=("gradient_norms",),
    module="views/gradient_norms.js",
    help="How long the gradient is in each layer: it should neither vanish nor explode towards the input.",
    alt="Bars of the gradient's length in each layer on a logarithmic axis.",
)

WARP = View(
    name="warp",
    title="Warped plane",
    needs=("warp",),
    module="views/warp.js",
    help="The plane as a layer sees it: a grid bent into the coordinates of its neurons.",
    alt="The input grid and the points in the coordinates of two or three neurons of a layer.",
)


def described(names: Iterable[str] = tuple(VIEWS)) -> list[dict[str, Any]]:
    """The views as JSON for the live component, in the given order."""
    return [asdict(VIEWS.load(name)) | {"needs": list(VIEWS.load(name).needs)} for name in names]
