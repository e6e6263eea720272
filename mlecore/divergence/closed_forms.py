"""Closed forms of the divergence: one function for each family, entered by its decorator.

Each is arranged so that it does not cancel when the two distributions are close: as a sum of terms like
r - 1 - log r, none of which is negative. Source: Gil, Alajaji and Linder (2013), re-arranged.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy

from ..errors import DataError
from ..families import (
    Bernoulli,
    Beta,
    Binomial,
    Categorical,
    Cauchy,
    Dirichlet,
    Exponential,
    Gamma,
    Geometric,
    Gumbel,
    HalfNormal,
    InverseGamma,
    InverseGaussian,
    Laplace,
    LogNormal,
    MultivariateNormal,
    NegativeBinomial,
    Normal,
    Pareto,
    Poisson,
    Rayleigh,
    Uniform,
    VonMises,
    Weibull,
    Zipf,
)
from ..families.zipf import log_zeta
from ..numerics import deviance, exp_excess, log1p_excess, log_ratio, ratio_excess, trigamma
from .batches import shape_of
from .gaps import bregman, length_slope, lost_length, shape_gap, square_excess
from .rules import Rules

__all__ = ["DIVERGENCES", "closed_divergence"]

Array = np.ndarray

#: the divergence of two members of a family; None where this pair has no closed form
DIVERGENCES = Rules()


def closed_divergence(p: Any, q: Any) -> Any:
    """Return the divergence in closed form, where both are, or can be seen as, of one family; else None.

    >>> from mlecore import Normal
    >>> float(closed_divergence(Normal(mu=1.0, sigma=1.0), Normal(mu=0.0, sigma=1.0)))
    0.5
    """
    p, q = _as_one_family(p, q)
    rule = DIVERGENCES.get(type(p)) if type(p) is type(q) else None
    if rule is None:
        return None
    with np.errstate(all="ignore"):
        value = rule(p, q)
    return None if value is None else np.broadcast_to(value, shape_of(p, q)).copy()[()]


def _as_one_family(p: Any, q: Any) -> tuple[Any, Any]:
    """Return p and q with one of them seen as a member of the other's family, where it is one."""
    if type(p) is type(q):
        return p, q
    wider = _SEEN_AS.get((type(q), type(p)))
    if wider is not None:
        return p, wider(q)
    wider = _SEEN_AS.get((type(p), type(q)))
    return (p if wider is None else wider(p)), q


#: how a member of the first family is one of the second; None where this member is not
_SEEN_AS: dict[tuple[type, type], Callable[[Any], Any]] = {
    (Bernoulli, Binomial): lambda d: Binomial(n=1, p=d.p),
    (Bernoulli, Categorical): lambda d: Categorical(
        np.stack([1.0 - np.asarray(d.p), d.p], axis=-1)
    ),
    (Exponential, Gamma): lambda d: Gamma(shape=1.0, rate=d.rate),
    (Exponential, Weibull): lambda d: Weibull(shape=1.0, scale=1.0 / np.asarray(d.rate)),
    (Rayleigh, Weibull): lambda d: Weibull(shape=2.0, scale=np.sqrt(2.0) * np.asarray(d.scale)),
    (Uniform, Beta): lambda d: Beta(a=1.0, b=1.0) if np.all((d.low == 0) & (d.high == 1)) else None,
}


@DIVERGENCES.of(Normal, LogNormal)
def _normal(p: Any, q: Any) -> Array:
    z = (p.mu - q.mu) / q.sigma
    return 0.5 * (z * z + square_excess(p.sigma, q.sigma))


@DIVERGENCES.of(Exponential)
def _exponential(p: Any, q: Any) -> Array:
    return ratio_excess(q.rate, p.rate)


@DIVERGENCES.of(Gamma)
def _gamma(p: Any, q: Any) -> Array:
    # Shape and mean are orthogonal parameters, so there is one term for each and none between them.
    ratio = (p.shape / q.shape) * (q.rate / p.rate)
    difference = (p.shape * q.rate - q.shape * p.rate) / (q.shape * p.rate)
    near = np.abs(ratio - 1.0) < 0.5
    log_far = log_ratio(p.shape, q.shape) + log_ratio(q.rate, p.rate)
    excess = np.where(near, log1p_excess(np.where(near, difference, 0.0)), ratio - 1.0 - log_far)
    return shape_gap(p.shape, q.shape) + q.shape * excess


