"""What a network does before its first step."""
