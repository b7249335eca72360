"""Which image belongs to which part."""
