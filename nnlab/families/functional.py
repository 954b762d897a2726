"""The loss of a torch module as a function of one flat vector: what curvature and landscapes need of any family.

The module's parameters are views into the learner's flat vector, so where each of them lies there is read off the views; the
function puts the same views of another vector in their place (`torch.func.functional_call`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call

Criterion = Callable[[Tensor, Tensor], Tensor]


def views(module: nn.Module, flat: Tensor) -> Callable[[Tensor], dict[str, Tensor]]:
    """For any vector like `flat`, the parameters that are trained by name as views into it; raises where one lies elsewhere."""
    places = {}
    for name, p in module.named_parameters():
        if not p.requires_grad:
            continue
        if p.untyped_storage().data_ptr() != flat.untyped_storage().data_ptr():
            raise ValueError(f"Every parameter must be a view into `flat`; {name} is not. See docs/add-a-family.md.")
        places[name] = (p.shape, p.stride(), p.storage_offset() - flat.storage_offset())
    return lambda other: {
        name: torch.as_strided(other, size, stride, other.storage_offset() + at)
        for name, (size, stride, at) in places.items()
    }


def objective(module: nn.Module, flat: Tensor, *, criterion: Criterion) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """The mean loss by the flat vector, inputs and targets, in float64 and twice differentiable."""
    placed = views(module, flat)
    model = _frozen(module)

    def loss(weights: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
        return criterion(functional_call(model, placed(weights), (_double(inputs),)), _double(targets)).mean()

    return loss


def _frozen(module: nn.Module) -> nn.Module:
    """The module as it is evaluated now, with what is not trained in float64: running statistics, frozen parameters.

    It shares the other parameters, for others are put in their place at each call.
    """
    model = copy.deepcopy(module, {id(p): p for p in module.parameters() if p.requires_grad}).eval()
    for part in model.modules():
        for name, buffer in part.named_buffers(recurse=False):
            setattr(part, name, _double(buffer))
    for p in model.parameters():
        if not p.requires_grad:
            p.data = _double(p.data)
    return model


def _double(values: Tensor) -> Tensor:
    """Numbers in float64; indices such as classes or tokens as they are."""
    return values.double() if values.is_floating_point() else values
