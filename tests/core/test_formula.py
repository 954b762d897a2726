"""Typed formulas: the same numbers as Python's math, in numpy and in torch, and nothing else gets through."""

from __future__ import annotations

import contextlib
import math
import time

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnlab.core.errors import Refused
from nnlab.core.formula import CONSTANTS, FUNCTIONS, Formula, check_finite, parse

XY = ("x", "y")
NAMES = {**FUNCTIONS, **CONSTANTS, "min": min, "max": max}


def refusal(text: str, variables: tuple[str, ...] = XY) -> str:
    """The sentence of a formula that must be refused."""
    with pytest.raises(Refused) as error:
        parse(text, variables)
    return str(error.value)


def at(text: str, x: float, y: float = 0.0) -> float:
    """A formula's value at one point, by numpy."""
    return float(parse(text, XY).evaluate({"x": np.array([x]), "y": np.array([y])})[0])


numbers = (
    st.integers(0, 99).map(str) | st.floats(0.001, 9).map(lambda v: f"{v:.3f}") | st.sampled_from(["pi", "e", "1e-2"])
)


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | inner.map(lambda a: f"-{a}")
        | st.tuples(inner, st.sampled_from(["2", "3", "-1", "0.5"])).map(lambda t: f"({t[0]})^{t[1]}")
        | st.tuples(st.sampled_from(sorted(FUNCTIONS)), inner).map(lambda t: f"{t[0]}({t[1]})")
        | st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})")
    )


formulas = st.recursive(st.sampled_from(["x", "y"]) | numbers, _combined, max_leaves=8).filter(lambda t: len(t) <= 200)


@given(formulas, st.floats(-6, 6), st.floats(-6, 6))
@settings(max_examples=300)
def test_numpy_and_torch_agree_with_python_where_the_value_is_real(text, x, y):
    try:
        expected = eval(text.replace("^", "**"), {"__builtins__": {}}, {**NAMES, "x": x, "y": y})
        expected = math.nan if isinstance(expected, complex) else float(expected)
    except (ArithmeticError, ValueError, TypeError):
        expected = math.nan
    try:
        formula = parse(text, XY)
    except Refused as refused:
        assert "no finite value" in str(refused) or "exponent" in str(refused)
        return
    values = {"x": np.array([x]), "y": np.array([y])}
    by_numpy = float(formula.evaluate(values)[0])
    by_torch = float(formula.evaluate({k: torch.from_numpy(v) for k, v in values.items()}, torch)[0])
    assert np.isclose(by_numpy, by_torch, rtol=1e-9, atol=1e-9, equal_nan=True)
    if math.isfinite(expected) and abs(expected) < 1e12:
        assert by_numpy == pytest.approx(expected, rel=1e-6, abs=1e-6) or ("^0.5" in text and math.isnan(by_numpy))


@pytest.mark.parametrize(
    ("text", "x", "value"),
    [
        ("2*x^2 - 1", 3, 17),
        ("-x^2", 2, -4),
        ("2^-x", 2, 0.25),
        ("x^2^3", 2, 256),
        ("x**2", 5, 25),
        ("x^2 + 1", 2, 5),
        ("10 - 4 - 3*x", 1, 3),
        ("sin(pi*x)", 0.5, 1),
        ("log(e^x)", 3, 3),
        ("min(x, 2, 1)", 5, 1),
        ("max(x, 2)", 1, 2),
        ("sign(x) + floor(x) + round(x)", -1.6, -5),
        ("abs(tanh(x))", -20, 1),
        (" 3 ", 9, 3),
        ("+x", 4, 4),
        (".5e1 * x", 1, 5),
    ],
)
def test_a_formula_means_what_it_says_on_paper(text, x, value):
    assert at(text, x) == pytest.approx(value)


