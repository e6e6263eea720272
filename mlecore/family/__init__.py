"""What every family inherits: how it is declared, what its members say, how it reads data and is fitted."""

from .family import Family
from .terms import Array, InOnePass, Refusal, Solution, symmetric

__all__ = ["Array", "Family", "InOnePass", "Refusal", "Solution", "symmetric"]
