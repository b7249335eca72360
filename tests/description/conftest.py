from example_networks import images, name, small  # noqa: F401  # fixtures
