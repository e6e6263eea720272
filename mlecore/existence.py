"""Where what was partly seen has no maximum: known beforehand, on the edge of the domain, or shown by a climb that runs away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .domains import Positive, Simplex, Unit
from .statistics import Events, Streamed

__all__ = ["LOST", "certain", "refusals", "runaway", "to_edge"]

Array = np.ndarray

# A logarithm that has gone so far from the start of its climb has no maximum to go to.
_FAR = 8.0
# One without a unit has nowhere to go once it is as large as this, wherever it began.
LOST = 30.0
# Data of a probability nearer to 1 than this have none that is highest, inside the domain.
_CERTAIN = 1e-9


def refusals(likelihood: Any) -> Iterator[tuple[Array, str]]:
    """Yield which samples have no maximum, and why.

    >>> from mlecore import Exponential, Likelihood, observed
    >>> next(refusals(Likelihood(Exponential, observed([1.0, 2.0], right=[True, True]))))[1][:29]
    'every value is right-censored'
    """
    family, t = likelihood.family, likelihood.statistic
    some = t.seen.weights > 0
    support = family.support
    if t.exact is None and likelihood.free.size:
        none_high = (np.isposinf(t.seen.high) | ~some).all(axis=-1)
        none_low = (np.isneginf(t.seen.low) | ~some).all(axis=-1)
        if not _has_edge(likelihood) and np.isposinf(support.high):
            yield (
                none_high,
                (
                    "every value is right-censored, so the likelihood keeps rising as the distribution moves away beyond the bounds"
                ),
            )
            yield (
                none_low,
                (
                    "every value is left-censored, so the likelihood keeps rising as the distribution moves away below the bounds"
                ),
            )
    if (
        support.whole
        or likelihood.free.size < 2
        or likelihood.free.size < len(likelihood.layout.names)
    ):
        return  # a count cannot shrink to a point here, nor a family with one free parameter
    low = np.where(some, t.seen.low, -np.inf).max(axis=-1, initial=-np.inf)
    high = np.where(some, t.seen.high, np.inf).min(axis=-1, initial=np.inf)
    first, last = t.span
    if t.exact is not None:
        shared = (first == last) & (low < first) & (first <= high)
        yield (
            shared,
            (
                "all values seen exactly are equal and lie in every interval, so the likelihood grows without bound as the "
                "distribution shrinks to that point"
            ),
        )
    elif t.seen.size:
        yield (
            low < high,
            (
                "all intervals share a point, so the likelihood keeps rising towards 1 as the distribution shrinks to it"
            ),
        )


def _has_edge(likelihood: Any) -> bool:
    """Say whether all probability can lie at an end of the support for a member of the family."""
    domains = [likelihood.layout.domain(i) for i in likelihood.free]
    return any(
        isinstance(d, Simplex)
        or (isinstance(d, Unit) and d.zero)
        or (isinstance(d, Positive) and d.zero)
        for d in domains
    )


def to_edge(
    likelihood: Any, theta: Array, value: Array, converged: Array
) -> tuple[Array, Array, Array]:
    """Return the boundary of the domain instead, where the one free parameter is better off there."""
    if likelihood.free.size != 1:
        return theta, value, converged
    domain, k = likelihood.layout.domain(likelihood.free[0]), likelihood.free[0]
    edges = [0.0, 1.0] if isinstance(domain, Unit) else [0.0]
    for edge in edges:
        if not domain.contains(np.asarray(edge)):
            continue
        there = np.array(theta)
        there[..., k] = edge
        with np.errstate(all="ignore"):
            height = likelihood.log_likelihood(there[..., likelihood.free])
        better = (height >= np.where(np.isnan(value), -np.inf, value)) & np.isfinite(height)
        theta = np.where(np.asarray(better)[..., None], there, theta)
        value, converged = np.where(better, height, value), converged | better
    return theta, value, converged


def runaway(likelihood: Any, theta: Array, start: Mapping[str, Any], arrived: bool = True) -> str:
    """Return why a single sample has no maximum, where a parameter has run away; "" where none has.

    A parameter has run away when it is far from where its climb began, or the climb has not arrived, or counts have
    become certain, and going further still does not lower the likelihood by more than rounding.

    >>> from mlecore import Exponential, Likelihood, observed
    >>> L = Likelihood(Exponential, observed([6.0, 8.0, 9.0], window=(0.0, 10.0)))
    >>> runaway(L, np.array([1e-12]), {"rate": 0.1})[:44]
    'the likelihood keeps rising as rate falls to'
    """
    layout = likelihood.layout
    begin = layout.flatten_all(start)
    here = likelihood.log_likelihood(theta[likelihood.free])
    sure = certain(likelihood, here)
    for i in likelihood.free:
        domain = layout.domain(i)
        if not np.isfinite(theta[i]):
            return f"the likelihood keeps rising as {layout.names[i]} grows"
        here_u = domain.to_real(theta[i])
        moved = here_u - domain.to_real(begin[i])
        logarithm = np.isfinite(domain.longest_step)
        far = abs(moved) > (_FAR if logarithm else 100.0 * _reach(likelihood.statistic))
        if logarithm and layout.names[i] not in likelihood.family.units:
            # What has no unit is far from everything at such a size, wherever it began.
            far, lost = far or abs(here_u) > LOST, abs(here_u) > LOST
        else:
            lost = False
        if (arrived and not (far or sure)) or domain.at_edge(theta[i : i + 1])[0]:
            continue
        if not logarithm and not far:
            continue  # a location may be where it began
        further = np.array(theta)
        if lost or (logarithm and abs(moved) < 1e-3):
            moved = here_u  # it began far away from everything: on from there
        step = np.sign(moved) * 2.0 if logarithm else moved
        further[i] = domain.from_real(domain.to_real(theta[i]) + step)[0]
        value = likelihood.log_likelihood(further[likelihood.free])
        if not value >= here:
            value = likelihood.given({layout.names[i]: further[i]}).climbed(further).log_likelihood
        if not value < here - 1e-9 * (1.0 + abs(here)):
            way = "moves away" if not logarithm else "grows" if moved > 0 else "falls to 0"
            limit = likelihood.family._limits.get(layout.names[i]) if way == "grows" else None
            return (
                f"the likelihood keeps rising as {layout.names[i]} {way} (followed to {theta[i]:.3g})"
                + (f", and the {likelihood.family.__name__} becomes {limit}" if limit else "")
                + ": what was seen does not hold it back"
            )
    return ""


def certain(likelihood: Any, value: Array) -> Array:
    """Say where counts have all but the probability 1, which none of them has inside the domain.

    >>> from mlecore import Likelihood, Poisson
    >>> bool(certain(Likelihood(Poisson, [0, 0]), np.array(-1e-12)))
    True
    """
    return likelihood.family.support.whole & (np.asarray(value) > -_CERTAIN)


def _reach(t: Any) -> float:
    """Return how far apart the limits and values lie."""
    t = t.pilot if isinstance(t, Streamed) else t
    if not isinstance(t, Events):
        return float(np.ptp(t.extremes()))
    limits = np.concatenate(
        [t.seen.low, t.seen.high, t.windows.low, t.windows.high, np.array(t.span)]
    )
    limits = limits[np.isfinite(limits)]
    return float(np.ptp(limits)) if limits.size else 0.0
