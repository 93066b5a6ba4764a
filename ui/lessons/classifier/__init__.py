"""From labelled texts to a classifier, as a path of steps; each step is a module of this package."""
