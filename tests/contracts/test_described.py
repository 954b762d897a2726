"""The views as JSON for the component."""

from __future__ import annotations

import json

import pytest

from nnlab.core.errors import UnknownName
from nnlab.core.registries import VIEWS
from nnlab.views.view import described


def test_views_travel_as_json_in_the_order_asked_for() -> None:
    sent = json.loads(json.dumps(described(["curves", "network"])))
    assert [view["name"] for view in sent] == ["curves", "network"]
    assert sent[1]["needs"] == ["weights", "neurons"]
    assert set(sent[0]) == {"name", "title", "needs", "wants", "asks", "module", "help", "alt", "place"}


def test_all_views_are_described_by_default() -> None:
    assert [view["name"] for view in described()] == list(VIEWS)


def test_a_misspelt_view_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="boundary"):
        described(["bundary"])
