"""The committed figures: every row is whole and judged by its own bar, and the README shows the same ones."""

from __future__ import annotations

import importlib
import json

import pytest

from benchmarks import Row, row, run

KEYS = {"name", "value", "unit", "bar", "holds", "how"}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    found: list[Row] = json.loads(run.RESULTS.read_text(encoding="utf-8"))
    return found


def test_every_row_has_its_six_entries(rows):
    assert rows
    assert [r["name"] for r in rows if r.keys() != KEYS] == []


def test_no_figure_stands_twice(rows):
    names = [r["name"] for r in rows]
    assert len(names) == len(set(names))


def test_every_row_is_judged_by_its_own_bar(rows):
    told = [r for r in rows if r["value"] != float(r["bar"].split()[1])]  # on the bar, the rounding hides the side
    judged = [row(**{name: value for name, value in r.items() if name != "holds"}) for r in told]
    assert judged == told


@pytest.mark.parametrize("name", run.NAMES)
def test_every_benchmark_can_be_run_by_its_name(name):
    assert callable(importlib.import_module(f"benchmarks.{name}").rows)


def test_the_readme_shows_the_committed_figures(rows):
    text = run.README.read_text(encoding="utf-8")
    _, begin, rest = text.partition(run.BEGIN)
    shown, end, _ = rest.partition(run.END)
    assert begin and end, "the marks between which `start.py bench` writes"
    assert shown.strip() == run.table(rows)


@pytest.mark.parametrize(
    ("value", "bar", "holds"), [(2, "≥ 2", True), (1.9, "≥ 2", False), (2, "≤ 2", True), (2.1, "≤ 2", False)]
)
def test_a_bar_is_met_by_the_figure_itself(value, bar, holds):
    assert row("x", value, unit="times", bar=bar, how="")["holds"] is holds


def test_a_figure_below_its_bar_is_marked_in_the_table():
    shown = run.table([row("x", 1, unit="times", bar="≥ 2", how="")])
    assert shown.splitlines()[-1] == "| x | 1 times | ≥ 2 | **no** |"


def test_a_benchmark_run_again_replaces_its_own_rows_and_no_others():
    def one(name: str, value: float) -> Row:
        return row(name, value, unit="s", bar="≤ 5", how="")

    merged = run.merged([one("a", 1), one("b", 2)], [one("b", 3), one("c", 4)])
    assert [(r["name"], r["value"]) for r in merged] == [("a", 1), ("b", 3), ("c", 4)]
