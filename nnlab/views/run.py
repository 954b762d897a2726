"""What every run has: its curves."""

from __future__ import annotations

from nnlab.views.view import View

CURVES = View(
    name="curves",
    title="Loss and accuracy",
    needs=(),
    module="views/run/curves.js",
    help="How training and test loss (and accuracy) went, epoch by epoch. Hover to read the numbers.",
    alt="Lines of training and test loss and accuracy over epochs.",
    place="half",
)
