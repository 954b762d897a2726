"""The torch.optim optimiser of a specification: what the rules of `nnlab.optim` are held against."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.optim import Optimizer

from nnlab.core.kinds import OptimizerSpec

REST = {"betas": (0.9, 0.999), "eps": 1e-8}  # AdamW's settings beside Muon


class Muon(torch.optim.Muon):
    """torch's, whose iteration stays in the gradient's own type: bfloat16 differs from processor to processor by 0.5 %."""

    def step(self, closure: Any = None) -> Any:
        with patch.object(torch.Tensor, "bfloat16", torch.Tensor.clone):
            return super().step(closure)  # type: ignore[no-untyped-call]


def torch_optimizers(
    spec: OptimizerSpec,
    *,
    weights: Iterable[Tensor],
    others: Iterable[Tensor],
    hidden: Iterable[Tensor] = (),
    lr: float,
    weight_decay: float = 0.0,
) -> list[Optimizer]:
    """One optimiser, for Muon two. Decay reaches `weights` only; `hidden` are the weights that Muon takes over.

    Raises
    ------
    ValueError : torch.optim has no such rule (Lion).
    """
    taken = list(hidden) if spec.kind == "muon" else []
    rest = [w for w in weights if not any(w is h for h in taken)]
    groups: list[dict[str, Any]] = [
        {"params": rest, "weight_decay": weight_decay},
        {"params": list(others), "weight_decay": 0.0},
    ]
    settings = spec.model_dump(exclude={"kind"})
    if spec.kind == "muon":
        muon = Muon(taken, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw", **settings)
        return [muon, torch.optim.AdamW(groups, lr=lr, betas=REST["betas"], eps=REST["eps"])]  # type: ignore[arg-type]
    return [_single(spec.kind, groups, lr, settings)]


def _single(kind: str, groups: list[dict[str, Any]], lr: float, settings: dict[str, Any]) -> Optimizer:
    if "beta1" in settings:
        settings["betas"] = (settings.pop("beta1"), settings.pop("beta2"))
    match kind:
        case "sgd" | "momentum":
            return torch.optim.SGD(groups, lr=lr, **settings)
        case "nesterov":
            return torch.optim.SGD(groups, lr=lr, nesterov=True, **settings)
        case "adagrad":
            return torch.optim.Adagrad(groups, lr=lr, **settings)
        case "rmsprop":
            return torch.optim.RMSprop(groups, lr=lr, **settings)
        case "adam":
            return torch.optim.Adam(groups, lr=lr, **settings)
        case "adamw":
            return torch.optim.AdamW(groups, lr=lr, **settings)
    raise ValueError(f"torch.optim has no rule {kind!r}.")
