"""CSV files: every common dialect is read, every wrong file is refused in a sentence with its row."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnlab.core.errors import Refused
from nnlab.core.forms import AS_IS
from nnlab.core.registries import DATASETS
from nnlab.data.points import edits, upload
from nnlab.data.points.download import to_csv
from nnlab.data.points.spec import PointsSpec
from nnlab.data.tables.read import MAX_BYTES, read_table
from nnlab.data.tables.rows import guess, read_csv

PLAIN = b"width,height,kind\n1.5,2,cat\n3,4.25,dog\n-1e1,0,cat\n"


def refusal(data: bytes, **choices) -> str:
    """The sentence of a file that must be refused."""
    with pytest.raises(Refused) as error:
        read_csv(data, **choices)
    return str(error.value)


def real(rows, decimals: int = 4) -> list[list[float]]:
    """The features in the file's own units."""
    return [
        np.round(scale.real(rows.inputs[:, i].astype(float)), decimals).tolist()
        for i, scale in enumerate(rows.form.axis_scales)
    ]


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        PLAIN.replace(b",", b";"),
        PLAIN.replace(b",", b"\t"),
        PLAIN.replace(b",", b";").replace(b".", b","),
        PLAIN.replace(b",", b"\t").replace(b".", b","),
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.replace(b"\n", b"\r"),
        PLAIN.replace(b"\n", b"\n\n"),
        PLAIN.replace(b",", b" , "),
        PLAIN.replace(b"\n", b",\n"),
        b"\n".join(b",".join(b'"' + cell + b'"' for cell in line.split(b",")) for line in PLAIN.splitlines()),
    ],
    ids=[
        "comma",
        "semicolon",
        "tab",
        "decimal-comma",
        "decimal-comma-tab",
        "bom",
        "crlf",
        "cr",
        "blank-lines",
        "blanks",
        "trailing",
        "quoted",
    ],
)
def test_every_common_dialect_gives_the_same_rows(data):
    rows = read_csv(data)
    assert real(rows) == [[1.5, 3, -10], [2, 4.25, 0]]
    assert (rows.form.axis_names, rows.answer.name) == (("width", "height"), "kind")
    assert (rows.answer.class_names, rows.targets.tolist()) == (("cat", "dog"), [0, 1, 0])


def test_without_a_header_the_columns_are_numbered():
    rows = read_csv(PLAIN.split(b"\n", 1)[1])
    assert (rows.form.axis_names, rows.answer.name, len(rows.targets)) == (("column 1", "column 2"), "column 3", 3)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_accents_survive(encoding):
    rows = read_csv("größe,höhe,art\n1,2,rot\n2,3,grün\n".encode(encoding))
    assert (rows.form.axis_names, rows.answer.class_names) == (("größe", "höhe"), ("grün", "rot"))


def test_a_quoted_label_may_hold_separators_and_line_breaks():
    rows = read_csv(b'x,y,l\n1,2,"a, ""b"""\n2,3,"c\nd"\n')
    assert rows.answer.class_names == ('a, "b"', "c\nd")


def test_features_fill_the_plane_and_keep_their_units():
    rows = read_csv(b"km,kg,l\n1000,0.001,a\n3000,0.003,b\n2000,0.001,a\n")
    assert (rows.inputs.min(), rows.inputs.max(), rows.inputs.dtype) == (-5, 5, np.float32)
    assert np.allclose(real(rows), [[1000, 3000, 2000], [0.001, 0.003, 0.001]])


def test_a_column_that_never_changes_stays_in_the_middle():
    rows = read_csv(b"x,y,l\n7,1,a\n7,2,b\n")
    assert (rows.inputs[:, 0].tolist(), rows.form.axis_scales[0].real(0.0)) == ([0, 0], 7)


def test_classes_that_are_numbers_are_in_order_of_value():
    assert read_csv(b"x,y,l\n1,2,10\n2,3,9\n3,4,-1\n").answer.class_names == ("-1", "9", "10")


@pytest.mark.parametrize(
    ("labels", "target"),
    [("0 1 1 0 2 2 0", "class"), ("1 2 3 4 5 6 7", "number"), ("0 1 .5 0 0 0 0", "number")],
)
def test_labels_are_classes_or_numbers_as_they_look(labels, target):
    lines = "".join(f"{i},{i * i},{label}\n" for i, label in enumerate(labels.split()))
    assert read_csv(b"x,y,l\n" + lines.encode()).answer.kind == target


