"""A floor imports only floors below it, nothing goes in circles; torch and Streamlit stay where they belong."""

from __future__ import annotations

import fnmatch
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Set
from pathlib import Path

import grimp
import numpy as np
import pytest
from scipy.sparse import lil_array
from scipy.sparse.csgraph import connected_components

FLOOR = {
    "core": 0,
    "data": 1,
    "surfaces": 1,
    "optim": 1,
    "views": 1,
    "families": 2,
    "train": 3,
    "analysis": 4,
    "live": 5,
    "ui": 6,
    "pages": 7,
    "app": 8,
    "cli": 8,
    "__main__": 9,
}
SCRIPTS = {"nnlab.ui.shell", "nnlab.__main__"}  # importing them draws a page or starts the app
STREAMLIT = ("nnlab.ui*", "pages*", "app", "nnlab.live.server.app", "nnlab.live.server.origins")


@pytest.fixture(scope="module")
def torch_free(root: Path) -> tuple[str, ...]:
    """Patterns of the modules that the server process loads: those of the contract in pyproject.toml, pages and entry."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (served,) = (c["source_modules"] for c in contracts if c.get("forbidden_modules") == ["torch"])
    return ("nnlab", "pages*", "app", *served, *(f"{name}.*" for name in served))


def _floor(module: str) -> str:
    """nnlab.core.fields -> core, pages.playground -> pages."""
    return module.removeprefix("nnlab.").split(".")[0]


def _matches(module: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(module, pattern) for pattern in patterns)


def test_every_import_runs_downwards(shipped):
    wrong = []
    for source in shipped:
        mine = _floor(source.name)
        for module in source.imports():
            theirs = _floor(module)
            if not module.startswith(("nnlab.", "pages.", "app.")) or theirs == mine or theirs not in FLOOR:
                continue
            if FLOOR[theirs] >= FLOOR[mine]:
                wrong.append(f"{source.place} imports {module}")
    assert wrong == []


def test_every_folder_of_the_package_has_a_floor(package):
    floors = {_floor(source.name) for source in package if source.name != "nnlab"}
    assert floors <= set(FLOOR)


def test_only_the_floors_with_networks_import_torch(shipped, torch_free):
    wrong = [
        source.place
        for source in shipped
        if _matches(source.name, torch_free) and any(module.split(".")[0] == "torch" for module in source.imports())
    ]
    assert wrong == []


def test_only_the_upper_floors_import_streamlit(shipped):
    wrong = [
        source.place
        for source in shipped
        if not _matches(source.name, STREAMLIT)
        and any(module.split(".")[0] == "streamlit" for module in source.imports())
    ]
    assert wrong == []


def test_importing_all_torch_free_modules_leaves_torch_out(shipped, root: Path, torch_free):
    """Follows every import that really happens, indirect ones too, in a fresh process."""
    names = [s.name for s in shipped if s.name.startswith("nnlab") and _matches(s.name, torch_free)]
    names = [name for name in names if name not in SCRIPTS]
    assert {"nnlab.live.pool.starters", "nnlab.families.mlp.spec", "nnlab.ui.topics.playground"} <= set(names)
    code = f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\nprint('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=100)
    assert done.stdout.split()[-1:] == ["False"], done.stderr[-2000:]


def test_import_linter_finds_no_broken_contract(root: Path):
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def circles(imports: Mapping[str, Set[str]]) -> list[set[str]]:
    """The strongly connected parts of a graph of imports that are more than one module."""
    names = sorted(imports)
    place = {name: i for i, name in enumerate(names)}
    graph = lil_array((len(names), len(names)), dtype=np.int8)
    for name in names:
        graph[place[name], [place[imported] for imported in imports[name]]] = 1
    _, part = connected_components(graph.tocsr(), connection="strong")
    parts = ({names[i] for i in np.flatnonzero(part == k)} for k in range(part.max() + 1))
    return [found for found in parts if len(found) > 1]


def test_no_module_leads_back_to_itself_neither_inside_functions_nor_for_types_only():
    graph = grimp.build_graph("nnlab", cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert imports["nnlab.live.pool.starters"] >= {"nnlab.live.worker.process"}, "an import inside a function"
    assert imports["nnlab.ui.live"] >= {"nnlab.live.server.hub"}, "an import for types only"
    assert circles(imports) == []


@pytest.mark.parametrize(
    ("imports", "found"),
    [
        ({"a": {"b", "c"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, [{"b", "c"}]),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"e"}, "e": {"d", "a"}}, [{"a", "b", "c"}, {"d", "e"}]),
    ],
    ids=["none", "two", "two circles"],
)
def test_the_search_for_circles_finds_them(imports, found):
    assert sorted(map(sorted, circles(imports))) == sorted(map(sorted, found))
