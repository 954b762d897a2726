"""Optimisers on a surface: the race, its map of learning rates, and what is wrong with it."""
