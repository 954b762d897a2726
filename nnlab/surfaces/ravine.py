"""A long valley with steep walls: a quadratic of condition number 40."""

from __future__ import annotations

from nnlab.surfaces.surface import Surface

RAVINE = Surface(
    title="Ravine",
    expression="(x^2 + 40*y^2)/2",
    domain=(-4.0, 4.0, -2.0, 2.0),
    minima=((0.0, 0.0, 0.0),),
    start=(-3.5, 1.2),
    learning_rate=0.03,
    watch="Gradient descent moves slowly along the floor; at a higher learning rate it zigzags between the walls. Momentum swings, but arrives sooner.",
    source="Quadratic with condition number 40; see Goh, Why momentum really works, Distill 2017.",
)
