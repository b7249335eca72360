"""One file becomes pixels, the same for training, evaluation and prediction."""
