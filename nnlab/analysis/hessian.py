"""The curvature of the training loss at the present weights: top eigenvalues of the Hessian, 2 / lambda_max, sharpness.

Gradient descent on a quadratic of largest curvature lambda_max diverges above a learning rate of 2 / lambda_max (LeCun et al.
1998, Efficient backprop, section 4.3; Cohen et al. 2021 on the edge of stability). Sharpness is the rise of the loss one
step of length rho up the gradient (Foret et al. 2021, equation 2). All in float64, a few examples at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnlab.analysis.landscape import Study, number, present
from nnlab.analysis.planes import Vector
from nnlab.core.errors import Refused
from nnlab.train.march import Run

FULL = 200  # parameters up to which the whole matrix is cheaper than iterating
RHO = 0.05
ROWS = 10  # of the Hessian between two words about the progress
AT_ONCE = 6_000_000  # examples times parameters in one product: a few milliseconds
LONGEST = 300  # products
TOLERANCE = 1e-6  # of an eigenvalue's residual, against the largest
EXPECTED = 40  # products until most networks' eigenvalues stand still

Objective = Callable[[Tensor], Tensor]


def hessian(run: Run, options: Mapping[str, Any]) -> Study:
    """Curvature at the present weights.

    Options: "count" 1…10 eigenvalues. Returns "eigenvalues" (count,) float32, largest first; "limit" (1,): 2 / lambda_max
    (infinite where nothing curves up); "sharpness" (1,); "lr" (1,) in force; "step" (1,).
    """
    flat = torch.tensor(present(run), device=run.learner.device)
    count = min(int(number(options, "count", 5, (1, 10))), len(flat))
    if not run.n:
        raise Refused.because("There must be training points to measure the curvature on; got none. Add some.")
    parts = objectives(run, len(flat))
    step, lr = run.step, run.lr
    if len(flat) <= FULL:
        values = yield from _dense(parts, flat)
    else:
        values = yield from top_eigenvalues(parts, flat, count)
    top = np.sort(values)[::-1][:count]
    sharpness = yield from _sharpness(parts, flat)
    return {
        "eigenvalues": top.astype(np.float32),
        "limit": np.array([2 / top[0] if top[0] > 0 else np.inf], np.float32),
        "sharpness": np.array([sharpness], np.float32),
        "lr": np.array([lr], np.float32),
        "step": np.array([step], np.int32),
    }


def objectives(run: Run, size: int) -> list[Objective]:
    """The training loss as a sum of functions, each of as few examples as make a short product."""
    rows = max(100, AT_ONCE // size)
    try:
        return [run.learner.objective(slice(at, at + rows)) for at in range(0, run.n, rows)]
    except NotImplementedError:
        raise Refused.because(
            "The curvature must be that of a network whose loss can be differentiated twice; this kind of model has no "
            "such function yet. Look at the loss on a plane or a line instead."
        ) from None


def product(objective: Objective, flat: Tensor, vector: Tensor) -> Tensor:
    """Hessian times `vector` by differentiating the gradient's component along it (Pearlmutter 1994)."""
    with torch.enable_grad():
        w = flat.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(objective(w), w, create_graph=True)
        if not gradient.requires_grad:  # a loss without curvature, such as a linear one
            return torch.zeros_like(flat)
        (found,) = torch.autograd.grad(gradient @ vector, w, allow_unused=True)
    return torch.zeros_like(flat) if found is None else found


def top_eigenvalues(parts: Sequence[Objective], flat: Tensor, count: int) -> Generator[float, None, Vector]:
    """The `count` largest eigenvalues by Lanczos with full reorthogonalisation (Golub and Van Loan, section 10.3).

    Largest, not largest in magnitude: only upward curvature limits the learning rate. Written out rather than ARPACK's
    because training goes on between its products.
    """
    size, rng = len(flat), np.random.default_rng(0)
    basis = np.zeros((min(LONGEST, size), size))
    diagonal: Vector = np.zeros(len(basis))
    beside: Vector = np.zeros(len(basis))
    vector = _fresh(rng, basis[:0])
    values: Vector = np.zeros(0)
    for m in range(len(basis)):
        basis[m] = vector
        image = np.zeros(size)
        for objective in parts:
            image += product(objective, flat, torch.tensor(vector, device=flat.device)).cpu().numpy()
            yield min(0.95, m / EXPECTED)
        diagonal[m] = vector @ image
        for _ in range(2):  # twice is enough (Parlett 1980, section 6.9)
            image -= basis[: m + 1].T @ (basis[: m + 1] @ image)
        rest = float(np.linalg.norm(image))
        values, vectors = np.linalg.eigh(_tridiagonal(diagonal[: m + 1], beside[:m]))
        scale = max(float(np.abs(values).max()), 1e-300)
        if m >= 2 * count and bool((rest * np.abs(vectors[-1, -count:]) <= TOLERANCE * scale).all()):
            break
        if rest > 1e-12 * scale:
            beside[m] = rest
            vector = image / rest
        elif m + 1 < size:  # the space reached so far is closed: go on outside it
            vector = _fresh(rng, basis[: m + 1])
    return values


def _tridiagonal(diagonal: Vector, beside: Vector) -> Vector:
    found: Vector = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
    return found


def _fresh(rng: np.random.Generator, basis: Vector) -> Vector:
    """A random unit vector orthogonal to the rows of `basis`."""
    vector: Vector = rng.standard_normal((basis.shape[1],))
    for _ in range(2):
        vector -= basis.T @ (basis @ vector)
    found: Vector = vector / np.linalg.norm(vector)
    return found


def _dense(parts: Sequence[Objective], flat: Tensor) -> Generator[float, None, Vector]:
    """Eigenvalues of the whole Hessian: its rows by differentiating each component of one gradient."""
    whole = flat.new_zeros(len(flat), len(flat))
    for i, objective in enumerate(parts):
        with torch.enable_grad():
            w = flat.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(objective(w), w, create_graph=True)
        if not gradient.requires_grad:
            continue
        for row, component in enumerate(gradient):
            (found,) = torch.autograd.grad(component, w, retain_graph=True, allow_unused=True)
            if found is not None:
                whole[row] += found
            if row % ROWS == 0:
                yield (i + row / len(flat)) / len(parts)
    values: Vector = np.linalg.eigvalsh(((whole + whole.t()) / 2).cpu().numpy())
    return values


def _sharpness(parts: Sequence[Objective], flat: Tensor) -> Generator[float, None, float]:
    loss, gradient, above = 0.0, torch.zeros_like(flat), 0.0
    for objective in parts:
        with torch.enable_grad():
            w = flat.detach().requires_grad_()
            part = objective(w)
            gradient += torch.autograd.grad(part, w)[0]
        loss += float(part.detach())
        yield 0.97
    length = float(gradient.norm())
    if not length:
        return 0.0
    for objective in parts:
        with torch.no_grad():
            above += float(objective(flat + RHO * gradient / length))
        yield 0.99
    return above - loss
