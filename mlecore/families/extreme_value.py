"""The one equation behind the Weibull and the Gumbel, which are each other's logarithm.

Both fits come down to one number k with 1/k + mean(v) = sum(v exp(k v)) / sum(exp(k v)): v is the logarithm of a
Weibull's observations, or minus a Gumbel's.
"""

from __future__ import annotations

import numpy as np

from ..products import dot
from ..roots import newton_1d
from ..statistics import Exposed, Moments, Sample
from .location_scale import Standardised, part_first

__all__ = ["solve_extreme_value"]

Array = np.ndarray


def solve_extreme_value(t: Sample, sign: float = 1.0) -> tuple[Array, Array, Array, Array]:
    """Return (k, log(mean(exp(k v))) / k, converged, iterations) for v = sign * values, shaped as the batch of t.

    >>> k, level, _, _ = solve_extreme_value(Sample.of(np.array([-1.0, 0.0, 1.0])))
    >>> bool(np.isclose(1 / k, 2 * np.sinh(k) / (1 + 2 * np.cosh(k))))
    True
    """

    def solve(rows: Sample, m: Moments, start: tuple | None, kind: type) -> tuple[Array, ...]:
        unit = np.where(m.sd > 0, m.sd, 1.0)
        # The k of a Weibull whose logarithm has standard deviation 1.
        first = np.full(len(unit), np.pi / np.sqrt(6.0)) if start is None else start[0] * unit
        k, level, converged, iterations = _solve(rows, unit, sign, first, kind)
        return k / unit, level, converged, iterations

    return tuple(column.reshape(t.batch_shape)[()] for column in part_first(t, solve))


def _solve(t: Sample, unit: Array, sign: float, start: Array, kind: type) -> tuple[Array, ...]:
    """Solve the equation with v measured from its largest value, in units of its spread: nothing overflows."""
    low, high = t.extremes()
    top = high if sign > 0 else -low
    rows = Standardised(t, sign * top, sign * unit, kind)
    # The latest k, and the log-mean of e^{kv} there with its first two derivatives.
    last = np.zeros((top.size, 4))

    def equation(k: Array, i: Array) -> tuple[Array, Array]:
        part = rows.at(i)
        sums = _tilted(part, k)
        if k.size == 1:  # as numbers, which cost a tenth of an array's bookkeeping
            terms = tuple(map(np.float64, (k[0], part.sample.n[0], *sums.ravel())))
        else:
            terms = k, part.sample.n, *sums
        value, slope, *level = _equation(*terms)
        last[i] = np.array([terms[0], *level]).T
        return value, slope

    # After a step of 1e-5 the error is below rounding. The log-mean follows by its Taylor series. In single precision a
    # step of 0.04 leaves one so short to doubles.
    tolerance = 1e-5 if kind is np.float64 else 0.04
    k, converged, iterations = newton_1d(equation, start, tolerance=tolerance)
    seen, level, slope, bend = last.T
    step = k - seen
    level = level + step * (slope + 0.5 * step * bend)
    return k, top + unit * level / k, converged, iterations


def _equation(
    k: Array, n: Array, average: Array, zeroth: Array, *powers: Array
) -> tuple[Array, ...]:
    """Return the equation's value and a slope, and the log-mean of e^{kv} with two derivatives, from the sums below.

    The slope is such that Newton's step with it is Halley's in log k. It cubes the error: one more power of v, a
    multiplication, spares a pass over the data with its exponentials.
    """
    first, second, third = (power / zeroth for power in powers)
    spread = second - first * first
    value, slope = 1.0 / k + average / n - first, -1.0 / k**2 - spread
    bend = 2.0 / k**3 - (third - 3.0 * second * first + 2.0 * first**3)
    bent = value * (slope + k * bend) / (2.0 * k * slope * slope)
    bent = np.minimum(np.maximum(bent, -0.5), 0.5)
    return value, slope * (1.0 - bent), np.log(zeroth / n), first, spread


def _tilted(t: Standardised, k: Array) -> Array:
    """Return the sums of w v, and of w v^p e^{kv} for p = 0, 1, 2, 3, of each row.

    Of values that are bounds, which have their share of the powers alone, the first sum leaves them out.
    """
    sums = np.zeros((5, len(k)))
    for rows, v, w in t.tiles():
        if w is not None:
            v = np.minimum(v, 0.0)  # only a value of weight zero lies above the top: no overflow
        terms = k[rows, None].astype(t.kind) * v
        np.exp(terms, out=terms)
        if w is not None:
            terms *= w
        first = np.add.reduce(v, axis=-1) if w is None else dot(v, w)
        powers = [np.add.reduce(terms, axis=-1), dot(v, terms)]
        for _ in range(2):
            terms *= v
            powers.append(dot(v, terms))
        sums[:, rows] += np.array([first, *powers])
    if isinstance(t.sample, Exposed):
        sums[0] = (t.sample.total - t.sample.n * t.center) / t.unit
    return sums
