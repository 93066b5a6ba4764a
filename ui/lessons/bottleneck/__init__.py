"""The lesson on the bottleneck: its texts, and what only it computes."""
