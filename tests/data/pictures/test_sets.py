"""Every set of pictures: sizes told without loading, classes on both sides, a pure function of its specification, a card."""

from __future__ import annotations

import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.pictures import chance, kinds, linear, measured
from nnlab.core.fields import controls
from nnlab.core.registries import DATASETS
from nnlab.data.pictures.spec import PicturesSpec, _loaded
from tests.data.pictures.oracles import KINDS, VARIANTS, spec_of, variant
from tests.examples import assert_whole, same

every = pytest.mark.parametrize("kind", KINDS)
each = pytest.mark.parametrize(("kind", "value"), VARIANTS)
FEW = {
    "kind": st.sampled_from(KINDS),
    "samples": st.integers(100, 400),
    "share": st.integers(10, 90),
    "seed": st.integers(0, 99),
}


def test_there_are_eight_sets_and_the_users_own():
    assert set(kinds()) == {"glyphs", "strokes", "mnist", "digits8", "icons", "emoji", "shapes", "textures"}
    assert issubclass(DATASETS.load("pictures"), PicturesSpec)


@each
def test_every_class_is_on_both_sides_and_bytes_are_laid_out_as_the_form_says(kind, value):
    data = assert_whole(variant(kind, value))
    assert data.inputs.dtype == np.uint8 and data.inputs.flags["C_CONTIGUOUS"]
    assert data.inputs.max() > 200 and data.inputs.std() > 20
    for split in ("train", "test"):
        assert set(data.targets[data.rows(split)].tolist()) == set(range(data.answer.classes))
    assert data.answer.class_names == variant(kind, value).class_names
    assert len(set(data.answer.class_names)) == data.answer.classes


@given(**FEW)
@settings(max_examples=40)
def test_the_sizes_that_are_told_are_those_that_load_and_no_class_is_missing(kind, samples, share, seed):
    spec = spec_of(kind, samples=samples, train_share=share, seed=seed)
    data = spec.load()
    assert spec.sizes() == (data.count("train"), data.count("test"))
    assert abs(sum(spec.sizes()) - samples) <= data.answer.classes
    for split in ("train", "test"):
        assert len(set(data.targets[data.rows(split)].tolist())) == data.answer.classes


@each
@pytest.mark.parametrize("share", [10, 50, 90])
def test_the_training_share_is_kept_and_all_pictures_that_there_are_are_used(kind, value, share):
    spec = variant(kind, value, train_share=share)
    train, test = spec.sizes()
    held_out = value not in ("", "none") and kind == "emoji"  # the share is one of names there
    if not held_out:
        assert abs(train / (train + test) - share / 100) < 0.03
        assert train + test == spec.samples


@every
def test_another_process_makes_the_same_pictures(kind):
    code = (
        "import zlib; from nnlab.core.registries import DATASETS\n"
        f"data = DATASETS.load({kind!r})(kind={kind!r}, samples=150).load()\n"
        "print(zlib.crc32(data.inputs.tobytes()), zlib.crc32(data.targets.tobytes()), zlib.crc32(data.ids.tobytes()))"
    )
    data = spec_of(kind, samples=150).load()
    here = [zlib.crc32(getattr(data, name).tobytes()) for name in ("inputs", "targets", "ids")]
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [int(word) for word in there.stdout.split()] == here


@every
def test_another_seed_gives_other_pictures_or_another_split(kind):
    assert not same(spec_of(kind, samples=200).load(), spec_of(kind, samples=200, seed=1).load())


@every
def test_the_pictures_belong_to_the_caller(kind):
    spec = spec_of(kind, samples=150)
    first = spec.load()
    before = first.inputs.copy()
    first.inputs[:] = 7
    assert np.array_equal(spec.load().inputs, before)


@every
def test_what_was_loaded_is_kept(kind):
    spec = spec_of(kind, samples=150)
    spec.load()
    hits = _loaded.cache_info().hits
    spec.load()
    assert _loaded.cache_info().hits == hits + 1


@every
def test_the_default_set_is_of_a_size_that_one_core_trains_on(kind):
    assert 1_700 <= sum(spec_of(kind).sizes()) <= 5_000


@every
def test_no_picture_stands_on_both_sides(kind):
    data = spec_of(kind).load()
    train, test = ({picture.tobytes() for picture in data.inputs[data.rows(split)]} for split in ("train", "test"))
    assert train & test == set()


@each
def test_the_card_says_where_it_comes_from_and_how_hard_it_is(kind, value):
    card = variant(kind, value).card
    assert all(text.endswith(".") and len(text) > 10 for text in (card.shows, card.source)) and card.licence
    assert card.figures is not None
    assert card.figures.chance == pytest.approx(chance(variant(kind, value).load()), abs=6e-4)
    assert card.figures.chance < card.figures.linear <= card.figures.cnn <= 1


def test_uploaded_pictures_have_a_card_without_figures():
    card = spec_of("pictures").card
    assert card.figures is None and card.shows and card.source


@every
def test_a_set_with_variants_has_figures_of_each_and_no_others(kind):
    cls = DATASETS.load(kind)
    assert set(cls.figures) == {value for name, value in VARIANTS if name == kind}
    assert cls.varies == "" or cls.varies in {control.name for control in controls(cls)}


def test_the_server_makes_no_picture_and_imports_nothing_that_would():
    code = (
        "import sys, numpy\n"
        "numpy.load = numpy.loadtxt = lambda *a, **k: sys.exit('loads a file')\n"
        "from nnlab.core.registries import DATASETS\n"
        f"kinds = {[*KINDS, 'pictures']!r}\n"
        "for kind in kinds:\n"
        "    spec = DATASETS.load(kind)(kind=kind)\n"
        "    told = spec.form, spec.target, spec.classes, spec.sizes(), spec.class_names, spec.card, spec.attachment()\n"
        "heavy = ('torch', 'sklearn', 'pandas', 'scipy', 'matplotlib', 'mlxtend', 'PIL', 'streamlit')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_the_figure_of_a_linear_model_is_what_it_reaches():
    """The quickest of them, anew; `benchmarks/pictures.py` measures them all."""
    assert linear(spec_of("digits8").load()) == pytest.approx(spec_of("digits8").card.figures.linear, abs=0.01)


@pytest.mark.slow
@each
def test_the_figures_of_a_card_are_what_is_reached(kind, value):
    found, told = measured(variant(kind, value).load()), variant(kind, value).card.figures
    assert found.linear == pytest.approx(told.linear, abs=0.02)
    assert found.cnn == pytest.approx(told.cnn, abs=0.06)
