"""The network as a diagram."""

from __future__ import annotations

from nnlab.views.view import View

NETWORK = View(
    name="network",
    title="Network",
    needs=("weights", "neurons"),
    module="views/network/network.js",
    help="Each box shows the output of one neuron over the whole plane; the lines are its weights. Hover for numbers, click to change one.",
    alt="Diagram of the network with a heat map in every neuron and a line for every weight.",
    place="wide",
)
