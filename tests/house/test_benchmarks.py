"""The committed figures: every row is whole and judged by its own bar, names its processor, and docs/figures.md shows the same ones."""

from __future__ import annotations

import importlib
import json

import pytest

from benchmarks import Row, named, peers, processor, row, run, speed

KEYS = {"name", "value", "unit", "bar", "holds", "how", "processor"}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    found: list[Row] = json.loads(run.RESULTS.read_text(encoding="utf-8"))
    return found


def test_every_row_has_its_seven_entries(rows):
    assert rows
    assert [r["name"] for r in rows if r.keys() != KEYS] == []


def test_no_figure_stands_twice(rows):
    names = [r["name"] for r in rows]
    assert len(names) == len(set(names))


def test_every_row_is_judged_by_its_own_bar(rows):
    told = [r for r in rows if r["value"] != float(r["bar"].split()[1])]  # on the bar, the rounding hides the side
    assert [judged(r) for r in told] == [r["holds"] for r in told]


def judged(found):
    """Whether a row holds, by what it shows: "≤ 2 × 1.5" is a bar of time on a machine that is so much slower."""
    sign, limit, *scale = found["bar"].split()
    shown = {name: found[name] for name in ("name", "value", "unit", "how")}
    return row(**shown, bar=f"{sign} {limit}", slower=float(scale[1]) if scale else 1.0)["holds"]


@pytest.mark.parametrize("name", run.NAMES)
def test_every_benchmark_can_be_run_by_its_name(name):
    assert callable(importlib.import_module(f"benchmarks.{name}").rows)


def test_without_npm_peers_are_not_measured_and_that_is_said(monkeypatch, capsys):
    monkeypatch.setattr(peers.shutil, "which", lambda name: None)
    assert peers.rows() == []
    assert "npm" in capsys.readouterr().out


def test_the_page_of_figures_shows_the_committed_ones(rows):
    text = run.FIGURES.read_text(encoding="utf-8")
    _, begin, rest = text.partition(run.BEGIN)
    shown, end, _ = rest.partition(run.END)
    assert begin and end, "the marks between which `start.py bench` writes"
    assert shown.strip() == run.tables(rows)


def test_figures_of_each_processor_stand_in_a_table_that_names_it():
    made = [row(name, 1, unit="s", bar="≤ 5", how="") | {"processor": where} for name, where in ("aP", "bQ", "cP")]
    first, second = run.tables(made).split("\n\nMeasured on Q:\n\n")
    assert first.startswith("Measured on P:\n\n| what")
    assert [line[2] for line in (*first.splitlines()[4:], *second.splitlines()[2:])] == ["a", "c", "b"]


def test_a_row_names_make_and_model_of_the_processor():
    text = "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9R14\n\nprocessor\t: 1\nmodel\t\t: 18\n"
    assert named(text) == "AMD EPYC 9R14 (family 25, model 17)"
    assert named("")
    assert row("x", 1, unit="s", bar="≤ 5", how="")["processor"] == processor()
    assert processor().endswith(("core", "cores"))


@pytest.mark.parametrize(
    ("value", "bar", "holds"), [(2, "≥ 2", True), (1.9, "≥ 2", False), (2, "≤ 2", True), (2.1, "≤ 2", False)]
)
def test_a_bar_is_met_by_the_figure_itself(value, bar, holds):
    assert row("x", value, unit="times", bar=bar, how="")["holds"] is holds


@pytest.mark.parametrize(
    ("value", "bar", "shown", "holds"),
    [
        (3, "≤ 2", "≤ 2 × 1.5", True),
        (3.1, "≤ 2", "≤ 2 × 1.5", False),
        (2, "≥ 3", "≥ 3 / 1.5", True),
        (1.9, "≥ 3", "≥ 3 / 1.5", False),
    ],
)
def test_a_bar_of_time_is_scaled_by_how_much_slower_the_machine_is(value, bar, shown, holds):
    found = row("x", value, unit="ms", bar=bar, how="", slower=1.52)
    assert (found["bar"], found["holds"]) == (shown, holds)


@pytest.mark.parametrize(("took", "slower"), [(0.5, 1.0), (3.0, 3.0)])
def test_a_machine_is_slower_by_what_the_plain_loop_takes_and_never_faster(monkeypatch, took, slower):
    monkeypatch.setattr(speed, "best_ms", lambda draw: took * speed.SET_ON_MS)
    assert speed.slowness.__wrapped__() == pytest.approx(slower)


def test_a_figure_below_its_bar_is_marked_in_the_table():
    shown = run.tables([row("x", 1, unit="times", bar="≥ 2", how="")])
    assert shown.splitlines()[-1] == "| x | 1 times | ≥ 2 | **no** |"


def test_a_benchmark_run_again_replaces_its_own_rows_and_no_others():
    def one(name: str, value: float) -> Row:
        return row(name, value, unit="s", bar="≤ 5", how="")

    merged = run.merged([one("a", 1), one("b", 2)], [one("b", 3), one("c", 4)])
    assert [(r["name"], r["value"]) for r in merged] == [("a", 1), ("b", 3), ("c", 4)]
