"""The receptive field by construction is the set of pixels with a gradient, for any chain of blocks."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.core.forms import Pictures
from nnlab.families.cnn.module import CnnModule
from nnlab.families.cnn.receptive import field
from nnlab.families.cnn.shapes import refusals, stages
from nnlab.families.cnn.spec import Cnn
from tests.families.cnn.networks import blocks_of, lists

forms = st.builds(Pictures, height=st.integers(1, 24), width=st.integers(1, 24), channels=st.just(1))


def plain(blocks):
    """The same windows, but nothing hides a gradient: means instead of maxima, no activation, no batch."""
    rows = [block.model_dump(mode="json") for block in blocks]
    for row in rows:
        row |= {"activation": "linear"} if "activation" in row else {}
        row |= {"mode": "average"} if row["kind"] == "pool" else {}
        row |= {"norm": False} if row["kind"] == "residual" else {}
    return blocks_of(*rows)


@settings(max_examples=150)
@given(blocks=lists(most=4, most_width=2), form=forms, data=st.data())
def test_it_is_the_set_of_pixels_with_a_gradient(blocks, form, data):
    blocks = plain(blocks)
    if refusals(blocks, form, 1):
        return
    module = CnnModule(Cnn(family="cnn", blocks=blocks), form, 1).double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(0.1)
    block = data.draw(st.integers(-1, len(blocks) - 1))
    shape = stages(blocks, form, 1)[block + 1].shape
    row, column = (data.draw(st.integers(0, side - 1)) for side in (shape[1:] or (1, 1)))
    x = torch.ones(1, 1, form.height, form.width).double().requires_grad_()
    made = module.walk(x)[block + 1]
    value = made[0, 0, row, column] if len(shape) == 3 else made[0, 0]
    (slope,) = torch.autograd.grad(value, x)
    seen = slope[0, 0] != 0
    found = field(blocks, form, block, row, column)
    expected = torch.zeros_like(seen)
    if found.rows and found.columns:
        expected[torch.tensor(found.rows)[:, None], torch.tensor(found.columns)] = True
    assert torch.equal(seen, expected)
    top, left, bottom, right = found.box
    assert seen[top:bottom, left:right].sum() == seen.sum()
    assert not seen.any() or (
        seen[top].any() and seen[bottom - 1].any() and seen[:, left].any() and seen[:, right - 1].any()
    )


def test_two_convolutions_of_three_see_five_pixels_and_less_at_the_edge():
    blocks = blocks_of({"kind": "conv"}, {"kind": "conv"})
    assert field(blocks, Pictures(9, 9), 1, 4, 4).box == (2, 2, 7, 7)
    assert field(blocks, Pictures(9, 9), 1, 0, 8).box == (0, 6, 3, 9)


def test_dilation_leaves_gaps():
    found = field(blocks_of({"kind": "conv", "dilation": 2, "padding": "0"}), Pictures(9, 9), 0, 0, 1)
    assert (found.rows, found.columns) == ((0, 2, 4), (1, 3, 5))
