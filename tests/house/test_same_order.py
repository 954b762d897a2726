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

VIEWS = Path(__file__).resolve().parents[2] / "assets" / "views"


def written(view: str, name: str) -> Any:
    """The list or object literal `const name = …;` of a view."""
    found = re.search(rf"^const {name} = (.+?);$", (VIEWS / view).read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{view} has no {name} any more"
    return json.loads(re.sub(r"([{,]\s*)(\w+):", r'\1"\2":', found[1]))


def test_the_cards_of_the_activations_stand_in_the_order_of_their_curves() -> None:
    names = written("neuron/activations.js", "NAMES")
    assert names == list(ACTIVATIONS)
    assert set(written("neuron/activations.js", "TITLES")) == set(names)


def test_the_lowest_points_of_the_bowl_belong_to_the_losses_that_are_named() -> None:
    assert written("neuron/linear.js", "LOSSES") == list(surfaces.LOSSES)


@pytest.mark.parametrize("kind", list(OPTIMIZERS))
def test_the_learning_rate_map_varies_the_setting_that_its_side_names(kind: str) -> None:
    axes = written("descent/map.js", "AXES")
    try:
        axis = lr_map.axis_of(kind)
    except Refused:
        assert kind == "muon" and kind not in axes
    else:
        assert axes[kind] == [axis.field, axis.label]
