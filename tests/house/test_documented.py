"""Whatever is registered is documented, and what the documents name exists."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from nnlab.core import registries
from nnlab.core.fields import controls
from nnlab.core.registries import BLOCKS, DATASETS, FAMILIES, OPTIMIZERS, SCHEDULES
from nnlab.core.registry import Registry

TWINS = {"LEARNERS", "RULES", "STAGES"}  # the same names as FAMILIES, OPTIMIZERS and BLOCKS, with torch behind them
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


@pytest.mark.parametrize("registry", [BLOCKS, DATASETS, FAMILIES, OPTIMIZERS, SCHEDULES], ids=lambda r: r.what)
def test_every_label_on_the_screen_is_in_the_glossary(terms, registry):
    labels = {c.param.label.lower() for name in registry for c in _shown(registry.load(name))}
    assert {label for label in labels if label not in terms} == set()


def test_every_label_of_the_parts_is_in_the_glossary(terms):
    from nnlab.core.experiment import Experiment
    from nnlab.core.training import Stop, Training
    from nnlab.families.cnn.spec import Augment
    from nnlab.families.mlp.spec import Layer

    labels = {c.param.label.lower() for part in (Experiment, Training, Stop, Layer, Augment) for c in _shown(part)}
    assert {label for label in labels if label not in terms} == set()


def test_the_terms_stand_once_and_in_order(terms):
    letters = [term[0] for term in terms]
    assert letters == sorted(letters)
    assert len(set(terms)) == len(terms)


def test_the_registries_are_all_looked_at():
    assert {name.lower() for name in REGISTRIES} == set(registries.REGISTRIES) >= set(registries.SERVED)
    assert list(registries.LEARNERS) == list(FAMILIES)
    assert list(registries.RULES) == list(OPTIMIZERS)
    assert list(registries.STAGES) == list(BLOCKS)


def test_every_link_between_documents_leads_somewhere(root):
    broken = []
    for path in [*root.glob("*.md"), *(root / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            if "://" not in target and not (path.parent / target).exists():
                broken.append(f"{path.name}: {target}")
    assert broken == []


def test_what_the_architecture_says_fits_on_120_lines(root):
    assert (root / "docs" / "architecture.md").read_text(encoding="utf-8").count("\n") <= 120


@pytest.mark.parametrize("page", ["add-a-dataset", "add-a-family", "add-a-view"])
def test_a_page_that_shows_how_to_add_something_is_short(root, page):
    """A half of each is code, for a place inside the repository and for a package outside of it."""
    assert (root / "docs" / f"{page}.md").read_text(encoding="utf-8").count("\n") <= 130


# ---- the files and names that the documents speak of ---------------------------------------------------------------------
ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
FILE = re.compile(r"((?:[\w.-]+/)*[\w.-]+\.(?:py|js|ts|css|md|json|toml)|(?:[\w.-]+/)+)(?::([\w.]+))?(?:\(.*\))?")
FLOORS = r"nnlab|core|surfaces|optim|families|train|analysis|views|live|ui"
DOTTED = re.compile(rf"((?:{FLOORS})(?:\.\w+)+)(?:\(.*\))?")
MEMBER = re.compile(r"([A-Z]\w+)\.(\w+)(?:\(.*\))?")
BOARD = re.compile(r"board\.(\w+)")
# What a reader of the add-a pages makes, here or in a package of their own.
MADE = {
    *("nnlab/data/points/rings.py", "nnlab-rings/", "nnlab_rings/", "rings.py"),
    *("nnlab/families/waves/spec.py", "nnlab/families/waves/learner.py", "nnlab/ui/topics/waves.py", "pages/waves.py"),
    *("tests/families/test_waves.py", "nnlab-waves/", "nnlab_waves/"),
    *("nnlab/analysis/weights/sizes.py", "assets/views/weights/sizes.js", "nnlab-sizes/", "nnlab_sizes/"),
    *("assets/sizes.js", "nnlab_waves.spec"),
}
ELSEWHERE = (".venv", "../", "plugins/")  # what a start makes, and addresses in a browser


@cache
def _ticked(page: Path) -> list[str]:
    """What stands between backticks on a page, code blocks left out."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


