"""The curvature of the training loss at the present weights: top eigenvalues of the Hessian, 2 / lambda_max, sharpness.

Gradient descent on a quadratic of largest curvature lambda_max diverges above a learning rate of 2 / lambda_max (LeCun et al.
1998, Efficient backprop, section 4.3; Cohen et al. 2021 on the edge of stability). Sharpness is the rise of the loss one
step of length rho up the gradient (Foret et al. 2021, equation 2). A few examples at a time, in float64; in float32 where a learner
says that this would take too long (`Learner.single`), which moves the eigenvalues by some millionths.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnlab.analysis.analysis import OnRequest
from nnlab.analysis.options import number
from nnlab.analysis.weights.landscape import Study, member_of, present
from nnlab.analysis.weights.planes import Vector
from nnlab.core.errors import Refused
from nnlab.core.say import say
from nnlab.families.readings import Objective, Smooth
from nnlab.families.sampling import sample
from nnlab.train.updates import Run

FULL = 200  # parameters up to which the whole matrix is cheaper than iterating
RHO = 0.05
ROWS = 10  # of the Hessian between two reports of the progress
AT_ONCE = 3_000_000  # examples times parameters in one product: a few milliseconds
FEWEST = 64  # examples in one product: with fewer the graph costs more than the sums
MOST_PARTS = 100  # products behind one with the Hessian: of more examples a sample is taken
BASIS = 40  # vectors at once, fewer for large networks, but twice as many as eigenvalues are asked for
ROOM = (
    2**21
)  # numbers in all of them, and of those that one slice reads: making one orthogonal to the others takes a few milliseconds
LONG = 10_000  # parameters beyond which that is a slice of its own
RESTARTS = 16  # with that basis, at most some 350 products; of a million parameters, with a basis of 10, some 90
TOLERANCE = 1e-6  # of residuals, as a share of the largest eigenvalue: the error of one goes with the residual's square
TINY = 1e-12
EXPECTED = 60  # products until most networks' eigenvalues stand still
APART = 1e-4  # length of the step that a difference of gradients is taken over: errors of some 1e-9 in float64

Loss = Callable[[Tensor], Tensor]
Terms = Callable[[Loss, Tensor, Tensor], Iterator[Tensor | None]]  # None between two slices of a term


def hessian(run: Run, options: Mapping[str, Any]) -> Study:
    """Curvature at the present weights.

    Options: "count" 1…10 eigenvalues; "member" 0…: which group, such as a racer; all without it. Returns "eigenvalues" (count,)
    float32, largest first; "limit" (1,): 2 / lambda_max (infinite where nothing curves up); "sharpness" (1,); "lr" (1,) in
    force, the highest of all groups; "step" (1,); "examples" (2,): those that it was measured on, and all.
    """
    member = member_of(run, options)
    dtype = torch.float32 if run.learner.single else torch.float64
    flat = torch.tensor(present(run, member), dtype=dtype, device=run.learner.device)
    count = min(int(number(options, "count", 5, (1, 10))), len(flat))
    if not run.n:
        raise Refused.because(say("There must be training points to measure the curvature on; got none. Add some."))
    yield 0.0
    parts, examples = parts_of(run, len(flat), member)
    groups = range(len(run.learner.groups)) if member is None else [member]
    step, lr = run.step, max(run.learner.group_lr(i, run.lr) for i in groups)
    if run.learner.by_differences:
        values = yield from top_eigenvalues(parts, flat, count, differences)
    elif len(flat) <= FULL:
        values = yield from _dense(parts, flat)
    else:
        values = yield from top_eigenvalues(parts, flat, count, halves if run.learner.single else whole)
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
        reason = (
            "The curvature needs second derivatives of the loss, and nnlab cannot compute them for this kind of "
            "model yet. Look at the loss on a plane or a line instead."
        )
        raise Refused.because(say(reason))
    objective = learner.objective(group=group)
    at_once = min(max(FEWEST, AT_ONCE // size), max(1, int(learner.part / learner.second_order)))
    chosen = sample(learner, "train", MOST_PARTS * at_once)
    if not isinstance(chosen, Tensor):
        return [partial(objective, rows=slice(at, at + at_once)) for at in range(0, run.n, at_once)], run.n
    share = run.n / len(chosen)
    return [partial(_times, share, objective, rows) for rows in torch.split(chosen, at_once)], len(chosen)


def _times(factor: float, objective: Objective, rows: Tensor, weights: Tensor) -> Tensor:
    return factor * objective(weights, rows)


def product(objective: Loss, flat: Tensor, vector: Tensor) -> Tensor:
    """Hessian times `vector` by differentiating the gradient's component along it (Pearlmutter 1994)."""
    w = flat.detach().requires_grad_()
    return _along(_gradient(objective, w), w, vector)


def _gradient(objective: Loss, w: Tensor) -> Tensor:
    """By `w`, to be differentiated again."""
    with torch.enable_grad():
        return torch.autograd.grad(objective(w), w, create_graph=True)[0]


