"""A file of one's own in the real app: uploaded, trained on, taken away again as CSV, shared by its link."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext

from benchmarks.real_app import App
from nnlab.data.tables.rows import Rows, read_csv
from tests.browser.lab import Lab
from tests.browser.one_tab import FILLED, Tab, one_tab

CLASSES = ("cat", "dog", "hare")


def _table() -> bytes:
    """Ninety animals in three heaps, in their own units, every third one for testing."""
    rng = np.random.default_rng(3)
    lines = ["height,weight,name,split"]
    for i in range(90):
        kind = i % 3
        height, weight = 20 + 15 * kind + rng.normal(0, 2), 4 + (9, 30, 2)[kind] + rng.normal(0, 1)
        lines.append(f"{height:.2f},{weight:.2f},{CLASSES[kind]},{'test' if i % 9 < 3 else 'train'}")
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def table() -> bytes:
    return _table()


@pytest.fixture(scope="module")
def tab(chromium: Browser, app: App, table: bytes) -> Iterator[Tab]:
    """The playground with the file as its data: one tab for all tests of this file."""
    with one_tab(chromium, app) as tab:
        tab.go("", ready=FILLED)
        sidebar = tab.page.get_by_test_id("stSidebar")
        sidebar.get_by_text("Upload a CSV file", exact=True).click()
        file = {"name": "pets.csv", "mimeType": "text/csv", "buffer": table}
        sidebar.locator("input[type=file]").set_input_files(file)
        tab.until("nnlab.experiment.data.kind === 'upload' && nnlab.scene.answer.classes === 3")
        yield tab


@pytest.fixture
def uploaded(tab: Tab) -> Iterator[Tab]:
    with tab.whole():
        yield tab


def _points(lab: Lab) -> np.ndarray:
    """Two features, label and whether it tests, a row a point, as the page has them."""
    return np.array(lab.get("Array.from(nnlab.scene.points)"), np.float32).reshape(-1, 4)


def _as_points(rows: Rows) -> np.ndarray:
    assert rows.is_test is not None
    return np.column_stack([rows.inputs, rows.targets, rows.is_test]).astype(np.float32)


def test_an_uploaded_file_is_what_the_page_shows_and_trains_on(uploaded: Tab, table: bytes) -> None:
    points = _points(uploaded)
    assert points.shape == (90, 4) and points[:, 3].sum() == 30
    np.testing.assert_allclose(points, _as_points(read_csv(table)), atol=1e-6)
    assert tuple(uploaded.get("nnlab.scene.answer.class_names")) == CLASSES
    assert uploaded.get("nnlab.scene.form.axis_names") == ["height", "weight"]
    uploaded.reset()
    loss = uploaded.get("nnlab.metrics.train_loss")
    uploaded.play()
    uploaded.until("nnlab.step > 100 && nnlab.metrics.train_loss < 0.5 * arg", loss)
    assert uploaded.pause() > 100


def test_the_downloaded_csv_holds_the_points_of_the_page(uploaded: Tab) -> None:
    with uploaded.page.expect_download() as waiting:
        uploaded.page.get_by_role("button", name="Data as CSV").click()
    text = Path(waiting.value.path()).read_bytes()
    rows = read_csv(text)
    assert text.startswith(b"height,weight,name,split\n"), "in the file's own words"
    assert rows.answer.class_names == CLASSES
    np.testing.assert_allclose(_as_points(rows), _points(uploaded), atol=1e-5)


def test_the_shared_link_opens_the_same_experiment_for_somebody_else(
    uploaded: Tab, new_lab: Callable[..., Lab], new_context: Callable[..., BrowserContext]
) -> None:
    uploaded.page.get_by_role("button", name="Share", exact=True).click()
    link = uploaded.page.get_by_test_id("stPopoverBody").locator("code").inner_text().strip()
    assert "run=" not in link, "the run belongs to this browser"
    other = new_lab(new_context()).open(link)
    assert other.get("nnlab.experiment") == uploaded.get("nnlab.experiment")
    np.testing.assert_array_equal(_points(other), _points(uploaded))
