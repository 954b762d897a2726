"""Optimisers on a surface."""

from __future__ import annotations

from nnlab.views.view import View

RACE = View(
    name="race",
    title="Race",
    needs=("race",),
    asks=("race_grid",),
    module="views/descent/race.js",
    help="The path of each optimiser, seen from above; the lines join points of equal height. Click to set the start.",
    alt="Contour map of the surface with the path of every optimiser.",
    place="wide",
)

RACE_TABLE = View(
    name="race_table",
    title="Standings",
    needs=("race",),
    module="views/descent/table.js",
    help="How high each optimiser still is, how far from the nearest minimum, and when it arrived. Click a row to select it.",
    alt="Table of the optimisers with height, distance to the nearest minimum and the step of arrival.",
    place="square",
)

RACE_CURVES = View(
    name="race_curves",
    title="Loss and distance",
    needs=("race",),
    module="views/descent/curves.js",
    help="Height above the lowest known minimum, and distance to the nearest one, step by step on logarithmic axes.",
    alt="Lines of loss and of distance to the nearest minimum over steps, one for each optimiser.",
    place="half",
)

RACE_SURFACE = View(
    name="race_surface",
    title="3-D surface",
    needs=("race",),
    asks=("race_grid",),
    module="views/descent/surface.js",
    help="The same surface in 3-D with the paths on it. Turn it with the mouse. A racer has two weights, x and y, so this is its whole "
    "loss landscape, not a slice of one.",
    alt="Three-dimensional surface with the path of every optimiser on it.",
)

RACE_STEP = View(
    name="race_step",
    title="One update",
    needs=("race", "race_step"),
    module="views/descent/step.js",
    help="The next update of one optimiser in parts: gradient, memory, and the arrows that add up to the step.",
    alt="Arrows of the parts of one update on a close-up of the surface, and bars of what the optimiser remembers.",
)

RACE_MAP = View(
    name="race_map",
    title="Learning-rate map",
    needs=("race",),
    asks=("lr_map",),
    module="views/descent/map.js",
    help="The loss after 200 steps for 576 pairs of learning rate and momentum. Click a cell to race with it.",
    alt="Heat map of the final height over learning rate and momentum.",
)

RACE_CURVATURE = View(
    name="race_curvature",
    title="Curvature",
    needs=("race", "race_curvature"),
    module="views/descent/curvature.js",
    help="The curvature of the surface under each optimiser, and its learning rate beside the largest stable one, 2/λmax.",
    alt="For each optimiser the learning rate on an axis beside 2/λmax, with the eigenvalues of the Hessian and the sharpness.",
)
