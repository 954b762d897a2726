"""Backpropagation, number by number."""

from __future__ import annotations

from nnlab.views.view import View

BACKPROP = View(
    name="backprop",
    title="Backpropagation",
    needs=("weights",),
    asks=("backprop",),
    module="views/backprop/backprop.js",
    help="One update, number by number: forward, loss, backward, update. Click a line to see its chain rule with the numbers.",
    alt="Diagram of a small network with the numbers of one update on its neurons and lines.",
    place="page",
)
