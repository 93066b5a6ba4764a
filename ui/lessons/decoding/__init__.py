"""The lesson "Decoding": its texts and what its page shows."""
