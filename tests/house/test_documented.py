"""Whatever is registered is documented, and what the documents name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nnlab.core import registries
from nnlab.core.fields import controls
from nnlab.core.registries import DATASETS, FAMILIES, OPTIMIZERS, SCHEDULES
from nnlab.core.registry import Registry

TWINS = {"LEARNERS", "RULES"}  # the same names as FAMILIES and OPTIMIZERS, with torch behind them
REGISTRIES = {name: value for name, value in vars(registries).items() if isinstance(value, Registry)}
EVERY = [(found.what, line) for name, found in REGISTRIES.items() if name not in TWINS for line in found]


@pytest.fixture(scope="module")
def documents(root) -> str:
    """All pages of docs/."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((root / "docs").rglob("*.md")))


@pytest.fixture(scope="module")
def terms(root) -> list[str]:
    """The terms of the glossary, in lower case; a line may name several."""
    text = (root / "docs" / "glossary.md").read_text(encoding="utf-8")
    lines = re.findall(r"(?m)^\*\*(.+?)\*\* —", text)
    return [term.lower() for line in lines for term in ([line] if "=" in line else line.split(", "))]


@pytest.mark.parametrize(("what", "name"), EVERY)
def test_every_registered_name_is_in_the_documents(documents, what, name):
    assert f"`{name}`" in documents or re.search(rf"\| {name} \|", documents), f"docs/ does not mention {what} {name}"


def _shown(spec):
    return [control for control in controls(spec) if control.param.widget != "none"]


@pytest.mark.parametrize("registry", [DATASETS, FAMILIES, OPTIMIZERS, SCHEDULES], ids=lambda r: r.what)
def test_every_label_on_the_screen_is_in_the_glossary(terms, registry):
    labels = {c.param.label.lower() for name in registry for c in _shown(registry.load(name))}
    assert {label for label in labels if label not in terms} == set()


def test_every_label_of_the_parts_is_in_the_glossary(terms):
    from nnlab.core.experiment import Experiment
    from nnlab.core.training import Stop, Training
    from nnlab.families.mlp.spec import Layer

    labels = {c.param.label.lower() for part in (Experiment, Training, Stop, Layer) for c in _shown(part)}
    assert {label for label in labels if label not in terms} == set()


def test_the_terms_stand_once_and_in_order(terms):
    letters = [term[0] for term in terms]
    assert letters == sorted(letters)
    assert len(set(terms)) == len(terms)


def test_the_registries_are_all_looked_at():
    assert {name.lower() for name in REGISTRIES} == set(registries.REGISTRIES) >= set(registries.SERVED)
    assert list(registries.LEARNERS) == list(FAMILIES)
    assert list(registries.RULES) == list(OPTIMIZERS)


def test_every_link_between_documents_leads_somewhere(root):
    broken = []
    for path in [*root.glob("*.md"), *(root / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            if "://" not in target and not (path.parent / target).exists():
                broken.append(f"{path.name}: {target}")
    assert broken == []


def test_a_decision_takes_one_page_of_at_most_40_lines(root):
    pages = sorted((root / "docs" / "decisions").glob("*.md"))
    assert len(pages) >= 4
    assert {p.name: n for p in pages if (n := p.read_text(encoding="utf-8").count("\n")) > 40} == {}


def test_contributing_fits_on_one_page(root):
    assert (root / "CONTRIBUTING.md").read_text(encoding="utf-8").count("\n") <= 60


def test_every_command_of_the_readme_exists(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"start\.py (\w+)", text))
    source = (root / "start.py").read_text(encoding="utf-8")
    assert named >= {"test", "check", "bench"}
    assert {name for name in named if f'"{name}":' not in source} == set()


def test_every_option_of_the_readme_exists(root):
    from nnlab import cli

    text = (root / "README.md").read_text(encoding="utf-8")
    options = set(re.findall(r"`(--[a-z-]+)", text))
    source = Path(cli.__file__).read_text(encoding="utf-8")
    assert options >= {"--host", "--port", "--workers", "--no-browser"}
    assert {name for name in options if f'"{name}"' not in source} == set()