@DIVERGENCES.of(InverseGamma)
def _inverse_gamma(p: Any, q: Any) -> Array:
    return _gamma(Gamma(p.shape, p.scale), Gamma(q.shape, q.scale))  # of the reciprocals


@DIVERGENCES.of(Weibull)
def _weibull(p: Any, q: Any) -> Array:
    return _power(q.shape, p.shape, q.shape * log_ratio(p.scale, q.scale))


@DIVERGENCES.of(Gumbel)
def _gumbel(p: Any, q: Any) -> Array:
    return _power(p.scale, q.scale, (q.loc - p.loc) / q.scale)


def _power(x: Array, y: Array, shift: Array) -> Array:
    """Return KL between powers of a standard exponential: exponents in the ratio x / y, scales apart."""
    ratio, excess = x / y, (x - y) / y
    log_gamma = scipy.special.gammaln(1.0 + ratio)
    shape = bregman(
        scipy.special.gammaln,
        scipy.special.digamma,
        trigamma,
        2.0,
        2.0 + np.asarray(excess, dtype=float),
    )
    return ratio_excess(x, y) + exp_excess(shift + log_gamma) + shape


@DIVERGENCES.of(Laplace)
def _laplace(p: Any, q: Any) -> Array:
    ratio = p.scale / q.scale
    away = np.abs(p.loc - q.loc) / p.scale
    return ratio * exp_excess(-away) + ratio_excess(p.scale, q.scale)


@DIVERGENCES.of(Cauchy)
def _cauchy(p: Any, q: Any) -> Array:
    # Chyzak and Nielsen (2019).
    apart = np.hypot(p.loc - q.loc, p.scale - q.scale)
    return np.log1p((apart / (2.0 * p.scale)) * (apart / (2.0 * q.scale)))


@DIVERGENCES.of(Rayleigh)
def _rayleigh(p: Any, q: Any) -> Array:
    return square_excess(p.scale, q.scale)


@DIVERGENCES.of(HalfNormal)
def _half_normal(p: Any, q: Any) -> Array:
    return 0.5 * square_excess(p.scale, q.scale)


@DIVERGENCES.of(Zipf)
def _zipf(p: Any, q: Any) -> Array:
    value, slope, bend = (partial(_of_log_zeta, k) for k in range(3))
    return bregman(value, slope, bend, np.asarray(p.exponent), np.asarray(q.exponent))


def _of_log_zeta(order: int, s: Array) -> Array:
    return log_zeta(s)[order]


@DIVERGENCES.of(Pareto)
def _pareto(p: Any, q: Any) -> Array:
    value = ratio_excess(q.shape, p.shape) + q.shape * log_ratio(p.scale, q.scale)
    return np.where(p.scale < q.scale, np.inf, value)


@DIVERGENCES.of(Uniform)
def _uniform(p: Any, q: Any) -> Array:
    width = p.high - p.low
    inside = (q.low <= p.low) & (p.high <= q.high)
    return np.where(inside, np.log1p(((q.high - p.high) + (p.low - q.low)) / width), np.inf)


@DIVERGENCES.of(InverseGaussian)
def _inverse_gaussian(p: Any, q: Any) -> Array:
    away = (p.mu - q.mu) / q.mu
    return 0.5 * ratio_excess(q.shape, p.shape) + 0.5 * q.shape / p.mu * away * away


@DIVERGENCES.of(Beta)
def _beta(p: Any, q: Any) -> Array:
    a1, b1, a2, b2 = (np.asarray(v, dtype=float) for v in (p.a, p.b, q.a, q.b))
    s1, s2 = a1 + b1, a2 + b2
    means = s2 * (deviance(a2 / s2, a1 / s1) + deviance(b2 / s2, b1 / s1))
    return means + shape_gap(a1, a2) + shape_gap(b1, b2) - shape_gap(s1, s2)


