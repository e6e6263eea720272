"""The likelihood: data held fixed, the parameter moves.

A family here is whatever has the formulas; nothing is imported from the floors above. A parameter point is a vector
of free scalars on the last axis, in the family's declared order, and everything broadcasts: a grid of parameters
against one sample, or a batch of parameters against a batch of samples.
"""

from .likelihood import Likelihood, Maximum

__all__ = ["Likelihood", "Maximum"]
