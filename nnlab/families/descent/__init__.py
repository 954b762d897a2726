"""Optimisers on a surface."""
