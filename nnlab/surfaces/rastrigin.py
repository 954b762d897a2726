"""Rastrigin's egg box of local minima."""

from __future__ import annotations

from nnlab.surfaces.surface import Surface

RASTRIGIN = Surface(
    title="Rastrigin",
    expression="20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*pi*y)",
    domain=(-5.12, 5.12, -5.12, 5.12),
    minima=((0.0, 0.0, 0.0),),
    start=(-3.2, 2.4),
    learning_rate=0.002,
    watch="Dozens of local minima: noise and momentum can carry an optimiser out of one.",
    source="Rastrigin, Systems of extremal control, 1974.",
)
