"""Closed forms of the entropy: one function for each family, entered by its decorator.

Source: Cover and Thomas (2006), chapters 2 and 17.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy

from ..families import (
    Bernoulli,
    Beta,
    Categorical,
    Cauchy,
    Dirichlet,
    Exponential,
    Gamma,
    Geometric,
    Gumbel,
    HalfNormal,
    InverseGamma,
    Laplace,
    Logistic,
    LogLogistic,
    LogNormal,
    Lomax,
    MultivariateNormal,
    Normal,
    Pareto,
    Rayleigh,
    StudentT,
    Uniform,
    VonMises,
    Weibull,
    Zipf,
)
from ..families.tail_sums import gamma_ratio
from ..families.zipf import log_zeta
from ..numerics import LOG_2PI, digamma_gap
from .gaps import gamma_part, lost_length
from .rules import Rules

__all__ = ["ENTROPIES", "closed_entropy"]

Array = np.ndarray

#: the entropy of a member of a family
ENTROPIES = Rules()


def closed_entropy(p: Any) -> Any:
    """Return the entropy in closed form, None where there is none.

    >>> from mlecore import Exponential
    >>> float(closed_entropy(Exponential(rate=1.0)))
    1.0
    """
    rule = ENTROPIES.get(type(p))
    if rule is None:
        return None
    with np.errstate(all="ignore"):
        return np.broadcast_to(rule(p), p.batch_shape)[()]


@ENTROPIES.of(Bernoulli)
def _bernoulli(p: Any) -> Array:
    return _two(p.p)


def _two(p: Array) -> Array:
    """Return the entropy of an event of probability p."""
    p = np.asarray(p, dtype=float)
    # What is left of 1 - p rounds to 1 long before its logarithm rounds to nothing.
    rest = np.where(p < 1.0, -(1.0 - p) * np.log1p(-np.where(p < 1.0, p, 0.0)), 0.0)
    return scipy.special.entr(p) + rest


@ENTROPIES.of(Geometric)
def _geometric(p: Any) -> Array:
    return _two(p.p) / p.p


@ENTROPIES.of(Categorical)
def _categorical(p: Any) -> Array:
    return scipy.special.entr(p.probs).sum(axis=-1)


@ENTROPIES.of(Normal)
def _normal(p: Any) -> Array:
    return 0.5 * (1.0 + LOG_2PI) + np.log(p.sigma)


@ENTROPIES.of(HalfNormal)
def _half_normal(p: Any) -> Array:
    return 0.5 * (1.0 + LOG_2PI) + np.log(0.5 * p.scale)


@ENTROPIES.of(LogNormal)
def _lognormal(p: Any) -> Array:
    return 0.5 * (1.0 + LOG_2PI) + np.log(p.sigma) + p.mu


@ENTROPIES.of(MultivariateNormal)
def _multivariate_normal(p: Any) -> Array:
    root = np.linalg.cholesky(p.cov)
    log_volume = np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1)
    return 0.5 * p.mu.shape[-1] * (1.0 + LOG_2PI) + log_volume


@ENTROPIES.of(Uniform)
def _uniform(p: Any) -> Array:
    return np.log(p.high - p.low)


@ENTROPIES.of(Beta)
def _beta(p: Any) -> Array:
    a, b = (np.asarray(v, dtype=float) for v in (p.a, p.b))
    s = a + b
    parts = gamma_part(s) - gamma_part(a) - gamma_part(b) + np.log(a / s) + np.log(b / s)
    parts = parts + (a - 1.0) * digamma_gap(a) + (b - 1.0) * digamma_gap(b)
    return parts - (s - 2.0) * digamma_gap(s)


@ENTROPIES.of(Dirichlet)
def _dirichlet(p: Any) -> Array:
    a = np.asarray(p.alpha, dtype=float)
    s = a.sum(axis=-1)
    parts = -gamma_part(a) + np.log(a / s[..., None]) + (a - 1.0) * digamma_gap(a)
    return parts.sum(axis=-1) + gamma_part(s) - (s - a.shape[-1]) * digamma_gap(s)


@ENTROPIES.of(Exponential)
def _exponential(p: Any) -> Array:
    return 1.0 - np.log(p.rate)


@ENTROPIES.of(Gamma)
def _gamma(p: Any) -> Array:
    a = p.shape
    return (a - 1.0) * digamma_gap(a) - gamma_part(a) + np.log(a / p.rate)


@ENTROPIES.of(InverseGamma)
def _inverse_gamma(p: Any) -> Array:
    a = p.shape
    return (a + 1.0) * digamma_gap(a) - gamma_part(a) - np.log(a / p.scale)


@ENTROPIES.of(Weibull)
def _weibull(p: Any) -> Array:
    return 1.0 + np.euler_gamma * (1.0 - 1.0 / p.shape) + np.log(p.scale / p.shape)


@ENTROPIES.of(Rayleigh)
def _rayleigh(p: Any) -> Array:
    return 1.0 + 0.5 * np.euler_gamma - 0.5 * np.log(2.0) + np.log(p.scale)


@ENTROPIES.of(Zipf)
def _zipf(p: Any) -> Array:
    value, slope, _ = log_zeta(p.exponent)
    return value - p.exponent * slope


@ENTROPIES.of(Pareto)
def _pareto(p: Any) -> Array:
    return 1.0 + 1.0 / p.shape + np.log(p.scale / p.shape)


@ENTROPIES.of(Gumbel)
def _gumbel(p: Any) -> Array:
    return np.log(p.scale) + np.euler_gamma + 1.0


@ENTROPIES.of(Laplace)
def _laplace(p: Any) -> Array:
    return 1.0 + np.log(2.0 * np.asarray(p.scale))


@ENTROPIES.of(Logistic)
def _logistic(p: Any) -> Array:
    return 2.0 + np.log(p.scale)


@ENTROPIES.of(LogLogistic)
def _log_logistic(p: Any) -> Array:
    return 2.0 + np.log(p.scale / p.shape)


@ENTROPIES.of(Lomax)
def _lomax(p: Any) -> Array:
    return 1.0 + 1.0 / np.asarray(p.shape) + np.log(p.scale / p.shape)


@ENTROPIES.of(Cauchy)
def _cauchy(p: Any) -> Array:
    return np.log(4.0 * np.pi) + np.log(p.scale)


@ENTROPIES.of(StudentT)
def _student_t(p: Any) -> Array:
    # With x = v/2 the digamma functions of x + 1/2 and x differ by 1/v and a remainder, as their logarithms do.
    v = np.asarray(p.df, dtype=float)
    slope = gamma_ratio(0.5 * v, 1) + 1.0 / v
    return 0.5 * (v + 1.0) * slope - gamma_ratio(0.5 * v) + 0.5 * LOG_2PI + np.log(p.scale)


@ENTROPIES.of(VonMises)
def _von_mises(p: Any) -> Array:
    return LOG_2PI + np.log(scipy.special.i0e(p.kappa)) + p.kappa * lost_length(p.kappa)
