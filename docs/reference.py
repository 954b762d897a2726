"""Writes docs/reference/ from what nnlab declares: `.venv/bin/python docs/reference.py`. A test compares the two."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nnlab.analysis.analysis import ON_REQUEST, ONCE
from nnlab.core import registries as lines
from nnlab.core.experiment import Experiment
from nnlab.core.fields import Control, Spec, controls
from nnlab.core.kinds import picked
from nnlab.core.parts import LOSSES_OF, ModelSpec
from nnlab.core.registry import Registry
from nnlab.core.training import Training
from nnlab.data.points.spec import PointsSpec
from nnlab.families import losses

NOTE = "Written by `docs/reference.py` from the declarations in the code: change those, and run it again."
OFTEN = {0.0: "in every frame", ONCE: "with the scene", ON_REQUEST: "on request"}


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table under the columns of `head`; "" without rows."""
    body = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in (head, "--- | " * head.count("|") + "---", *body)) if body else ""


def doc(thing: Any) -> str:
    """Its docstring as Markdown."""
    return inspect.cleandoc(thing.__doc__ or "").replace("<", "&lt;")


def ours(registry: Registry) -> list[tuple[str, Any]]:
    """What nnlab itself registers, without what plug-ins add."""
    return [(name, registry.load(name)) for name in registry if registry._lines[name].startswith("nnlab.")]


def words(names: Iterable[object]) -> str:
    """Names in a sentence."""
    return ", ".join(f"`{name}`" for name in names)


def allowed(cls: type[Spec], c: Control) -> str:
    """Which values a field takes."""
    most = [f"at most {m.max_length:,} of " for m in cls.model_fields[c.name].metadata if hasattr(m, "max_length")]
    if kinds := picked(cls, c.name):
        return f"{''.join(most)}[{kinds.registry.what}]({kinds.registry.what}s.md)"
    if c.kind in ("int", "float"):
        return f"{c.lower:,} to {c.upper:,} {c.param.unit}".replace(".0 ", " ").strip()
    choices = "".join(most) + words(c.choices or [name for name, _ in c.param.choices])
    return {"bool": "on or off", "spec": "see below"}.get(c.kind, choices.removesuffix(" of "))


def fields(cls: type[Spec], but: Iterable[Control] = ()) -> str:
    """What can be chosen about a part; below it the same for parts of one kind that lie in it, such as layers."""
    rows, below = [], []
    for c in [c for c in controls(cls) if c not in but]:
        usual = c.default["kind"] if isinstance(c.default, dict) else c.default
        shown = words([usual] if isinstance(usual, bool | int | float | str) and usual != "" else [])
        rows.append((words([c.name]), c.param.label, allowed(cls, c), shown, c.param.live * "yes", c.param.help))
        for one in () if picked(cls, c.name) else (of := cls.model_fields[c.name].annotation, *get_args(of)):
            if isinstance(one, type) and issubclass(one, Spec):
                below.append(f"`{c.name}`: {doc(one)}\n\n{fields(one)}")
    return "\n\n".join([table("field | label | allowed | default | live | what it does", rows), *below])


def part(name: str, cls: type[Spec]) -> str:
    """The section of a registered specification."""
    title, shared = cls.title or name.replace("_", " ").capitalize(), issubclass(cls, PointsSpec)
    takes = f"Takes {words(cls.forms)}; answers {words(cls.targets)}." if issubclass(cls, ModelSpec) else ""
    own = [shared * "With the fields of every pattern.", fields(cls, controls(PointsSpec) if shared else ())]
    return "\n\n".join(filter(None, [f"## `{name}`: {title}", doc(cls), takes, *own]))


def analysis(name: str, one: Any) -> str:
    """The section of an analysis."""
    facts = f"Arrays: {words(one.arrays)}. Reads `{one.reads.__name__}`. Comes "
    return f"## `{name}`\n\n{facts}{OFTEN.get(one.every_s, f'every {one.every_s:g} s')}.\n\n{doc(one.compute)}"


def metrics() -> str:
    """Every metric that a model declares for data that fit it."""
    data = [cls(kind=kind) for kind, cls in ours(lines.DATASETS)]
    models = [cls.model_validate(cls.example()["model"]) for _, cls in ours(lines.FAMILIES)]
    found = [(model, m) for model in models for one in data if not model.fits(one) for m in model.metrics(one)]
    rows = [(words([model.family]), words([m.name]), m.label, m.split, m.better, m.unit) for model, m in found]
    return table("model | metric | label | mean over | better | unit", dict.fromkeys(rows))


def topic(name: str, whole: Any) -> str:
    """The section of a page, with the presets of its parts."""
    found = [f"## `{name}`: {whole.title}", whole.help]
    for one in whole.parts or (whole,):
        presets = [(words([n]), p.title, p.watch) for n, p in one.presets.items()]
        views = f"{one.title}: model `{one.family}`, views {words((*one.views, *one.charts))}."
        found += [views, table("preset | title | what to watch", presets)]
    return "\n\n".join(filter(None, found))


def pages() -> dict[str, str]:
    """The name of each file of docs/reference/ -> its text."""
    loss = next(c for c in controls(Training) if c.name == "loss")
    of = [(words([n]), loss.caption(n), words(t for t in LOSSES_OF if n in LOSSES_OF[t])) for n in loss.choices]
    views = [(words([n]), v.title, words(v.needs), words(v.asks), v.help) for n, v in ours(lines.VIEWS)]
    views += [(words([n]), c.title, "", words([c.study]), c.help) for n, c in ours(lines.CHARTS)]  # below the others
    surfaces = [(words([n]), s.title, words([s.expression]), s.source) for n, s in ours(lines.SURFACES)]
    specs = dict(Models=lines.FAMILIES, Blocks=lines.BLOCKS, Optimisers=lines.OPTIMIZERS, Schedules=lines.SCHEDULES)
    found = {title: [part(*one) for one in ours(registry)] for title, registry in specs.items()} | {
        "Datasets": ["## Every pattern", fields(PointsSpec), *(part(*one) for one in ours(lines.DATASETS))],
        "Surfaces": [table("surface | title | formula | about it", surfaces)],
        "Training": [fields(Training), "## Experiment", fields(Experiment)],
        "Losses": [table("loss | label | of", of), doc(losses)],
        "Metrics": [metrics()],
        "Analyses": [analysis(*one) for one in ours(lines.ANALYSES)],
        "Studies": [f"## `{n}`\n\nReads `{s.reads.__name__}`.\n\n{doc(s.compute)}" for n, s in ours(lines.STUDIES)],
        "Views": [table("view | title | needs | asks for | what it shows", views)],
        "Topics": [topic(*one) for one in ours(lines.TOPICS)],
    }
    return {f"{title.lower()}.md": "\n\n".join([f"# {title}", NOTE, *text]) + "\n" for title, text in found.items()}


if __name__ == "__main__":
    for name, text in pages().items():
        (Path(__file__).with_name("reference") / name).write_text(text, encoding="utf-8")
