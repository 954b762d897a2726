"""The figure of the chart "clusters" in altair: both plots share a view and one box, so that a selection in either is one of pictures."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from PIL import Image

from nnlab.core.records import Array
from nnlab.core.say import say, translated
from nnlab.ui.chart import Made, Panel
from nnlab.ui.charts.colours import ACCENT, FAINT, GROUND, INK, SHAPES, class_colour

HIGH, BAR, THUMB, LINE = 340, 22, 40, 68  # pixels: of the plots, a row of bars, a picture, a row of pictures
NARROW, FITS = 58, 560  # of a picture's words, and of the legend, where the page is narrow
COLUMNS, ROWS = 10, 3  # pictures below
GAP = 0.08  # between the plots, of the width of one
EDGE = 0.05  # free at the rim of a plot, of its width
AXIS = 56  # below a figure of one view, whose height it is part of
FRAME = 260  # of a plot, where the page is narrow
ASIDE = 0.18  # left of the bars, of their length: shape and name
# Whether a picture is selected: by the box in either plot, by a bar, by its class and by its cluster.
BOXED = (
    "(!isArray(box.u) || (inrange(datum.pca_x, box.u) && inrange(datum.pca_y, box.v))"
    " || (inrange(datum.tsne_x, box.u) && inrange(datum.tsne_y, box.v)))"
)
BARRED = "(!isArray(bar.group) || (indexof(bar.group, datum.group) >= 0 && indexof(bar.class, datum.class) >= 0))"
NAMED = "(of_class == null || datum.class == of_class) && (of_group == null || datum.group == of_group)"
SELECTED = f"{BOXED} && {BARRED} && {NAMED}"


def made(
    titles: Sequence[str],
    classes: Sequence[str],
    options: Mapping[str, Any],
    arrays: Mapping[str, Array],
    *,
    dark: bool,
) -> Made:
    """Sentences with this run's numbers, the plots with all that is linked to them, and the match of every stage."""
    told = sentences(titles, options, arrays)
    linked = Panel(linked_figure(titles, classes, arrays, dark=dark), told[0])
    match = Panel(match_figure(titles, arrays, dark=dark), match_words(titles, arrays))
    return Made(told, (linked, match))


# ---- words ---------------------------------------------------------------------------------------------------------------
def percent(share: float) -> str:
    """83 %."""
    return f"{100 * share:.0f} %"


def of_stage(title: str, stage: int) -> str:
    """The input's numbers are the raw pixels."""
    return translated(say("the raw pixels")) if stage == 0 else title


def sentences(titles: Sequence[str], options: Mapping[str, Any], arrays: Mapping[str, Array]) -> tuple[str, ...]:
    """How well the clusters match the classes, beside those of the raw pixels; and how much the plots keep."""
    step, stage, numbers, available, k, kept, _ = (int(v) for v in arrays["clusters_at"])
    match, share = arrays["clusters_match"], arrays["clusters_share"]
    taken = len(arrays["clusters_rows"])
    part = translated(say("test pictures")) if options["split"] == "test" else translated(say("training pictures"))
    of = translated(say("{taken} of {all:,} {part}", taken=taken, all=available, part=part))
    if len(np.unique(arrays["clusters_classes"][:, 0])) == 1:
        first = say("At step {step:,}, all {of} are of one class, so every cluster matches it.", step=step, of=of)
    elif stage == 0:
        first = say(
            "At step {step:,}, the clusters of the raw pixels match the classes for {share} of the pictures (adjusted Rand "
            "index {index:.2f}; {k} clusters, {of}). The network has no part in that.",
            **{"step": step, "share": percent(match[0, 0]), "index": match[0, 1], "k": k, "of": of},
        )
    else:
        first = say(
            "At step {step:,}, the clusters of {stage} match the classes for {share} of the pictures; those of the raw pixels "
            "for {raw} (adjusted Rand index {index:.2f} and {raw_index:.2f}; {k} clusters, {of}).",
            **{"step": step, "stage": titles[stage], "share": percent(match[stage, 0]), "raw": percent(match[0, 0])},
            **{"index": match[stage, 1], "raw_index": match[0, 1], "k": k, "of": of},
        )
    plane = say(
        "The plane of PCA keeps {share} of the variance of {numbers:,} numbers a picture.",
        share=percent(float(share.sum())),
        numbers=numbers,
    )
    found = [translated(first), translated(plane)]
    if kept:
        found[1] += " " + translated(say("t-SNE was given the first {kept} principal components.", kept=kept))
    fitting, wanted = float(arrays["clusters_fit"][0]), float(options["perplexity"])
    if fitting < wanted - 0.01:
        limit = say(
            "Its perplexity is {fitting:.0f} instead of {wanted:.0f}: no more than a third of the other pictures.",
            **{"fitting": fitting, "wanted": wanted},
        )
        found[1] += " " + translated(limit)
    return tuple(found)


