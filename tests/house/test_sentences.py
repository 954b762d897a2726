"""Every sentence below the screen is written out as a template whose places are filled, so that a catalogue can hold it.

That refusals take nothing but such sentences is a matter of types (`Problem.message` is `Said`), which mypy checks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from string import Formatter
from typing import NamedTuple

import pytest

MADE_OF_OTHERS = {"nnlab/core/say.py", "nnlab/core/sentences.py"}  # whose templates are given, or pydantic's own
PLACE = {"say": 0, "_refused": 1}  # of the template among the arguments; a formula's `_refused` adds these values:
ADDED = {"part", "at"}


class Sentence(NamedTuple):
    """A sentence in the source: `template` is None where it is not written out, `values` None where they cannot be read off."""

    line: int
    template: str | None
    values: set[str] | None


def sentences(tree: ast.AST) -> Iterator[Sentence]:
    """Every call of `say` and `_refused`; a name stands for the text that it was given last."""
    nodes = list(ast.walk(tree))
    given = [n for n in nodes if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)]
    for call in (n for n in nodes if isinstance(n, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name not in PLACE or len(call.args) <= PLACE[name]:
            continue
        template: ast.AST | None = call.args[PLACE[name]]
        if isinstance(template, ast.Name):
            before = [a for a in given if a.targets[0].id == template.id and a.lineno < call.lineno]  # type: ignore[attr-defined]
            template = max(before, key=lambda a: a.lineno).value if before else None
        text = template.value if isinstance(template, ast.Constant) and isinstance(template.value, str) else None
        names = {k.arg for k in call.keywords if k.arg} | (ADDED if name == "_refused" else set())
        yield Sentence(call.lineno, text, None if any(k.arg is None for k in call.keywords) else names)


def fields(template: str) -> set[str]:
    """The names of the places in a template."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


@pytest.fixture(scope="module")
def said(package) -> dict[str, Sentence]:
    sources = [source for source in package if source.place not in MADE_OF_OTHERS]
    return {f"{source.place}:{one.line}": one for source in sources for one in sentences(source.tree)}


def test_every_template_is_written_out(said):
    hidden = [place for place, one in said.items() if one.template is None]
    assert len(said) > 90 and [place.partition(":")[0] for place in hidden] == ["nnlab/core/formula.py"]  # `_refused`


def test_every_place_is_filled_and_no_value_is_left_over(said):
    known = {place: one for place, one in said.items() if one.template is not None and one.values is not None}
    wrong = {p: f ^ v for p, one in known.items() if (f := fields(one.template)) - (v := one.values) or v - f - ADDED}
    assert len(known) > 80 and wrong == {}


def test_the_search_for_sentences_reads_templates_and_values():
    code = """
LONG = "At most {most}."
def f():
    say("Got {got!r}.", got=1)
    reason = "One {a}."
    say(reason, a=1)
    reason = "Two {b}."
    say(reason, b=1)
    say(LONG, **values)
    say(reason + "more", c=1)
"""
    assert [(one.template, one.values) for one in sentences(ast.parse(code))] == [
        ("Got {got!r}.", {"got"}),
        ("One {a}.", {"a"}),
        ("Two {b}.", {"b"}),
        ("At most {most}.", None),
        (None, {"c"}),
    ]
    assert fields("{a:,} and {b!r} of {{c}}") == {"a", "b"}
