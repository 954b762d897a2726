"""The bowl as mini-batches see it, with noise in every gradient."""

from __future__ import annotations

from nnlab.surfaces.surface import Surface

NOISY_BOWL = Surface(
    title="Noisy bowl",
    expression="(x^2 + y^2)/2",
    domain=(-4.0, 4.0, -4.0, 4.0),
    minima=((0.0, 0.0, 0.0),),
    start=(-3.0, 2.5),
    learning_rate=0.1,
    watch="With noise in the gradient, no optimiser comes to rest: the learning rate sets the size of the cloud.",
    source="The bowl with Gaussian noise of standard deviation 1 in each gradient; Robbins and Monro 1951.",
    noise=1.0,
)
