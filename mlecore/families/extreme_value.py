"""The one equation behind the Weibull and the Gumbel, which are each other's logarithm.

Both fits come down to one number k with 1/k + mean(v) = sum(v exp(k v)) / sum(exp(k v)): v is the logarithm of a
Weibull's observations, or minus a Gumbel's.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..numerics import blocks, newton_1d
from ..statistics import Moments, Sample

__all__ = ["solve_extreme_value"]

Array = np.ndarray

# The sample of this many values that gives the first estimate when there are many more.
_SUBSAMPLE = 2048
# How many terms are tilted at once: few enough to stay in the cache and below the length at which BLAS starts threads.
_AT_ONCE = 2**13


def solve_extreme_value(t: Sample, sign: float = 1.0) -> tuple[Array, Array, Array, Array]:
    """Return (k, log(mean(exp(k v))) / k, converged, iterations) for v = sign * values, shaped as the batch of t.

    >>> k, level, _, _ = solve_extreme_value(Sample.of(np.array([-1.0, 0.0, 1.0])))
    >>> bool(np.isclose(1 / k, 2 * np.sinh(k) / (1 + 2 * np.cosh(k))))
    True
    """
    rows, weighted = (-1, t.width), any(t.weights.strides)
    flat = Sample(np.ravel(t.n), t.values.reshape(rows), t.weights.reshape(rows))
    step = t.width // _SUBSAMPLE if t.width > 8 * _SUBSAMPLE else 1
    few = Sample.of(flat.values[:, ::step], flat.weights[:, ::step] if weighted else None)
    if not (few.n > 0).all():
        few = flat
    unit = Moments.of(few.values, few.weights if weighted else None).sd
    unit = np.where(unit > 0, unit, 1.0)

    start = np.full(len(unit), np.pi / np.sqrt(6.0))  # the k of a Weibull whose logarithm has sd 1
    if few.width < t.width:
        start, _, _, _ = _solve(few, unit, sign, start)
    k, level, converged, iterations = _solve(flat, unit, sign, start)
    columns = (k / unit, level, converged, iterations)
    return tuple(column.reshape(t.batch_shape)[()] for column in columns)


def _solve(t: Sample, unit: Array, sign: float, start: Array) -> tuple[Array, ...]:
    """Solve the equation with v measured from its largest value, in units of its spread: nothing overflows."""
    low, high = t.extremes()
    top = high if sign > 0 else -low
    total = sum((v if w is None else v * w).sum(axis=-1) for v, w in _pieces(t, top, unit, sign))
    average = total / t.n
    # The latest k, and the log-mean of e^{kv} there with its first two derivatives.
    last = np.zeros((4, top.size))

    def equation(k: Array, i: Array) -> tuple[Array, Array]:
        part = t if i.size == top.size else t[i]
        sums = _tilted(part, k, top[i], unit[i], sign)
        first, second, third = sums[1:] / sums[0]
        spread = second - first * first
        last[:, i] = k, np.log(sums[0] / part.n), first, spread
        value, slope = 1.0 / k + average[i] - first, -1.0 / k**2 - spread
        # Halley's step in log k, by way of the slope that makes Newton's step equal to it. It cubes the error: one
        # more power of v, a multiplication, spares a pass over the data with its exponentials.
        bend = 2.0 / k**3 - (third - 3.0 * second * first + 2.0 * first**3)
        bent = value * (slope + k * bend) / (2.0 * k * slope * slope)
        return value, slope * (1.0 - np.clip(bent, -0.5, 0.5))

    # After a step of 1e-5 the error is below rounding. The log-mean follows by its Taylor series.
    k, converged, iterations = newton_1d(equation, start, tolerance=1e-5)
    seen, level, slope, bend = last
    step = k - seen
    level = level + step * (slope + 0.5 * step * bend)
    return k, top + unit * level / k, converged, iterations


def _tilted(t: Sample, k: Array, top: Array, unit: Array, sign: float) -> Array:
    """Return the sums of w v^p e^{kv} for p = 0, 1, 2, 3 and each row."""
    sums = np.zeros((4, len(k)))
    for v, w in _pieces(t, top, unit, sign):
        terms = np.exp(k[:, None] * v)
        if w is not None:
            terms *= w
        sums[0] += terms.sum(axis=-1)
        for power in (1, 2, 3):
            sums[power] += np.vecdot(v, terms)
            if power < 3:
                terms *= v
    return sums


def _pieces(
    t: Sample, top: Array, unit: Array, sign: float
) -> Iterator[tuple[Array, Array | None]]:
    """Cut the sample into columns; yield v <= 0, below the largest value in units of its spread, and the weights."""
    top, unit = sign * top[:, None], sign * unit[:, None]
    for columns in blocks(t.width, max(1, _AT_ONCE // len(top))):
        v = (t.values[:, columns] - top) / unit
        if any(t.weights.strides):
            # Only a value of weight zero lies above the top: it must not overflow.
            yield np.minimum(v, 0.0), t.weights[:, columns]
        else:
            yield v, None
