"""Every registered family: described for the screen, torch-free to choose, and fit for what it says it takes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment
from nnlab.core.fields import controls
from nnlab.core.forms import TARGETS
from nnlab.core.registries import DATASETS, FAMILIES, LEARNERS
from tests.contracts.conftest import learner_of

every = pytest.mark.parametrize("family", list(FAMILIES))


def test_every_family_has_a_learner():
    assert list(LEARNERS) == list(FAMILIES)


@every
def test_what_can_be_chosen_is_described(family):
    spec = FAMILIES.load(family)
    assert spec.__doc__
    shown = {control.name: control for control in controls(spec)}
    assert set(shown) == set(spec.model_fields) - {"family"}
    assert all(c.param.label and c.param.help.endswith(".") for c in shown.values())


@every
def test_choosing_does_not_import_torch(family):
    code = (
        "import sys; from nnlab.core.experiment import experiment; from nnlab.core.registries import FAMILIES;"
        f"family = FAMILIES.load({family!r});"
        "specs = [experiment(family.example()), experiment(family.largest())];"
        "told = [(s.model.metrics(s.data), s.model.losses_for(s.data), s.data.sizes()) for s in specs];"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@every
def test_its_example_is_small_and_its_largest_is_not(family):
    cls = FAMILIES.load(family)
    small, large = (learner_of(experiment(value)) for value in (cls.example(), cls.largest()))
    assert small.experiment.model.family == large.experiment.model.family == family
    assert small.flat.numel() <= 10_000 and len(small.data) <= 1_000
    assert small.flops() <= large.flops()


@every
def test_what_it_takes_is_declared_in_words_that_data_use(family):
    cls = FAMILIES.load(family)
    known = {type(DATASETS.load(kind)(kind=kind).form).name for kind in DATASETS}
    assert cls.forms and set(cls.forms) & known
    assert cls.targets and set(cls.targets) <= set(TARGETS)
    assert cls.pass_name


@every
@pytest.mark.parametrize("kind", list(DATASETS))
def test_data_that_do_not_fit_are_refused_in_a_sentence_beside_the_control_and_others_are_not(family, kind):
    example = FAMILIES.load(family).example()
    data = DATASETS.load(kind)(kind=kind)
    model = FAMILIES.load(family).model_validate(example["model"])
    fits = data.form.name in model.forms and data.target in model.targets
    assert (model.fits(data) == "") is fits
    if fits:
        return
    with pytest.raises(Refused) as refused:
        experiment({**example, "data": {"kind": kind}})
    assert [(p.field, p.message) for p in refused.value.problems] == [("data.kind", model.fits(data))]


@every
def test_its_metrics_are_declared_once_each_with_words(family):
    spec = experiment(FAMILIES.load(family).example())
    metrics = spec.model.metrics(spec.data)
    assert metrics
    assert len({metric.name for metric in metrics}) == len(metrics)
    assert all(metric.label[0].isupper() and metric.kind for metric in metrics)
    assert any(metric.better for metric in metrics), "a stop rule has something to watch"
