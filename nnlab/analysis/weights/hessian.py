"""The curvature of the training loss at the present weights: top eigenvalues of the Hessian, 2 / lambda_max, sharpness.

Gradient descent on a quadratic of largest curvature lambda_max diverges above a learning rate of 2 / lambda_max (LeCun et al.
1998, Efficient backprop, section 4.3; Cohen et al. 2021 on the edge of stability). Sharpness is the rise of the loss one
step of length rho up the gradient (Foret et al. 2021, equation 2). All in float64, a few examples at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from torch import Tensor

from nnlab.analysis.analysis import OnRequest
from nnlab.analysis.options import number
from nnlab.analysis.weights.landscape import Study, member_of, present
from nnlab.analysis.weights.planes import Vector
from nnlab.core.errors import Refused
from nnlab.families.readings import Objective, Smooth
from nnlab.families.sampling import sample
from nnlab.train.updates import Run

FULL = 200  # parameters up to which the whole matrix is cheaper than iterating
RHO = 0.05
ROWS = 10  # of the Hessian between two words about the progress
AT_ONCE = 3_000_000  # examples times parameters in one product: a few milliseconds
SLOWER = 5  # times as long as an update takes a product with the Hessian, in float64
FEWEST = 64  # examples in one product: with fewer the graph costs more than the sums
MOST_PARTS = 100  # products behind one with the Hessian: of more examples a sample is taken
BASIS = 40  # vectors at once: at least twice as many as eigenvalues are asked for
TOGETHER = 8  # products between two words about the progress, where frames do not wait for them
RESTARTS = 8  # with that basis, at most some 300 products
TOLERANCE = 1e-6  # of an eigenvalue's residual, as a share of it
EXPECTED = 60  # products until most networks' eigenvalues stand still

Loss = Callable[[Tensor], Tensor]


def hessian(run: Run, options: Mapping[str, Any]) -> Study:
    """Curvature at the present weights.

    Options: "count" 1…10 eigenvalues; "member" 0…: which group, such as a racer; all without it. Returns "eigenvalues" (count,)
    float32, largest first; "limit" (1,): 2 / lambda_max (infinite where nothing curves up); "sharpness" (1,); "lr" (1,) in
    force, the highest of all groups; "step" (1,); "examples" (2,): those that it was measured on, and all.
    """
    member = member_of(run, options)
    flat = torch.tensor(present(run, member), device=run.learner.device)
    count = min(int(number(options, "count", 5, (1, 10))), len(flat))
    if not run.n:
        raise Refused.because("There must be training points to measure the curvature on; got none. Add some.")
    yield 0.0
    parts, examples = parts_of(run, len(flat), member)
    groups = range(len(run.learner.groups)) if member is None else [member]
    step, lr = run.step, max(run.learner.group_lr(i, run.lr) for i in groups)
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
        "examples": np.array([examples, run.n], np.int32),
    }


def parts_of(run: Run, size: int, group: int | None) -> tuple[list[Loss], int]:
    """The training loss as a sum of functions, each of as few examples as make a short product, and of how many in all."""
    learner = run.learner
    if not isinstance(learner, Smooth):
        raise Refused.because(
            "The curvature must be that of a network whose loss can be differentiated twice; this kind of model has no "
            "such function yet. Look at the loss on a plane or a line instead."
        )
    objective, at_once = (
        learner.objective(group=group),
        min(max(FEWEST, AT_ONCE // size), max(1, learner.part // SLOWER)),
    )
    chosen = sample(learner, "train", MOST_PARTS * at_once)
    if not isinstance(chosen, Tensor):
        return [partial(objective, rows=slice(at, at + at_once)) for at in range(0, run.n, at_once)], run.n
    share = run.n / len(chosen)
    return [partial(_times, share, objective, rows) for rows in torch.split(chosen, at_once)], len(chosen)


def _times(factor: float, objective: Objective, rows: Tensor, weights: Tensor) -> Tensor:
    return factor * objective(weights, rows)


def product(objective: Loss, flat: Tensor, vector: Tensor) -> Tensor:
    """Hessian times `vector` by differentiating the gradient's component along it (Pearlmutter 1994)."""
    with torch.enable_grad():
        w = flat.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(objective(w), w, create_graph=True)
        if not gradient.requires_grad:  # a loss without curvature, such as a linear one
            return torch.zeros_like(flat)
        (found,) = torch.autograd.grad(gradient @ vector, w, allow_unused=True)
    return torch.zeros_like(flat) if found is None else found


class _Wanted(Exception):
    """ARPACK asks for a product that has not been computed yet."""


class _Memory:
    """The products with the Hessian so far, in the order in which ARPACK asks for them."""

    def __init__(self, parts: Sequence[Loss], flat: Tensor) -> None:
        self.parts, self.flat, self.images = parts, flat, list[Vector]()
        self.home = os.getpid()
        self.begin()

    def begin(self) -> None:
        """From the first of them again; in a forked child, where nobody waits, with some new ones on the way."""
        self.at, self.wanted = 0, np.empty(0)
        self.room = 0 if os.getpid() == self.home else TOGETHER

    def __call__(self, vector: Vector) -> Vector:
        if self.at == len(self.images):
            self.wanted = vector.copy()
            if not self.room:
                raise _Wanted
            self.room -= 1
            for _ in self.compute():
                pass
        self.at += 1
        return self.images[self.at - 1]

    def compute(self) -> Generator[float, None, None]:
        """Add the product with the vector that was asked for, a few examples at a time."""
        along, image = torch.tensor(self.wanted, device=self.flat.device), torch.zeros_like(self.flat)
        for objective in self.parts:
            image += product(objective, self.flat, along)
            yield min(0.95, len(self.images) / EXPECTED)
        self.images.append(image.cpu().numpy())


def top_eigenvalues(parts: Sequence[Loss], flat: Tensor, count: int) -> Generator[float, None, Vector]:
    """The `count` largest eigenvalues, ascending, by ARPACK's restarted Lanczos iteration (`scipy.sparse.linalg.eigsh`).

    Largest, not largest in magnitude: only upward curvature limits the learning rate. ARPACK cannot be left and entered again,
    but training goes on between its products, and the whole may move to another process: so it starts anew for the products
    that it has not had yet, and finds the earlier ones in memory. From one start it asks for the same vectors again.
    """
    memory, tolerance = _Memory(parts, flat), TOLERANCE
    operator = LinearOperator((len(flat), len(flat)), matvec=memory, dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(len(flat))
    settings = {"k": count, "which": "LA", "v0": start, "ncv": BASIS, "maxiter": RESTARTS, "rng": 0}
    while True:
        memory.begin()
        try:
            found: Vector = eigsh(operator, tol=tolerance, return_eigenvectors=False, **settings)
            return np.sort(found)
        except _Wanted:
            yield from memory.compute()
            if not memory.images[0].any():  # no matrix but 0 takes a random vector to 0
                return np.zeros(count)
        except ArpackNoConvergence:
            tolerance *= 100  # all products are known: this costs nothing


def _dense(parts: Sequence[Loss], flat: Tensor) -> Generator[float, None, Vector]:
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


def _sharpness(parts: Sequence[Loss], flat: Tensor) -> Generator[float, None, float]:
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


HESSIAN = OnRequest(hessian, Smooth)
