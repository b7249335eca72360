"""What an audit says: text, tables, JSON, contact sheets."""
