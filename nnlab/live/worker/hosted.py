"""One run inside a worker: commands in, frames, scenes, checkpoints and answers out. Knows no pipe and no other run."""

from __future__ import annotations

import json
import pickle
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from nnlab.core.errors import NnlabError, Refused
from nnlab.core.experiment import Experiment, plain
from nnlab.core.records import Array, Quantised
from nnlab.live.messages import protocol, wire
from nnlab.live.messages.kinds import Kind
from nnlab.live.worker.request import Asked, words
from nnlab.live.worker.scheduler import Allowance, Pace

COSTLY = frozenset(
    {"gradients", "histograms", "gradient_norms", "confusion", "surface", "warp", "bowl", "sigmoids", "race_curvature"}
)
COSTLY_S = 0.1  # between two of the same costly array while a run plays
COSTLY_AT_ONCE = 2  # of them in one frame, so that no frame is much later than the others
FINDINGS_S = 0.5
SCENE_S = 0.05  # between two scenes while points are dragged
CHECKPOINT_S = 1.0
# What a hand has done is shown at once, out of the rhythm of the frames.
AT_ONCE = frozenset({"change", "play", "step", "seek", "reset", "recover", "edit", "watch"})
RATE_S = 0.5  # over which the training rate is counted
CURVE_ROWS = 120  # measurements that one frame brings at most: a second's worth, for a viewer that was held up
ERROR = "This run stopped because of an error ({error}). Change the experiment or reset the run to go on."

Post = Callable[[Kind, int, bytes], None]


