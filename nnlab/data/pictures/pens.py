"""Digits as a hand draws them: lines through joints that stray, rendered as strokes of a pen.

A digit has some ways to be written, a way some lines, a line some joints (x to the right, y down, 0…1). A line that bends is a
Catmull–Rom spline through its joints (E. Catmull and R. Rom, 1974), the others are straight from joint to joint.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nnlab.data.pictures.varied import Values

SIDE, FINE = 28, 4
FULL = 0.8  # of the frame: the longer side of a digit's box, before it is scaled
STRAY = 0.045  # standard deviation of a joint
PEN = (0.05, 0.12)  # width of the pen, of the frame
STEPS = 5  # pieces of a spline from one joint to the next


class Line(NamedTuple):
    """Joints of one line, and whether it bends."""

    joints: tuple[tuple[float, float], ...]
    bends: bool = True


def _straight(*joints: tuple[float, float]) -> Line:
    return Line(joints, False)


def _bent(*joints: tuple[float, float]) -> Line:
    return Line(joints)


Way = tuple[Line, ...]
# fmt: off
_LOW_BOW = _bent((.38, .46), (.72, .52), (.86, .72), (.7, .94), (.4, 1), (.08, .88))  # of 3
WAYS: tuple[tuple[Way, ...], ...] = (
    ((_bent((.5, 0), (.2, .14), (.06, .5), (.2, .86), (.5, 1), (.8, .86), (.94, .5), (.8, .14), (.5, 0)),),
     (_bent((.62, .03), (.25, .1), (.05, .5), (.22, .92), (.55, 1), (.88, .8), (.93, .4), (.75, .08), (.45, .02)),)),
    ((_straight((.5, 0), (.5, 1)),),
     (_straight((.25, .25), (.55, 0), (.55, 1)),),
     (_straight((.22, .28), (.52, 0), (.52, 1)), _straight((.2, 1), (.84, 1))),
     (_straight((.64, 0), (.4, 1)),)),
    ((_bent((.1, .25), (.3, .03), (.65, .02), (.88, .22), (.76, .5), (.42, .75), (.08, 1)), _straight((.08, 1), (.92, 1))),
     (_bent((.1, .22), (.35, 0), (.75, .06), (.85, .3), (.65, .6), (.25, .95), (.12, .88), (.3, .8), (.55, .92), (.92, .98)),)),
    ((_bent((.1, .12), (.42, 0), (.78, .1), (.8, .3), (.6, .44), (.38, .46)), _LOW_BOW),
     (_straight((.12, 0), (.85, 0), (.42, .42)), _bent((.42, .42), (.78, .5), (.88, .72), (.7, .95), (.38, 1), (.08, .88)))),
    ((_straight((.28, 0), (.1, .58), (.92, .58)), _straight((.7, .2), (.68, 1))),
     (_straight((.66, 1), (.66, 0), (.04, .68), (.95, .68)),),
     (_straight((.12, 0), (.12, .5), (.8, .5)), _straight((.8, 0), (.8, 1)))),
    ((_straight((.86, 0), (.22, 0), (.16, .44)), _bent((.16, .44), (.5, .35), (.84, .5), (.88, .76), (.6, .98), (.1, .9))),
     (_straight((.22, 0), (.18, .45)), _bent((.18, .45), (.55, .38), (.86, .6), (.76, .9), (.45, 1), (.1, .92)),
      _straight((.22, 0), (.9, .02)))),
    ((_bent((.74, .02), (.36, .24), (.12, .6), (.2, .9), (.5, 1), (.8, .88), (.82, .64), (.52, .52), (.18, .66)),),
     (_bent((.5, 0), (.22, .35), (.1, .7), (.3, .97), (.65, .97), (.85, .75), (.68, .55), (.35, .58), (.14, .76)),)),
    ((_straight((.06, 0), (.92, 0), (.4, 1)),),
     (_straight((.06, 0), (.92, 0), (.42, 1)), _straight((.3, .5), (.84, .5))),
     (_straight((.06, .14), (.06, 0), (.92, 0)), _bent((.92, 0), (.62, .42), (.46, 1)))),
    ((_bent((.5, .47), (.18, .32), (.22, .07), (.5, 0), (.78, .07), (.82, .3), (.5, .47), (.14, .7), (.2, .93), (.5, 1),
            (.82, .93), (.88, .7), (.5, .47)),),
     (_bent((.82, .12), (.5, 0), (.2, .1), (.22, .34), (.5, .48), (.84, .68), (.8, .92), (.5, 1), (.18, .9), (.16, .7), (.5, .5),
            (.8, .32), (.82, .12)),)),
    ((_bent((.84, .28), (.62, .03), (.26, .08), (.14, .34), (.36, .52), (.7, .46), (.85, .24)), _straight((.85, .24), (.76, 1))),
     (_bent((.82, .22), (.55, 0), (.2, .12), (.16, .4), (.45, .54), (.78, .38), (.84, .18), (.86, .6), (.68, .94), (.26, .94)),),
     (_bent((.82, .3), (.55, .02), (.2, .16), (.22, .46), (.58, .52), (.82, .26)), _bent((.82, .26), (.8, .6), (.58, 1)))),
)
# fmt: on
MOST_WAYS = max(len(ways) for ways in WAYS)
MOST_JOINTS = max(sum(len(line.joints) for line in way) for ways in WAYS for way in ways)


@cache
def _basis(joints: int) -> Values:
    """What takes the joints of a spline to its points: (points, joints); its ends are doubled."""
    t = np.linspace(0, 1, STEPS, endpoint=False)
    weights = 0.5 * np.stack(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2], axis=1
    )
    found = np.zeros(((joints - 1) * STEPS + 1, joints))
    for piece in range(joints - 1):
        for k in range(4):
            found[piece * STEPS : (piece + 1) * STEPS, min(max(piece + k - 1, 0), joints - 1)] += weights[:, k]
    found[-1, -1] = 1
    return found


def _points(line: Line, joints: Values) -> Values:
    """Points of many copies of a line, (n, points, 2), from joints (n, joints, 2)."""
    return np.einsum("pj,njc->npc", _basis(len(line.joints)), joints) if line.bends else joints


def written(digits: NDArray[np.int64], draws: Values, stray: Values) -> list[list[Values]]:
    """The lines of each digit, each (points, 2), in a box whose longer side is 1 and whose middle is 0.

    digits (n,). draws (n,): 0…1, which choose the way. stray (n, MOST_JOINTS, 2): standard normal.
    """
    found: list[list[Values]] = [[] for _ in digits]
    for digit, ways in enumerate(WAYS):
        chosen = np.minimum((draws * len(ways)).astype(int), len(ways) - 1)
        for which, way in enumerate(ways):
            rows = np.flatnonzero((digits == digit) & (chosen == which))
            if len(rows):
                for row, lines in zip(rows, _copies(way, stray[rows]), strict=True):
                    found[row] = lines
    return found


def _copies(way: Way, stray: Values) -> list[list[Values]]:
    """The lines of many copies of a way; joints at the same place stray together, so that lines stay joined."""
    lines, places = [], {joint: i for i, joint in enumerate(dict.fromkeys(j for line in way for j in line.joints))}
    for line in way:
        at = [places[joint] for joint in line.joints]
        lines.append(_points(line, np.array(line.joints) + STRAY * stray[:, at]))
    everything = np.concatenate(lines, axis=1)
    low, high = everything.min(axis=1), everything.max(axis=1)
    middle, longer = ((low + high) / 2)[:, None], (high - low).max(axis=1)[:, None, None]
    fitted = [(points - middle) / longer for points in lines]
    return [list(one) for one in zip(*fitted, strict=True)]


def rendered(digits: list[list[Values]], matrix: Values, moved: Values, pens: Values) -> NDArray[np.float32]:
    """Each digit through its map, drawn by a pen as wide as `pens` (n,) says, of the frame: (n, 28, 28), 0…1."""
    size = SIDE * FINE
    found = np.empty((len(digits), SIDE, SIDE), np.uint8)
    for i, lines in enumerate(digits):
        picture = Image.new("L", (size, size))
        draw, width = ImageDraw.Draw(picture), max(1, round(size * pens[i]))
        for points in lines:
            places = size * (0.5 + moved[i] + FULL * points @ matrix[i].T)
            draw.line(places.ravel().tolist(), fill=255, width=width)
            for x, y in places[:: STEPS if len(places) > STEPS else 1].tolist():  # a pen is round, at corners too
                draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
        found[i] = np.asarray(picture.reduce(FINE))
    return found.astype(np.float32) / np.float32(255)
