"""The page around the picture: the first visit, the way back, changes taken back, links, the projector, print and a foreign frame."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser

from benchmarks import real_app
from benchmarks.real_app import App
from nnlab.core.links import look_of
from nnlab.core.registries import TOPICS
from nnlab.views.plane import WARP
from tests.browser.one_tab import CALM, FILLED, PATIENCE_MS, Tab, in_address, one_tab
from tests.browser.waiting import holds


def query(url: str, name: str) -> str:
    """A parameter of an address."""
    return parse_qs(urlsplit(url).query).get(name, [""])[0]


def some(pages: Iterable[str], *quick: str) -> list[Any]:
    """All pages; what is the same mechanism on those that are not `quick` is for the long run."""
    return [pytest.param(page, marks=[] if page in quick else [pytest.mark.slow]) for page in pages]


HOME = next(iter(TOPICS))
WITH_PLAYER = [name for name in TOPICS if TOPICS.load(name).player]
PAPER_PX = 1066  # A4 on its side without its margins
# What the canvases in sight show.
PICTURES = """[...document.querySelectorAll("[class*='-board'] *")].find((e) => e.shadowRoot).shadowRoot.querySelectorAll(".left canvas, .right canvas").values()
  .filter((c) => c.offsetWidth && c.getContext("2d")).map((c) => c.toDataURL()).toArray()"""
# Pictures of which a part lies beside the paper.
OUTSIDE = """() => [...document.querySelectorAll("*")].flatMap((e) => e.shadowRoot ? [...e.shadowRoot.querySelectorAll("canvas")] : [])
  .filter((c) => c.offsetWidth && c.getBoundingClientRect().right > innerWidth + 1).length"""


@pytest.fixture
def lab(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab
        tab.page.emulate_media(media="screen")


def visit(lab: Tab, page: str) -> None:
    """As somebody who has never been here, and whom nobody starts the training for."""
    lab.quieten()
    lab.page.context.clear_cookies()
    lab.page.goto(f"{lab.app.url}/{'' if page == HOME else page}")
    lab.until(f"window.nnlab?.drawn > 0 && nnlab.scene && ({FILLED})")


# ---- the first minute --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", some(WITH_PLAYER, HOME))
def test_a_first_visit_waits_at_step_0_says_what_can_be_seen_and_begins_slowly(lab: Tab, page: str) -> None:
    visit(lab, page)
    topic = TOPICS.load(page)
    card = lab.page.locator(".intro")
    assert card.get_by_role("heading").inner_text() == topic.title
    assert topic.help in card.inner_text()
    lab.page.wait_for_timeout(700)
    assert lab.get("nnlab.step") == 0 and not lab.get("nnlab.playing")
    goal = lab.get("nnlab.frame.speed")
    card.get_by_role("button", name="Start the training").click()
    lab.until("nnlab.playing")
    assert card.count() == 0
    first = lab.get("nnlab.frame.speed")
    assert 0 < first <= max(2.6 * lab.get("nnlab.frame.batches || 1"), 3) or first == goal
    lab.until("nnlab.frame.speed === arg", goal)
    lab.pause()
    lab.page.reload()
    lab.until(f"window.nnlab?.drawn > 0 && ({FILLED})")
    assert lab.page.locator(".intro").count() == 0, "who comes back knows"


def test_a_click_beside_the_card_or_escape_puts_it_away(lab: Tab) -> None:
    visit(lab, HOME)
    card = lab.page.locator(".intro")
    card.get_by_role("heading").click()
    assert card.count() == 1
    lab.page.locator(".player .clock").click()
    assert card.count() == 0 and lab.get("nnlab.step") == 0
    visit(lab, HOME)
    lab.page.keyboard.press("Escape")
    assert card.count() == 0


def test_who_chooses_a_speed_meanwhile_keeps_it(lab: Tab) -> None:
    visit(lab, HOME)
    goal = lab.get("nnlab.frame.speed")
    lab.page.keyboard.press("Space")
    lab.until("nnlab.playing")
    assert lab.page.locator(".intro").count() == 0
    assert 0 < lab.get("nnlab.frame.speed") < goal, "by key it begins slowly, too"
    visit(lab, HOME)
    lab.page.locator(".intro").get_by_role("button").click()
    lab.until("nnlab.playing")
    lab.get("(nnlab.board.emit('chosen', 'speed'), nnlab.send('speed', 7))")
    lab.page.wait_for_timeout(1500)
    assert lab.get("nnlab.frame.speed") == 7


# ---- nothing is lost ---------------------------------------------------------------------------------------------------
def test_back_leaves_the_page_with_one_press_however_much_was_changed(lab: Tab) -> None:
    lab.quieten()
    lab.page.goto("about:blank")
    entries = lab.page.evaluate("history.length")
    lab.page.goto(lab.app.url)
    lab.until(f"window.nnlab?.drawn > 0 && ({FILLED})")
    for title in ("Overfitting", "Hills"):
        lab.choose(title)
        lab.page.wait_for_url(lambda url, title=title: in_address(url) is not None)
        lab.until(CALM)
    lab.get("(nnlab.board.set({seed: 12}), nnlab.board.changed())")
    lab.page.wait_for_url(lambda url: in_address(url).seed == 12)
    assert lab.page.evaluate("history.length") == entries + 1
    lab.page.get_by_test_id("stHeader").get_by_text("Learning").click()
    lab.page.locator("a", has_text="Loss landscape").click()
    lab.page.wait_for_url("**/landscape**")
    lab.until(f"window.nnlab?.drawn > 0 && ({FILLED})")
    lab.page.go_back()
    lab.page.wait_for_url(lambda url: urlsplit(url).path == "/")
    lab.until(f"({FILLED}) && nnlab.experiment.seed === 12")
    lab.page.go_back()
    assert lab.page.url == "about:blank"


def test_a_change_is_taken_back_by_key_and_button_and_made_again(lab: Tab) -> None:
    lab.go("", ready=FILLED)
    lab.get("nnlab.send('play', false)")
    undo, redo = (lab.page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Redo"))
    assert undo.is_disabled() and redo.is_disabled()
    noise = lab.get("nnlab.experiment.data.noise")
    lab.get("(nnlab.board.set({'data.noise': 35}), nnlab.board.changed())")
    lab.page.wait_for_url(lambda url: in_address(url).data.noise == 35)
    lab.choose("Overfitting")
    lab.until("nnlab.experiment.data.kind === 'gaussians'")
    lab.until(CALM)
    lab.page.locator(".player .clock").click()  # nobody is typing
    lab.page.keyboard.press("Control+z")
    lab.until("nnlab.experiment.data.kind === 'circle' && nnlab.experiment.data.noise === 35")
    lab.until(CALM)
    undo.click()
    lab.until("nnlab.experiment.data.noise === arg", noise)
    lab.page.wait_for_url(lambda url: in_address(url).data.noise == noise)
    lab.until(CALM)
    assert undo.is_disabled()
    redo.click()
    lab.until("nnlab.experiment.data.noise === 35")
    lab.until(CALM)
    lab.page.locator(".player .clock").click()
    lab.page.keyboard.press("Control+Shift+z")
    lab.until("nnlab.experiment.data.kind === 'gaussians'")


def test_undo_works_where_a_slider_was_used_last(lab: Tab) -> None:
    lab.go("", ready=FILLED)
    rate = lab.get("nnlab.experiment.training.learning_rate")
    slider = lab.page.locator(".player").get_by_role("slider", name="Learning rate").first
    slider.focus()
    slider.press("ArrowRight")
    lab.until("nnlab.experiment.training.learning_rate !== arg", rate)
    lab.until(CALM)
    lab.page.keyboard.press("Control+z")
    lab.until("nnlab.experiment.training.learning_rate === arg", rate)


def test_undo_belongs_to_the_text_while_somebody_is_typing(lab: Tab) -> None:
    lab.go("", ready=FILLED)
    lab.get("(nnlab.board.set({'data.noise': 35}), nnlab.board.changed())")
    lab.page.wait_for_url(lambda url: in_address(url).data.noise == 35)
    lab.until(CALM)
    field = lab.page.locator(
        "section[data-testid=stSidebar] input[type=number], section[data-testid=stSidebar] input[inputmode]"
    ).first
    field.click()
    lab.page.keyboard.press("Control+z")
    lab.page.wait_for_timeout(300)
    assert lab.get("nnlab.experiment.data.noise") == 35


# ---- links -------------------------------------------------------------------------------------------------------------
def test_a_link_carries_speed_view_and_options_as_they_were_set(lab: Tab, chromium: Browser) -> None:
    lab.go("", ready=FILLED)
    lab.pause()
    lab.page.locator(".player").get_by_role("slider", name="Speed").first.fill("0.5")
    lab.tab(WARP.title)
    lab.page.get_by_role("combobox", name="Neuron on axis 1").select_option(index=1)
    lab.page.locator(".view-curves").get_by_role("button", name="Options of Learning curves").click()
    lab.page.locator(".view-curves .log-time").check()
    lab.page.wait_for_url(
        lambda url: "warp" in look_of(query(url, "s")).options and "view.curves" in look_of(query(url, "s")).options
    )
    look = look_of(query(lab.page.url, "s"))
    assert (
        look.view == "warp" and look.options["warp"]["units"][0] == 1 and look.options["view.curves"] == {"time": True}
    )
    speed = look.speed
    assert speed == lab.get("nnlab.frame.speed")
    with one_tab(chromium, lab.app) as other, other.whole():
        other.page.goto(f"{lab.app.url}/?s={query(lab.page.url, 's')}")
        other.until(f"window.nnlab?.drawn > 0 && ({FILLED})")
        assert other.get("nnlab.frame.speed") == speed
        assert other.page.locator(".tab[aria-selected=true]").inner_text() == WARP.title
        other.page.get_by_role("combobox", name="Neuron on axis 1").wait_for()
        assert other.page.get_by_role("combobox", name="Neuron on axis 1").input_value() == "1"
        assert other.page.locator(".view-curves .log-time").is_checked()


def test_share_shows_the_link_as_text_and_as_a_code_and_says_who_can_open_it(lab: Tab) -> None:
    lab.go("", ready=FILLED)
    lab.page.get_by_role("button", name="Share", exact=True).click()
    box = lab.page.get_by_test_id("stPopoverBody")
    link = box.get_by_test_id("stCode").inner_text()
    assert "run=" not in link and in_address(link) == in_address(lab.page.url)
    assert "Only this computer can open it" in box.inner_text()
    code = box.get_by_role("img")
    code.wait_for()
    assert code.bounding_box()["width"] > 150
    box.get_by_text("For a projector").click()
    lab.page.wait_for_function(
        holds("[...document.querySelectorAll('[data-testid=stCode]')].some((e) => e.innerText.includes('present=1'))")
    )


# ---- the projector, paper and other pages -------------------------------------------------------------------------------
@pytest.mark.parametrize("page", some(TOPICS, HOME, "backpropagation"))
def test_presenter_mode_leaves_the_picture_half_as_large_again_and_paper_shows_what_the_screen_does(
    lab: Tab, page: str
) -> None:
    lab.page.set_viewport_size({"width": 1366, "height": 630})
    lab.go(page, ready=FILLED)
    lab.pause()
    lab.page.keyboard.press("Escape")  # the card of a first visit
    size = "parseFloat(getComputedStyle(document.querySelector('[class*=-watch] p')).fontSize)"
    before = lab.get(size)
    lab.page.keyboard.press("p")
    lab.page.wait_for_function("location.search.includes('present=1')")
    for gone in ("stHeader", "stSidebar"):
        assert not lab.page.get_by_test_id(gone).is_visible()
    assert lab.get(size) == pytest.approx(1.5 * before)
    zoom = lab.page.locator(".stage").evaluate("(e) => e.currentCSSZoom")
    assert zoom == 1.5
    lab.page.wait_for_timeout(800)
    lead = lab.page.locator(".left > .panel").first.bounding_box()
    assert lead["x"] >= 0 and lead["x"] + lead["width"] <= 1366
    assert lead["y"] + lead["height"] <= 631 or page == "backpropagation", "whose walk grows with what is asked"
    assert lab.get("document.documentElement.scrollWidth") <= 1366
    lab.page.reload()
    lab.until("window.nnlab?.drawn > 0")
    assert not lab.page.get_by_test_id("stSidebar").is_visible()
    lab.page.keyboard.press("Escape")
    lab.page.keyboard.press("p")
    lab.page.wait_for_function("!location.search.includes('present')")
    assert lab.page.get_by_test_id("stSidebar").is_visible()
    lab.page.wait_for_timeout(500)
    seen = lab.get(PICTURES)
    assert seen or page == "landscape"
    lab.get("window.dispatchEvent(new Event('beforeprint'))")
    lab.page.emulate_media(media="print")
    lab.page.set_viewport_size({"width": PAPER_PX, "height": 700})
    lab.page.wait_for_timeout(500)
    for gone in ("stHeader", "stSidebar"):
        assert not lab.page.get_by_test_id(gone).is_visible()
    assert lab.get(PICTURES) == seen, "none is drawn anew, which paper would not wait for"
    assert lab.page.evaluate(OUTSIDE) == 0
    lab.get("window.dispatchEvent(new Event('afterprint'))")
    main = lab.page.get_by_test_id("stMain")
    assert main.evaluate("(e) => getComputedStyle(e).overflowY") == "visible", (
        "what lies below the window is printed too"
    )


STILL = """async () => {
  const host = [...document.querySelectorAll("[class*='-board'] *")].find((e) => e.shadowRoot).shadowRoot;
  const places = () => JSON.stringify([...host.querySelectorAll("canvas")].map((c) => c.getBoundingClientRect()));
  const before = places();
  await new Promise((done) => setTimeout(done, 400));
  return document.documentElement.classList.contains("nnlab-presenting") && places() === before;
}"""


def test_what_is_pointed_at_in_presenter_mode_is_what_is_hit(lab: Tab) -> None:
    lab.page.set_viewport_size({"width": 1366, "height": 630})
    lab.go("", ready=FILLED)
    lab.pause()
    lab.page.keyboard.press("p")
    lab.page.wait_for_function(STILL)
    plane = "nnlab.board.views.find((v) => v.name === 'boundary').view.plane"
    canvas = lab.page.locator(".view-boundary canvas.surface").first
    box = canvas.bounding_box()
    canvas.hover(position={"x": box["width"] * 0.7, "y": box["height"] * 0.3})
    x, y = lab.get("nnlab.board.pointed")
    px, py = lab.page.evaluate(f"([x, y]) => [{plane}.x(x), {plane}.y(y)]", [x, y])
    assert px * 1.5 == pytest.approx(box["width"] * 0.7, abs=3) and py * 1.5 == pytest.approx(
        box["height"] * 0.3, abs=3
    )
    network = "nnlab.board.views.find((v) => v.name === 'network').view"
    for i in (1, -1):
        lab.page.mouse.move(5, 5)
        lab.page.wait_for_function(STILL)  # the mouse moves once: what it is to hit must be where it was looked for
        for shift in range(200):  # a hand that moves on: on a busy machine the picture may be laid out once more
            node = lab.get(f"(({{ layer, unit, x, y }}) => ({{ layer, unit, x, y }}))({network}.plan.nodes.at({i}))")
            at = lab.get(f"(({{ left, top }}) => [left, top])({network}.canvas.getBoundingClientRect())")
            lab.page.mouse.move(at[0] + 1.5 * node["x"] + shift % 2, at[1] + 1.5 * node["y"])
            lab.page.wait_for_timeout(100)
            if lab.get("nnlab.board.focused?.join()") == f"{node['layer']},{node['unit']}":
                break
        else:
            raise AssertionError(f"node {i} is not hit where it is drawn")
    lab.page.keyboard.press("p")


@contextmanager
def course() -> Iterator[str]:
    """Another site, such as a school's, with an empty frame in its page."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><iframe width=1000 height=600></iframe>")

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"  # another site than 127.0.0.1
    server.shutdown()
    server.server_close()


def test_another_page_shows_it_in_a_frame_where_the_operator_allows_that_and_not_elsewhere(
    chromium: Browser, app: App
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    show = "(url) => { document.querySelector('iframe').src = url; }"
    with course() as site, real_app.running(variables={"NNLAB_EMBED": site}) as allowed:
        page.goto(site)
        page.evaluate(show, allowed.url)
        page.wait_for_timeout(500)
        frame = page.frames[1]
        frame.wait_for_function("window.nnlab?.drawn > 0", timeout=PATIENCE_MS)
        frame.evaluate("nnlab.send('play', true)")
        frame.wait_for_function("nnlab.step > 3", timeout=PATIENCE_MS)
        with page.expect_console_message(
            lambda m: "frame-ancestors" in m.text or "Refused to frame" in m.text or "refused to" in m.text
        ):
            page.evaluate(show, app.url)
    context.close()
