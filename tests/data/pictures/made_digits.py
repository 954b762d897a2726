"""How the digits "made" of `drawn_digits.json` came about: arcs and lines, written by 20 hands that slant, lean and tremble."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tests.data.pictures.drawn_digits import Line

HANDS = 20
SLANT, LEAN = (0.1, 0.1), (0.0, 4.0)  # mean and standard deviation; the second in degrees
NARROW = (0.85, 1.35)
BEND, TREMBLE, MISS = 0.03, 0.012, 0.02


def arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> Line:
    """Part of an ellipse; degrees clockwise from the right."""
    t = np.deg2rad(np.linspace(start, end, max(3, int(abs(end - start) / 12) + 1)))
    return np.stack([cx + rx * np.cos(t), cy + ry * np.sin(t)], 1)


def straight(*corners: tuple[float, float]) -> Line:
    """Seven points from each corner to the next."""
    ends = np.array(corners)
    parts = [a + (b - a) * np.linspace(0, 1, 8)[1:, None] for a, b in pairwise(ends)]
    return np.concatenate([ends[:1], *parts])


def joined(*parts: Line) -> Line:
    return np.concatenate(parts)


# fmt: off
SHAPES: tuple[tuple[tuple[Line, ...], ...], ...] = (
    ((arc(.3, .5, .3, .5, -90, -450),), (arc(.3, .5, .3, .5, -60, -425),), (arc(.3, .5, .3, .5, -100, 268),)),
    ((straight((.3, 0), (.3, 1)),), (straight((.1, .22), (.3, 0), (.3, 1)),)),
    ((joined(arc(.3, .27, .28, .27, 190, 390), straight((.53, .42), (.02, 1), (.6, 1))),),
     (joined(arc(.3, .25, .27, .25, 200, 400), straight((.48, .45), (.05, .97)), straight((.05, .97), (.3, .94), (.62, 1))),)),
    ((joined(arc(.28, .24, .26, .24, 205, 440), arc(.28, .74, .3, .26, -85, 150)),),
     (joined(arc(.25, .25, .28, .25, 220, 445), straight((.25, .48), (.2, .48)), arc(.25, .74, .33, .27, -80, 140)),)),
    ((straight((.4, 0), (0, .65), (.62, .65)), straight((.46, .38), (.46, 1))),
     (straight((.08, 0), (.03, .5), (.58, .5)), straight((.52, 0), (.5, 1))),
     (straight((.45, 1), (.45, 0), (0, .68), (.63, .68)),)),
    ((joined(straight((.1, 0), (.07, .45)), arc(.27, .7, .29, .29, -130, 140)), straight((.1, 0), (.55, 0))),
     (joined(straight((.55, .02), (.1, .02), (.08, .44)), arc(.25, .69, .31, .3, -120, 130)),)),
    ((joined(arc(.55, .68, .55, .68, -105, -180), arc(.29, .7, .29, .3, 180, -175)),),
     (joined(straight((.42, 0), (.12, .45)), arc(.29, .7, .27, .3, -150, -500)),)),
    ((straight((0, 0), (.58, 0), (.2, 1)),),
     (straight((0, 0), (.58, 0), (.25, 1)), straight((.16, .5), (.54, .5))),
     (joined(straight((0, .02), (.55, .02)), arc(1.05, 1, .85, 1.15, -126, -180)),)),
    ((joined(arc(.3, .25, .24, .25, -40, -270), arc(.3, .75, .29, .25, -90, 270), arc(.3, .25, .24, .25, 90, -50)),),
     (arc(.3, .24, .23, .24, 90, 450), arc(.3, .74, .29, .26, -90, 270))),
    ((joined(arc(.29, .29, .27, .29, -10, -355), straight((.56, .3), (.5, 1))),),
     (joined(arc(.29, .28, .27, .28, -30, -370), arc(.1, .5, .47, .5, -20, 65)),),
     (arc(.28, .28, .26, .28, 0, -360), straight((.55, .05), (.55, 1)))),
)
# fmt: on


def written() -> list[tuple[int, list[Line]]]:
    """Every hand writes the ten digits."""
    rng = np.random.default_rng(2026)
    found = []
    for _ in range(HANDS):
        slant, lean, narrow = rng.normal(*SLANT), np.deg2rad(rng.normal(*LEAN)), rng.uniform(*NARROW)
        for digit in range(10):
            shape = SHAPES[digit][rng.integers(len(SHAPES[digit]))]
            phase, often = rng.uniform(0, 2 * np.pi, (2, 2)), rng.uniform(0.4, 1.1, (2, 2))
            bend = rng.normal(0, BEND, (2, 2))
            lines = []
            for line in shape:
                waves = np.sin(2 * np.pi * often * line[:, None] + phase)  # (points, x and y, along x and y)
                shaken = rng.normal(0, TREMBLE, line.shape)
                shaken[1:-1] = (shaken[:-2] + 2 * shaken[1:-1] + shaken[2:]) / 4
                points = line * [narrow, 1] + rng.normal(0, MISS, 2) + (bend * waves).sum(2) + shaken
                points[:, 0] -= slant * (points[:, 1] - 0.5)
                cos, sin = np.cos(lean), np.sin(lean)
                lines.append(0.2 + 0.6 * points @ np.array([[cos, sin], [-sin, cos]]))
            found.append((digit, lines))
    return found
