"""A list of parts of several kinds in the sidebar: added, moved, taken out, turned into another kind, and set one by one."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from nnlab.core.experiment import patch
from nnlab.core.links import from_link, to_link
from nnlab.ui.session import Refusal
from tests.app.conftest import FakeHub
from tests.app.pages import address_of, session_of, shown
from tests.app.toys import FIRST

PATH = "toy:model.blocks"


@pytest.fixture
def app(toy: FakeHub) -> AppTest:
    return opened()


def opened(**parameters: str) -> AppTest:
    """The toy page with its model's controls in sight."""
    app = shown("toy", **parameters)
    app.session_state["toy:group"] = "Model"
    app.run()
    assert not app.exception and not app.error
    return app


def blocks(app: AppTest) -> list[dict[str, Any]]:
    return [block.model_dump() for block in session_of(app, "toy").experiment.model.blocks]  # type: ignore[attr-defined]


def kinds(app: AppTest) -> list[str]:
    """As the page shows them, after checking that they are those of the experiment."""
    shown = [app.selectbox(key=f"{PATH}.{i}.kind").value for i in range(len(blocks(app)))]
    assert shown == [block["kind"] for block in blocks(app)]
    return shown


def click(app: AppTest, name: str) -> None:
    app.button(key=f"{PATH}{name}").click().run()
    assert not app.exception and not app.error


def refused(app: AppTest) -> list[str]:
    return [m.value.replace("\\", "") for m in app.markdown if ":red[" in m.value]


def test_each_part_is_drawn_with_its_kind_and_the_settings_of_that_kind(app: AppTest) -> None:
    assert kinds(app) == ["conv", "max_pool", "norm"]
    assert app.selectbox(key=f"{PATH}.0.kind").options == ["Convolution", "Max pool", "Norm"]
    assert (app.slider(key=f"{PATH}.0.channels").value, app.slider(key=f"{PATH}.1.size").value) == (8, 2)
    assert len([e for e in app.expander if e.label == "Settings"]) == 2, "the norm has nothing to set"


def test_a_setting_changes_its_part_and_no_other(app: AppTest) -> None:
    app.slider(key=f"{PATH}.0.channels").set_value(16).run()
    assert blocks(app)[0] == {"kind": "conv", "channels": 16, "kernel": 3}
    assert kinds(app) == ["conv", "max_pool", "norm"]


def test_a_part_is_added_like_the_last_until_there_are_as_many_as_may_be(app: AppTest) -> None:
    app.slider(key=f"{PATH}.1.size").set_value(3).run()
    click(app, ".2:out")
    click(app, ":add")
    assert blocks(app)[1:] == [{"kind": "max_pool", "size": 3}] * 2
    app.selectbox(key=f"{PATH}.2.kind").set_value("conv").run()
    click(app, ":add")
    assert kinds(app) == ["conv", "max_pool", "conv", "conv"]
    assert app.button(key=f"{PATH}:add").disabled
    assert "at most 4" in app.button(key=f"{PATH}:add").help


def test_parts_are_taken_out_until_as_few_as_may_be_are_left(app: AppTest) -> None:
    click(app, ".0:out")
    assert kinds(app) == ["max_pool", "norm"]
    click(app, ".1:out")
    assert kinds(app) == ["max_pool"]
    assert app.button(key=f"{PATH}.0:out").disabled


def test_a_part_moves_up_with_its_settings(app: AppTest) -> None:
    app.slider(key=f"{PATH}.0.channels").set_value(20).run()
    click(app, ".1:up")
    assert kinds(app) == ["max_pool", "conv", "norm"]
    assert app.slider(key=f"{PATH}.1.channels").value == blocks(app)[1]["channels"] == 20
    click(app, ".2:up")
    click(app, ".1:up")
    assert kinds(app) == ["norm", "max_pool", "conv"]
    assert app.button(key=f"{PATH}.0:up").disabled and not app.button(key=f"{PATH}.1:up").disabled


def test_a_part_becomes_another_kind_as_that_kind_starts(app: AppTest) -> None:
    app.slider(key=f"{PATH}.1.size").set_value(4).run()
    app.selectbox(key=f"{PATH}.1.kind").set_value("conv").run()
    assert blocks(app)[1] == {"kind": "conv", "channels": 8, "kernel": 3}
    assert app.slider(key=f"{PATH}.1.kernel").value == 3
    app.selectbox(key=f"{PATH}.1.kind").set_value("norm").run()
    assert kinds(app) == ["conv", "norm", "norm"]


def test_what_cannot_be_is_refused_under_the_list_and_changes_nothing(app: AppTest) -> None:
    click(app, ".0:out")
    app.selectbox(key=f"{PATH}.1.kind").set_value("max_pool").run()
    before = blocks(app)
    click(app, ":add")
    assert blocks(app) == before
    assert len(refused(app)) == 1 and "Blocks must hold at most two poolings; got 3." in refused(app)[0]
    click(app, ".0:out")
    assert kinds(app) == ["max_pool"] and not refused(app)


def test_a_value_refused_in_a_part_goes_with_the_part(app: AppTest) -> None:
    app.selectbox(key=f"{PATH}.1.kind").set_value("conv").run()
    session_of(app, "toy").refused[f"{PATH.partition(':')[2]}.0.channels"] = Refusal(20, "No such channels.")
    app.run()
    assert app.slider(key=f"{PATH}.0.channels").value == 20 and len(refused(app)) == 1
    click(app, ".0:out")
    assert kinds(app) == ["conv", "norm"]
    assert app.slider(key=f"{PATH}.0.channels").value == 8 and not refused(app)


def test_a_click_acts_on_the_list_that_there_is_now(app: AppTest, toy: FakeHub) -> None:
    """Another tab, or the live view, has changed it since the page was drawn."""
    run = toy.runs[session_of(app, "toy").token]
    run.experiment = patch(run.experiment, {"model.blocks.0": {"kind": "conv", "channels": 3}})
    click(app, ".2:up")
    assert [block.get("channels") for block in blocks(app)] == [3, None, None]
    run.experiment = patch(run.experiment, {"model.blocks": [{"kind": "norm"}]})
    click(app, ".2:up")  # of a part that is there no longer
    assert kinds(app) == ["norm"]


def test_it_is_all_in_the_link(app: AppTest) -> None:
    app.slider(key=f"{PATH}.0.channels").set_value(20).run()
    click(app, ".1:up")
    link = address_of(app, "toy")["s"]
    assert from_link(link) == session_of(app, "toy").experiment
    assert kinds(opened(s=link)) == ["max_pool", "conv", "norm"]
    assert opened(s=to_link(FIRST.experiment)).slider(key=f"{PATH}.0.channels").value == 8
