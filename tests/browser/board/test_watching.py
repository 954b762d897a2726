"""What the server is asked to compute: the analyses in sight, the options of each, and drawings that go as bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.core.registries import ANALYSES

DRAW = """nnlab.board.picture("boundary", "drawing", arg && { data: new Uint8Array(arg), shape: [2, 3] })"""


def heard(tab: Any) -> list[tuple[Any, dict[str, np.ndarray]]]:
    """Argument and arrays of every "watch" so far."""
    return [(argument, arrays) for name, argument, arrays in tab.server.hub.commands if name == "watch"]


def asked(tab: Any, wanted: Callable[[Any, dict[str, np.ndarray]], bool]) -> tuple[Any, dict[str, np.ndarray]]:
    """The newest "watch", once it is as wanted."""
    tab.stage.wait(lambda: heard(tab) and wanted(*heard(tab)[-1]), "the server must hear what is watched")
    return heard(tab)[-1]


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the analysis of the output map was given, each time."""
    given: list[dict[str, Any]] = []
    real = ANALYSES.load("boundary")

    def boundary(learner: Any, options: dict[str, Any]) -> Any:
        given.append(options)
        return real.compute(learner, options)

    monkeypatch.setattr("nnlab.analysis.plane.boundary.BOUNDARY", type(real)(boundary, real.arrays, real.reads))
    return given


def test_an_option_belongs_to_its_analysis_and_goes_with_it_only(
    options: list[dict[str, Any]], open_board: Callable
) -> None:
    tab = open_board("boundary", "curves")
    tab.get("(nnlab.board.option('boundary', 'zoom', 2), nnlab.board.option('warp', 'zoom', 3))")
    argument, _ = asked(tab, lambda argument, _: argument["options"] != {})
    assert argument["options"] == {"boundary": {"zoom": 2}}, "nobody looks at the other"
    tab.stage.wait(lambda: options[-1].get("zoom") == 2, "the analysis is told")
    assert tab.get("[nnlab.board.optionOf('boundary', 'zoom'), nnlab.board.optionOf('warp', 'zoom')]") == [2, 3]
    tab.get("nnlab.board.option('boundary', 'zoom', undefined)")
    asked(tab, lambda argument, _: argument["options"] in ({}, {"boundary": {}}))


def test_changes_of_one_moment_go_together(open_board: Callable) -> None:
    tab = open_board("boundary", "curves")
    before = len(heard(tab))
    tab.get("[1, 2, 3, 4, 5].forEach((zoom) => nnlab.board.option('boundary', 'zoom', zoom))")
    asked(tab, lambda argument, _: argument["options"] == {"boundary": {"zoom": 5}})
    assert len(heard(tab)) == before + 1


def test_a_drawing_goes_as_bytes_and_reaches_the_analysis_as_an_array(
    options: list[dict[str, Any]], open_board: Callable
) -> None:
    tab = open_board("boundary", "curves")
    tab.get("nnlab.board.option('boundary', 'zoom', 2)")
    tab.get(DRAW, [7, 0, 255, 1, 2, 3])
    argument, arrays = asked(tab, lambda _, arrays: bool(arrays))
    assert argument["options"] == {"boundary": {"zoom": 2}}
    assert arrays["boundary.drawing"].tolist() == [[7, 0, 255], [1, 2, 3]]
    tab.stage.wait(lambda: "drawing" in options[-1], "the analysis is given the drawing")
    assert options[-1]["drawing"].tolist() == [[7, 0, 255], [1, 2, 3]] and options[-1]["zoom"] == 2


def test_another_drawing_of_the_same_size_goes_again_and_none_takes_it_back(open_board: Callable) -> None:
    tab = open_board("boundary", "curves")
    for bytes_ in ([1] * 6, [2] * 6):
        tab.get(DRAW, bytes_)
        asked(
            tab,
            lambda _, arrays, bytes_=bytes_: (
                "boundary.drawing" in arrays and arrays["boundary.drawing"].ravel().tolist() == bytes_
            ),
        )
    tab.get(DRAW, None)
    asked(tab, lambda _, arrays: not arrays)


