"""How good a model is: losses, bits per byte, metrics."""
