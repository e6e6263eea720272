"""Does a family fit at all? Tests that refit it to samples of the fitted member."""

from .testing import Goodness, goodness

__all__ = ["Goodness", "goodness"]
