"""Starting points of the page on transfer learning; a slow test measures who wins each."""

from __future__ import annotations

from typing import Any

from nnlab.ui.presets import Preset

POOL: dict[str, Any] = {"kind": "pool"}
BLOCKS = (
    {"kind": "conv", "channels": 16}, POOL, {"kind": "conv", "channels": 32}, POOL, {"kind": "dense", "units": 64},
)  # fmt: skip
PACE = 5  # updates a second: the race is decided after 40 to 80
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
        "Guess first: who will read most digits? Then press Play. All learn from 5 pictures a class; the test is in fonts "
        "that they never see.",
        PACE,
        experiment({"kind": "glyphs", "strokes": 0, "samples": 3_000, "per_class": 5}),
        waits=True,
    ),
    "greek": Preset(
        "Letters → Greek",
        "Press Play, then drag the line to keep fewer blocks. Blocks kept measures how many are worth keeping. From capital letters "
        "to Greek ones, 5 pictures a class.",
        PACE,
        experiment({"kind": "glyphs", "what": "greek", "samples": 3_000, "per_class": 5}),
        view="transfer_kept",
        waits=True,
    ),
    "drawn": Preset(
        "Letters → drawn digits",
        "Guess first: who will read most drawn digits? Press Play, then find out why under What changes. A pen draws them, "
        "10 pictures a class.",
        PACE,
        experiment({"kind": "strokes", "samples": 2_000, "per_class": 10, **CLEAN}),
        view="transfer_layers",
        waits=True,
    ),
}
