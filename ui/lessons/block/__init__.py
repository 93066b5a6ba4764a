"""The lesson on the transformer block: its texts, and what only it computes."""
