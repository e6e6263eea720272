"""The Kalman filter of a level that walks at random: what is known of it before and after each value, and in the end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Level", "kalman", "smoothed"]

Array = np.ndarray


class Level(NamedTuple):
    """The level at the time of each value: its mean given all values, and its standard error."""

    mean: Array
    se: Array


def kalman(x: Array, irregular: float, level: float) -> tuple[Array, Array, tuple[float, float]]:
    """Return the level's mean and variance before each value but the first, and those after the last (the Kalman filter).

    Source: Kalman (1960); Durbin and Koopman (2012), section 2.2.

    >>> kalman(np.array([1.0, 3.0]), 1.0, 1.0)
    (array([1.]), array([2.]), (2.333333333333333, 0.6666666666666666))
    """
    values = x.tolist()
    irregular, level = float(irregular), float(level)
    mean, variance = values[0], irregular  # all that the first value says
    means, variances = [], []
    for value in values[1:]:
        variance += level  # the level has moved
        means.append(mean)
        variances.append(variance)
        gain = variance / (variance + irregular)
        mean += gain * (value - mean)
        variance = gain * irregular
    return np.array(means), np.array(variances), (mean, variance)


def smoothed(x: Array, irregular: float, level: float) -> Level:
    """Go back from the last value to the first: what the level was, given all of them."""
    before, variances, (mean, variance) = kalman(x, irregular, level)
    filtered = np.append(before, mean).tolist()
    means, squares = [mean], [variance]
    for k in range(len(variances) - 1, -1, -1):
        ahead = variances[k]  # of the next level, given the values up to this one
        share = (ahead - level) / ahead
        mean = filtered[k] + share * (mean - filtered[k])
        variance = (ahead - level) + share**2 * (variance - ahead)
        means.append(mean)
        squares.append(variance)
    return Level(np.array(means[::-1]), np.sqrt(np.maximum(squares[::-1], 0.0)))
