"""The lesson on the feed-forward network and GELU: its texts and its four parts."""
