"""A user's own pictures as a set of data: sizes and colours, attached by digest, and gone with the server."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.core import attachments
from nnlab.core.errors import Refused
from nnlab.core.experiment import experiment
from nnlab.core.links import from_link, to_link
from nnlab.data.pictures.album import Album
from nnlab.data.pictures.own import _smaller, keep
from nnlab.data.pictures.reading import read_pictures
from tests.data.pictures.oracles import encoded, plain, spec_of
from tests.examples import assert_whole
from tests.synthetic import synthetic

__all__ = ["synthetic"]
RED, BLUE = (220, 30, 20), (20, 40, 230)


def album(n=30) -> Album:
    pairs = [
        (f"{word}-{i}.png", colour)
        for word, colour in (("red", RED), ("blue", BLUE), ("grey", (90, 90, 90)))
        for i in range(n)
    ]
    return read_pictures([(name, encoded(plain(colour))) for name, colour in pairs])


@pytest.mark.parametrize(
    "fields", [{}, {"side": 16, "colour": False}, {"side": 28}, {"side": 64}, {"train_share": 50, "samples": 40}]
)
def test_uploaded_pictures_are_a_set_like_any_other(fields):
    spec = keep(album(), name="mine.zip").model_copy(update=fields)
    data = assert_whole(spec)
    assert data.answer.class_names == spec.class_names == ("blue", "grey", "red")
    assert len(data) == fields.get("samples", 90) and (spec.form.channels, spec.form.height) == (
        3 if spec.colour else 1,
        spec.side,
    )
    for split in ("train", "test"):
        assert len(set(data.targets[data.rows(split)].tolist())) == 3
    red = data.inputs[data.targets == 2].astype(int)
    wanted = RED if spec.colour else (round(0.299 * RED[0] + 0.587 * RED[1] + 0.114 * RED[2]),)
    assert np.abs(red - np.array(wanted)[:, None, None]).max() <= 1


def test_before_there_are_files_it_is_a_legal_set_of_nothing():
    spec = spec_of("pictures")
    assert (
        len(assert_whole(spec)) == 0 and spec.sizes() == (0, 0) and spec.class_names == () and spec.attachment() is None
    )


def test_the_digest_names_pictures_and_classes_and_nothing_else():
    one, other = album(3), album(3)
    assert one.digest == other.digest
    assert Album(one.pixels, one.labels, ("a", "b", "c")).digest != one.digest
    assert Album(one.pixels ^ 1, one.labels, one.class_names).digest != one.digest


def test_the_pictures_travel_beside_the_specification():
    spec = keep(album(3))
    digest, found = spec.attachment()
    assert digest == spec.digest == found.digest and found.n_bytes == found.pixels.nbytes + found.labels.nbytes
    attachments.register(digest, found)
    with pytest.raises(Refused, match="damaged"):
        attachments.register("0" * 64, found)


def test_a_link_to_pictures_that_are_gone_says_so_and_tells_its_sizes(synthetic):
    spec = keep(album(3)).model_copy(update={"digest": "1" * 64})
    assert spec.sizes() == (6, 3) and spec.classes == 3 and spec.class_names == ()
    whole = experiment({"data": spec.model_dump(), "model": {"family": "conv"}})
    assert from_link(to_link(whole)) == whole
    for ask in (spec.load, spec.attachment):
        with pytest.raises(Refused, match="upload the file again"):
            ask()


def test_counts_that_are_not_those_of_the_pictures_are_refused():
    spec = keep(album(3)).model_copy(update={"counts": (3, 3, 4)})
    with pytest.raises(
        Refused, match=r"data.counts must be \[3, 3, 3\], as in the uploaded pictures; got \[3, 3, 4\]."
    ):
        spec.load()


def test_a_table_is_no_pictures():
    from nnlab.data.points import upload
    from nnlab.data.tables.rows import read_csv

    digest = upload.keep(read_csv(b"a,b,label\n1,2,x\n3,4,y\n")).digest
    with pytest.raises(Refused, match="must be pictures"):
        spec_of("pictures", digest=digest, counts=[2, 2]).load()


@pytest.mark.parametrize("side", [16, 20, 28, 32, 48, 64])
def test_a_smaller_picture_has_the_mean_of_what_it_covers(side):
    """A slope stays a slope, and the mean of a picture stays."""
    slope = np.broadcast_to(np.linspace(0, 252, 64)[:, None, None], (64, 64, 1)).astype(np.uint8)[None]
    found = _smaller(slope, side)[0, :, :, 0]
    edges = (np.arange(side) + 0.5) / side * 64 - 0.5
    assert found.shape == (side, side) and np.abs(found - edges[:, None] * 4).max() <= 2
    noise = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3)).astype(np.uint8)
    assert np.abs(_smaller(noise, side).mean((1, 2)) - noise.mean((1, 2))).max() < 0.5
    if 64 % side == 0:
        k = 64 // side
        blocks = noise.reshape(2, side, k, side, k, 3).mean((2, 4))
        assert np.abs(_smaller(noise, side) - blocks).max() <= 0.51
