"""What a search found: tables, figures, sentences."""
