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

RACE = View(
    name="race",
    title="Race",
    needs=("race",),
    module="views/race.js",
    help="Each optimiser on its way down, seen from above; the lines join places of equal height. Click to set the start.",
    alt="Contour map of the surface with the path of every optimiser.",
    place="wide",
)

RACE_TABLE = View(
    name="race_table",
    title="Standings",
    needs=("race",),
    module="views/race_table.js",
    help="How high each optimiser still is, how far from the nearest minimum, and when it arrived. Click a row to look at it.",
    alt="Table of the optimisers with height, distance to the nearest minimum and the step of arrival.",
    place="square",
)

RACE_CURVES = View(
    name="race_curves",
    title="Loss and distance",
    needs=("race",),
    module="views/race_curves.js",
    help="Height above the lowest known minimum, and distance to the nearest one, step by step on logarithmic axes.",
    alt="Lines of loss and of distance to the nearest minimum over steps, one for each optimiser.",
    place="half",
)

RACE_SURFACE = View(
    name="race_surface",
    title="3-D surface",
    needs=("race",),
    module="views/race_surface.js",
    help="The same surface as a landscape with the paths on it. Turn it with the mouse. A racer has two weights, x and y, so this is "
    "its whole loss landscape, not a slice of one.",
    alt="Three-dimensional surface with the path of every optimiser on it.",
)

RACE_STEP = View(
    name="race_step",
    title="One update",
    needs=("race", "race_step"),
    module="views/race_step.js",
    help="The next update of one optimiser, taken apart: gradient, memory, and the arrows that add up to the step.",
    alt="Arrows of the parts of one update on a close-up of the surface, and bars of what the optimiser remembers.",
)

RACE_MAP = View(
    name="race_map",
    title="Learning-rate map",
    needs=("race",),
    module="views/race_map.js",
    help="Where 200 steps end for 576 pairs of learning rate and momentum. Click a cell to race with it.",
    alt="Heat map of the final height over learning rate and momentum.",
)

RACE_CURVATURE = View(
    name="race_curvature",
    title="Curvature",
    needs=("race", "race_curvature"),
    module="views/race_curvature.js",
    help="How sharply the surface curves under each optimiser, and its learning rate beside the largest stable one, 2 / λmax.",
    alt="For each optimiser the learning rate on an axis beside 2 / λmax, with the eigenvalues of the Hessian and the sharpness.",
)

NEURON_PERCEPTRON = View(
    name="neuron_perceptron",
    title="Perceptron",
    needs=("neuron_rows", "perceptron"),
    module="views/neuron_perceptron.js",
    help="The line among the points, the weights among the half-planes that the points ask for, and every mistake. Drag a point.",
    alt="The points with the perceptron's line, its weights in weight space, and the table of its updates.",
    place="page",
)


LANDSCAPE = View(
    name="landscape",
    title="Loss landscape",
    needs=("weights",),
    module="views/landscape.js",
    help="The loss around the present weights, with the way that the run has come; in a race, those of the optimiser that is "
    "chosen in the standings. Turn it with the mouse.",
    alt="Surface of the loss on a plane in the space of the weights, with the path of the run on it.",
)

LOSS_LINE = View(
    name="loss_line",
    title="Line between weights",
    needs=("weights",),
    module="views/landscape_line.js",
    help="The loss on the straight line between two sets of weights, and how high a barrier lies between them.",
    alt="Curves of training and test loss on the straight line between two sets of weights.",
)

CURVATURE = View(
    name="curvature",
    title="Curvature",
    needs=(),
    module="views/curvature.js",
    help="How sharply the loss curves here, and how large a learning rate that allows: at most 2 / λmax.",
    alt="Bars of the largest eigenvalues of the Hessian, and the learning rate on an axis beside its limit.",
)

NEURON_LINEAR = View(
    name="neuron_linear",
    title="Linear unit",
    needs=("neuron_rows", "bowl", "gradients"),
    module="views/neuron_linear.js",
    help="The line with its squared errors, and the bowl of the loss over slope and bias. Drag either, the other follows.",
    alt="Points with a line and the squares of its errors, and the loss over slope and bias with the path of descent.",
    place="page",
)

BACKPROP = View(
    name="backprop",
    title="Backpropagation",
    needs=("weights",),
    module="views/backprop.js",
    help="One update, number by number: forward, loss, backward, update. Click a line for its chain rule with the numbers.",
    alt="Diagram of a small network with the numbers of one update on its neurons and lines.",
    place="page",
)

NEURON_SIGMOID = View(
    name="neuron_sigmoid",
    title="Sigmoid neuron",
    needs=("neuron_rows", "sigmoids"),
    module="views/neuron_sigmoid.js",
    help="The same neuron on the squared error and on cross-entropy: two surfaces, two paths, and where the slope vanishes.",
    alt="Squared error and cross-entropy of one neuron over two weights, its paths on both, and the slope at every point.",
    place="page",
)

NEURON_BATCHES = View(
    name="neuron_batches",
    title="Batch, stochastic and mini-batch",
    needs=("neuron_rows", "bowl"),
    module="views/neuron_batches.js",
    help="Three units from one start: one moves after every example, one after a mini-batch, one after all examples.",
    alt="Three paths on one loss surface, and the three losses over examples seen and over updates made.",
    place="page",
)

NEURON_ACTIVATIONS = View(
    name="neuron_activations",
    title="Activations",
    needs=(),
    module="views/neuron_activations.js",
    help="Every activation with its derivative, and what ten layers of it make of a signal and of a gradient.",
    alt="Curves of all activations and their derivatives, and the spread of values and gradients through ten layers.",
    place="page",
)


def described(names: Iterable[str] = tuple(VIEWS)) -> list[dict[str, Any]]:
    """The views as JSON for the live component, in the given order."""
    return [asdict(VIEWS.load(name)) | {"needs": list(VIEWS.load(name).needs)} for name in names]
