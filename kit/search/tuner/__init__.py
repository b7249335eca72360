"""A search as keras-tuner knows one: its hyperparameters, its oracles, its models."""