def test_a_drawing_is_there_again_after_a_lost_connection(open_board: Callable) -> None:
    tab = open_board("boundary", "curves")
    tab.get(DRAW, [5] * 6)
    asked(tab, lambda _, arrays: bool(arrays))
    watched = len(heard(tab))
    tab.get("nnlab.drop()")
    tab.stage.wait(
        lambda: len(heard(tab)) > watched and heard(tab)[-1][1], "it goes with the first word of the next one"
    )
    assert heard(tab)[-1][1]["boundary.drawing"].tolist() == [[5, 5, 5], [5, 5, 5]]


def test_an_array_of_a_request_joins_its_options(open_board: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = open_board("boundary", "curves")
    given: list[dict[str, Any]] = []
    real = ANALYSES.load("weights")
    monkeypatch.setattr(
        "nnlab.analysis.weights.parameters.WEIGHTS",
        type(real)(lambda _, options: given.append(options) or {"weights": options["text"]}, real.arrays),
    )
    answer = tab.page.evaluate("""async () => {
      const { arrays } = await nnlab.board.ask("weights", {of_what: "a text"}, {text: {data: new Int32Array([3, 1, 2]), shape: [3]}});
      return [...arrays.weights.data];
    }""")  # fmt: skip
    assert answer == [3, 1, 2]
    assert given[0]["of_what"] == "a text"


def test_a_request_that_is_refused_is_answered_with_a_sentence(open_board: Callable) -> None:
    tab = open_board("boundary", "curves")
    error = tab.page.evaluate("async () => (await nnlab.board.ask('race_grid')).error")
    assert error == "This model cannot show this."


def test_numbers_of_an_answer_that_are_none_stay_none(open_board: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = open_board("boundary", "curves")
    real = ANALYSES.load("weights")
    monkeypatch.setattr(
        "nnlab.analysis.weights.parameters.WEIGHTS",
        type(real)(lambda *_: {"weights": np.array([0.1, np.nan, np.inf])}, real.arrays),
    )
    found = tab.page.evaluate(
        "async () => { const { data } = (await nnlab.board.ask('weights')).arrays.weights; return [data.constructor.name, data[0], Number.isNaN(data[1]), data[2] === Infinity]; }"
    )
    assert found == ["Float64Array", 0.1, True, True]


def test_a_panel_of_which_a_sliver_is_in_sight_is_neither_drawn_nor_computed(open_board: Callable) -> None:
    tab = open_board("boundary", "confusion")
    own = "nnlab.board.views.find((v) => v.name === 'confusion')"
    tab.page.get_by_role("tab", name="Confusion matrix").wait_for()
    tab.scroll_to("confusion")
    tab.until(f"{own}.visible && !{own}.dirty")
    tab.scroll_to("confusion", inside=30)
    assert tab.part(".panel.view-confusion").evaluate("e => window.innerHeight - e.getBoundingClientRect().top") == (
        pytest.approx(30, abs=1)
    )
    tab.until(f"{own}.visible === false")
    asked(tab, lambda argument, _: "confusion" not in argument["offers"])
    tab.scroll_to("confusion")
    tab.until(f"{own}.visible")
    asked(tab, lambda argument, _: "confusion" in argument["offers"])


def test_what_a_view_needs_is_on_its_way_before_its_module_is_there(open_board: Callable) -> None:
    tab = open_board(
        "boundary", "curves", hold="**/views/plane/boundary.js", ready="window.nnlab && nnlab.board.views.length === 1"
    )
    asked(tab, lambda argument, _: "boundary" in argument["offers"])
    assert tab.get("nnlab.board.views.map((v) => v.name)") == ["curves"]
    tab.release()
    tab.until("nnlab.board.views.some((v) => v.name === 'boundary' && !v.dirty)")
