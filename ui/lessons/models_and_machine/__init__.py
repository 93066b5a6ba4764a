"""Models and machine: what can be installed."""
