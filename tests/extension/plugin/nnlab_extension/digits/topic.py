"""The page of the small CNN."""

from pathlib import Path

from nnlab.ui.groups import USUAL
from nnlab.ui.presets import Preset
from nnlab.ui.topic import Topic
from nnlab.views.view import View
from nnlab_extension.digits.spec import SmallCnn

CHANNEL_MAPS = View(
    name="channel_maps",
    title="Channels",
    needs=("channel_maps",),
    module="plugins/extension/channel_maps.js",
    help="What the first convolution makes of one picture.",
    alt="One picture and a map for each channel of the first convolution.",
    place="wide",
)
LARGE = {**SmallCnn.example(), "data": {"kind": "segments", "samples": 20_000}}

TOPIC = Topic(
    name="small_cnn",
    title="Small CNN",
    section="Extension",
    family="small_cnn",
    presets={
        "small": Preset(
            "200 pictures", "The first strokes that it tells apart are the upright ones.", 50, SmallCnn.example()
        ),
        "large": Preset("20 000 pictures", "An epoch takes long, and the numbers are those of a sample.", 50, LARGE),
    },
    views=("channel_maps", "boundary", "curves", "confusion", "histograms"),
    groups=USUAL,
    tabs=True,
    page=str(Path(__file__).parent.parent / "pages" / "small_cnn.py"),
)
