"""The lesson "Heads in the wild": its texts and what its page shows."""
