"""The negative binomial family: counts that vary more than a Poisson lets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from ..domains import Parameter, Positive, Support, parameter
from ..family import Array, Family, InOnePass, Refusal, Solution, symmetric
from ..numerics import deviance, every, log1p_excess, stirling_error, trigamma
from ..roots import newton_1d
from ..statistics import Moments, Sample, saturated_poisson
from ..tails import log_beta_tails
from .poisson import Poisson

# From here on the asymptotic series below are exact to rounding.
_SERIES_FROM = 12.0
# A sum over all numbers below such counts is no longer than the calls for the special functions in its place.
_SHORT = 2**12
# The terms of the two series, row by row, signs alternating.
_TAIL_TERMS = np.array(
    [
        [1 / 12, 1 / 6],
        [1 / 120, 1 / 30],
        [1 / 252, 1 / 42],
        [1 / 240, 1 / 30],
        [1 / 132, 5 / 66],
        [691 / 32760, 691 / 2730],
    ]
)


@dataclass(frozen=True, eq=False, repr=False)
class NegativeBinomial(InOnePass, Family):
    """NegativeBinomial(mu, size r): P(X = k) = Gamma(k + r) / (k! Gamma(r)) (r/(r+mu))^r (mu/(r+mu))^k, k = 0, 1, ...

    Mean mu, variance mu + mu^2/r: a Poisson whose rate varies as a Gamma of shape r. The size need not be whole. As
    it grows the limit is the Poisson, which is the best fit when the variance of the sample does not exceed its mean.
    Source: Johnson, Kemp and Kotz (2005), ch. 5; existence: Levin and Reeds (1977).

    >>> round(float(NegativeBinomial(mu=1.0, size=1.0).pmf(2)), 12)
    0.125
    """

    mu: Parameter = parameter(Positive(zero=True))
    size: Parameter = parameter(Positive())
    support = Support(low=0.0, whole=True, text="whole numbers 0, 1, 2, ...")
    _limits = {"size": "a Poisson"}
    _becomes = {"size": (Poisson, {"mu": "rate"})}

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Sample:
        t = Sample.of(x, w)
        return t.compressed() if t.width > 1 else t

    def _columns(self, t: Sample) -> tuple[Array, Array, Array, Array]:
        """Return mu and size as columns, the counts k, and (k - mu) / (size + mu)."""
        m, r = np.asarray(self.mu)[..., None], np.asarray(self.size)[..., None]
        return m, r, t.values, (t.values - m) / (r + m)

    def _log_likelihood(self, t: Sample) -> Array:
        # Loader's (2000) form: the log-probability of k under a Poisson of rate k, less what the size takes off, less
        # two deviances whose gaps are known exactly. So a size of 1e15 costs no digits.
        m, r, k, d = self._columns(t)
        spread = _by_count(
            lambda c, s: stirling_error(c + s) - 0.5 * np.log1p(c / s), k, r
        ) - stirling_error(r)
        away = deviance(r, (k + r) / (1.0 + m / r), r * d) + deviance(
            k, m * ((k + r) / (r + m)), -r * d
        )
        return t.sum(saturated_poisson(k) + spread - away)

    def _together(self, t: Sample) -> tuple[Array, Array, Array]:
        m, r, k, d = self._columns(t)
        # At mu 0 with nothing counted the slope is that of the Poisson: minus the sample's size.
        in_mu, in_size = np.where((m == 0) & (k == 0), -1.0, r * d / m), _in_size(k, m, r)
        share = (k + r) / (r + m)
        mu_mu = share / (r + m) - np.where(k == 0, 0.0, k / m / m)
        slope = np.stack(np.broadcast_arrays(t.sum(in_mu), t.sum(in_size[0])), axis=-1)
        curvature = symmetric(t.sum(mu_mu), t.sum(d / (r + m)), t.sum(in_size[1]))
        return self._log_likelihood(t), slope, curvature

    def _information(self) -> Array:
        m, r = np.broadcast_arrays(np.asarray(self.mu), np.asarray(self.size))
        return symmetric(1.0 / (m * (1.0 + m / r)), 0.0 * m, _information_of_size(m, r))

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _no_mle(cls, t: Sample, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if "size" in fixed:
            return
        mean = t.mean(t.values)
        center = np.asarray(fixed.get("mu", mean))
        # The slope in 1/size at the Poisson: only where it rises is there a maximum at a finite size.
        excess = t.mean((t.values - center[..., None]) ** 2) - mean
        held = {"rate": fixed["mu"]} if "mu" in fixed else None
        yield Refusal(
            (mean == 0) & (center == 0),
            "all counts are zero, so mu is 0, and then every size is equally likely; fix the size",
            lambda: Poisson.fit(t.values, weights=t.weights, fixed=held),
        )
        yield Refusal(
            excess <= 1e-14 * mean,
            "the variance does not exceed the mean, so the likelihood rises as size grows to the Poisson, the limit",
            lambda: Poisson.fit(t.values, weights=t.weights, fixed=held),
        )
        yield Refusal(
            (mean == 0) & (center > 0),
            "all counts are zero, so the likelihood rises as size shrinks to 0",
        )

    @classmethod
    def _mle(cls, t: Sample) -> Solution:
        # The mean is the estimate of mu whatever the size, so one equation in the size is left.
        mean = np.asarray(t.mean(t.values))
        size, converged, iterations = _solve_size(t, mean)
        return Solution({"mu": mean[()], "size": size}, iterations, converged)

    @classmethod
    def _mle_given(cls, t: Sample, held: Mapping[int, Array], **known: Any) -> Solution | None:
        if 1 not in held:
            size, converged, iterations = _solve_size(t, np.asarray(held[0], dtype=float))
            # With mu = 0 nothing but zeros can be seen, whatever the size.
            converged = converged | (np.asarray(held[0]) == 0)
            return Solution({"mu": held[0], "size": size}, iterations, converged)
        return Solution({"mu": held.get(0, t.mean(t.values)), "size": held[1]})

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        more = m.sd**2 - m.mean
        return {"mu": m.mean, "size": np.where(more > 0, m.mean * (m.mean / more), np.nan)}

    # -- facts -------------------------------------------------------------------------------------

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        whole = self.size + self.mu
        return log_beta_tails(self.size, x + 1.0, self.size / whole, self.mu / whole)

    @property
    def mean(self) -> Any:
        return self.mu + 0.0 * self.size

    @property
    def var(self) -> Any:
        return self.mu + self.mu * (self.mu / self.size)

    def scipy(self) -> Any:
        from scipy import stats

        return stats.nbinom(self.size, 1.0 / (1.0 + self.mu / self.size))

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        # NumPy's own generator takes the probability, which loses a small mu / size.
        rate = rng.gamma(self.size, self.mu / self.size, size)
        return np.asarray(rng.poisson(rate), dtype=float)[()]


def _in_size(k: Array, mu: Array, r: Array) -> tuple[Array, Array]:
    """Return the first two derivatives of log P(k) in the size r, with the counts on the last axis."""
    # psi(k + r) - psi(r) is a logarithm, which joins log(r / (r + mu)), and 1/(2r) - 1/(2(k + r)), and what remains:
    # for large r each is of the size of the whole.
    total = k + r
    own_one, own_two, one, two = _tails_of_both(total, k, r)
    ratio, d = k / total / r, (k - mu) / (r + mu)
    near = abs(d) < 0.2
    if near.all():
        excess = log1p_excess(d)
    else:
        far = d - np.log(total / (r + mu))
        excess = np.where(near, log1p_excess(np.where(near, d, 0.0)), far)
    slope = 0.5 * ratio + (own_one - one) - excess
    rest = 0.5 * ratio * ((total + r) / total / r)
    return slope, d * d / total - rest + (two - own_two)


def _tails_of_both(total: Array, k: Array, r: Array) -> tuple[Array, Array, Array, Array]:
    """Return `_gamma_tails` of the sizes, then of counts and sizes together, `total`."""
    if r.size == 1 and not _few_different(k, r):
        # Few values: the calls cost more than the numbers, so one serves both.
        one, two = _gamma_tails(np.concatenate([r.ravel(), total.ravel()]))
        return one[0], two[0], one[1:].reshape(total.shape), two[1:].reshape(total.shape)
    one, two = _by_count(lambda c, s: np.stack(_gamma_tails(c + s)), k, r)
    return (*_gamma_tails(r), one, two)


def _by_count(function: Callable[[Array, Array], Array], k: Array, r: Array) -> Array:
    """Return a function of counts and sizes; of one size and many counts by a table of the few different ones.

    >>> _by_count(lambda c, s: c + s, np.full(100, 4.0), np.array([1.0])).max()
    np.float64(5.0)
    """
    if not _few_different(k, r):
        return function(k, r)
    return function(np.arange(k.max() + 1.0), r.reshape(())[()])[..., k.astype(np.intp)]


def _few_different(k: Array, r: Array) -> bool:
    """Say whether a table of the counts 0, 1, ... is shorter than the many counts, all of one size."""
    return bool(r.size == 1 and k.size > max(63, k.max()))


def _solve_size(t: Sample, mu: Array) -> tuple[Array, Array, Array]:
    """Return the size at which the slope is zero for each sample and mu given, with (converged, iterations)."""
    shape = np.broadcast_shapes(t.batch_shape, mu.shape)
    batch = bool(t.batch_shape)
    rows = np.broadcast_to(
        np.arange(int(np.prod(t.batch_shape))).reshape(t.batch_shape), shape
    ).ravel()
    mu = np.broadcast_to(mu, shape)
    more = t.mean((t.values - mu[..., None]) ** 2) - t.mean(t.values)
    start = np.where(more > 0, mu / more * mu, 1.0)
    flat = mu.ravel()

    def equation(r: Array, i: Array) -> tuple[Array, Array]:
        part = t[np.unravel_index(rows[i], t.batch_shape)] if batch else t
        slope, curvature = _in_size(part.values, flat[i][:, None], r[:, None])
        return part.sum(slope), part.sum(curvature)

    short = not shape and t.values.max() < _SHORT
    # Newton squares the error: after a step of 1e-8 it is below rounding.
    return newton_1d(
        _in_one_size(t, float(mu)) if short else equation, np.maximum(start, 1e-8), tolerance=1e-8
    )


def _in_one_size(t: Sample, mu: float) -> Callable[[Array, Array], tuple[Array, Array]]:
    """Return the same equation for one sample of counts that are not large, by sums of reciprocals.

    As digamma(k + r) - digamma(r) = sum of 1/(r + j) over j < k, the slope is a sum over j, with the number of counts
    above j as weight; 1/r and mu/r are taken off on paper, so that a large size costs no digits.
    """
    seen = np.bincount(t.values.astype(np.intp), t.weights)
    above = seen[::-1].cumsum()[-2::-1]
    j = np.arange(above.size, dtype=float)
    weighed, left = j * above, float(above.sum() - t.n * mu)

    def equation(size: Array, i: Array) -> tuple[Array, Array]:
        r = size.item()
        share, away = 1.0 / (r + j), mu / (r + mu)
        terms = weighed * share
        first, second = np.add.reduce(terms), r * terms.dot(share)
        slope = t.n * log1p_excess(mu / r) - (first - left * away) / r
        curvature = (first + second - away * (t.n * mu + left * (2.0 - away))) / r / r
        return np.array([slope]), np.array([curvature])

    return equation


def _gamma_tails(a: Array) -> tuple[Array, Array]:
    """Return log(a) - digamma(a) - 1/(2a) and trigamma(a) - 1/a - 1/(2a^2), without cancellation.

    They are about 1/(12 a^2) and 1/(6 a^3). Source: Abramowitz and Stegun 6.3.18 and 6.4.12.

    >>> one, two = _gamma_tails(np.array(1e12))
    >>> round(float(one * 12e24), 12), round(float(two * 6e36), 12)
    (1.0, 1.0)
    """
    large = a >= _SERIES_FROM
    r = 1.0 / np.maximum(a, _SERIES_FROM)
    s = r * r
    # Horner's rule for both at once: the calls for few values cost more than the numbers.
    both = np.multiply.outer(_TAIL_TERMS[-1], s)
    for terms in _TAIL_TERMS[-2::-1]:
        np.subtract(terms.reshape(2, *(1,) * s.ndim), both, out=both)
        both *= s
    one, two = both[0], both[1] * r
    if every(large):
        return one, two
    y = np.where(large, 1.0, a)
    half = 0.5 / y
    one = np.where(large, one, np.log(y) - scipy.special.digamma(y) - half)
    return one, np.where(large, two, trigamma(y) - 1.0 / y - half / y)


def _information_of_size(mu: Array, r: Array) -> Array:
    """Return the expected information of the size.

    For mu <= r the series of Fisher (1941), whose terms are all positive; otherwise the integral over t > 0 of
    e^(-rt) {[1 - h^-r] [t/(1 - e^-t) - 1] - (mu v/r) h^(-r-1)} with v = 1 - e^-t and h = 1 + mu v/r, which comes from
    the probability generating function h^-r and loses no digits there.

    >>> round(float(_information_of_size(np.array(2.0), np.array(3.0))), 9)
    0.00750925
    """
    q = mu / (r + mu)
    series = np.zeros_like(q)
    term = q * q / (r * (r + 1.0)) * 0.5
    for j in range(1, 80):
        series = series + term
        # Term j is q^(j+1) (j-1)! j / ((j+1) r (r+1) ... (r+j)).
        term = term * q * (j + 1.0) ** 2 / ((j + 2.0) * (r + j + 1.0))
    if np.all(mu <= r):
        return series
    # Substituting t = e^s the integrand falls off on both sides, where the trapezoid rule converges exponentially.
    low, high = np.minimum(r / mu, 1.0) * 1e-18, 60.0 / np.minimum(r, 1.0)
    s = np.linspace(np.log(low), np.log(high), 1600, axis=-1)
    step = s[..., 1] - s[..., 0]
    t = np.exp(s)
    v, ratio, rr = -np.expm1(-t), (mu / r)[..., None], r[..., None]
    log_h = np.log1p(ratio * v)
    bend = np.where(t < 1e-2, t * (0.5 + t / 12.0 * (1.0 - t * t / 60.0)), t / v - 1.0)
    body = -np.expm1(-rr * log_h) * bend - ratio * v * np.exp(-(rr + 1.0) * log_h)
    integral = (np.exp(-rr * t) * body * t).sum(axis=-1) * step
    return np.where(mu <= r, series, integral)
