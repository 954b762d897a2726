"""The bars of the issues, measured: each module has `rows()`, and `start.py bench [NAME …]` runs them.

A row is {"name", "value", "unit", "bar", "holds", "how"}; `row` makes one. Ratios are taken against a reference in the
same run, because absolute times say more about the machine than about the code.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def row(name: str, value: float, *, unit: str, bar: str, how: str) -> Row:
    """A measured row. `bar` is "≥ 9" or "≤ 0.2" in `unit`; `holds` says whether `value` meets it."""
    sign, _, limit = bar.partition(" ")
    if sign not in ("≥", "≤"):
        raise ValueError(f"A bar must begin with ≥ or ≤ and a space; got {bar!r}.")
    holds = value >= float(limit) if sign == "≥" else value <= float(limit)
    return {"name": name, "value": round(value, 4), "unit": unit, "bar": bar, "holds": holds, "how": how}
