"""Shapes and refusals against torch itself, for any list of blocks; every refusal brings a network that is possible."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch
from nnlab.core.forms import Pictures
from nnlab.families.cnn.shapes import MOST_PARAMETERS, MOST_WORK, PATH, refusals, stages, totals
from nnlab.families.cnn.spec import Cnn
from tests.families.cnn.networks import blocks_of, forms, lists, network

# torch says so of every even kernel with padding="same".
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
outputs = st.sampled_from([1, 3, 10])
EDITED = {"data": {"kind": "digits8", "samples": 100}, "model": {"family": "cnn", "blocks": []}}


def patched(blocks: Any, change: dict[str, Any]) -> Any:
    """The blocks after a change by paths, as a button applies it."""
    rows = [block.model_dump(mode="json") for block in blocks]
    for path, value in change.items():
        if path == PATH:
            rows = value
            continue
        i, _, field = path.removeprefix(f"{PATH}.").partition(".")
        rows[int(i)][field] = value
    return blocks_of(*rows)


@settings(max_examples=150)
@given(blocks=lists(most_width=16), form=forms, outputs=outputs)
def test_a_network_is_refused_where_torch_fails_and_else_has_the_shapes_that_torch_gives(blocks, form, outputs):
    found = refusals(blocks, form, outputs)
    if found and found[0].problem.message.startswith("A network must"):  # torch would take any size
        parameters, work = totals(blocks, form, outputs)
        assert parameters > MOST_PARAMETERS or work > MOST_WORK
        return
    if found:
        with pytest.raises((RuntimeError, ValueError, IndexError)):
            network(blocks, form, outputs)
        return
    x = torch.zeros(2, form.channels, form.height, form.width, dtype=torch.float64)
    module = network(blocks, form, outputs)
    told = stages(blocks, form, outputs)
    for stage, layer in zip(told[1:], module, strict=True):
        x = layer.eval()(x)
        assert tuple(x.shape[1:]) == stage.shape
        assert sum(p.numel() for p in layer.parameters()) == stage.parameters


@settings(max_examples=150)
@given(blocks=lists(most=16), form=forms, outputs=outputs)
def test_every_refusal_brings_the_change_that_makes_it_possible(blocks, form, outputs):
    for refusal in refusals(blocks, form, outputs):
        assert refusal.change
        assert refusals(patched(blocks, dict(refusal.change)), form, outputs) == []


@settings(max_examples=150)
@given(blocks=lists(most=4), form=forms, outputs=outputs)
def test_a_single_value_that_is_changed_is_the_nearest_that_is_possible(blocks, form, outputs):
    for refusal in refusals(blocks, form, outputs):
        if len(refusal.change) > 1 or PATH in refusal.change:
            continue
        ((path, value),) = refusal.change.items()
        _, _, place, field = path.split(".")
        was = getattr(blocks[int(place)], field)
        between = range(value + 1, was)
        assert value < was
        assert all(refusals(patched(blocks, {path: one}), form, outputs) for one in between)


@settings(max_examples=100)
@given(blocks=lists(most=4, most_width=8), form=forms)
def test_multiplications_are_those_that_torch_counts(blocks, form):
    from torch.utils.flop_counter import FlopCounterMode

    if refusals(blocks, form, 3):
        return
    module = network(blocks, form, 3).eval()
    with FlopCounterMode(display=False) as counting, torch.no_grad():
        module(torch.zeros(1, form.channels, form.height, form.width, dtype=torch.float64))
    told = stages(blocks, form, 3)
    assert 2 * sum(stage.work for stage in told) == counting.get_total_flops()


# ---- sentences ---------------------------------------------------------------------------------------------------------
DIGITS = Pictures(8, 8)
CASES: list[tuple[str, list[dict[str, Any]], str, str, dict[str, Any]]] = [
    (
        "a kernel larger than the picture",
        [{"kind": "pool", "size": 4, "stride": 4}, {"kind": "conv", "kernel": 5, "padding": "0"}],
        "model.blocks.1.kernel",
        "The kernel must be at most 2 here, where the picture is 2 × 2; got 5.",
        {"model.blocks.1.kernel": 2},
    ),
    (
        "too much dilation",
        [{"kind": "conv", "kernel": 5, "dilation": 3, "padding": "0"}],
        "model.blocks.0.dilation",
        "The dilation must be at most 1 for a kernel of 5 here, where the picture is 8 × 8; got 3.",
        {"model.blocks.0.dilation": 1},
    ),
    (
        "a pooling larger than the picture",
        [{"kind": "pool", "size": 3, "stride": 3}, {"kind": "pool", "size": 3}],
        "model.blocks.1.size",
        "The size must be at most 2 here, where the picture is 2 × 2; got 3.",
        {"model.blocks.1.size": 2},
    ),
    (
        "nothing left",
        [{"kind": "global_pool"}, {"kind": "pool"}],
        "model.blocks.1.kind",
        "Nothing is left to pool: the picture is 1 × 1 here, and the smallest square is 2 × 2. Take this block out.",
        {"model.blocks": [{"kind": "global_pool"}]},
    ),
    (
        "a dense block before a convolution",
        [{"kind": "dense", "units": 4, "activation": "relu"}, {"kind": "global_pool"}],
        "model.blocks.1.kind",
        "Global pooling must stand before the first fully connected block, which leaves no picture to look at.",
        {"model.blocks": [{"kind": "global_pool"}, {"kind": "dense", "units": 4, "activation": "relu"}]},
    ),
    (
        "too many parameters",
        [{"kind": "conv", "channels": 64}, {"kind": "dense", "units": 512}],
        "model.blocks.1.units",
        "A network must have at most 1,000,000 parameters; this one would have 2,103,434. At most 243 units here would do.",
        {"model.blocks.1.units": 243},
    ),
]


@pytest.mark.parametrize(
    ("blocks", "field", "message", "change"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_is_impossible_is_said_where_it_stands_with_the_nearest_value(blocks, field, message, change):
    (refusal,) = refusals(blocks_of(*blocks), DIGITS, 10)
    assert (refusal.problem.field, str(refusal.problem.message)) == (field, message)
    assert dict(refusal.change) == change


@pytest.mark.parametrize("blocks", [case[1] for case in CASES], ids=[case[0] for case in CASES])
def test_an_experiment_refuses_it_and_takes_the_edit_together_with_the_change(blocks):
    before = experiment(EDITED)
    edit = {PATH: blocks}
    with pytest.raises(Refused) as refused:
        patch(before, edit)
    data: Any = before.data
    (refusal,) = Cnn(family="cnn", blocks=blocks).refusals(data)
    assert refused.value.problems == (refusal.problem,)
    assert refused.value.problems[0].instead == refusal.change
    model: Any = patch(before, {**edit, **refusal.change}).model
    assert model.refusals(data) == []


def test_an_edit_of_one_field_is_mended_too_and_one_that_is_wrong_for_another_reason_is_not():
    conv = {"kind": "conv", "padding": "0"}
    before = patch(experiment(EDITED), {PATH: [{"kind": "pool"}, conv]})
    for edit, instead in (
        ({f"{PATH}.1.kernel": 7}, {f"{PATH}.1.kernel": 4}),
        ({f"{PATH}.1.kernel": 8}, None),
        ({f"{PATH}.7.kernel": 3}, None),
    ):
        with pytest.raises(Refused) as refused:
            patch(before, edit)
        assert refused.value.problems[0].instead == instead


def test_too_much_work_for_a_picture_is_refused_too():
    blocks = blocks_of(*[{"kind": "conv", "channels": 64}] * 5)
    (refusal,) = refusals(blocks, Pictures(32, 32), 10)
    assert str(refusal.problem.message).startswith(
        "A network must take at most 50,000,000 multiplications for a picture; "
    )
    assert totals(patched(blocks, dict(refusal.change)), Pictures(32, 32), 10)[1] <= MOST_WORK


def test_stages_are_numbered_by_kind():
    blocks = blocks_of({"kind": "conv"}, {"kind": "pool"}, {"kind": "conv"}, {"kind": "batch_norm"}, {"kind": "dense"})
    names = [stage.name for stage in stages(blocks, DIGITS, 10)]
    assert names == ["input", "conv1", "pool1", "conv2", "batch_norm1", "dense1", "output"]
    assert [stage.block for stage in stages(blocks, DIGITS, 10)] == [-1, 0, 1, 2, 3, 4, -1]
