"""Transfer learning: what a network learned on one set of pictures, kept for another."""
