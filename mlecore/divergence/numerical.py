"""Entropies and divergences by quadrature and summation, to an error that is checked."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy

from ..errors import ConvergenceError, DataError
from ..families import Gumbel, VonMises
from ..numerics import exp_excess
from .batches import log_prob
from .empirical import Empirical, is_discrete
from .entropies import closed_entropy
from .finite import diverges, expected_exponential
from .places import centred, ends, middle, reaches_beyond

__all__ = ["numerical_cross_entropy", "numerical_divergence", "numerical_entropy"]

Array = np.ndarray
#: the terms of a sum or an integral, from the nodes, the log-probabilities there, and the mass that each stands for
Terms = Callable[[Array, Array, Array], Array]

# Integrals and sums stop when two successive refinements agree to this, relative to the integral of the absolute value.
_TOLERANCE = 1e-10
# Two log-densities that differ by no more than this, relative to their size, differ by rounding.
_ROUNDING = 16.0 * float(np.finfo(float).eps)
# The most terms that a sum may have.
_MOST_TERMS = 2**24


def numerical_entropy(p: Any) -> float:
    """Return -E_p log p by quadrature or summation.

    >>> from mlecore import Logistic
    >>> round(numerical_entropy(Logistic(loc=0.0, scale=1.0)), 9)
    2.0
    """
    (p,) = centred(p)
    return _numerical(p, lambda _, log_p, mass: _weighted(mass, -log_p), (), "entropy")


def numerical_cross_entropy(p: Any, q: Any) -> float:
    """Return -E_p log q by quadrature or summation.

    >>> from mlecore import Exponential
    >>> round(numerical_cross_entropy(Exponential(rate=1.0), Exponential(rate=1.0)), 9)
    1.0
    """
    if reaches_beyond(q, p) or diverges(p, q):
        return np.inf
    p, q = centred(p, q)
    return _numerical(p, lambda x, _, mass: _weighted(mass, -log_prob(q, x)), (q,), "cross-entropy")


def numerical_divergence(p: Any, q: Any) -> float:
    """Return KL(p || q) by quadrature or summation.

    >>> from mlecore import Normal
    >>> round(numerical_divergence(Normal(mu=0.0, sigma=1.0), Normal(mu=2.0, sigma=1.0)), 9)
    2.0
    """
    if reaches_beyond(q, p) or diverges(p, q):
        return np.inf
    outside = _mass_outside(q, p)
    p, q = centred(p, q)
    discrete, close = is_discrete(p), False

    def terms(x: Array, log_p: Array, mass: Array) -> Array:
        nonlocal close
        log_q = log_prob(q, x)
        d = np.where(mass > 0, log_q - log_p, 0.0)
        bulk = mass > 1e-18 * mass.max(initial=0.0)
        close = np.abs(d[bulk]).max(initial=0.0) < 0.25
        if np.all(np.abs(d[bulk]) <= _ROUNDING * (1.0 + np.abs(log_p[bulk]))):
            return np.zeros_like(mass)  # two formulas of the same law
        if not close:
            return np.where(mass > 0, -mass * d, 0.0)
        # The two are close. With r = q / p, E_p(r - 1) is what q has where p is, less one: so the divergence is
        # E_p(r - 1 - log r) and what q has elsewhere. None of these terms is negative.
        missed = np.exp(log_q) if discrete else 0.0
        return np.where(np.isneginf(log_p), missed, mass * exp_excess(np.where(bulk, d, 0.0)))

    value = _numerical(p, terms, (q,), "KL divergence", lambda: _by_expectations(p, q))
    return max(value, 0.0) + (outside if close else 0.0)


def _mass_outside(q: Any, p: Any) -> float:
    """Return the probability that q has beyond the ends of p."""
    if isinstance(q, Empirical):
        there = (q.atoms < ends(p)[0]) | (q.atoms > ends(p)[1])
        return float(q.shares[there].sum())
    if isinstance(q, VonMises):
        return 0.0  # a circle has no ends
    (low_p, high_p), (low_q, high_q) = ends(p), ends(q)
    below = low_p - 1.0 if is_discrete(p) else low_p
    mass = np.exp(q.log_cdf(below)) if low_q < low_p else 0.0
    return float(mass + (np.exp(q.log_sf(high_p)) if high_q > high_p else 0.0))


def _by_expectations(p: Any, q: Any) -> float:
    """Return the divergence from a Gumbel by the expectations in its log-density, in closed form; else NaN."""
    own = closed_entropy(p)
    if own is None or not isinstance(q, Gumbel):
        return np.nan
    power = expected_exponential(p, -1.0 / q.scale)
    if power is None:
        return np.nan
    away = (p.mean - q.loc) / q.scale
    return float(np.log(q.scale) + away + power * np.exp(q.loc / q.scale) - own)


def _weighted(mass: Array, values: Array) -> Array:
    return np.where(mass > 0, mass * values, 0.0)


def _numerical(
    p: Any, terms: Terms, others: tuple, what: str, otherwise: Callable[[], float] | None = None
) -> float:
    """Return the sum or integral; `otherwise` gives it where the nodes cannot reach far enough."""
    if getattr(p, "event_ndim", 0) or isinstance(p, Empirical):
        raise DataError(f"there is no rule for the {what} from {type(p).__name__} here")
    with np.errstate(all="ignore"):
        value = _sum(p, terms) if is_discrete(p) else _quadrature(p, terms, others)
        finite = bool(others) and diverges(p, others[0]) is False
        if np.isnan(value) or (finite and np.isinf(value)):
            value = np.nan if otherwise is None else otherwise()
    if np.isnan(value):
        raise ConvergenceError(
            f"the {what} from {p!r} could not be computed to a relative error of {_TOLERANCE:g}; "
            "its tails are too heavy, or its shape too extreme, for double precision"
        )
    return value


def _sum(p: Any, terms: Terms) -> float:
    """Sum over whole numbers, outwards from the mean until the rest is negligible; NaN where that is too far.

    Where the distribution is smooth at the scale of many whole numbers and far from the ends of its support, every
    m-th term, times m, gives the same sum: the trapezoid rule on a bell errs by about exp(-2 pi^2 (sd/m)^2).
    """
    mean, sd = float(p.mean), float(np.sqrt(p.var))
    low, high = ends(p)
    smooth = mean - 40 * sd > low and mean + 40 * sd < high
    stride = max(1.0, np.floor(sd / 32.0)) if smooth else 1.0
    start = np.clip(np.floor(mean), low, high)
    reach = max(64.0, np.ceil(16 * sd / stride))
    for _ in range(30):
        below = min(reach, np.floor((start - low) / stride))
        above = min(reach, np.floor((high - start) / stride))
        if below + above > _MOST_TERMS:
            return np.nan
        x = start + stride * np.arange(-below, above + 1)
        log_p = log_prob(p, x)
        mass = np.exp(log_p) * stride
        values = terms(x, log_p, mass)
        if np.isposinf(values).any():
            return np.inf
        # What lies beyond is less than the last eighth on that side: the tails fall at least geometrically.
        edge, size = max(1, int(reach) // 8), np.abs(values)
        rest = (size[:edge].sum() if below == reach else 0.0) + (
            size[-edge:].sum() if above == reach else 0.0
        )
        if rest <= 1e-16 * size.sum():
            return values.sum() if abs(mass.sum() - 1.0) < 1e-9 else np.nan
        reach *= 2
    return np.nan


def _quadrature(p: Any, terms: Terms, others: tuple) -> float:
    """Integrate over the support of p by double-exponential rules, halving the step until two results agree.

    The line is cut at the medians, where a density may have a corner, and each piece is mapped so that its ends are
    approached double-exponentially, which any singularity there survives (Takahasi and Mori 1974). The total mass
    is integrated alongside: unless it is one, the nodes have missed something. NaN says that they have.
    """
    low, high = ends(p)
    median, spread = middle(p)
    cuts = {low, high, median}
    for q in others:
        cuts |= {c for c in (*ends(q), middle(q)[0]) if low < c < high}
    pieces = list(itertools.pairwise(sorted(cuts)))
    previous = np.nan
    for level in range(4, 11):
        nodes = [_nodes(a, b, spread, 2.0**-level, low, high) for a, b in pieces]
        x, log_weight = (np.concatenate(column) for column in zip(*nodes, strict=True))
        log_p = log_prob(p, x)
        mass = np.exp(log_p + log_weight)
        values = terms(x, log_p, mass)
        if np.isposinf(values).any():
            return np.inf
        total, size = values.sum(), np.abs(values).sum()
        tail = _tails(pieces, np.abs(values), size)
        if tail == np.inf:
            return np.inf
        close = abs(total - previous) <= _TOLERANCE * size
        if close and abs(mass.sum() - 1.0) <= 1e-9 and tail == 0.0:
            return float(total)
        previous = total
    return np.nan


def _tails(pieces: list, size: Array, total: float) -> float:
    """Say whether the terms towards infinity vanish (0), grow (inf: the integral diverges) or neither (NaN)."""
    outermost = []
    if np.isinf(pieces[0][0]):
        outermost.append(size[:9])
    if np.isinf(pieces[-1][1]):
        outermost.append(size[:-10:-1])
    verdict = 0.0
    for terms in outermost:
        if terms[0] > 1e-13 * total:
            if terms[0] >= terms[-1]:
                return np.inf
            verdict = np.nan
    return verdict


def _nodes(
    a: float, b: float, spread: float, h: float, low: float, high: float
) -> tuple[Array, Array]:
    """Return nodes from a to b, inside (low, high), and the logarithms of their weights."""
    if np.isinf(a) and np.isinf(b):
        raise AssertionError("a piece has at most one infinite end: the line is cut at the median")
    if np.isinf(a) or np.isinf(b):
        # x = a + s exp(pi/2 sinh t), from 1e-150 to 1e150 spreads away from the finite end.
        t = np.arange(-np.ceil(6.08 / h), np.ceil(6.08 / h) + 1) * h
        u = 0.5 * np.pi * np.sinh(t)
        keep = np.abs(u) < 345.0
        t, u = t[keep], u[keep]
        distance = spread * np.exp(u)
        x = a + distance if np.isinf(b) else b - distance
        log_weight = np.log(distance * h * 0.5 * np.pi * np.cosh(t))
        inside = (x > low) & (x < high)
        order = slice(None) if np.isinf(b) else slice(None, None, -1)  # ascending
        return x[inside][order], log_weight[inside][order]
    t = np.arange(-np.ceil(6.08 / h), np.ceil(6.08 / h) + 1) * h
    u = np.pi * np.sinh(t)
    keep = np.abs(u) < 690.0
    t, u = t[keep], u[keep]
    # Distances from the nearer end keep their digits where that end is zero.
    share = scipy.special.expit(-np.abs(u))
    x = np.where(u < 0, a + (b - a) * share, b - (b - a) * share)
    log_weight = np.log(b - a) + np.log(share) + np.log1p(-share) + np.log(h * np.pi * np.cosh(t))
    inside = (x > low) & (x < high)
    return x[inside], log_weight[inside]
