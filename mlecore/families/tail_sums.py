"""The sums over a sample, and the constant, that the likelihoods of the Cauchy and Student's t are made of, piece by piece."""

from __future__ import annotations

import numpy as np
import scipy

from ..family import Array
from ..numerics import mean_log, trigamma
from ..products import dot
from ..statistics import Sample, piecewise
from .location_scale import Standardised

__all__ = [
    "SERIES_FROM",
    "fused_sums",
    "gamma_ratio",
    "log1p_square",
    "newton_sums",
    "polar",
    "sum_log1p_square",
]

# Bernoulli numbers make the series of log Gamma(x + 1/2) - log Gamma(x) - log(x)/2 in odd powers of 1/x.
_SERIES = np.array(
    [-1 / 8, 1 / 192, -1 / 640, 17 / 14336, -31 / 18432, 691 / 180224, -5461 / 425984]
)
SERIES_FROM = 12.0


def log1p_square(d: Array, scale: Array) -> Array:
    """Return log(1 + (d / scale)^2), where the square may overflow.

    >>> round(float(log1p_square(np.array(1e200), np.array(1.0)) / np.log(10.0)))
    400
    """
    with np.errstate(over="ignore"):
        z = d / scale
        value = np.asarray(np.log1p(z * z))
    far = np.isinf(value)
    if far.any():
        value = np.where(far, 2.0 * (np.log(np.abs(d)) - np.log(scale)), value)
    return value


def sum_log1p_square(t: Sample, loc: Array, scale: Array, rough: bool = True) -> Array:
    """Return the sum of log(1 + ((x - loc) / scale)^2).

    `rough` allows an error of 1e-16 in each term, rather than in parts of it: then one logarithm serves eight terms.

    >>> t = Sample.of(np.arange(20.0))
    >>> round(float(sum_log1p_square(t, 0.0, 1.0) - sum_log1p_square(t, 0.0, 1.0, rough=False)), 12)
    0.0
    """
    loc, scale = np.asarray(loc)[..., None], np.asarray(scale)[..., None]
    with np.errstate(over="ignore"):
        d = t.values - loc
    if np.isinf(d).any():  # the difference of two doubles may be none, and half of it always is one
        d, scale = 0.5 * t.values - 0.5 * loc, 0.5 * scale
    if rough and t.width >= 16 and not t.weighted:
        z = d / scale
        one = z * z + 1.0
        if one.max() < 2.0**127:
            return t.n * mean_log(one)
    return t.sum(log1p_square(d, scale))


def polar(t: Sample, loc: Array, scale: Array) -> tuple[Array, Array, Array]:
    """Return d/h, scale/h and h with d = x - loc and h = sqrt(scale^2 + d^2), which neither over- nor underflow.

    The slopes of the log-density are polynomials in these.

    >>> a, b, h = polar(Sample.of(np.array([3.0])), 0.0, 4.0)
    >>> float(a[0]), float(b[0]), float(h[0])
    (0.6, 0.8, 5.0)
    """
    d = t.values - np.asarray(loc)[..., None]
    s = np.asarray(scale)[..., None]
    square = s * s + d * d
    # The plain root is ten times faster, and right where no square leaves the range of doubles.
    plain = square.size and square.max() < np.inf and square.min() > 1e-280
    h = np.sqrt(square) if plain else np.hypot(s, d)
    return d / h, s / h, h


@piecewise
def fused_sums(at: tuple[Array, Array], t: Sample) -> tuple[Array, ...]:
    """Return the sums of log(1 + z^2), q, zq, u, qq, zqq and zzqq with z = (x - loc) / scale, u = 1 / (1 + z^2), q = uz.

    All that a log-likelihood, its slope and its Hessian need, for one division and an eighth of a logarithm a value.
    NaN where a square leaves the range of doubles.

    >>> [float(k) for k in fused_sums((0.0, 2.0), Sample.of(np.array([2.0, -2.0])))[1:4]]
    [0.0, 1.0, 1.0]
    """
    loc, scale = (np.asarray(v)[..., None] for v in at)
    z = t.values - loc
    z /= scale
    one = z * z
    one += 1.0
    if not one.max() < 2.0**127:
        return (np.full(t.n.shape, np.nan),) * 7
    quick = t.width >= 16 and not t.weighted
    tail = t.n * mean_log(one) if quick else t.sum(np.log1p(z * z))
    u = np.divide(1.0, one, out=one)
    q = u * z
    total = t.sum(u)
    z *= q
    return tail, t.sum(q), t.sum(z), total, t.dot(q, q), t.dot(q, z), t.dot(z, z)


def newton_sums(t: Standardised, df: Array) -> Array:
    """Return the sums of u, uz, uzz, uu, uuz and uuzz for values z of a batch, with u = 1 / (df + z^2).

    >>> newton_sums(
    ...     Standardised(Sample.of(np.array([[1.0, 1.0]])), np.zeros(1), np.ones(1)), np.ones(1)
    ... ).ravel()
    array([1. , 1. , 1. , 0.5, 0.5, 0.5])
    """
    sums = np.zeros((6, len(df)))
    df = df[:, None].astype(t.kind)
    for rows, z, w, u, a in t.tiles(2):
        np.multiply(z, z, out=u)
        u += df[rows]
        np.divide(1.0, u, out=u)
        np.multiply(u, z, out=a)
        weighed = (u, a) if w is None else (u * w, a * w)
        first = [np.add.reduce(k, axis=-1) for k in weighed]
        uw, aw = weighed
        sums[:, rows] += np.array([*first, dot(z, aw), dot(u, uw), dot(u, aw), dot(a, aw)])
    return sums


def gamma_ratio(x: Array, derivative: int = 0, skip: int = 0) -> Array:
    """Return log Gamma(x + 1/2) - log Gamma(x) - log(x)/2, or a derivative of it; `skip` leaves out first terms.

    For large x the parts cancel, so the series of the difference is used: with it log C is -log(2 pi)/2 plus this at
    df/2. Source: Abramowitz and Stegun 6.1.18 with 6.1.40; the coefficients are -(1 - 2^-2k) B_2k / (k (2k - 1)).

    >>> float(8e12 * gamma_ratio(np.array(1e12)))
    -1.0
    """
    x = np.asarray(x)
    large = x >= SERIES_FROM
    if large.all():
        return _series_of_ratio(x, derivative, skip)[()]
    if not large.any():
        return _ratio_itself(x, derivative)[()]
    series = _series_of_ratio(np.where(large, x, SERIES_FROM), derivative, skip)
    return np.where(large, series, _ratio_itself(np.where(large, 1.0, x), derivative))


def _series_of_ratio(x: Array, derivative: int, skip: int) -> Array:
    r = 1.0 / x
    power = 2.0 * np.arange(len(_SERIES)) + 1.0
    factor = {0: 1.0 + 0.0 * power, 1: -power, 2: power * (power + 1.0)}[derivative]
    series = np.zeros_like(r)
    for coefficient in (_SERIES * factor)[skip:][::-1]:
        series = series * r * r + coefficient
    return series * r ** (1 + derivative + 2 * skip)


def _ratio_itself(x: Array, derivative: int) -> Array:
    special = scipy.special
    if derivative == 0:
        return special.gammaln(x + 0.5) - special.gammaln(x) - 0.5 * np.log(x)
    if derivative == 1:
        return special.digamma(x + 0.5) - special.digamma(x) - 0.5 / x
    return trigamma(x + 0.5) - trigamma(x) + 0.5 / x / x
