"""The parts of the lesson "What is an LLM?": what each shows, and what it stands on."""
