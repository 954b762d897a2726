"""Styblinski and Tang's four valleys, one of them deepest."""

from __future__ import annotations

from nnlab.surfaces.surface import Surface

STYBLINSKI_TANG = Surface(
    title="Styblinski–Tang",
    expression="(x^4 - 16*x^2 + 5*x + y^4 - 16*y^2 + 5*y)/2",
    domain=(-5.0, 5.0, -5.0, 5.0),
    minima=((-2.903534027771177, -2.903534027771177, -78.33233140754282),),
    start=(0.5, 3.5),
    learning_rate=0.01,
    watch="Four valleys, one of them deepest: the nearest one is not the best.",
    source="Styblinski and Tang, Experiments in nonconvex optimization, 1990.",
)
