"""Lists that a view writes again in JavaScript name the same things in the same order as Python does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from nnlab.analysis.descent import lr_map
from nnlab.analysis.neuron import surfaces
from nnlab.core.errors import Refused
from nnlab.core.registries import OPTIMIZERS
from nnlab.families.mlp.activations import ACTIVATIONS

ASSETS = Path(__file__).resolve().parents[2] / "assets"


def written(script: str, name: str) -> Any:
    """The list or object literal `const name = …;` of a script."""
    found = re.search(
        rf"^(?:export )?const {name} = (.+?);$", (ASSETS / script).read_text(encoding="utf-8"), re.MULTILINE
    )
    assert found, f"{script} has no {name} any more"
    return json.loads(re.sub(r"([{,]\s*)(\w+):", r'\1"\2":', found[1]))


def test_the_cards_of_the_activations_stand_in_the_order_of_their_curves() -> None:
    names = written("views/neuron/activations.js", "NAMES")
    assert names == list(ACTIVATIONS)
    assert set(written("kit/activations.js", "TITLES")) == set(names)


def test_the_lowest_points_of_the_bowl_belong_to_the_losses_that_are_named() -> None:
    assert written("views/neuron/unit.js", "LOSSES") == list(surfaces.LOSSES)


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
def test_the_learning_rate_map_varies_the_setting_that_its_side_names(kind: str) -> None:
    axes = written("views/descent/map.js", "AXES")
    try:
        axis = lr_map.axis_of(kind)
    except Refused:
        assert kind == "muon" and kind not in axes
    else:
        assert axes[kind] == [axis.field, axis.label]
