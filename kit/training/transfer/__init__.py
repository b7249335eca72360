"""A network that has learnt something goes on with something else."""
