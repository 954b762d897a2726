"""The page on transfer learning: its sources and presets are legal, and its controls act."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnlab.core.experiment import experiment
from nnlab.core.links import to_link
from nnlab.families.transfer.spec import SOURCES, Transfer
from nnlab.ui.charts.few_figure import figure, made, rows, sentence
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


def test_a_preset_says_what_to_do_in_a_short_line_and_waits_for_the_class_to_guess_at_a_pace_to_watch() -> None:
    for preset in PRESETS.values():
        assert len(preset.watch) <= 170 and preset.watch.split()[0] in ("Guess", "Press")
        assert preset.plays is None and preset.look.speed == preset.pace and 0 < (preset.pace or 0) <= 8


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


def record(seeds: int = 3) -> dict[str, Any]:
    """An answer of the study over pictures a class."""
    found = np.random.default_rng(0).random((3, 5, seeds)).astype(np.float32)
    return {
        "few_pictures": np.array([1, 2, 5, 10, 20], np.int32),
        "few_accuracy": found,
        "few_updates": np.array([80], np.int32),
    }


def test_the_table_has_a_row_a_network_and_says_what_each_seed_gains() -> None:
    arrays = record()
    table = rows(arrays)
    assert len(table) == 3 * 5 * 3
    one = table[(table.network == "Fine-tuned") & (table.pictures == 10) & (table.seed == "seed 2")].iloc[0]
    found = arrays["few_accuracy"]
    assert one.accuracy == pytest.approx(found[1, 3, 2]) and one.gain == pytest.approx(found[1, 3, 2] - found[0, 3, 2])
    assert (table[table.network == "From scratch"].gain == 0).all()


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_sentence_says_after_how_many_updates(seeds: int) -> None:
    arrays = record(seeds)
    told = sentence(arrays)
    mean = arrays["few_accuracy"][1, 2].mean()
    assert told.startswith("After 80 updates with 5 pictures a class: from scratch")
    assert f"fine-tuned {100 * mean:.0f} %" in told and "nan" not in told
    assert made(arrays, dark=True).panels[0].alt == told


@pytest.mark.parametrize("dark", [False, True])
def test_plot_and_table_follow_one_seed_by_click_or_from_a_list(dark: bool) -> None:
    spec = figure(rows(record()), dark=dark).to_dict()
    assert {param["name"] for param in spec["params"]} >= {"clicked", "of_seed"}
    lit = str(spec).count("indexof(clicked.seed, datum.seed)")
    assert lit == 2, "the points of the plot and the squares of the table"
    assert next(p for p in spec["params"] if p["name"] == "of_seed")["bind"]["options"] == [
        None,
        "seed 0",
        "seed 1",
        "seed 2",
    ]
