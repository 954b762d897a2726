"""What is drawn over the plane: answers, surfaces, and the plane as a layer sees it."""

from __future__ import annotations

from nnlab.views.view import View

BOUNDARY = View(
    name="boundary",
    title="Output",
    needs=("boundary",),
    module="views/plane/boundary.js",
    help="The network's output at every point of the plane, with the points it learns from. Drag a point to move it.",
    alt="Heat map of the network's output over the plane with the data points on it.",
    place="square",
)

SURFACE = View(
    name="surface",
    title="3-D surface",
    needs=("surface",),
    module="views/plane/surface.js",
    help="The network's output as a landscape. Turn it with the mouse.",
    alt="Three-dimensional surface of the network's output over the plane.",
)

CONFUSION = View(
    name="confusion",
    title="Confusion matrix",
    needs=("confusion",),
    module="views/plane/confusion.js",
    help="How often the network predicts each class for each true class; the diagonal is correct.",
    alt="Table of true classes against predicted classes for training and test data.",
)

WARP = View(
    name="warp",
    title="Warped plane",
    needs=("warp",),
    module="views/plane/warp.js",
    help="The plane as a layer sees it: a grid in the coordinates of the layer's neurons.",
    alt="The input grid and the points in the coordinates of two or three neurons of a layer.",
)
