"""The page of the token LSTM."""

from pathlib import Path

from nnlab.ui.groups import USUAL
from nnlab.ui.presets import Preset
from nnlab.ui.topic import Topic
from nnlab.views.view import View
from nnlab_extension.tokens.spec import TokenLstm

GUESSES = View(
    name="guesses",
    title="What comes next",
    needs=("guesses",),
    module="plugins/extension/guesses.js",
    help="How likely it takes each token at each place.",
    alt="A grid: places along, tokens down, darker where a token is expected.",
    place="square",
)
TOPIC = Topic(
    name="token_lstm",
    title="Token LSTM",
    section="Extension",
    family="token_lstm",
    presets={
        "beat_phrases": Preset(
            "Rhythm", "It learns to wait until the phrase comes round again.", 100, TokenLstm.example()
        )
    },
    views=("guesses", "network", "curves"),
    groups=USUAL,
    page=str(Path(__file__).parent.parent / "pages" / "token_lstm.py"),
)
