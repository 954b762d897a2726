"""Typed formulas: text -> a small frozen tree of known functions, evaluated with numpy or torch; never run as Python.

Python's own parser gives the syntax (with `^` read as a power), a whitelist walk gives the tree, and parts without a
variable are folded to a number, so that a tree holds only arrays, numbers and known functions of arrays.
"""

from __future__ import annotations

import ast
import difflib
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from nnlab.core.errors import Refused
from nnlab.core.say import say

MAX_LENGTH = 200  # characters
MAX_DEPTH = 60  # nested operations; a sum of 60 terms is that deep
MAX_EXPONENT = 64  # beyond, x**n overflows on most of the plane

CONSTANTS = {"pi": math.pi, "e": math.e}
# name -> the same function of one number; numpy and torch both have an elementwise one of that name
FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "abs": abs,
    "tanh": math.tanh,
    "sign": lambda v: float((v > 0) - (v < 0)),
    "floor": math.floor,
    "round": round,
}
EXTREMES = {"min": ("minimum", min), "max": ("maximum", max)}
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_TOKEN = re.compile(
    r"[ \t]*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign>[-+*/^(),]))", re.ASCII
)


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Variable:
    """One of the allowed variables."""

    name: str


@dataclass(frozen=True)
class Operation:
    """`function` is a name of FUNCTIONS or EXTREMES, or an arithmetic operator's symbol: + - * / ** or neg."""

    function: str
    arguments: tuple[Node, ...]


Node = Number | Variable | Operation
_SYMBOLS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_ARITHMETIC = {symbol: OPERATORS[kind] for kind, symbol in _SYMBOLS.items()}


@dataclass(frozen=True)
class Formula:
    """A parsed formula in `variables`; `text` is what was typed."""

    text: str
    variables: tuple[str, ...]
    root: Node

    def evaluate(self, values: Mapping[str, Any], namespace: Any = np) -> Any:
        """The value for arrays (or tensors) `values` of one shape, by the functions of `namespace` (numpy or torch).

        Where the formula has no real value the result is NaN or infinite, as `namespace` has it.
        """
        with np.errstate(all="ignore"):
            if isinstance(self.root, Number):
                return next(iter(values.values())) * 0 + self.root.value
            return _evaluate(self.root, values, namespace)


@lru_cache(maxsize=256)
def parse(text: str, variables: tuple[str, ...] = ("x",)) -> Formula:
    """The formula that `text` writes in `variables`; raises `Refused` with one sentence saying what and where."""
    if len(text) > MAX_LENGTH:
        raise Refused.because(
            say("The formula must be at most {most} characters long; got {got}.", most=MAX_LENGTH, got=len(text))
        )
    if not text.strip():
        reason = say(
            "The formula is empty; write one in {variables}, such as sin({first}).",
            variables=_listed(variables),
            first=variables[0],
        )
        raise Refused.because(reason)
    source = _checked_source(text)
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError) as error:
        at = getattr(error, "offset", None) or 1
        reason = say(
            "The formula cannot be read near character {at}; check that every operator has a value on both sides and "
            "every bracket is closed.",
            at=_typed_column(source, at - 1),
        )
        raise Refused.because(reason) from None
    return Formula(text=text, variables=variables, root=_Walk(source, variables).node(tree.body, 0))


def check_finite(formula: Formula, *, limit: float = 6.0, points: int = 60) -> None:
    """Refuse a formula that is not finite on a grid of [-limit, limit]; an even number of `points` a side leaves out 0."""
    line = np.linspace(-limit, limit, points)
    grids = np.meshgrid(*[line] * len(formula.variables), indexing="ij")
    value = np.broadcast_to(formula.evaluate(dict(zip(formula.variables, grids, strict=True))), grids[0].shape)
    wrong = np.flatnonzero(~np.isfinite(value))
    if len(wrong):
        names = zip(formula.variables, grids, strict=True)
        place = ", ".join(f"{name} = {grid.flat[wrong[0]]:.2g}" for name, grid in names)
        reason = say(
            "The formula {formula} has no finite value at {place}; it must be finite from {low:g} to {high:g}. Try abs(…) "
            "inside log and sqrt, or add a constant to the divisor.",
            formula=formula.text.strip(),
            place=place,
            low=-limit,
            high=limit,
        )
        raise Refused.because(reason)


