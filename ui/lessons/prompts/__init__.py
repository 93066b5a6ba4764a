"""What belongs to the lesson on prompts that teach."""
