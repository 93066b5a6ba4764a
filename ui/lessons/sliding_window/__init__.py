"""The lesson "Sliding window": its texts and what its page shows."""
