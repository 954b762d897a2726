"""nnlab: a playground in the browser in which real PyTorch networks train in front of the student."""

__version__ = "0.1.0"
