"""A worker process: its runs, whose turn it is, and what it is asked."""
