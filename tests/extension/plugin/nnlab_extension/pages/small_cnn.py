from nnlab.ui.topic import show

show("small_cnn")
