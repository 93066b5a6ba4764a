"""The lesson on generating: its steps, measurements, code and texts."""
