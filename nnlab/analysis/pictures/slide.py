"""A window that slides over one picture: a convolution or a pooling by itself, without a network, and one of its numbers taken apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from nnlab.analysis.analysis import ON_REQUEST, Analysis
from nnlab.analysis.pictures.kernels import NAMES, named
from nnlab.analysis.pictures.shown import shown
from nnlab.core.records import Array
from nnlab.families.arrays import numbers
from nnlab.families.cnn.blocks import Window
from nnlab.families.cnn.pictures import PicturesLearner

OPERATIONS = ("convolution", "max", "average")
COLOURS = ("mean", "red", "green", "blue")
LARGEST = 99.0  # of a kernel's numbers, either sign
FARTHEST = 10_000  # row or column


@dataclass(frozen=True)
class Sliding:
    """What slides: the operation, the window with as much padding on all four sides, the kernel of a convolution, the cell looked at."""

    operation: str
    window: Window
    kernel: Array  # (k, k) float64
    at: tuple[int, int] | None  # row and column; None: the middle

    @property
    def shape(self) -> Array:
        """Size, stride, padding and dilation."""
        w = self.window
        return np.array([w.size, w.stride, w.before, w.dilation], np.int32)


def slide(learner: Any, options: dict[str, Any]) -> dict[str, Array]:
    """One operation on the picture that is looked at; an option that makes no sense counts as not given.

    `operation`: "convolution" (as in every library: the kernel is not flipped), "max" or "average". `size` 1…7, `stride` 1…4,
    `padding` 0…6, `dilation` 1…4. `numbers`: a kernel of one's own, size² finite numbers row by row, clipped to ±99; else `kernel`,
    a name. Of a picture in colour, the map is the mean of its colours, or with `colour` one of them: a layer of a network has a
    kernel for each colour and adds the sums. `row`, `column`: the cell looked at, at most the last.

    "slide_input" (h, w) float32 in 0…1, without padding. "slide_outputs" (n, H, W) float32 as torch computes it: the convolution,
    or max and average pooling. Of the cell, (k, k) each: "slide_patch" float32, 0 in the padding; "slide_inside" uint8, 1 where it is
    of the picture; "slide_kernel" float32: what each number counts, in an average 1/k², in a maximum 1 for the winner; and
    "slide_products". "slide_facts" (2,) float32: their sum, and torch's own value. "slide_shape" (4,) int32: size, stride, padding and
    dilation as they were taken; "slide_nearest": the nearest possible ones. "slide_at" (3,) int32: row, column, and the place of the
    largest number in the patch, -1 in a convolution. Where the window does not fit, outputs and patch are empty.
    """
    picture = shown(learner, options).picture[0].detach().to("cpu", torch.float32)
    plane = _plane(picture, options.get("colour"))
    wanted = chosen(options)
    fits = nearest(wanted.window, min(plane.shape), pooled=wanted.operation != "convolution")
    outputs = torch.zeros(0, 0, 0)
    cell = _nothing(wanted)
    if fits == wanted.window:
        with torch.inference_mode():
            outputs = _outputs(plane, wanted)
        cell = _cell(plane, outputs, wanted)
    return {
        "slide_input": numbers(plane),
        "slide_outputs": numbers(outputs),
        "slide_shape": wanted.shape,
        "slide_nearest": replace(wanted, window=fits).shape,
        **cell,
    }


# ---- what is asked for ---------------------------------------------------------------------------------------------------
def chosen(options: Mapping[str, Any]) -> Sliding:
    """The options, each as usual where it makes no sense."""
    size = _whole(options.get("size"), 1, 7, 3)
    padding = _whole(options.get("padding"), 0, 6, 1)
    window = Window(
        size, _whole(options.get("stride"), 1, 4, 1), padding, padding, _whole(options.get("dilation"), 1, 4, 1)
    )
    row, column = (_whole(options.get(name), 0, FARTHEST, -1) for name in ("row", "column"))
    operation = _among(options.get("operation"), OPERATIONS)
    own = _own(options.get("numbers"), size)
    kernel = named(_among(options.get("kernel"), NAMES), size) if own is None else own
    return Sliding(operation, window, kernel, None if min(row, column) < 0 else (row, column))


def nearest(window: Window, side: int, *, pooled: bool) -> Window:
    """The nearest window that fits a picture of `side`. The padding of a pooling is at most half of its size, as in torch."""
    fits = window
    while True:
        found = fits.nearest(side)
        if pooled and found.before > found.size // 2:
            found = replace(found, before=found.size // 2, after=found.size // 2)
        if found == fits:
            return fits
        fits = found


def _whole(value: object, low: int, high: int, usual: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high else usual


def _among(value: object, known: tuple[str, ...]) -> str:
    return value if isinstance(value, str) and value in known else known[0]


def _own(values: object, size: int) -> Array | None:
    """A kernel as it was sent; None where it is not one."""
    if not isinstance(values, list) or len(values) != size * size:
        return None
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in values):
        return None
    return np.clip(np.array(values, np.float64), -LARGEST, LARGEST).reshape(size, size)


def _plane(picture: Tensor, colour: object) -> Tensor:
    """(h, w): the one map that the window slides over."""
    place = COLOURS.index(_among(colour, COLOURS))
    return picture[place - 1] if 0 < place <= len(picture) > 1 else picture.mean(0)


# ---- what comes of it ----------------------------------------------------------------------------------------------------
def _outputs(plane: Tensor, s: Sliding) -> Tensor:
    """(n, H, W). torch's average pooling has no dilation: there, the average is a convolution whose numbers are all 1/k²."""
    maps, w = plane[None, None], s.window
    moved: dict[str, Any] = {"stride": w.stride, "padding": w.before}
    if s.operation == "convolution":
        kernel = torch.from_numpy(s.kernel).to(plane.dtype)
        return F.conv2d(maps, kernel[None, None], dilation=w.dilation, **moved)[0]
    largest = F.max_pool2d(maps, w.size, dilation=w.dilation, **moved)
    if w.dilation == 1:
        mean = F.avg_pool2d(
            maps, w.size, count_include_pad=True, **moved
        )  # torch's default: zeros of the padding count
    else:
        even = torch.full((1, 1, w.size, w.size), 1 / w.size**2)
        mean = F.conv2d(maps, even, dilation=w.dilation, **moved)
    return torch.cat((largest, mean), 1)[0]


