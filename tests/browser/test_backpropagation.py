"""The page on backpropagation as a class uses it: step, play, click a weight, type an example; and what it says is true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from nnlab.core.parts import LOSSES_OF
from nnlab.core.registries import OPTIMIZERS
from nnlab.ui.topics.backpropagation_presets import PRESETS
from tests.browser.one_tab import FILLED, Tab

WALK = "nnlab.board.views[0].view"
HERE = f"{WALK}?.r && !{WALK}.waiting && !{WALK}.arrive && {WALK}.requested.split(' ')[2] >= nnlab.frame.version"
STEPS = 5  # Muon's own number of Newton–Schulz steps


OPENS = ("backpropagation", f"{WALK}?.r && {FILLED}")


@pytest.fixture
def page(tab: Tab) -> Iterator[Tab]:
    """The page at the first step of its first example."""
    with tab.whole():
        yield tab


def preset(lab: Tab, name: str) -> None:
    """Another starting point, at its first step."""
    lab.become(PRESETS[name].experiment, HERE)
    lab.get(f"({WALK}.choose(null), {WALK}.reset())")
    lab.until(HERE)


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def said(lab: Tab) -> str:
    return str(lab.page.locator(".bp-sentence").inner_text())


def click(lab: Tab, where: str) -> None:
    """A click on the picture; `where` is a JavaScript expression over `p`, the plan, that gives [x, y]."""
    place = lab.get(
        f"(() => {{ const p = {WALK}.plan, c = {WALK}.picture.canvas; c.scrollIntoView({{block: 'center'}});"
        f" const b = c.getBoundingClientRect(), [x, y] = {where}; return [b.left + x, b.top + y]; }})()"
    )
    lab.page.mouse.click(*place)


def phase(lab: Tab, title: str) -> None:
    lab.page.get_by_role("navigation", name="Phases").get_by_role("button", name=title, exact=True).click()


def test_the_page_waits_with_its_example_and_arrows_walk_there_and_back(page: Tab) -> None:
    assert "x = 1, y = 2" in said(page)
    assert page.get("nnlab.step") == 0 and not page.get("nnlab.playing")
    phase(page, "Forward")
    assert "0.269" in said(page)
    phase(page, "Loss")
    assert said(page).startswith("Loss.") and "(0.269 − 1)² ≈ 0.534" in said(page)

    preset(page, "first")
    page.page.get_by_label("Size of a step").select_option("edge")
    seen = [said(page)]
    for _ in range(12):
        page.page.keyboard.press("ArrowRight")
        seen.append(said(page))
    assert len(set(seen)) == 13
    assert "h₁ takes x times its weight: 0.5 · 1 = 0.5" in seen[1]
    for before in reversed(seen[:-1]):
        page.page.keyboard.press("ArrowLeft")
        assert said(page) == before


def test_space_plays_and_pauses_play_goes_on_to_the_next_update_and_reset_comes_back(page: Tab) -> None:
    preset(page, "first")
    first = page.weights()
    page.page.get_by_label("Size of a step").select_option("edge")
    page.page.get_by_label("Steps per second").select_option("10")
    page.page.locator(".bp-sentence").click()
    page.page.keyboard.press(" ")
    page.until(f"{WALK}.at > 5")
    page.page.keyboard.press(" ")
    at = page.get(f"{WALK}.at")
    page.page.wait_for_timeout(400)
    assert page.get(f"{WALK}.at") == at

    page.page.get_by_label("Size of a step").select_option("phase")
    page.page.get_by_role("button", name="Play", exact=True).click()
    page.until("nnlab.step >= 2")
    page.page.get_by_role("button", name="Pause", exact=True).click()
    page.until(HERE)
    assert page.weights() != first
    page.page.keyboard.press("r")
    page.until(f"nnlab.step === 0 && {WALK}.r.at[0] === 0")
    assert page.weights() == first


SWALLOW = """(() => {
  const { socket } = nnlab.board, { send } = socket;
  socket.send = (name, ...more) => {
    if (name !== "ask") return send(name, ...more);
    socket.send = send;
    return "sent";
  };
})()"""


def test_numbers_that_are_lost_on_the_way_are_asked_for_again(page: Tab) -> None:
    preset(page, "first")
    for loss in ("nnlab.board._text({type: 'notice', code: 'notice.restored', level: 'warning'})", "nnlab.drop()"):
        page.get(SWALLOW)
        page.step(1)
        page.until(f"{WALK}.waiting")
        page.get(loss)
        page.until(f"nnlab.board.asks && !{WALK}.waiting" if "restored" in loss else HERE)
        assert page.page.locator(".bp-failed").is_hidden()
        page.step(1)
        page.until(f"{HERE} && {WALK}.r.at[0] === nnlab.step")


def test_in_every_preset_the_promised_loss_is_the_loss_after_the_update(page: Tab) -> None:
    for name in PRESETS:
        preset(page, name)
        promised = page.get(f"{WALK}.r.loss_after[0]")
        phase(page, "New loss")
        assert "the loss goes from" in said(page), name
        page.page.keyboard.press("ArrowRight")
        page.until(f"nnlab.step === 1 && {WALK}.r.at[0] === 1 && {HERE}")
        assert page.get("nnlab.metrics.train_loss") == pytest.approx(promised, abs=1e-5), name
        assert page.get(f"{WALK}.at") == 0, name
        page.page.keyboard.press("ArrowLeft")
        page.until(f"nnlab.step === 0 && {WALK}.r.at[0] === 0 && {HERE}")
        assert "the loss goes from" in said(page), name


def test_every_weight_has_three_equal_derivatives(page: Tab) -> None:
    for name in ("vanishing", "batch", "classes"):
        preset(page, name)
        page.page.get_by_role("button", name="Backward", exact=True).click()  # now all of them are known
        picture = page.page.get_by_role("application", name="The network with the numbers")
        picture.focus()
        count = page.get(f"{WALK}.r.weights.length")
        titles = set()
        for _ in range(count):
            picture.press("Period")
            titles.add(page.page.locator(".bp-chain h4").inner_text())
            hand, autograd, difference = (number(t) for t in page.page.locator(".bp-table b").all_inner_texts())
            assert hand == pytest.approx(autograd, abs=1e-8) == pytest.approx(difference, abs=1e-8), name
            assert page.page.locator(".bp-verdict").inner_text().startswith("Equal")
        assert len(titles) == count


CHAINS = """async () => {
  const { chain } = await import('/assets/views/backprop/chain.js');
  const r = $walk.r;
  return r.weights.map((_, i) => [r.gradient[i], chain(r, r.where(i), 0).at(-1).text]).filter(([, t]) => t.includes('·…:'));
}""".replace("$walk", WALK)


def test_the_products_along_all_paths_add_up_to_the_gradient(page: Tab) -> None:
    for name in ("first", "vanishing", "dead"):
        preset(page, name)
        found = page.page.evaluate(CHAINS)
        assert len(found) >= 6, name
        for gradient, text in found:
            assert number(text.split()[-1]) == pytest.approx(gradient, rel=6e-3, abs=1e-9), name


def test_a_click_writes_the_chain_rule_and_a_typed_weight_changes_the_run_or_is_refused(page: Tab) -> None:
    preset(page, "first")
    click(page, "[p.links[0].lx, p.links[0].ly]")
    hidden = page.page.get_by_text("Backward has not reached it yet.")
    assert hidden.is_visible() and not page.page.locator(".bp-lines").is_visible(), "a class works it out first"
    page.page.get_by_role("button", name="Show it").click()
    assert not hidden.is_visible()
    lines = page.page.locator(".bp-lines").inner_text()
    assert "w(x→h₁)" in lines
    assert "= (−2.92) · 0.25 · 1 ≈ −0.731" in lines
    assert "δ(ŷ) = ∂L/∂ŷ · f′(z) = (−1.46) · 1 ≈ −1.46" in lines
    assert "← 0.5 − 0.1 · (−0.731) ≈ 0.573" in page.page.locator(".bp-move").inner_text()
    page.page.get_by_role("button", name="Close").click()
    click(page, "[p.nodes.at(-1).pill.x, p.nodes.at(-1).pill.y]")
    assert page.page.locator(".bp-chain h4").inner_text() == "Bias b(ŷ)"
    assert hidden.is_visible(), "another one is asked for anew"
    page.page.get_by_role("button", name="Backward", exact=True).click()
    assert not hidden.is_visible() and page.page.locator(".bp-lines").is_visible()

    click(page, "[p.links[0].lx, p.links[0].ly]")
    field = page.page.get_by_role("textbox", name="Its value")
    field.fill("much")
    field.press("Enter")
    assert "must be a number" in page.page.locator(".bp-chain .bp-problem").inner_text()
    assert page.weights()[0] == 0.5
    field.fill("-1,5")
    field.press("Enter")
    page.until(f"{WALK}.r.weights[0] === -1.5")
    assert page.weights()[0] == -1.5
    assert page.get(f"{WALK}.r.z[0]") == pytest.approx(-2.0)


def test_a_bad_input_or_target_gets_a_sentence_and_changes_nothing_and_a_good_one_goes_into_the_address(
    page: Tab,
) -> None:
    preset(page, "first")
    group = page.page.get_by_role("group", name="Example")
    before = page.get("JSON.stringify(nnlab.experiment)")
    bad = {"x": ("seven", "", "7", "1e400", "1;2"), "target": ("seven", "", "11", "-1e400")}
    for name, limit in (("x", 6), ("target", 10)):
        field = group.get_by_role("textbox", name=name, exact=True)
        for value in bad[name]:
            field.fill(value)
            field.press("Enter")
            sentence = f"{name} must be a number from −{limit} to {limit}; got {value or 'nothing'}."
            page.page.get_by_text(sentence, exact=True).wait_for()
            assert field.get_attribute("aria-invalid") == "true"
        page.page.wait_for_timeout(300)
        assert page.get("JSON.stringify(nnlab.experiment)") == before
        assert page.get(f"[{WALK}.r.points[0], {WALK}.r.labels[0]]") == [1, 1]

    link = parse_qs(urlsplit(page.page.url).query)["s"]
    for name, value in (("x", "2"), ("target", "-0.5")):
        field = group.get_by_role("textbox", name=name, exact=True)
        field.fill(value)
        field.press("Enter")
        page.until(f"{WALK}.r.{'points[0]' if name == 'x' else 'labels[0]'} === arg", float(value))
    assert page.get(f"{WALK}.r.z[0]") == pytest.approx(0.5)
    page.page.wait_for_function("old => !location.search.includes(old)", arg=link[0])


def test_one_example_of_a_batch_can_be_learned_alone(page: Tab) -> None:
    preset(page, "batch")
    assert page.get(f"{WALK}.r.n") == 4
    page.page.get_by_label("Examples in the update").select_option("2")
    page.until(f"{WALK}.r.n === 1")
    assert page.get(f"Array.from({WALK}.r.points)") == [-1, -1]
    page.page.get_by_role("button", name="Add example").click()
    page.until(f"{WALK}.r.n === 5")
    page.page.get_by_role("button", name="Remove").click()
    page.until(f"{WALK}.r.n === 4")


def test_the_largest_network_has_room_for_every_number(page: Tab) -> None:
    found = page.page.evaluate(
        """async () => {
          const { plan, leastWidth, SIZES } = await import('/assets/views/backprop/layout.js');
          const near = [];
          const sides = (n) => ({ left: n.x - n.width / 2, right: n.x + n.width / 2, top: n.y - n.height / 2, bottom: n.y + n.height / 2 });
          const pen = document.createElement("canvas").getContext("2d");
          const long = (text, weight, more) => ((pen.font = `${weight} 14px ${nnlab.board.theme.font}`), pen.measureText(text).width + more);
          const [pill, label] = [long("∂b −0.00731", 700, 14), long("∂ −0.0073", 500, 8)];
          for (const [inputs, hidden, outputs] of [[2, [4, 4, 4], 4], [4, [4, 4, 4], 1], [10, [4], 1], [2, [1, 4, 2], 3], [2, [], 1]]) {
            const widths = [inputs, ...hidden, outputs];
            const blocks = widths.slice(1).map((fan_out, i) => ({ fan_out, fan_in: widths[i], start: 0, stride: widths[i] + 1, bias: widths[i], bias_stride: 1 }));
            const r = { blocks, last: blocks.length, units: (l) => widths[l], weightAt: () => 0, biasAt: () => 0 };
            for (const size of SIZES) {
              const p = plan(r, leastWidth(r, size));
              for (const layer of blocks.keys()) {
                const ys = p.links.filter((l) => l.layer === layer + 1).map((l) => l.ly).sort((a, b) => a - b);
                near.push(Math.min(...ys.slice(1).map((y, i) => y - ys[i])));
              }
              const { left, right, top, bottom } = sides(p.loss);
              const out = p.nodes.map(sides).filter((n) => n.top < 0 || n.bottom > p.height || (n.bottom > top && n.right > left));
              if (out.length || bottom > p.height || right > p.width) near.push(-1);
              for (const { node, at } of p.ways) {
                const [x, y] = at(label);
                const free = y > node.y + node.height / 2 ? sides(node).left + pill : sides(node).right;
                if (x - label / 2 < free || x + label / 2 > p.width) near.push(-2);
              }
            }
          }
          return near;
        }"""
    )
    assert min(found) >= 12


def test_another_activation_keeps_the_place_and_another_shape_begins_again(page: Tab) -> None:
    preset(page, "first")
    phase(page, "Backward")
    at = page.get(f"{WALK}.at")
    page.get("nnlab.board.set({'model.layers.0.activation': 'tanh'})")
    page.until(f"{WALK}.r.blocks[0].activation === 'tanh'")
    assert page.get(f"{WALK}.at") == at > 0
    page.get("nnlab.board.set({'model.layers': [{units: 3, activation: 'tanh'}, {units: 2, activation: 'relu'}]})")
    page.until(f"{WALK}.r.blocks.length === 3")
    assert page.get(f"{WALK}.at") == 0


@pytest.mark.parametrize("steps", [1, 200], ids=["the_loss_overflows", "the_weights_overflow"])
def test_a_run_that_diverged_says_so_and_finds_back(page: Tab, steps: int) -> None:
    preset(page, "first")
    page.get("nnlab.board.set({'training.learning_rate': 10})")
    while not page.get("nnlab.frame.stopped"):
        at = page.get("nnlab.step")
        page.get(f"nnlab.send('step', {{unit: 'batch', n: {steps}}})")
        page.until("nnlab.step > arg || nnlab.frame.stopped", at)
    told = page.page.locator(".bp-failed")
    told.get_by_text("infinite or not a number").wait_for()
    told.get_by_role("button", name="Go back").click()
    told.wait_for(state="hidden")
    page.until(f"{WALK}.r !== null && !nnlab.frame.stopped")
    assert page.page.locator(".bp-sentence").is_visible()


HOLES = """async () => {
  const { sentence, SIZES, walk } = await import('/assets/views/backprop/steps.js');
  const { chain } = await import('/assets/views/backprop/chain.js');
  const r = $walk.r, steps = walk(r), said = [];
  for (const [size] of SIZES) for (let e = 0; e < r.n; e++) for (let at = 0; at < steps.length; at++) said.push(sentence(r, steps, at, { size, e }));
  for (let i = 0; i < r.weights.length; i++) said.push(...chain(r, r.where(i), 0).map((l) => l.text));
  return [said.length, said.filter((t) => /undefined|NaN|null|—|∞|\\[object/.test(t))];
}""".replace("$walk", WALK).replace("\\\\", "\\")


def test_no_sentence_has_a_hole_whatever_the_loss_and_the_optimiser(page: Tab) -> None:
    for name in ("first", "batch", "classes"):
        preset(page, name)
        losses = LOSSES_OF[PRESETS[name].experiment.data.target]
        for i, kind in enumerate(OPTIMIZERS):
            loss = losses[i % len(losses)]
            version = page.get(
                f"nnlab.board.set({{'training.loss': '{loss}', 'training.optimizer': {{kind: '{kind}'}}}})"
            )
            page.until(f"{WALK}.requested.split(' ')[2] >= arg && !{WALK}.waiting", version)
            assert page.get(f"{WALK}.r.parts.size") >= 1, (name, kind)
            count, holes = page.page.evaluate(HOLES)
            assert count > 50 and holes == [], (name, kind)


def test_muon_is_chosen_and_its_newton_schulz_steps_stand_below_a_hidden_weight(page: Tab) -> None:
    lab = page
    preset(lab, "vanishing")
    picker = lab.page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").filter(has_text="Optimiser")
    picker.get_by_role("combobox").click()
    lab.page.get_by_role("option", name="Muon", exact=True).click()
    lab.until(f"{WALK}.r?.scene.experiment.training.optimizer.kind === 'muon' && !{WALK}.waiting")
    steps = lab.page.get_by_test_id("stSidebar").get_by_role("spinbutton", name="Newton–Schulz steps")
    assert int(steps.input_value()) == STEPS
    lab.page.get_by_label("Size of a step").select_option("phase")
    lab.page.get_by_role("navigation", name="Phases").get_by_role("button", name="Update", exact=True).click()
    assert "made orthogonal by Newton–Schulz steps" in lab.page.locator(".bp-sentence").inner_text()
    hidden = lab.get(f"{WALK}.plan.links.findIndex((l) => l.layer === 2)")
    place = lab.get(
        f"(() => {{ const p = {WALK}.plan, c = {WALK}.picture.canvas; c.scrollIntoView({{block: 'center'}});"
        f" const b = c.getBoundingClientRect(); return [b.left + p.links[{hidden}].lx, b.top + p.links[{hidden}].ly]; }})()"
    )
    lab.page.mouse.click(*place)
    index = lab.get(f"{WALK}.plan.links[{hidden}].index")
    move = lab.page.locator(".bp-move")
    for name in (
        "the orthogonal step",
        "velocity",
        "blend",
        "scaled",
        *("turned" + "₁₂₃₄₅"[i] for i in range(STEPS)),
    ):
        assert re.search(rf"{name} −?[\d.]+", move.inner_text()), name
    assert "turned₆" not in move.inner_text() and "earlier gradients" not in move.inner_text()
    r = lab.get(f"(({{ change, parts }}) => [change[{index}], parts.get('muon')[{index}]])({WALK}.r)")
    assert r[0] == pytest.approx(r[1], rel=1e-6) and r[1] != 0
    before = lab.weights()[index]
    lab.page.get_by_role("navigation", name="Phases").get_by_role("button", name="New loss", exact=True).click()
    lab.page.get_by_role("application", name="The network with the numbers").press("ArrowRight")
    lab.until(f"nnlab.step === 1 && {WALK}.r.at[0] === 1")
    assert lab.weights()[index] - before == pytest.approx(r[0], rel=1e-3, abs=1e-6)
