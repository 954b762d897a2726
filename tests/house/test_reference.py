"""docs/reference/ is what docs/reference.py writes of the declarations now, and leaves no field out."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

from nnlab.core.fields import Control, controls
from nnlab.core.registries import BLOCKS, DATASETS, FAMILIES, OPTIMIZERS, SCHEDULES


@pytest.fixture
def written(root: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the script makes."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    pages: dict[str, str] = runpy.run_path(str(root / "docs" / "reference.py"))["pages"]()
    return pages


@pytest.fixture
def kept(root: Path) -> dict[str, str]:
    """What is committed."""
    return {path.name: path.read_text(encoding="utf-8") for path in (root / "docs" / "reference").glob("*.md")}


def test_the_committed_pages_are_those_that_the_script_makes(written, kept):
    stale = sorted(name for name in written.keys() | kept.keys() if written.get(name) != kept.get(name))
    assert stale == [], "run `.venv/bin/python docs/reference.py` and commit what it writes"


@pytest.mark.parametrize(
    ("page", "registry"),
    [
        ("blocks.md", BLOCKS),
        ("datasets.md", DATASETS),
        ("models.md", FAMILIES),
        ("optimisers.md", OPTIMIZERS),
        ("schedules.md", SCHEDULES),
    ],
)
def test_every_field_stands_there_with_its_label_its_bounds_and_its_help(kept, page, registry):
    rows = [line.strip("| ").split(" | ") for line in kept[page].splitlines() if line.startswith("| `")]
    missing = [
        f"{name}.{control.name}"
        for name in registry
        for control in controls(registry.load(name))
        if not any(_tells(row, control) for row in rows)
    ]
    assert rows and missing == []


def _tells(row: list[str], control: Control) -> bool:
    """Whether a row of a table says what a field declares."""
    if (row[0], row[1], row[-1]) != (f"`{control.name}`", control.param.label, control.param.help):
        return False
    if control.kind in ("int", "float"):
        bounds = re.findall(r"[-+.\de]+", row[2].replace(",", ""))
        return [float(bound) for bound in bounds[:2]] == [control.lower, control.upper]
    return all(f"`{choice}`" in row[2] for choice in control.choices)


def test_the_script_is_short(root):
    assert (root / "docs" / "reference.py").read_text(encoding="utf-8").count("\n") <= 130
