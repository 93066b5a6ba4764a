"""The quiz: its own questions, those of all lessons, and papers drawn from them."""
