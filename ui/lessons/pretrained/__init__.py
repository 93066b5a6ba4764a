"""The lesson on pretrained weights: its texts, and what only its page needs."""
