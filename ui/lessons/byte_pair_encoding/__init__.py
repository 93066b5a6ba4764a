"""The lesson "Byte pair encoding": its texts and what its page shows."""
