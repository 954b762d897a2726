"""Kept runs: by name, a few a person, of any size, in another tab too, and what is asked about them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.core import attachments
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment, patch, plain
from nnlab.data.points.upload import keep
from nnlab.data.tables.read import read_table
from nnlab.data.tables.rows import Columns, read
from nnlab.live.messages import wire
from nnlab.live.messages.kinds import HEAD, Kind
from nnlab.live.server.hub import Hub
from nnlab.live.server.kept_runs import KeptRuns
from nnlab.live.worker import engine
from nnlab.live.worker.process import Host

SPEC = experiment({"data": {"kind": "circle", "samples": 100}, "model": {"family": "mlp"}})
LARGE = patch(
    SPEC, {"model.layers": [{"units": 64, "activation": "tanh"}] * 8, "model.features": ["x", "y", "x2", "y2", "r"]}
)


# ---- the kept_runs --------------------------------------------------------------------------------------------------------
def test_runs_get_names_in_their_order_and_belong_to_their_person() -> None:
    kept_runs = KeptRuns()
    names = [kept_runs.add(owner, {"step": 1}, b"x").name for owner in ("ann", "bob", "ann")]
    assert names == ["kept 1", "kept 1", "kept 2"]
    assert [one.name for one in kept_runs.of("ann")] == ["kept 1", "kept 2"]
    found = kept_runs.named("bob", {"of": "kept 1"})
    assert found is not None and (found.owner, found.body) == ("bob", b"x")
    with pytest.raises(Refused, match="still there; got 'kept 2'"):
        kept_runs.named("bob", {"against": "kept 2"})


def test_the_oldest_give_way_and_names_are_not_used_twice() -> None:
    kept_runs = KeptRuns(most=2, most_bytes=100)
    for _ in range(3):
        kept_runs.add("ann", {}, b"x" * 30)
    assert [one.name for one in kept_runs.of("ann")] == ["kept 2", "kept 3"]
    kept_runs.add("bob", {}, b"x" * 60)  # more than all may take: the oldest of all goes, whoever it belongs to
    assert [one.name for one in kept_runs.of("ann")] == ["kept 3"]
    kept_runs.add("bob", {}, b"x" * 1000)
    assert [one.name for one in kept_runs.of("bob")] == ["kept 2"]


def test_what_names_no_kept_run_gets_none() -> None:
    assert KeptRuns().named("ann", {"plane": "path"}) is None


def test_forgetting_is_for_one_person() -> None:
    kept_runs = KeptRuns()
    kept_runs.add("ann", {}, b"x")
    kept_runs.add("bob", {}, b"y")
    kept_runs.forget("ann")
    assert (kept_runs.of("ann"), len(kept_runs.of("bob"))) == ([], 1)
    assert kept_runs.add("ann", {}, b"z").name == "kept 1"


# ---- hub and worker ---------------------------------------------------------------------------------------------------
class Lab:
    """A hub whose one worker is a host in this process."""

    def __init__(self) -> None:
        self.hub = Hub(1, pool=self.pool)  # type: ignore[arg-type]
        self.host = Host(engine, self.take)
        self.texts: list[dict[str, Any]] = []

    def pool(self, size: int, receive: Callable[..., None], lost: Callable[..., None]) -> Lab:
        self.receive = receive
        self.workers = [self]
        self.alive, self.ready, self.pid = 1, True, 0
        return self

    def send(self, op: str, key: int = 0, *rest: Any) -> None:
        self.host.do([pickle.loads(pickle.dumps((op, key, *rest)))])

    def take(self, message: bytes) -> None:
        kind, key, to = HEAD.unpack_from(message)
        self.receive(self, Kind(kind), key, to, message[HEAD.size :])

    def view(self, spec: Any, owner: str = "ann") -> tuple[Any, Any]:
        run = self.hub.open(spec, owner)
        return run, self.hub.attach(run, lambda: None)

    def ask(self, run: Any, viewer: Any, name: str, **options: Any) -> dict[str, Any]:
        """The answer to a request; what else is said meanwhile goes to `texts`."""
        self.hub.command(run, viewer, json.dumps(["ask", {"id": 1, "name": name, "options": options}]))
        for _ in range(100_000):
            self.host.turn()
            for message in self.heard(viewer):
                if message["type"] == "answer":
                    return message
        raise AssertionError("A request must be answered; it was not.")

    def heard(self, viewer: Any) -> list[dict[str, Any]]:
        found = []
        while (message := viewer.next(None, 0)) is not None:
            if isinstance(message, str):
                found.append(json.loads(message))
                continue
            header, arrays = wire.unpack(message)
            if header["type"] == "answer":
                found.append({**header, "arrays": {name: array.tolist() for name, array in arrays.items()}})
        self.texts += found
        return found

    def kept(self) -> list[dict[str, Any]]:
        """What the browser was told last."""
        found: list[dict[str, Any]] = [text for text in self.texts if text["type"] == "kept"][-1]["all"]
        return found


@pytest.fixture
def lab() -> Lab:
    return Lab()


def at(answer: dict[str, Any], alpha: float) -> float:
    places = answer["arrays"]["alpha"]
    found: float = answer["arrays"]["train"][int(np.argmin(np.abs(np.array(places) - alpha)))]
    return found


def test_a_kept_network_of_any_size_stands_at_the_other_end_of_the_line(lab: Lab) -> None:
    run, viewer = lab.view(LARGE)
    lab.host.runs[run.key].do("step", "batch", 3)
    for _ in range(200):
        lab.host.turn()
    lab.ask(run, viewer, "keep")
    (one,) = lab.kept()
    assert (one["name"], one["step"]) == ("kept 1", 3)
    run.reset()
    answer = lab.ask(run, viewer, "line", **{"from": 0, "against": "kept 1"})
    assert at(answer, 1.0) == pytest.approx(one["loss"], rel=1e-4)
    assert answer["arrays"]["ends"] == [0, -1]


def test_the_twin_of_a_run_is_trained_as_long_with_one_thing_otherwise(lab: Lab) -> None:
    run, viewer = lab.view(patch(SPEC, {"model.layers": [{"units": 6, "activation": "relu"}] * 3}))
    lab.host.runs[run.key].do("step", "batch", 40)
    for _ in range(500):
        lab.host.turn()
    answer = lab.ask(run, viewer, "twin", changes={"model.skip": True})
    assert answer["arrays"]["step"] == [40]
    (one,) = lab.kept()
    assert one["experiment"]["model"]["skip"] is True and one["step"] == 40
    alone = engine.start(patch(run.experiment, {"model.skip": True}))
    engine.advance(alone, steps=40)
    assert one["loss"] == pytest.approx(alone.learner.evaluate("train")["loss"], abs=1e-12)


def test_a_study_may_be_about_a_kept_run(lab: Lab) -> None:
    run, viewer = lab.view(SPEC)
    lab.ask(run, viewer, "twin", changes={"training.learning_rate": 0.3, "data.samples": 60})
    own = lab.ask(run, viewer, "hessian")
    other = lab.ask(run, viewer, "hessian", of="kept 1")
    assert other["arrays"]["lr"] == [pytest.approx(0.3)]
    assert own["arrays"]["eigenvalues"] != other["arrays"]["eigenvalues"]
    picture = lab.ask(run, viewer, "landscape", of="kept 1", plane="random", resolution=15)
    assert picture["arrays"]["here"] == [pytest.approx(lab.kept()[0]["loss"], rel=1e-5)]


def test_a_kept_run_of_an_uploaded_file_is_known_to_a_worker_that_never_had_the_file(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "_STORE", attachments.Store())
    rows = read(read_table(b"a,b,c\n1,2,x\n2,3,y\n3,4,x\n4,1,y\n5,5,x\n0,2,y\n"), Columns("a", "b", "c"))
    uploaded = patch(SPEC, {"data": keep(rows).model_dump()})
    run, viewer = lab.view(uploaded)
    lab.ask(run, viewer, "keep")
    other, beside = lab.view(SPEC)
    ours, theirs, answer = attachments._STORE, attachments.Store(), engine.answer

    def elsewhere(*arguments: Any, **more: Any) -> Any:
        """The other worker is a process with a store of its own."""
        with monkeypatch.context() as there:
            there.setattr(attachments, "_STORE", theirs)
            return answer(*arguments, **more)

    monkeypatch.setattr(engine, "answer", elsewhere)
    own = lab.ask(other, beside, "hessian")
    found = lab.ask(other, beside, "hessian", of="kept 1")
    assert "error" not in found and found["arrays"]["eigenvalues"] != own["arrays"]["eigenvalues"]
    assert len(theirs) == 1
    ours._all.clear()
    assert "error" not in lab.ask(other, beside, "hessian", of="kept 1"), "the server has lost the file, the worker not"


def test_another_tab_of_the_same_person_knows_it_and_nobody_else(lab: Lab) -> None:
    run, viewer = lab.view(SPEC)
    lab.ask(run, viewer, "keep")
    _, second = lab.view(SPEC)
    assert [text["all"][0]["name"] for text in lab.heard(second) if text["type"] == "kept"] == ["kept 1"]
    _, stranger = lab.view(SPEC, "bob")
    assert [text for text in lab.heard(stranger) if text["type"] == "kept"] == []
    lab.hub.command(run, viewer, '["forget", null]')
    assert [text["all"] for text in lab.heard(second) if text["type"] == "kept"] == [[]]


def test_what_cannot_be_is_refused_in_a_sentence(lab: Lab) -> None:
    run, viewer = lab.view(SPEC)
    assert "learning_rate" in lab.ask(run, viewer, "twin", changes={"training.learning_rate": -1})["error"]
    assert "must be fields" in lab.ask(run, viewer, "twin")["error"]
    with pytest.raises(Refused, match="got 'kept 9'"):
        lab.hub.command(run, viewer, json.dumps(["ask", {"id": 2, "name": "line", "options": {"against": "kept 9"}}]))
    lab.ask(run, viewer, "twin", changes={"model.layers": []})
    refused = lab.ask(run, viewer, "line", against="kept 1")
    assert "as many as this network has" in refused["error"]


def test_runs_are_of_one_shape_where_their_weights_mean_the_same() -> None:
    deep = patch(SPEC, {"model.layers": [{"units": 6, "activation": "relu"}] * 3})
    runs = [engine.start(s) for s in (deep, patch(deep, {"model.skip": True, "seed": 3}), SPEC)]
    shapes = [engine.scene(run)[0]["shape"] for run in runs]
    assert shapes[0] == shapes[1] != shapes[2]
    assert plain(runs[0].experiment) != plain(runs[1].experiment)
