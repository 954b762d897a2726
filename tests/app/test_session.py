"""The address keeps the experiment and the run; every link gives a page, and a full house a place in the queue."""

from __future__ import annotations

import base64
import random
import time
import zlib
from types import SimpleNamespace

import pytest

from nnlab.core.errors import Refused
from nnlab.core.experiment import patch
from nnlab.core.links import MAX_LINK, from_link, look_of, to_link
from nnlab.ui import share
from nnlab.ui.messages import LOST
from nnlab.ui.topics.playground import PRESETS
from tests.app.conftest import DEFAULT, group, preset, session
from tests.app.pages import address_of


def said(app) -> str:
    return " ".join(e.value.replace("\\", "") for e in (*app.info, *app.error, *app.warning))


def test_a_first_visit_waits_at_the_default_experiment_and_says_what_it_is_about(opened, fake):
    app = opened()
    assert list(fake.runs) == [session(app).token]
    assert fake.runs[session(app).token].experiment == preset(DEFAULT)
    assert fake.runs[session(app).token].commands == [("pace", PRESETS[DEFAULT].pace)]
    assert session(app).first
    assert not said(app)
    assert not session(opened(**address_of(app))).first, "whoever comes back knows"


def test_the_address_always_holds_the_experiment(opened):
    app = opened()
    steps = [("data.kind", "spiral"), ("data.noise", 10.0), ("data.seed", 7)]
    for path, value in steps:
        app.get_by_key(f"playground:{path}").set_value(value).run()
        assert from_link(address_of(app)["s"]) == session(app).experiment
    assert address_of(app)["run"] == session(app).token


def test_a_reload_comes_back_to_the_same_run(opened, fake):
    app = opened()
    app.get_by_key("playground:data.noise").set_value(35.0).run()
    again = opened(**address_of(app))
    assert session(again).token == session(app).token
    assert len(fake.runs) == 1
    assert session(again).experiment.data.noise == 35.0
    assert again.get_by_key("playground:data.noise").value == 35.0


def test_another_browser_gets_a_run_of_its_own_with_the_same_experiment_paused(opened, fake):
    app = opened()
    app.get_by_key("playground:data.noise").set_value(35.0).run()
    fake.runs[session(app).token].owner = "somebody else"
    other = opened(**address_of(app))
    assert session(other).token != session(app).token
    assert session(other).experiment == session(app).experiment
    assert ("play", True) not in fake.runs[session(other).token].commands
    assert address_of(other)["run"] == session(other).token


def test_a_run_that_is_gone_is_opened_again_with_its_experiment(opened, fake):
    app = opened()
    app.get_by_key("playground:data.noise").set_value(35.0).run()
    del fake.runs[session(app).token]
    app.run()
    assert not app.exception
    assert fake.runs[session(app).token].experiment.data.noise == 35.0
    assert address_of(app)["run"] == session(app).token


def test_a_run_that_the_server_has_closed_is_opened_again_and_that_is_said_until_the_next_change(opened, fake):
    app = opened()
    assert not said(app)
    del fake.runs[session(app).token]
    app.run()
    assert said(app) == LOST
    app.run()
    assert said(app) == LOST
    app.get_by_key("playground:data.noise").set_value(35.0).run()
    assert not said(app)


def test_it_is_said_too_where_a_control_is_the_first_to_find_out_and_not_where_a_preset_starts(opened, fake):
    app = opened()
    del fake.runs[session(app).token]
    app.get_by_key("playground:data.noise").set_value(35.0).run()
    assert said(app) == LOST and session(app).experiment.data.noise == 35.0
    del fake.runs[session(app).token]
    app.get_by_key(f"playground:preset:{DEFAULT}").set_value("hills").run()
    assert not said(app) and session(app).experiment == preset("hills")


def test_it_is_said_when_there_is_room_again(opened, fake):
    app = opened()
    fake.runs.clear()
    fake.room = 0
    app.run()
    assert LOST not in said(app)
    fake.room = 1
    app.run()
    assert said(app) == LOST


