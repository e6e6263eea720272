"""Arithmetic that keeps its digits.

Log-likelihoods are differences of large numbers. The functions here arrange those differences so that the
large parts cancel on paper rather than in the machine. All of them work elementwise on arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike

__all__ = [
    "as_numbers",
    "deviance",
    "digamma_gap",
    "either",
    "every",
    "exp_excess",
    "jensen_gap",
    "log1p_excess",
    "log1pexp",
    "log_ratio",
    "mean_log",
    "product_gap",
    "ratio_excess",
    "shape_deviance",
    "some",
    "stirling_error",
    "trigamma",
    "trigamma_excess",
]

Array = np.ndarray

LOG_2PI = float(np.log(2 * np.pi))

# Below this the naive difference log(mean) - mean(log) has lost too many digits to be used.
_NAIVE_GAP = 1e-3
# Stirling's series with the terms below is exact to rounding from here on.
_STIRLING_FROM = 12.0


def every(flags: Any) -> bool:
    """Return whether all flags hold: `np.all`, in a tenth of its time where there is only one.

    The fit of one sample asks dozens of such questions, and each costs NumPy a microsecond or two.

    >>> every(np.array([True, False])), every(np.float64(2.0) > 1.0)
    (False, True)
    """
    return bool(flags.all() if getattr(flags, "ndim", 0) else flags)


def some(flags: Any) -> bool:
    """Return whether any of the flags holds: `np.any`, in a tenth of its time where there is only one.

    >>> some(np.array([True, False])), some(np.float64(2.0) > 3.0)
    (True, False)
    """
    return bool(flags.any() if getattr(flags, "ndim", 0) else flags)


def either(flags: Any, a: Any, b: Any) -> Any:
    """Return a where the flags hold and b elsewhere: `np.where`, in a tenth of its time where there is only one.

    >>> either(np.float64(2.0) > 1.0, 5.0, 6.0), either(np.array([True, False]), 5.0, 6.0)
    (5.0, array([5., 6.]))
    """
    return np.where(flags, a, b) if getattr(flags, "ndim", 0) else a if flags else b


def as_numbers(*columns: Array) -> tuple[Any, ...]:
    """Return columns of one entry each as numbers, which cost a tenth of an array's bookkeeping; longer ones as they are.

    >>> as_numbers(np.array([2.0]), np.array([3.0]))
    (np.float64(2.0), np.float64(3.0))
    """
    one = columns[0].size == 1
    return tuple(np.float64(column.item()) for column in columns) if one else columns


def log1pexp(z: ArrayLike) -> Array:
    """Return log(1 + exp(z)), the softplus, without overflow.

    >>> float(log1pexp(1000.0))
    1000.0
    """
    return np.logaddexp(0.0, z)


def _either(
    test: Callable, first: Callable, second: Callable, x: ArrayLike, harmless: float
) -> Array:
    """Return first(x) where test(x) holds and second(x) elsewhere.

    A single number takes one branch in plain floats, which costs a tenth of an array's bookkeeping: iterations on
    one sample spend their time here. `harmless` passes the test and stands in where the other branch is taken.
    """
    if not getattr(x, "ndim", 0):
        x = float(x)
        return np.float64(first(x) if test(x) else second(x))
    x = np.asarray(x, dtype=float)
    chosen = test(x)
    if chosen.all():
        return first(x)
    with np.errstate(all="ignore"):
        return np.where(chosen, first(np.where(chosen, x, harmless)), second(x))


def log1p_excess(d: ArrayLike) -> Array:
    """Return d - log(1 + d), which is about d^2/2, without cancellation; d > -1.

    With v = d / (2 + d), log(1 + d) = 2 artanh(v), whose first term can be subtracted from d exactly
    (Loader 2000, the deviance term).

    >>> float(log1p_excess(1e-8) / 5e-17)
    0.9999999933333334
    """

    def series(d: Any) -> Any:
        v = d / (2.0 + d)
        w = v * v
        tail = 1 / 23
        for k in range(21, 1, -2):
            tail = tail * w + 1.0 / k
        return v * (d - 2.0 * w * tail)

    return _either(lambda d: abs(d) < 0.2, series, lambda d: d - np.log1p(d), d, 0.0)


def exp_excess(d: ArrayLike) -> Array:
    """Return exp(d) - 1 - d >= 0 without cancellation.

    >>> round(float(exp_excess(1e-10) / 5e-21), 9)
    1.0
    """
    d = np.asarray(d, dtype=float)
    small = np.abs(d) < 0.5
    s = np.where(small, d, 0.0)
    series = np.ones_like(s)
    for k in range(17, 2, -1):
        series = 1.0 + series * s / k
    return np.where(small, 0.5 * s * s * series, np.expm1(d) - d)[()]


def ratio_excess(x: ArrayLike, y: ArrayLike, d: ArrayLike | None = None) -> Array:
    """Return x/y - 1 - log(x/y) >= 0 for positive x and y, without cancellation where x is near y.

    `d` is x/y - 1, for those who know it better than the division does. Near x = 0 that is rounded to -1, and the
    logarithm is taken of the ratio itself.

    >>> bool(np.isclose(ratio_excess(1e-300, 1.0), 300 * np.log(10.0) - 1.0, rtol=1e-15))
    True
    """
    x, y = np.asarray(x), np.asarray(y)
    d = (x - y) / y if d is None else np.asarray(d)
    near = d > -0.5
    if every(near):
        return log1p_excess(d)
    return np.where(near, log1p_excess(np.where(near, d, 0.0)), d - log_ratio(x, y))


def log_ratio(x: ArrayLike, y: ArrayLike) -> Array:
    """Return log(x / y) for positive x and y: exact to rounding near 1, and finite where x / y is not.

    >>> float(log_ratio(1e200, 1e-200)) == 400 * float(np.log(10.0))
    True
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    with np.errstate(all="ignore"):
        ratio = x / y
        value = np.log(ratio)
        near = abs(ratio - 1.0) < 0.5
        if some(near):
            value = np.where(near, np.log1p(np.where(near, (x - y) / y, 0.0)), value)
        outside = ~((ratio > 0) & (ratio < np.inf))
        if some(outside):
            value = np.where(outside, np.log(x) - np.log(y), value)
        return value[()]


