"""The page on transfer learning: its sources and presets are legal, and its controls act."""

from __future__ import annotations

from typing import Any

import pytest

from nnlab.core.experiment import experiment
from nnlab.core.links import to_link
from nnlab.families.transfer.spec import SOURCES, Transfer
from nnlab.ui.topics.transfer_presets import PRESETS
from tests.app.pages import session_of, shown


def test_every_source_is_a_legal_dataset_and_every_preset_keeps_all_blocks() -> None:
    for name in SOURCES:
        spec = Transfer(family="transfer", source=name, source_samples=10_000)
        assert min(spec.source_data.sizes()) > 0
    for preset in PRESETS.values():
        model: Any = preset.experiment.model
        assert model.blocks_kept == len(model.blocks) == 5
        assert model.expected(preset.experiment.data)["per_class"] == preset.experiment.data.per_class  # type: ignore[attr-defined]


def test_another_source_is_chosen_from_a_list(fake: Any) -> None:
    spec = experiment(Transfer.example())
    app = shown("transfer", s=to_link(spec))
    app.session_state["transfer:group"] = "Model"
    app.run()
    app.selectbox(key="transfer:model.source").set_value("icons").run()
    here = session_of(app, "transfer")
    assert here.experiment.model.source == "icons" and not app.exception and not app.error  # type: ignore[attr-defined]


@pytest.mark.parametrize("few", [1, 50])
def test_pictures_a_class_are_a_control_of_the_data(fake: Any, few: int) -> None:
    app = shown("transfer", s=to_link(experiment(Transfer.example())))
    app.number_input(key="transfer:data.per_class").set_value(few).run()
    assert session_of(app, "transfer").experiment.data.per_class == few  # type: ignore[attr-defined]
    assert not app.exception and not app.error
