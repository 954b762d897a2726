"""Runs benchmarks, prints their table, writes benchmarks/results.json and the tables in docs/figures.md."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks import Row

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
FIGURES = HERE.parent / "docs" / "figures.md"
BEGIN, END = "<!-- figures: written by `start.py bench` -->", "<!-- end of figures -->"

# "memory" plays for ten minutes, so it comes last.
NAMES = (
    "engine",
    "cnn",
    "peers",
    "pad",
    "accuracy",
    "maps",
    "bounded",
    "states",
    "frames_wire",
    "users",
    "browser",
    "opening",
    "race",
    "neuron",
    "landscape",
    "hostile",
    "large",
    "memory",
)
EXTENDED = ("bounded", "states", "large")  # with the families of a package from outside
EXTENSION = HERE.parent / "tests" / "extension" / "plugin"


def measure(name: str) -> list[Row]:
    """The rows of one benchmark."""
    if name in EXTENDED:
        sys.path.append(str(EXTENSION))
    found: list[Row] = importlib.import_module(f"benchmarks.{name}").rows()
    return found


def apart(name: str) -> list[Row]:
    """The rows of one benchmark, measured in a process of its own so that none slows the next."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, name).result()


def merged(old: list[Row], new: list[Row]) -> list[Row]:
    """`old` rows with those measured again replaced in place, and the others of `new` behind them."""
    fresh = {row["name"]: row for row in new}
    kept = [fresh.pop(row["name"], row) for row in old]
    return kept + list(fresh.values())


def tables(rows: list[Row]) -> str:
    """A Markdown table for each processor, which a terminal shows well enough too."""
    processors = list(dict.fromkeys(row["processor"] for row in rows))
    return "\n\n".join(
        f"Measured on {name}:\n\n{table([row for row in rows if row['processor'] == name])}" for name in processors
    )


def table(rows: list[Row]) -> str:
    """The rows of one processor."""
    lines = ["| what | measured | bar | holds |", "|---|---|---|---|"]
    for row in rows:
        value = f"{row['value']:g} {row['unit']}".strip()
        lines.append(f"| {row['name']} | {value} | {row['bar']} | {'yes' if row['holds'] else '**no**'} |")
    return "\n".join(lines)


def with_tables(text: str, rows: list[Row]) -> str:
    """`text` with `rows` between its two marks; without marks it stays as it is."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{tables(rows)}\n{END}{tail}" if begin and end else text


def chosen(names: list[str]) -> list[str]:
    """The benchmarks to run, or a sentence and exit status 2 where a name is unknown."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        sys.exit(f"A benchmark must be one of {', '.join(NAMES)}; got {unknown[0]}.")
    return names or list(NAMES)


def main(names: list[str]) -> int:
    """Run `names`, or all; 0 when all ran and every bar holds."""
    rows: list[Row] = []
    broken = []
    if os.name == "posix" and os.getloadavg()[0] > 0.5:
        print("Something else is keeping this machine busy: times in ms and frames/s will suffer, ratios less.")
    for name in chosen(names):
        print(f"Measuring {name} …", flush=True)
        try:
            rows += apart(name)
        except Exception:  # one benchmark that fails must not cost the figures of the others
            traceback.print_exc()
            broken.append(name)
    old = json.loads(RESULTS.read_text(encoding="utf-8")) if names and RESULTS.exists() else []
    everything = merged(old, rows)
    RESULTS.write_text(json.dumps(everything, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if FIGURES.exists():
        FIGURES.write_text(with_tables(FIGURES.read_text(encoding="utf-8"), everything), encoding="utf-8")
    print(tables(rows))
    for name in broken:
        print(f"The benchmark {name} failed; its message stands above.")
    return 1 if broken or not all(row["holds"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
