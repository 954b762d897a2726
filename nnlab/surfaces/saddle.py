"""A saddle point at the origin between two minima."""

from __future__ import annotations

from nnlab.surfaces.surface import Surface

SADDLE = Surface(
    title="Saddle",
    expression="x^2/2 - y^2/2 + y^4/16",
    domain=(-3.0, 3.0, -3.5, 3.5),
    minima=((0.0, 2.0, -1.0), (0.0, -2.0, -1.0)),
    start=(-2.5, 0.001),
    learning_rate=0.05,
    watch="The slope nearly vanishes at the saddle; which optimiser leaves it first, and why?",
    source="Quadratic saddle closed by a quartic so that minima exist at (0, 2) and (0, -2); Dauphin et al. 2014 on saddles.",
)
