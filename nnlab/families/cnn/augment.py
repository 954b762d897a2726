"""Random changes of training pictures, all of a batch at once: shift, rotation, flip and scale as one map of the plane, then
noise, then a square that is cut out.

One picture's numbers are drawn in one go whatever is switched on, so that a slider changes how far and not which way. A place p
of the new picture shows the place A p + b of the old one, both in pixels from the middle: A = mirror · rotation / scale, b = -A shift.
Beyond the border the picture goes on as its edge is. Numbers stay within 0…1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from nnlab.families.cnn.spec import Augment

DRAWS = 7  # uniform numbers for a picture: shift right and down, rotation, flip, scale, centre of the square across and along


def augmented(pictures: Tensor, spec: Augment, generator: torch.Generator) -> Tensor:
    """Pictures (n, channels, height, width) 0…1 -> as many of the same shape, changed; `pictures` itself stays as it is."""
    if spec.off or not len(pictures):
        return pictures
    drawn = torch.rand(len(pictures), DRAWS, generator=generator, device=generator.device, dtype=torch.float32)
    drawn = drawn.to(pictures.device, pictures.dtype)
    found = pictures
    if spec.shift or spec.rotation or spec.flip or spec.scale:
        found = _moved(found, spec, drawn)
    if spec.noise:
        strayed = torch.empty(found.shape, device=generator.device).normal_(generator=generator)
        found = (found + strayed.to(found.device, found.dtype) * (spec.noise / 100)).clamp_(0, 1)
    if spec.cut_out:
        found = found * _kept(found, spec, drawn)
    return found.contiguous(memory_format=torch.channels_last)


def _moved(pictures: Tensor, spec: Augment, drawn: Tensor) -> Tensor:
    """All four moves of the plane in one look-up."""
    height, width = pictures.shape[2:]
    right, down, turn, zoom = (drawn[:, i] * 2 - 1 for i in (0, 1, 2, 4))
    angle = turn * math.radians(spec.rotation)
    size = (zoom * math.log1p(spec.scale / 100)).exp()
    mirror = 1 - 2 * (drawn[:, 3] < spec.flip / 100).to(drawn.dtype)
    cos, sin = angle.cos() / size, angle.sin() / size
    ratio = height / width
    # Places are -1…1 along each axis in affine_grid, so an angle in pixels is one of both sides.
    a = torch.stack([mirror * cos, mirror * sin * ratio, -sin / ratio, cos], 1).view(-1, 2, 2)
    b = -a @ torch.stack([right, down], 1).unsqueeze(2) * (2 * spec.shift / 100)
    grid = F.affine_grid(torch.cat([a, b], 2), list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _kept(pictures: Tensor, spec: Augment, drawn: Tensor) -> Tensor:
    """1 where a picture stays, 0 in its square (DeVries and Taylor 2017): (n, 1, height, width)."""
    height, width = pictures.shape[2:]
    half = spec.cut_out / 200 * min(height, width)
    inside = [
        ((torch.arange(side, device=pictures.device, dtype=drawn.dtype) + 0.5) - drawn[:, i : i + 1] * side).abs()
        < half
        for side, i in ((height, 6), (width, 5))
    ]
    cut = inside[0].unsqueeze(2) & inside[1].unsqueeze(1)
    return (~cut).unsqueeze(1).to(pictures.dtype)