def match_words(titles: Sequence[str], arrays: Mapping[str, Array]) -> str:
    """The numbers of the last figure, for who does not see it."""
    parts = (f"{titles[i]} {percent(p)}" for i, (p, _) in enumerate(arrays["clusters_match"]))
    return "Pictures whose cluster is mostly of their class: " + ", ".join(parts) + "."


# ---- what is drawn -------------------------------------------------------------------------------------------------------
def picture_url(pixels: Array) -> str:
    """(C, H, W) uint8 as a PNG that stands in the address itself."""
    plane = pixels[0] if len(pixels) == 1 else np.moveaxis(pixels[:3], 0, -1)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(plane)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def unit(values: Array, start: float) -> Array:
    """Numbers spread over `start` … `start` + 1, with free rims."""
    low, high = float(values.min()), float(values.max())
    spread = (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
    return np.asarray(start + EDGE + (1 - 2 * EDGE) * spread)


def table(classes: Sequence[str], arrays: Mapping[str, Array]) -> pd.DataFrame:
    """A row a picture."""
    points, (right, answered) = arrays["clusters_points"].astype(float), arrays["clusters_classes"].T
    return pd.DataFrame(
        {
            "row": arrays["clusters_rows"],
            "nth": np.random.default_rng(0).permutation(len(points)),  # a file has its classes one after the other
            "class": [classes[c] for c in right],
            "answer": [classes[c] for c in answered],
            "group": [ascii_uppercase[g] for g in arrays["clusters_group"]],
            "pca_x": unit(points[:, 0], 0),
            "pca_y": unit(points[:, 1], 0),
            "tsne_x": unit(points[:, 2], 1 + GAP),
            "tsne_y": unit(points[:, 3], 0),
            "image": [picture_url(pixels) for pixels in arrays["clusters_pictures"]],
        }
    )


def linked_figure(titles: Sequence[str], classes: Sequence[str], arrays: Mapping[str, Array], *, dark: bool) -> Any:
    """Both plots, the bars and the pictures."""
    rows = table(classes, arrays)
    present = [name for c, name in enumerate(classes) if c in arrays["clusters_classes"][:, 0]]
    groups = list(ascii_uppercase[: int(arrays["clusters_group"].max()) + 1])
    colours = [class_colour(c, dark) for c, name in enumerate(classes) if name in present]
    colour = alt.Color("class:N", scale=alt.Scale(domain=present, range=colours), sort=present)
    share = arrays["clusters_share"]
    stage = of_stage(titles[int(arrays["clusters_at"][1])], int(arrays["clusters_at"][1]))
    names = {
        "pca": f"PCA of {stage}: {percent(share[0])} across, {percent(share[1])} up",
        "tsne": f"t-SNE of {stage}, perplexity {arrays['clusters_fit'][0]:.0f}",
    }
    base = alt.Chart(rows)
    figure = alt.vconcat(
        plots(base, rows, colour, groups, names, dark=dark),
        bars(base, rows, colour, groups, dark=dark),
        pictures(base, dark=dark),
        spacing=22,
    ).resolve_legend(color="independent", shape="independent")
    return (
        figure.properties(padding={"left": 1, "right": 1, "top": 4, "bottom": 4})
        .add_params(
            alt.param(name="of_class", value=None, bind=listed("Class ", present)),
            alt.param(name="of_group", value=None, bind=listed("Cluster ", groups)),
        )
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=14, titleFontSize=14, labelColor=INK[dark], titleColor=FAINT[dark])
        .configure_legend(labelFontSize=14, titleFontSize=14, labelColor=INK[dark], titleColor=FAINT[dark])
    )


def listed(name: str, values: Sequence[str]) -> alt.BindRadioSelect:
    """A list that opens, for who has no mouse to draw a box with."""
    return alt.binding_select(options=[None, *values], labels=["all", *values], name=name)


def shapes(groups: Sequence[str]) -> alt.Shape:
    """A shape for each cluster; more than there are begin again, and the tooltip tells them apart."""
    known = [SHAPES[i % len(SHAPES)] for i in range(len(groups))]
    return alt.Shape("group:N", scale=alt.Scale(domain=list(groups), range=known), legend=None)


