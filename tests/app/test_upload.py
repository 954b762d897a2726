"""A file of one's own becomes the data; a wrong one gives a sentence and changes nothing."""

from __future__ import annotations

import pytest

from nnlab.core.links import from_link
from nnlab.data.points.download import to_csv
from nnlab.data.tables.read import read_table
from nnlab.families.mlp.spec import MLP
from nnlab.ui.upload import File
from tests.app.conftest import DEFAULT, group, preset, session
from tests.app.pages import address_of

GOOD = b"height,weight,name\n1.5,50,cat\n1.7,60,dog\n1.6,55,cat\n1.9,80,dog\n"


def drop(app, content: bytes, name: str = "pets.csv"):
    app.file_uploader(key="playground:file").upload(name, content).run()
    assert not app.exception
    return app


def refusals(app) -> list[str]:
    return [m.value.replace("\\", "") for m in app.markdown if ":red[" in m.value]


def test_a_good_file_becomes_the_data_with_its_columns_and_classes(opened, fake):
    app = drop(opened(), GOOD)
    data = fake.runs[session(app).token].experiment.data
    loaded = data.load()
    assert (data.kind, data.name, data.classes) == ("upload", "pets.csv", 2)
    assert loaded.plane.axis_names == ("height", "weight") and loaded.answer.class_names == ("cat", "dog")
    assert from_link(address_of(app)["s"]).data == data
    assert not refusals(app)


def test_other_columns_can_be_picked(opened):
    app = drop(opened(), GOOD)
    app.get_by_key("playground:column:x").set_value("weight").run()
    assert refusals(app), "a column cannot be used twice"
    app.get_by_key("playground:column:y").set_value("height").run()
    assert session(app).experiment.data.load().plane.axis_names == ("weight", "height")
    assert not refusals(app)


def test_numbers_as_labels_make_it_regression_and_change_the_loss(opened):
    app = drop(opened(), b"a,b,c\n1,2,0.5\n2,3,0.7\n3,4,0.1\n")
    assert session(app).experiment.data.target == "number"
    assert session(app).experiment.training.loss == "mse"
    assert any("does not fit numbers" in i.value for i in app.info)


def test_another_tab_and_back_keeps_the_file_and_its_columns(opened):
    app = drop(opened(), GOOD)
    app.get_by_key("playground:column:y").set_value("height").run()
    app.get_by_key("playground:column:x").set_value("weight").run()
    group(app, "Training")
    group(app, "Data")
    assert app.get_by_key("playground:column:x").value == "weight"
    assert session(app).experiment.data.load().plane.axis_names == ("weight", "height")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not plain text"),
        (b"a,b\n1,2\n", "two columns of numbers and one of labels"),
        (b"a,b,c\n1,2,x\n1,oops,y\n", "Row 3"),
        (b"a,b,c\n1,2,x\n1,3,x\n", "at least two classes"),
        (b"a,b,c\n" + b"1,2,x\n3,4,y\n" * 10_001, "20,000 rows"),
    ],
)
def test_a_wrong_file_gives_a_sentence_and_changes_nothing(opened, content, sentence):
    app = drop(opened(), content)
    assert session(app).experiment == preset(DEFAULT)
    assert any(sentence in said for said in refusals(app)), refusals(app)


def test_a_link_to_a_file_that_is_gone_gives_a_sentence_and_the_default(opened, fake):
    link = address_of(drop(opened(), GOOD))["s"]
    fake.gone = True
    app = opened(s=link)
    assert session(app).experiment == preset(DEFAULT)
    assert any("upload the file again" in i.value for i in app.info)


def test_the_data_that_are_downloaded_can_be_uploaded_again(opened):
    before = preset("arms").data.load()
    app = drop(opened(), to_csv(before).encode())
    after = session(app).experiment.data.load()
    assert (
        (after.inputs == before.inputs).all()
        and (after.targets == before.targets).all()
        and (after.is_test == before.is_test).all()
    )


def test_columns_of_the_file_before_leave_the_page_standing(opened):
    app = drop(opened(), GOOD)
    app.session_state["playground:table"] = File("other.csv", read_table(GOOD.replace(b"height", b"length")))
    for _ in range(2):
        app.run()
        assert not app.exception and not app.error
    assert app.get_by_key("playground:column:x").value == "length"
    assert app.get_by_key("playground:column:y").value == "weight"


@pytest.mark.parametrize(("targets", "offered"), [(("number",), True), (("none",), False), (("itself",), False)])
def test_a_table_is_offered_where_the_model_can_be_asked_what_it_says(opened, monkeypatch, targets, offered):
    monkeypatch.setattr(MLP, "targets", targets)
    monkeypatch.setattr(MLP, "fits", lambda *_: "")
    app = opened()
    assert not app.exception
    assert ("playground:file" in {one.key for one in app.file_uploader}) is offered
