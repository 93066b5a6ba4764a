"""What only the page of all runs needs."""
