"""What travels between browser, server and workers. No torch."""