class Hosted:
    """A run with what its viewers watch. A command that raises pauses the run and says why; the worker goes on."""

    def __init__(self, engine: ModuleType, post: Post, clock: Callable[[], float] = time.perf_counter) -> None:
        self.engine, self._post, self._clock = engine, post, clock
        self.run: Any = None
        self.pace, self.allowance = Pace(), Allowance()
        self.served_s = 0.0
        self.playing = self.held = self.wanted = self.dirty = False
        self.version = self.seq = self.scene_number = 0
        self.offers: tuple[str, ...] = ()
        self.options: dict[str, Any] = {}
        self.jobs: dict[tuple[int, str | int], Asked] = {}
        self._pending: tuple[str, int] = ("batch", 0)
        self._phase: dict[str, Array] = {}
        self._scene_due = self._restarted = self._unsaved = False
        self._scene_at = self._findings_at = self._saved_at = -1e9
        self._costly_at: dict[str, float] = {}
        self._failed: set[str] = set()
        self._findings: list[dict[str, Any]] = []
        self._rate = (0.0, 0.0)
        self._rate_from = (self._clock(), 0)
        self._curve_step = 0  # up to which the curves have been sent

    # ---- commands ----------------------------------------------------------------------------------------------------
    def do(self, op: str, *arguments: Any) -> None:
        """One command by its name; whatever goes wrong becomes a sentence."""
        try:
            if op in AT_ONCE:
                self.pace.due, self.dirty = 0.0, True
            getattr(self, f"on_{op}")(*arguments)
        except Refused as refused:
            self._say(str(refused), "warning")
        except Exception as error:
            self._fail(error)

    def on_open(self, opening: Mapping[str, Any]) -> None:
        """Begin, or begin again from a checkpoint."""
        saved = pickle.loads(opening["checkpoint"]) if opening["checkpoint"] else None
        self.version, self.allowance.speed = opening["version"], opening["speed"]
        self.offers, self.options = opening["offers"], opening["options"]
        self.run = self.engine.opened(opening["experiment"], opening["rows"], saved)
        self.playing, self.held = opening["playing"], opening["held"]
        self._moved(scene=True)

    def on_change(self, change: Mapping[str, Any]) -> None:
        """Another experiment: in place where it can, else from the initial weights."""
        self.version = change["version"]
        new = self.engine.known(change["experiment"], change["rows"])
        if self.run is None:  # it could not be opened as it was
            self.run = self.engine.start(new)
        old = self.run.experiment
        restarted = bool(self.engine.change(self.run, new))
        self._pending = ("batch", 0)
        self._restarted |= restarted
        self._moved(scene=restarted or self.scene_number == 0 or _drawn(old) != _drawn(new))
        if restarted:  # frames of another shape must not pass for the old scene's
            self._scene_at = self._findings_at = -1e9

    def on_play(self, on: bool) -> None:
        """Play or pause; playing on after the stop rule has ended the run makes the rule count anew."""
        if on and self.run.stopped:
            self.engine.proceed(self.run)
        self.playing, self._pending = on and not self.run.stopped, ("batch", 0)
        self._state()  # always: the hub's own idea may be older than a stop that crossed this command
        self._moved(pause=not on)

    def on_hold(self, on: bool) -> None:
        """Nobody looks (True) or somebody does again; the run still counts as playing."""
        self.held = on
        self._save(0.0)

    def on_speed(self, speed: float) -> None:
        """Updates a second, 0 = full speed."""
        self.allowance.speed = speed
        self.dirty = True

    def on_step(self, unit: str, n: int) -> None:
        """Pause, then `n` epochs, batches or phases forth or back, one at a time between the frames."""
        if self.run.stopped and n > 0:
            self.engine.proceed(self.run)
        self._stop_playing()
        self._pending = (unit, n)

    def on_seek(self, step: int) -> None:
        """To the state at `step`, paused."""
        self._stop_playing()
        old = self.run.experiment
        self.engine.seek(self.run, min(max(step, self.run.span[0]), self.run.span[1]))
        self._moved(scene=self._returned(old))

    def on_reset(self) -> None:
        """The same initial weights."""
        self.engine.reset(self.run)
        self._pending, self._restarted = ("batch", 0), True
        self._moved(scene=True)

    def on_recover(self) -> None:
        """After divergence: the last good step."""
        old = self.run.experiment
        self.engine.recover(self.run)
        self._moved(scene=self._returned(old))

    def on_edit(self, index: int, value: float) -> None:
        """One parameter."""
        self.engine.edit(self.run, index, value)
        self._moved()

    def on_watch(self, offers: tuple[str, ...], options: dict[str, Any]) -> None:
        """What frames carry from now on."""
        self.offers, self.options = offers, options
        self._failed.clear()
        self._costly_at.clear()
        self.dirty = True

    def on_want(self) -> None:
        """A viewer has credit for a frame."""
        self.wanted = True

    def on_refresh(self, viewer: int) -> None:
        """A viewer has come: it needs the scene, and a frame even if nothing has changed."""
        if self._scene_due:
            self._post_scene()
        else:
            self._post(Kind.SCENE, viewer, self.scene())
        self._costly_at.clear()
        self.dirty = True

    def on_ask(
        self, viewer: int, name: str | int, analysis: str, options: dict[str, Any], kept: bytes | None = None
    ) -> None:
        """A record on request, computed in slices between the frames; `kept` is the run that its options name."""

        def post(message: dict[str, Any]) -> None:
            if "share" not in message:
                self.jobs.pop((viewer, name), None)
            self._post(Kind.TEXT, viewer, json.dumps(message).encode())

        compute = partial(self.engine.answer, self.run, analysis, options, **({} if kept is None else {"kept": kept}))
        self.jobs[viewer, name] = Asked({"id": name, "name": analysis}, compute, post, self._keep)

    def _keep(self, told: dict[str, Any]) -> None:
        """A run that an answer brings is kept by the server; what does not travel to a browser is packed once more."""
        whole = pickle.dumps({"experiment": told["experiment"], "checkpoint": told.pop("checkpoint")}, protocol=5)
        self._post(Kind.KEPT, 0, pickle.dumps((told, whole), protocol=5))

    def on_cancel(self, viewer: int, name: str | int) -> None:
        """Forget a request."""
        self.jobs.pop((viewer, name), None)

    # ---- work --------------------------------------------------------------------------------------------------------
    def ready(self, now: float) -> bool:
        """Whether there is training to do now."""
        if self.run is None:
            return False
        steps = self.allowance.steps(now)
        return bool(self._pending[1]) or (self.playing and not self.held and steps != 0)

    def ready_at(self) -> float:
        """When the speed limit lets the next update through."""
        return self.allowance.ready_at() if self.playing and not self.held else float("inf")

    def may_change(self) -> bool:
        """Whether new frames are to be expected."""
        return self.dirty or bool(self._pending[1]) or (self.playing and not self.held)

    def wants_frame(self) -> bool:
        """Whether a viewer has credit and there is something new to show."""
        return self.wanted and self.dirty and self.run is not None

    def work(self, budget_s: float) -> None:
        """Train for about `budget_s` seconds, or go one of the steps asked for."""
        try:
            self._work(budget_s)
        except Exception as error:
            self._fail(error)

    def _work(self, budget_s: float) -> None:
        unit, n = self._pending
        if n:
            sign = 1 if n > 0 else -1
            self._pending = (unit, n - sign)
            old = self.run.experiment
            self._phase = self.engine.step_by(self.run, unit, sign)
            self._moved(scene=self._returned(old), keep_phase=True)
        else:
            steps = self.allowance.steps(self._clock())
            done = self.engine.advance(self.run, budget_s, steps=steps)
            self.allowance.used(done)
            self._phase, self._unsaved, self.dirty = {}, True, True
            self._save(CHECKPOINT_S)
        if self.run.stopped:
            self._stop_playing()

    # ---- out ---------------------------------------------------------------------------------------------------------
    def show(self) -> None:
        """Send the scene if it is due, and a frame."""
        now = self._clock()
        if self._scene_due and now - self._scene_at >= SCENE_S:
            self._post_scene()
        try:
            frame = self.frame(now)
        except Exception as error:
            self._fail(error)
            return
        self.wanted, self._restarted = False, False
        self.dirty = self._scene_due or bool(self._late(now))
        self._post(Kind.FRAME, 0, frame)

    def frame(self, now: float) -> bytes:
        """The run as it is now with what is watched; see "Wire" in docs/architecture.md."""
        run = self.run
        self.seq += 1
        self._count(now)
        if now - self._findings_at >= FINDINGS_S or not self.playing:
            self._findings, self._findings_at = self._diagnosis(), now
        header = {
            "type": "frame",
            "scene": self.scene_number,
            "seq": self.seq,
            "step": run.step,
            "epoch": run.epoch,
            "batch": run.batch,
            "batches": run.batches,
            "phase": run.phase,
            "playing": self.playing,
            "version": self.version,
            "lr": run.lr,
            "metrics": run.metrics if self.playing and not self.held else self.engine.measure(run),
            "rate": {"epochs_s": self._rate[0], "steps_s": self._rate[1]},
            "findings": self._findings,
            "stopped": run.stopped,
            "span": list(run.span),
            "speed": self.allowance.speed,
            "restarted": self._restarted,
        }
        return wire.pack(header, {**self._arrays(now), **self._curve(), **self._phase})

    def scene(self) -> bytes:
        """What does not change from frame to frame."""
        header, arrays = self.engine.scene(self.run)
        return wire.pack({"type": "scene", "scene": self.scene_number, **header}, arrays)

    def _post_scene(self) -> None:
        self.scene_number += 1
        self._scene_due, self._scene_at = False, self._clock()
        self._costly_at.clear()
        self._post(Kind.SCENE, 0, self.scene())

    def _curve(self) -> dict[str, Array]:
        """What was measured since the frame before."""
        rows = self.run.history.since(min(self._curve_step, self.run.step), CURVE_ROWS)
        self._curve_step = self.run.step
        return {"curve": rows.astype(np.float32)} if len(rows) else {}

    def _late(self, now: float) -> list[str]:
        """Costly arrays that are due, the longest outstanding first."""
        due = [name for name in self.offers if name in COSTLY and now - self._costly_at.get(name, -1e9) >= COSTLY_S]
        return sorted(due, key=lambda name: self._costly_at.get(name, -1e9))

    def _arrays(self, now: float) -> dict[str, Array | Quantised]:
        moving = self.playing and not self.held
        costly = self._late(now)[:COSTLY_AT_ONCE] if moving else [n for n in self.offers if n in COSTLY]
        for name in costly:
            self._costly_at[name] = now
        return self._probe([n for n in self.offers if n not in COSTLY] + costly, whole=not moving)

    def _probe(self, names: list[str], *, whole: bool) -> dict[str, Array | Quantised]:
        names = [name for name in names if name not in self._failed]
        found: dict[str, Array | Quantised] = {}
        options = {**self.options, "all_neurons": whole}  # no later frame brings the rest of a run at rest
        try:
            return dict(self.engine.probe(self.run.learner, names, options))
        except Exception:  # which of them was it? The others are shown all the same
            for name in names:
                try:
                    found |= self.engine.probe(self.run.learner, [name], options)
                except Exception as error:
                    self._failed.add(name)
                    self._report(error)
                    self._say(
                        f"The view of {name.replace('_', ' ')} cannot be drawn for this network: {words(error)}",
                        "warning",
                    )
        return found

    def _diagnosis(self) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = self.engine.findings(self.run)
            return found
        except Exception as error:  # advice that fails must not stop a run
            self._report(error)
            return []

    def _count(self, now: float) -> None:
        since, step = self._rate_from
        if now - since < RATE_S and self.run.step >= step:
            return
        steps_s = max(0, self.run.step - step) / max(now - since, 1e-6)
        self._rate = (steps_s / self.run.batches if self.run.batches else 0.0, steps_s)
        self._rate_from = (now, self.run.step)

    # ---- what follows from it ----------------------------------------------------------------------------------------
    def _moved(self, *, scene: bool = False, pause: bool = True, keep_phase: bool = False) -> None:
        self._scene_due |= scene
        self.dirty = True
        if not keep_phase:
            self._phase = {}
        if pause:
            self._unsaved = True
            self._save(0.0 if not self._pending[1] else CHECKPOINT_S)

    def _save(self, every_s: float) -> None:
        """A checkpoint to the hub, at most every `every_s` seconds and only where something has changed."""
        now = self._clock()
        if not self._unsaved or now - self._saved_at < every_s:
            return
        self._unsaved, self._saved_at = False, now
        self._post(Kind.CHECKPOINT, 0, pickle.dumps(self.engine.checkpoint(self.run), protocol=5))

    def _stop_playing(self) -> None:
        self._pending = ("batch", 0)
        if self.playing:
            self.playing = False
            self._state()
            self._moved()

    def _returned(self, old: Experiment) -> bool:
        """Going through the history leads past changes: the hub hears what holds there. Whether another scene shows it."""
        new = self.run.experiment
        if new != old:
            self._state(experiment=plain(new), version=self.version)
        return _drawn(old) != _drawn(new)

    def _state(self, **more: Any) -> None:
        stopped = self.run.stopped if self.run is not None else ""
        self._post(Kind.STATE, 0, json.dumps({"playing": self.playing, "stopped": stopped, **more}).encode())

    def _fail(self, error: Exception) -> None:
        """The run's own error: it pauses, the person reads a sentence, the log has the traceback."""
        self._report(error)
        self.playing, self._pending = False, ("batch", 0)
        self._say(str(error) if isinstance(error, NnlabError) else ERROR.format(error=words(error)), "error")
        self._state()

    def _say(self, text: str, level: Any) -> None:
        self._post(Kind.TEXT, 0, protocol.notice(text, level=level).encode())

    @staticmethod
    def _report(error: Exception) -> None:
        traceback.print_exception(error, file=sys.stderr)


def _drawn(spec: Experiment) -> tuple[Any, ...]:
    """What a scene shows of an experiment: its points, its network and what an update of it costs."""
    return spec.data, spec.model, spec.training.batch_size
