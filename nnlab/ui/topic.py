"""A topic describes a page: its place in the menu, its presets, its views, its controls, and what it can show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import streamlit as st

from nnlab.core.experiment import Experiment
from nnlab.core.paths import root
from nnlab.core.registries import TOPICS, VIEWS
from nnlab.ui import chart, echo, live, messages, preset_picker, session, share
from nnlab.ui.groups import Group, draw_groups
from nnlab.ui.presets import Preset
from nnlab.ui.session import Left, Session

OTHER_PAGE = "This page cannot show the experiment in the link, so it starts with its own."


def always(spec: Experiment) -> bool:
    """Any experiment."""
    return True


@dataclass(frozen=True, eq=False)
class Topic:
    """One page. `name` is its address; `section` is its place in the menu.

    `page`: its file, pages/NAME.py where it is "": two lines that `show` the topic.

    `family` and `shows` say which experiments it can show, `other` what is said of a link that no page can. `presets`: the
    first one starts where the address says nothing. `own`: the line where none of them is on the screen. `views`: in the
    order of the page. `groups`: of controls; as tabs where `tabs`, else below one another. `run_of`: the topic whose run it
    shows, its own where it is "". `player`: whether there is one. `lead`: the view that the stage is about, where the page's is not the one that
    views declare (`View.place`). `parts`: topics that share the page, chosen by what they
    show; a part that trains nothing is chosen by the address. `restorable`: whether points can be put back as they were. `charts`: below the live view, drawn when somebody
    asks for them.
    """

    name: str
    title: str
    views: tuple[str, ...]
    section: str = ""
    icon: str = ""
    help: str = ""
    family: str = ""
    shows: Callable[[Experiment], bool] = always
    other: str = OTHER_PAGE
    presets: Mapping[str, Preset] = field(default_factory=dict)
    own: str = ""
    groups: tuple[Group, ...] = ()
    tabs: bool = False
    run_of: str = ""
    player: bool = True
    lead: str = ""
    trains: bool = True
    parts: tuple[Topic, ...] = ()
    restorable: Callable[[Experiment], bool] = always
    charts: tuple[str, ...] = ()
    page: str = ""

    @property
    def stage(self) -> str:
        """The view in the large place: `lead`, else the one that declares it; of a page without such a one the first beside it."""
        places = {name: VIEWS.load(name).place for name in self.views}
        if self.lead or not {"wide", "page"}.isdisjoint(places.values()):
            return self.lead
        return next((name for name, place in places.items() if place != "tab"), "")

    def can_show(self, spec: Experiment) -> bool:
        """Whether the page can show `spec`."""
        return spec.model.family == self.family and self.shows(spec)

    def part_of(self, spec: Experiment) -> Topic:
        """The part of the page that shows `spec`; the topic itself where it has no parts."""
        return next((part for part in self.parts if part.trains and part.can_show(spec)), self)

    @property
    def first(self) -> Preset:
        """The preset that the page starts with: that of the topic whose run it shows."""
        if self.run_of:
            shared: Topic = TOPICS.load(self.run_of)
            return shared.first
        return next(iter((self.parts[0] if self.parts else self).presets.values()))


def topic_of(spec: Experiment) -> Topic | None:
    """The first topic that can show an experiment, in the order of the menu; None where no page can."""
    return next((topic for name in TOPICS if (topic := TOPICS.load(name)).can_show(spec)), None)


def page_file(topic: Topic) -> str:
    """The file of a topic's page."""
    return topic.page or str(root() / "pages" / f"{topic.name}.py")


def show(name: str) -> None:
    """Draw the page of a topic: the picture first, then what stands above and beside it."""
    topic: Topic = TOPICS.load(name)
    here = _session(topic)
    part = _part(topic, here)
    run = here.run()
    above, beside = live.places(f"{topic.name}-above{'-parts' if topic.parts else ''}", sidebar=bool(part.groups))
    if run is None:
        session.wait_in_queue(here)
    else:
        if not part.trains:
            run.play(False)
        board = "board" if part is topic or part.trains else f"{part.name}-board"
        about = {"title": topic.title, "text": topic.help} if here.first and part.player else None
        live.live_view(here, run, part.views, lead=part.stage, controls=part.player, name=board, about=about)
    with above, st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _chooser(topic, part, here)
        if part.presets:
            preset_picker.picker(here, part.presets, own=part.own)
        else:
            with st.container(key=f"{part.name}-watch"):
                st.markdown(part.own)
        if part.trains:
            with st.container(horizontal=True, width="content", key=f"{part.name}-acts"):
                share.changes(here, run)
                share.share(here)
    if part.groups:
        with beside:
            draw_groups(here, part.groups, tabs=topic.tabs)
    if run is not None and here.lost:
        here.lost = False
        here.notes.append(messages.LOST)
    messages.notes(here.notes, key=here.key("said"))
    if part.trains:
        share.data(here, restorable=topic.restorable(here.experiment))
    if run is not None:
        chart.show_charts(here, part.charts)


def _session(topic: Topic) -> Session:
    """This tab's session; a link to what another page shows leads there, and one that no page can show says so."""
    here = session.session_of(topic.run_of or topic.name, topic.first)
    if topic.can_show(here.experiment):
        return here
    found = topic_of(here.experiment)
    if found is not None and "s" in st.query_params:
        link = here.link()[0]
        del st.session_state[f"session:{topic.run_of or topic.name}"]
        st.switch_page(page_file(found), query_params={"s": link})
    here.start(topic.first.experiment, pace=topic.first.plays, look=topic.first.look)
    here.notes.append(topic.other)
    return here


def _part(topic: Topic, here: Session) -> Topic:
    return next((p for p in topic.parts if not p.trains and p.name == here.part), topic.part_of(here.experiment))


def _chooser(topic: Topic, now: Topic, here: Session) -> None:
    """The parts of the page as a list that opens."""
    if not topic.parts:
        return
    key, titles = here.key("topic"), {part.name: part.title for part in topic.parts}
    echo.put(key, now.name)
    st.selectbox(
        "Topic",
        list(titles),
        list(titles).index(now.name),
        format_func=titles.__getitem__,
        key=key,
        label_visibility="collapsed",
        filter_mode=None,
        width=200,
        on_change=messages.guarded(_to_part),
        args=(topic, here, key),
    )


def _to_part(topic: Topic, here: Session, key: str) -> None:
    chosen = st.session_state[key]
    if echo.doubted(key, lambda: _to_part(topic, here, key)):
        return
    part = next((one for one in topic.parts if one.name == chosen), None)
    if part is None:
        return
    if not part.trains:
        here.part = part.name
        return
    here.part = ""
    now = topic.part_of(here.now())
    if part is now:
        return
    here.left[now.name] = Left(here.experiment, here.seen or here.look, here.preset)
    if part.name not in here.left:
        preset_picker.start(here, next(iter(part.presets)), part.presets)
        return
    before = here.left[part.name]
    here.preset = before.preset
    here.start(before.experiment, pace=before.look.speed, look=before.look)
