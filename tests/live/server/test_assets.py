"""The files of the views: kept for good by a browser under an address that changes with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from nnlab.live.server import assets


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of files in place of the app's own."""
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "one.js").write_text("export default 1;")
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    assets.stamp.cache_clear()
    yield tmp_path
    assets.stamp.cache_clear()


def test_the_address_changes_with_the_contents_and_with_the_names(folder: Path) -> None:
    seen = [assets.address("views/one.js")]
    for change in (
        lambda: (folder / "views" / "one.js").write_text("export default 2;"),
        lambda: (folder / "views" / "one.js").rename(folder / "views" / "two.js"),
        lambda: (folder / "more.css").write_text(""),
    ):
        change()
        assets.stamp.cache_clear()
        seen.append(assets.address("views/one.js"))
    assert len(set(seen)) == 4
    assets.stamp.cache_clear()
    assert assets.address("views/one.js") == seen[-1], "the same files have the same address after a restart"


def browser() -> httpx.AsyncClient:
    """Somebody who asks for these files."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=assets.routes())), base_url="http://here")


async def test_a_browser_keeps_what_has_a_stamp_and_asks_about_the_rest(folder: Path) -> None:
    async with browser() as ask:
        kept, asked = await ask.get(assets.address("views/one.js")), await ask.get("/assets/views/one.js")
    assert kept.text == asked.text == "export default 1;"
    assert "immutable" in kept.headers["Cache-Control"] and "max-age=31536000" in kept.headers["Cache-Control"]
    assert asked.headers["Cache-Control"] == "no-cache"


async def test_another_version_s_address_is_not_answered_with_this_one(folder: Path) -> None:
    async with browser() as ask:
        assert (await ask.get("/assets/0123456789abcdef/views/one.js")).status_code == 404
