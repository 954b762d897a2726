"""The chart of clusters on the page: shut it asks nothing; its form becomes options, the answer sentences and figures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nnlab.core.experiment import experiment
from nnlab.core.links import to_link
from nnlab.families.cnn.shapes import TITLES
from nnlab.ui.charts import clusters_figure as figure
from nnlab.ui.charts.clusters import make
from nnlab.ui.charts.colours import CLASSES, SHAPES, class_colour
from tests.app.conftest import FakeHub, FakeRun
from tests.app.pages import shown

ASSETS = Path(__file__).resolve().parents[2] / "assets"
BLOCKS = [{"kind": "conv", "channels": 4}, {"kind": "pool"}, {"kind": "conv", "channels": 4}]
SPEC = experiment({"data": {"kind": "digits8"}, "model": {"family": "cnn", "blocks": BLOCKS}})
TITLED = ["Picture", "Conv 1", "Pool 1", "Conv 2", "Answer"]
OPTIONS = {"stage": "conv2", "split": "test", "count": 20, "perplexity": 30, "updates": 1_000, "clusters": 0}


def record(stage: int = 3, **changes: Any) -> dict[str, Any]:
    """An answer of the study: 20 pictures of 4 classes in 3 clusters."""
    random = np.random.default_rng(0)
    match = np.linspace(0.3, 0.9, 10, dtype=np.float32).reshape(5, 2)
    found = {
        "clusters_points": random.normal(size=(20, 4)).astype(np.float32),
        "clusters_share": np.array([0.5, 0.25], np.float32),
        "clusters_group": np.array([0] * 10 + [1] * 6 + [2] * 4, np.int32),
        "clusters_classes": np.stack((np.arange(20) % 4, np.arange(20) % 5), 1).astype(np.int32),
        "clusters_rows": np.arange(20, dtype=np.int32),
        "clusters_pictures": random.integers(0, 255, (20, 1, 8, 8)).astype(np.uint8),
        "clusters_match": match,
        "clusters_at": np.array([400, stage, 64, 359, 10, 0, 1_000], np.int32),
        "clusters_fit": np.array([6.33, 0.4], np.float32),
    }
    return {**found, **changes}


class Answered:
    """What a fake run gives a page that asks."""

    over, share = True, 1.0

    def __init__(self, arrays: dict[str, Any], error: str = "") -> None:
        self.found, self.cancelled = (arrays, error), False

    def record(self) -> Any:
        return self.found

    def cancel(self) -> None:
        self.cancelled = True


@pytest.fixture
def asked(fake: FakeHub, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What was asked of the run; `error`: what it answers."""
    told = SimpleNamespace(options=[], given=[], error="")

    def ask(run: FakeRun, name: str, options: dict[str, Any]) -> Answered:
        assert name == "clusters"
        told.options.append(options)
        told.given.append(Answered({} if told.error else record(), told.error))
        return told.given[-1]  # type: ignore[no-any-return]

    monkeypatch.setattr(FakeRun, "ask", ask, raising=False)
    return told


def opened() -> AppTest:
    app = shown("cnn", s=to_link(SPEC))
    assert "cnn:clusters:stage" not in [box.key for box in app.selectbox]
    app.session_state["cnn:clusters:open"] = True
    app.run()
    assert not app.exception and not app.error
    return app


def press(app: AppTest) -> str:
    """Compute; all that stands on the page afterwards."""
    next(b for b in app.button if b.label == "Compute at this step").click().run()
    assert not app.exception and not app.error
    return " ".join(m.value for m in app.markdown).replace("\\", "")


def test_shut_or_open_it_asks_nothing_before_the_button_is_pressed(asked: SimpleNamespace) -> None:
    opened()
    assert asked.options == []


def test_the_form_becomes_options_and_the_answer_a_sentence_and_two_figures(asked: SimpleNamespace) -> None:
    app = opened()
    box = app.selectbox(key="cnn:clusters:stage")
    assert box.options == TITLED and box.value == "conv2"
    app.selectbox(key="cnn:clusters:stage").select("pool1")
    app.selectbox(key="cnn:clusters:split").select("train")
    app.number_input(key="cnn:clusters:clusters").set_value(4)
    app.slider(key="cnn:clusters:count").set_value(120)
    said = press(app)
    expected = {"stage": "pool1", "split": "train", "count": 120, "clusters": 4, "perplexity": 30, "updates": 1_000}
    assert asked.options == [expected]
    assert "At step 400, the clusters of Conv 2 match the classes for 70 % of the pictures" in said
    assert len(app.get("vega_lite_chart")) == 2
    press(app)
    assert len(asked.options) == 2 and asked.given[0].cancelled and not asked.given[1].cancelled


def test_a_refusal_stands_where_the_picture_would(asked: SimpleNamespace) -> None:
    asked.error = "At least 5 pictures are needed to compare them; there are 2."
    app = opened()
    assert "At least 5 pictures are needed" in press(app)
    assert len(app.get("vega_lite_chart")) == 0


