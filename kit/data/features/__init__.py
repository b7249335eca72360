"""What a backbone answers, kept."""
