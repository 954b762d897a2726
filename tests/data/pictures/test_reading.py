"""A user's own pictures: what is read off files, and for what is no picture one sentence and nothing lost."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nnlab.core.errors import Refused
from nnlab.data.pictures import reading
from nnlab.data.pictures.album import SIDE
from nnlab.data.pictures.reading import MAX_PIXELS, read_pictures
from tests.data.pictures.oracles import encoded, plain, zipped
from tests.synthetic import synthetic

__all__ = ["synthetic"]
RED, BLUE = (220, 30, 20), (20, 40, 230)
PAIRS = [("red-1.png", RED), ("red-2.png", RED), ("blue 1.png", BLUE), ("blue_2.png", BLUE)]


def files(pairs=PAIRS, form="PNG", **more):
    """Pictures of one colour each, by name."""
    return [(name, encoded(plain(colour), form, **more)) for name, colour in pairs]


def told(*given_files):
    """The sentence of a refusal."""
    with pytest.raises(Refused) as refused:
        read_pictures(list(given_files))
    assert len(refused.value.problems) == 1
    sentence = str(refused.value)
    assert sentence[0].isupper() or sentence[0] == "'"
    assert sentence.endswith(".") and "Traceback" not in sentence
    return sentence


# ---- what is read --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_pictures_of_each_format_are_read_with_the_class_in_their_name(form):
    album = read_pictures(files(form=form))
    assert (album.class_names, album.counts, album.labels.tolist()) == (("blue", "red"), (2, 2), [0, 0, 1, 1])
    assert album.pixels.shape == (4, SIDE, SIDE, 3)
    assert (
        np.abs(album.pixels[2:].astype(int) - RED).max() < 12 and np.abs(album.pixels[:2].astype(int) - BLUE).max() < 12
    )


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("cat-01.png", "cat"),
        ("cat (3).png", "cat"),
        ("Cat12.PNG", "cat"),
        ("cat_b.png", "cat"),
        ("cat.png", "cat"),
        ("Kätzchen7.png", "kätzchen"),
    ],
)
def test_a_class_is_the_name_up_to_a_separator_or_a_number(name, word):
    album = read_pictures([*files(PAIRS[:2]), (name, encoded(plain(BLUE))), (word + "-9.png", encoded(plain(BLUE)))])
    assert {one.casefold() for one in album.class_names} == {"red", word}


def test_a_folder_of_a_zip_is_a_class_whatever_the_names_in_it_are():
    inside = {
        f"all/{folder}/{i}.png": encoded(plain(colour))
        for folder, colour in (("hot", RED), ("cold", BLUE))
        for i in range(3)
    }
    hidden = {"__MACOSX/all/hot/._1.png": b"x", "all/.DS_Store": b"x", "all/hot/Thumbs.db": b"x"}
    album = read_pictures([("all.zip", zipped({**inside, **hidden}))])
    assert (album.class_names, album.counts, album.notes) == (("cold", "hot"), (3, 3), ())
    assert np.array_equal(album.pixels[4, 5, 5], RED)


def test_in_a_zip_of_one_folder_the_names_tell():
    inside = {f"photos/{name}": data for name, data in files()}
    assert read_pictures([("photos.zip", zipped(inside))]).class_names == ("blue", "red")


def test_what_is_no_picture_in_a_zip_is_left_out_and_named():
    album = read_pictures([("a.zip", zipped({**dict(files()), "readme.txt": b"hello", "cat.gif": b"GIF89a"}))])
    assert len(album.labels) == 4
    (note,) = album.notes
    assert note == "Left out, because only PNG, JPEG and WebP can be used: readme.txt, cat.gif."


def test_a_picture_of_another_size_fits_into_the_square_with_its_proportions_kept():
    wide = encoded(plain(RED, (200, 100)))
    album = read_pictures([*files(), ("red-9.png", wide)])
    picture = album.pixels[-1]
    assert np.array_equal(picture[:16], np.zeros((16, SIDE, 3))) and np.array_equal(
        picture[48:], np.zeros((16, SIDE, 3))
    )
    assert np.array_equal(picture[16:48], np.broadcast_to(np.array(RED, np.uint8), (32, SIDE, 3)))
    (note,) = album.notes
    assert note == (
        "Pictures have 2 different sizes, 4 of them 40 × 40; each was made to fit a square, with its proportions kept and black "
        "beside it."
    )


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_it_was_held(form, orientation):
    """Pillow's own transpositions, undone: what the camera stored, and the tag that says how to look at it."""
    upright = np.zeros((48, 48, 3), np.uint8)
    upright[:24, :24], upright[:24, 24:], upright[24:, :24] = RED, BLUE, (255, 255, 255)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # of Image.Transpose
    stored = Image.fromarray(upright)
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(np.asarray(stored), form, exif=exif)
    found = read_pictures([*files(), (f"red-0.{form.lower()}", data)]).pixels[-1].astype(int)
    for place, colour in (((8, 8), RED), ((8, 56), BLUE), ((56, 8), (255, 255, 255)), ((56, 56), (0, 0, 0))):
        assert np.abs(found[place] - colour).max() < 40


