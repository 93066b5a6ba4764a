"""The lesson on saving and resuming: its texts and its three parts."""
