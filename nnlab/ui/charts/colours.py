"""The colours of classes and of maps, and the shapes of clusters, for altair and plotly: those of assets/kit/palette.js, so that a class has one colour."""

from __future__ import annotations

CLASSES = {
    False: ("#e69f00", "#0072b2", "#009e73", "#cc79a7", "#d8c71a"),
    True: ("#f0a92b", "#2f9ae0", "#1fbf92", "#e08fbd", "#f0e442"),
}
# Below 0, 0 and above, of a map; and how much weak numbers stand out: assets/views/pictures/paint.js.
DIVERGING = {False: ("#f08a1c", "#eef0f2", "#0b76c0"), True: ("#ff9b3d", "#20242c", "#3fa4f5")}
GAMMA = 0.6
INK = {False: "#16202b", True: "#e8eef4"}
FAINT = {False: "#5d6670", True: "#a3acb5"}
GROUND = {False: "#ffffff", True: "#10161d"}
ACCENT = {False: "#0072b2", True: "#3598d8"}
SHAPES = (
    *("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left"),
    "M0,-1.1L0.26,-0.36L1.05,-0.34L0.42,0.14L0.65,0.89L0,0.44L-0.65,0.89L-0.42,0.14L-1.05,-0.34L-0.26,-0.36Z",  # a star
    "M-0.9,-0.5L-0.5,-0.9L0,-0.4L0.5,-0.9L0.9,-0.5L0.4,0L0.9,0.5L0.5,0.9L0,0.4L-0.5,0.9L-0.9,0.5L-0.4,0Z",  # ×
)


def class_colour(c: int, dark: bool) -> str:
    """Of classes beyond the palette: its colours again, darker or lighter, so that each is its own."""
    colours = CLASSES[dark]
    colour, times = colours[c % len(colours)], c // len(colours)
    if not times:
        return colour
    ink, share = (255 if dark else 0), 1 - 0.65**times
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{int(v + (ink - v) * share + 0.5):02x}" for v in parts)
