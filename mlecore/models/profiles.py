"""The profile of a threshold, read off a row of heights: its local maxima, and where it rises without end."""

from __future__ import annotations

import numpy as np

from ..family import Array

__all__ = ["local_maxima", "rising"]

# A local maximum is higher than its neighbours by more than this part of the log-likelihood: more than rounding.
_PROMINENT = 1e-10


def local_maxima(height: Array) -> list[int]:
    """Return the places inside a row that are higher than both their neighbours, by more than rounding.

    >>> local_maxima(np.array([0.0, 1.0, 2.0, 1.0, 0.0]))
    [2]
    """
    margin = _PROMINENT * (1.0 + np.abs(height))
    inner = range(2, height.size - 2)
    return [
        k
        for k in inner
        if np.isfinite(height[k - 2 : k + 3]).all()
        and height[k] >= max(height[k - 1], height[k + 1])
        and height[k] > max(height[k - 2], height[k + 2]) + margin[k]
    ]


def rising(height: Array, least: float) -> str:
    """Say in words at which ends of a profile the likelihood keeps rising.

    >>> rising(np.array([2.0, 1.0, 0.0]), 5.0)
    'the likelihood keeps rising as shift comes to the smallest value, 5'
    """
    found = np.flatnonzero(np.isfinite(height))
    if found.size < 2:
        return "the other parameters have no maximum wherever the shift is"
    ways = []
    if height[found[0]] > height[found[1]]:
        ways.append(f"comes to the smallest value, {least:g}")
    if height[found[-1]] > height[found[-2]]:
        ways.append("moves away from the data, towards another family")
    return f"the likelihood keeps rising as shift {' and as it '.join(ways) or 'changes'}"
