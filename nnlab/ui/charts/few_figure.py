"""The figure of the chart "few" in altair: accuracy over pictures a class, and a table of what the source gains, seed by seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from nnlab.core.records import Array
from nnlab.core.say import say, translated
from nnlab.families.transfer.spec import COURSES
from nnlab.ui.chart import Made, Panel
from nnlab.ui.charts.colours import CLASSES, FAINT, INK

NAMES = tuple(COURSES[name] for name in ("scratch", "tuned", "frozen"))  # the rows of the study
COLOURS = (1, 2, 0)  # of the classes, as in the live view
MOST = 0.7  # of a gain's colour: the text on it stays readable
# Streamlit makes a view as wide as the page, and what stands beside it would stick out.
INSIDE: dict[str, Any] = {"labelAlign": "left", "labelPadding": -8, "ticks": False, "domain": False}
HIGH, ROW = 300, 34  # pixels: of the plot, a row of the table


def rows(arrays: Mapping[str, Array]) -> pd.DataFrame:
    """One row a network: pictures a class, seed, accuracy, and what it gains over the one from scratch of its seed."""
    found, pictures = arrays["few_accuracy"], [int(v) for v in arrays["few_pictures"]]
    return pd.DataFrame(
        [
            {
                "network": name,
                "pictures": pictures[at],
                "seed": f"seed {seed}",
                "accuracy": float(found[i, at, seed]),
                "gain": float(found[i, at, seed] - found[0, at, seed]),
            }
            for i, name in enumerate(NAMES)
            for at in range(len(pictures))
            for seed in range(found.shape[2])
        ]
    )


def made(arrays: Mapping[str, Array], *, dark: bool) -> Made:
    """A sentence with the numbers of this measurement, and the plot above its table."""
    told = sentence(arrays)
    return Made((told,), (Panel(figure(rows(arrays), dark=dark), told),))


def sentence(arrays: Mapping[str, Array]) -> str:
    """The middle of the points, with its number of updates: without it the numbers would mislead."""
    found, pictures, updates = arrays["few_accuracy"], arrays["few_pictures"], int(arrays["few_updates"][0])
    at = len(pictures) // 2
    spread = found.std(2, ddof=1) if found.shape[2] > 1 else np.zeros(found.shape[:2])
    each = [f"{100 * found[i, at].mean():.0f} % ± {100 * spread[i, at]:.0f}" for i in range(len(NAMES))]
    return translated(
        say(
            "After {updates} updates with {pictures} pictures a class: from scratch {scratch}, fine-tuned {tuned}, frozen {frozen} ({seeds} seeds).",
            updates=updates,
            pictures=int(pictures[at]),
            **dict(zip(("scratch", "tuned", "frozen"), each, strict=True)),
            seeds=found.shape[2],
        )
    )


def figure(data: pd.DataFrame, *, dark: bool) -> Any:
    """Lines of means with all points, above the table of gains; one selection of seeds in both."""
    clicked = alt.selection_point(name="clicked", fields=["seed"], clear="dblclick")
    seeds = list(dict.fromkeys(data["seed"]))
    listed = alt.binding_select(options=[None, *seeds], labels=["all", *seeds], name="Seed ")  # for the keyboard
    chosen = alt.param(name="of_seed", value=None, bind=listed)
    picked = "(of_seed == null || datum.seed == of_seed) && (!isArray(clicked.seed) || indexof(clicked.seed, datum.seed) >= 0)"
    order = sorted(data["pictures"].unique())
    x = alt.X("pictures:O", sort=order, title="Training pictures a class", axis=alt.Axis(labelAngle=0))
    percent = alt.Axis(format="%", tickCount=5, **INSIDE)
    y = alt.Y("accuracy:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=percent)
    colours = [CLASSES[dark][i] for i in COLOURS]
    colour = alt.Color(
        "network:N",
        sort=list(NAMES),
        scale=alt.Scale(domain=list(NAMES), range=colours),
        legend=alt.Legend(title=None, orient="top"),
    )
    shape = alt.Shape("network:N", sort=list(NAMES), legend=None)
    tips = [
        alt.Tooltip("network:N", title="Network"),
        alt.Tooltip("pictures:O", title="Pictures a class"),
        alt.Tooltip("seed:N", title="Seed"),
        alt.Tooltip("accuracy:Q", format=".1%", title="Read right"),
    ]
    base = alt.Chart(data)
    means = base.mark_line(strokeWidth=3).encode(x=x, y=alt.Y("mean(accuracy):Q"), color=colour)
    points = (
        base.mark_point(filled=True, size=90)
        .encode(
            x=x,
            y=y,
            color=colour,
            shape=shape,
            tooltip=tips,
            opacity=alt.when(picked).then(alt.value(0.95)).otherwise(alt.value(0.12)),
        )
        .add_params(clicked)
    )
    plot = (means + points).properties(height=HIGH, title="Unseen pictures of the target read right")
    gains = table(base, order, tips, picked, len(seeds), dark=dark)
    return (
        alt.vconcat(plot, gains)
        .resolve_scale(color="independent")
        .add_params(chosen)
        .properties(padding={"left": 1, "right": 1, "top": 4, "bottom": 4})
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=14, titleFontSize=14, labelColor=INK[dark], titleColor=FAINT[dark])
        .configure_legend(labelFontSize=14, labelColor=INK[dark])
        .configure_title(fontSize=14, color=INK[dark], anchor="start")
    )


def table(base: alt.Chart, order: list[int], tips: list[alt.Tooltip], picked: str, seeds: int, *, dark: bool) -> Any:
    """What the fine-tuned network gains over the one from scratch: a row a seed."""
    gains = base.transform_filter(alt.datum.network == NAMES[1])
    table_x = alt.X("pictures:O", sort=order, title=None, axis=alt.Axis(labelAngle=0, orient="top"))
    squares = gains.mark_rect(stroke=FAINT[dark], strokeWidth=0.5).encode(
        x=table_x,
        y=alt.Y("seed:N", title=None, axis=alt.Axis(**INSIDE)),
        color=alt.Color("gain:Q", scale=alt.Scale(scheme="purpleorange", domain=[MOST, -MOST]), legend=None),
        opacity=alt.when(picked).then(alt.value(1)).otherwise(alt.value(0.3)),
        tooltip=[*tips[1:3], alt.Tooltip("gain:Q", format="+.1%", title="Fine-tuned beyond from scratch")],
    )
    texts = gains.mark_text(fontSize=14, color="#16202b").encode(
        x=table_x, y=alt.Y("seed:N", title=None, axis=alt.Axis(**INSIDE)), text=alt.Text("gain:Q", format="+.0%")
    )
    return (squares + texts).properties(height=ROW * seeds, title="Fine-tuned beyond from scratch, seed by seed")
