"""Four methods that mark the pixels an answer rests on, in slices.

Saliency (Simonyan et al. 2014), Grad-CAM (Selvaraju et al. 2017) and integrated gradients (Sundararajan et al. 2017) are captum's.
Occlusion (Zeiler and Fergus 2014) is captum's formula in parts of a few milliseconds, which captum's own call cannot be taken in.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

import torch
from captum.attr import IntegratedGradients, LayerGradCam, Saliency
from torch import Tensor, nn

from nnlab.core.records import Array
from nnlab.families.cnn.stages import Stage

METHODS = ("saliency", "grad_cam", "integrated", "occlusion")
STEPS, MOST_STEPS = 32, 8  # of integrated gradients, and of one slice
SLOWER = 3  # a gradient by the picture, through captum, beside an update


class Looked(NamedTuple):
    """A `picture` (1, C, H, W) and what the network answers: the class `taken`, the probabilities `likely` (classes,), the output
    `target` that speaks for it times `sign`; `ground` is 0 or 1, what the picture is drawn on."""

    picture: Tensor
    taken: int
    likely: Tensor
    target: int
    sign: float
    ground: float


@torch.no_grad()
def looked(learner: Any, module: nn.Module, picture: Tensor) -> Looked:
    """What `module` answers to `picture`."""
    likely = learner.likely(module(picture))[0]
    taken = int(likely.argmax())
    target = taken if learner.stages[-1].shape[0] > 1 else 0
    sign = 1.0 if target == taken else -1.0  # of two classes there is one output, which speaks for the second
    return Looked(picture, taken, likely, target, sign, float(_border(picture).mean() > 0.5))


def maps(learner: Any, module: nn.Module, at: Looked) -> Generator[None, None, tuple[list[Array], tuple[float, float]]]:
    """The map (H, W) float32 of each method, on its own grid, and of integrated gradients the sum and the difference that it should be."""
    picture, target, sign = at.picture, at.target, at.sign
    part = max(1, learner.part // SLOWER)
    base = torch.full_like(picture, at.ground)
    with torch.enable_grad():
        x = picture.detach().clone().requires_grad_()
        saliency = Saliency(module).attribute(x, target=target, abs=True).amax(1)[0]
    yield
    stage = _last_maps(learner, module)
    grid = torch.zeros(picture.shape[2:], device=picture.device)
    if stage is not None:
        with torch.enable_grad():
            cam = LayerGradCam(module, stage).attribute(x, target=target, relu_attributions=False)
        grid = torch.relu(sign * cam.detach()[0, 0])
    yield
    steps = next(n for n in (MOST_STEPS, 4, 2, 1) if n <= part or n == 1)
    pieces = STEPS // steps
    along = [base + (picture - base) * k / pieces for k in range(pieces + 1)]
    sums = torch.zeros_like(picture[0, 0])
    for start, end in itertools.pairwise(along):  # the integral in pieces, so that none takes long
        with torch.enable_grad():
            piece = IntegratedGradients(module).attribute(
                end, start, target=target, n_steps=steps, internal_batch_size=part
            )
        sums += sign * piece.detach().sum(1)[0]
        yield
    hidden = yield from _occluded(module, at, base, max(1, learner.part))
    with torch.no_grad():
        difference = sign * float((module(picture) - module(base))[0, target])
    yield
    size = tuple(picture.shape[2:])
    found = [saliency, grid, sums, hidden]
    shown = [nn.functional.interpolate(m.detach()[None, None].float(), size, mode="nearest")[0, 0] for m in found]
    return [m.cpu().numpy() for m in shown], (float(sums.sum()), difference)


def _border(picture: Tensor) -> Tensor:
    """The outermost pixels: what a picture is drawn on."""
    return torch.cat([picture[..., 0, :], picture[..., -1, :], picture[..., :, 0], picture[..., :, -1]], -1)


def _last_maps(learner: Any, module: nn.Module) -> Stage | None:
    """The last stage whose result still has places, which Grad-CAM looks at; None where none has."""
    placed = [s.name for s in learner.stages[1:] if len(s.shape) == 3 and s.shape[1] * s.shape[2] > 1]
    found = module.get_submodule(placed[-1]) if placed else None
    return found if isinstance(found, Stage) else None


def _occluded(module: nn.Module, at: Looked, base: Tensor, part: int) -> Generator[None, None, Tensor]:
    """(H, W): what the answer loses with a square set to the ground, as the mean over all squares that hide a pixel."""
    height, width = at.picture.shape[2:]
    side = max(2, min(height, width) // 7)
    squares = list(itertools.product(_windows(height, side), _windows(width, side)))
    lost, times = torch.zeros_like(base[0, 0]), torch.zeros_like(base[0, 0])
    with torch.no_grad():
        whole = module(at.picture)[0, at.target]
    for first in range(0, len(squares), part):
        some = squares[first : first + part]
        with torch.no_grad():
            many = at.picture.repeat(len(some), 1, 1, 1)
            for one, (rows, columns) in zip(many, some, strict=True):
                one[:, rows, columns] = at.ground
            fell = at.sign * (whole - module(many)[:, at.target])
            for (rows, columns), one in zip(some, fell, strict=True):
                lost[rows, columns] += one
                times[rows, columns] += 1
        yield
    return lost / times


def _windows(length: int, side: int) -> Iterator[slice]:
    """Where the squares lie: three quarters of a side apart; the last one may be cut off, as captum does it."""
    stride = max(1, 3 * side // 4)
    for start in range(0, length - side + stride, stride):
        yield slice(start, min(start + side, length))
