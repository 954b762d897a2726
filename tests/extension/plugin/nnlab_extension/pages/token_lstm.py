from nnlab.ui.topic import show

show("token_lstm")
