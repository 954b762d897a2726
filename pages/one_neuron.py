from nnlab.ui.topic import show

show("one_neuron")
