"""Where parameters and observations live.

A domain checks a parameter, flattens it to free scalars and maps those to the real line, which drives validation, the
optimiser's steps and the natural scale of intervals. A layout says where a family's parameters lie in the vector of
free scalars. A support says which observations a family can produce.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from .arrays import broadcast_shape, numeric
from .errors import DataError

__all__ = [
    "Above",
    "Count",
    "Domain",
    "Layout",
    "Parameter",
    "Positive",
    "PositiveDefinite",
    "Real",
    "RealVector",
    "Simplex",
    "Support",
    "Unit",
    "parameter",
]

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


@dataclass(frozen=True)
class Simplex(Domain):
    """Probabilities of the classes 0 .. K-1, which sum to one; the free scalars are p1 .. p(K-1)."""

    event_ndim: ClassVar[int] = 1

    def describe(self) -> str:
        return "probabilities that sum to 1"

    def contains(self, value: Array) -> Array:
        return ((value >= 0) & (value <= 1)).all(axis=-1) & (
            np.abs(value.sum(axis=-1) - 1.0) <= 1e-8
        )

    def complaint(self, value: Array) -> str:
        wrong = ~((value >= 0) & (value <= 1))
        if not np.isfinite(value).all():
            first = int(np.argmin(np.isfinite(value)))
            return f"got {value[first]:g} at index {first}"
        total = value.sum()
        if not wrong.any() or total > 1.0:
            size = "more" if total > 1.0 else "less"
            return (
                f"got {value.size} values that sum to {total:.6g}, {size} than 1: divide them by their sum. "
                "Observed classes go into Categorical.fit(x)"
            )
        first = int(np.argmax(wrong))
        return f"got {value[first]:g} at index {first}"

    def size(self, dimension: int) -> int:
        return dimension - 1

    def names(self, name: str, dimension: int) -> tuple[str, ...]:
        return tuple(f"p{k}" for k in range(1, dimension))

    def flatten(self, value: Array) -> Array:
        return np.asarray(value)[..., 1:]

    def unflatten(self, scalars: Array, dimension: int) -> Array:
        rest = 1.0 - scalars.sum(axis=-1, keepdims=True)
        # Beside an empty class 0 the sum misses one by rounding, and no probability lies below zero.
        rest = np.where(np.abs(rest) < 1e-15 * dimension, 0.0, rest)
        return np.concatenate([rest, scalars], axis=-1)

    def interior(self, dimension: int) -> Array:
        return np.full(dimension - 1, 1.0 / dimension)

    def moved(self, scalars: Array, k: int, value: Array, dimension: int) -> Array:
        # The other classes keep their proportions among themselves.
        with np.errstate(all="ignore"):
            shrink = (1.0 - value) / (1.0 - scalars[..., k])
        return super().moved(
            scalars * np.where(np.isfinite(shrink), shrink, 1.0)[..., None], k, value, dimension
        )

    def at_edge(self, scalars: Array) -> Array:
        # 1 - sum may miss zero by rounding; a share that small is no share.
        rest = 1.0 - scalars.sum(axis=-1, keepdims=True)
        return (scalars == 0) | (np.abs(rest) < 1e-12)


@dataclass(frozen=True)
class RealVector(Domain):
    """A vector of finite numbers."""

    event_ndim: ClassVar[int] = 1

    def describe(self) -> str:
        return "a vector of finite numbers"

    def contains(self, value: Array) -> Array:
        return np.isfinite(value).all(axis=-1)

    def size(self, dimension: int) -> int:
        return dimension

    def names(self, name: str, dimension: int) -> tuple[str, ...]:
        return tuple(f"{name}{k}" for k in range(1, dimension + 1))

    def flatten(self, value: Array) -> Array:
        return np.asarray(value)

    def unflatten(self, scalars: Array, dimension: int) -> Array:
        return scalars

    def interior(self, dimension: int) -> Array:
        return np.zeros(dimension)


@dataclass(frozen=True)
class PositiveDefinite(Domain):
    """A symmetric positive definite matrix; the free scalars are its lower triangle, row by row."""

    event_ndim: ClassVar[int] = 2

    def describe(self) -> str:
        return "a symmetric positive definite matrix"

    def contains(self, value: Array) -> Array:
        finite = np.isfinite(value).all(axis=(-2, -1))
        safe = np.where(finite[..., None, None], value, np.eye(value.shape[-1]))
        scale = np.sqrt(np.abs(np.diagonal(safe, axis1=-2, axis2=-1)))
        scale = np.where(scale > 0, scale, 1.0)
        unit = safe / scale[..., :, None] / scale[..., None, :]
        even = np.allclose(unit, np.swapaxes(unit, -1, -2), rtol=0, atol=1e-10)
        return finite & even & (np.linalg.eigvalsh(unit)[..., 0] > 0)

    def size(self, dimension: int) -> int:
        return dimension * (dimension + 1) // 2

    def names(self, name: str, dimension: int) -> tuple[str, ...]:
        separator = "_" if dimension > 9 else ""
        return tuple(
            f"{name}{i + 1}{separator}{j + 1}"
            for i, j in zip(*np.tril_indices(dimension), strict=True)
        )

    def flatten(self, value: Array) -> Array:
        value = np.asarray(value)
        return value[(..., *np.tril_indices(value.shape[-1]))]

    def unflatten(self, scalars: Array, dimension: int) -> Array:
        matrix = np.empty((*scalars.shape[:-1], dimension, dimension))
        rows, columns = np.tril_indices(dimension)
        matrix[..., rows, columns] = scalars
        matrix[..., columns, rows] = scalars
        return matrix

    def interior(self, dimension: int) -> Array:
        return self.flatten(np.eye(dimension))

    def moved(self, scalars: Array, k: int, value: Array, dimension: int) -> Array:
        matrix = self.unflatten(scalars, dimension)
        i, j = (int(side[k]) for side in np.tril_indices(dimension))
        with np.errstate(all="ignore"):
            if i == j:
                # A new variance scales its row and column, so that the correlations stay.
                factor = np.ones(matrix.shape[:-1])
                factor[..., i] = np.sqrt(value / matrix[..., i, i])
                matrix = matrix * factor[..., :, None] * factor[..., None, :]
            else:
                # A new covariance comes with a little more variance on both sides: what is added is positive
                # semidefinite, so the sum stays positive definite.
                more = np.abs(value - matrix[..., i, j])
                ratio = np.sqrt(matrix[..., i, i] / matrix[..., j, j])
                matrix[..., i, i] += more * ratio
                matrix[..., j, j] += more / ratio
                matrix[..., i, j] = matrix[..., j, i] = value
        return super().moved(self.flatten(matrix), k, value, dimension)


def _side_by_side(parts: list[Array]) -> Array:
    """Join vectors along the last axis, their batches broadcast against each other."""
    if len({part.shape[:-1] for part in parts}) > 1:
        batch = broadcast_shape("the parameters", *(part.shape[:-1] for part in parts))
        parts = [np.broadcast_to(part, batch + part.shape[-1:]) for part in parts]
    return np.concatenate(parts, axis=-1)


#: What a parameter may be given as, a number or an array of numbers, and what it is kept as: a float, or an array
#: that cannot be written to.
Parameter = Any


def parameter(domain: Domain) -> Any:
    """Declare a parameter of a family.

    >>> parameter(Positive()).metadata["domain"]
    Positive(zero=False)
    """
    return field(metadata={"domain": domain})


class Layout:
    """How a family's parameters lie in the vector of free scalars, for a given dimension.

    >>> from mlecore import Normal
    >>> Layout(Normal.domains, 1).names
    ('mu', 'sigma')
    """

    def __init__(self, domains: Mapping[str, Domain], dimension: int, family: Any = None) -> None:
        self.family, self.dimension = family, dimension
        self.parameters = tuple(domains)
        self.known_domains = {name: d for name, d in domains.items() if d.known}
        self.domains = {name: d for name, d in domains.items() if not d.known}
        self.slices: dict[str, slice] = {}
        names: list[str] = []
        self.owner: list[str] = []
        for name, domain in self.domains.items():
            first = len(names)
            names += domain.names(name, dimension)
            self.slices[name] = slice(first, len(names))
            self.owner += [name] * (len(names) - first)
        self.names = tuple(names)
        self.everything = np.arange(len(names))
        parts = [d.interior(dimension) for d in self.domains.values()]
        self.interior = np.concatenate(parts) if parts else np.zeros(0)

    def index(self, name: str) -> int:
        """Return the position of a free scalar."""
        if name not in self.names:
            raise DataError(
                f"there is no free scalar named {name!r}; there are {', '.join(self.names)}"
            )
        return self.names.index(name)

    def domain(self, i: int) -> Domain:
        """Return the domain that the scalar at position i belongs to."""
        return self.domains[self.owner[i]]

    def split(self, fixed: Mapping[str, Any]) -> tuple[dict[str, Array], dict[int, Array]]:
        """Part given values into known parameters and held free scalars, checking each against its domain."""
        if not isinstance(fixed, Mapping):
            example = f"{{{next(iter([*self.known_domains, *self.names]), '')!r}: ...}}"
            raise DataError(f"fixed must be a dict such as {example}, got {fixed!r}")
        known: dict[str, Array] = {}
        held: dict[int, Array] = {}
        for name, value in fixed.items():
            domain = self.known_domains.get(name) or self.domains.get(name)
            if domain is None and name not in self.names:
                names = dict.fromkeys([*self.known_domains, *self.domains, *self.names])
                raise DataError(
                    f"there is no parameter {name!r} to fix; there are {', '.join(names)}"
                )
            value = np.array(numeric(value, name))  # a copy: the caller's array may change
            if value.size == 0:
                raise DataError(f"fixed {name} is empty; give a number, or one for each sample")
            if domain is None:
                held[self.index(name)] = value
                continue
            self._insist_shape(name, domain, value)
            inside = np.asarray(domain.contains(value))
            if not inside.all():
                first = value[tuple(np.argwhere(~inside)[0])] if inside.ndim else value
                raise DataError(
                    f"fixed {name} must be {domain.describe()}, {domain.complaint(first)}"
                )
            if domain.known:
                known[name] = value
                continue
            scalars = domain.flatten(value)
            held.update(
                {
                    i: scalars[..., k]
                    for k, i in enumerate(range(*self.slices[name].indices(len(self.names))))
                }
            )
        return known, held

    def _insist_shape(self, name: str, domain: Domain, value: Array) -> None:
        """Raise where a vector or a matrix has not the length of the data: what is too long would lose its end."""
        shape = domain.shape(self.dimension)
        if value.shape[max(0, value.ndim - len(shape)) :] != shape:
            raise DataError(
                f"{name} must be {domain.describe()} of shape {shape} for these data, got shape {value.shape}"
            )

    def flatten_all(self, params: Mapping[str, ArrayLike]) -> Array:
        """Return the vector of all free scalars."""
        return _side_by_side(
            [
                domain.flatten(np.asarray(params[name], dtype=float))
                for name, domain in self.domains.items()
            ]
        )

    def flatten(
        self, params: Mapping[str, ArrayLike], free: Array, held: Mapping[int, Any]
    ) -> Array:
        """Return the vector of the scalars that are free, from parameters given by name."""
        wanted = dict.fromkeys(self.owner[i] for i in free)
        whole = {name: numeric(value, name) for name, value in params.items()}
        if set(whole) == {self.names[i] for i in free} and set(whole) != set(wanted):
            return _side_by_side([whole[self.names[i]][..., None] for i in free])
        if set(whole) != set(wanted):
            raise DataError(
                f"give exactly the free parameters {', '.join(wanted) or '(none)'}; got {', '.join(whole) or 'none'}"
            )
        if not wanted:
            return np.zeros(0)
        parts = []
        for name in wanted:
            self._insist_shape(name, self.domains[name], whole[name])
            scalars = self.domains[name].flatten(whole[name])
            keep = [i - self.slices[name].start for i in free if self.owner[i] == name]
            # A simplex that does not sum to one cannot be told from its free part alone.
            inside = self.domains[name].contains(whole[name])
            parts.append(np.where(np.asarray(inside)[..., None], scalars, np.nan)[..., keep])
        return _side_by_side(parts)

    def unflatten(self, theta: Array) -> dict[str, Array]:
        """Return the parameters by name from the vector of all free scalars."""
        return {
            name: d.unflatten(theta[..., self.slices[name]], self.dimension)
            for name, d in self.domains.items()
        }

    def contains(self, theta: Array) -> Array:
        """Say which points of a grid lie in the domain of every parameter."""
        inside = np.ones(theta.shape[:-1], dtype=bool)
        params = self.unflatten(theta)
        for name, value in params.items():
            inside &= self.domains[name].contains(value)
        constraint = self.family._constraint(params) if self.family else None
        return inside if constraint is None else inside & constraint[0]

    def distribution(self, theta: Array, known: Mapping[str, Array]) -> Any:
        """Return the member of the family at a vector of all free scalars, unchecked."""
        params = {**known, **self.unflatten(theta)}
        missing = [name for name in self.known_domains if name not in params]
        if missing:
            raise DataError(
                f"{', '.join(missing)} must be known: give fixed={{{missing[0]!r}: ...}}"
            )
        return self.family._unchecked(**params)

    def moved(self, theta: Array, i: int, value: Array) -> Array:
        """Return vectors of all free scalars with the i-th at a new value, still inside the domain where possible."""
        name = self.owner[i]
        part = self.slices[name]
        theta = theta.copy()
        theta[..., part] = self.domains[name].moved(
            theta[..., part], i - part.start, value, self.dimension
        )
        return theta

    def stopped(self, theta: Array) -> Array:
        """Say which free scalars are where their family stops its estimates."""
        parts = [d.stopped(theta[..., self.slices[name]]) for name, d in self.domains.items()]
        return np.concatenate(parts, axis=-1) if parts else np.zeros(theta.shape, dtype=bool)

    def at_edge(self, theta: Array) -> Array:
        """Say which free scalars lie on the boundary of their domain."""
        parts = [d.at_edge(theta[..., self.slices[name]]) for name, d in self.domains.items()]
        return np.concatenate(parts, axis=-1) if parts else np.zeros(theta.shape, dtype=bool)

    def near(self, theta: Array, other: Array, free: Array) -> Array:
        """Return the scalars at some positions, angles by as many whole turns away as brings them nearest to others."""
        columns = [self.domain(i).near(theta[..., k], other[..., k]) for k, i in enumerate(free)]
        return np.stack(np.broadcast_arrays(*columns), axis=-1)

    def longest_step(self, free: Array) -> Array:
        """Return the longest step that the optimiser may take in each real coordinate."""
        return np.array([self.domain(i).longest_step for i in free])

    def to_real(self, theta: Array, free: Array) -> Array:
        """Map the free scalars to the real line."""
        u = np.empty(theta.shape)
        for k, i in enumerate(free):
            u[..., k] = self.domain(i).to_real(theta[..., k])
        return u

    def from_real(self, u: Array, free: Array) -> tuple[Array, Array, Array]:
        """Return the free scalars and their first two derivatives with respect to u."""
        theta, first, second = np.empty((3, *u.shape))
        for k, i in enumerate(free):
            theta[..., k], first[..., k], second[..., k] = self.domain(i).from_real(u[..., k])
        return theta, first, second


@dataclass(frozen=True)
class Support:
    """The values that a family can produce, and their words in messages.

    >>> (
    ...     Support(low=0.0).text,
    ...     Support(low=1, whole=True).text,
    ...     Support(low=0, high=1, open_high=True).text,
    ... )
    ('x >= 0', 'whole numbers, x >= 1', '0 <= x < 1')
    >>> Support(0, np.inf, "x > 0", open_low=True).contains(np.array([0.0, 1.0]))
    array([False,  True])
    """

    low: float = -np.inf
    high: float = np.inf
    text: str = ""
    open_low: bool = False
    open_high: bool = False
    whole: bool = False
    #: whether a single value has a probability among values that otherwise have a density
    atoms: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not self.text:
            object.__setattr__(self, "text", self._in_words())

    def _in_words(self) -> str:
        low, high = (float(end) for end in (self.low, self.high))
        below = f"{low:g} {'<' if self.open_low else '<='} x" if np.isfinite(low) else "x"
        above = f" {'<' if self.open_high else '<='} {high:g}" if np.isfinite(high) else ""
        if np.isinf(low) and np.isinf(high):
            return "whole numbers" if self.whole else "any real number"
        if np.isinf(high):
            below, above = "x", f" {'>' if self.open_low else '>='} {low:g}"
        return f"{'whole numbers, ' * self.whole}{below}{above}"

    def contains(self, x: Array) -> Array:
        """Say which values are inside; NaN and the infinities are not."""
        inside = np.isfinite(x)
        inside &= (x > self.low) if self.open_low else (x >= self.low)
        inside &= (x < self.high) if self.open_high else (x <= self.high)
        return inside & (x == np.floor(x)) if self.whole else inside

    def advice(self, x: Array) -> str:
        """Say what to do about values outside the support, from what they look like."""
        low, high = x.min(), x.max()
        if self.low == 0.0 and self.high == 1.0:
            if self.whole and low >= 0 and len(labels := np.unique(x)) == 2:
                return f"Give two labels as 0 and 1, such as x == {labels[1]:g}"
            if not self.whole and low >= 0 and 1 < high <= 100:
                return "Percentages become proportions when you divide them by 100"
        return "Correct the data or choose a family with a wider support"

    def holds(self, x: Array, always: bool = True) -> bool:
        """Say whether all of x is inside, from its smallest and largest value: a NaN fails, which is wanted.

        Where every real number is inside, only a value that is not finite could fail, and sums over the data show it:
        then nothing is looked at, unless `always`.
        """
        if np.isinf(self.low) and np.isinf(self.high) and not self.whole and not always:
            return True
        low, high = x.min(), x.max()
        inside = (low > self.low if self.open_low else low >= self.low) and (
            high < self.high if self.open_high else high <= self.high
        )
        return bool(inside and high < np.inf and (not self.whole or np.all(x == np.floor(x))))
