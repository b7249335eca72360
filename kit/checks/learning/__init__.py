"""What shows when a network learns: rates, a few images by heart, grey images beside real ones."""
