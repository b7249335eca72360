"""Are two ways of answering told apart: numbers in, numbers and sentences out."""

from kit.comparison.differences import Difference, difference

__all__ = ["Difference", "difference"]
