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
    "inverse_mills",
    "log1mexp",
    "log_beta_tails",
    "log_gamma_tails",
    "log_normal_tails",
    "log_skew_normal_tails",
    "standard",
]

Array = np.ndarray

_LOG_HALF = float(np.log(0.5))
_LOG_2PI = float(np.log(2.0 * np.pi))
# Probabilities below this have lost digits, or all of themselves.
_LEAST = 1e-290
_MOST_TERMS = 500
_ROOT_HALF = float(np.sqrt(0.5))
_ROOT_2_OVER_PI = float(np.sqrt(2.0 / np.pi))
# Below minus this the continued fraction of Mills' ratio has come to rest after so many terms.
_FRACTION_FROM, _FRACTION_TERMS = 12.0, 16
# Gauss-Legendre nodes for the wing of a skew normal.
_WING_NODES = 40


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


def inverse_mills(u: Array) -> tuple[Array, Array]:
    """Return phi(u) / Phi(u), which is the slope of log Phi, and its own slope, both to the last digits.

    >>> m, bend = inverse_mills(np.array(-1e8))
    >>> round(float(m), 3), float(bend)
    (100000000.0, -1.0)
    """
    u = np.asarray(u, dtype=float)
    with np.errstate(all="ignore"):
        m = _ROOT_2_OVER_PI / scipy.special.erfcx(u * -_ROOT_HALF)
        rest = np.asarray(u + m)
        if u.min(initial=0.0) < -_FRACTION_FROM:
            # m - t, of t = -u, is 1/(t + 2/(t + 3/(t + ...))): the difference would cancel.
            far = u < -_FRACTION_FROM
            t = -u[far]
            fraction = t
            for k in range(_FRACTION_TERMS, 1, -1):
                fraction = t + k / fraction
            rest[far] = 1.0 / fraction
        return m, -m * rest


def log_skew_normal_tails(z: Array, a: Array) -> tuple[Array, Array]:
    """Return log P(Z <= z) and log P(Z > z), of Z with the density 2 phi(z) Phi(a z).

    >>> lower, upper = log_skew_normal_tails(np.array(0.0), np.array(1.0))
    >>> round(float(np.exp(lower)), 12), round(float(np.exp(upper)), 12)
    (0.25, 0.75)
    """
    z, a = np.broadcast_arrays(np.asarray(z, dtype=float), np.asarray(a, dtype=float))
    mirrored = a < 0
    z, a = np.where(mirrored, -z, z), np.abs(a)
    with np.errstate(all="ignore"):
        wing = _log_wing(np.abs(z), a)
        # Above zero there is 2 Phi(-z) less the wing, which is at most half of that.
        half = log_normal_tails(-np.abs(z))[0]
        part = np.where(np.isneginf(wing), 0.0, np.exp(wing - half))
        above = half + np.log(2.0) + np.log1p(-0.5 * part)
        small = np.log(scipy.special.erf(np.abs(z) * _ROOT_HALF) + np.exp(wing))
        positive = z > 0
        lower = np.where(positive, np.where(above < _LOG_HALF, log1mexp(above), small), wing)
        upper = np.where(
            positive, np.where(above < _LOG_HALF, above, log1mexp(small)), log1mexp(wing)
        )
    return np.where(mirrored, upper, lower), np.where(mirrored, lower, upper)


def _log_wing(z: Array, a: Array) -> Array:
    """Return log P(Z <= -z) of a skew normal, where its skewness a >= 0 leaves little; z >= 0.

    It is Phi(-z) - 2 T(z, a), with Owen's T, as an integral of a positive function:

        z exp(-(z^2 + u^2)/2) / pi  times the integral over v > 0 of exp(-u v - v^2/2) / (z^2 + (u + v)^2),  u = a z.

    Near zero, where that has a peak, Owen's T of the other arguments (Owen 1956) loses no digits.
    """
    u = a * z
    size = np.hypot(z, u)
    near = 2.0 * scipy.special.owens_t(u, 1.0 / a)
    near = near - scipy.special.ndtr(-u) * scipy.special.erf(z * _ROOT_HALF)
    wing = np.asarray(np.log(near))
    far = size >= 1.0
    if not far.any():
        return wing
    z, u, size = (column[far][..., None] for column in (z, u, size))
    x, w = np.polynomial.legendre.leggauss(_WING_NODES)
    reach = 80.0 / (u + np.sqrt(u * u + 80.0))  # u v + v^2/2 is 40 there
    v = 0.5 * reach * (1.0 + x)
    integral = (w * np.exp(-v * (u + 0.5 * v)) / (z * z + (u + v) ** 2)).sum(axis=-1)
    front = np.log(0.5 * z * reach / np.pi) - 0.5 * size * size
    wing[far] = front[..., 0] + np.log(integral)
    return wing


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
