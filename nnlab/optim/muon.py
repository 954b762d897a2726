"""Muon: orthogonalised momentum on hidden weight matrices, AdamW on everything else.

B <- lerp(B, G, 1 - mu); U = lerp(G, B, mu); w <- w (1 - lr weight_decay) - lr 0.2 sqrt(max(rows, columns)) NS(U)
NS is Newton-Schulz's quintic iteration (Jordan 2024) as torch.optim.Muon 2.13 writes it, but in the type of the parameters:
torch's bfloat16 is meant for large matrices on a GPU, and on a processor without it takes ten times as long. Its adjustment
"match_rms_adamw" (Liu et al. 2025, arXiv:2502.16982) gives both halves one learning rate. The other half - output layer,
biases, gains - is torch.optim.AdamW with betas (0.9, 0.999) and eps 1e-8.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from nnlab.core.kinds import OptimizerSpec
from nnlab.core.records import Array
from nnlab.optim.rules import AdamWRule, FlatParameters, Rule
from nnlab.optim.specs import AdamW, Muon

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # Keller Jordan's quintic, github.com/KellerJordan/Muon
EPS = 1e-7
REST = AdamW(kind="adamw")


def orthogonalise(matrix: Tensor, steps: int) -> Tensor:
    """The nearly orthogonal factor of `matrix` (rows, columns): its singular values are drawn towards 1."""
    a, b, c = COEFFICIENTS
    x = matrix.T if matrix.size(0) > matrix.size(1) else matrix
    x = x / x.norm().clamp(min=EPS)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if matrix.size(0) > matrix.size(1) else x


def lr_ratio(rows: int, columns: int) -> float:
    """What the learning rate is multiplied by so that an update is as large as AdamW's (root mean square 0.2)."""
    return 0.2 * math.sqrt(max(rows, columns))


class MuonRule(Rule):
    """`memory` "velocity" is used on hidden matrices; the AdamW half keeps its own under "rest."."""

    memory_names = ("velocity",)
    spec: Muon

    def __init__(self, spec: OptimizerSpec, parameters: FlatParameters, weight_decay: float = 0.0) -> None:
        self._rest = AdamWRule(REST, parameters, weight_decay)
        super().__init__(spec, parameters, weight_decay)
        velocity = self.memory["velocity"]
        self._hidden = [
            (m.view(self.values), m.view(self.grad), m.view(velocity), lr_ratio(m.rows, m.columns))
            for m in parameters.matrices
        ]
        self._before = [torch.empty_like(w) for w, _, _, _ in self._hidden]

    def _configure(self) -> None:
        self._rest.set(REST, self.weight_decay)

    def update(self, lr: float) -> None:
        """AdamW over the whole flat vector in one kernel, hidden matrices put back and moved by Muon instead."""
        for kept, (w, _, _, _) in zip(self._before, self._hidden, strict=True):
            kept.copy_(w)
        self._rest.update(lr)
        mu = self.spec.momentum
        for kept, (w, g, velocity, ratio) in zip(self._before, self._hidden, strict=True):
            velocity.lerp_(g, 1 - mu)
            direction = orthogonalise(torch.lerp(g, velocity, mu), self.spec.ns_steps)
            torch.mul(kept, 1 - lr * self.weight_decay, out=w)
            w.add_(direction, alpha=-lr * ratio)

    def state(self) -> dict[str, Array]:
        return super().state() | {f"rest.{name}": array for name, array in self._rest.state().items()}

    def restore(self, state: Mapping[str, Array]) -> None:
        super().restore(state)
        self._rest.restore({k.removeprefix("rest."): v for k, v in state.items() if k.startswith("rest.")})
