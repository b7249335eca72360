from example_networks import (  # noqa: F401  # fixtures
    images,
    loaded_elsewhere,
    name,
    needs,
    small,
    stages,
)
