"""The lesson "Self-attention by hand": its texts and what its page shows."""