def _cell(plane: Tensor, outputs: Tensor, s: Sliding) -> dict[str, Array]:
    """One number taken apart, by numpy in double precision."""
    w, last = s.window, [n - 1 for n in outputs.shape[1:]]
    row, column = [n // 2 for n in last] if s.at is None else map(min, s.at, last)
    top, left = row * w.stride, column * w.stride
    reach = np.s_[top : top + w.reach : w.dilation, left : left + w.reach : w.dilation]
    patch = np.pad(plane.numpy().astype(np.float64), w.before)[reach]
    inside = np.pad(np.ones(plane.shape, np.uint8), w.before)[reach]
    winner, kernel = -1, s.kernel
    if s.operation != "convolution":
        winner = int(np.where(inside, patch, -np.inf).argmax())  # zeros of the padding never win
        kernel = np.full((w.size, w.size), 1 / w.size**2)
    if s.operation == "max":
        kernel = np.zeros((w.size, w.size))
        kernel.flat[winner] = 1
    products = patch * kernel
    own = outputs[1 if s.operation == "average" else 0, row, column]
    return {
        "slide_patch": patch.astype(np.float32),
        "slide_inside": np.ascontiguousarray(inside),
        "slide_kernel": kernel.astype(np.float32),
        "slide_products": products.astype(np.float32),
        "slide_facts": np.array([products.sum(), float(own)], np.float32),
        "slide_at": np.array([row, column, winner], np.int32),
    }


def _nothing(s: Sliding) -> dict[str, Array]:
    """Where there is no output: the kernel as it is, so that nothing of it is lost."""
    empty = np.zeros((0, 0), np.float32)
    return {
        "slide_patch": empty,
        "slide_inside": empty.astype(np.uint8),
        "slide_kernel": s.kernel.astype(np.float32),
        "slide_products": empty,
        "slide_facts": np.zeros(2, np.float32),
        "slide_at": np.array([0, 0, -1], np.int32),
    }


SLIDE = Analysis(
    slide,
    (
        "slide_input",
        "slide_outputs",
        "slide_patch",
        "slide_inside",
        "slide_kernel",
        "slide_products",
        "slide_facts",
        "slide_shape",
        "slide_nearest",
        "slide_at",
    ),
    PicturesLearner,
    every_s=ON_REQUEST,
)
