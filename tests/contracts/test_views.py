"""Every view is declared in Python, names what there is, and has a module of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nnlab.core.paths import root
from nnlab.core.registries import ANALYSES, STUDIES, TOPICS, VIEWS
from nnlab.live.server.assets import folders
from nnlab.ui.topic import Topic
from nnlab.views.view import View

ASSETS = root() / "assets"
MADE = re.compile(r"export default \{ create")


def is_view(module: Path) -> bool:
    """Whether the board can make a picture of it."""
    return MADE.search(module.read_text()) is not None


@pytest.mark.parametrize("name", list(VIEWS))
def test_a_view_has_words_for_everybody(name: str) -> None:
    view = VIEWS.load(name)
    assert isinstance(view, View) and view.name == name
    for words in (view.title, view.help, view.alt):
        assert words and not words[0].islower()
    assert view.help.endswith(".") and view.alt.endswith(".") and not view.title.endswith(".")


@pytest.mark.parametrize("name", list(VIEWS))
def test_what_a_view_needs_and_asks_for_is_there(name: str) -> None:
    view = VIEWS.load(name)
    assert [offer for offer in (*view.needs, *view.wants) if offer not in ANALYSES] == []
    assert [offer for offer in view.asks if offer not in ANALYSES and offer not in STUDIES] == []


@pytest.mark.parametrize("name", list(VIEWS))
def test_its_module_asks_for_nothing_else(name: str) -> None:
    view = VIEWS.load(name)
    below, folder = next((b, f) for b, f in folders().items() if view.module.startswith(b))
    module = folder / view.module.removeprefix(f"{below}/")
    assert is_view(module)
    text = "".join(path.read_text() for path in module.parent.glob("*.js"))
    asked = set(re.findall(r'(?:\.ask\(|new Study\(board, )"(\w+)"', module.read_text()))
    assert asked <= {*view.asks, "keep", "twin"}, (
        "what is asked for without being declared is shown where it cannot be had"
    )
    assert set(view.asks) <= set(re.findall(r'"(\w+)"', text)), "what is declared and never asked for hides the view"


@pytest.mark.parametrize("name", [n for n in VIEWS if VIEWS.load(n).needs])
def test_its_module_reads_an_array_of_each_analysis_that_it_needs(name: str) -> None:
    view = VIEWS.load(name)
    below, folder = next((b, f) for b, f in folders().items() if view.module.startswith(b))
    module = folder / view.module.removeprefix(f"{below}/")
    near = [module, *module.parent.glob("*.js"), *(ASSETS / "kit").glob("*.js")]
    read = {word for path in near for word in re.findall(r"\w+", path.read_text())}
    for analysis in view.needs:
        assert read & set(ANALYSES.load(analysis).arrays), (
            f"no array of {analysis} is read, so it is computed for nothing"
        )


def test_every_view_module_is_declared() -> None:
    declared = {module for name in VIEWS if not (module := VIEWS.load(name).module).startswith("plugins/")}
    found = {path.relative_to(ASSETS).as_posix() for path in (ASSETS / "views").rglob("*.js") if is_view(path)}
    assert found == declared


@pytest.mark.parametrize("name", list(TOPICS))
def test_one_view_at_most_takes_each_large_place_of_a_page(name: str) -> None:
    topic: Topic = TOPICS.load(name)
    for part in (topic, *topic.parts):
        places = [VIEWS.load(view).place for view in part.views]
        assert [p for p in ("wide", "square", "half") if places.count(p) > 1] == []
