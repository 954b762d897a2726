"""Himmelblau's function with four equal minima."""

from __future__ import annotations

from nnlab.surfaces.surface import Surface

HIMMELBLAU = Surface(
    title="Himmelblau",
    expression="(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    domain=(-5.0, 5.0, -5.0, 5.0),
    minima=(
        (3.0, 2.0, 0.0),
        (-2.8051180869527448, 3.131312518250573, 0.0),
        (-3.779310253377747, -3.2831859912861694, 0.0),
        (3.5844283403304917, -1.8481265269644036, 0.0),
    ),
    start=(-0.3, -0.9),
    learning_rate=0.01,
    watch="Four equal minima: which one is reached depends on the start and on the step.",
    source="Himmelblau, Applied nonlinear programming, 1972.",
    log_height=True,
)
