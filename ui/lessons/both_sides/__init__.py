"""What belongs to the lesson on reading left to right, or from both sides."""