def plots(
    base: alt.Chart, rows: pd.DataFrame, colour: alt.Color, groups: list[str], names: Mapping[str, str], *, dark: bool
) -> Any:
    """PCA from 0 to 1, t-SNE right of it, on one plane: a box in one of them is a box of numbers, which both are tested for."""
    frames = pd.DataFrame(
        {"u": [0, 1 + GAP], "u2": [1, 2 + GAP], "v": [0, 0], "v2": [1, 1], "name": list(names.values())}
    )
    x = alt.X("u:Q", scale=alt.Scale(domain=[0, 2 + GAP], nice=False), axis=None)
    y = alt.Y("v:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=None)
    box = alt.selection_interval(name="box", encodings=["x", "y"], mark=alt.BrushConfig(stroke=ACCENT[dark]))
    ground = alt.Chart(frames).mark_rect(fill=None, stroke=FAINT[dark], strokeOpacity=0.5)
    titles = alt.Chart(frames).mark_text(
        align="left", baseline="bottom", dy=-6, fontSize=14, fontWeight=600, color=INK[dark]
    )
    longest = max(map(len, rows["class"]))
    columns = max(1, min(10, FITS // (30 + 8 * longest)))
    legend = alt.Legend(title="Class", symbolType="square", orient="bottom", columns=columns, symbolSize=90)
    layers: list[Any] = [
        ground.encode(x=x, x2="u2:Q", y=y, y2="v2:Q"),
        titles.encode(x=x, y=alt.Y("v2:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=None), text="name:N"),
    ]
    for plot in ("pca", "tsne"):
        points = (
            base.transform_calculate(u=f"datum.{plot}_x", v=f"datum.{plot}_y")
            .mark_point(filled=True, size=60)
            .encode(
                x=x,
                y=y,
                color=colour.legend(legend),
                shape=shapes(groups),
                opacity=alt.condition(SELECTED, alt.value(0.9), alt.value(0.08)),
                tooltip=[
                    alt.Tooltip("image:N"),
                    alt.Tooltip("class:N", title="Class"),
                    alt.Tooltip("answer:N", title="Taken for"),
                    alt.Tooltip("group:N", title="Cluster"),
                    alt.Tooltip("row:Q", title="Picture"),
                ],
            )
        )
        layers.append(points.add_params(box) if plot == "pca" else points)
    said = alt.Chart(labels(rows)).encode(x=x, y=y, text="class:N")
    rim = said.mark_text(
        fontSize=15, fontWeight=700, stroke=GROUND[dark], strokeWidth=4, color=GROUND[dark], tooltip=None
    )
    layers += [rim, said.mark_text(fontSize=15, fontWeight=700, color=INK[dark], tooltip=None)]
    return alt.layer(*layers).properties(height=HIGH)


def labels(rows: pd.DataFrame) -> pd.DataFrame:
    """The names of classes in the middle of their points, where there is room: a name that would lie on another is left out."""
    found: list[dict[str, Any]] = []
    middles = rows.groupby("class")[["pca_x", "pca_y", "tsne_x", "tsne_y"]].median()
    for plot in ("pca", "tsne"):
        placed: list[tuple[float, float, float]] = []
        for name in rows["class"].value_counts().index:
            u, v = float(middles.loc[name, f"{plot}_x"]), float(middles.loc[name, f"{plot}_y"])
            half = 4.5 * len(name) + 2
            if all(abs(u - x) * FRAME > half + w or abs(v - y) * HIGH > 17 for x, y, w in placed):
                placed.append((u, v, half))
                found.append({"class": name, "u": u, "v": v})
    return pd.DataFrame(found)


def bars(base: alt.Chart, rows: pd.DataFrame, colour: alt.Color, groups: list[str], *, dark: bool) -> Any:
    """How many of the selected pictures of each class lie in each cluster. The names stand in the view, which is as wide as the page."""
    bar = alt.selection_point(name="bar", fields=["group", "class"], toggle=False)
    most = int(rows["group"].value_counts().max())
    scale = alt.Scale(domain=[-ASIDE * most, most], nice=False)
    y = alt.Y("group:N", scale=alt.Scale(domain=groups), axis=None)
    ticks = alt.Axis(tickMinStep=1, tickCount=6, labelExpr="datum.value < 0 ? '' : datum.label", grid=False)
    drawn = (
        base.transform_filter(f"{BOXED} && {NAMED}")
        .mark_bar()
        .encode(
            x=alt.X("count():Q", title="Pictures", scale=scale, axis=ticks),
            y=y,
            color=colour.legend(None),
            opacity=alt.when(bar).then(alt.value(1)).otherwise(alt.value(0.25)),
            tooltip=[
                alt.Tooltip("group:N", title="Cluster"),
                alt.Tooltip("class:N", title="Class"),
                alt.Tooltip("count():Q", title="Pictures"),
            ],
        )
        .add_params(bar)
    )
    named = alt.Chart(pd.DataFrame({"group": groups, "name": [f"Cluster {g}" for g in groups], "at": 0}))
    signs = named.transform_calculate(left=f"{-0.92 * ASIDE * most}").mark_point(
        filled=True, size=80, color=FAINT[dark]
    )
    names = named.mark_text(align="right", dx=-6, fontSize=14, color=INK[dark]).encode(
        x=alt.X("at:Q", scale=scale), y=y, text="name:N"
    )
    signs = signs.encode(x=alt.X("left:Q", scale=scale), y=y, shape=shapes(groups))
    return alt.layer(drawn, names, signs).properties(height=BAR * len(groups))


def pictures(base: alt.Chart, *, dark: bool) -> Any:
    """The first of the selected pictures with their classes; a cross marks those that are taken for another."""
    most = COLUMNS * ROWS
    shown = (
        base.transform_filter(SELECTED)
        .transform_window(place="row_number()", sort=[alt.SortField("nth")])
        .transform_filter(f"datum.place <= {most}")
        .transform_calculate(
            u=f"(datum.place - 1) % {COLUMNS}",
            v=f"floor((datum.place - 1) / {COLUMNS})",
            said="(datum.class == datum.answer ? '' : '× ') + datum.class",
        )
    )
    counted = (
        base.transform_calculate(
            seen=f"({SELECTED}) ? 1 : 0", wrong=f"({SELECTED}) && datum.class != datum.answer ? 1 : 0"
        )
        .transform_aggregate(seen="sum(seen)", wrong="sum(wrong)")
        .transform_calculate(
            told="datum.seen == 0 ? 'No picture is selected.' : format(datum.seen, ',')"
            " + (datum.seen == 1 ? ' picture is selected, ' : ' pictures are selected, ') + format(datum.wrong, ',')"
            " + ' of them taken for another class (×)'"
            f" + (datum.seen > {most} ? '. Here are {most}:' : ':')"
        )
    )
    x = alt.X("u:Q", scale=alt.Scale(domain=[-0.5, COLUMNS - 0.5], nice=False), axis=None)
    y = alt.Y("v:Q", scale=alt.Scale(domain=[ROWS - 0.5, -0.5], nice=False), axis=None)
    images = shown.mark_image(width=THUMB, height=THUMB, smooth=False).encode(
        x=x,
        y=y,
        url="image:N",
        tooltip=[
            alt.Tooltip("class:N", title="Class"),
            alt.Tooltip("answer:N", title="Taken for"),
            alt.Tooltip("group:N", title="Cluster"),
            alt.Tooltip("row:Q", title="Picture"),
        ],
    )
    words = shown.mark_text(dy=THUMB // 2 + 9, fontSize=14, color=INK[dark], limit=NARROW).encode(
        x=x, y=y, text="said:N"
    )
    head = counted.mark_text(align="left", baseline="bottom", fontSize=14, fontWeight=600, color=INK[dark]).encode(
        x=alt.value(0), y=alt.value(-2), text="told:N"
    )
    return alt.layer(images, words, head).properties(height=LINE * ROWS)


def match_figure(titles: Sequence[str], arrays: Mapping[str, Array], *, dark: bool) -> Any:
    """Of every stage the share of pictures whose cluster is mostly of their class; the chosen one stands out."""
    match, chosen = arrays["clusters_match"].astype(float), int(arrays["clusters_at"][1])
    rows = pd.DataFrame(
        {
            "stage": list(titles),
            "share": match[:, 0],
            "said": [f"{percent(p)}, index {i:.2f}" for p, i in match],
            "chosen": np.arange(len(titles)) == chosen,
        }
    )
    y = alt.Y("stage:N", sort=list(titles), axis=None)
    scale = alt.Scale(domain=[-0.2, 1.25], nice=False)
    ticks = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1], grid=False)
    x = alt.X("share:Q", title="Pictures whose cluster is mostly of their class", scale=scale, axis=ticks)
    base = alt.Chart(rows).encode(y=y)
    shade = alt.when(alt.datum.chosen).then(alt.value(ACCENT[dark])).otherwise(alt.value(FAINT[dark]))
    text: dict[str, Any] = {"fontSize": 14, "color": INK[dark]}
    return (
        alt.layer(
            base.mark_bar().encode(x=x, color=shade),
            base.mark_text(align="left", dx=6, **text).encode(x=x, text="said:N"),
            base.transform_calculate(at="0")
            .mark_text(align="right", dx=-6, **text)
            .encode(x=alt.X("at:Q", scale=scale), text="stage:N"),
        )
        .properties(height=BAR * len(titles) + AXIS)
        .configure_axis(labelFontSize=14, titleFontSize=14, labelColor=INK[dark], titleColor=FAINT[dark])
        .configure_view(stroke=None)
    )
