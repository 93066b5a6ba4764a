"""What belongs to one lesson each: its texts and what only its page needs, in a folder of the page's name."""
