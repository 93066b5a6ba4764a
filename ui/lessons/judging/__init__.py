"""The lesson "Judging answers": its texts and what its page shows."""
