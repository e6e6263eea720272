"""The one equation behind the Weibull and the Gumbel, which are each other's logarithm.

Both fits come down to one number k with 1/k + mean(v) = sum(v exp(k v)) / sum(exp(k v)): v is the logarithm of a
Weibull's observations, or minus a Gumbel's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..numerics import as_numbers, every
from ..products import dot
from ..roots import newton_1d
from ..statistics import Exposed, Moments, Sample
from .location_scale import Standardised, solved

__all__ = ["solve_extreme_value"]

Array = np.ndarray

# So many plain steps, if they lead to the root at all.
_STEPS = 6


def solve_extreme_value(t: Sample, sign: float = 1.0) -> tuple[Array, Array, Array, Array]:
    """Return (k, log(mean(exp(k v))) / k, converged, iterations) for v = sign * values, shaped as the batch of t.

    >>> k, level, _, _ = solve_extreme_value(Sample.of(np.array([-1.0, 0.0, 1.0])))
    >>> bool(np.isclose(1 / k, 2 * np.sinh(k) / (1 + 2 * np.cosh(k))))
    True
    """

    def solve(rows: Sample, m: Moments, start: tuple | None) -> tuple[Array, ...]:
        unit = np.where(m.sd > 0, m.sd, 1.0)
        k, level, converged, iterations = _solve(_from_top(rows, unit, sign), _begin(unit, start))
        return k / unit, level, converged, iterations

    def refine(rows: Sample, m: Moments, start: tuple | None, kind: type) -> tuple[Array, ...]:
        seen = _from_top(rows, m.sd, sign)._replace(kind=kind)
        k, level, converged, iterations = _refine(seen, _begin(m.sd, start))
        return k / m.sd, level, converged, iterations

    return tuple(column.reshape(t.batch_shape)[()] for column in solved(t, solve, refine))


def _begin(unit: Array, start: tuple | None) -> Array:
    """Return k where the unit is 1: that of `start`, or of a Weibull whose logarithm has this standard deviation."""
    return np.full(unit.shape, np.pi / np.sqrt(6.0)) if start is None else start[0] * unit


def _from_top(t: Sample, unit: Array, sign: float) -> Standardised:
    """Return v measured from its largest value, in units of its spread: no exponential overflows."""
    low, high = t.extremes()
    return Standardised(t, high if sign > 0 else low, sign * unit)


def _solve(rows: Standardised, start: Array) -> tuple[Array, ...]:
    """Return (k, log(mean(exp(k v))) / k, converged, iterations) for v as it was."""
    # The latest k, and the log-mean of e^{kv} there with its first two derivatives.
    last = np.zeros((start.size, 4))

    def equation(k: Array, i: Array) -> tuple[Array, Array]:
        k, average, *level, skew = _cumulants(rows.at(i), k)
        last[i] = np.array([k, *level]).T
        return _equation(k, average, level[1], level[2], skew)

    # After a step of 1e-5 the error is below rounding.
    k, converged, iterations = newton_1d(equation, start, tolerance=1e-5)
    return k, _level(rows, k, *last.T), converged, iterations


def _refine(rows: Standardised, k: Array) -> tuple[Array, ...]:
    """Return what `_solve` does by plain steps from near, in doubles once what is left shows in these only.

    Counted are those in doubles.
    """
    skew, arrived, count = None, False, 0
    for _ in range(_STEPS):
        seen, average, *level, skew = _cumulants(rows, k, skew)
        value, slope = _equation(seen, average, level[1], level[2], skew)
        step = -value / (slope * seen)
        size = abs(step)
        if not every(size <= 0.5):  # too far for steps without a check
            break
        k = np.array(seen * np.exp(step), ndmin=1)
        # A step leaves a tenth of its cube: one of 0.04 what single precision hardly tells from none. In doubles, which
        # take the skewness from there, one of 1e-5 leaves less than rounding does.
        double = rows.kind is np.float64
        count += double
        if arrived := double and every(size <= 1e-5):
            break
        if every(size <= 0.04):
            rows = rows._replace(kind=np.float64)
        else:
            skew = None
    columns = k, _level(rows, k, seen, *level)
    return *columns, np.full(k.shape, arrived), np.full(k.shape, count)


def _level(
    rows: Standardised, k: Array, seen: Array, level: Array, slope: Array, bend: Array
) -> Array:
    """Return log(mean(exp(k v))) / k by the Taylor series of the log-mean from where it was seen, so near is k."""
    step = k - seen
    level = level + step * (slope + 0.5 * step * bend)
    return abs(rows.unit) * level / k + np.sign(rows.unit) * rows.center


def _equation(
    k: Array, average: Array, first: Array, spread: Array, skew: Array
) -> tuple[Any, Any]:
    """Return the equation's value and a slope, from the cumulants below.

    The slope is such that Newton's step with it is Halley's in log k. It cubes the error: one more power of v, a
    multiplication, spares a pass over the data with its exponentials.
    """
    value, slope = 1.0 / k + average - first, -1.0 / k**2 - spread
    bent = value * (slope + k * (2.0 / k**3 - skew)) / (2.0 * k * slope * slope)
    return value, slope * (1.0 - np.minimum(np.maximum(bent, -0.5), 0.5))


def _cumulants(t: Standardised, k: Array, skew: Any = None) -> tuple[Any, ...]:
    """Return k, the mean of v, the log-mean of e^{kv} and its first three derivatives, of which the last may be known.

    Of one sample these are numbers.
    """
    known = skew is not None
    k, n, total, *sums = as_numbers(k, t.sample.n, *_tilted(t, k, 2 if known else 3))
    zeroth, first, second, *third = sums
    first, second = first / (k * zeroth), second / (k * k * zeroth)
    spread = second - first * first
    if not known:
        skew = third[0] / (k**3 * zeroth) - (3.0 * second - 2.0 * first * first) * first
    return k, total / (k * n), np.log(zeroth / n), first, spread, skew


def _tilted(t: Standardised, k: Array, powers: int) -> Array:
    """Return the sums of w u, and of w u^p e^u for p from 0 to a power, of each row, with u = k v.

    Of values that are bounds, which have their share of the powers alone, the first sum leaves them out.
    """
    t = t._replace(unit=t.unit / k)
    sums = np.zeros((2 + powers, len(k)))
    for rows, u, w, e in t.tiles(1):
        if w is not None:
            np.minimum(u, 0.0, out=u)  # only a value of weight zero lies above the top: no overflow
        np.exp(u, out=e)
        if w is not None:
            e *= w
        found = [np.add.reduce(u, axis=-1) if w is None else dot(u, w)]
        found += [np.add.reduce(e, axis=-1), dot(u, e)]
        for _ in range(1, powers):
            e *= u
            found.append(dot(u, e))
        sums[:, rows] += np.array(found)
    if isinstance(t.sample, Exposed):
        sums[0] = (t.sample.total - t.sample.n * t.center) / t.unit
    return sums