@cache
def _names(path: Path) -> set[str]:
    """What a file defines: `name`, and `Class.name` with what its methods set."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        names = re.findall(r"(?m)(?:^|[\s.])(\w+)\s*(?:\(.*\{|=|:)|(?:class|function) (\w+)", text)
        flat = {name for pair in names for name in pair if name}
        return flat | {f"{one}.{name}" for one in re.findall(r"class (\w+)", text) for name in flat}
    found = set()
    for node in ast.parse(text).body:
        own = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        found |= own if not isinstance(node, ast.ClassDef | ast.FunctionDef) else {node.name}
        if isinstance(node, ast.ClassDef):
            inner = {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
            attributes = {
                n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)
            }
            found |= {f"{node.name}.{name}" for name in inner | own | attributes}
    return found


@cache
def _everything() -> tuple[set[str], set[str]]:
    """All names that Python files of the package define, and the names of all files."""
    files = [path for path in ROOT.rglob("*") if not {".venv", "node_modules", ".git"} & set(path.parts)]
    sources = [path for path in files if path.suffix == ".py" and path.is_relative_to(ROOT / "nnlab")]
    return set().union(*map(_names, sources)), {path.name for path in files}


def _missing(said: str) -> bool:
    """Whether `said` names a file, or something in a file, that is not there."""
    if said in MADE or said.startswith(ELSEWHERE):
        return False
    if found := FILE.fullmatch(said):
        path, name = ROOT / found[1], found[2]
        if "/" not in said and not path.exists():
            return said not in _everything()[1]
        return not path.exists() or bool(name and name not in _names(path))
    if found := DOTTED.fullmatch(said):
        return not _importable(found[1] if said.startswith("nnlab") else f"nnlab.{found[1]}")
    if (found := MEMBER.fullmatch(said)) and any(known == found[1] for known in _everything()[0]):
        return f"{found[1]}.{found[2]}" not in _everything()[0]
    if found := BOARD.match(said):
        board = ROOT / "assets" / "board"
        return found[1] not in _names(board / "board.js") | _names(board / "component.js")
    return False


def _importable(dotted: str) -> bool:
    try:
        importlib.import_module(dotted)
    except ModuleNotFoundError:
        module, _, name = dotted.rpartition(".")
        return bool(module) and _importable(module) and hasattr(importlib.import_module(module), name)
    return True


def test_every_file_and_name_that_the_documents_speak_of_is_there():
    missing = [f"{page.name}: {said}" for page in PAGES for said in _ticked(page) if _missing(said)]
    assert missing == []


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("nnlab/train/run.py", False),
        ("nnlab/train/run.py:advance", False),
        ("nnlab/train/run.py:march", True),
        ("nnlab/train/march.py", True),
        ("nnlab/live/server/hub.py:Hub._on_set", False),
        ("nnlab/live/server/hub.py:Hub._on_sat", True),
        ("assets/board/board.js:set", False),
        ("assets/board/wire.js:Latest.merge", False),
        ("assets/board/board.js:sett", True),
        ("nnlab/", False),
        ("nnlab/doctor/", True),
        ("nnlab.core.parts", False),
        ("core.links.to_link", False),
        ("core.links.to_chain", True),
        ("Hub.tick", False),
        ("Hub.tock", True),
        ("Learner.part", False),
        ("board.ask(name, options)", False),
        ("board.beg(name)", True),
        ("spec.py", False),
        ("spek.py", True),
        ("training.learning_rate", False),
        ("torch.optim", False),
    ],
)
def test_the_search_for_what_is_missing_tells_them_apart(said, missing):
    assert _missing(said) is missing


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
