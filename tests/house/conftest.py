"""The source of the project as text and as syntax trees, for the tests of the house."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from .checkouts import Lab, load

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Source:
    """One Python file; `name` is its dotted module, such as nnlab.core.fields or pages.playground."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def place(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def name(self) -> str:
        return self.place.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def imports(self) -> set[str]:
        """The modules that the file imports, anywhere in it; of `from a import b` both a and a.b."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        return found


def sources(*folders: str) -> list[Source]:
    """Every Python file in `folders`, which may name files too."""
    found = []
    for folder in folders:
        place = ROOT / folder
        found += [place] if place.is_file() else sorted(place.rglob("*.py"))
    return [Source(path) for path in found]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shipped() -> list[Source]:
    """What is installed: the package, the pages and the entry."""
    return sources("nnlab", "pages", "app.py")


@pytest.fixture(scope="session")
def package() -> list[Source]:
    return sources("nnlab")


@pytest.fixture(scope="session")
def everything() -> list[Source]:
    return sources("nnlab", "pages", "app.py", "start.py", "environment.py", "benchmarks", "tests")


@pytest.fixture(scope="session")
def test_files() -> list[Source]:
    return [source for source in sources("tests") if source.path.name.startswith("test_")]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A checkout in which nothing is installed."""
    return Lab(load(tmp_path), monkeypatch)