def test_nothing_but_pixels_classes_and_notes_is_kept():
    exif = Image.Exif()
    exif[0x010E] = "taken at home, 48.1 N 11.5 E"
    album = read_pictures([*files(), ("red-0.jpg", encoded(plain(RED), "JPEG", exif=exif))])
    assert set(vars(album)) == {"pixels", "labels", "class_names", "notes"}
    assert b"taken at home" not in album.pixels.tobytes() and "home" not in repr(album.notes)


def test_see_through_pixels_are_white_and_other_modes_are_made_colour():
    clear = np.zeros((40, 40, 4), np.uint8)
    palette = Image.fromarray(plain(RED)).quantize(4)
    deep = Image.fromarray(np.full((40, 40), 40_000, np.uint16))
    made = {
        "red-a.png": Image.fromarray(clear),
        "red-b.png": palette,
        "red-c.png": deep,
        "red-d.png": Image.new("1", (40, 40), 1),
    }
    for name, picture in made.items():
        picture.save(file := reading.io.BytesIO(), "PNG")
        found = read_pictures([*files(), (name, file.getvalue())]).pixels[-1]
        wanted = {"red-a.png": (255,) * 3, "red-b.png": RED, "red-c.png": (156,) * 3, "red-d.png": (255,) * 3}[name]
        assert np.abs(found.astype(int) - wanted).max() <= 3, name


