"""The lesson on gradients and optimizers: its texts, and what only it computes."""
