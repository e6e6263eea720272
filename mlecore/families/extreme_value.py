"""The one equation behind the Weibull and the Gumbel, which are each other's logarithm.

Both fits come down to one number k with 1/k + mean(v) = sum(v exp(k v)) / sum(exp(k v)): v is the logarithm of a
Weibull's observations, or minus a Gumbel's.
"""

from __future__ import annotations

import numpy as np

from ..numerics import blocks, newton_1d
from ..statistics import Moments, Sample

__all__ = ["solve_extreme_value"]

Array = np.ndarray

# The sample of this many values that gives the first estimate when there are many more.
_SUBSAMPLE = 2048
# How many terms are tilted at once: few enough to stay in the cache, so the data are never copied whole.
_AT_ONCE = 2**14


def solve_extreme_value(t: Sample, sign: float = 1.0) -> tuple[Array, Array, Array, Array]:
    """Return (k, log(mean(exp(k v))) / k, converged, iterations) for v = sign * values, shaped as the batch of t.

    >>> k, level, _, _ = solve_extreme_value(Sample.of(np.array([-1.0, 0.0, 1.0])))
    >>> bool(np.isclose(1 / k, 2 * np.sinh(k) / (1 + 2 * np.cosh(k))))
    True
    """
    rows, weighted = (-1, t.width), any(t.weights.strides)
    flat = Sample(np.ravel(t.n), t.values.reshape(rows), t.weights.reshape(rows))
    seen = np.where(flat.weights > 0, flat.values, -sign * np.inf) if weighted else flat.values
    top = sign * (seen.max(axis=-1) if sign > 0 else seen.min(axis=-1))
    step = t.width // _SUBSAMPLE if t.width > 8 * _SUBSAMPLE else 1
    few = Sample.of(flat.values[:, ::step], flat.weights[:, ::step] if weighted else None)
    if not (few.n > 0).all():
        few = flat
    unit = Moments.of(few.values, few.weights if weighted else None).sd
    unit = np.where(unit > 0, unit, 1.0)

    start = np.full(len(unit), np.pi / np.sqrt(6.0))  # the k of a Weibull whose logarithm has sd 1
    if few.width < t.width:
        start, _, _, _ = _solve(few, top, unit, sign, start)
    k, level, converged, iterations = _solve(flat, top, unit, sign, start)
    columns = (k / unit, top + unit * level, converged, iterations)
    return tuple(column.reshape(t.batch_shape)[()] for column in columns)


def _solve(t: Sample, top: Array, unit: Array, sign: float, start: Array) -> tuple[Array, ...]:
    """Solve the equation with v measured from its largest value, in units of its spread: nothing overflows."""
    average = (sign * t.mean(t.values) - top) / unit
    last = np.zeros((3, top.size))  # the latest k, log-mean of e^{kv} and its slope

    def equation(k: Array, i: Array) -> tuple[Array, Array]:
        part = t if i.size == top.size else t[i]
        total, first, second = _tilted(part, k, top[i], unit[i], sign)
        first, second = first / total, second / total
        last[:, i] = k, np.log(total / part.n), first
        return 1.0 / k + average[i] - first, -1.0 / k**2 - (second - first * first)

    # Newton squares the error, so a step of 1e-8 is the last: the next would be below rounding. It moves the log-mean
    # by its slope, which spares another pass over the data.
    k, converged, iterations = newton_1d(equation, start, tolerance=1e-8)
    seen, level, slope = last
    return k, (level + (k - seen) * slope) / k, converged, iterations


def _tilted(
    t: Sample, k: Array, top: Array, unit: Array, sign: float
) -> tuple[Array, Array, Array]:
    """Return the sums of w e^{kv}, w v e^{kv} and w v^2 e^{kv} for each row."""
    total, first, second = np.zeros((3, len(k)))
    weighted = any(t.weights.strides)
    top, unit, k = sign * top[:, None], sign * unit[:, None], k[:, None]
    for columns in blocks(t.width, max(1, _AT_ONCE // len(k))):
        v = t.values[:, columns] - top
        v /= unit
        if weighted:
            np.minimum(
                v, 0.0, out=v
            )  # only a value of weight zero lies above the top: it must not overflow
        terms = np.exp(k * v)
        if weighted:
            terms *= t.weights[:, columns]
        total += terms.sum(axis=-1)
        first += np.einsum("ij,ij->i", v, terms)
        terms *= v
        second += np.einsum("ij,ij->i", v, terms)
    return total, first, second
