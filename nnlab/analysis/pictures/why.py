"""Which pixels an answer rests on, by four methods, each with its own test: the deletion curve beside a random one.

The first three are captum's. Its occlusion covers all places in one call, which takes a fifth of a second of a large network, so
this one is done here, a few places at a time; a test holds both equal. Saliency (Simonyan et al. 2014), Grad-CAM (Selvaraju et al. 2017), integrated gradients (Sundararajan et al. 2017), occlusion (Zeiler
and Fergus 2014). Deletion: Petsiuk et al. 2018. Randomised weights: Adebayo et al. 2018.
"""

from __future__ import annotations

import copy
import itertools
import warnings
from collections.abc import Generator
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerGradCam, Saliency
from scipy.stats import spearmanr
from torch import Tensor, nn

from nnlab.analysis.analysis import ON_REQUEST, Analysis, Result
from nnlab.analysis.pictures.shown import shown
from nnlab.analysis.pictures.unit import frozen
from nnlab.core.records import Array
from nnlab.families.cnn.learner import CnnLearner
from nnlab.families.cnn.stages import Stage
from nnlab.families.flat import seeded

METHODS = ("saliency", "grad_cam", "integrated", "occlusion")
STEPS, AT_ONCE = 32, 8  # of integrated gradients, and of one slice at most
SHARES = 21  # points of a deletion curve, from nothing to everything removed
ORDERS = 10  # random ones
NOT_ASKED = 2.0  # no correlation is so large
SLOWER = 3  # a gradient by the picture, through captum, beside an update
FASTER = 2  # a forward pass, with what belongs to it, beside an update


def why(learner: Any, options: dict[str, Any]) -> Result:
    """The picture that is looked at, and the class that the network answers.

    "why_maps" (4, H, W) float32: the importance of each pixel by `METHODS`, on the method's own grid, highest where it speaks for the
    class. "why_curves" (4, 21): the probability of the class with so many pixels removed, most important first; "why_random"
    (10, 21): in random orders. "why_area" (5,): means of the curves, the random ones last. "why_facts" (4,) float32: the class, its
    probability, and of integrated gradients the sum and what it should be. "why_agree" (4,): rank correlation with the maps of
    the same network with randomised upper layers (options["randomise"]), whose maps are "why_maps" then; 2 without.
    """
    return _why(learner, options)


def _why(learner: Any, options: dict[str, Any]) -> Generator[None, None, dict[str, Array]]:
    picture = shown(learner, options).picture
    module = frozen(learner.module)  # training goes on between the slices
    with torch.no_grad(), learner.used():
        likely = learner.likely(module(picture))[0]
    taken = int(likely.argmax())
    ground = float(_border(picture).mean() > 0.5)
    target = taken if learner.stages[-1].shape[0] > 1 else 0
    sign = 1.0 if target == taken else -1.0  # of two classes there is one output, which speaks for the second
    maps, total = yield from _maps(learner, module, picture, target=target, sign=sign, ground=ground)
    agree = np.full(len(METHODS), NOT_ASKED, np.float32)
    if options.get("randomise") is True:
        other, _ = yield from _maps(learner, _randomised(module), picture, target=target, sign=sign, ground=ground)
        with warnings.catch_warnings(action="ignore"):  # a map that is the same everywhere has no ranks
            found = [spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(maps, other, strict=True)]
        agree, maps = np.nan_to_num(np.array(found, np.float32)), other
    curves = []
    generator = torch.Generator().manual_seed(0)
    orders = [torch.tensor(-m.ravel()).argsort(stable=True) for m in maps]
    pixels = maps[0].size
    orders += [torch.randperm(pixels, generator=generator) for _ in range(ORDERS)]
    for order in orders:
        curves.append((yield from _deletion(learner, module, picture, order, taken=taken, ground=ground)))
        yield
    drawn = np.stack(curves)
    chance = drawn[len(METHODS) :]
    return {
        "why_maps": np.stack(maps),
        "why_curves": drawn[: len(METHODS)],
        "why_random": chance,
        "why_area": np.append(drawn[: len(METHODS)].mean(1), chance.mean()).astype(np.float32),
        "why_facts": np.array([taken, float(likely[taken]), *total], np.float32),
        "why_agree": agree,
    }


def _border(picture: Tensor) -> Tensor:
    """The outermost pixels: what a picture is drawn on."""
    return torch.cat([picture[..., 0, :], picture[..., -1, :], picture[..., :, 0], picture[..., :, -1]], -1)


