"""Runs: a learner, its clock and its history, moved forwards and backwards exactly."""