def test_the_choice_between_classes_and_numbers_is_the_persons():
    data = b"x,y,l\n1,2,0\n2,3,1\n3,4,4\n"
    numbers, classes = read_csv(data, labels="numbers"), read_csv(data, labels="classes")
    assert (numbers.answer.kind, numbers.answer.classes, numbers.targets.tolist()) == ("number", 1, [-1, -0.5, 1])
    assert numbers.answer.scale.real(numbers.targets).tolist() == [0, 1, 4]
    assert (classes.answer.kind, classes.answer.classes) == ("class", 3)
    assert "predict it as a number" in refusal(
        b"x,y,l\n" + b"".join(b"1,2,%d\n" % i for i in range(9)), labels="classes"
    )
    assert "kind must be a number; got 'cat'" in refusal(PLAIN, labels="numbers")


IRIS = (
    b"id,sepal,petal,petal width,species,note\n1,5.1,1.4,0.2,setosa,\n2,7,4.7,1.4,versicolor,x\n3,6.3,6,2.5,setosa,y\n"
)


def test_with_more_columns_the_label_and_features_are_guessed():
    assert guess(read_table(IRIS)) == ("id", "sepal", "species")


def test_columns_can_be_chosen():
    rows = read_csv(IRIS, x="petal", y="petal width")
    assert (rows.form.axis_names, rows.answer.name) == (("petal", "petal width"), "species")
    assert "There is no column 'petals'; the file has id, sepal" in refusal(IRIS, x="petals")
    assert "three different ones" in refusal(IRIS, x="petal", y="petal")


def test_repeated_and_missing_names_are_made_unique():
    assert read_table(b"a,a,,a\n1,2,3,x\n").names == ("a", "a (2)", "column 3", "a (3)")


