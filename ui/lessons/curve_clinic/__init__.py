"""The lesson Curve clinic: its texts, and what only it computes."""
