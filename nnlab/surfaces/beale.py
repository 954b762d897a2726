"""Beale's function: a flat floor between sharp corners."""

from __future__ import annotations

from nnlab.surfaces.surface import Surface

BEALE = Surface(
    title="Beale",
    expression="(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2",
    domain=(-4.5, 4.5, -4.5, 4.5),
    minima=((3.0, 0.5, 0.0),),
    start=(1.0, 1.5),
    learning_rate=0.01,
    watch="Flat in the middle, with very steep walls at the corners.",
    source="Beale, On an iterative method for finding a local minimum, 1958.",
    log_height=True,
)
