"""The store of what a link cannot hold: by digest, bounded, for many threads, and checked where it comes from elsewhere."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from hashlib import sha256

import pytest

from nnlab.core import attachments
from nnlab.core.attachments import Store, held, keep, register
from nnlab.core.errors import Refused


@dataclass(frozen=True)
class Text:
    """Something that can be attached: no table, so that the store is seen to take anything."""

    text: str

    @property
    def digest(self) -> str:
        return sha256(self.text.encode()).hexdigest()

    @property
    def n_bytes(self) -> int:
        return len(self.text)


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    """A store of its own for each test."""
    monkeypatch.setattr(attachments, "_STORE", Store())


def test_what_is_kept_is_found_by_its_digest():
    text = Text("once upon a time")
    assert keep(text) == text.digest
    assert held(text.digest) is text


def test_what_never_came_is_refused_in_a_sentence_at_the_field_that_names_it():
    with pytest.raises(Refused, match="upload the file again") as error:
        held("0" * 64, field="data.picture")
    assert [p.field for p in error.value.problems] == ["data.picture"]


def test_what_comes_from_another_process_is_kept_only_under_its_own_digest():
    text = Text("whole")
    register(text.digest, text)
    assert held(text.digest) is text
    with pytest.raises(Refused, match="damaged on the way") as error:
        register("0" * 64, text)
    assert error.value.problems[0].field == "data.digest"
    with pytest.raises(Refused):
        held("0" * 64)


def test_it_is_bounded_in_objects_and_the_least_used_leave_first():
    store = Store(max_count=3)
    digests = [store.put(Text(f"text {i}")) for i in range(3)]
    store.get(digests[0])
    store.put(Text("one more"))
    assert [store.get(d) is not None for d in digests] == [True, False, True]
    assert len(store) == 3


def test_it_is_bounded_in_bytes_and_the_last_one_stays_however_large_it_is():
    store = Store(max_bytes=3_000)
    for i in range(10):
        store.put(Text(str(i) * 1_000))
    assert len(store) == 3
    large = Text("x" * 10_000)
    assert store.get(store.put(large)) is large
    assert len(store) == 1


def test_the_same_object_twice_takes_one_place():
    store = Store()
    assert store.put(Text("a")) == store.put(Text("a"))
    assert len(store) == 1


def test_many_threads_may_use_it():
    store, faults = Store(max_count=5), []

    def work(k: int) -> None:
        try:
            for i in range(100):
                store.get(store.put(Text(str((i * k) % 17))))
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(store) <= 5
