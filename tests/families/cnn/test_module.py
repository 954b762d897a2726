"""Stage by stage: what a walk gives is what hooks see, and a channel that is off is one whose weights are zero."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor

from nnlab.core.forms import Pictures
from nnlab.families.cnn.module import NORMAL, CnnModule
from nnlab.families.cnn.shapes import refusals, stages
from nnlab.families.cnn.spec import Cnn
from tests.families.cnn.networks import blocks_of, forms, lists, network, with_weights

# torch says so of every even kernel with padding="same".
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
FORM = Pictures(9, 8, 3)
BLOCKS = (
    {"kind": "conv", "channels": 5, "activation": "sigmoid"},
    {"kind": "batch_norm", "activation": "tanh"},
    {"kind": "pool"},
    {"kind": "residual", "channels": 6},
    {"kind": "dropout"},
    {"kind": "dense", "units": 7, "activation": "tanh"},
)


@pytest.fixture
def module() -> CnnModule:
    torch.manual_seed(0)
    made = CnnModule(Cnn(family="cnn", blocks=BLOCKS), FORM, 4).double().eval()  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return made


@pytest.fixture
def x() -> Tensor:
    return torch.rand(3, FORM.channels, FORM.height, FORM.width, generator=torch.Generator().manual_seed(1)).double()


def hooked(module: Any, x: Tensor) -> list[Tensor]:
    """What forward hooks see of each direct part."""
    seen = [x]
    handles = [part.register_forward_hook(lambda _m, _i, out: seen.append(out)) for part in module.children()]
    module(x)
    for handle in handles:
        handle.remove()
    return seen


def test_a_walk_is_what_hooks_see_with_the_input_first_and_the_logits_last(module, x):
    found, seen = module.walk(x), hooked(module, x)
    assert len(found) == len(seen) == len(module.names)
    assert all(torch.equal(a, b) for a, b in zip(found, seen, strict=True))
    assert torch.equal(found[0], x) and torch.equal(found[-1], module(x))
    told = stages(blocks_of(*BLOCKS), FORM, 4)
    assert [tuple(a.shape[1:]) for a in found] == [stage.shape for stage in told]
    assert list(module.names) == [stage.name for stage in told]


def test_with_sums_each_stage_tells_what_its_activation_is_applied_to(module, x):
    found, sums = module.walk(x), module.walk(x, sums=True)
    for name, function in (("conv1", torch.sigmoid), ("batch_norm1", torch.tanh), ("dense1", torch.tanh)):
        i = module.names.index(name)
        assert torch.equal(function(sums[i]), found[i]) and not torch.equal(sums[i], found[i])
    assert torch.equal(sums[-1], found[-1])


@settings(max_examples=60)
@given(blocks=lists(most=5, most_width=8), form=forms)
def test_any_network_computes_what_plain_torch_does(blocks, form):
    if refusals(blocks, form, 3):
        return
    spec = Cnn(family="cnn", blocks=blocks)
    mine = CnnModule(spec, form, 3).double().eval()
    x = torch.rand(2, form.channels, form.height, form.width).double()
    theirs = with_weights(network(blocks, form, 3), mine).eval()
    for a, b in zip(mine.walk(x)[1:], hooked(theirs, x)[1:], strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)


# ---- switched off --------------------------------------------------------------------------------------------------------
def test_a_channel_that_is_off_is_one_whose_outgoing_weights_are_zero(module, x):
    off = {"residual1": {1, 4}, "dense1": {2}}
    found = module.walk(x, off)[-1]
    assert not torch.allclose(found, module(x))
    with torch.no_grad():
        module.dense1.weight.view(7, 6, -1)[:, [1, 4]] = 0
        module.output.weight[:, 2] = 0
    torch.testing.assert_close(found, module(x))


def test_a_channel_of_the_picture_or_of_a_convolution_is_off_for_the_filters_behind_it(x):
    blocks = ({"kind": "conv", "channels": 4, "activation": "gelu"}, {"kind": "conv", "channels": 5})
    module = CnnModule(Cnn(family="cnn", blocks=blocks), FORM, 4).double().eval()  # type: ignore[arg-type]
    found = module.walk(x, {"input": {2}, "conv1": {0, 3}})
    with torch.no_grad():
        module.get_submodule("conv1").weight[:, 2] = 0  # type: ignore[index]
        module.get_submodule("conv2").weight[:, [0, 3]] = 0  # type: ignore[index]
    torch.testing.assert_close(found[-1], module(x))
    assert found[1][:, [0, 3]].abs().max() == 0 and found[1][:, [1, 2]].abs().min() > 0


def test_nothing_is_off_afterwards_and_the_input_is_left_alone(module, x):
    before, kept = module(x), x.clone()
    module.walk(x, {"input": {0}, "conv1": {0}})
    assert torch.equal(module(x), before) and torch.equal(x, kept)


def test_a_walk_can_be_differentiated_down_to_every_stage(module, x):
    found = module.walk(x.requires_grad_())
    slopes = torch.autograd.grad(found[-1][:, 0].sum(), found[:-1])
    assert all(
        slope.shape == stage.shape and slope.abs().max() > 0 for slope, stage in zip(slopes, found, strict=False)
    )


# ---- initial weights -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("init", "scale"), [("he", 1.0), ("xavier", 1.0), ("normal", 1.0), ("he", 2.5)])
def test_initial_weights_are_spread_as_the_papers_say(init, scale):
    blocks = ({"kind": "conv", "channels": 64, "kernel": 5}, {"kind": "dense", "units": 100})
    spec = Cnn(family="cnn", blocks=blocks, init=init, init_scale=scale)  # type: ignore[arg-type]
    module = CnnModule(spec, Pictures(6, 6, 3), 10)
    for name, fan_in, fan_out in (("conv1", 75, 1600), ("dense1", 64 * 36, 100)):
        weight: Any = module.get_submodule(name).weight
        deviation = {"he": (2 / fan_in) ** 0.5, "xavier": (2 / (fan_in + fan_out)) ** 0.5, "normal": NORMAL}[init]
        assert float(weight.detach().std()) == pytest.approx(deviation * scale, rel=0.05)
        bias: Any = module.get_submodule(name).bias
        assert not bias.any()
