"""The page of the topic `playground`."""

from nnlab.ui.topic import show

show("playground")
