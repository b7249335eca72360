from example_networks import images, shared, small  # noqa: F401  # fixtures
