"""What is decided before any work: cheap, and without TensorFlow."""