def test_what_was_changed_inside_the_live_view_is_shown_by_the_controls_and_the_address(opened, fake):
    app = group(opened(), "Training")
    run = fake.runs[session(app).token]
    run.experiment = patch(run.experiment, {"training.learning_rate": 0.3, "training.optimizer": {"kind": "adam"}})
    app.run()
    assert app.get_by_key("playground:training.learning_rate").value == 0.3
    assert app.get_by_key("playground:training.optimizer.kind").value == "adam"
    assert from_link(address_of(app)["s"]) == run.experiment


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_starts_at_once_and_says_what_to_watch(opened, fake, name):
    app = opened()
    app.get_by_key("playground:data.noise").set_value(5.0).run()
    app.get_by_key(f"playground:preset:{DEFAULT}").set_value(name).run()
    run = fake.runs[session(app).token]
    assert run.experiment == preset(name)
    assert run.commands[-3:] == [("reset", None), ("pace", PRESETS[name].pace), ("play", True)]
    assert any(PRESETS[name].watch in m.value for m in app.markdown)
    assert from_link(address_of(app)["s"]) == preset(name)


def test_no_preset_is_marked_once_something_was_changed(opened):
    app = opened()
    assert app.get_by_key(f"playground:preset:{DEFAULT}").value == DEFAULT
    app.get_by_key("playground:data.noise").set_value(5.0).run()
    assert app.get_by_key(f"playground:preset:{DEFAULT}").value is None


def test_the_line_about_a_preset_stays_only_as_long_as_its_data(opened):
    app = opened()
    app.get_by_key("playground:data.noise").set_value(5.0).run()
    assert any(PRESETS[DEFAULT].watch in m.value for m in app.markdown)
    app.get_by_key("playground:data.kind").set_value("xor").run()
    assert not any(PRESETS[DEFAULT].watch in m.value for m in app.markdown)


def test_an_experiment_too_large_for_a_link_keeps_one_without_the_edits_and_says_so(opened, fake):
    app = opened()
    run = fake.runs[session(app).token]
    rng = random.Random(0)
    points = [[rng.uniform(-6, 6), rng.uniform(-6, 6), 1.0] for _ in range(1_900)]
    run.experiment = patch(run.experiment, {"data.added": points, "data.noise": 15.0})
    app.run()
    assert not app.exception
    assert from_link(address_of(app)["s"]) == patch(run.experiment, {"data.added": []})
    app.session_state["playground:share"] = True  # opened
    app.run()
    assert "without those examples" in said(app)


def test_restore_takes_back_every_edit(opened, fake):
    app = opened()
    run = fake.runs[session(app).token]
    button = next(b for b in app.button if b.label == "Restore points")
    assert button.disabled
    run.experiment = patch(run.experiment, {"data.removed": [3, 4], "data.moved": [[1, 2.0, 3.0]]})
    app.run()
    next(b for b in app.button if b.label == "Restore points").click().run()
    assert all(getattr(session(app).experiment.data, name) == () for name in run.experiment.data.edits)


def test_a_full_house_gives_a_place_in_the_queue_and_the_page_comes_by_itself(opened, fake):
    fake.room = 0
    app = opened()
    assert "You are number 3 in the queue" in said(app)
    assert from_link(address_of(app)["s"]) == preset(DEFAULT)
    app.get_by_key("playground:data.noise").set_value(20.0).run()
    assert not app.exception
    fake.room = 1
    app.run()
    assert "queue" not in said(app)
    assert fake.runs[session(app).token].experiment.data.noise == 20.0


def _good(link: str) -> bool:
    try:
        from_link(link)
    except Refused:
        return False
    return True


def _hostile(n: int) -> list[str]:
    rng = random.Random(1)
    good = to_link(preset(DEFAULT))
    bomb = base64.urlsafe_b64encode(zlib.compress(b"[" * 50_000_000, 9)).decode()
    found = [
        "",
        "x",
        "=",
        "\x00",
        "é",
        "a" * (MAX_LINK + 1),
        bomb[:MAX_LINK],
        good[:-3],
        good + "AAAA",
        "%00",
        "../../etc/passwd",
    ]
    for text in ("null", "[]", "{}", "1e999", '{"version":1}', '{"data":{"kind":"nope"}}', "[" * 5_000, '{"a":NaN}'):
        found.append(base64.urlsafe_b64encode(zlib.compress(text.encode())).decode().rstrip("="))
    while len(found) < n:
        broken = list(good)
        for _ in range(rng.randint(1, 4)):
            broken[rng.randrange(len(broken))] = rng.choice("ABCabc019-_=é&")
        found.append("".join(broken))
    return found


def test_no_link_crashes_the_page(opened):
    for link in _hostile(30):
        app = opened(s=link)
        assert not app.exception
        shown = session(app).experiment
        assert from_link(address_of(app)["s"]) == shown
        assert ("The default experiment is shown instead" in said(app)) == (bool(link) and not _good(link)), repr(link)


