"""What Glassbox's pages share: the frame of a lesson, its state in the URL, code, models, pictures."""
