"""Samples in units of their own spread from their own median, so that a fit is the same at every offset and in every unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from ..family import Array
from ..numerics import some
from ..statistics import Sample, order_statistics, piecewise
from .location_scale import Standardised

# A sample more than four times as long is looked at through a part of this length before it is climbed.
PART = 2**13


class Rescaled(Sample):
    """A long sample in units of `unit` from `center`, standardised whenever its pieces are read: no copy is kept.

    >>> t = Rescaled(Sample.of(np.array([1.0, 3.0])), np.float64(1.0), np.float64(2.0))
    >>> t.values, [piece.values for piece in t.pieces()]
    (array([0., 1.]), [array([0., 1.])])
    """

    def __init__(self, raw: Sample, center: Array, unit: Array, kind: type = np.float64) -> None:
        columns = {"n": raw.n, "raw": raw, "center": center, "unit": unit, "kind": kind}
        for name, value in columns.items():
            object.__setattr__(self, name, value)

    def fault(self, support: Any) -> str | None:
        return None  # it was made of a sample that had been looked at

    def _standard(self, part: Sample) -> Sample:
        values = part.values - self.center[..., None]
        values /= self.unit[..., None]
        return part._replaced(values.astype(self.kind, copy=False))

    def rounded(self) -> Self:
        """Return the sample in single precision."""
        return type(self)(self.raw, self.center, self.unit, np.float32)

    @property
    def values(self) -> Array:
        """All values, standardised: a copy, which sums over pieces do without."""
        return self._standard(self.raw).values

    @property
    def weighted(self) -> bool:
        return self.raw.weighted

    @property
    def in_passes(self) -> bool:
        return self.raw.in_passes

    @property
    def weights(self) -> Array:
        return self.raw.weights

    @property
    def width(self) -> int:
        return self.raw.width

    def pieces(self) -> Iterator[Any]:
        return map(self._standard, self.raw.pieces())

    def extremes(self) -> tuple[Array, Array]:
        """Return the smallest and the largest value, standardised, from those of the data."""
        return tuple((end - self.center) / self.unit for end in self.raw.extremes())

    def thinned(self, count: int, weigh: bool = False) -> Sample:
        few = (
            part_of(self.raw) if (count, weigh) == (PART, False) else self.raw.thinned(count, weigh)
        )
        return self if few is self.raw else self._standard(few)

    def __getitem__(self, index: Any) -> Self:
        return type(self)(self.raw[index], self.center[index], self.unit[index], self.kind)

    def repeated(self, batch: tuple[int, ...]) -> Self:
        center, unit = (np.broadcast_to(v, batch) for v in (self.center, self.unit))
        return type(self)(self.raw.repeated(batch), center, unit, self.kind)


def about(t: Sample, loc: Array, scale: Array) -> Standardised:
    """Return a batch of samples to be read in units of `scale` from `loc`.

    >>> t = about(Sample.of(np.array([[1.0, 3.0]])), np.array([1.0]), np.array([2.0]))
    >>> [z for _, z, _ in t.tiles()]
    [array([[0., 1.]])]
    """
    if isinstance(t, Rescaled):
        return Standardised(t.raw, t.center, t.unit * scale, t.kind, loc / scale)
    return Standardised(t, loc, scale)


def part_of(t: Sample) -> Sample:
    """Return the part through which a long sample is looked at; it is taken once."""
    return t.once("_part", lambda: t.thinned(PART))


def standardised(t: Sample) -> tuple[Sample, Array, Array]:
    """Return the sample in units of half its interquartile range from its median, and those two.

    Iterating on these makes a fit the same at every offset and in every unit.

    >>> y, center, spread = standardised(Sample.of(np.array([18.0, 10.0, 12.0, 14.0, 13.0])))
    >>> y.values, float(center), float(spread)
    (array([ 5., -3., -1.,  1.,  0.]), 13.0, 1.0)
    """
    # Those of a part serve as well: any center and unit of about the right size will do.
    low, center, high = _quartiles(t if t.weighted or t.width < 4 * PART else part_of(t))
    spread = 0.5 * (high - low)
    if some(spread <= 0):
        # Half the values are equal: any scale will do to start from.
        deviation = _deviations(center, t) / t.n
        spread = np.where(spread > 0, spread, np.where(deviation > 0, deviation, 1.0))
    center, spread = np.asarray(center), np.asarray(spread)
    y = Rescaled(t, center, spread)
    short = t.batch_shape or t.width < 4 * PART
    return y._standard(t) if short else y, center[()], spread[()]


@piecewise
def _deviations(center: Array, t: Sample) -> Array:
    """Return the sum of the distances from the centre."""
    return t.sum(np.abs(t.values - np.asarray(center)[..., None]))


def _quartiles(t: Sample) -> tuple[Array, Array, Array]:
    """Return the lower quartile, the median and the upper quartile."""
    if not t.weighted:
        last = t.width - 1
        quarter, lower, upper = last // 4, last // 2, t.width // 2
        low, a, b, high = order_statistics(t.values, quarter, lower, upper, last - quarter)
        return low, 0.5 * (a + b), high
    order = np.argsort(t.values, axis=-1)
    values = np.take_along_axis(t.values, order, axis=-1)
    below = np.cumsum(np.take_along_axis(t.weights, order, axis=-1), axis=-1)
    places = [
        np.argmax(below >= p * below[..., -1:], axis=-1)[..., None] for p in (0.25, 0.5, 0.75)
    ]
    return tuple(np.take_along_axis(values, place, axis=-1)[..., 0] for place in places)
