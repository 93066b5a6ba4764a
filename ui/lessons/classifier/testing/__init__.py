"""Step 7, test: how good a trained classifier is on texts that nobody has looked at, where it fails, and why."""

from ui.lessons.classifier.testing.overview import show

__all__ = ["show"]
