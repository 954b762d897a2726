"""Rosenbrock's banana-shaped valley."""

from __future__ import annotations

from nnlab.surfaces.surface import Surface

ROSENBROCK = Surface(
    title="Rosenbrock",
    expression="(1 - x)^2 + 100*(y - x^2)^2",
    domain=(-2.0, 2.0, -1.0, 3.0),
    minima=((1.0, 1.0, 0.0),),
    start=(-1.5, 2.0),
    learning_rate=0.001,
    watch="Finding the curved valley is easy; following its nearly flat floor is not.",
    source="Rosenbrock, An automatic method for finding the greatest or least value of a function, 1960.",
    log_height=True,
)
