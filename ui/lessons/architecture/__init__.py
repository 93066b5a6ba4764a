"""The lesson on the architecture: its sizes, what each part is for, its texts."""
