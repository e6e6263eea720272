"""What every family inherits: how it is declared, what its members say, how it reads data and is fitted."""

from .family import Family
from .in_passes import SURE
from .terms import Array, InOnePass, Refusal, Solution, symmetric

__all__ = ["SURE", "Array", "Family", "InOnePass", "Refusal", "Solution", "symmetric"]
