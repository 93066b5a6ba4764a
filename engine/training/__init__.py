"""One training loop for everything, its optimizers and its checkpoints."""
