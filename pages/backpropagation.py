"""The page of the topic `backpropagation`."""

from nnlab.ui.topic import show

show("backpropagation")
