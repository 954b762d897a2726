from nnlab.ui.topic import show

show("playground")
