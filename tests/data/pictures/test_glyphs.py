"""Glyphs and strokes: families of fonts on one side only, shapes as Pillow draws them, variations of the strength asked for."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy.interpolate import CubicHermiteSpline

from nnlab.data.pictures import fonts, pens
from nnlab.data.pictures.found import beside
from nnlab.data.pictures.glyphs import CHARACTERS, FAMILIES, STYLES, WHOLE
from tests.data.pictures.oracles import spec_of

STILL = {"rotation": 0, "scaling": 0, "shear": 0, "shift": 0, "noise": 0, "paleness": 0}
TTF = beside("matplotlib", "mpl-data", "fonts", "ttf")
WHATS = list(CHARACTERS)
FILES = [(family, style, file) for family, faces in FAMILIES.items() for style, file in faces.items()]


def boxes(pictures, at=100):
    """Left, top, right and bottom of what is brighter than `at`, (n, 4)."""
    found = []
    for picture in pictures[:, 0] > at:
        rows, columns = np.flatnonzero(picture.any(1)), np.flatnonzero(picture.any(0))
        found.append((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    return np.array(found)


# ---- fonts ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("family", "style", "file"), FILES)
def test_a_file_is_of_the_family_and_the_style_that_it_stands_for(family, style, file):
    name, face = ImageFont.truetype(TTF / file).getname()
    modern = {
        "cmr10": "Computer Modern Serif",
        "cmb10": "Computer Modern Serif",
        "cmti10": "Computer Modern Serif",
        "cmss10": "Computer Modern Sans",
        "cmtt10": "Computer Modern Typewriter",
        "STIXGeneral": "STIX General",
    }
    assert modern.get(name, name) == family
    if not file.startswith("cm"):
        assert face.lower().replace("oblique", "italic").replace("book", "regular") == style


@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize("seed", range(5))
def test_no_family_of_fonts_is_on_both_sides_and_every_one_is_on_one(what, seed):
    spec = spec_of("glyphs", what=what, seed=seed, samples=400)
    sides = {}
    for split, n in zip(("train", "test"), spec.sizes(), strict=True):
        chosen = spec.chosen(spec.labels(split, n), split)
        sides[split] = set(chosen.families)
        assert sides[split] == set(spec.families(split))
        assert all(
            file in FAMILIES[family].values() for family, file in zip(chosen.families, chosen.files, strict=True)
        )
    assert not sides["train"] & sides["test"]
    assert sides["train"] | sides["test"] == set(WHOLE if what in ("greek", "style") else FAMILIES)


@pytest.mark.parametrize("what", WHATS)
def test_every_character_is_in_every_font_that_shows_it(what):
    missing = []
    for family in WHOLE if what in ("greek", "style") else FAMILIES:
        for file in FAMILIES[family].values():
            font = ImageFont.truetype(TTF / file, 40)
            unknown = bytes(font.getmask("\U000f1234"))
            missing += [(file, c) for c in CHARACTERS[what] if bytes(font.getmask(c)) in (unknown, b"")]
    assert missing == []


@pytest.mark.parametrize("what", WHATS)
def test_what_a_picture_shows_is_its_class(what):
    spec = spec_of("glyphs", what=what, samples=400)
    labels = spec.labels("train", spec.sizes()[0])
    chosen = spec.chosen(labels, "train")
    for label, family, file, character in zip(labels, *chosen, strict=True):
        shown = (
            next(style for style, name in FAMILIES[family].items() if name == file) if what == "style" else character
        )
        assert shown == spec.class_names[label]
    assert set(chosen.characters) <= set(CHARACTERS[what])
    assert what != "style" or set(spec.class_names) == set(STYLES)


@pytest.mark.parametrize(
    ("file", "character"), [("DejaVuSerif.ttf", "R"), ("cmr10.ttf", "8"), ("STIXGeneralItalic.ttf", "β")]
)
def test_a_glyph_is_the_one_that_pillow_draws_in_the_middle_at_eight_tenths(file, character):
    still = np.array([np.eye(2)]), np.zeros((1, 2))
    found = fonts.rendered([fonts.master(file, character)], *still)[0]
    large = Image.new("L", (900, 900))
    ImageDraw.Draw(large).text((300, 100), character, fill=255, font=ImageFont.truetype(TTF / file, 400))
    tight = large.crop(large.getbbox())
    ratio = 0.8 * 28 * 8 / max(tight.size)
    tight = tight.resize([round(side * ratio) for side in tight.size], Image.Resampling.BOX)
    canvas = Image.new("L", (224, 224))
    canvas.paste(tight, ((224 - tight.width) // 2, (224 - tight.height) // 2))
    theirs = np.asarray(canvas.reduce(8)) / 255
    assert np.corrcoef(found.ravel(), theirs.ravel())[0, 1] > 0.95
    assert abs(found.sum() / theirs.sum() - 1) < 0.03


def test_without_variation_a_face_shows_a_character_always_alike():
    spec = spec_of("glyphs", samples=600, strokes=0, **STILL)
    n = spec.sizes()[0]
    chosen, data = spec.chosen(spec.labels("train", n), "train"), spec.load()
    by_name = {}
    for picture, file, character in zip(data.inputs[:n], chosen.files, chosen.characters, strict=True):
        assert np.array_equal(by_name.setdefault((file, character), picture), picture)
    assert len(by_name) > 100
    edges = boxes(data.inputs)
    longer = np.maximum(edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1])
    assert np.abs(longer - 0.9 * 0.8 * 28).max() <= 2
    assert np.abs((edges[:, :2] + edges[:, 2:]) / 2 - 14).max() <= 1


# ---- variations ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["glyphs", "strokes"])
def test_the_strength_of_a_variation_changes_the_same_pictures(kind):
    """As many draws whatever the strength: what is not varied stays where it was."""
    loud, quiet = (spec_of(kind, samples=200, noise=noise, paleness=0).load() for noise in (20, 0))
    assert np.array_equal(loud.targets, quiet.targets)
    middle = (quiet.inputs > 60) & (quiet.inputs < 195)  # where noise is not clipped
    strays = (loud.inputs[middle].astype(float) - quiet.inputs[middle]) / 255
    assert abs(strays.mean()) < 0.02 and 0.15 < strays.std() < 0.21
    other = spec_of(kind, samples=200, noise=0, paleness=60).load().inputs.astype(float)
    faint = other.reshape(200, -1).max(1) / quiet.inputs.reshape(200, -1).max(1)
    assert 0.39 < faint.min() < 0.45 and 0.95 < faint.max() <= 1.01


@pytest.mark.parametrize(
    ("field", "low", "high"), [("rotation", 0, 40), ("scaling", 0, 40), ("shear", 0, 50), ("shift", 0, 25)]
)
def test_each_variation_alone_is_the_map_of_its_formula(field, low, high):
    none, much = (spec_of("strokes", **{**STILL, field: value}).warps("train", 4_000) for value in (low, high))
    assert np.allclose(none[0], 0.9 * np.eye(2)) and np.allclose(none[1], 0)
    matrix, moved = much
    sizes = np.sqrt(np.linalg.det(matrix))
    if field == "rotation":
        angle = np.rad2deg(np.arctan2(matrix[:, 1, 0], matrix[:, 0, 0]))
        assert np.allclose(sizes, 0.9) and -40 <= angle.min() < -39 and 39 < angle.max() <= 40
    elif field == "scaling":
        assert 0.5 <= sizes.min() < 0.51 and 1.29 < sizes.max() <= 1.3
    elif field == "shear":
        slant = matrix[:, 0, 1] / 0.9
        assert np.allclose(matrix[:, 1, 0], 0) and -0.5 <= slant.min() < -0.49 and 0.49 < slant.max() <= 0.5
    else:
        assert np.allclose(matrix, 0.9 * np.eye(2)) and 0.24 < np.abs(moved).max() <= 0.25


@pytest.mark.parametrize("kind", ["glyphs", "strokes"])
def test_a_map_turns_and_moves_what_is_drawn(kind):
    """To the right and down, and clockwise: a 1 or another upright thing leans as its map says."""
    there = spec_of(kind, samples=200, **STILL)
    moved = spec_of(kind, samples=200, **{**STILL, "shift": 15})
    _, by = moved.warps("train", 160)
    centres = [
        (boxes(one.load().inputs[:160])[:, :2] + boxes(one.load().inputs[:160])[:, 2:]) / 2 for one in (there, moved)
    ]
    inside = np.abs(by).max(1) < 0.12
    assert np.abs((centres[1] - centres[0] - 28 * by)[inside]).max() <= 1


def test_the_default_shares_drawn_digits_among_glyphs_and_tests_none():
    spec = spec_of("glyphs")
    train, test = spec.sizes()
    assert spec.by_pen("train", train).sum() == round(0.4 * train)
    assert not spec.by_pen("test", test).any()
    for what in ("capitals", "small", "greek", "style"):
        assert not spec_of("glyphs", what=what).by_pen("train", train).any()
    fewer = spec_of("glyphs", strokes=20).by_pen("train", train)
    assert fewer.sum() == round(0.2 * train) and (spec.by_pen("train", train) | ~fewer).all()


def test_another_share_of_drawn_digits_changes_no_other_picture():
    few, many = (spec_of("glyphs", samples=300, strokes=share) for share in (20, 60))
    n = few.sizes()[0]
    stay = few.by_pen("train", n) | ~many.by_pen("train", n)
    assert np.array_equal(few.load().inputs[:n][stay], many.load().inputs[:n][stay])
    assert not np.array_equal(few.load().inputs[:n], many.load().inputs[:n])


# ---- strokes -------------------------------------------------------------------------------------------------------------
def test_a_line_that_bends_is_a_spline_through_its_joints_as_scipy_has_it():
    joints = np.array([(0.1, 0.2), (0.5, 0.0), (0.9, 0.4), (0.3, 0.9), (0.6, 1.0)])
    ours = pens._basis(len(joints)) @ joints
    doubled = np.concatenate([joints[:1], joints, joints[-1:]])
    slopes = (doubled[2:] - doubled[:-2]) / 2
    theirs = CubicHermiteSpline(np.arange(5), joints, slopes)(np.linspace(0, 4, 4 * pens.STEPS + 1))
    assert np.allclose(ours, theirs)


def test_every_digit_has_ways_to_be_written_and_all_are_used():
    assert len(pens.WAYS) == 10 and all(len(ways) >= 2 for ways in pens.WAYS)
    for digit, ways in enumerate(pens.WAYS):
        n = len(ways)
        draws = (np.arange(n) + 0.5) / n
        stray = np.zeros((n, pens.MOST_JOINTS, 2))
        written = pens.written(np.full(n, digit), draws, stray)
        assert [len(lines) for lines in written] == [len(way) for way in ways]
        assert len({tuple(np.concatenate(lines).ravel().round(6)) for lines in written}) == n


def test_what_is_written_fills_a_box_of_side_one_around_the_middle():
    rng = np.random.default_rng(0)
    written = pens.written(np.arange(200) % 10, rng.random(200), rng.standard_normal((200, pens.MOST_JOINTS, 2)))
    for lines in written:
        points = np.concatenate(lines)
        low, high = points.min(0), points.max(0)
        assert np.allclose(low + high, 0) and np.isclose((high - low).max(), 1)


def test_lines_that_share_a_joint_stay_joined():
    written = pens.written(
        np.full(50, 7), np.full(50, 0.99), np.random.default_rng(0).standard_normal((50, pens.MOST_JOINTS, 2))
    )
    assert all(np.allclose(lines[0][-1], lines[1][0]) for lines in written)


def test_the_pen_is_as_wide_as_it_is_said_to_be():
    """A line down the middle covers its length times its width."""
    line = [[np.array([(0.0, -0.5), (0.0, 0.5)])]]
    for width in (0.05, 0.1):
        found = pens.rendered(line, np.eye(2)[None], np.zeros((1, 2)), np.array([width]))[0]
        wide = 28 * width
        assert found.sum() == pytest.approx(0.8 * 28 * wide + np.pi * wide**2 / 4, rel=0.12)
        assert found[14].sum() == pytest.approx(wide, abs=0.3)


def test_no_two_drawn_digits_are_alike():
    data = spec_of("strokes", noise=0, paleness=0).load()
    assert len({picture.tobytes() for picture in data.inputs}) == len(data)
