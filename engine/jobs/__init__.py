"""Trainings as processes of their own: what was asked, what is on disk, who runs when."""
