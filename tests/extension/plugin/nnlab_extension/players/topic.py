"""The page of the two players."""

from pathlib import Path

from nnlab.ui.groups import USUAL
from nnlab.ui.presets import Preset
from nnlab.ui.topic import Topic
from nnlab.views.view import View
from nnlab_extension.players.spec import TwoPlayers

FAKES = View(
    name="fakes",
    title="Real and made",
    needs=("fakes",),
    module="plugins/extension/fakes.js",
    help="Real points are circles, made ones crosses.",
    alt="Real points on a ring and the points that the generator makes.",
    place="wide",
)
TOPIC = Topic(
    name="two_players",
    title="Two players",
    section="Extension",
    family="two_players",
    presets={"ring": Preset("Ring", "The generator runs from heap to heap.", 200, TwoPlayers.example())},
    views=("fakes", "confusion", "curves"),
    groups=USUAL,
    page=str(Path(__file__).parent.parent / "pages" / "two_players.py"),
)
