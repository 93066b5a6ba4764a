"""The lesson "Splitting text": its texts and what its page shows."""
