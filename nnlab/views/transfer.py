"""What transfer learning shows: five networks block by block, what the target makes of each layer, and the comparison over many seeds."""

from __future__ import annotations

from nnlab.views.view import View

COURSES = View(
    name="courses",
    title="Source and target",
    needs=("transfer",),
    module="views/transfer/courses.js",
    asks=("transfer_samples",),
    help="One network learns the source. Then four learn the target from the same few pictures. From scratch: all weights are new. "
    "Fine-tuned: it begins with the source's weights, and all of them learn. Frozen: it begins with the source's weights, which stay; only what is new "
    "learns. Frozen random: random weights that stay. It is the control: does the source help, or would any fixed layers do? "
    "Blue blocks have the source's weights. Dashed boxes are new, and learn. Still, in a thick frame: these weights do not learn. The thin bar in a "
    "block says how much its weights have changed since the start; full means by as much as they were large. Pool has no weights. The answer is always new. "
    "Drag the line to keep fewer blocks. Click your guess again to take it back.",
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
