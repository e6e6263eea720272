"""The pieces of the closed forms: differences that are never negative, taken without cancellation."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import ArrayLike

from ..numerics import (
    LOG_2PI,
    digamma_gap,
    log1p_excess,
    log_ratio,
    stirling_error,
    trigamma_excess,
)

__all__ = [
    "bregman",
    "gamma_part",
    "length_slope",
    "lost_length",
    "shape_gap",
    "square_excess",
]

Array = np.ndarray


@functools.cache
def _jacobi() -> tuple[Array, Array]:
    """Return nodes and weights for the integral of (1 - t) g(t) over 0 .. 1."""
    t, w = scipy.special.roots_jacobi(24, 1.0, 0.0)
    return 0.5 * (1.0 + t), 0.25 * w


def bregman(f: Callable, slope: Callable, curvature: Callable, a: Array, b: Array) -> Array:
    """Return f(b) - f(a) - f'(a) (b - a) for a convex f of a positive argument.

    When b is near a it is the integral of (1 - t) (b - a)^2 f''(a + t (b - a)), which does not cancel.

    >>> float(bregman(lambda x: x**2, lambda x: 2.0 * x, lambda x: 2.0 + 0.0 * x, 1.0, 5.0))
    16.0
    """
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    d = b - a
    near = np.abs(d) < 0.5 * np.minimum(a, b)
    safe = np.where(near, d, 0.0)
    t, w = _jacobi()
    integral = safe**2 * (w * curvature(a[..., None] + t * safe[..., None])).sum(axis=-1)
    return np.where(near, integral, f(b) - f(a) - slope(a) * d)[()]


def square_excess(x: ArrayLike, y: ArrayLike) -> Array:
    """Return r^2 - 1 - log(r^2) >= 0 with r = x / y, to its last digits near r = 1 and far from it.

    >>> bool(np.isclose(square_excess(1e-9, 1.0), 18 * np.log(10.0) - 1.0, rtol=1e-14))
    True
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    d = (x - y) / y
    near = np.abs(d) < 0.25
    r = x / y
    return np.where(
        near, log1p_excess(np.where(near, d * (2.0 + d), 0.0)), r * r - 1.0 - 2.0 * log_ratio(x, y)
    )[()]


def gamma_part(a: Array) -> Array:
    """Return a log a - a - log Gamma(a), whose slope is log a - digamma(a).

    >>> round(float(gamma_part(1.0)), 12)
    -1.0
    """
    return 0.5 * (np.log(a) - LOG_2PI) - stirling_error(a)


def shape_gap(a: Array, b: Array) -> Array:
    """Return the divergence between Gammas of shapes a and b with the same mean.

    >>> float(shape_gap(2.0, 2.0))
    0.0
    """
    return bregman(lambda s: -gamma_part(s), lambda s: -digamma_gap(s), trigamma_excess, a, b)


def lost_length(k: Array) -> Array:
    """Return 1 - I1(k) / I0(k): by how much the mean of unit vectors is shorter than one.

    >>> float(lost_length(0.0))
    1.0
    """
    k = np.asarray(k, dtype=float)
    r = 1.0 / np.maximum(k, 300.0)
    tail = r * (
        1 / 2 + r * (1 / 8 + r * (1 / 8 + r * (25 / 128 + r * (13 / 32 + r * 1073 / 1024))))
    )
    return np.where(
        k > 300.0, tail, (scipy.special.i0e(k) - scipy.special.i1e(k)) / scipy.special.i0e(k)
    )


def length_slope(k: Array) -> Array:
    """Return the derivative of I1(k) / I0(k), the variance of the cosine.

    >>> float(length_slope(0.0))
    0.5
    """
    k = np.asarray(k, dtype=float)
    r = 1.0 / np.maximum(k, 300.0)
    tail = (
        r * r * (1 / 2 + r * (1 / 4 + r * (3 / 8 + r * (25 / 32 + r * (65 / 32 + r * 3219 / 512)))))
    )
    length = scipy.special.i1e(k) / scipy.special.i0e(k)
    second = scipy.special.ive(2, k) / scipy.special.i0e(k)
    return np.where(k > 300.0, tail, 0.5 * (1.0 + second) - length * length)
