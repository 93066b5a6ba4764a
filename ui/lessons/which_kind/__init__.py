"""One message, two kinds of fine-tuning: what the lesson asks, trains, says and shows."""
