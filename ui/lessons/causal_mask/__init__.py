"""The lesson on the causal mask: its texts, and what only it computes."""
