"""What goes on inside a model, as numbers that pictures can be made of."""
