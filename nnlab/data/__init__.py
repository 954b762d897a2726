"""Floor 1: datasets, one file a kind. Importing one loads numpy only; `docs/add-a-dataset.md` shows how to add one."""
