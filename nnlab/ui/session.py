"""One page's run in one browser tab: found or opened from the address, changed by controls, and told to the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from pydantic import ValidationError

from nnlab.core.errors import Busy, Refused
from nnlab.core.experiment import Experiment, changed, patch
from nnlab.core.links import USUAL, Look, from_link, look_of, to_link
from nnlab.live.server import hub
from nnlab.live.server.hub import LiveRun
from nnlab.live.server.socket import OWNER_COOKIE
from nnlab.ui import echo, messages
from nnlab.ui.presets import Preset

RETRY_S = 3  # a page in the queue asks again this often
PICTURE_FIRST_S = 0.1  # at most; the browser draws the change before it draws the page anew


@dataclass(frozen=True)
class Refusal:
    """A value that was typed and refused: it stays in its control, with the sentence under it.

    `instead`: the nearest change that would be accepted, where one is known.
    """

    typed: Any
    text: str
    instead: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Left:
    """How a part of the page was left."""

    experiment: Experiment
    look: Look
    preset: str


@dataclass
class Session:
    """What a page remembers between reruns. The run itself lives in the hub; here is only its token."""

    page: str
    experiment: Experiment
    default: Experiment
    token: str = ""
    waiting: str = ""  # why there is no run yet, and the place in the queue
    pace: float | None = None  # None: a fresh run waits; else it plays at so many updates a second, 0 = all it can
    look: Look = USUAL  # the pace, the open view and its options, as a preset or link gave them
    seen: Look | None = None  # the same as a person has set it since, which is what the link says
    starts: int = 0  # so often was something started here; the live view opens the look of each start
    first: bool = False  # whether a person has come without a link: the page says what it is about, and waits
    part: str = ""  # of the page, where it trains nothing: what trains is told by the experiment
    preset: str = ""
    left: dict[str, Left] = field(default_factory=dict)  # the parts of the page that one has been to, by their names
    lost: bool = False  # whether the server has let the run go, and that is not said yet
    opened: bool = False  # whether the browser has had time for the page's first picture
    notes: list[str] = field(default_factory=list)
    refused: dict[str, Refusal] = field(default_factory=dict)
    _link: tuple[Experiment, Look, str, str] | None = None  # what is looked at how, its link, why it is not all of it

    def key(self, path: str) -> str:
        """The widget key of the field at `path`."""
        return f"{self.page}:{path}"

    def run(self) -> LiveRun | None:
        """This tab's run, or None while it waits in the queue; opens one where there is none (any more)."""
        run = hub.current().find(self.token, owner()) if self.token else None
        if run is not None:
            self.experiment, self.waiting = run.experiment, ""
            return run
        self.lost = self.lost or bool(self.token)
        return self._open()

    def _open(self) -> LiveRun | None:
        try:
            run = hub.current().open(self.experiment, owner())
        except Busy as busy:
            self.token, self.waiting = "", str(busy)
            return None
        except Refused as refused:
            # What only the run can know, such as an uploaded file that is gone.
            if self.experiment == self.default:
                raise
            self.notes.append(messages.DAMAGED.format(reason=messages.sentence(refused.problems)))
            self.experiment = self.default
            return self._open()
        self.token, self.waiting = run.token, ""
        speed = self.look.speed if self.pace is None else self.pace
        if speed is not None:
            run.pace(speed)
        if self.pace is not None:
            run.play(True)
        self.pace = None
        return run

    def now(self) -> Experiment:
        """The experiment as it is: the live view may have changed it since the page was drawn."""
        self.run()
        return self.experiment

    def change(self, experiment: Experiment, *paths: str) -> None:
        """Continue with `experiment`, in which `paths` were set; the run decides what goes on and what starts again.

        What was refused at one of them or below it goes: its control shows another value now, or is there no longer.
        """
        paths += changed(self.now(), experiment)
        self._change(experiment)
        self.refused = {p: r for p, r in self.refused.items() if not any(f"{p}.".startswith(f"{q}.") for q in paths)}
        run = self.run()
        if run is not None:
            run.seen(PICTURE_FIRST_S)

    def _change(self, experiment: Experiment) -> None:
        echo.choose()
        self.notes.clear()
        run = self.run()
        if run is not None:
            run.change(experiment)
        self.experiment = experiment

    def refuse(
        self, path: str, typed: Any, refused: Refused, *, label: str = "", changes: Mapping[str, Any] | None = None
    ) -> None:
        """Keep `typed` in the control of `path`, with the sentence under it; `changes` were refused, if not `typed` at `path`."""
        known = next((problem.instead for problem in refused.problems if problem.instead), None)
        instead = {**(changes or {path: typed}), **known} if known else None
        self.refused[path] = Refusal(typed, messages.sentence(refused.problems, label, path), instead)

    def edit(self, path: str, value: Any, *, label: str = "", changes: Mapping[str, Any] | None = None) -> None:
        """Set the field at `path` (or all of `changes`); a refusal is kept beside the control of `path`."""
        try:
            self.change(patch(self.now(), changes or {path: value}), *(changes or {path: value}))
        except Refused as refused:
            self.refuse(path, value, refused, label=label, changes=changes)

    def start(self, experiment: Experiment, *, pace: float | None, look: Look = USUAL) -> None:
        """Start over with another experiment, such as a preset, and play it at so many updates a second; None waits."""
        self.refused.clear()
        self.pace, self.look, self.seen, self.starts, self.first = pace, look, None, self.starts + 1, False
        self._change(experiment)
        run = self.run()
        if run is not None:
            run.reset()
            if pace is None:
                if look.speed is not None:
                    run.pace(look.speed)
                run.play(False)
            else:
                run.pace(pace)
                run.play(True)
            run.seen(PICTURE_FIRST_S)  # only now: what comes between change and play would be undone by them
            self.pace = None
        self.lost = False  # whoever starts something else does not miss it

    def pull(self) -> None:
        """Read what was changed inside the live view."""
        if self.run() is not None:
            self.refused.clear()

    def looked(self, said: Any) -> None:
        """Another speed, view or option was chosen inside the live view; what is not a look is not believed."""
        with suppress(ValidationError):
            self.seen = Look.model_validate(said)

    def undo(self) -> None:
        """Take the last change of the experiment back."""
        self._go(lambda run: run.undo())

    def redo(self) -> None:
        """Make the change that was taken back last again."""
        self._go(lambda run: run.redo())

    def _go(self, step: Callable[[LiveRun], None]) -> None:
        echo.choose()
        run = self.run()
        if run is not None:
            self.refused.clear()
            step(run)
            self.experiment = run.experiment
            run.seen(PICTURE_FIRST_S)

    def link(self) -> tuple[str, str]:
        """The experiment as a link, and a sentence where it had to leave something out."""
        look = self.look if self.seen is None else self.seen
        if self._link is None or self._link[0] is not self.experiment or self._link[1] is not look:
            self._link = (self.experiment, look, *_link_of(self.experiment, look))
        return self._link[2:]

    def address(self) -> dict[str, str]:
        """Experiment, part and run as parameters of the page's address.

        The live view writes them there: what Streamlit writes would be a press of Back more for each change.
        """
        link, _ = self.link()
        said = {"topic": self.part, "s": link, "run": self.token}
        return {name: value for name, value in said.items() if value}


