from example_networks import images, name, shared, small  # noqa: F401  # fixtures