def _evaluate(node: Node, values: Mapping[str, Any], namespace: Any) -> Any:
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Variable):
        return values[node.name]
    arguments = [_evaluate(argument, values, namespace) for argument in node.arguments]
    if node.function == "neg":
        return -arguments[0]
    if node.function in _ARITHMETIC:
        return _ARITHMETIC[node.function](*arguments)
    if node.function in EXTREMES:
        return _extreme(getattr(namespace, EXTREMES[node.function][0]), arguments, namespace)
    return getattr(namespace, node.function)(arguments[0])


def _extreme(pairwise: Callable[[Any, Any], Any], arguments: list[Any], namespace: Any) -> Any:
    """The smallest or largest of several; torch's pairwise forms take no plain numbers: these become arrays first."""
    like = next(a for a in arguments if not isinstance(a, float))
    arrays = [namespace.asarray(a, dtype=like.dtype) if isinstance(a, float) else a for a in arguments]
    found = arrays[0]
    for other in arrays[1:]:
        found = pairwise(found, other)
    return found


def _checked_source(text: str) -> str:
    """The formula as Python writes it (`^` as `**`), after a look at every token, so that faults are named early."""
    text = text.strip()
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            at += len(text[at:]) - len(text[at:].lstrip(" \t"))
            reason = say(
                "{character} at character {at} has no meaning in a formula; use numbers, names, brackets and + - * / ^.",
                character=_quoted(text[at]),
                at=at + 1,
            )
            raise Refused.because(reason)
        at = token.end()
        following = text[at : at + 1]
        if token["number"] and (following.isalnum() or following in ("_", ".")):
            reason = say(
                "A number is followed by {character} at character {at}; write a multiplication as 2*x.",
                character=_quoted(following),
                at=at + 1,
            )
            raise Refused.because(reason)
    return text.replace("^", "**")


def _quoted(character: str) -> str:
    return f"`{character}`" if character.isprintable() else say("The character U+{code:04X}", code=ord(character))


def _typed_column(source: str, column: int) -> int:
    """The character (from 1) of the text as typed; inexact by blanks in front and by a power typed as **."""
    return max(1, column + 1 - source[:column].count("**"))


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"


