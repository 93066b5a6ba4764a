"""A pretrained model made to do one thing."""
