"""The figures of the chart "maps" in plotly: a map a figure, its filter below it; units without a place as one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from nnlab.core.records import Array
from nnlab.core.say import say, translated
from nnlab.ui.chart import Made, Panel
from nnlab.ui.charts.colours import DIVERGING, FAINT, GAMMA, INK

SIDE, HEAD, GAP = 150, 42, 10  # pixels: of a map, the words above it, and the space to its filter
SQUARE = 24  # of a weight at most
ROW, FEW = 32, 10  # units in a row, and how many may have their numbers written on them
CELL, AXIS = 38, 24  # pixels: the height of a row of units, and its numbers below
RULER = 308  # width of the colours with their numbers
GREY = ((0.0, "#000000"), (1.0, "#ffffff"))  # a picture is shown as it is
DIGITS = 6  # of a number that is pointed at: a float32 has about seven
STOPS = 8  # of the colours on either side of 0
COLOURED = ("red", "green", "blue")
READ = "<b>{z}</b><extra></extra>"  # the number, without the name of a trace


class Facts(NamedTuple):
    """What an answer is about."""

    step: int
    stage: int
    split: int
    row: int
    of: int
    right: int


class Drawing(NamedTuple):
    """What all figures of an answer share: `title` of the stage, its `noun`, what is `of` which class; `dark`: the page."""

    title: str
    noun: str
    classes: Sequence[str]
    dark: bool

    def named(self, channel: int) -> str:
        """Conv 1, channel 5, as on the wall."""
        return f"{self.title}, {self.noun} {channel + 1}"


def made(
    titles: Sequence[str],
    classes: Sequence[str],
    options: Mapping[str, Any],
    arrays: Mapping[str, Array],
    *,
    dark: bool,
) -> Made:
    """Sentences with this run's numbers; all maps of a page with their filters, or a row of units."""
    facts, values = Facts(*(int(v) for v in arrays["maps_at"])), arrays["maps_values"]
    flat = values.shape[1] * values.shape[2] == 1
    title = titles[facts.stage]
    drawing = Drawing(title, "unit" if flat and not title.startswith("Mean") else "channel", classes, dark)
    told = sentences(drawing, facts, arrays, last=facts.stage == len(titles) - 1)
    if facts.stage == len(titles) - 1:
        return Made(told, tuple(answer_panels(drawing, arrays)))
    if flat:
        return Made(told, (Panel(row_figure(drawing, values.ravel()), told[-1], "plotly"),))
    return Made(told, tuple(map_panels(drawing, titles, options, arrays)))


# ---- words ---------------------------------------------------------------------------------------------------------------
def number(v: float, digits: int = 3) -> str:
    """A number for the screen, with a proper minus."""
    return f"{float(v):.{digits}g}".replace("e-0", "e-").replace("-", "−")


def percent(p: float) -> str:
    """83 %."""
    return f"{100 * p:.1f} %" if 0.0005 < p < 0.01 or 0.99 < p < 0.9995 else f"{100 * p:.0f} %"


def sentences(drawing: Drawing, facts: Facts, arrays: Mapping[str, Array], *, last: bool) -> tuple[str, ...]:
    """Which picture it is and what the network answers; then what is large, and what is 0, at this stage."""
    likely, classes = arrays["maps_answer"], drawing.classes
    taken = int(likely.argmax())
    says = f"“{classes[taken]}” ({percent(float(likely[taken]))})"
    if facts.split < 0:
        first = say("At step {step:,}, the network takes your drawing for {says}.", step=facts.step, says=says)
    else:
        part = translated(say("training picture")) if facts.split == 0 else translated(say("test picture"))
        first = say(
            "At step {step:,}, the network takes {part} {row:,} of {of:,}, which is “{right}”, for {says}.",
            **{"step": facts.step, "part": part, "row": facts.row + 1, "of": facts.of, "says": says},
            right=classes[facts.right],
        )
    return (f"{translated(first)} {(_scores if last else _largest)(drawing, arrays)}",)


def _scores(drawing: Drawing, arrays: Mapping[str, Array]) -> str:
    """Of the answer: what leads, and by how much."""
    scores = arrays["maps_values"].ravel()
    if len(scores) == 1:
        return translated(
            say(
                "The output is {score}: above 0 it speaks for “{name}”, below 0 for “{other}”.",
                **{"score": number(scores[0]), "name": drawing.classes[1], "other": drawing.classes[0]},
            )
        )
    first, second = np.argsort(-scores, kind="stable")[:2]
    return translated(
        say(
            "Before softmax, “{first}” leads with {high}; next is “{second}” with {low}.",
            **{"first": drawing.classes[first], "high": number(scores[first])},
            **{"second": drawing.classes[second], "low": number(scores[second])},
        )
    )


