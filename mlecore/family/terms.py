"""The small words that families answer in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Array", "InOnePass", "Refusal", "Solution", "row_name", "symmetric"]

Array = np.ndarray


class Solution(NamedTuple):
    """What a family's own `_mle` returns: the parameters and how they were found."""

    params: dict[str, Any]
    iterations: Any = 0
    converged: Any = True
    #: what else should be known of the estimate of a single sample
    notes: tuple[str, ...] = ()


class Refusal(NamedTuple):
    """Samples for which there is no MLE: which, why, and how to fit the limiting family."""

    where: Array
    reason: str
    limit: Any = None


def symmetric(*lower: ArrayLike) -> Array:
    """Lay a lower triangle, row by row, out as symmetric matrices on the last two axes.

    >>> symmetric(1.0, 2.0, 3.0)
    array([[1., 2.],
           [2., 3.]])
    """
    size = int((np.sqrt(8 * len(lower) + 1) - 1) / 2)
    entries = np.broadcast_arrays(*lower)
    matrix = np.empty((*entries[0].shape, size, size))
    places = ((i, j) for i in range(size) for j in range(i + 1))
    for entry, (i, j) in zip(entries, places, strict=True):
        matrix[..., i, j] = matrix[..., j, i] = entry
    return matrix


def row_name(index: Sequence[int]) -> int | tuple[int, ...]:
    """Return how a row of a batch is named in `problems`: a number, or a tuple for a batch of several axes."""
    return int(index[0]) if len(index) == 1 else tuple(map(int, index))


class InOnePass:
    """Slope and curvature of a family whose one pass, `_together`, gives them beside the log-likelihood."""

    _together: Callable[[Any], tuple[Array, Array, Array]]

    def _slope(self, t: Any) -> Array:
        return self._together(t)[1]

    def _curvature(self, t: Any) -> Array:
        return self._together(t)[2]
