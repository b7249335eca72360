"""The steps of a training, each a function with a noun for its result."""