# ---- what is refused -----------------------------------------------------------------------------------------------------
def bomb(width, height):
    """A PNG whose header promises a large picture and that has no pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("width", "height"),
    [(5_001, 5_000), (12_000, 12_000), (60_000, 60_000)],
    ids=["ours", "Pillow warns", "Pillow refuses"],
)
def test_a_bomb_is_refused_by_its_header_before_a_pixel_is_decoded(monkeypatch, width, height):
    others = files()
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda *_: pytest.fail("decoded"))
    sentence = told(("big-1.png", bomb(width, height)), ("big-2.png", others[0][1]), *others)
    assert (
        sentence
        == "'big-1.png' must have at most 25 million pixels; it has more. Make it smaller, 200 × 200 is plenty."
    )


def test_many_large_pictures_are_refused_together(monkeypatch):
    monkeypatch.setattr(reading, "MAX_TOTAL_PIXELS", 5_000)
    assert told(*files()).startswith("All pictures together must have at most 0 million pixels")


def test_the_limit_is_not_above_pillows():
    assert Image.MAX_IMAGE_PIXELS is not None and MAX_PIXELS <= Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (b"", "empty"),
        (b"hello", "text"),
        (b"GIF89a" + bytes(40), "another format"),
        (encoded(plain(RED))[:60], "cut short"),
        (encoded(np.random.default_rng(0).integers(0, 256, (90, 90, 3)), "JPEG")[:900], "a JPEG cut short"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"%PDF-1.4", "PDF"),
    ],
)
def test_a_file_that_is_no_picture_is_named(broken, what):
    assert told(*files(), ("red-9.png", broken)) == (
        "'red-9.png' must be a PNG, JPEG or WebP picture; it is something else, or it is damaged."
    ), what


@given(st.binary(max_size=60), st.sampled_from(["PNG", "JPEG", "WEBP"]), st.integers(0, 200))
def test_damage_anywhere_ends_in_a_picture_or_a_sentence(noise, form, at):
    data = bytearray(encoded(plain(RED), form))
    data[at : at + len(noise)] = noise
    try:
        assert len(read_pictures([*files(), ("red-9.png", bytes(data))]).labels) == 5
    except Refused as refused:
        assert str(refused).endswith(".")


def test_no_files_one_picture_and_one_class_are_refused():
    assert told() == "There are no files; choose pictures (PNG, JPEG or WebP) or a zip of them."
    assert told(files()[0]) == "There must be at least two classes with two pictures each; got one picture in all."
    assert told(*files()[:3]) == "There must be at least two classes with two pictures each; got 3 pictures in all."
    same = [(f"cat-{i}.png", encoded(plain(RED))) for i in range(5)]
    assert told(*same).startswith(
        "There must be at least two classes; all 5 pictures are of 'cat'. Put each class into a folder"
    )


def test_a_class_of_one_picture_is_refused():
    assert told(*files(), ("dog-1.png", encoded(plain(RED)))) == (
        "The class 'dog' must have at least two pictures, one to learn from and one to test; got one."
    )


def test_a_name_without_a_class_is_refused():
    assert told(*files(), ("001.png", encoded(plain(RED)))).startswith(
        "The name of '001.png' must begin with its class"
    )


def test_more_than_twenty_classes_are_refused():
    many = [
        (f"{chr(97 + i // 26)}{chr(97 + i % 26)}x-{k}.png", encoded(plain(RED))) for i in range(21) for k in range(2)
    ]
    assert told(*many) == "There must be at most 20 classes; got 21, such as aax, abx, acx."


def test_a_picture_that_is_too_small_to_show_anything_is_refused():
    assert (
        told(*files(), ("red-9.png", encoded(plain(RED, (40, 7)))))
        == "'red-9.png' must be at least 8 × 8 pixels; got 40 × 7."
    )


def test_more_than_five_megabytes_are_refused():
    assert (
        told(("a.png", bytes(3_000_000)), ("b.png", bytes(2_100_000)))
        == "The files must have at most 5 MB together; got 5.1 MB."
    )


def test_an_empty_folder_is_refused():
    inside = {f"{folder}/{i}.png": encoded(plain(RED)) for folder in "ab" for i in range(2)}
    sentence = "The folder 'all/dogs' must hold pictures (PNG, JPEG or WebP); it holds none."
    assert told(("x.zip", zipped(inside, folders=["all/dogs"]))) == sentence
    assert told(("x.zip", zipped({**inside, "all/dogs/notes.txt": b"soon"}))) == sentence


def test_a_zip_that_grows_too_large_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(reading, "MAX_UNPACKED", 3_000)
    inside = {**dict(files()), "red-5.png": bytes(10_000)}
    assert told(("x.zip", zipped(inside))) == "'x.zip' must hold at most 0 MB of pictures; it holds more."


def test_a_zip_of_too_many_files_is_refused():
    assert (
        told(("x.zip", zipped({f"{i}.txt": b"" for i in range(4_001)})))
        == "'x.zip' must hold at most 4,000 files; it holds 4,001."
    )


@pytest.mark.parametrize("damage", ["cut short", "garbage", "method"])
def test_a_damaged_zip_is_refused(damage):
    data = zipped(dict(files()))
    if damage == "cut short":
        data = data[:-30]
    elif damage == "garbage":
        data = b"PK\x03\x04" + bytes(100)
    else:
        data = data.replace(
            b"PK\x01\x02\x14\x03\x14\x00\x00\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00\x00\x00"
        )
    assert told(("x.zip", data)) == "'x.zip' cannot be unpacked; make a plain zip without a password and upload that."