def owner() -> str:
    """Whose runs this browser may open: the value of a cookie that the server sets."""
    return st.context.cookies.get(OWNER_COOKIE, "")


def session_of(page: str, first: Preset) -> Session:
    """This tab's session of `page`; a fresh one takes the run or the experiment of the address, else the preset `first`."""
    key = f"session:{page}"
    if key not in st.session_state:
        st.session_state[key] = _from_address(page, first)
    session = st.session_state[key]
    if not isinstance(session, Session):
        raise TypeError(f"session state {key!r} must be a Session; got {type(session).__name__}.")
    return session


def _from_address(page: str, first: Preset) -> Session:
    default = first.experiment
    link, token = st.query_params.get("s", ""), st.query_params.get("run", "")
    run = hub.current().find(token, owner()) if token else None
    part = st.query_params.get("topic", "")
    if run is not None:
        return Session(page, run.experiment, default, token=run.token, look=look_of(link), part=part)
    if not link:
        return Session(page, default, default, look=first.look, first=not part, part=part)
    try:
        return Session(page, from_link(link), default, look=look_of(link), part=part)
    except Refused as refused:
        note = messages.DAMAGED.format(reason=messages.sentence(refused.problems))
        return Session(page, default, default, look=first.look, notes=[note])


def _link_of(experiment: Experiment, look: Look) -> tuple[str, str]:
    """The link of `experiment`; one that is too long leaves the look out, then the edited examples too, and says so."""
    reason = ""
    bare = patch(experiment, {f"data.{name}": () for name in experiment.data.edits}) if experiment.data.edits else None
    for spec, seen, words in ((experiment, look, ""), (experiment, USUAL, ""), (bare, USUAL, messages.TOO_LONG)):
        if spec is None:
            continue
        try:
            return to_link(spec, seen), words.format(reason=reason)
        except Refused as refused:
            reason = messages.sentence(refused.problems)
    return "", reason


@st.fragment(run_every=RETRY_S)
def wait_in_queue(session: Session) -> None:
    """The place in the queue, asked again every few seconds; the page appears as soon as there is room."""
    if session.run() is not None:
        st.rerun()
    st.info(messages.escaped(session.waiting), icon=":material/hourglass_top:")