def _maps(
    learner: Any, module: nn.Module, picture: Tensor, *, target: int, sign: float, ground: float
) -> Generator[None, None, tuple[list[Array], tuple[float, float]]]:
    """The map of each method, and of integrated gradients the sum and the difference that it should be."""
    base = torch.full_like(picture, ground)
    part = max(1, learner.part // SLOWER)
    found: list[Tensor] = []
    with learner.used(), torch.enable_grad():
        x = picture.detach().clone().requires_grad_()
        found.append(Saliency(module).attribute(x, target=target, abs=True).amax(1)[0])
    yield
    looked_at = _last_maps(module, picture)
    if looked_at is None:
        found.append(torch.zeros(picture.shape[2:], device=picture.device))
    else:
        with learner.used(), torch.enable_grad():
            grid = LayerGradCam(module, looked_at).attribute(x, target=target, relu_attributions=False)
        found.append(torch.relu(sign * grid[0, 0]))
    yield
    sums = torch.zeros_like(picture[0, 0])
    steps = min(AT_ONCE, 2 ** (part.bit_length() - 1))
    pieces = STEPS // steps
    for start, end in itertools.pairwise(base + (picture - base) * k / pieces for k in range(pieces + 1)):
        with learner.used(), torch.enable_grad():
            piece = IntegratedGradients(module).attribute(end, start, target=target, n_steps=steps)
        sums += sign * piece.detach().sum(1)[0]
        yield
    found.append(sums)
    lost = yield from _occlusion(learner, module, picture, base, target)
    found.append(sign * lost)
    with learner.used(), torch.no_grad():
        difference = sign * float((module(picture) - module(base))[0, target])
    yield
    size = tuple(picture.shape[2:])
    shown_ = [nn.functional.interpolate(m.detach()[None, None].float(), size, mode="nearest")[0, 0] for m in found]
    return [m.cpu().numpy() for m in shown_], (float(found[2].sum()), difference)


def _occlusion(
    learner: Any, module: nn.Module, picture: Tensor, base: Tensor, target: int
) -> Generator[None, None, Tensor]:
    """What the class loses where a square of the picture is covered (H, W): the mean over all squares that cover a pixel."""
    height, width = picture.shape[2:]
    side = max(2, min(height, width) // 7)
    stride = max(1, 3 * side // 4)
    places = itertools.product(_starts(height, side, stride), _starts(width, side, stride))
    rows, columns = (torch.arange(n, device=picture.device) for n in (height, width))
    squares = torch.stack(
        [((rows >= y) & (rows < y + side))[:, None] & ((columns >= x) & (columns < x + side)) for y, x in places]
    )
    lost = torch.zeros_like(picture[0, 0])
    with learner.used(), torch.no_grad():
        answer = module(picture)[0, target]
    for some in torch.split(squares, max(1, FASTER * learner.part)):
        with learner.used(), torch.no_grad():
            missing = answer - module(torch.where(some[:, None], base, picture))[:, target]
        lost += (missing[:, None, None] * some).sum(0)
        yield
    return lost / squares.sum(0)


def _starts(length: int, side: int, stride: int) -> range:
    """Where squares begin along an axis; the last one may reach beyond the border, as captum's does."""
    return range(0, max(1, length - side + stride), stride)


def _last_maps(module: Any, picture: Tensor) -> Stage | None:
    """The last stage whose result still has places, which Grad-CAM looks at; None where none has."""
    found, x = None, picture
    for _, stage in module.chain():
        with torch.no_grad():
            x = stage(x)
        if x.dim() == 4 and x.shape[2] * x.shape[3] > 1:
            found = stage
    return found


def _randomised(module: Any) -> nn.Module:
    """A copy whose output and whose last stage with weights before it were drawn anew, each as widely spread as before."""
    made: nn.Module = copy.deepcopy(module)
    weights = [p for p in made.parameters() if p.dim() > 1]
    with torch.no_grad(), seeded(0, "randomise"):
        for one in weights[-2:]:
            one.copy_(torch.randn(tuple(one.shape)) * one.std())
    return made


def _deletion(
    learner: Any, module: nn.Module, picture: Tensor, order: Tensor, *, taken: int, ground: float
) -> Generator[None, None, Array]:
    """The probability of `taken` (21,) with growing shares of the pixels set to the ground, in this order."""
    rank = torch.empty(len(order), dtype=torch.long)
    rank[order] = torch.arange(len(order))
    rank = rank.view(1, 1, *picture.shape[2:]).to(picture.device)
    counts = (torch.linspace(0, 1, SHARES) * len(order)).round().long().to(picture.device)
    many = torch.where(rank < counts.view(-1, 1, 1, 1), torch.full_like(picture, ground), picture)
    found = []
    for i, some in enumerate(torch.split(many, max(1, FASTER * learner.part))):
        if i:
            yield
        with learner.used(), torch.no_grad():
            found.append(learner.likely(module(some))[:, taken].float().cpu().numpy())
    return np.concatenate(found)


WHY = Analysis(
    why,
    ("why_maps", "why_curves", "why_random", "why_area", "why_facts", "why_agree"),
    CnnLearner,
    every_s=ON_REQUEST,
)
