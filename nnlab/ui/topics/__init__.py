"""The pages, one file a page: what each shows, from which examples, with which controls."""
