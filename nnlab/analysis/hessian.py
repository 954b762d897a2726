"""The curvature of the training loss at the present weights: top eigenvalues of the Hessian, 2 / lambda_max, sharpness.

Gradient descent on a quadratic of largest curvature lambda_max diverges above a learning rate of 2 / lambda_max (LeCun et al.
1998, Efficient backprop, section 4.3; Cohen et al. 2021 on the edge of stability). Sharpness is the rise of the loss one
step of length rho up the gradient (Foret et al. 2021, equation 2). All in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor

from nnlab.analysis.landscape import Study
from nnlab.core.errors import Refused
from nnlab.train.march import Run

FULL = 1_000  # parameters below which the whole matrix is cheaper than iterating
RHO = 0.05
ROWS = 32  # of the Hessian at once

Objective = Callable[[Tensor], Tensor]


def hessian(run: Run, options: Mapping[str, Any]) -> Study:
    """Curvature at the present weights.

    Options: "count" 1…10 eigenvalues. Returns "eigenvalues" (count,) float32, largest first; "limit" (1,): 2 / lambda_max
    (infinite where nothing curves up); "sharpness" (1,); "lr" (1,) in force; "step" (1,).
    """
    objective, flat = run.learner.objective(), run.learner.flat.detach().double().clone()
    if not bool(torch.isfinite(flat).all()):
        raise Refused.because("The weights are no longer numbers: go back to the last good step first.")
    count = min(max(int(options.get("count", 5)), 1), 10, len(flat))
    step, lr = run.step, run.lr
    if len(flat) < FULL:
        values = yield from _dense(objective, flat)
    else:
        values = yield from _iterated(objective, flat, count)
    top = np.sort(values)[::-1][:count]
    limit = 2 / top[0] if top[0] > 0 else np.inf
    return {
        "eigenvalues": top.astype(np.float32),
        "limit": np.array([limit], np.float32),
        "sharpness": np.array([_sharpness(objective, flat)], np.float32),
        "lr": np.array([lr], np.float32),
        "step": np.array([step], np.int32),
    }


def product(objective: Objective, flat: Tensor, vector: Tensor) -> Tensor:
    """Hessian times `vector` by differentiating the gradient's component along it (Pearlmutter 1994)."""
    with torch.enable_grad():
        w = flat.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(objective(w), w, create_graph=True)
        if not gradient.requires_grad:  # a loss without curvature, such as a linear one
            return torch.zeros_like(flat)
        (found,) = torch.autograd.grad(gradient @ vector, w, allow_unused=True)
    return torch.zeros_like(flat) if found is None else found


def _dense(objective: Objective, flat: Tensor) -> Any:
    """Eigenvalues of the whole Hessian: rows by differentiating each component of one gradient, `ROWS` at a time."""
    rows = []
    eye = torch.eye(len(flat), dtype=flat.dtype, device=flat.device)
    with torch.enable_grad():
        w = flat.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(objective(w), w, create_graph=True)
    for at in range(0, len(flat), ROWS):
        part = torch.autograd.grad(gradient, w, eye[at : at + ROWS], is_grads_batched=True, retain_graph=True)
        rows.append(part[0].detach())
        yield min(1.0, (at + ROWS) / len(flat))
    whole = torch.cat(rows).cpu().numpy()
    return np.linalg.eigvalsh((whole + whole.T) / 2)


def _iterated(objective: Objective, flat: Tensor, count: int) -> Any:
    """Lanczos on products (scipy's ARPACK): `largest algebraic`, for only upward curvature limits the learning rate."""

    def times(vector: Any) -> Any:
        column = torch.tensor(np.asarray(vector).ravel(), dtype=flat.dtype, device=flat.device)
        return product(objective, flat, column).cpu().numpy()

    yield 0.0
    size = len(flat)
    operator = LinearOperator((size, size), matvec=times, dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(size)
    values = eigsh(operator, k=count, which="LA", return_eigenvectors=False, v0=start, tol=1e-8)
    yield 1.0
    return values


def _sharpness(objective: Objective, flat: Tensor) -> float:
    with torch.enable_grad():
        w = flat.detach().requires_grad_()
        loss = objective(w)
        (gradient,) = torch.autograd.grad(loss, w)
    length = gradient.norm()
    if not float(length):
        return 0.0
    return float(objective(flat + RHO * gradient / length) - loss.detach())
