"""Going through a run's history past a change: the hub and every viewer hold what held there."""

from __future__ import annotations

import json

from nnlab.core.experiment import patch, plain
from nnlab.live.messages.kinds import Kind
from tests.live.server.fakes import CIRCLE, make, texts, watched


def test_what_the_history_leads_back_to_is_the_experiment_again_and_every_viewer_is_told() -> None:
    hub, _ = make()
    run, viewer, worker = watched(hub)
    new = patch(CIRCLE, {"training.learning_rate": 0.5})
    run.change(new)
    texts(viewer)
    state = {"playing": False, "stopped": None, "experiment": plain(CIRCLE), "version": run.version}
    hub._receive(worker, Kind.STATE, run.key, 0, json.dumps(state).encode())  # type: ignore[arg-type]
    assert run.experiment == CIRCLE
    (told,) = [m for m in texts(viewer) if m["type"] == "experiment"]
    assert told["returned"] and told["experiment"] == CIRCLE.model_dump(mode="json")
    worker.commands.clear()
    run.change(new)
    assert "change" in worker.names(), "the same choice made again is a change again"
    hub._receive(worker, Kind.STATE, run.key, 0, json.dumps(state).encode())  # type: ignore[arg-type]
    assert run.experiment == new, "a change that is under way is newer than the news"