def product_gap(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> Array:
    """Return a b - c with the digits that rounding the product would cost, by Dekker's product (1971).

    Where a b is close to c and large, what is left of their difference is otherwise only noise.

    >>> float(product_gap(1e8 + 1, 1e8 - 1, 1e16))
    -1.0
    """
    if np.ndim(a) == np.ndim(b) == np.ndim(c) == 0:
        a, b, c = (
            float(a),
            float(b),
            float(c),
        )  # plain floats cost a tenth of an array's bookkeeping
    with np.errstate(all="ignore"):
        product = a * b
        a_high, b_high = _high_half(a), _high_half(b)
        a_low, b_low = a - a_high, b - b_high
        lost = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
        return (product - c) + np.where(np.isfinite(lost), lost, 0.0)[()]


def _high_half(x: Any) -> Any:
    """Return the leading 26 bits of x (Veltkamp's splitting); NaN where that overflows."""
    scaled = 134217729.0 * x
    return scaled - (scaled - x)


def deviance(x: ArrayLike, y: ArrayLike, gap: ArrayLike | None = None) -> Array:
    """Return x log(x / y) + y - x >= 0, the unit Poisson deviance halved; x >= 0, y >= 0.

    It is zero at x = y, y at x = 0, and infinite at y = 0 < x. `gap` is y - x, for those who know it better than the
    subtraction does. Source: Loader (2000), `bd0`.

    >>> float(deviance(0.0, 3.0)), float(deviance(2.0, 2.0))
    (3.0, 0.0)
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    gap = y - x if gap is None else np.asarray(gap, dtype=float)
    with np.errstate(all="ignore"):
        d = gap / x
        close = np.abs(d) < 0.2
        if close.all():
            return x * log1p_excess(d)
        ratio = x / y
        value = x * np.log(ratio) + gap
        if not (usable := (ratio > 0) & (ratio < np.inf)).all():
            # x or y is 0, or their ratio is beyond the range of doubles: take the logarithms one by one.
            value = np.where(
                usable, value, scipy.special.xlogy(x, x) - scipy.special.xlogy(x, y) + gap
            )
        if close.any():
            value = np.where(close, x * log1p_excess(np.where(close, d, 0.0)), value)
    return np.where(gap == 0, 0.0, value)[()]


def shape_deviance(a: ArrayLike, b: ArrayLike, m: ArrayLike, gap: ArrayLike) -> Array:
    """Return deviance(a, b m) + log(m), how a Gamma's or Beta's density falls away from its peak; `gap` is b m - a.

    Far below the peak the two parts cancel, all the more the nearer a is to 1: there a log m and log m are taken
    together.

    >>> float(shape_deviance(1.0, 1.0, 1e-300, -1.0))
    -1.0
    """
    a, product = np.asarray(a, dtype=float), np.asarray(b) * np.asarray(m)
    value = deviance(a, product, gap) + np.log(m)
    below = (product < 0.5 * a) & (a > 0.5)
    lost = (product < 1e-290) | (product == np.inf)  # beyond the range of doubles
    if not some(below | lost):
        return value
    ratio = np.where(lost, np.log(a) - np.log(b) - np.log(m), log_ratio(a, product))
    together = (a - 1.0) * ratio + log_ratio(a, b) + (product - a)
    value = np.where(below | lost, together, value)
    return np.where(product == np.inf, np.inf, value)[()]


def stirling_error(x: ArrayLike) -> Array:
    """Return log Gamma(x + 1) - [(x + 1/2) log x - x + log(2 pi)/2], what Stirling's formula leaves out; x > 0.

    Source: Loader (2000); the series is Abramowitz and Stegun 6.1.41.

    >>> float(stirling_error(1e15) * 12e15)
    1.0
    """

    def series(x: Any) -> Any:
        r = 1.0 / x
        s = r * r
        tail = 1 / 1188 - s * (691 / 360360 - s / 156)
        return r * (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * tail))))

    def direct(x: Any) -> Any:
        return scipy.special.gammaln(x + 1.0) - ((x + 0.5) * np.log(x) - x + 0.5 * LOG_2PI)

    return _either(lambda x: x >= _STIRLING_FROM, series, direct, x, _STIRLING_FROM)


def digamma_gap(a: ArrayLike) -> Array:
    """Return log(a) - digamma(a), about 1/(2a) for large a, without cancellation; a > 0.

    It is the left side of the Gamma's likelihood equation. Source: Abramowitz and Stegun 6.3.18.

    >>> round(float(digamma_gap(1e12) * 2e12), 12)
    1.0
    """

    def series(a: Any) -> Any:
        r = 1.0 / a
        s = r * r
        tail = 1 / 240 - s * (1 / 132 - s * (691 / 32760 - s / 12))
        return 0.5 * r + s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * tail)))

    return _either(
        lambda a: a >= _STIRLING_FROM,
        series,
        lambda a: np.log(a) - scipy.special.digamma(a),
        a,
        _STIRLING_FROM,
    )


def trigamma(a: ArrayLike) -> Array:
    """Return the derivative of digamma; a > 0.

    Hurwitz's zeta(2, a) is the same function and far cheaper than `scipy.special.polygamma`.

    >>> round(float(trigamma(1.0) - np.pi**2 / 6), 12)
    0.0
    """
    return scipy.special.zeta(2.0, a)


def trigamma_excess(a: ArrayLike) -> Array:
    """Return trigamma(a) - 1/a, about 1/(2 a^2) for large a, without cancellation; a > 0.

    It is minus the derivative of `digamma_gap`. Source: Abramowitz and Stegun 6.4.12.

    >>> round(float(trigamma_excess(1e12) * 2e24), 11)
    1.0
    """

    def series(a: Any) -> Any:
        r = 1.0 / a
        s = r * r
        tail = 1 / 30 - s * (5 / 66 - s * (691 / 2730 - s * 7 / 6))
        return 0.5 * s + r * s * (1 / 6 - s * (1 / 30 - s * (1 / 42 - s * tail)))

    return _either(
        lambda a: a >= _STIRLING_FROM, series, lambda a: trigamma(a) - 1.0 / a, a, _STIRLING_FROM
    )


def mean_log(x: Array, weights: Array | None = None, bound: Any = None, least: Any = None) -> Array:
    """Return the mean of log(x) over the last axis; x > 0. All x lie in `least` .. `bound`, where the caller knows these.

    One logarithm serves the product of eight values, which neither overflows nor underflows while all of them lie
    within 2^-127 .. 2^127, or of sixteen within 2^-63 .. 2^63: four to eight times faster, at an error of a few units in
    the last place.

    >>> float(mean_log(np.array([1.0, np.e, np.e**2])))
    1.0
    """
    if weights is not None:
        return (weights * np.log(x)).sum(axis=-1) / weights.sum(axis=-1)
    n = x.shape[-1]
    least = x.min() if least is None else least
    bound = x.max() if bound is None else bound
    if n < 16 or not least > 2.0**-127 or not bound < 2.0**127:
        return np.add.reduce(np.log(x), axis=-1) / n
    k = 16 if n >= 1024 and least > 2.0**-63 and bound < 2.0**63 else 8
    m = n // k
    product = np.multiply.reduce(x[..., : k * m].reshape(*x.shape[:-1], k, m), axis=-2)
    total = np.add.reduce(np.log(product, out=product), axis=-1)
    if k * m < n:
        total = total + np.add.reduce(np.log(x[..., k * m :]), axis=-1)
    return total / n


def jensen_gap(
    x: Array, weights: Array | None = None, mean: Array | None = None, d: Array | None = None
) -> Array:
    """Return log(mean(x)) - mean(log(x)) >= 0 over the last axis, without cancellation; x > 0.

    For nearly constant data the naive difference loses its digits; with r = x/m - 1, whose mean is zero, the gap
    is the mean of r - log(1 + r). Where it is known better than the rounded numbers say, d is x - mean(x).

    >>> round(float(jensen_gap(np.array([1.0, 1.0 + 2.0**-30])) * 2.0**63), 6)
    1.0
    """
    if mean is None:
        mean = np.average(x, axis=-1, weights=weights)
    # No value exceeds the sum of all.
    bound = x.shape[-1] * (mean.max() if np.ndim(mean) else mean)
    gap = np.log(mean) - mean_log(x, weights, bound)
    close = gap < _NAIVE_GAP
    if some(close):
        mean, gap = np.asarray(mean), np.asarray(gap)
        rows = x[close] if gap.ndim else x
        m = mean[close] if gap.ndim else mean
        w = None if weights is None else (weights[close] if gap.ndim else weights)
        r = rows - m[..., None] if d is None else d[close] if gap.ndim else d
        r = r / m[..., None]
        # The rounded mean leaves r with a mean near zero, not zero: what is left over belongs to the logarithm.
        shift = np.average(r, axis=-1, weights=w)
        excess = ratio_excess(rows, m[..., None], r)
        exact = np.average(excess, axis=-1, weights=w) - log1p_excess(shift)
        gap[close] = np.maximum(exact, 0.0)
    return gap[()]
