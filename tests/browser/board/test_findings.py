"""What the assistant says in the bar: one voice, the first finding by its name, each with its remedy."""

from __future__ import annotations

from nnlab.analysis.diagnosis.finding import Finding
from nnlab.core.say import Told

SLOW = Finding(
    Told("slow", {"moved": 1e-6, "fall": 0.001, "updates": 500}),
    {"training.learning_rate": 0.1},
    Told("rate", {"learning_rate": 0.1}),
)
DEAD = Finding(Told("dead", {"count": 3, "total": 8}), {}, Told("leaky_relu"))


BOUNCING = Finding(Told("bouncing", {"rate": 3.0, "risen": True, "first": 0.3, "now": 0.9, "rough": 0.0}))


def test_a_finding_has_a_sentence_and_a_remedy_and_moves_nothing(tab) -> None:
    parts = [tab.part(name) for name in (".player", ".grid", ".view-boundary .heat")]
    before = [part.bounding_box() for part in parts]
    tab.finds(SLOW)
    tab.part(".chip[data-code=slow]").get_by_text("Learning rate too small", exact=True).wait_for()
    sentence = tab.page.get_by_text("Learning rate too small: one update moves the weights by 1e−6 of their length")
    assert sentence.is_hidden()
    assert [part.bounding_box() for part in parts] == before
    tab.chip().click()
    sentence.wait_for()
    assert [part.bounding_box() for part in parts] == before
    tab.page.get_by_role("button", name="Set the learning rate to 0.10").click()
    assert tab.arrives("set")[-1]["changes"] == {"training.learning_rate": 0.1}
    tab.until("calls.length === 1")


def test_findings_go_at_once_with_the_run_they_were_about(tab) -> None:
    tab.play()
    tab.finds(DEAD)
    tab.open_finding("dead")
    tab.page.get_by_text("Dead neurons: 3 of 8").wait_for()
    tab.engine.found = []
    then = "window.then = document.querySelector('.diagnosis').innerText"
    tab.get(f"nnlab.board.on('frame', (f) => {{ if (f.restarted) {then}; }})")
    tab.get("nnlab.send('reset', null)")
    tab.until("window.then")
    assert tab.get("window.then") == "Nothing unusual."


def test_the_first_of_two_findings_stands_and_the_other_is_one_click_away(tab) -> None:
    tab.finds(SLOW, DEAD)
    tab.until("document.querySelector('.chip').innerText.split(/\\s*\\n\\s*/).join() === 'Learning rate too small,+1'")
    rows = tab.part(".diagnosis .finding")
    assert rows.nth(0).is_hidden() and tab.chip().get_attribute("aria-expanded") == "false"
    tab.chip().click()
    assert rows.evaluate_all("all => all.map((row) => row.dataset.code)") == ["slow", "dead"]
    assert rows.nth(0).is_visible() and rows.nth(1).is_visible()
    assert tab.chip().get_attribute("aria-expanded") == "true"
    tab.chip().click()
    assert rows.nth(0).is_hidden() and rows.nth(1).is_hidden() and tab.chip().is_visible()
    tab.chip().click()
    tab.page.keyboard.press("Escape")
    assert rows.nth(0).is_hidden() and tab.chip().get_attribute("aria-expanded") == "false"


MEASURED = """nnlab.board.emit('measured', {by: 'curvature', told: {code: 'above_limit',
  values: {rate: 0.5, limit: 0.4, words: '2/λmax'}}})"""


def test_what_a_view_measures_is_said_by_the_same_voice_unless_the_run_says_it(tab) -> None:
    tab.pause()
    tab.until("document.querySelector('.chip').innerText.includes('Nothing unusual')")
    tab.get(MEASURED)
    assert tab.chip().inner_text().strip() == "Learning rate above the largest stable one"
    assert tab.chip().get_attribute("data-code") == "above_limit"
    tab.finds(BOUNCING)
    tab.part(".chip[data-code=bouncing]").wait_for()
    tab.get(MEASURED)
    assert tab.part(".diagnosis .finding").evaluate_all("all => all.map((row) => row.dataset.code)") == ["bouncing"]
    tab.finds()
    tab.part(".chip[data-code=above_limit]").wait_for()
    tab.get("nnlab.board.emit('measured', {by: 'curvature', told: null})")
    tab.until("document.querySelector('.chip').dataset.code === 'well'")
    tab.get(MEASURED)
    tab.get("nnlab.board.emit('experiment', {version: 99, experiment: nnlab.experiment})")
    tab.get("nnlab.send('speed', 0)")
    tab.until("document.querySelector('.chip').dataset.code === 'well'")


def test_what_a_view_measured_is_said_no_longer_than_it_is_looked_at(tab) -> None:
    tab.play()
    tab.get(MEASURED)
    tab.part(".chip[data-code=above_limit]").wait_for()
    tab.until("document.querySelector('.chip').dataset.code === 'well'")


def test_the_same_finding_with_other_numbers_changes_its_words_and_keeps_its_button(tab) -> None:
    tab.finds(DEAD)
    tab.open_finding("dead")
    button = tab.page.get_by_role("button", name="Change ReLU to leaky ReLU")
    button.evaluate("button => { window.kept = button; }")
    tab.finds(Finding(Told("dead", {"count": 1, "total": 8}), {}, Told("leaky_relu")))
    tab.page.get_by_text("Dead neurons: 1 of 8 ReLU neurons gives zero").wait_for()
    assert button.evaluate("button => button === window.kept")


def test_a_screen_reader_hears_of_a_finding_once_and_not_of_every_number(tab) -> None:
    tab.get("""(() => {
      window.heard = [];
      const spoken = [...document.querySelectorAll(".status [aria-live]")];
      new MutationObserver((all) => all.forEach((m) => heard.push(m.target.textContent)))
        .observe(spoken.find((e) => e.ariaLabel === "Diagnosis"), {childList: true, characterData: true, subtree: true});
    })()""")
    said = tab.page.get_by_role("status", name="Diagnosis")
    tab.finds(DEAD)
    tab.open_finding("dead")
    tab.page.get_by_text("Dead neurons: 3 of 8").wait_for()
    assert said.inner_text() == "Dead neurons."
    tab.finds(Finding(Told("dead", {"count": 1, "total": 8}), {}, Told("leaky_relu")))
    tab.page.get_by_text("Dead neurons: 1 of 8").wait_for()
    tab.finds(SLOW, Finding(Told("dead", {"count": 2, "total": 8}), {}, Told("leaky_relu")))
    tab.until("document.querySelectorAll('.finding').length === 2")
    assert said.inner_text() in ("Learning rate too small. Dead neurons.", "Dead neurons. Learning rate too small.")
    assert len(tab.get("heard")) == 2
    tab.finds()
    tab.until("heard.at(-1) === 'Nothing unusual.'")
    for steps, rate in ((10, 0.1), (20, 0.2)):  # a sentence without a head, and a button with another number
        values = {"name": "SGD", "steps": steps, "rate": rate, "limit": None}
        tab.finds(Finding(Told("left", values), {}, Told("rate", {"learning_rate": rate})))
        if steps == 10:
            tab.open_finding("left")  # nothing to be seen closes the list, other numbers do not
        tab.page.get_by_role("button", name=f"Set the learning rate to {rate}").wait_for()
    assert said.inner_text().startswith("SGD left the surface after 10 steps")
    assert len(tab.get("heard")) == 4
