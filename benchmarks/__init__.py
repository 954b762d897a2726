"""The bars of the issues, measured: each module has `rows()`, and `start.py bench [NAME …]` runs them.

A row is {"name", "value", "unit", "bar", "holds", "how", "processor"}; `row` makes one. Ratios are taken against a reference in
the same run with the same library, because absolute times say more about the machine than about the code: their bars are scaled
by how much slower this machine runs a plain loop. Every row names the processor it was measured on.
"""

from __future__ import annotations

import os
import platform
import re
from functools import cache
from pathlib import Path
from typing import Any

Row = dict[str, Any]
CPUINFO = Path("/proc/cpuinfo")  # Linux


def row(name: str, value: float, *, unit: str, bar: str, how: str, slower: float = 1.0) -> Row:
    """A measured row. `bar` is "≥ 9" or "≤ 0.2" in `unit`; `holds` says whether `value` meets it.

    `slower`: how many times slower this machine is than the one that a bar of time was set on (`benchmarks.speed.slowness`).
    """
    sign, _, limit = bar.partition(" ")
    if sign not in ("≥", "≤"):
        raise ValueError(f"A bar must begin with ≥ or ≤ and a space; got {bar!r}.")
    slower = round(slower, 1)
    holds = bool(value >= float(limit) / slower if sign == "≥" else value <= float(limit) * slower)
    if slower > 1:
        bar += f" {'/' if sign == '≥' else '×'} {slower:.1f}"
    rounded = float(f"{value:.1e}") if 0 < abs(value) < 1e-4 else round(value, 4)
    found = {"name": name, "value": rounded, "unit": unit, "bar": bar, "holds": holds, "how": how}
    return found | {"processor": processor()}


@cache
def processor() -> str:
    """Make and model of this machine's processor and how many cores this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{named(CPUINFO.read_text() if CPUINFO.exists() else '')}, {cores} core{'s' if cores > 1 else ''}"


def named(cpuinfo: str) -> str:
    """The processor that the text of /proc/cpuinfo names; virtual machines hide the model's name, but not its numbers."""
    facts = dict(re.findall(r"(?m)^(model name|cpu family|model)\s*: (.+)$", cpuinfo)[::-1])
    if "model name" not in facts:
        return platform.processor() or platform.machine()
    return f"{facts['model name']} (family {facts.get('cpu family', '?')}, model {facts.get('model', '?')})"
