"""The page of the topic `one_neuron`."""

from nnlab.ui.topic import show

show("one_neuron")
