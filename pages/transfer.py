from nnlab.ui.topic import show

show("transfer")
