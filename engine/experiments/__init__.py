"""Small live experiments for lessons: a function of a dataclass of settings, seeded, that returns plain arrays."""
