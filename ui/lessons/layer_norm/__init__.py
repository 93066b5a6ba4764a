"""The lesson on layer norm: its texts and its four parts."""
