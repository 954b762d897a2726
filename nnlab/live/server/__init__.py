"""The server: its runs, its viewers, its routes. No torch."""
