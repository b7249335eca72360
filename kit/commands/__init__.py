"""The programs. Each module is one: its flags are the signature of the function of its name."""
