"""What every run has: its curves."""

from __future__ import annotations

from nnlab.views.view import View

CURVES = View(
    name="curves",
    title="Learning curves",
    needs=(),
    module="views/run/curves.js",
    help="Each metric over time. Hover to read the numbers.",
    alt="Lines of every metric over time, training and test.",
    place="half",
)
