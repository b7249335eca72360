"""What the programs do, as functions that Python can call; what they return, a program prints."""