def test_long_names_end_in_an_ellipsis_and_those_that_read_the_same_are_numbered():
    long = "the temperature of the water at the bottom of the tank"
    rows = read_csv(f"{long} in the morning,{long} at night,l\n1,2,{long} a\n2,3,{long} b\n".encode())
    short = "the temperature of the water at the bot…"
    assert rows.form.axis_names == (short, f"{short} (2)")
    assert rows.answer.class_names == (short, f"{short} (2)")
    assert len(short) == 40
    assert "got 'xxxxxxx" in (said := refusal(f"x,y,l\n1,2,a\n1,{'x' * 99},b\n".encode())) and "x…'" in said


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b" \n\n ", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not plain text"),
        (b"PK\x03\x04\x14\x00", "not plain text"),
        ("x,y,l\n1,2,a\n".encode("utf-16"), "not plain text"),
        (b"x\n1\n2\n", "only one column"),
        (b"1 2 a\n3 4 b\n", "only one column"),
        (b"x,y\n1,2\n", "two columns of numbers and one of labels"),
        (b"x,y,l\n", "a header and no rows"),
        (b"x,y,l\n1,2,a\n3,four,b\n", "Row 3: y must be a number; got 'four'."),
        (b"x,y,l\n\n1,2,a\n\n3,four,b\n", "Row 5: y must be a number; got 'four'."),
        (b"1,2,a\n3,four,b\n", "Row 2: column 2 must be a number; got 'four'."),
        (b"x,y,l\n1,2,a\n3,,b\n", "Row 3: y must be a number; got an empty cell."),
        (b"x,y,l\n1,2,a\nNaN,2,b\n", "Row 3: x must be a finite number"),
        (b"x,y,l\n1,2,a\n1,-inf,b\n", "Row 3: y must be a finite number"),
        (b"x,y,l\n1,2,a\n1,1e400,b\n", "Row 3: y must be a finite number"),
        (b"x,y,l\n1,2,a\n1,1_0,b\n", "Row 3: y must be a number; got '1_0'."),
        (b"x;y;l\n1,5;2;a\n1.234,5;2;b\n", "Row 3: x must be a number; got '1.234,5'."),
        (b"x,y,l\n1,2,a\n3,4,\n", "Row 3: l must be a label; got an empty cell."),
        (b"x,y,l\n1,2,a\n3,4,a\n", "l must hold at least two classes; every row says 'a'."),
        (b"x,y,l\n" + b"".join(b"1,2,%c\n" % c for c in b"abcdef"), "at most 5 classes; got 6"),
        (b"x,y,l\n1,2,a\n1,2\n", "Row 3 must have 3 cells like the first row; got 2."),
        (b"x,y,l\n1,2,a\n1,2,b,c\n", "Row 3 must have 3 cells like the first row; got 4."),
        (b"1,2,a\n" * 20_001, "at most 20,000 rows; got 20,001."),
        (b"1,2,a\n" * 30_000, "at most 20,000 rows"),
        (b"1,2,a\n" * (MAX_BYTES // 6 + 1), "at most 5 MB"),
        (b"," * 150 + b"\n", "The file is empty."),
        (b"a," * 150 + b"\n", "at most 100 columns"),
        (b'x,y,l\n1,2,"' + b"a" * 140_000, "cannot be read as CSV"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_wrong_file_is_refused_in_plain_words(data, words):
    assert words in refusal(data)


def test_the_largest_allowed_file_is_read():
    rng = np.random.default_rng(0)
    lines = "".join(f"{a:.4f},{b:.4f},{int(a > b)}\n" for a, b in rng.normal(size=(20_000, 2)))
    assert read_csv(lines.encode()).inputs.shape == (20_000, 2)


@given(st.binary(max_size=300) | st.text("0123456789.,;\t\n\"'-eax ", max_size=300).map(str.encode))
@example(b'"')
@example(b"\xef\xbb\xbf")
@settings(max_examples=400)
def test_any_bytes_are_rows_or_refused_in_a_sentence(data):
    try:
        rows = read_csv(data)
    except Refused as refused:
        assert str(refused).endswith(".")
        assert len(str(refused)) < 1_000
    else:
        assert np.isfinite(rows.inputs).all()
        assert np.abs(rows.inputs).max() <= 6


cells = st.floats(-1e6, 1e6).map(lambda v: round(v, 6))


@given(st.lists(st.tuples(cells, cells, st.sampled_from("abc")), min_size=2, max_size=30), st.sampled_from(",;\t"))
def test_what_a_spreadsheet_writes_is_read_back(lines, separator):
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator)
    writer.writerows([("a", "b", "label"), *lines])
    if len({label for *_, label in lines}) < 2:
        assert "at least two classes" in refusal(file.getvalue().encode())
        return
    rows = read_csv(file.getvalue().encode())
    scale = max(1.0, *(abs(v) for *point, _ in lines for v in point))
    assert np.allclose(np.array(real(rows, 9)).T, [line[:2] for line in lines], atol=1e-5 * scale)
    assert [rows.answer.class_names[int(y)] for y in rows.targets] == [line[2] for line in lines]


# download


PATTERNS = [kind for kind in DATASETS if issubclass(DATASETS.load(kind), PointsSpec) and kind != "line"]


@pytest.mark.parametrize("kind", PATTERNS)  # a line takes fewer points, and reads a label as a height
def test_a_downloaded_dataset_is_read_back_exactly(kind):
    spec = DATASETS.load(kind)(kind=kind, noise=15, samples=300)
    spec = edits.remove(edits.add(edits.move(spec, 3, 1.125, -1), 0.1, 0.2, 1), 17)
    data = spec.load()
    again = upload.keep(read_csv(to_csv(data).encode())).load()
    for name in ("inputs", "targets", "is_test"):
        assert np.array_equal(getattr(data, name), getattr(again, name)), name
    assert (again.answer.kind, again.answer.classes) == (data.answer.kind, data.answer.classes)
    assert again.plane.axis_scales == (AS_IS, AS_IS)
    assert to_csv(again) == to_csv(data)


def test_an_uploaded_dataset_is_downloaded_in_its_own_units():
    data = upload.keep(read_csv(PLAIN)).load()
    lines = to_csv(data).splitlines()
    assert lines[0] == "width,height,kind,split"
    assert [line.rsplit(",", 1)[0] for line in lines[1:]] == ["1.5,2,cat", "3,4.25,dog", "-10,0,cat"]
    again = upload.keep(read_csv(to_csv(data).encode())).load()
    assert np.allclose(again.inputs, data.inputs, atol=1e-5)
    assert np.array_equal(again.is_test, data.is_test)


def test_an_empty_dataset_is_a_header():
    assert to_csv(DATASETS.load("drawn")(kind="drawn").load()) == "x,y,label,split\n"
