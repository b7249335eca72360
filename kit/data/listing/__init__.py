"""Which files there are, and what a folder or a table says of them."""
