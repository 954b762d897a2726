"""The chart of maps on the page: its form becomes options, the answer sentences and plotly's heat maps with the record's numbers."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nnlab.core.experiment import experiment
from nnlab.core.links import to_link
from nnlab.ui.charts import maps_figure as figure
from nnlab.ui.charts.colours import DIVERGING, GAMMA
from nnlab.ui.charts.maps import COLOURS, PAGE, make
from tests.app.conftest import FakeHub, FakeRun
from tests.app.pages import shown

ASSETS = Path(__file__).resolve().parents[2] / "assets"
BLOCKS = [
    {"kind": "conv", "channels": 20},
    {"kind": "pool"},
    {"kind": "conv", "channels": 4},
    {"kind": "dense", "units": 40},
]
SPEC = experiment({"data": {"kind": "digits8"}, "model": {"family": "cnn", "blocks": BLOCKS}})
TITLED = ["Picture", "Conv 1", "Pool 1", "Conv 2", "Dense 1", "Answer"]
SHAPES = [(1, 8, 8), (20, 8, 8), (20, 4, 4), (4, 4, 4), (40, 1, 1), (10, 1, 1)]
INPUTS = {1: 1, 3: 20}  # of the convolutions


def record(stage: int = 1, **changes: Any) -> dict[str, Any]:
    """An answer of the study: test picture 12 of 359, a 3 that is read as a 9."""
    random = np.random.default_rng(stage)
    count = SHAPES[stage][0]
    values = random.normal(size=SHAPES[stage]).astype(np.float32)
    filters = random.normal(size=(count, INPUTS[stage], 3, 3)) if stage in INPUTS else np.zeros((0,) * 4)
    found = {
        "maps_values": values,
        "maps_filters": filters.astype(np.float32),
        "maps_off": np.zeros(count, np.uint8),
        "maps_answer": np.eye(10, dtype=np.float32)[9] * 0.8 + 0.02,
        "maps_at": np.array([1_400, stage, 1, 11, 359, 3], np.int32),
    }
    return {**found, **changes}


@pytest.fixture
def asked(fake: FakeHub, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What was asked of the run; `record`: what it answers."""
    told = SimpleNamespace(options=[], record=record(), error="")

    def ask(run: FakeRun, name: str, options: dict[str, Any]) -> SimpleNamespace:
        assert name == "maps"
        told.options.append(options)
        arrays = {} if told.error else told.record
        return SimpleNamespace(over=True, share=1.0, record=lambda: (arrays, told.error), cancel=lambda: None)

    monkeypatch.setattr(FakeRun, "ask", ask, raising=False)
    return told


def opened() -> AppTest:
    app = shown("cnn", s=to_link(SPEC))
    app.session_state["cnn:maps:open"] = True
    app.run()
    assert not app.exception and not app.error
    return app


def press(app: AppTest) -> str:
    """Compute; all that stands on the page afterwards."""
    next(b for b in app.button if b.label == "Compute at this step").click().run()
    assert not app.exception and not app.error
    return " ".join(m.value for m in app.markdown).replace("\\", "")


def test_the_form_asks_for_the_picture_of_the_wall_or_for_another(asked: SimpleNamespace, fake: FakeHub) -> None:
    app = opened()
    assert asked.options == [] and app.selectbox(key="cnn:maps:stage").options == TITLED
    run = next(iter(fake.runs.values()))
    run.views["wall"] = {"split": "train", "example": 4, "off": [[1, 2]], "scale": "map"}
    press(app)
    assert asked.options == [{"stage": "conv1", "split": "train", "example": 4, "off": [[1, 2]]}]
    app.selectbox(key="cnn:maps:stage").select("pool1")
    app.selectbox(key="cnn:maps:split").select("test")
    app.number_input(key="cnn:maps:number").set_value(12)
    press(app)
    assert asked.options[1] == {"stage": "pool1", "split": "test", "example": 11}


def test_all_channels_are_there_sixteen_at_a_time_and_paging_asks_nothing_anew(asked: SimpleNamespace) -> None:
    app = opened()
    said = press(app)
    assert "At step 1,400, the network takes test picture 12 of 359, which is “3”, for “9” (82 %)." in said
    assert len(app.get("plotly_chart")) == PAGE + 1 == 17  # and the ruler
    app.selectbox(key="cnn:maps:first").select(16).run()
    assert len(app.get("plotly_chart")) == 5
    app.selectbox(key="cnn:maps:scale").select("map").run()
    assert len(app.get("plotly_chart")) == 4 and len(asked.options) == 1
    asked.record = record(2)
    press(app)
    assert len(app.get("plotly_chart")) == 4 and not app.exception
    asked.error = "The weights are no longer numbers."
    assert "no longer numbers" in press(app)


# ---- sentences and figures ---------------------------------------------------------------------------------------------
def made(stage: int, dark: bool = False, scale: str = "layer", **changes: Any) -> Any:
    found = make(SPEC, {"scale": scale, "channels": (0, min(PAGE, SHAPES[stage][0]))}, record(stage, **changes), dark)
    assert all(panel.alt and panel.by == "plotly" for panel in found.panels)
    return found