def _along(gradient: Tensor, w: Tensor, vector: Tensor) -> Tensor:
    """The derivative by `w` of the gradient's component along `vector`."""
    if not gradient.requires_grad:  # a loss without curvature, such as a linear one
        return torch.zeros_like(vector)
    # To give `vector` to autograd.grad itself would spare a little, but the first such call of a process loads torch's compiler: 0.3 s.
    (found,) = torch.autograd.grad(gradient @ vector, w, allow_unused=True)
    return torch.zeros_like(vector) if found is None else found


def whole(objective: Loss, flat: Tensor, vector: Tensor) -> Iterator[Tensor]:
    """The product at once."""
    yield product(objective, flat, vector)


def halves(objective: Loss, flat: Tensor, vector: Tensor) -> Iterator[Tensor | None]:
    """The product in two slices: the gradient, which keeps its graph, and its derivative. Nothing in between may change `flat`."""
    w = flat.detach().requires_grad_()
    gradient = _gradient(objective, w)
    yield None
    yield _along(gradient, w, vector)


def differences(objective: Loss, flat: Tensor, vector: Tensor) -> Iterator[Tensor]:
    """The product as a central difference of gradients, in two terms: for a smooth loss whose second derivatives take long."""
    step = APART / float(vector.norm())
    for way in (step, -step):
        with torch.enable_grad():
            w = (flat + way * vector).detach().requires_grad_()
            (gradient,) = torch.autograd.grad(objective(w), w)
        yield gradient / (2 * way)


def top_eigenvalues(
    parts: Sequence[Loss], flat: Tensor, count: int, terms: Terms = whole
) -> Generator[float, None, Vector]:
    """The `count` largest eigenvalues, ascending, by the thick-restart Lanczos iteration (Wu and Simon 2000).

    Largest, not largest in magnitude: only upward curvature limits the learning rate. scipy's ARPACK finds the same values, but
    it cannot be left between two products, and training has to go on there; a test holds both equal.
    """
    width = min(len(flat), max(2 * count, min(BASIS, ROOM // len(flat))))
    basis, projected = flat.new_empty(width + 1, len(flat)), np.zeros((width, width))
    generator, image = torch.Generator().manual_seed(0), torch.empty_like(flat)
    basis[0], first, products = _unit(_drawn(flat, generator)), 0, 0
    if len(flat) > LONG:
        yield 0.0
    for _ in range(RESTARTS):
        for at in range(first, width):
            told = min(0.95, products / EXPECTED)
            image.zero_()
            for objective in parts:
                for term in terms(objective, flat, basis[at]):
                    if term is not None:
                        image += term
                    yield told
            products += 1
            if products == 1 and not image.any():  # no matrix but 0 takes a random vector to 0
                return np.zeros(count)
            told = min(0.95, products / EXPECTED)
            if len(flat) > LONG:
                yield told
            rest, along = yield from _orthogonal(image, basis[: at + 1], told)
            projected[at, : at + 1] = projected[: at + 1, at] = along.cpu().numpy()
            coupling = float(rest.norm())
            if coupling <= TINY * float(image.norm()):  # nothing new comes of this start: go on from another one
                rest, coupling = (yield from _orthogonal(_drawn(flat, generator), basis[: at + 1], told))[0], 0.0
            basis[at + 1] = _unit(rest)
        values, vectors = np.linalg.eigh(projected)
        if coupling * np.abs(vectors[-1, -count:]).max() <= TOLERANCE * np.abs(values[-count:]).max():
            break
        first = count + (width - count) // 2  # of the best directions stay
        yield from _turned(basis[:width], torch.as_tensor(vectors[:, -first:].T.copy()).to(flat), told)
        basis[first] = basis[width]
        projected = np.diag(np.append(values[-first:], np.zeros(width - first)))
    found: Vector = values[-count:]
    return found


def _drawn(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(len(like), generator=generator, dtype=like.dtype).to(like.device)


def _unit(vector: Tensor) -> Tensor:
    unit: Tensor = vector / vector.norm().clamp(min=TINY)
    return unit


def _orthogonal(vector: Tensor, basis: Tensor, told: float) -> Generator[float, None, tuple[Tensor, Tensor]]:
    """What is left of `vector` beside the directions of `basis`, and how far it goes along each; twice, against rounding."""
    pieces = _pieces(basis)
    rest, along, again = vector.clone(), *basis.new_zeros(2, len(basis))
    for i, piece in enumerate(pieces):
        if i:
            yield told
        along += basis[:, piece] @ vector[piece]
    for piece in pieces:
        if len(pieces) > 1:
            yield told
        rest[piece] -= along @ basis[:, piece]
        again += basis[:, piece] @ rest[piece]
    for piece in pieces:
        if len(pieces) > 1:
            yield told
        rest[piece] -= again @ basis[:, piece]
    return rest, along + again


def _turned(basis: Tensor, onto: Tensor, told: float) -> Generator[float, None, None]:
    """Replace the first vectors of `basis` by `onto` (k, n) of all n."""
    for piece in _pieces(basis):
        if basis.shape[1] > LONG:
            yield told
        basis[: len(onto), piece] = onto @ basis[:, piece]


def _pieces(basis: Tensor) -> list[slice]:
    """Columns of `basis` that together are as many numbers as a slice reads."""
    count, size = basis.shape[1], max(1, ROOM // len(basis))
    return [slice(at, min(at + size, count)) for at in range(0, count, size)]


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
