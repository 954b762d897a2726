"""The page of rules of the house that a machine can check: docstrings, sizes, tests that assert."""

from __future__ import annotations

import ast

import pytest

LONGEST_FILE = 400
LONGEST_BODY = 60


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_every_module_but_a_page_says_what_it_is_for(everything):
    """A page is two lines, which `tests/app/test_topics.py` holds it to; what it is for stands in its topic."""
    modules = [s for s in everything if s.text.strip() and s.path.parent.name != "pages"]
    assert [s.place for s in modules if not (ast.get_docstring(s.tree) or "").strip()] == []


def test_no_file_is_longer_than_400_lines(everything):
    long = {s.place: n for s in everything if (n := s.text.count("\n")) > LONGEST_FILE}
    assert long == {}


def test_no_function_body_is_longer_than_60_lines(everything):
    long = {f"{s.place}:{f.name}": n for s in everything for f in s.functions() if (n := _body_lines(f)) > LONGEST_BODY}
    assert long == {}


def test_shipped_code_is_fully_annotated(shipped):
    bare = []
    for source in shipped:
        for f in source.functions():
            arguments = [*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs]
            named = [a for a in arguments if a.arg not in ("self", "cls")]
            if f.returns is None or any(a.annotation is None for a in named):
                bare.append(f"{source.place}:{f.name}")
    assert bare == []


def test_nothing_is_asserted_outside_tests(shipped):
    found = [s.place for s in shipped if any(isinstance(node, ast.Assert) for node in ast.walk(s.tree))]
    assert found == []


def test_no_module_is_called_utils_helpers_or_manager(everything):
    vague = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}
    assert [s.place for s in everything if s.path.stem in vague] == []


# Waits of the tests with processes and browsers: each fails the test when its condition does not come true in time.
WAITS = {"until", "until_picture_differs", "wait", "wait_for", "wait_for_function"}
CHECKS = {"raises", "warns", "expect", "fail"} | WAITS


def _asserts(node: ast.AST, checkers: set[str]) -> bool:
    """Whether something under `node` compares: assert, pytest.raises/warns, expect(…), a wait, or a function that does."""
    for part in ast.walk(node):
        if isinstance(part, ast.Assert):
            return True
        if isinstance(part, ast.Call):
            called = part.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in CHECKS | checkers or name.startswith("assert_"):
                return True
    return False


def _checkers(tree: ast.Module) -> set[str]:
    """Functions of a test file that assert something themselves."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {f.name for f in functions if not f.name.startswith("test") and _asserts(f, set())}


def test_every_test_asserts_something(test_files):
    idle = []
    for source in test_files:
        checkers = _checkers(source.tree)
        tests = [f for f in source.functions() if f.name.startswith("test_")]
        idle += [f"{source.place}:{f.name}" for f in tests if not _asserts(f, checkers)]
    assert idle == []


def test_no_test_compares_without_asserting(test_files):
    idle = [
        f"{source.place}:{node.lineno}"
        for source in test_files
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Compare)
    ]
    assert idle == []


def _ids_of_letters(tree: ast.Module) -> list[int]:
    """Lines where a text is passed for ids, or joins each value of several arguments: ids such as `s i g m o i d`."""
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "parametrize" and node.args):
            continue
        several = isinstance(node.args[0], ast.Tuple | ast.List)
        for keyword in node.keywords:
            value = keyword.value
            joins = isinstance(value, ast.Attribute) and value.attr == "join" and several
            text = isinstance(value, ast.Constant) and isinstance(value.value, str)
            if keyword.arg == "ids" and (joins or text):
                found.append(node.lineno)
    return found


def test_the_ids_of_cases_are_words(test_files):
    assert {s.place: lines for s in test_files if (lines := _ids_of_letters(s.tree))} == {}


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ('@pytest.mark.parametrize("a", [1, 2], ids="xy")\ndef test_a(a): ...', [1]),
        ('@pytest.mark.parametrize(("a", "b"), CASES, ids=" ".join)\ndef test_a(a, b): ...', [1]),
        ('@pytest.mark.parametrize("a", CASES, ids=" / ".join)\ndef test_a(a): ...', []),
        ('@pytest.mark.parametrize("a", CASES, ids=["one", "two"])\ndef test_a(a): ...', []),
    ],
    ids=["text", "joined letters", "joined words", "words"],
)
def test_the_search_for_ids_of_letters_tells_them_apart(code, lines):
    assert _ids_of_letters(ast.parse(code)) == lines


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def test_a():\n    assert 1 == 1", True),
        ("def test_a():\n    with pytest.raises(ValueError):\n        f()", True),
        ("def test_a():\n    1 == 1", False),
    ],
)
def test_the_check_for_idle_tests_tells_them_apart(code, expected):
    assert _asserts(ast.parse(code), set()) is expected
