"""Where a parameter that is one number lives: how it is checked, and mapped to the real line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

__all__ = ["Above", "Count", "Domain", "Parameter", "Positive", "Real", "Unit", "parameter"]

Array = np.ndarray


@dataclass(frozen=True)
class Domain:
    """Where a parameter lives: how it is checked, flattened to free scalars, and mapped to the real line.

    The map of each free scalar to u and back drives the optimiser's steps and the natural scale of intervals. Vector
    and matrix parameters are flattened and left on their own scale.

    >>> Positive().contains(np.array([-1.0, 2.0]))
    array([False,  True])
    """

    event_ndim: ClassVar[int] = 0
    known: ClassVar[bool] = False
    longest_step: ClassVar[float] = np.inf

    def describe(self) -> str:
        """Return the condition in words."""
        return "a finite real number"

    def contains(self, value: Array) -> Array:
        """Say which values of a batch lie in the domain."""
        return np.isfinite(value)

    def complaint(self, value: Array) -> str:
        """Say shortly what a value outside the domain is."""
        return f"got {np.array2string(np.asarray(value), precision=6, threshold=8, edgeitems=3)}"

    def size(self, dimension: int) -> int:
        """Return the number of free scalars."""
        return 1

    def shape(self, dimension: int) -> tuple[int, ...]:
        """Return the shape of one value."""
        return (dimension,) * self.event_ndim

    def names(self, name: str, dimension: int) -> tuple[str, ...]:
        """Return the names of the free scalars."""
        return (name,)

    def flatten(self, value: Array) -> Array:
        """Lay the free scalars out on a new or the last axis."""
        return np.asarray(value)[..., None]

    def unflatten(self, scalars: Array, dimension: int) -> Array:
        """Undo `flatten`."""
        return scalars[..., 0]

    def interior(self, dimension: int) -> Array:
        """Return the free scalars of some harmless value."""
        return np.zeros(1)

    def at_edge(self, scalars: Array) -> Array:
        """Say which of the free scalars lie on the boundary of the domain."""
        return np.zeros(scalars.shape, dtype=bool)

    def stopped(self, scalars: Array) -> Array:
        """Say which of the free scalars are where a family stops its estimates, short of a maximum."""
        return np.zeros(scalars.shape, dtype=bool)

    def moved(self, scalars: Array, k: int, value: Array, dimension: int) -> Array:
        """Return the scalars with the k-th at a new value, the others changed only if the domain asks for it."""
        scalars = scalars.copy()
        scalars[..., k] = value
        return scalars

    def near(self, value: Array, other: Array) -> Array:
        """Return value, or what is the same and lies nearest to another: an angle some whole turns away."""
        return value

    def to_real(self, theta: Array) -> Array:
        """Map free scalars to the real line."""
        return theta

    def from_real(self, u: Array) -> tuple[Array, Array, Array]:
        """Return theta(u) and its first two derivatives."""
        return u, np.ones_like(u), np.zeros_like(u)


@dataclass(frozen=True)
class Real(Domain):
    """Any finite number; with a finite `turn`, an angle, which is the same after a whole turn."""

    turn: float = np.inf

    def near(self, value: Array, other: Array) -> Array:
        if np.isinf(self.turn):
            return value
        return value + self.turn * np.round((other - value) / self.turn)


@dataclass(frozen=True)
class Positive(Domain):
    """A positive number; with `zero=True`, zero too. Natural scale: the logarithm.

    `least` is where a family stops its estimates, when the likelihood misbehaves below it.
    """

    zero: bool = False
    least: float = field(default=0.0, repr=False)
    longest_step: ClassVar[float] = 3.0

    def describe(self) -> str:
        return "finite and " + (">= 0" if self.zero else "> 0")

    def contains(self, value: Array) -> Array:
        return np.isfinite(value) & ((value >= 0) if self.zero else (value > 0))

    def interior(self, dimension: int) -> Array:
        return np.ones(1)

    def at_edge(self, scalars: Array) -> Array:
        return scalars == 0

    def stopped(self, scalars: Array) -> Array:
        return (scalars == self.least) & (scalars > 0)

    def to_real(self, theta: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.log(theta)

    def from_real(self, u: Array) -> tuple[Array, Array, Array]:
        with np.errstate(over="ignore", under="ignore"):
            theta = np.exp(u)
        return theta, theta, theta


@dataclass(frozen=True)
class Above(Domain):
    """A number above `low`. Natural scale: the logarithm of what is above it."""

    low: float = 0.0
    longest_step: ClassVar[float] = 3.0

    def describe(self) -> str:
        return f"finite and > {self.low:g}"

    def contains(self, value: Array) -> Array:
        return np.isfinite(value) & (value > self.low)

    def interior(self, dimension: int) -> Array:
        return np.full(1, self.low + 1.0)

    def to_real(self, theta: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.log(theta - self.low)

    def from_real(self, u: Array) -> tuple[Array, Array, Array]:
        with np.errstate(over="ignore", under="ignore"):
            above = np.exp(u)
        return self.low + above, above, above


@dataclass(frozen=True)
class Unit(Domain):
    """A probability, 0 and 1 allowed unless `zero=False` or `one=False`. Natural scale: the logit."""

    zero: bool = True
    one: bool = True
    longest_step: ClassVar[float] = 3.0

    def describe(self) -> str:
        without = [end for end, allowed in (("0", self.zero), ("1", self.one)) if not allowed]
        return "between 0 and 1" + (f", and not {' or '.join(without)}" if without else "")

    def contains(self, value: Array) -> Array:
        low = (value >= 0) if self.zero else (value > 0)
        return low & ((value <= 1) if self.one else (value < 1))

    def interior(self, dimension: int) -> Array:
        return np.full(1, 0.5)

    def at_edge(self, scalars: Array) -> Array:
        return (scalars == 0) | (scalars == 1)

    def to_real(self, theta: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.log(theta) - np.log1p(-theta)

    def from_real(self, u: Array) -> tuple[Array, Array, Array]:
        theta = np.where(u >= 0, 1.0, np.exp(-np.abs(u))) / (1.0 + np.exp(-np.abs(u)))
        first = np.exp(-np.abs(u)) / (1.0 + np.exp(-np.abs(u))) ** 2
        return theta, first, first * (1.0 - 2.0 * theta)


@dataclass(frozen=True)
class Count(Domain):
    """A whole number that is known, not estimated."""

    known: ClassVar[bool] = True

    def describe(self) -> str:
        return "a whole number >= 0"

    def contains(self, value: Array) -> Array:
        return np.isfinite(value) & (value >= 0) & (value == np.floor(value))


#: What a parameter may be given as, a number or an array of numbers, and what it is kept as: a float, or an array
#: that cannot be written to.
Parameter = Any


def parameter(domain: Domain) -> Any:
    """Declare a parameter of a family: `scale: mle.Parameter = mle.parameter(mle.Positive())`.

    Domains are `Real`, `Positive`, `Unit` (0 to 1) and `Count`, of vectors `RealVector`, `Simplex`, `PositiveDefinite`.

    >>> parameter(Positive()).metadata["domain"]
    Positive(zero=False)
    """
    return field(metadata={"domain": domain})
