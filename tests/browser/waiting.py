"""Waiting for the page."""

from __future__ import annotations


def holds(condition: str) -> str:
    """A function for the page: whether the JavaScript expression `condition` over `arg` holds.

    What it asks of may not be there yet: a view behind a tab is made after the first picture. Then it does not hold yet.
    """
    return f"(arg) => {{ try {{ return {condition}; }} catch (e) {{ if (e instanceof TypeError) return false; throw e; }} }}"