def test_another_network_has_other_stages_and_what_is_shown_is_called_old(
    asked: SimpleNamespace, fake: FakeHub
) -> None:
    app = opened()
    app.selectbox(key="cnn:clusters:stage").select("conv2")
    press(app)
    assert "have changed since" not in " ".join(c.value for c in app.caption)
    run = next(iter(fake.runs.values()))
    run.change(experiment({"data": {"kind": "digits8"}, "model": {"family": "cnn", "blocks": BLOCKS[:1]}}))
    app.run()
    assert not app.exception and not app.error
    assert app.selectbox(key="cnn:clusters:stage").options == ["Picture", "Conv 1", "Answer"]
    assert "have changed since" in " ".join(c.value for c in app.caption)


# ---- sentences and figures ---------------------------------------------------------------------------------------------
def said(**changes: Any) -> str:
    return " ".join(figure.sentences(TITLED, OPTIONS, record(**changes)))


def test_the_sentences_carry_the_numbers_of_the_record() -> None:
    assert said() == (
        "At step 400, the clusters of Conv 2 match the classes for 70 % of the pictures; those of the raw pixels for 30 % "
        "(adjusted Rand index 0.77 and 0.37; 10 clusters, 20 of 359 test pictures). The plane of PCA keeps 75 % of the variance of "
        "64 numbers a picture. Its perplexity is 6 instead of 30: no more than a third of the other pictures."
    )
    assert "the raw pixels match the classes for 30 %" in said(stage=0) and "no part in that" in said(stage=0)
    of_one = np.stack((np.full(20, 2), np.arange(20) % 5), 1).astype(np.int32)
    assert "all 20 of 359 test pictures are of one class" in said(clusters_classes=of_one)
    long = np.array([400, 3, 12_544, 359, 10, 50, 1_000], np.int32)
    assert "the first 50 principal components" in said(clusters_at=long)


def spec_of(dark: bool = False, **changes: Any) -> dict[str, Any]:
    made = make(SPEC, OPTIONS, record(**changes), dark)
    assert all(panel.alt for panel in made.panels)
    return made.panels[0].figure.to_dict()  # type: ignore[no-any-return]


def test_both_plots_the_bars_and_the_pictures_are_filtered_by_one_selection() -> None:
    spec = spec_of()
    plots, bars, pictures = spec["vconcat"]
    points = [layer for layer in plots["layer"] if layer["mark"].get("type") == "point"]
    assert [p["encoding"]["opacity"]["condition"]["test"] for p in points] == [figure.SELECTED] * 2
    assert any(t.get("filter") == f"{figure.BOXED} && {figure.NAMED}" for t in bars["layer"][0]["transform"])
    assert pictures["layer"][0]["transform"][0]["filter"] == figure.SELECTED
    assert {p["name"] for p in spec["params"]} == {"box", "bar", "of_class", "of_group"}


@pytest.mark.parametrize("dark", [False, True])
def test_the_rows_of_the_figure_are_the_pictures_of_the_record(dark: bool) -> None:
    rows = figure.table([str(c) for c in range(10)], record())
    assert list(rows["class"]) == [str(i % 4) for i in range(20)] and list(rows["group"]) == list(
        "A" * 10 + "B" * 6 + "C" * 4
    )
    points = record()["clusters_points"]
    for column, i in (("pca_x", 0), ("pca_y", 1), ("tsne_x", 2), ("tsne_y", 3)):
        assert np.corrcoef(rows[column], points[:, i])[0, 1] == pytest.approx(1)
    assert rows[["pca_x", "pca_y", "tsne_y"]].min().min() > 0 and rows[["pca_x", "pca_y", "tsne_y"]].max().max() < 1
    assert rows["tsne_x"].min() > 1 + figure.GAP and rows["image"].str.startswith("data:image/png;base64,").all()
    assert json.dumps(spec_of(dark))


def test_no_name_of_a_class_lies_on_another() -> None:
    rows = figure.table([f"a long name {c}" for c in range(10)], record())
    rows[["pca_x", "pca_y"]] = 0.5  # all in one place
    found = figure.labels(rows)
    assert sum(found["u"] <= 1) == 1
    apart = figure.table(["a", "b", "c", "d", "e"], record())
    apart["pca_x"] = apart["class"].map({"a": 0.1, "b": 0.3, "c": 0.6, "d": 0.9})
    named = figure.labels(apart)
    assert set(named[named["u"] <= 1]["class"]) == set("abcd")


def test_a_class_has_the_colour_that_it_has_in_the_live_view() -> None:
    text = (ASSETS / "kit" / "palette.js").read_text(encoding="utf-8")
    for dark, name in ((False, "light"), (True, "dark")):
        (found,) = re.findall(rf"{name}: \[(\"#.+?)\]", text)
        assert tuple(re.findall(r"#\w+", found)) == CLASSES[dark]
        assert [class_colour(c, dark) for c in range(5)] == list(CLASSES[dark])
        assert len({class_colour(c, dark) for c in range(20)}) == 20
    assert class_colour(5, dark=False) == "#966700" and "1 - 0.65 ** round" in text
    assert len(set(SHAPES)) == len(SHAPES) == 10


def test_a_stage_is_called_as_on_the_wall() -> None:
    text = (ASSETS / "kit" / "stages.js").read_text(encoding="utf-8")
    (found,) = re.findall(r"const TITLES = \{(.+?)\};", text)
    assert dict(re.findall(r"(\w+): \"(.+?)\"", found)) == TITLES