def _largest(drawing: Drawing, arrays: Mapping[str, Array]) -> str:
    values, off = arrays["maps_values"], arrays["maps_off"].astype(bool)
    count, height, width = values.shape
    if arrays["maps_at"][1] == 0:
        pixels = say(
            "The picture has {height} × {width} pixels, from 0 (black) to 1 (white).", height=height, width=width
        )
        return translated(pixels)
    silent = ~values.any((1, 2))
    dead = int((silent & ~off).sum())
    channel, row, column = (int(v) for v in np.unravel_index(int(np.abs(values).argmax()), values.shape))
    places = "everywhere " if height * width > 1 else ""
    nouns = f"{drawing.noun}s" if count > 1 else drawing.noun
    told = translated(
        say(
            "{dead} of the {count} {nouns} of {stage} {are} 0 {places}for this picture.",
            **{"dead": dead or "None", "count": count, "nouns": nouns, "stage": drawing.title, "places": places},
            are="is" if dead < 2 else "are",
        )
    )
    if off.any():
        told += " " + translated(say("{off} more are switched off.", off=int(off.sum())))
    if silent.all():
        return told
    value = number(values[channel, row, column])
    where = say("{noun} {channel}", noun=drawing.noun, channel=channel + 1)
    if height * width > 1:
        where = say(
            "{noun} {channel}, at row {row}, column {column}",
            noun=drawing.noun,
            channel=channel + 1,
            row=row + 1,
            column=column + 1,
        )
    return told + " " + translated(say("The number furthest from 0, {value}, is in {where}.", value=value, where=where))


# ---- colours -------------------------------------------------------------------------------------------------------------
def colours(dark: bool) -> list[tuple[float, str]]:
    """From −1 to 1 as on the wall: orange, middle, blue, where weak numbers stand out."""
    low, middle, high = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in DIVERGING[dark])
    found = []
    for k in range(-STOPS, STOPS + 1):
        share, end = (abs(k) / STOPS) ** GAMMA, high if k > 0 else low
        mixed = (round(m + (e - m) * share) for m, e in zip(middle, end, strict=True))
        found.append(((k + STOPS) / (2 * STOPS), "#" + "".join(f"{v:02x}" for v in mixed)))
    return found


def most_of(values: Array) -> float:
    """The number furthest from 0, where the colours end."""
    return float(np.abs(values).max(initial=0.0)) or 1.0


# ---- maps ----------------------------------------------------------------------------------------------------------------
def map_panels(
    drawing: Drawing, titles: Sequence[str], options: Mapping[str, Any], arrays: Mapping[str, Array]
) -> list[Panel]:
    """A ruler of the colours, where one holds for all; then a panel a channel."""
    values, weights, stage = arrays["maps_values"], arrays["maps_filters"], int(arrays["maps_at"][1])
    picture, each, dark = stage == 0, options["scale"] == "map", drawing.dark
    found = []
    if not (picture or each):
        most, signed = most_of(values), bool((values < 0).any())
        low, high = number(-most if signed else 0.0), number(most)
        bounds = say("The colours of {stage} go from {low} to {high}.", stage=drawing.title, low=low, high=high)
        found.append(Panel(ruler(most, signed=signed, dark=dark), translated(bounds), "plotly", RULER))
    for channel in range(*options["channels"]):
        own, filter_ = values[channel], None
        name = drawing.named(channel)
        if picture:
            name = f"{drawing.title}, {COLOURED[channel]}" if len(values) == 3 else drawing.title
        shades = (
            {"colorscale": GREY, "zmin": 0, "zmax": 1} if picture else _shades(most_of(own if each else values), dark)
        )
        heat = _heat(own, f"{name}<br>row %{{y}}, column %{{x}}<br>" + READ, shades)
        if len(weights):
            cells, said = filter_cells(weights[channel], titles[stage - 1])
            shades = _shades(most_of(weights[channel] if each else weights), dark)
            filter_ = _heat(cells, f"Filter of {name}<br>%{{text}}<br>" + READ, shades, text=said)
        state = _range(own, off=bool(arrays["maps_off"][channel]))
        found.append(Panel(map_figure(name, state, heat, filter_, dark=dark), f"{name}: {state}.", "plotly", SIDE))
    return found


