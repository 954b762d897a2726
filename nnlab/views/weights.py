"""What is read from the weights of any family."""

from __future__ import annotations

from nnlab.views.view import View

HISTOGRAMS = View(
    name="histograms",
    title="Weights and gradients",
    needs=("histograms",),
    module="views/weights/histograms.js",
    help="The distribution of weights and gradients in each layer.",
    alt="Histograms of the weights and of the gradients, layer by layer.",
)

GRADIENT_NORMS = View(
    name="gradient_norms",
    title="Gradient norms",
    needs=("gradient_norms",),
    module="views/weights/gradient_norms.js",
    help="How long the gradient is in each layer: it should neither vanish nor explode towards the input.",
    alt="Bars of the gradient's length in each layer on a logarithmic axis.",
)

LANDSCAPE = View(
    name="landscape",
    title="Loss landscape",
    needs=(),
    wants=("weights",),
    asks=("landscape",),
    module="views/weights/landscape.js",
    help="The loss around the current weights, with the path of training. A vertical line joins the loss to the plane where the weights "
    "lie outside it. Turn the picture with the mouse. In a race, select the optimiser in the standings.",
    alt="Surface of the loss on a plane in the space of the weights, with the path of the run on it.",
)

LOSS_LINE = View(
    name="loss_line",
    title="Line between weights",
    needs=(),
    wants=("weights",),
    asks=("line",),
    module="views/weights/landscape_line.js",
    help="The loss on the straight line between two sets of weights, and how high a barrier lies between them.",
    alt="Curves of training and test loss on the straight line between two sets of weights.",
)

CURVATURE = View(
    name="curvature",
    title="Curvature",
    needs=(),
    asks=("hessian",),
    module="views/weights/curvature.js",
    help="The curvature of the loss here, and the largest stable learning rate, 2/λmax.",
    alt="Bars of the largest eigenvalues of the Hessian, and the learning rate on an axis beside its limit.",
)
