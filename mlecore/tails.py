"""Logarithms of incomplete gamma and beta integrals, where the integrals themselves leave the range of doubles.

SciPy gives the two parts of each integral, the smaller one to its last digits as long as it is a double. Where it no
longer is, it lies so far out that the continued fraction or the series of it has come to rest after a few terms.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy

from .numerics import deviance, log_ratio, stirling_error

__all__ = [
    "flow_of_power",
    "flow_of_scale",
    "log1mexp",
    "log_beta_tails",
    "log_gamma_tails",
    "log_normal_tails",
    "standard",
]

Array = np.ndarray

_LOG_HALF = float(np.log(0.5))
_LOG_2PI = float(np.log(2.0 * np.pi))
# Probabilities below this have lost digits, or all of themselves.
_LEAST = 1e-290
_MOST_TERMS = 500


def log1mexp(d: Array) -> Array:
    """Return log(1 - exp(d)) for d <= 0, to the last digits at both ends (Maechler 2012).

    >>> bool(np.isclose(log1mexp(np.log(0.25)), np.log(0.75), rtol=1e-15))
    True
    """
    with np.errstate(all="ignore"):
        return np.where(d > _LOG_HALF, np.log(-np.expm1(d)), np.log1p(-np.exp(d)))


def log_normal_tails(z: Array) -> tuple[Array, Array]:
    """Return log Phi(z) and log Phi(-z).

    >>> [round(float(v), 4) for v in log_normal_tails(np.array(0.0))]
    [-0.6931, -0.6931]
    """
    return scipy.special.log_ndtr(z), scipy.special.log_ndtr(-np.asarray(z))


def log_gamma_tails(a: Array, x: Array) -> tuple[Array, Array]:
    """Return log P(a, x) and log Q(a, x), the regularised incomplete gamma integrals below and above x > 0.

    >>> lower, upper = log_gamma_tails(np.array(1.0), np.array(1e5))
    >>> float(abs(lower)), round(float(upper), 6)
    (0.0, -100000.0)
    """
    a, x = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(x, dtype=float))
    with np.errstate(all="ignore"):
        lower, upper = scipy.special.gammainc(a, x), scipy.special.gammaincc(a, x)

    def peak(a: Array, x: Array) -> Array:
        """Return log(x^a exp(-x) / Gamma(a + 1)), Loader's way."""
        return -deviance(a, x) - stirling_error(a) - 0.5 * (_LOG_2PI + np.log(a))

    def below(a: Array, x: Array) -> Array:
        total, term = np.ones_like(x), np.ones_like(x)
        for n in range(1, _MOST_TERMS):
            term = term * (x / (a + n))
            total = total + term
            if not (term > 1e-17 * total).any():
                break
        return peak(a, x) + np.log(total)

    def above(a: Array, x: Array) -> Array:
        # Q = x^a e^-x / Gamma(a) / (x + 1 - a - 1(1 - a)/(x + 3 - a - ...)), by Lentz's method.
        fraction = _lentz(lambda n: x + 2 * n + 1 - a, lambda n: -n * (n - a), x)
        return peak(a, x) + np.log(a) - np.log(fraction)

    return _logs(lower, upper, below, above, a, x)


