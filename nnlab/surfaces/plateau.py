"""A plain with one hole: the gradient vanishes far from it."""

from __future__ import annotations

from nnlab.surfaces.surface import Surface

PLATEAU = Surface(
    title="Plateau",
    expression="1 - exp(-(x^2 + y^2)/2)",
    domain=(-5.0, 5.0, -5.0, 5.0),
    minima=((0.0, 0.0, 0.0),),
    start=(-2.8, 2.2),
    learning_rate=0.1,
    watch="Far from the minimum the gradient is nearly zero, but optimisers that divide by its size still move.",
    source="An inverted Gaussian; the flat error surface of a saturated unit looks like its rim.",
)