def test_the_sentence_counts_what_is_0_and_names_the_largest() -> None:
    values = np.zeros((4, 4, 4), np.float32)
    values[2, 1, 3], values[1, 0, 0] = -2.5, 1
    said = made(3, maps_values=values).sentences[0].partition("(82 %). ")[2]
    assert said == (
        "2 of the 4 channels of Conv 2 are 0 everywhere for this picture. The number furthest from 0, −2.5, is in channel 3, at row 2, column 4."
    )
    off = np.array([1, 0, 0, 0], np.uint8)
    assert (
        "1 of the 4 channels of Conv 2 is 0 everywhere for this picture. 1 more are switched off."
        in made(3, maps_values=values, maps_off=off).sentences[0].partition("(82 %). ")[2]
    )
    assert (
        made(3, maps_values=values * 0).sentences[0].partition("(82 %). ")[2]
        == "4 of the 4 channels of Conv 2 are 0 everywhere for this picture."
    )
    assert (
        "None of the 40 units of Dense 1 is 0 for this picture. The number furthest from 0"
        in made(4).sentences[0].partition("(82 %). ")[2]
    )
    scores = np.arange(10, dtype=np.float32).reshape(10, 1, 1) - 4
    assert (
        made(5, maps_values=scores).sentences[0].partition("(82 %). ")[2]
        == "Before softmax, “9” leads with 5; next is “8” with 4."
    )
    drawn = np.array([3, 1, -1, 0, 0, -1], np.int32)
    assert made(1, maps_at=drawn).sentences[0].startswith("At step 3, the network takes your drawing for “9” (82 %). ")


@pytest.mark.parametrize("dark", [False, True])
def test_a_map_has_the_numbers_of_the_record_and_its_name_on_the_wall(dark: bool) -> None:
    arrays = record(3)
    found = make(SPEC, {"scale": "layer", "channels": (0, 4)}, arrays, dark)
    ruler, *panels = found.panels
    most = float(np.abs(arrays["maps_values"]).max())
    assert "Conv 2" in ruler.alt and len(panels) == 4
    for channel, panel in enumerate(panels):
        heat, filter_ = panel.figure.data
        assert (heat.z == arrays["maps_values"][channel]).all() and heat.z.dtype == np.float32
        assert list(heat.x) == [1, 2, 3, 4] == list(heat.y) and (heat.zmin, heat.zmax) == (-most, most)
        named = f"Conv 2, channel {channel + 1}"
        assert heat.hovertemplate == named + "<br>row %{y}, column %{x}<br><b>%{customdata}</b><extra></extra>"
        shown = [float(str(v).replace("−", "-")) for v in heat.customdata.ravel()]
        assert shown == pytest.approx(arrays["maps_values"][channel].ravel(), rel=1e-5)
        assert panel.figure.layout.yaxis.range[0] > panel.figure.layout.yaxis.range[1], "row 1 is at the top"
        cells = filter_.z[~np.isnan(filter_.z)]
        assert sorted(cells) == sorted(arrays["maps_filters"][channel].ravel())
        assert panel.alt.startswith(f"Conv 2, channel {channel + 1}: −")
    positive = made(3, dark, maps_values=np.abs(arrays["maps_values"])).panels[1].figure.data[0]
    assert "%{z:.6~g}" in positive.hovertemplate and positive.customdata is None
    for channel, panel in enumerate(made(3, dark, scale="map").panels):
        assert panel.figure.data[0].zmax == np.abs(arrays["maps_values"][channel]).max()


def test_the_cells_of_a_filter_say_which_weight_they_are() -> None:
    weights = np.arange(5 * 9, dtype=np.float32).reshape(5, 3, 3)
    cells, said = figure.filter_cells(weights, "Pool 1")
    assert cells.shape == said.shape == (7, 11)  # three columns of squares, two rows
    for i, r, c in np.ndindex(5, 3, 3):
        (at,) = np.argwhere(cells == weights[i, r, c])
        assert said[tuple(at)] == f"on Pool 1, channel {i + 1}<br>row {r + 1}, column {c + 1}"
    assert (said[np.isnan(cells)] == "").all()


def test_units_without_a_place_are_a_row_and_the_answer_has_the_names_of_its_classes() -> None:
    (units,) = made(4).panels
    (heat,) = units.figure.data
    assert heat.z.shape == (2, 32) and (heat.z.ravel()[:40] == record(4)["maps_values"].ravel()).all()
    assert heat.text[1, 7] == "Dense 1, unit 40" and np.isnan(heat.z.ravel()[40:]).all()
    scores, likely = made(5).panels
    assert (scores.figure.data[0].z[0] == record(5)["maps_values"].ravel()).all()
    assert list(likely.figure.layout.xaxis.ticktext) == list("0123456789")
    assert likely.figure.data[0].zmax == 1 and "Probability: 0 0.02" in likely.alt


def test_the_colours_are_those_of_the_wall() -> None:
    palette = (ASSETS / "kit" / "palette.js").read_text(encoding="utf-8")
    for dark, name in ((False, "LIGHT"), (True, "DARK")):
        (found,) = re.findall(rf"const {name} = (\{{.+?\}})", palette)
        assert tuple(re.findall(r"(?:negative|middle|positive): \"(#\w+)\"", found)) == DIVERGING[dark]
        scale = dict(figure.colours(dark))
        assert (scale[0.0], scale[0.5], scale[1.0]) == DIVERGING[dark]
        assert list(scale) == sorted(scale)
    paint = (ASSETS / "views" / "pictures" / "paint.js").read_text(encoding="utf-8")
    assert f"const GAMMA = {GAMMA};" in paint
    wall = (ASSETS / "views" / "pictures" / "wall.js").read_text(encoding="utf-8")
    assert all(f'["{name}", "{title}"]' in wall for name, title in COLOURS.items())


def test_the_picture_itself_is_grey_from_black_to_white() -> None:
    (panel,) = made(0).panels
    (heat,) = panel.figure.data
    assert (heat.zmin, heat.zmax) == (0, 1) and [c for _, c in heat.colorscale] == ["#000000", "#ffffff"]
