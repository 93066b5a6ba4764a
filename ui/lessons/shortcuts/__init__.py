"""The lesson on shortcuts: its texts and its three parts."""
