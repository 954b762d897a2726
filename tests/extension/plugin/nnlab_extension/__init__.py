"""A package beside nnlab that brings a CNN on pictures, an LSTM on tokens and a GAN of two players, found by its entry point."""

from pathlib import Path

from nnlab.core.plugins import Plugin

PLUGIN = Plugin(
    lines={
        "datasets": {
            "segments": "nnlab_extension.digits.spec:Segments",
            "beat_phrases": "nnlab_extension.tokens.spec:BeatPhrases",
            "eight_heaps": "nnlab_extension.players.spec:EightHeaps",
        },
        "families": {
            "small_cnn": "nnlab_extension.digits.spec:SmallCnn",
            "token_lstm": "nnlab_extension.tokens.spec:TokenLstm",
            "two_players": "nnlab_extension.players.spec:TwoPlayers",
        },
        "learners": {
            "small_cnn": "nnlab_extension.digits.learner:SmallCnnLearner",
            "token_lstm": "nnlab_extension.tokens.learner:TokenLstmLearner",
            "two_players": "nnlab_extension.players.learner:TwoPlayersLearner",
        },
        "analyses": {
            "channel_maps": "nnlab_extension.digits.learner:CHANNEL_MAPS",
            "guesses": "nnlab_extension.tokens.learner:GUESSES",
            "fakes": "nnlab_extension.players.learner:FAKES",
        },
        "views": {
            "channel_maps": "nnlab_extension.digits.topic:CHANNEL_MAPS",
            "guesses": "nnlab_extension.tokens.topic:GUESSES",
            "fakes": "nnlab_extension.players.topic:FAKES",
        },
        "topics": {
            "small_cnn": "nnlab_extension.digits.topic:TOPIC",
            "token_lstm": "nnlab_extension.tokens.topic:TOPIC",
            "two_players": "nnlab_extension.players.topic:TOPIC",
        },
    },
    assets=Path(__file__).parent / "assets",
)
