"""The page of the topic `optimisers`."""

from nnlab.ui.topic import show

show("optimisers")
