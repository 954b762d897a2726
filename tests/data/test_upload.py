"""Uploaded rows, and the specification that names them by their digest."""

from __future__ import annotations

import dataclasses
import multiprocessing
import pickle

import numpy as np
import pytest

from nnlab.core import attachments
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment
from nnlab.core.forms import Answer, Points
from nnlab.core.links import from_link, to_link
from nnlab.data.points import edits, upload
from nnlab.data.points.circle import Circle
from nnlab.data.points.upload import Upload
from nnlab.data.tables.rows import Rows, read_csv


def some(n: int = 4, fill: float = 0.0) -> Rows:
    inputs = np.full((n, 2), fill, np.float32)
    return Rows(inputs, np.arange(n, dtype=np.float32) % 2, Points(), Answer())


def test_the_digest_names_the_rows_and_everything_beside_them():
    rows = some()
    assert rows.digest == some().digest
    assert len(rows.digest) == 64
    others = [
        some(5),
        some(fill=1.0),
        dataclasses.replace(rows, targets=rows.targets[::-1]),
        dataclasses.replace(rows, answer=Answer(class_names=("a", "b"))),
        dataclasses.replace(rows, form=Points(axis_names=("a", "b"))),
        dataclasses.replace(rows, is_test=np.zeros(4, bool)),
        dataclasses.replace(rows, answer=Answer("number", 1)),
    ]
    assert len({rows.digest, *(other.digest for other in others)}) == 8


def test_an_uploaded_file_is_a_dataset():
    spec = upload.keep(read_csv(b"w,h,kind\n1,2,cat\n3,4,dog\n5,6,dog\n7,8,bird\n"), name="pets.csv")
    data = spec.load()
    assert (spec.target, spec.classes, spec.name) == ("class", 3, "pets.csv")
    assert (data.plane.axis_names, data.answer.name) == (("w", "h"), "kind")
    assert data.answer.class_names == ("bird", "cat", "dog")
    assert (data.targets.tolist(), data.ids.tolist(), data.is_test.sum()) == ([1, 2, 2, 0], [0, 1, 2, 3], 2)


def test_a_link_to_an_uploaded_file_is_short_and_leads_back_to_it():
    rng = np.random.default_rng(0)
    lines = "".join(f"{a:.5f},{b:.5f},{int(a > 0)}\n" for a, b in rng.normal(size=(20_000, 2)))
    spec = upload.keep(read_csv(lines.encode()))
    made = experiment({"data": spec.model_dump(), "model": {"family": "mlp"}})
    assert len(to_link(made)) < 300
    assert np.array_equal(from_link(to_link(made)).data.load().inputs, spec.load().inputs)


def test_points_of_a_file_can_be_edited():
    spec = upload.keep(some(6))
    data = edits.remove(edits.add(edits.move(spec, 2, 1, 1), 2, 2, 1), 0).load()
    assert data.ids.tolist() == [1, 2, 3, 4, 5, 1_000_000]
    assert data.inputs[1].tolist() == [1, 1]


def test_the_split_of_the_file_counts_more_than_the_share():
    rows = dataclasses.replace(some(), is_test=np.array([True, False, False, False]))
    assert upload.keep(rows).model_copy(update={"train_share": 10.0}).load().is_test.tolist() == [True] + [False] * 3


def test_before_there_is_a_file_the_dataset_is_empty():
    data = Upload(kind="upload").load()
    assert (data.inputs.shape, data.targets.shape, Upload(kind="upload").attachment()) == ((0, 2), (0,), None)


def test_a_digest_that_is_not_here_is_refused_in_a_sentence():
    spec = Upload(kind="upload", digest="0" * 64)
    for ask in (spec.load, spec.attachment, lambda: attachments.held(spec.digest)):
        with pytest.raises(Refused, match="uploaded file that this server does not have") as error:
            ask()
        assert error.value.problems[0].field == "data.digest"


@pytest.mark.parametrize("digest", ["x", "0" * 63, "0" * 65, "G" * 64, "../" * 20, "0" * 64 + "\n"])
def test_a_digest_that_cannot_be_one_is_refused(digest):
    with pytest.raises(Refused, match=r"data\.digest must"):
        experiment({"data": {"kind": "upload", "digest": digest}, "model": {"family": "mlp"}})


def test_a_specification_that_lies_about_the_classes_is_refused():
    spec = upload.keep(some()).model_copy(update={"n_classes": 3})
    with pytest.raises(Refused, match="must be 2, as in the uploaded file; got 3"):
        spec.load()


def test_only_an_uploaded_dataset_has_something_to_send():
    spec = upload.keep(some(8))
    digest, rows = spec.attachment()
    assert (digest, len(rows.targets)) == (spec.digest, 8)
    assert Circle(kind="circle").attachment() is None


def _load_elsewhere(spec: Upload, parcel: tuple[str, Rows] | None, answers) -> None:
    if parcel is not None:
        attachments.register(*parcel)
    try:
        answers.put(spec.load().inputs.tolist())
    except Refused as refused:
        answers.put(str(refused))


@pytest.mark.parametrize("sent", [True, False])
def test_another_process_loads_what_was_sent_along(sent):
    spec = upload.keep(some(3, fill=2.5))
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    worker = context.Process(target=_load_elsewhere, args=(spec, spec.attachment() if sent else None, answers))
    worker.start()
    answer = answers.get(timeout=60)
    worker.join()
    assert (answer == [[2.5, 2.5]] * 3) if sent else ("this server does not have" in answer)


def test_rows_survive_pickling_with_their_digest():
    assert pickle.loads(pickle.dumps(some())).digest == some().digest


def test_a_long_file_name_ends_in_an_ellipsis():
    spec = upload.keep(read_csv(b"w,h,kind\n1,2,cat\n3,4,dog\n"), name="n" * 90 + ".csv")
    assert (len(spec.name), spec.name[-1]) == (80, "…")
