"""Sums of infinite series from some term on, accurate however small: the first terms one by one, the rest by Euler
and Maclaurin's formula (Abramowitz and Stegun 23.1.30), an integral and a few derivatives.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike

__all__ = ["log_series_tail", "power_tail"]

Array = np.ndarray

# So many terms are added one by one before the formula takes over.
_HEAD = 20
# Bernoulli's numbers B_2, B_4 ..., and B_2i / (2 i)!, the weights of the derivatives of order 1, 3, 5 ...
_BERNOULLI = 1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510
_WEIGHTS = np.array([b / math.factorial(2 * i) for i, b in enumerate(_BERNOULLI, 1)])


def log_series_tail(p: ArrayLike, first: ArrayLike) -> Array:
    """Return the logarithm of the sum of p^k / k over k = first, first + 1, ...; 0 < p < 1.

    >>> round(float(np.exp(log_series_tail(0.5, 1.0)) / np.log(2.0)), 12)
    1.0
    """
    p, first = np.broadcast_arrays(np.asarray(p, dtype=float), np.asarray(first, dtype=float))
    with np.errstate(all="ignore"):
        log_p = np.log(p)
        # In units of the first term.
        head = sum(p**i / (1.0 + i / first) for i in range(_HEAD))
        far = sum(p**i / (1.0 + i / first) for i in range(_HEAD, 3 * _HEAD))
        x, fall = first + _HEAD, -log_p
        # The derivatives of exp(-fall x) / x, in size, by their recurrence.
        rest, derivative = _scaled_exponential_integral(fall * x) + 0.5 / x, 1.0 / x
        for order in range(1, 2 * _WEIGHTS.size):
            derivative = (fall**order + order * derivative) / x
            if order % 2:
                rest = rest + _WEIGHTS[order // 2] * derivative
        total = head + np.where(p < 0.5, far, p**_HEAD * first * rest)
        return (first * log_p - np.log(first) + np.log(total))[()]


def _scaled_exponential_integral(z: Array) -> Array:
    """Return exp(z) E1(z)."""
    large = np.maximum(z, 40.0)
    series = np.ones_like(large)
    for k in range(30, 0, -1):
        series = 1.0 - k / large * series
    return np.where(z < 40.0, np.exp(np.minimum(z, 40.0)) * scipy.special.exp1(z), series / large)


def power_tail(s: ArrayLike, first: ArrayLike) -> tuple[Array, Array, Array]:
    """Return log T with its first two derivatives in s, T being the sum of k^-s over k = first, first + 1, ...; s > 1.

    >>> log_zeta, _, _ = power_tail(2.0, 1.0)
    >>> round(float(np.exp(log_zeta) * 6.0 / np.pi**2), 12)
    1.0
    """
    s, first = np.broadcast_arrays(np.asarray(s, dtype=float), np.asarray(first, dtype=float))
    with np.errstate(all="ignore"):
        # In units of the first term: (k / first)^-s and what a derivative in s makes of it.
        sums: list[Any] = [1.0, 0.0, 0.0]
        for i in range(1, _HEAD):
            log = np.log1p(i / first)
            term = np.exp(-s * log)
            sums = [sums[0] + term, sums[1] - log * term, sums[2] + log * log * term]
        rest, slope, bend = _beyond(s, first + _HEAD)
        log = np.log1p(_HEAD / first)
        term = np.exp(-s * log)
        last = (rest, slope - log * rest, bend - 2.0 * log * slope + log * log * rest)
        zeroth, one, two = (
            a + np.where(term > 0, term * b, 0.0) for a, b in zip(sums, last, strict=True)
        )
        one, two = one / zeroth, two / zeroth
        return (np.log(zeroth) - s * np.log(first))[()], one - np.log(first), two - one * one


def _beyond(s: Array, x: Array) -> tuple[Array, Array, Array]:
    """Return the sum of (k/x)^-s over k = x, x + 1, ... by the formula, with its first two derivatives in s."""
    a = s - 1.0
    value, slope, bend = x / a + 0.5, -x / a / a, 2.0 * x / a / a / a
    # The product s (s + 1) ... over x ..., of one factor more each time, with its derivatives.
    rise: tuple[Array, Array, Array] = (s / x, 1.0 / x, np.zeros_like(x))
    for order in range(1, 2 * _WEIGHTS.size, 2):
        weight = _WEIGHTS[order // 2]
        value, slope, bend = (
            value + weight * rise[0],
            slope + weight * rise[1],
            bend + weight * rise[2],
        )
        for more in (order, order + 1):
            factor = (s + more) / x
            rise = (
                rise[0] * factor,
                rise[1] * factor + rise[0] / x,
                rise[2] * factor + 2.0 * rise[1] / x,
            )
    return value, slope, bend
