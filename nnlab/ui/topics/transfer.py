"""Transfer learning: a network learns a source in front of the student, and is then used on another task with few pictures."""

from __future__ import annotations

from nnlab.ui.groups import USUAL
from nnlab.ui.presets import OWN
from nnlab.ui.topic import Topic
from nnlab.ui.topics.transfer_presets import PRESETS

TOPIC = Topic(
    name="transfer",
    title="Transfer learning",
    section="Pictures",
    icon=":material/move_down:",
    help="Train a network on one set of pictures, then see what that is worth for another.",
    family="transfer",
    presets=PRESETS,
    own=OWN,
    views=("courses", "curves", "transfer_layers", "transfer_kept", "histograms", "gradient_norms"),
    charts=("few",),
    groups=USUAL,
    tabs=True,
)
