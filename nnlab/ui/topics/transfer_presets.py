"""Starting points of the page on transfer learning; a slow test measures who wins each."""

from __future__ import annotations

from typing import Any

from nnlab.ui.presets import Preset

POOL: dict[str, Any] = {"kind": "pool"}
BLOCKS = (
    {"kind": "conv", "channels": 16}, POOL, {"kind": "conv", "channels": 32}, POOL, {"kind": "dense", "units": 64},
)  # fmt: skip
CLEAN = {"rotation": 0, "scaling": 0, "shear": 0, "shift": 0, "noise": 0, "paleness": 0}


def experiment(data: dict[str, Any], **model: Any) -> dict[str, Any]:
    """Letters as the source, unless `model` says otherwise; an output that learns faster than the rest."""
    return {
        "data": data,
        "model": {"family": "transfer", "blocks": list(BLOCKS), "head_rate": 10, **model},
        "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.003, "batch_size": 32},
    }


PRESETS: dict[str, Preset] = {
    "digits": Preset(
        "Letters → digits",
        "The network learns capital letters, then digits from 5 pictures a class. The digits that test it are of fonts that "
        "it has never seen. Guess who will read most of them before you press Play.",
        20,
        experiment({"kind": "glyphs", "strokes": 0, "samples": 3_000, "per_class": 5}),
    ),
    "greek": Preset(
        "Letters → Greek",
        "From capital letters to 24 Greek ones, 5 pictures a class. Drag the line to keep fewer blocks, and measure under Blocks "
        "kept where the source helps most.",
        20,
        experiment({"kind": "glyphs", "what": "greek", "samples": 3_000, "per_class": 5}),
        view="transfer_kept",
    ),
    "drawn": Preset(
        "Letters → drawn digits",
        "The same source, but a pen draws the digits, upright and clean, 10 pictures a class. Make your guess first. Then find out "
        "why under What changes.",
        20,
        experiment({"kind": "strokes", "samples": 2_000, "per_class": 10, **CLEAN}),
        view="transfer_layers",
    ),
}