class _Walk:
    """From Python's tree to ours; whatever is not on the list is refused."""

    def __init__(self, source: str, variables: tuple[str, ...]) -> None:
        self.source = source
        self.variables = variables

    def node(self, tree: ast.expr, depth: int) -> Node:
        if depth > MAX_DEPTH:
            reason = say("The formula is nested more than {most} deep; write a simpler one.", most=MAX_DEPTH)
            raise Refused.because(reason)
        if isinstance(tree, ast.Constant):
            return self._number(tree)
        if isinstance(tree, ast.Name):
            return self._name(tree)
        if isinstance(tree, ast.BinOp) and type(tree.op) in _SYMBOLS:
            sides = (self.node(tree.left, depth + 1), self.node(tree.right, depth + 1))
            return self._operation(tree, _SYMBOLS[type(tree.op)], sides)
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
            return self._operation(tree, "neg", (self.node(tree.operand, depth + 1),))
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.UAdd):
            return self.node(tree.operand, depth + 1)
        if isinstance(tree, ast.Call):
            return self._call(tree, depth)
        raise self._refused(
            tree,
            "`{part}` at character {at} is not something a formula may contain; use numbers, names, brackets and + - * / ^.",
        )

    def _number(self, tree: ast.Constant) -> Number:
        if type(tree.value) not in (int, float):
            raise self._refused(tree, "`{part}` at character {at} is not a number.")
        try:
            value = float(tree.value)  # type: ignore[arg-type]
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise self._refused(tree, "`{part}` at character {at} is too large a number.")
        return Number(value)

    def _name(self, tree: ast.Name) -> Node:
        if tree.id in self.variables:
            return Variable(tree.id)
        if tree.id in CONSTANTS:
            return Number(CONSTANTS[tree.id])
        if tree.id in FUNCTIONS or tree.id in EXTREMES:
            call = {"name": tree.id, "first": self.variables[0]}
            raise self._refused(tree, "`{part}` at character {at} is a function; write {name}({first}).", **call)
        known = _listed(self.variables)
        raise self._refused(
            tree, "`{part}` at character {at} is not a variable here; use {known}, pi or e.", known=known
        )

    def _call(self, tree: ast.Call, depth: int) -> Node:
        name = tree.func.id if isinstance(tree.func, ast.Name) else ""
        if name in self.variables or name in CONSTANTS or not name:
            raise self._refused(
                tree.func,
                "`{part}` at character {at} is not a function; write a multiplication with *, as in 2*(x + 1).",
            )
        if name not in FUNCTIONS and name not in EXTREMES:
            raise self._unknown(tree.func, name)
        if name in EXTREMES and (tree.keywords or len(tree.args) < 2):
            raise self._refused(tree, "`{part}` at character {at} must have two or more numbers in its brackets.")
        if name in FUNCTIONS and (tree.keywords or len(tree.args) != 1):
            raise self._refused(tree, "`{part}` at character {at} must have one number in its brackets.")
        return self._operation(tree, name, tuple(self.node(a, depth + 1) for a in tree.args))

    def _unknown(self, tree: ast.expr, name: str) -> Refused:
        known = (*FUNCTIONS, *EXTREMES)
        near = difflib.get_close_matches(name, known, n=1)
        if near:
            reason = "`{part}` at character {at} is not a function nnlab knows; did you mean {near}?"
            return self._refused(tree, reason, near=near[0])
        reason = "`{part}` at character {at} is not a function nnlab knows; known: {known}."
        return self._refused(tree, reason, known=", ".join(known))

    def _operation(self, tree: ast.expr, function: str, arguments: tuple[Node, ...]) -> Node:
        exponent = arguments[1] if function == "**" else None
        if isinstance(exponent, Number) and abs(exponent.value) > MAX_EXPONENT:
            reason = "`{part}` at character {at} has an exponent that is too large: it must be at most {most}."
            raise self._refused(tree, reason, most=MAX_EXPONENT)
        constants = [a.value for a in arguments if isinstance(a, Number)]
        if len(constants) < len(arguments):
            return Operation(function, arguments)
        try:
            value = float(_fold(function, constants))
        except (ArithmeticError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            raise self._refused(tree, "`{part}` at character {at} has no finite value.")
        return Number(value)

    def _refused(self, tree: ast.expr, template: str, **values: Any) -> Refused:
        """A sentence about {part} of the formula, which begins at character {at}."""
        part = (ast.get_source_segment(self.source, tree) or "this").replace("**", "^")
        shown = part if len(part) <= 40 else f"{part[:37]}…"
        return Refused.because(say(template, part=shown, at=_typed_column(self.source, tree.col_offset), **values))


def _fold(function: str, constants: list[float]) -> float:
    """The value of an operation on numbers alone; math.pow, because Python's ** turns complex for (-8)**0.5."""
    if function == "neg":
        return -constants[0]
    if function == "**":
        return math.pow(*constants)
    if function in _ARITHMETIC:
        return float(_ARITHMETIC[function](*constants))
    if function in EXTREMES:
        return EXTREMES[function][1](constants)
    return FUNCTIONS[function](constants[0])
