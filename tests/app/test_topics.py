"""Every registered page: it opens, its presets belong to it and travel in links, and a link finds the page that can show it."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from nnlab.core.experiment import Experiment, experiment, patch
from nnlab.core.links import USUAL, Look, from_link, look_of, to_link
from nnlab.core.paths import root
from nnlab.core.registries import ANALYSES, STUDIES, TOPICS, VIEWS
from nnlab.ui import topic as topics
from nnlab.ui.topic import Topic, page_file, topic_of
from nnlab.views.view import described
from tests.app.conftest import FakeHub
from tests.app.pages import address_of, session_of, shown

PAGES = list(TOPICS)
PARTS = [(page, part) for page in PAGES for part in (TOPICS.load(page).parts or (TOPICS.load(page),))]
PRESETS = [(page, part, name) for page, part in PARTS for name in part.presets]
FIRST = {page: TOPICS.load(page).first for page in PAGES}
each_page = pytest.mark.parametrize("page", PAGES)
each_preset = pytest.mark.parametrize(
    ("page", "part", "name"), [pytest.param(*one, id=f"{one[0]}-{one[1].name}-{one[2]}") for one in PRESETS]
)


def words(app: AppTest) -> str:
    return " ".join([m.value for m in app.markdown] + [i.value for i in app.info]).replace("\\", "")


# ---- pages -------------------------------------------------------------------------------------------------------------
@each_page
def test_a_page_opens_with_its_first_preset_in_the_address(fake: FakeHub, page: str) -> None:
    app = shown(page)
    (run,) = fake.runs.values()
    assert run.experiment == FIRST[page].experiment == from_link(address_of(app, page)["s"])
    assert look_of(address_of(app, page)["s"]) == FIRST[page].look
    assert address_of(app, page)["run"] == run.token
    topic: Topic = TOPICS.load(page)
    assert (topic.own if topic.run_of else FIRST[page].watch) in words(app)


@each_page
def test_its_file_is_two_lines_and_its_name_is_its_address(page: str) -> None:
    topic: Topic = TOPICS.load(page)
    assert topic.name == page
    lines = [line for line in Path(page_file(topic)).read_text().splitlines() if line]
    assert lines == ["from nnlab.ui.topic import show", f'show("{page}")']


def test_there_is_no_file_without_a_page() -> None:
    assert {path.stem for path in (root() / "pages").glob("*.py")} == set(PAGES)


@each_page
def test_the_menu_can_tell_what_it_is(page: str) -> None:
    topic: Topic = TOPICS.load(page)
    assert topic.title and topic.help.endswith(".") and topic.icon.startswith(":material/")


def test_the_views_of_each_part_are_registered_and_are_given_to_the_browser(
    fake: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _, part in PARTS:
        assert part.views and set(part.views) <= set(VIEWS)
    given: list[dict[str, Any]] = []
    monkeypatch.setattr("nnlab.ui.live._board", lambda **more: given.append(more["data"]))
    for page in PAGES:
        shown(page)
        topic: Topic = TOPICS.load(page)
        part = topic.part_of(FIRST[page].experiment)
        assert given[-1]["views"] == described(part.views, part.stage)
        assert given[-1]["controls"] is part.player
        assert given[-1]["look"] == {"view": FIRST[page].view, "options": FIRST[page].look.options, "nth": 0}


# ---- presets -----------------------------------------------------------------------------------------------------------
@each_preset
def test_a_preset_belongs_to_its_page_and_its_part(page: str, part: Topic, name: str) -> None:
    topic: Topic = TOPICS.load(page)
    spec = part.presets[name].experiment
    assert topic.can_show(spec) and part.can_show(spec)
    assert topic.part_of(spec) is part


@each_preset
def test_a_preset_survives_its_link_with_its_look(page: str, part: Topic, name: str) -> None:
    preset = part.presets[name]
    link = to_link(preset.experiment, preset.look)
    assert from_link(link) == preset.experiment
    assert look_of(link) == preset.look and preset.look.speed == preset.pace
    assert set(preset.look.options) <= {*ANALYSES, *STUDIES}
    assert preset.view in ("", *part.views)
    assert preset.watch.endswith(".") and preset.title


def test_a_look_with_a_view_and_its_options_survives_a_link_and_what_is_wrong_is_as_usual() -> None:
    spec = FIRST["playground"].experiment
    look = Look(speed=25, view="warp", options={"warp": {"layer": 1, "units": [0, 1]}})
    assert look_of(to_link(spec, look)) == look and from_link(to_link(spec, look)) == spec
    assert look_of(to_link(spec)) == USUAL
    assert look_of("damaged") == USUAL


@each_preset
def test_a_preset_that_is_picked_plays_at_its_pace_and_is_in_the_address(
    fake: FakeHub, page: str, part: Topic, name: str
) -> None:
    preset, key = part.presets[name], TOPICS.load(page).run_of or page
    first = next(iter(part.presets))
    app = shown(page, s=to_link(patch(preset.experiment, {"seed": 99})))
    app.get_by_key(f"{key}:preset:{first}").set_value(name).run()
    assert not app.exception and not app.error
    (run,) = fake.runs.values()
    assert run.experiment == preset.experiment
    played = [("play", preset.plays is not None)]
    if preset.pace is not None:
        played.insert(0, ("pace", preset.pace))
    assert run.commands[-len(played) - 1 :] == [("reset", None), *played]
    assert from_link(address_of(app, page)["s"]) == preset.experiment
    assert look_of(address_of(app, page)["s"]) == preset.look
    assert preset.watch in words(app)


@each_preset
def test_its_link_opens_paused_at_its_pace_with_its_look(fake: FakeHub, page: str, part: Topic, name: str) -> None:
    preset = part.presets[name]
    link = to_link(preset.experiment, preset.look)
    app = shown(page, s=link)
    (run,) = fake.runs.values()
    assert run.experiment == preset.experiment
    assert run.commands == ([] if preset.pace is None else [("pace", preset.pace)])
    assert address_of(app, page)["s"] == link, "the address says what it said"
    assert session_of(app, page).look == preset.look


def test_a_reload_keeps_the_look_of_the_link(fake: FakeHub) -> None:
    app = shown("playground")
    link = address_of(app)["s"]
    again = shown("playground", **address_of(app))
    assert address_of(again)["s"] == link and len(fake.runs) == 1


# What a line speaks of, beside the titles of views, and the view in which that is to be seen.
SPOKEN_OF = {"random plane": "landscape", "almost no gradient": "gradient_norms", "hills and valleys": "surface"}


@each_preset
def test_a_preset_opens_the_view_that_its_line_speaks_of(page: str, part: Topic, name: str) -> None:
    preset, line = part.presets[name], part.presets[name].watch.lower()
    behind = [view for view in part.views if VIEWS.load(view).place == "tab"]
    spoken = {view for view in behind if VIEWS.load(view).title.lower() in line}
    spoken |= {view for words, view in SPOKEN_OF.items() if words in line and view in behind}
    assert spoken <= {preset.view}
    assert ("random plane" in line) == (preset.options.get("landscape", {}).get("plane") == "random")


def test_a_preset_that_is_picked_again_opens_its_view_again_and_another_run_of_the_page_does_not(
    fake: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr("nnlab.ui.live._board", lambda **more: given.append(more["data"]["look"]))
    app = shown("landscape")
    key = "playground:preset:deep"
    app.get_by_key(key).set_value("edge").run()
    assert given[-1] == {"view": "curvature", "options": {}, "nth": 1}
    app.run()
    app.get_by_key("playground:data.noise").set_value(5.0).run()
    assert given[-1]["nth"] == 1
    app.get_by_key(key).set_value("edge").run()
    assert given[-1] == {"view": "curvature", "options": {}, "nth": 2}
    app.get_by_key(key).set_value("deep").run()
    assert given[-1] == {"view": "landscape", "options": {"landscape": {"plane": "random"}}, "nth": 3}


# ---- the page of a link ------------------------------------------------------------------------------------------------
@each_preset
def test_every_experiment_has_a_page_the_first_of_the_menu_that_can_show_it(page: str, part: Topic, name: str) -> None:
    spec = part.presets[name].experiment
    found = topic_of(spec)
    assert found is not None and found.can_show(spec)
    assert PAGES.index(found.name) <= PAGES.index(page)
    assert not any(TOPICS.load(before).can_show(spec) for before in PAGES[: PAGES.index(found.name)])


def wrong_pages() -> list[tuple[str, str]]:
    """Each page with the first experiments of two others that it cannot show, so that every one is met somewhere."""
    found = []
    for i, page in enumerate(PAGES):
        others = [*PAGES[i + 1 :], *PAGES[:i]]
        found += [(page, o) for o in others if not TOPICS.load(page).can_show(FIRST[o].experiment)][:2]
    return found


WRONG = wrong_pages()


@pytest.mark.parametrize(("page", "other"), WRONG)
def test_a_link_that_is_opened_on_the_wrong_page_leads_to_the_right_one_with_all_of_it(
    fake: FakeHub, page: str, other: str
) -> None:
    preset = FIRST[other]
    look = Look(speed=preset.pace, view="curves", options={"boundary": {"focus": [1, 0]}})
    link = to_link(preset.experiment, look)
    app = shown(page, s=link)
    right = topic_of(preset.experiment)
    assert right is not None and right.name != page
    here = session_of(app, right.name)
    assert (here.experiment, here.look) == (preset.experiment, look)
    assert address_of(app, right.name)["s"] == link
    assert f"session:{TOPICS.load(page).run_of or page}" not in app.session_state
    assert [run.experiment for run in fake.runs.values()] == [preset.experiment], "no run of the wrong page"
    assert not here.notes
    app.run()
    assert not app.exception and address_of(app, right.name)["s"] == link


def test_there_are_wrong_pages_to_try() -> None:
    assert len(WRONG) >= 8 and len({other for _, other in WRONG}) >= len(PAGES) - 1


@pytest.mark.parametrize("page", ["one_neuron", "optimisers", "backpropagation"])
def test_a_page_that_was_left_by_a_link_starts_afresh_when_one_comes_back(fake: FakeHub, page: str) -> None:
    app = shown(page, s=to_link(FIRST["playground"].experiment))
    app._page_hash = calc_hash(page)
    app.query_params.clear()
    app.run()
    assert not app.exception and not app.error
    assert session_of(app, page).experiment == FIRST[page].experiment


def test_what_no_page_can_show_starts_with_the_page_s_own_and_says_so(
    fake: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for page, other in WRONG:
        monkeypatch.setattr(topics, "topic_of", lambda spec: None)
        app = shown(page, s=to_link(FIRST[other].experiment))
        assert session_of(app, page).experiment == FIRST[page].experiment
        assert TOPICS.load(page).other in words(app)


@each_page
def test_the_page_of_a_run_whose_network_grew_is_the_same(fake: FakeHub, page: str) -> None:
    """Something about the run has changed inside the live view; it stays on its page as long as it can be shown there."""
    app = shown(page)
    (run,) = fake.runs.values()
    run.experiment = patch(run.experiment, {"seed": 7})
    app.run()
    assert not app.exception
    assert session_of(app, page).experiment.seed == 7 == from_link(address_of(app, page)["s"]).seed


# ---- what does not fit -------------------------------------------------------------------------------------------------
MISFITS: list[tuple[dict[str, Any], str]] = [
    ({"data": {"kind": "surface"}, "model": {"family": "mlp"}}, "Multilayer perceptron"),
    ({"data": {"kind": "circle"}, "model": {"family": "race"}}, "Race of optimisers"),
    ({"data": {"kind": "plane"}, "model": {"family": "mlp"}, "training": {"loss": "hinge"}}, "Loss must be one of"),
    (
        {
            "data": {"kind": "circle"},
            "model": {"family": "mlp", "layers": []},
            "training": {"optimizer": {"kind": "muon"}},
        },
        "Muon needs at least one hidden layer",
    ),
]


def hostile(value: dict[str, Any]) -> str:
    """A link as somebody may write it by hand."""
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(value).encode())).decode().rstrip("=")


@pytest.mark.parametrize(("value", "says"), MISFITS)
@pytest.mark.parametrize("page", ["playground", "optimisers"])
def test_a_link_to_what_does_not_fit_is_refused_in_a_sentence(
    fake: FakeHub, page: str, value: dict[str, Any], says: str
) -> None:
    with pytest.raises(Exception, match=says):
        experiment(value)
    app = shown(page, s=hostile(value))
    assert session_of(app, page).experiment == FIRST[page].experiment
    assert says in words(app) and "The default experiment is shown instead." in words(app)


def test_presets_are_experiments_as_soon_as_they_are_looked_at() -> None:
    assert all(isinstance(part.presets[name].experiment, Experiment) for _, part, name in PRESETS)


def test_a_page_without_a_view_for_the_large_place_gives_it_to_the_first_beside_it() -> None:
    assert Topic(name="x", title="X", views=("curves", "boundary", "confusion")).stage == "curves"
    assert Topic(name="x", title="X", views=("curves", "boundary"), lead="boundary").stage == "boundary"
    assert Topic(name="x", title="X", views=("boundary", "network")).stage == ""  # which declares it itself
    assert Topic(name="x", title="X", views=("confusion",)).stage == ""
