"""What families of a location and a scale share, when no small statistic serves them.

Gumbel, Weibull (through its logarithm) and Logistic are fitted by Newton's method on sums over the whole sample. Two
things make that quick and safe, whatever the offset and the unit of the data: values are standardised tile by tile,
each small enough for the cache, so the data are never copied; and a long sample is climbed from the fit of a part,
then from its own in single precision, whose exponentials cost a quarter: one pass in doubles is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..domains import Parameter, Positive, Real, parameter
from ..family import Array, Family, Refusal
from ..numerics import every
from ..products import blocks
from ..statistics import Moments, Sample
from ..tails import flow_of_scale, standard

__all__ = ["LocationScale", "Standardised", "part_first"]

# A tile of 128 kB, so many doubles, stays in the second cache with its two or three temporaries; larger ones are
# fetched from the system and returned to it each time, at several times the cost.
_TILE = 2**14
# The sample of this many values that gives the first estimate when there are many more.
_PART = 2048


@dataclass(frozen=True, eq=False, repr=False)
class LocationScale(Family):
    """A family whose members differ in where they lie, `loc`, and how wide they are, `scale`; both in the unit of x."""

    loc: Parameter = parameter(Real())
    scale: Parameter = parameter(Positive())
    units = {"loc": 1, "scale": 1}

    def _standardised(self, t: Sample) -> Array:
        return standard(t.values, *(np.asarray(v)[..., None] for v in (self.loc, self.scale)))

    @classmethod
    def _no_mle(cls, t: Sample, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if "scale" not in fixed:
            low, high = t.extremes()
            yield Refusal(
                (low == high) & (low == fixed.get("loc", low)),
                "all values are equal, so the density at them grows without bound as scale shrinks to 0",
            )

    @classmethod
    def _start(cls, t: Sample) -> dict[str, Any]:
        # Equal values have no scale of their own, yet one when the location is given.
        low, high = t.extremes()
        spread = np.where(high > low, high - low, np.maximum(np.abs(low), np.finfo(float).tiny))
        return {"loc": t.mean(t.values), "scale": 0.25 * spread}

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        return flow_of_scale(standard(x, self.loc, self.scale), self.scale)

    def _place(self) -> tuple[Array, Array]:
        return np.broadcast_arrays(self.loc, self.scale)

    @property
    def mean(self) -> Any:
        return self.loc + 0.0 * self.scale


class Standardised(NamedTuple):
    """Samples as the rows of one array, to be read in units of `unit` from `center`, one of each a row.

    >>> t = Standardised(Sample.of(np.array([[1.0, 3.0]])), np.array([1.0]), np.array([2.0]))
    >>> [y for _, y, _ in t.tiles()]
    [array([[0., 1.]])]
    """

    sample: Sample
    center: Array
    unit: Array
    kind: type = np.float64

    def at(self, rows: Array) -> Standardised:
        """Return some of the rows; the whole when they are as many."""
        if rows.size == self.center.size:
            return self
        return Standardised(self.sample[rows], self.center[rows], self.unit[rows], self.kind)

    def tiles(self) -> Iterator[tuple[slice, Array, Array | None]]:
        """Yield the tiles: which rows, their standardised values, and their weights (None where all are one)."""
        width, size = self.sample.width, 8 * _TILE // np.dtype(self.kind).itemsize
        for rows in blocks(len(self.center), max(1, size // width)):
            center, factor = self.center[rows, None], 1.0 / self.unit[rows, None]
            for columns in blocks(width, size):
                y = self.sample.values[rows, columns] - center
                y *= factor
                y = y.astype(self.kind, copy=False)
                weights = self.sample.weights[rows, columns] if self.sample.weighted else None
                yield rows, y, weights


def part_first(t: Sample, solve: Callable[[Sample, Moments, Any, type], Any]) -> Any:
    """Return solve(samples, moments, start, kind) for a batch as rows, of long ones from what was found on the way.

    A solution is a tuple of columns, the third of which says what converged. Of long samples a part is solved first,
    from None; then all of them from there in single precision, as `kind` says, which need not be exact; from that in
    doubles. `moments` are those of the part, enough to standardise by.

    >>> part_first(
    ...     Sample.of(np.arange(4.0)),
    ...     lambda t, m, start, kind: (t.values.shape, float(m.mean[0]), start),
    ... )
    ((1, 4), 1.5, None)
    """
    whole = t.as_rows()
    part = whole.thinned(_PART) if t.width > 8 * _PART else whole
    if not every(part.n > 0):
        part = whole
    m = _moments(part)
    if part is not whole and not every(
        m.sd > 0
    ):  # a part of equal values says nothing of their spread
        part, m = whole, _moments(whole)
    if part is whole:
        return solve(whole, m, None, np.float64)

    def near(few: Sample, start: Any) -> Any:
        # A weight, or what it multiplies, may be too large for single precision.
        found = None if few.weighted else solve(few, m, start, np.float32)
        if found is None or not (every(found[2]) and np.isfinite(found[:2]).all()):
            found = solve(few, m, start, np.float64)
        return found

    start = near(part, None)
    return solve(whole, m, start if whole.weighted else near(whole, start), np.float64)


def _moments(t: Sample) -> Moments:
    """Return the moments of the values."""
    return Moments.of(t.values, t.weights if t.weighted else None)
