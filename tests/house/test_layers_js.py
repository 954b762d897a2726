"""JavaScript: words stand below kit, kit below board, board below the views; no view reaches into another topic, and nothing goes in circles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ASSETS = Path(__file__).resolve().parents[2] / "assets"
MAY_IMPORT = {
    "words": {"words"},
    "kit": {"kit", "words"},
    "board": {"board", "kit"},
    # and its own topic; where one builds on another it is named: "views/gan": {"kit", "views/gan", "views/plane"}
    "views/*": {"kit"},
}
LONGEST_FILE = 350
IMPORTS = (
    re.compile(r'^\s*(?:import|export)\b[^;"\']*?\bfrom\s*["\']([^"\']+)["\']', re.MULTILINE),
    re.compile(r'^\s*import\s*["\']([^"\']+)["\']', re.MULTILINE),
    re.compile(r'\bimport\(\s*["\']([^"\']+)["\']\s*\)'),
)


def scripts() -> list[Path]:
    return sorted(ASSETS.rglob("*.js"))


def imported(text: str) -> list[str]:
    """The addresses that a module imports, at the start or while it runs; types in comments count for nothing."""
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return [address for pattern in IMPORTS for address in pattern.findall(code)]


@cache
def imports_of(script: Path) -> tuple[Path, ...]:
    found = imported(script.read_text(encoding="utf-8"))
    return tuple((script.parent / address).resolve() for address in found)


def floor(script: Path) -> str:
    """kit, board, or views/<topic>."""
    parts = script.relative_to(ASSETS).parts
    return "/".join(parts[:2]) if parts[0] == "views" else parts[0]


def allowed(here: str) -> set[str]:
    return MAY_IMPORT.get(here) or {here} | MAY_IMPORT["views/*"]


def circle(graph: dict[str, list[str]]) -> list[str]:
    """One circle of a graph, its first name again at its end; [] where there is none."""
    done: set[str] = set()

    def walk(name: str, way: tuple[str, ...]) -> Iterator[list[str]]:
        if name in way:
            yield [*way[way.index(name) :], name]
        elif name not in done:
            for further in graph.get(name, []):
                yield from walk(further, (*way, name))
            done.add(name)

    return next((found for name in graph for found in walk(name, ())), [])


def test_every_import_names_a_module_that_is_there() -> None:
    missing = [f"{s.relative_to(ASSETS)} imports {m}" for s in scripts() for m in imports_of(s) if not m.is_file()]
    assert missing == []


def test_every_import_runs_downwards_and_no_topic_imports_another() -> None:
    wrong = [
        f"{script.relative_to(ASSETS)} imports {module.relative_to(ASSETS)}"
        for script in scripts()
        for module in imports_of(script)
        if floor(module) not in allowed(floor(script))
    ]
    assert wrong == []


def test_no_import_leads_back_to_where_it_began() -> None:
    graph = {
        s.relative_to(ASSETS).as_posix(): [m.relative_to(ASSETS).as_posix() for m in imports_of(s)] for s in scripts()
    }
    assert circle(graph) == []


def test_no_script_is_longer_than_350_lines() -> None:
    long = {s.name: n for s in scripts() if (n := s.read_text(encoding="utf-8").count("\n")) > LONGEST_FILE}
    assert long == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('import { a } from "./a.js";', ["./a.js"]),
        ('import {\n  a,\n  b,\n} from "../b.js";', ["../b.js"]),
        ('export { a } from "./a.js";', ["./a.js"]),
        ('import "./effect.js";', ["./effect.js"]),
        ('const m = await import("./late.js");', ["./late.js"]),
        ('/** @import { A } from "./types.d.ts" */', []),
        ('write("from here", "there");', []),
    ],
)
def test_the_search_for_imports_tells_them_apart(text: str, found: list[str]) -> None:
    assert imported(text) == found


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        ({"a": ["b"], "b": ["c"], "c": []}, []),
        ({"a": ["b", "c"], "b": ["c"], "c": []}, []),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, ["b", "c", "b"]),
    ],
)
def test_the_search_for_circles_finds_one(graph: dict[str, list[str]], found: list[str]) -> None:
    assert circle(graph) == found


def test_a_topic_may_import_kit_and_itself_only() -> None:
    assert allowed("views/plane") == {"views/plane", "kit"}
    assert allowed("kit") == {"kit", "words"}
    assert allowed("words") == {"words"}
