"""A search on a terminal, while it goes."""
