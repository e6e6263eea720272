"""The order of a sample: its ends, and the values of any rank."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from ..products import blocks
from .averages import size_of
from .pieces import LONG, PIECE
from .statistic import Statistic

__all__ = ["Extremes", "order_statistics"]

Array = np.ndarray

# The part of a sample that tells about where a rank lies holds one value of so many, or more: what is sorted of it then
# takes as long as what is sorted of the rest.
_EVERY = 32
_WORTH_PARTING = 500


@dataclass(frozen=True, eq=False)
class Extremes(Statistic):
    """Size, smallest and largest value: all that a Uniform needs.

    >>> Extremes.of(np.array([3.0, 1.0, 2.0])).low
    np.float64(1.0)
    """

    low: Array
    high: Array
    _among: ClassVar[tuple[str, ...]] = ("low", "high")

    def fault(self, support: Any) -> str | None:
        if np.any(np.greater(self.low, self.high)):
            return "low is above high"
        return super().fault(support)

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x; a value of weight zero is no observation."""
        if weights is None:
            return cls(size_of(x, None), x.min(axis=-1), x.max(axis=-1))
        seen = weights > 0
        return cls(
            size_of(x, weights),
            np.where(seen, x, np.inf).min(axis=-1),
            np.where(seen, x, -np.inf).max(axis=-1),
        )

    def _pooled(self) -> tuple[Array, ...]:
        return self.low.min(axis=-1), self.high.max(axis=-1)


def order_statistics(x: Array, *ranks: int) -> list[Array]:
    """Return the values of some ranks, 0 for the smallest, along the last axis, without a copy of a long sample.

    A part of the sample says between which two values a rank must lie; the few in between are searched. Source: Floyd
    and Rivest (1975).

    >>> order_statistics(np.array([5.0, 1.0, 3.0]), 0, 1)
    [np.float64(1.0), np.float64(3.0)]
    """
    if x.ndim > 1 or x.size < LONG:
        # A few ranks of one sample are had for less than all of them; of many samples, or of a short one, for more.
        few = x.ndim == 1 and x.size >= _WORTH_PARTING
        ordered = np.partition(x, sorted(set(ranks))) if few else np.sort(x, axis=-1)
        return [ordered[..., rank][()] for rank in ranks]
    part = x[:: min(x.size // PIECE, _EVERY)]
    looked_at = {k for rank in ranks for k in _around(rank, x, part) if 0 <= k < part.size}
    part = np.partition(part, sorted(looked_at)) if looked_at else part
    found: dict[int, Array] = {}
    for rank in ranks:
        if rank not in found:
            found |= _between(x, part, rank, ranks)
        if rank not in found:
            # The part misled, as it can when the order of the values has a period.
            found[rank] = np.partition(x, rank)[rank]
    return [found[rank] for rank in ranks]


def _around(rank: int, x: Array, part: Array) -> tuple[int, int]:
    """Return the ranks in a part that lie three standard errors below and above that of a rank in the whole, or more."""
    place, margin = rank / x.size * part.size, 3.0 * np.sqrt(part.size)
    return math.floor(place - margin), math.floor(place + margin)


def _between(x: Array, part: Array, rank: int, ranks: tuple[int, ...]) -> dict[int, Array]:
    """Return the values of those ranks that lie near one, by a part that is ordered at the places around it."""
    first, last = _around(rank, x, part)
    low = part[first] if first >= 0 else -np.inf
    high = part[last] if last < part.size else np.inf
    below, kept = 0, []
    for piece in blocks(x.size, 2 * PIECE):
        values = x[piece]
        inside = values >= low
        below += values.size - np.count_nonzero(inside)
        inside &= values <= high
        kept.append(values.compress(inside))
    near = np.concatenate(kept)
    places = {r: r - below for r in ranks if 0 <= r - below < near.size}
    near = np.partition(near, sorted(set(places.values()))) if places else near
    return {r: near[k] for r, k in places.items()}