def _range(values: Array, *, off: bool) -> str:
    if off:
        return translated(say("switched off"))
    low, high = float(values.min()), float(values.max())
    if low == high:
        return translated(say("{value} everywhere", value=number(low)))
    return translated(say("{low} to {high}", low=number(low), high=number(high)))


def map_figure(
    name: str, state: str, heat: Mapping[str, Any], filter_: Mapping[str, Any] | None, *, dark: bool
) -> go.Figure:
    """A map with its name and its range, row 1 at the top; below it, of a convolution, its filter."""
    height, width = heat["z"].shape
    high, traces = round(SIDE * height / width), [heat]
    whole, axes = high, _still(heat, "", (0, 1), (0, 1))
    if filter_ is not None:
        rows, columns = filter_["z"].shape
        side = min(SIDE, SQUARE * columns)
        tall = round(side * rows / columns)
        whole = high + GAP + tall
        axes = _still(heat, "", (0, 1), (1 - high / whole, 1)) | _still(
            filter_, "2", (0, side / SIDE), (0, tall / whole)
        )
        traces.append({**filter_, "xaxis": "x2", "yaxis": "y2"})
    told = f'{name}<br><span style="color:{FAINT[dark]}">{state}</span>'
    words = {"text": told, "align": "left", "showarrow": False, "font": {"size": 14}, "xshift": -2}
    place = {"x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "xref": "paper", "yref": "paper"}
    size = {"width": SIDE, "height": HEAD + whole, "margin": {"l": 0, "r": 0, "t": HEAD, "b": 0}}
    return go.Figure(traces, {**_layout(dark), **axes, **size, "annotations": [words | place]})


def filter_cells(weights: Array, before: str) -> tuple[Array, Array]:
    """A filter (inputs, k, k) as one sheet of squares with gaps, in rows of about as many as there are rows; and what each cell is."""
    inputs, side, _ = weights.shape
    columns = ceil(sqrt(inputs))
    rows = ceil(inputs / columns)
    sheet = np.full((rows * (side + 1) - 1, columns * (side + 1) - 1), np.nan, np.float32)
    said = np.full(sheet.shape, "", object)
    for i, own in enumerate(weights):
        top, left = (i // columns) * (side + 1), (i % columns) * (side + 1)
        sheet[top : top + side, left : left + side] = own
        for r in range(side):
            for c in range(side):
                said[top + r, left + c] = f"on {before}, channel {i + 1}<br>row {r + 1}, column {c + 1}"
    return sheet, said


# ---- units without a place -----------------------------------------------------------------------------------------------
def answer_panels(drawing: Drawing, arrays: Mapping[str, Array]) -> list[Panel]:
    """The numbers before softmax, and the probabilities that become of them: two pictures, for they have different scales."""
    scores, likely = arrays["maps_values"].ravel(), arrays["maps_answer"]
    names = drawing.classes if len(scores) > 1 else (drawing.classes[1],)
    found = []
    for title, values, own in (("Before softmax", scores, names), ("Probability", likely, drawing.classes)):
        words = ", ".join(f"{name} {number(v)}" for name, v in zip(own, values, strict=True))
        most = 1.0 if title == "Probability" else most_of(scores)
        figure = row_figure(drawing._replace(title=title), values, names=own, most=most)
        found.append(Panel(figure, f"{title}: {words}.", "plotly"))
    return found


def row_figure(
    drawing: Drawing, values: Array, *, names: Sequence[str] | None = None, most: float | None = None
) -> go.Figure:
    """Units beside each other, `ROW` at most in a row; with `names` they are classes, all in one. `most`: where the colours end."""
    count = len(values)
    columns = count if names else min(count, ROW)
    rows = ceil(count / columns)
    sheet, said = np.full(rows * columns, np.nan, np.float32), np.full(rows * columns, "", object)
    sheet[:count] = values
    said[:count] = [drawing.named(i) if names is None else f"{drawing.title} of “{names[i]}”" for i in range(count)]
    heat = _heat(sheet.reshape(rows, columns), "%{text}<br>" + READ, _shades(most or most_of(values), drawing.dark))
    heat["text"] = said.reshape(rows, columns)
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": "", "tickfont": {"size": 14}}
    x, below = (still, AXIS) if rows == 1 else (still | {"visible": False}, 4)
    if names:
        angle, below = _slanted(names)
        x = still | {"tickvals": list(range(1, count + 1)), "ticktext": list(names), "tickangle": angle}
    y = still | {"autorange": "reversed", "visible": rows > 1, "automargin": True}
    if rows > 1:
        ends = [(first + 1, min(first + columns, count)) for first in range(0, count, columns)]
        y |= {"tickvals": list(range(1, rows + 1)), "ticktext": [f"{a} to {b}" for a, b in ends]}
    title = {"text": f"<b>{drawing.title}</b>", "x": 0, "y": 1, "yanchor": "top", "pad": {"t": 4}, "font": {"size": 14}}
    size = {"height": 28 + CELL * rows + below, "margin": {"l": 2, "r": 2, "t": 28, "b": below}}
    figure = go.Figure([heat], {**_layout(drawing.dark), "xaxis": x, "yaxis": y, "title": title, **size})
    for i, v in enumerate(values.tolist() if count <= FEW else ()):
        told = f"{100 * v:.0f} %" if most == 1.0 else f"{v:.1f}".replace("-", "−")
        figure.add_annotation(x=i + 1, y=1, text=told, showarrow=False, font={"size": 14})
    return figure


def _slanted(names: Sequence[str]) -> tuple[int, int]:
    """The angle of the names below a row, and the pixels that they need: long ones do not fit beside each other."""
    longest = max(map(len, names))
    if longest <= 2:
        return 0, AXIS
    return (-45, 12 + round(4.6 * longest)) if len(names) <= FEW else (-90, 10 + round(6.2 * longest))


# ---- what all figures share ----------------------------------------------------------------------------------------------
def ruler(most: float, *, signed: bool, dark: bool) -> go.Figure:
    """The colours with the numbers that they stand for."""
    z = np.linspace(-most if signed else 0.0, most, 129)
    heat = _heat(z[None], READ, _shades(most, dark), x=z, y=[0])
    marks = [-most, 0, most] if signed else [0, most / 2, most]
    x = {
        "tickvals": marks,
        "ticktext": [number(v) for v in marks],
        "fixedrange": True,
        "tickfont": {"size": 14},
        "ticklabelposition": "outside",
    }
    layout = _layout(dark) | {
        "xaxis": x,
        "yaxis": {"visible": False, "fixedrange": True},
        **{"width": RULER, "height": 44, "margin": {"l": 26, "r": 26, "t": 2, "b": 24}},
    }
    return go.Figure([heat], layout)


def _shades(most: float, dark: bool) -> dict[str, Any]:
    return {"colorscale": colours(dark), "zmin": -most, "zmax": most}


def _heat(values: Array, told: str, shades: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A heat map whose rows and columns count from 1; its numbers are those of the record. {z} in `told` is the number that is pointed at:
    plotly writes it, but where some are below 0 it is written here, for plotly has no minus sign."""
    height, width = values.shape
    if (values < 0).any():
        more["customdata"] = np.array([[number(v, DIGITS) for v in row] for row in values], object)
        told = told.replace("{z}", "%{customdata}")
    told = told.replace("{z}", f"%{{z:.{DIGITS}~g}}")
    places = {"x": np.arange(1, width + 1, dtype=np.int16), "y": np.arange(1, height + 1, dtype=np.int16)}
    return {"type": "heatmap", "z": values, **places, "hovertemplate": told, "showscale": False, **shades, **more}


def _still(heat: Mapping[str, Any], axis: str, across: tuple[float, float], up: tuple[float, float]) -> dict[str, Any]:
    """Axes that show nothing and do not move: the cells reach to the edges, and the first row is at the top."""
    height, width = heat["z"].shape
    still = {"visible": False, "fixedrange": True}
    x = {**still, "range": [0.5, width + 0.5], "domain": across, "anchor": f"y{axis}"}
    y = {**still, "range": [height + 0.5, 0.5], "domain": up, "anchor": f"x{axis}"}
    return {f"xaxis{axis}": x, f"yaxis{axis}": y}


def _layout(dark: bool) -> dict[str, Any]:
    clear = "rgba(0,0,0,0)"
    label = {"font": {"size": 14, "color": INK[not dark]}, "bgcolor": INK[dark], "align": "left"}
    return {
        **{"paper_bgcolor": clear, "plot_bgcolor": clear, "hoverlabel": label, "dragmode": False},
        "font": {"color": INK[dark], "size": 14, "family": "sans-serif"},
        "showlegend": False,
    }
