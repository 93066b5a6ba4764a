"""Weights made elsewhere: the pocket model and GPT-2."""