@pytest.mark.alone
def test_a_hostile_link_costs_no_more_than_reading_a_good_page(opened):
    def cost(link: str) -> float:
        start = time.process_time()
        opened(s=link)
        return time.process_time() - start

    most = 5 * min(cost(to_link(preset("arms"))) for _ in range(3)) + 0.05
    for link in _hostile(20):
        assert any(cost(link) < most for _ in range(3)), repr(link)


# ---- changes taken back, looks and links --------------------------------------------------------------------------------
def test_changes_are_taken_back_and_made_again_and_the_controls_follow(opened, fake):
    app = opened()
    undo, redo = (f"playground:{name}-change" for name in ("undo", "redo"))
    assert app.get_by_key(undo).disabled and app.get_by_key(redo).disabled
    before = session(app).experiment
    app.get_by_key("playground:data.noise").set_value(35.0).run()
    app.get_by_key("playground:data.kind").set_value("spiral").run()
    app.get_by_key(undo).click().run()
    assert session(app).experiment.data.kind == "circle"
    assert app.get_by_key("playground:data.noise").value == 35.0
    app.get_by_key(undo).click().run()
    assert session(app).experiment == before == from_link(address_of(app)["s"])
    assert app.get_by_key(undo).disabled
    app.get_by_key(redo).click().run()
    app.get_by_key(redo).click().run()
    assert session(app).experiment.data.kind == "spiral" and app.get_by_key(redo).disabled


def test_a_look_that_was_set_in_the_picture_goes_into_the_link_until_something_else_is_started(opened):
    app = opened()
    here = session(app)
    here.looked({"speed": 3.0, "view": "warp", "options": {"warp": {"layer": 1, "units": [0, 1]}}})
    look = look_of(address_of(app)["s"])
    assert (look.speed, look.view, look.options) == (3.0, "warp", {"warp": {"layer": 1, "units": [0, 1]}})
    for wrong in ({"speed": -1}, {"view": 7}, "x", None, {"options": {"a": 3}}):
        here.looked(wrong)
        assert look_of(address_of(app)["s"]) == look
    app.get_by_key("playground:preset:circle").set_value("hills").run()
    assert look_of(address_of(app)["s"]) == PRESETS["hills"].look


@pytest.mark.parametrize(
    ("url", "listens", "network", "want"),
    [
        ("http://127.0.0.1:8501/", "127.0.0.1", "10.0.0.5", ("http://127.0.0.1:8501/", True)),
        ("http://localhost:8501/optimisers", "0.0.0.0", "10.0.0.5", ("http://10.0.0.5:8501/optimisers", False)),
        ("http://localhost:8501/", "0.0.0.0", "", ("http://localhost:8501/", True)),
        ("http://[::1]:8501/", "::1", "10.0.0.5", ("http://[::1]:8501/", True)),
        ("http://10.0.0.5:8501/", "0.0.0.0", "10.0.0.5", ("http://10.0.0.5:8501/", False)),
        ("https://lab.example/", "127.0.0.1", "", ("https://lab.example/", False)),
    ],
)
def test_the_link_to_share_is_one_that_others_can_open_or_says_that_they_cannot(
    opened, monkeypatch, url, listens, network, want
):
    here = session(opened())
    monkeypatch.setattr(share, "lan_address", lambda: network)
    monkeypatch.setattr(share.st, "get_option", lambda name: listens)
    monkeypatch.setattr(share.st, "context", SimpleNamespace(url=url))
    link, reach = share.address(here)
    base, _, query = link.partition("?")
    assert (base, bool(reach)) == want
    assert query.startswith("s=") and "run=" not in query


def test_the_address_on_the_network_is_no_loopback():
    found = share.lan_address()
    assert not found.startswith("127.")


def test_the_line_that_says_what_to_watch_goes_when_the_network_is_another(opened):
    app = opened()
    watch = PRESETS[DEFAULT].watch
    assert any(watch in m.value for m in app.markdown)
    group(app, "Training").get_by_key("playground:training.learning_rate").set_value(0.1).run()
    assert any(watch in m.value for m in app.markdown), "it is still what is to be seen"
    here = session(app)
    here.change(patch(here.now(), {"model.layers": [{"units": 8, "activation": "relu"}]}))
    app.run()
    assert not any(watch in m.value for m in app.markdown)
