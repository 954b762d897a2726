"""The page of the topic `landscape`."""

from nnlab.ui.topic import show

show("landscape")
