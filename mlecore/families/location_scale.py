"""What families of a location and a scale share, when no small statistic serves them.

Gumbel, Weibull (through its logarithm) and Logistic are fitted by Newton's method on sums over the whole sample. Two
things make that quick and safe, whatever the offset and the unit of the data: values are standardised tile by tile,
each small enough for the cache, so the data are never copied; and a long sample is climbed from its moments, or from
the fit of a part where these lead astray, in single precision, whose exponentials cost half: one pass in doubles is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..domains import Parameter, Positive, Real, parameter
from ..family import Array, Family, Refusal
from ..numerics import every
from ..products import blocks, dot, scratch
from ..statistics import Moments, Sample
from ..tails import flow_of_scale, standard

__all__ = ["LocationScale", "Standardised", "solved"]

# A tile of 256 kB, so many doubles, stays in the second cache with the two arrays that it is worked on in.
_TILE = 2**15
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
    """Samples as the rows of one array, to be read in units of `unit` from `center`, less `shift`, one of each a row.

    >>> t = Standardised(Sample.of(np.array([[1.0, 3.0]])), np.array([1.0]), np.array([2.0]))
    >>> [y for _, y, _ in t.tiles()]
    [array([[0., 1.]])]
    """

    sample: Sample
    center: Array
    unit: Array
    kind: type = np.float64
    shift: Array | None = None

    def at(self, rows: Array) -> Standardised:
        """Return some of the rows; the whole when they are as many."""
        if rows.size == self.center.size:
            return self
        shift = None if self.shift is None else self.shift[rows]
        return Standardised(self.sample[rows], self.center[rows], self.unit[rows], self.kind, shift)

    def tiles(self, spare: int = 0) -> Iterator[Any]:
        """Yield the tiles: which rows, their standardised values, their weights (None where all are one), spare arrays.

        Of these there are as many as asked, shaped as the values. All may be overwritten: the next tile uses the same
        memory, which is in the cache already, and so do the tiles that the thread asks for next.
        """
        values, weighted = self.sample.values, self.sample.weighted
        double, width = self.kind is np.float64, values.shape[-1]
        size = _TILE if double else 2 * _TILE
        space = scratch(1 + spare, min(size, values.size), self.kind)
        wide = space if double else scratch(1, space.shape[1], np.float64)
        center, factor = self.center[:, None], 1.0 / self.unit[:, None]
        shift: Any = None if self.shift is None else self.shift[:, None].astype(self.kind)
        for rows in blocks(len(center), max(1, size // width)):
            for columns in blocks(width, size):
                raw = values[rows, columns]
                tile = (-1, *raw.shape)
                y, *others = space[:, : raw.size].reshape(tile)
                deviations = np.subtract(
                    raw, center[rows], out=wide[:1, : raw.size].reshape(tile)[0]
                )
                np.multiply(deviations, factor[rows], out=y, casting="same_kind")
                if shift is not None:
                    y -= shift[rows]
                yield rows, y, self.sample.weights[rows, columns] if weighted else None, *others


def solved(t: Sample, solve: Callable, refine: Callable) -> Any:
    """Return solve(samples, moments, start) for a batch as rows, of long ones by steps from near.

    A solution is a tuple of columns, the third of which says what converged. First refine(samples, moments, start, kind)
    steps without safeguards, long samples in single precision to begin with. Where that does not arrive from their
    moments, a part of long ones is solved, and it steps from there; where it does not arrive again, all are solved.

    >>> rows = Sample.of(np.arange(4.0)[None])
    >>> solved(rows, lambda t, m, start: (t.values.shape, m.mean, start), None)
    ((1, 4), array([1.5]), None)
    """
    whole = t.as_rows()
    if t.width <= 8 * _PART:
        m = _moments(whole)
        # In a batch each row stops by itself.
        near = None if t.batch_shape else _refined(whole, m, None, refine, np.float64)
        return solve(whole, m, None) if near is None else near
    # A weight, or what it multiplies, may be too large for single precision.
    near = None if whole.weighted else _refined(whole, _quick_moments(whole), None, refine)
    if near is not None:
        return near
    part = whole.thinned(_PART)
    m = _moments(part)
    if not (every(part.n > 0) and every(m.sd > 0)):  # a part of equal values says nothing of all
        return solve(whole, _moments(whole), None)
    found = solve(part, m, None)
    near = None if whole.weighted else _refined(whole, m, found, refine)
    return solve(whole, m, found) if near is None else near


def _refined(t: Sample, m: Moments, start: Any, refine: Callable, kind: type = np.float32) -> Any:
    """Return refine(t, m, start, kind), None where that does not arrive."""
    usable = every((m.sd > 0) & (m.sd < np.inf)) and (start is None or every(start[2]))
    found = refine(t, m, start, kind) if usable else None
    return found if found is not None and every(found[2]) else None


def _quick_moments(t: Sample) -> Moments:
    """Return the moments by one sum of squares, which holds no array; a deviation of zero where too few digits are left."""
    n = t.width
    mean, square = np.add.reduce(t.values, axis=-1) / n, dot(t.values, t.values) / n
    var = square - mean * mean
    return Moments(t.n, mean, np.sqrt(np.where(var > 1e-8 * square, var, 0.0)))


def _moments(t: Sample) -> Moments:
    """Return the moments of the values."""
    return t.moments()
