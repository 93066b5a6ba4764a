"""What only the lesson on instruction tuning needs."""
