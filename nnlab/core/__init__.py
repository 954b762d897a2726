"""Floor 0: the specification of an experiment and the small values every other floor shares. No torch, no streamlit."""
