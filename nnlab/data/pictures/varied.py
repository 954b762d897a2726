"""How every drawn picture differs from the next: turned, scaled, slanted, moved, paler, with noise.

A place u of the frame (0 the middle, 1 its side) shows the place M⁻¹(u − t) of the drawing, where
M = factor · R(angle) · [[1, slant], [0, 1]] and t is the shift; all five are uniform draws.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnlab.core.fields import param
from nnlab.core.records import Split
from nnlab.core.rng import stream
from nnlab.data.pictures.spec import Pixels, Rendered, with_noise

Values = NDArray[np.float64]
MIDDLE = 0.9  # of the factors of size


class Varied(Rendered):
    """Pictures of 28 × 28 pixels in grey, each drawn a little differently."""

    rotation: float = param(
        12, ge=0, le=180, step=1, unit="°", label="Rotation", help="Turns each picture by up to this angle."
    )
    scaling: float = param(
        20,
        ge=0,
        le=40,
        step=5,
        unit="%",
        label="Scaling",
        help="Makes each picture larger or smaller by up to this, around 90 % of its full size.",
    )
    shear: float = param(
        15, ge=0, le=50, step=5, unit="%", label="Shear", help="Slants each picture by up to this, as italics are."
    )
    shift: float = param(
        10, ge=0, le=25, step=1, unit="%", label="Shift", help="Moves each picture by up to this part of its side."
    )
    noise: float = param(
        15, ge=0, le=50, step=5, unit="%", label="Noise", help="How much every pixel strays (standard deviation)."
    )
    paleness: float = param(
        20, ge=0, le=90, step=5, unit="%", label="Paleness", help="How much paler than white a picture may be."
    )

    def warps(self, split: Split, n: int) -> tuple[Values, Values]:
        """M (n, 2, 2) and t (n, 2) of each picture; x to the right, y down."""
        draws = stream(self.seed, self.kind, split, "warps").uniform(-1, 1, (n, 5))
        angle = np.deg2rad(self.rotation) * draws[:, 0]
        factor = MIDDLE + self.scaling / 100 * draws[:, 1]
        cos, sin = factor * np.cos(angle), factor * np.sin(angle)
        slant = self.shear / 100 * draws[:, 2]
        matrix = np.array([[cos, cos * slant - sin], [sin, sin * slant + cos]]).transpose(2, 0, 1)
        return matrix, self.shift / 100 * draws[:, 3:]

    def exposed(self, pictures: NDArray[np.float32], split: Split) -> Pixels:
        """Pictures (n, 28, 28) of 0…1 as bytes (n, 1, 28, 28): paler, and with noise."""
        rng = stream(self.seed, self.kind, split, "light")
        ink = 1 - self.paleness / 100 * rng.random((len(pictures), 1, 1), np.float32)
        noisy = with_noise(lambda rows: pictures[rows] * (255 * ink[rows]), pictures.shape, self.noise, rng)
        return noisy[:, None]
