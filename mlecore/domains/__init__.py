"""Where parameters and observations live.

A domain checks a parameter, flattens it to free scalars and maps those to the real line, which drives validation, the
optimiser's steps and the natural scale of intervals. A layout says where a family's parameters lie in the vector of
free scalars. A support says which observations a family can produce.
"""

from .domain import Above, Count, Domain, Parameter, Positive, Real, Unit, parameter
from .layout import Layout
from .support import Support
from .vectors import PositiveDefinite, PositiveVector, RealVector, Simplex

__all__ = [
    "Above",
    "Count",
    "Domain",
    "Layout",
    "Parameter",
    "Positive",
    "PositiveDefinite",
    "PositiveVector",
    "Real",
    "RealVector",
    "Simplex",
    "Support",
    "Unit",
    "parameter",
]
