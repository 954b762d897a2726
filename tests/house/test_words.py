"""Every code that Python tells a browser has words in the catalogue, which read no other values than those that come with it.

Codes stand in calls of `tell("code", value=…)`, of `found("code", remedy, value=…)` and of `Remedy(changes, "code")`; words in
`assets/words/en.js`, an entry a line. Both are read as text, so that this needs no Node.js.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ASSETS = Path(__file__).resolve().parents[2] / "assets"
ENTRY = re.compile(r"^  (?:\"([\w.]+)\"|(\w+)): \([\w, ]*\) => (.+),$")
HELPER = re.compile(r"^const (\w+) = \(v\) => (.+);$", re.MULTILINE)
Names = Mapping[str, set[str]]  # of values, by code


def entries(text: str) -> dict[str, set[str]]:
    """The values that the words of each code read, by themselves or through a helper that is given all of them."""
    inside = text.partition("export default {\n")[2].partition("\n};")[0]
    lines = [line for line in inside.splitlines() if line.strip() and not line.lstrip().startswith("//")]
    found = [ENTRY.match(line) for line in lines]
    assert all(found), f"an entry must be one line; got {[line for line, e in zip(lines, found, strict=True) if not e]}"
    helpers = dict(HELPER.findall(text))
    return {match[1] or match[2]: _reads(match[3], helpers) for match in found if match}


def _reads(body: str, helpers: Mapping[str, str]) -> set[str]:
    called = (helper for name, helper in helpers.items() if f"{name}(v)" in body)
    return set(re.findall(r"\bv\.(\w+)", " ".join([body, *called])))


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def _texts(nodes: Iterable[ast.AST | None]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _returned(tree: ast.AST) -> dict[str, set[str]]:
    """The keys of functions that return a dict as it is written: what `**function(…)` passes on."""
    found: dict[str, set[str]] = defaultdict(set)
    for function in ast.walk(tree):
        for node in ast.walk(function) if isinstance(function, ast.FunctionDef) else ():
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict):
                found[function.name] |= _texts(node.value.keys)
    return found


def _last_names(tree: ast.AST) -> set[str]:
    """The last names of all paths that are keys of a dict, such as clip_norm of training.clip_norm."""
    keys = (key for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys)
    ends = (key.values[-1] if isinstance(key, ast.JoinedStr) else key for key in keys)
    return {text.rpartition(".")[2] for text in _texts(ends)}


def told(trees: Iterable[ast.Module]) -> dict[str, set[str]]:
    """Every code that is told, with the names of its values; those of a button are the finding's and the remedy's."""
    trees, found = list(trees), dict[str, set[str]]()
    passed_on = {name: keys for tree in trees for name, keys in _returned(tree).items()}
    for tree in trees:
        of_findings: set[str] = set()
        for call in (*_calls(tree, "tell"), *_calls(tree, "found")):
            names = {keyword.arg for keyword in call.keywords if keyword.arg}
            for keyword in call.keywords:
                if keyword.arg is None and isinstance(keyword.value, ast.Call):
                    names |= passed_on[keyword.value.func.id]  # type: ignore[attr-defined]
            for code in _texts(call.args[:1]):
                found.setdefault(code, names).intersection_update(names)
            of_findings |= names
        for call in _calls(tree, "Remedy"):
            for label in _texts(call.args[1:2]):
                found[label] = of_findings | _last_names(tree)
    return found


def unread(words: Names, given: Names) -> dict[str, set[str]]:
    """The values that words read and nobody gives, by code."""
    return {code: missing for code, names in given.items() if (missing := words.get(code, set()) - names)}


@pytest.fixture(scope="module")
def words() -> dict[str, set[str]]:
    return entries((ASSETS / "words" / "en.js").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def given(package) -> dict[str, set[str]]:
    return told(source.tree for source in package)


def test_every_code_has_words(words, given):
    assert set(given) >= {"stop.patience", "dead", "restart_slower", "notice.gone"}
    assert set(given) - set(words) == set()


def test_words_read_no_value_that_does_not_come_with_their_code(words, given):
    assert words["exploding"] == {"layer", "title", "length"}, "one of them through a helper"
    assert unread(words, given) == {}


def test_no_words_are_left_over(words, given):
    scripts = "".join(p.read_text(encoding="utf-8") for p in ASSETS.rglob("*.js") if p.parent.name != "words")
    said = set(re.findall(r"\"([\w.]+)\"", scripts))
    assert set(words) - set(given) - said == set()


def test_every_code_is_written_out_where_it_is_told(package):
    """Else the search would not see it; `found` itself passes on the codes that it is given."""
    hidden = [
        f"{source.place}:{call.lineno}"
        for source in package
        for name, place in (("tell", 0), ("found", 0), ("Remedy", 1))
        for call in _calls(source.tree, name)
        if not _texts(call.args[place : place + 1])
    ]
    assert [place.partition(":")[0] for place in hidden] == ["nnlab/analysis/diagnosis/finding.py"] * 2


CATALOGUE = """
const where = (v) => v.layer;
export default {
  // ---- a comment
  "stop.a": (v, n) => `${n.short(v.step)} at ${where(v)}`,
  well: () => "Fine.",
};
"""
CODE = """
def place(run): return {"layer": 1, "name": "x"}
def f(run):
    told = tell("stop.a", step=1, **place(run))
    return found("dead", Remedy({f"model.layers.{i}.init": "he", "training.l2": 1}, "heal"), count=2)
"""


def test_the_search_for_words_tells_what_they_read():
    assert entries(CATALOGUE) == {"stop.a": {"step", "layer"}, "well": set()}
    with pytest.raises(AssertionError, match="one line"):
        entries(CATALOGUE.replace('"Fine."', '\n    "Fine."'))


def test_the_search_for_codes_tells_what_they_give():
    given = told([ast.parse(CODE)])
    assert given["stop.a"] == {"step", "layer", "name"} and given["dead"] == {"count"}
    assert {"init", "l2", "count"} <= given["heal"] and "sizes" not in given["heal"]
    assert unread({"stop.a": {"step", "epoch"}, "dead": {"count"}}, given) == {"stop.a": {"epoch"}}
