"""The lesson on many heads: its texts, and what only it computes."""
