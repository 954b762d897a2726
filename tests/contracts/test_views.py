"""Every view is declared once in Python and once in JavaScript, and both say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nnlab.core.paths import root
from nnlab.core.registries import ANALYSES, TOPICS, VIEWS
from nnlab.live.server.assets import folders
from nnlab.ui.topic import Topic
from nnlab.views.view import View

ASSETS = root() / "assets"
NEEDS = re.compile(r"export default \{\s*needs: \[([^\]]*)\]")


def needs_of(module: Path) -> tuple[str, ...] | None:
    """What a module says that it needs; None where it is no view."""
    found = NEEDS.search(module.read_text())
    return tuple(re.findall(r'"([^"]+)"', found.group(1))) if found else None


@pytest.mark.parametrize("name", list(VIEWS))
def test_a_view_has_words_for_everybody(name: str) -> None:
    view = VIEWS.load(name)
    assert isinstance(view, View) and view.name == name
    for words in (view.title, view.help, view.alt):
        assert words and not words[0].islower()
    assert view.help.endswith(".") and view.alt.endswith(".") and not view.title.endswith(".")


@pytest.mark.parametrize("name", list(VIEWS))
def test_module_and_declaration_need_the_same(name: str) -> None:
    view = VIEWS.load(name)
    below, folder = next((b, f) for b, f in folders().items() if view.module.startswith(b))
    assert needs_of(folder / view.module.removeprefix(f"{below}/")) == view.needs


@pytest.mark.parametrize("name", list(VIEWS))
def test_what_a_view_needs_is_an_analysis(name: str) -> None:
    view = VIEWS.load(name)
    assert [offer for offer in view.needs if offer not in ANALYSES] == []


def test_every_view_module_is_declared() -> None:
    declared = {module for name in VIEWS if not (module := VIEWS.load(name).module).startswith("plugins/")}
    found = {
        path.relative_to(ASSETS).as_posix() for path in (ASSETS / "views").rglob("*.js") if needs_of(path) is not None
    }
    assert found == declared


@pytest.mark.parametrize("name", list(TOPICS))
def test_one_view_at_most_takes_each_large_place_of_a_page(name: str) -> None:
    topic: Topic = TOPICS.load(name)
    for part in (topic, *topic.parts):
        places = [VIEWS.load(view).place for view in part.views]
        assert [p for p in ("wide", "square", "half") if places.count(p) > 1] == []
