"""Newton's method in one unknown, for a whole array of problems at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from .numerics import either, every

__all__ = ["newton_1d"]

Array = np.ndarray

_EPSILON = float(np.finfo(float).eps)


def newton_1d(
    f: Callable[[Array, Array], tuple[Array, Array]],
    start: ArrayLike,
    *,
    low: ArrayLike = 0.0,
    high: ArrayLike = np.inf,
    tolerance: float = 1e-13,
    max_iterations: int = 200,
) -> tuple[Array, Array, Array]:
    """Solve f(x) = 0 for a whole array of problems at once, each f decreasing through its root.

    `f(x, index)` returns the values and slopes of the problems `index` (flat positions in `start`) at `x`. Newton's
    step is kept when it stays inside the bracket that the signs seen so far imply, else the bracket is halved. It begins
    as `low` and `high`, one for all or one for each problem. When these are 0 and infinite, steps are taken in log(x),
    which suits a positive parameter: the relative tolerance is then the absolute one of the logarithm. Returns
    (root, converged, iterations) shaped as `start`.

    >>> root, converged, _ = newton_1d(lambda x, i: (2.0 - x**2, -2.0 * x), 1.0)
    >>> float(root)
    1.4142135623730951
    """
    start = np.asarray(start, dtype=float)
    x = start.ravel().copy()
    lo, hi = (np.full(x.shape, end, dtype=float) for end in (low, high))
    ways = _IN_LOGARITHM if not lo.any() and every(hi == np.inf) else _PLAINLY
    done, iterations = np.zeros(x.shape, dtype=bool), np.zeros(x.shape, dtype=int)
    index, here = np.arange(x.size), x.copy()  # of the problems that are left
    with np.errstate(all="ignore"):
        for count in range(1, max_iterations + 1 if x.size else 1):
            terms = here, *f(here, index), lo, hi
            if index.size == 1:  # as numbers, which cost a tenth of an array's bookkeeping
                step = _safe_step(ways, tolerance, *(np.float64(v.item()) for v in terms))
                here, lo, hi, finished = (np.array([v]) for v in step)
            else:
                here, lo, hi, finished = _safe_step(ways, tolerance, *terms)
            over = count == max_iterations or finished.all()
            if over or finished.any():
                x[index], done[index], iterations[index] = here, finished, count
                if over:
                    break
                index, here, lo, hi = (v[~finished] for v in (index, here, lo, hi))
    return tuple(column.reshape(start.shape)[()] for column in (x, done, iterations))


def _safe_step(
    ways: tuple[Callable, Callable],
    tolerance: float,
    x: Array,
    value: Array,
    slope: Array,
    lo: Array,
    hi: Array,
) -> tuple[Array, Array, Array, Array]:
    """Return where to go on from x, the bracket as it now is, and what is finished; of arrays, or of one problem."""
    propose, halve = ways
    lo, hi = either(value > 0, x, lo), either(value < 0, x, hi)
    new, change = propose(x, value, slope)
    inside = (new >= lo) & (new <= hi) & (abs(new) < np.inf)
    if not every(inside):
        new = either(inside, new, halve(x, value, lo, hi))
    exact = value == 0
    narrow = hi - lo <= 4 * _EPSILON * abs(x)
    return either(exact, x, new), lo, hi, exact | (inside & (change <= tolerance)) | narrow


def _logarithmic_step(x: Array, value: Array, slope: Array) -> tuple[Array, Array]:
    """Return where Newton's step in log(x) leads, at most by a factor of e^3, and its relative length."""
    step = -value / (slope * x)
    return x * np.exp(np.minimum(np.maximum(step, -3.0), 3.0)), abs(step)


def _geometric_middle(x: Array, value: Array, lo: Array, hi: Array) -> Array:
    """Return the middle of a bracket on the logarithmic scale, or a move by a factor of 8 while it is open."""
    up = np.where(hi == np.inf, lo * 8.0, np.sqrt(lo) * np.sqrt(hi))
    return np.where(lo == 0, hi / 8.0, up)


def _plain_step(x: Array, value: Array, slope: Array) -> tuple[Array, Array]:
    """Return where Newton's step leads, and its length relative to x."""
    step = -value / slope
    return x + step, abs(step) / np.maximum(abs(x), np.finfo(float).tiny)


def _middle(x: Array, value: Array, lo: Array, hi: Array) -> Array:
    """Return the middle of a bracket, or a move in the direction of the root while it is open."""
    out = x + np.sign(value) * (1.0 + abs(x))
    return np.where(np.isinf(lo) | np.isinf(hi), out, 0.5 * (lo + hi))


_IN_LOGARITHM = _logarithmic_step, _geometric_middle
_PLAINLY = _plain_step, _middle
