"""The page on convolutional networks: its presets do what their lines say, and an impossible network offers the nearest one."""

from __future__ import annotations

from typing import Any

import pytest

from nnlab.core.experiment import experiment, patch
from nnlab.core.links import to_link
from nnlab.train.run import advance, start
from nnlab.ui.topics.cnn_presets import PRESETS
from tests.app.pages import session_of, shown


def accuracy(name: str, *, epochs: int, samples: int | None = None, **changes: Any) -> tuple[float, float]:
    """Of a preset after some epochs, training and test; of fewer samples where the whole takes long."""
    spec = PRESETS[name].experiment
    more = {"data.samples": samples} if samples else {}
    run = start(patch(spec, {**more, **changes}) if more or changes else spec)
    advance(run, epochs=epochs)
    return tuple(run.learner.evaluate(split)["accuracy"] for split in ("train", "test"))  # type: ignore[return-value]


def test_the_first_preset_reads_fonts_that_it_has_never_seen() -> None:
    assert accuracy("glyphs", epochs=4, samples=3_000)[1] > 0.93


def test_a_linear_model_stops_where_a_convolution_goes_on() -> None:
    linear, lenet = accuracy("linear", epochs=12)[1], accuracy("lenet", epochs=3)[1]
    assert 0.85 < linear < 0.94 < lenet


@pytest.mark.slow
def test_of_emoji_the_training_accuracy_runs_ahead() -> None:
    train, test = accuracy("residual", epochs=14)
    assert train > test + 0.15 and test > 0.4


@pytest.mark.slow
def test_without_augmentation_icons_are_learnt_by_heart() -> None:
    spec = PRESETS["augmented"].experiment
    bare = patch(spec, {f"model.augment.{name}": 0 for name in ("shift", "rotation", "scale")})
    losses = []
    for one in (spec, bare):
        run = start(one)
        for epochs in (5, 5):
            advance(run, epochs=epochs)
            losses.append([run.learner.evaluate(split)["loss"] for split in ("train", "test")])  # type: ignore[arg-type]
    (_, with_it), (early, late) = losses[:2], losses[2:]
    assert late[0] < 0.05 < 0.1 < with_it[0]
    assert late[1] > early[1] + 0.05



def test_an_impossible_network_says_why_and_offers_the_nearest_on_a_button(fake: Any) -> None:
    pools = [{"kind": "conv"}, {"kind": "pool"}, {"kind": "pool"}, {"kind": "pool"}]  # 8 × 8 becomes 1 × 1
    spec = experiment({"data": {"kind": "digits8"}, "model": {"family": "cnn", "blocks": pools}})
    app = shown("cnn", s=to_link(spec))
    app.session_state["cnn:group"] = "Model"
    app.run()
    app.button(key="cnn:model.blocks:add").click().run()
    here = session_of(app, "cnn")
    assert here.experiment == spec
    said = " ".join(m.value for m in app.markdown)
    assert "Nothing is left to pool" in said
    app.button(key="cnn:model.blocks:instead").click().run()
    assert not app.exception and not app.error
    model: Any = session_of(app, "cnn").experiment.model
    assert session_of(app, "cnn").experiment != spec or len(model.blocks) == 4
    assert not session_of(app, "cnn").refused