def log_beta_tails(a: Array, b: Array, x: Array, rest: Array) -> tuple[Array, Array]:
    """Return the logarithms of the regularised incomplete beta integral up to x and of what is above; rest = 1 - x.

    >>> lower, _ = log_beta_tails(np.array(2.0), np.array(1.0), np.array(1e-200), np.array(1.0))
    >>> bool(np.isclose(lower, -921.034037))
    True
    """
    a, b, x, rest = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (a, b, x, rest)))
    with np.errstate(all="ignore"):
        small = x < 0.5
        lower = np.where(small, scipy.special.betainc(a, b, x), scipy.special.betaincc(b, a, rest))
        upper = np.where(small, scipy.special.betaincc(a, b, x), scipy.special.betainc(b, a, rest))

    def tail(a: Array, b: Array, x: Array, rest: Array) -> Array:
        def numerator(n: int) -> Array:
            k = n // 2
            if n % 2:
                return -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1))
            return k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k))

        fraction = _lentz(lambda n: np.ones_like(x), numerator, x)
        n = a + b
        # log(x^a rest^b / B(a, b)): deviances and Stirling errors, as in the density of the Beta.
        body = (
            -deviance(a, n * x)
            - deviance(b, n * rest)
            + 0.5 * (np.log(a) + np.log(b) - np.log(n) - _LOG_2PI)
            + stirling_error(n)
            - stirling_error(a)
            - stirling_error(b)
        )
        return body - np.log(a) - np.log(fraction)

    return _logs(
        lower,
        upper,
        tail,
        lambda a, b, x, rest: tail(b, a, rest, x),
        a,
        b,
        x,
        rest,
    )


def _logs(
    lower: Array, upper: Array, below: Callable, above: Callable, *arguments: Array
) -> tuple[Array, Array]:
    """Return the logarithms of two parts of one whole, with other ways where one of them has underflowed."""
    with np.errstate(all="ignore"):
        low = np.where(lower > 0.5, np.log1p(-upper), np.log(lower))
        high = np.where(upper > 0.5, np.log1p(-lower), np.log(upper))
        for tiny, way, value in ((lower < _LEAST, below, low), (upper < _LEAST, above, high)):
            if tiny.any():
                value[tiny] = way(*(v[tiny] for v in arguments))
    return low, high


def _lentz(denominator: Callable, numerator: Callable, x: Array) -> Array:
    """Return d0 + n1/(d1 + n2/(d2 + ...)) by Lentz's method as Thompson and Barnett (1986) modified it."""
    value = np.asarray(denominator(0), dtype=float)
    c, d = value.copy(), np.zeros_like(x)
    for n in range(1, _MOST_TERMS):
        b, a = denominator(n), numerator(n)
        d = 1.0 / (b + a * d)
        c = b + a / c
        change = c * d
        value = value * change
        if not (abs(change - 1.0) > 1e-16).any():
            break
    return value


def flow_of_scale(z: Array, scale: Array) -> tuple[tuple[Array, ...], Array]:
    """Return how x = loc + scale z moves with loc and with scale while z is held, and the derivatives of that.

    >>> flow_of_scale(np.array(2.0), np.array(4.0))[1]
    array([[ 0. ,  0. ],
           [-0.25, -0.5 ]])
    """
    one = np.ones_like(z)
    return (one, z), _table((0.0 * z, 0.0 * z), (-one / scale, -z / scale))


def standard(x: Array, loc: Array, scale: Array) -> Array:
    """Return (x - loc) / scale, where the difference may be no double though the ratio is one.

    >>> float(standard(np.array(-1e308), 1e308, 1e307))
    -20.0
    """
    with np.errstate(over="ignore"):
        z = (x - np.asarray(loc)) / scale
    if np.isfinite(z).all():
        return z
    return np.where(np.isinf(z) & np.isfinite(x), x / scale - np.asarray(loc) / scale, z)


def flow_of_power(x: Array, shape: Array, scale: Array) -> tuple[tuple[Array, ...], Array]:
    """Return how x = scale w^(1/shape) moves with shape and with scale while w is held, and the derivatives of that.

    >>> [float(v) for v in flow_of_power(np.array(2.0), 1.0, 2.0)[0]]
    [-0.0, 1.0]
    """
    power = x * log_ratio(x, scale) / shape
    ratio = x / scale
    return (-power, ratio), _table((power / shape, ratio / shape), (0.0 * ratio, -ratio / scale))


def _table(*rows: tuple[Array, ...]) -> Array:
    """Lay rows of entries out as matrices on the last two axes."""
    return np.stack([np.stack(np.broadcast_arrays(*row), axis=-1) for row in rows], axis=-2)
