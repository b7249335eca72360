"""Are two ways of answering, or two kinds of images, told apart: numbers in, sentences out."""

from kit.comparison.differences import Difference, difference
from kit.comparison.slices import Slice, slices

__all__ = ["Difference", "Slice", "difference", "slices"]
