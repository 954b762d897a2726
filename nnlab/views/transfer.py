"""What transfer learning shows: five networks block by block, what the target makes of each layer, and the comparison over many seeds."""

from __future__ import annotations

from nnlab.views.view import View

COURSES = View(
    name="courses",
    title="Source and target",
    needs=("transfer",),
    module="views/transfer/courses.js",
    help="The source's network, and four that learn the target. Blue blocks begin with the source's weights. Drag the line to keep "
    "fewer blocks.",
    alt="Five rows of blocks, each with the accuracy of its network.",
    place="wide",
)

LAYERS = View(
    name="transfer_layers",
    title="What changes",
    needs=("transfer",),
    asks=("transfer_layers",),
    module="views/transfer/layers.js",
    help="How alike the layers stay to those of the source, and what is forgotten of it.",
    alt="A matrix of the likeness of all layers before and after, and bars for each network.",
)

KEPT = View(
    name="transfer_kept",
    title="Blocks kept",
    needs=("transfer",),
    asks=("transfer_kept",),
    module="views/transfer/kept.js",
    help="Accuracy over the number of blocks kept, measured anew with several seeds.",
    alt="Two lines, fine-tuned and frozen, and a band for networks from scratch.",
)
