"""A round bowl, the one surface on which every optimiser does well."""

from __future__ import annotations

from nnlab.surfaces.surface import Surface

BOWL = Surface(
    title="Bowl",
    expression="(x^2 + y^2)/2",
    domain=(-4.0, 4.0, -4.0, 4.0),
    minima=((0.0, 0.0, 0.0),),
    start=(-3.0, 2.5),
    learning_rate=0.1,
    watch="Every direction is equally steep, so gradient descent goes straight to the middle.",
    source="The simplest quadratic: its Hessian is the identity, so gradient descent diverges above a learning rate of 2.",
)
