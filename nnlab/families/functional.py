"""The loss of a torch module as a function of one flat vector: what curvature and landscapes need of any family.

The module's parameters are views into the learner's flat vector, so where each of them lies there is read off the views; the
function puts the same views of another vector in their place (`torch.func.functional_call`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

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
        stride = None if p.is_contiguous() else p.stride()
        places[name] = (p.shape, stride, int(p.storage_offset()) - int(flat.storage_offset()))
    sizes, order = _cuts({at: shape.numel() for shape, _, at in places.values()}, len(flat))

    def placed(other: Tensor) -> dict[str, Tensor]:
        # One cut has one derivative; a view of its own for each would fill a vector as long as `other` each time.
        parts = torch.split(other, sizes)
        return {name: _shaped(parts[order[at]], shape, stride) for name, (shape, stride, at) in places.items()}

    return placed


def _cuts(numels: Mapping[int, int], length: int) -> tuple[list[int], dict[int, int]]:
    """The sizes that cut a vector at these places, with what lies between them, and which piece begins where."""
    sizes: list[int] = []
    order, end = {}, 0
    for at, numel in sorted(numels.items()):
        if at > end:
            sizes.append(at - end)
        order[at], end = len(sizes), at + numel
        sizes.append(numel)
    return [*sizes, length - end], order


def _shaped(part: Tensor, shape: torch.Size, stride: tuple[int, ...] | None) -> Tensor:
    if stride is None:
        return part.view(shape)
    return torch.as_strided(part, shape, stride, part.storage_offset())


def objective(module: nn.Module, flat: Tensor, *, criterion: Criterion) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """The mean loss by the flat vector, inputs and targets, twice differentiable; in the dtype of the vector, float64 or float32."""
    placed = views(module, flat)
    models = {torch.float64: _frozen(module, torch.float64)}

    def loss(weights: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
        dtype = weights.dtype
        if dtype not in models:
            models[dtype] = _frozen(models[torch.float64], dtype)
        outputs = functional_call(models[dtype], placed(weights), (_as(inputs, dtype),))
        return criterion(outputs, _as(targets, dtype)).mean()

    return loss


def _frozen(module: nn.Module, dtype: torch.dtype) -> nn.Module:
    """The module as it is evaluated now, with what is not trained as `dtype`: running statistics, frozen parameters.

    It shares the other parameters, for others are put in their place at each call.
    """
    model = copy.deepcopy(module, {id(p): p for p in module.parameters() if p.requires_grad}).eval()
    for part in model.modules():
        for name, buffer in part.named_buffers(recurse=False):
            setattr(part, name, _as(buffer, dtype))
    for p in model.parameters():
        if not p.requires_grad:
            p.data = _as(p.data, dtype)
    return model


def _as(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Numbers as `dtype`; indices such as classes or tokens as they are."""
    return values.to(dtype) if values.is_floating_point() else values