@DIVERGENCES.of(Dirichlet)
def _dirichlet(p: Any, q: Any) -> Array:
    _insist_one_length(p.alpha.shape[-1], q.alpha.shape[-1])
    s1, s2 = (np.asarray(d.alpha).sum(axis=-1, keepdims=True) for d in (p, q))
    parts = s2 * deviance(q.alpha / s2, p.alpha / s1) + shape_gap(p.alpha, q.alpha)
    return parts.sum(axis=-1) - shape_gap(s1, s2)[..., 0]


def _insist_one_length(one: int, other: int) -> None:
    if one != other:
        raise DataError(f"the dimensions differ: {one} and {other}; compare rows of one length")


@DIVERGENCES.of(VonMises)
def _von_mises(p: Any, q: Any) -> Array:
    k1, k2 = np.broadcast_arrays(*(np.asarray(d.kappa, dtype=float) for d in (p, q)))
    length = 1.0 - lost_length(k1)
    turn = np.sin(0.5 * (np.asarray(p.mu) - np.asarray(q.mu)))
    spread = bregman(
        lambda k: np.log(scipy.special.i0e(k)), lambda k: -lost_length(k), length_slope, k1, k2
    )
    return spread + 2.0 * k2 * length * turn * turn


@DIVERGENCES.of(Poisson)
def _poisson(p: Any, q: Any) -> Array:
    return deviance(p.rate, q.rate)


@DIVERGENCES.of(Bernoulli)
def _bernoulli(p: Any, q: Any) -> Array:
    return _two(p.p, q.p)


def _two(p: Array, q: Array) -> Array:
    """Return the divergence between two probabilities of an event."""
    p, q = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    # The probabilities of the rest differ by p - q, which rounding them to 1 would lose.
    return deviance(p, q) + deviance(1.0 - p, 1.0 - q, p - q)


@DIVERGENCES.of(Binomial)
def _binomial(p: Any, q: Any) -> Array | None:
    return p.n * _two(p.p, q.p) if np.array_equal(p.n, q.n) else None


@DIVERGENCES.of(Geometric)
def _geometric(p: Any, q: Any) -> Array:
    return _two(p.p, q.p) / p.p


@DIVERGENCES.of(NegativeBinomial)
def _negative_binomial(p: Any, q: Any) -> Array | None:
    if not np.array_equal(p.size, q.size):
        return None
    size = p.size
    share, other = p.mu / (size + p.mu), q.mu / (size + q.mu)
    rest, other_rest = size / (size + p.mu), size / (size + q.mu)
    return (size + p.mu) * (deviance(share, other) + deviance(rest, other_rest))


@DIVERGENCES.of(Categorical)
def _categorical(p: Any, q: Any) -> Array:
    classes = max(p.probs.shape[-1], q.probs.shape[-1])
    probs = [
        np.concatenate(
            [d.probs, np.zeros((*d.probs.shape[:-1], classes - d.probs.shape[-1]))], axis=-1
        )
        for d in (p, q)
    ]
    return deviance(*probs).sum(axis=-1)


@DIVERGENCES.of(MultivariateNormal)
def _multivariate_normal(p: Any, q: Any) -> Array:
    _insist_one_length(p.mu.shape[-1], q.mu.shape[-1])
    root = np.linalg.cholesky(q.cov)
    z = np.linalg.solve(root, np.asarray(p.mu - q.mu)[..., None])[..., 0]
    half = np.linalg.solve(root, p.cov - q.cov)
    difference = np.linalg.solve(root, np.swapaxes(half, -1, -2))
    difference = np.linalg.eigvalsh(0.5 * (difference + np.swapaxes(difference, -1, -2)))
    # Where p is far narrower than q the ratio of their variances is all that is left of the digits.
    narrow = np.linalg.solve(root, p.cov)
    narrow = np.linalg.solve(root, np.swapaxes(narrow, -1, -2))
    ratio = np.linalg.eigvalsh(0.5 * (narrow + np.swapaxes(narrow, -1, -2)))
    excess = np.where(
        difference > -0.5,
        log1p_excess(np.maximum(difference, -0.5)),
        ratio - 1.0 - np.log(np.maximum(ratio, np.finfo(float).tiny)),
    )
    return 0.5 * ((z * z).sum(axis=-1) + excess.sum(axis=-1))
