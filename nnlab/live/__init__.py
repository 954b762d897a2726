"""Live runs: worker processes, the server that speaks to them, and the messages between them and the browser."""
