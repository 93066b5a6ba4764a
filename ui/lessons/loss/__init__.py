"""The lesson on the loss: its texts, and what only it computes."""
