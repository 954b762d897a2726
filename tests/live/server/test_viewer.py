"""What one viewer is sent: scenes first, two frames in flight, the newest frame wins, everything bounded."""

from __future__ import annotations

import numpy as np

from nnlab.core.say import tell
from nnlab.live.messages import protocol
from nnlab.live.messages.protocol import Watch
from nnlab.live.server.viewer import MAX_TOLD, Viewer
from nnlab.live.worker.replies import ToViewer


def viewer() -> Viewer:
    return Viewer(1, lambda: None)


def test_no_frame_before_the_scene() -> None:
    one = viewer()
    assert one.next(b"frame", 1) is None
    one.begin(b"scene")
    assert [one.next(b"frame", 1), one.next(b"frame", 1), one.next(b"frame", 1)] == [b"scene", b"frame", None]


def test_two_frames_are_in_flight_and_an_ack_buys_one() -> None:
    one = viewer()
    one.begin(b"scene")
    one.next(None, 0)
    assert [one.next(b"1", 1), one.next(b"2", 2), one.next(b"3", 3)] == [b"1", b"2", None]
    one.ack()
    assert [one.next(b"4", 4), one.next(b"5", 5)] == [b"4", None]


def test_after_a_change_one_frame_goes_although_two_are_on_their_way() -> None:
    one = viewer()
    one.begin(b"scene")
    one.next(None, 0)
    assert [one.next(b"1", 1), one.next(b"2", 2), one.next(b"3", 3)] == [b"1", b"2", None]
    one.hurry(3)
    one.hurry(3)
    assert [one.next(b"3, from before it", 3), one.next(b"4", 4), one.next(b"5", 5)] == [None, b"4", None]


def test_acks_without_frames_buy_no_more_than_two() -> None:
    one = viewer()
    one.begin(b"scene")
    one.next(None, 0)
    for _ in range(100):
        one.ack()
    assert [one.next(b"x", n) for n in (1, 2, 3)] == [b"x", b"x", None]


def test_the_newest_frame_wins_and_none_is_sent_twice() -> None:
    one = viewer()
    one.begin(b"scene")
    one.next(None, 0)
    assert one.next(b"9", 9) == b"9"
    one.ack()
    assert one.next(b"9", 9) is None


def test_a_scene_overtakes_frames_and_only_the_newest_is_kept() -> None:
    one = viewer()
    one.begin(b"old")
    one.begin(b"new")
    assert [one.next(b"f", 1), one.next(b"f", 1)] == [b"new", b"f"]


def test_texts_keep_their_order_and_are_bounded() -> None:
    one = viewer()
    for i in range(1_000):
        one.tell(str(i))
    got = []
    while (text := one.next(None, 0)) is not None:
        got.append(text)
    assert got == [str(i) for i in range(1_000 - MAX_TOLD, 1_000)]


def test_progress_gives_way_to_what_somebody_waits_for() -> None:
    sent: list[bytes] = []
    replies = ToViewer(lambda kind, viewer, body: sent.append(body), 1, {"id": 1, "name": "surface"}, lambda: None)
    for i in range(1_000):
        replies.progress(i / 1_000)
    one = viewer()
    one.tell(protocol.notice(tell("notice.restored")))
    one.tell(b"answer")
    for body in sent:
        one.tell(body.decode())
    got = list(iter(lambda: one.next(None, 0), None))
    assert len(got) == MAX_TOLD and "notice.restored" in str(got[0]) and got[1] == b"answer"
    assert got[2:] == [body.decode() for body in sent[2 - MAX_TOLD :]], "the newest"


def test_a_viewer_wants_more_once_it_has_the_newest_and_credit() -> None:
    one = viewer()
    one.begin(b"scene")
    one.next(None, 0)
    assert one.wants(0)
    assert not one.wants(1)
    one.next(b"1", 1)
    assert one.wants(1)
    one.next(b"2", 2)
    assert not one.wants(2)


def test_what_it_watches_takes_the_place_of_what_it_watched_and_arrays_join_their_analysis() -> None:
    one, drawing = viewer(), np.zeros((2, 2), np.float32)
    one.watch(Watch(offers=("warp",), options={"warp": {"layer": 1}}), {"warp.drawing": drawing, "boundary.x": drawing})
    assert one.offers == ("warp",)
    assert one.options == {"warp": {"layer": 1, "drawing": drawing}, "boundary": {"x": drawing}}
    one.watch(Watch(offers=("boundary",)), {})
    assert (one.offers, one.options) == (("boundary",), {})


def test_answers_are_bytes_and_keep_their_order_among_the_texts() -> None:
    one = viewer()
    for message in ("a", b"b", "c"):
        one.tell(message)
    assert [one.next(None, 0) for _ in range(4)] == ["a", b"b", "c", None]
