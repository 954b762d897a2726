"""Beats that repeat: tokens to be told before they come, and what can be chosen about an LSTM on them."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from nnlab.core.fields import param
from nnlab.core.forms import Answer, Tokens
from nnlab.core.metrics import Metric, means
from nnlab.core.parts import DataSpec, ModelSpec
from nnlab.core.records import Examples
from nnlab.core.rng import stream

BEATS = ("·", "x", "o", "X", "O", "-", "+", "*")


class BeatPhrases(DataSpec):
    """Each sequence repeats a phrase of its own; the answer at each place is the token that comes next."""

    kind: Literal["beat_phrases"]
    samples: int = param(
        400, ge=20, le=20_000, label="Samples", unit="sequences", help="Sequences in all; a fifth tests."
    )
    phrase: int = param(4, ge=2, le=8, label="Phrase", unit="tokens", help="After how many tokens a sequence repeats.")
    length: int = param(24, ge=8, le=32, label="Length", unit="tokens", help="Tokens in a sequence.")

    target: ClassVar[str] = "sequence"
    classes: ClassVar[int] = len(BEATS)

    @property
    def form(self) -> Tokens:
        return Tokens(BEATS, self.length)

    def sizes(self) -> tuple[int, int]:
        return self.samples - self.samples // 5, self.samples // 5

    def load(self) -> Examples:
        rng, n = stream(0, "beat_phrases"), self.samples
        phrases = rng.integers(0, len(BEATS), (n, self.phrase))
        tokens = np.take(phrases, np.arange(self.length + 1) % self.phrase, axis=1)
        answer = Answer("sequence", len(BEATS), BEATS, "next token")
        return Examples(tokens[:, :-1], tokens[:, 1:], np.arange(n) >= n - n // 5, np.arange(n), self.form, answer)


class TokenLstm(ModelSpec):
    """An embedding, one LSTM layer, and a linear layer that says which token comes next."""

    title: ClassVar[str] = "Token LSTM"
    forms: ClassVar[tuple[str, ...]] = ("tokens",)
    targets: ClassVar[tuple[str, ...]] = ("sequence",)
    family: Literal["token_lstm"]
    units: int = param(32, ge=4, le=128, label="Units", help="Numbers that the LSTM keeps in mind.")

    def metrics(self, data: DataSpec) -> tuple[Metric, ...]:
        """Loss, share of tokens told, and perplexity: among how many tokens it still wavers."""
        perplexity = Metric("perplexity", "Perplexity", "", "perplexity", "lower")
        return (*means("loss", "loss", "lower"), *means("told", "tokens told", "higher", "%"), perplexity)

    @classmethod
    def example(cls) -> dict[str, Any]:
        return {
            "data": {"kind": "beat_phrases", "samples": 100, "length": 12},
            "model": {"family": "token_lstm", "units": 16},
            "training": {"optimizer": {"kind": "adam"}, "learning_rate": 0.01, "batch_size": 20},
        }

    @classmethod
    def largest(cls) -> dict[str, Any]:
        return {
            "data": {"kind": "beat_phrases", "samples": 20_000, "length": 32},
            "model": {"family": "token_lstm", "units": 128},
            "training": {"batch_size": 16_000},
        }
