"""What belongs to the lesson on positions."""
