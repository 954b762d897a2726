"""A sentence remembers its template and values, so that whoever shows it can put it into the reader's language."""

from __future__ import annotations

import copy
import json
import pickle
import struct
from pathlib import Path

import pytest

from nnlab.core import say as module
from nnlab.core.errors import Problem, Refused
from nnlab.core.experiment import experiment
from nnlab.core.say import Said, Told, say, translated

TEMPLATE = "The {what} must be at most {most:g}; got {got}."


def catalogue(folder: Path, language: str, translations: dict[str, str]) -> None:
    """A compiled gettext catalogue, as `msgfmt` writes it (GNU gettext manual, "The Format of GNU MO Files")."""
    pairs = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **translations}.items())
    texts = [[text.encode() for text in column] for column in zip(*pairs, strict=True)]
    place, tables, body = 28 + 16 * len(pairs), [], b""
    for column in texts:
        for text in column:
            tables.append(struct.pack("<2I", len(text), place + len(body)))
            body += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    target = folder / language / "LC_MESSAGES" / "nnlab.mo"
    target.parent.mkdir(parents=True)
    target.write_bytes(head + b"".join(tables) + body)


@pytest.fixture
def german(tmp_path, monkeypatch) -> None:
    catalogue(tmp_path, "de", {TEMPLATE: "{what}: höchstens {most:g}, nicht {got}."})
    monkeypatch.setattr(module, "LANGUAGES", tmp_path)


def test_it_reads_as_plain_english_wherever_nobody_translates():
    said = say(TEMPLATE, what="link", most=8_000, got="9,000")
    assert said == "The link must be at most 8000; got 9,000." == str(said) == f"{said}"
    assert said.endswith(".") and isinstance(said, str)
    assert translated(said) == said and type(translated(said)) is str


def test_it_remembers_what_it_was_made_of():
    said = say(TEMPLATE, what="link", most=8_000, got=1)
    assert (said.template, dict(said.values)) == (TEMPLATE, {"what": "link", "most": 8_000, "got": 1})


@pytest.mark.parametrize("travel", [lambda s: pickle.loads(pickle.dumps(s)), copy.copy, copy.deepcopy])
def test_it_travels_between_processes_whole(travel):
    said = say(TEMPLATE, what="link", most=8_000, got=1)
    there = travel(said)
    assert type(there) is Said
    assert (there, there.template, there.values) == (said, said.template, said.values)


def test_it_is_put_into_another_language_with_its_values_in_their_places(german):
    said = say(TEMPLATE, what="Verweis", most=8_000, got=3)
    assert translated(said, "de") == "Verweis: höchstens 8000, nicht 3."
    assert translated(pickle.loads(pickle.dumps(said)), "de") == translated(said, "de")


def test_it_stays_english_where_there_is_no_translation(german):
    unknown = say("The {what} is new.", what="sentence")
    assert translated(unknown, "de") == "The sentence is new."
    assert translated(say(TEMPLATE, what="link", most=2, got=3), "fr") == "The link must be at most 2; got 3."
    assert translated("a plain text with {braces}", "de") == "a plain text with {braces}"


def test_values_are_not_read_as_templates_again(german):
    said = say(TEMPLATE, what="{most}", most=1, got="{got.__class__}")
    assert said == "The {most} must be at most 1; got {got.__class__}."
    assert translated(said, "de") == "{most}: höchstens 1, nicht {got.__class__}."


def test_a_template_with_a_hole_that_nobody_fills_is_a_fault():
    with pytest.raises(KeyError):
        say(TEMPLATE, what="link")


def test_a_refusal_keeps_the_sentence_that_it_was_given():
    with pytest.raises(Refused) as refused:
        raise Refused.because(say(TEMPLATE, what="link", most=1, got=2), "link")
    (problem,) = refused.value.problems
    assert problem == Problem("link", "The link must be at most 1; got 2.")
    assert isinstance(problem.message, Said) and problem.message.template == TEMPLATE
    assert str(refused.value) == "The link must be at most 1; got 2."


def test_what_an_experiment_refuses_can_be_translated():
    with pytest.raises(Refused) as refused:
        experiment({"data": {"kind": "surface"}, "model": {"family": "mlp"}})
    (problem,) = refused.value.problems
    assert isinstance(problem.message, Said), "the template survives validation"
    assert problem.message.values["got"] == "surface"


def test_a_value_that_is_a_sentence_is_translated_with_it(tmp_path, monkeypatch):
    catalogue(tmp_path, "de", {"{a} is missing.": "{a} fehlt.", "The {noun}": "Das {noun}", "file": "Blatt"})
    monkeypatch.setattr(module, "LANGUAGES", tmp_path)
    said = say("{a} is missing.", a=say("The {noun}", noun=say("file")))
    assert (said, translated(said, "de")) == ("The file is missing.", "Das Blatt fehlt.")


WRONG = [
    ({"training.l2": -1}, "{what} must be greater than or equal to {ge}; got {got}."),
    ({"training.learning_rate": 1e-9}, "{what} must be greater than or equal to {ge}; got {got}."),
    ({"training.loss": "x"}, "{what} must be {expected}; got {got}."),
    ({"model.layers": [{}] * 9}, "{what} must have at most {max_length} item{expected_plural}; got {got}."),
    ({"seed": "x"}, "{what} must be a valid integer, unable to parse string as an integer; got {got}."),
    ({"data.colour": 1}, "{what} is not a field of this {noun}."),
    ({"data": {}}, "There is no {what} {name!r}; known: {known}."),
    ({"data": {"kind": "circel"}}, "There is no {what} {name!r}; did you mean {near!r}?"),
    ({"data": {"kind": "formula", "f": "sni(x)"}}, "`{part}` at character {at} is not a function nnlab knows; did you mean {near}?"),
    ({"training.optimizer": {"kind": "sgd", **{f"a{i}": 0 for i in range(60)}}}, "A part of an experiment must have at most {most} fields; got {got}."),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "template"), WRONG, ids=lambda v: next(iter(v)) if isinstance(v, dict) else "")
def test_whatever_a_specification_refuses_has_a_template_that_is_always_the_same(changes, template):
    value = {"data": {"kind": "circle"}, "model": {"family": "mlp"}, "training": {}}
    for path, new in changes.items():
        part, _, field = path.partition(".")
        value[part] = {**value[part], field: new} if field else new
    with pytest.raises(Refused) as refused:
        experiment(value)
    assert [problem.message.template for problem in refused.value.problems] == [template]


def test_what_is_told_to_a_browser_is_a_code_with_values_as_json():
    told = Told("stop.epochs", {"count": 3, "again": False})
    assert json.loads(json.dumps(told.plain())) == {"code": "stop.epochs", "values": {"count": 3, "again": False}}
    assert told == Told("stop.epochs", {"again": False, "count": 3}) != Told("stop.epochs")
    assert pickle.loads(pickle.dumps(told)) == told
    assert Told("stop.nothing").plain() == {"code": "stop.nothing", "values": {}}
