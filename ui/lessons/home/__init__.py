"""The lesson "Follow one sentence": its texts and what its page shows."""
