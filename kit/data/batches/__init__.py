"""Images as a network is shown them: in batches, varied, mixed, drawn."""
