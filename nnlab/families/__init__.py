"""Floor 2: the models that can be trained, one folder a family. `docs/add-a-family.md` shows how to add one."""
