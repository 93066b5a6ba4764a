"""Texts and labelled examples, made ready for training."""
