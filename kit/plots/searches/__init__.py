"""What a search tried, and what it cost."""
