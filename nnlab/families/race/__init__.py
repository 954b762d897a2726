"""Optimisers that race down an analytic surface from one start."""