def test_torch_differentiates_a_formula():
    x = torch.tensor([0.3, -1.2], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([2.0, 0.5], dtype=torch.float64, requires_grad=True)
    parse("x^2 * sin(y) + min(x, 0) + exp(-y)", XY).evaluate({"x": x, "y": y}, torch).sum().backward()
    a, b = x.detach(), y.detach()
    assert torch.allclose(x.grad, 2 * a * torch.sin(b) + (a < 0).double())
    assert torch.allclose(y.grad, a**2 * torch.cos(b) - torch.exp(-b))


def test_torch_keeps_its_precision_and_shape():
    for dtype in (torch.float32, torch.float64):
        x = torch.linspace(-1, 1, 6, dtype=dtype).reshape(2, 3)
        for text in ("0.1 * x", "min(x, 0.1)", "7"):
            value = parse(text).evaluate({"x": x}, torch)
            assert (value.dtype, value.shape) == (dtype, (2, 3))


def test_a_constant_has_the_shape_of_its_variable():
    assert np.array_equal(parse("1 + 2").evaluate({"x": np.zeros((2, 3))}), np.full((2, 3), 3.0))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("foo(x)", "`foo` at character 1 is not a function nnlab knows"),
        ("1 + sni(x)", "`sni` at character 5 is not a function nnlab knows; did you mean sin?"),
        ("x + z", "`z` at character 5 is not a variable here; use x and y, pi or e."),
        ("x^2 + z", "`z` at character 7"),
        ("2x", "write a multiplication as 2*x"),
        ("2(x)", "write a multiplication with *"),
        ("x(2)", "write a multiplication with *"),
        ("sin", "is a function; write sin(x)"),
        ("sin()", "one number in its brackets"),
        ("sin(x, y)", "one number in its brackets"),
        ("max(x)", "two or more numbers"),
        ("x +", "cannot be read"),
        ("(x", "cannot be read"),
        ("", "is empty"),
        ("  \t ", "is empty"),
        ("x % 2", "`%` at character 3 has no meaning"),
        ("x // 2", "may contain"),
        ("1/0", "`1/0` at character 1 has no finite value"),
        ("(-8)^0.5", "has no finite value"),
        ("log(-1) * x", "has no finite value"),
        ("1e999", "too large a number"),
        ("x^65", "exponent that is too large"),
        ("x^-65", "exponent that is too large"),
        ("9**9**9", "exponent that is too large"),
        ("9^9^9^9^9^9", "exponent that is too large"),
        ("x" * 201, "at most 200 characters"),
        ("x\n+1", "U+000A"),
        ("x\x00", "U+0000"),
        ("x²", "`²` at character 2"),
    ],
)
def test_a_fault_is_named_with_its_place(text, words):
    assert words in refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "x.real",
        "().__class__",
        "__import__('os')",
        "lambda: x",
        "(x := 1)",
        "[x for x in y]",
        "{x}",
        "x if y else 1",
        "x and y",
        "not x",
        "~x",
        "x < y",
        "x @ y",
        "x[0]",
        "f'{x}'",
        "'a' * 99",
        "1j",
        "True",
        "None",
        "...",
        "0x10",
        "1_000",
        "sin(*x)",
        "sin(x=1)",
        "sin(x)(x)",
        "(x, y)",
        "await x",
        "yield",
        "x; y",
        "x = 1",
        "import os",
        "eval(x)",
        "print(x)",
        "\N{MATHEMATICAL ITALIC SMALL X}",
        "٣",
    ],
)
def test_what_python_knows_and_mathematics_does_not_is_refused(text):
    assert refusal(text).endswith((".", "?"))


@given(st.text(max_size=250) | st.text("xy0189.()+-*/^,e sinmaxlog", max_size=200))
@example("(" * 200)
@example("-" * 199 + "x")
@example("x+" * 99 + "x")
@example("9" * 200)
@example("9**" * 66 + "9")
@example("sin(" * 40 + "x" + ")" * 40)
@example("0or x")
@settings(max_examples=500)
def test_any_text_is_a_formula_or_refused_in_a_short_sentence(text):
    try:
        formula = parse(text, XY)
    except Refused as refused:
        assert str(refused).endswith((".", "?"))
        assert len(str(refused)) < 250
    else:
        value = formula.evaluate({"x": np.ones(3), "y": np.ones(3)})
        assert value.dtype == np.float64
        assert value.shape == (3,)


@pytest.mark.alone
def test_the_worst_formulas_are_refused_about_as_fast_as_a_plain_one_is_read():
    def cost(text: str) -> float:
        taken = []
        for _ in range(5):
            parse.cache_clear()
            start = time.process_time()
            with contextlib.suppress(Refused):
                parse(text, XY)
            taken.append(time.process_time() - start)
        return min(taken)

    plain = cost("+".join(["x"] * 50))
    for text in ("9**9**9**9", "(" * 200, "-" * 199 + "x", "9" * 200, "sin(" * 49 + "x" + ")" * 49):
        assert cost(text) < 20 * plain


def test_a_formula_can_be_compared_and_kept_as_a_key():
    assert parse("x + 1") is parse("x + 1")
    assert isinstance(parse("x"), Formula)
    assert len({parse("x"), parse("x"), parse("x", XY)}) == 2


@pytest.mark.parametrize("text", ["log(x)", "sqrt(x)", "x^0.5", "tan(x)/0", "exp(exp(x^2))", "log(x - y)"])
def test_a_formula_that_is_not_finite_on_the_plane_is_refused(text):
    with pytest.raises(Refused, match=r"has no finite value at x = .*; it must be finite from -6 to 6\."):
        check_finite(parse(text, XY))


@pytest.mark.parametrize("text", ["sin(x)", "log(abs(x) + 1)", "1/x", "3", "sqrt(x^2 + y^2)", "exp(x)"])
def test_a_formula_that_is_finite_on_the_plane_is_accepted(text):
    assert check_finite(parse(text, XY)) is None
