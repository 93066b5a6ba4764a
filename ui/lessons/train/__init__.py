"""What only the lesson on training needs."""
