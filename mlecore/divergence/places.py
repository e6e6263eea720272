"""Where a distribution lies: its ends and its middle."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..families import (
    Binomial,
    Categorical,
    Cauchy,
    Gumbel,
    Laplace,
    Logistic,
    Normal,
    Pareto,
    SkewNormal,
    StudentT,
    Uniform,
    VonMises,
)
from .empirical import Empirical

__all__ = ["centred", "ends", "middle", "reaches_beyond"]


def reaches_beyond(q: Any, p: Any) -> bool:
    """Say whether p reaches beyond the ends of q.

    >>> from mlecore import Gamma, Normal
    >>> reaches_beyond(Gamma(shape=1.0, rate=1.0), Normal(mu=0.0, sigma=1.0))
    True
    """
    if isinstance(q, Empirical | VonMises):
        return False  # atoms are looked at one by one, and a circle has no ends
    (low_p, high_p), (low_q, high_q) = ends(p), ends(q)
    return low_p < low_q or high_p > high_q


def centred(*distributions: Any) -> tuple[Any, ...]:
    """Move distributions on the whole line so that the first has its centre at zero: a large offset costs digits.

    >>> from mlecore import Normal
    >>> centred(Normal(mu=1e9, sigma=1.0), Normal(mu=1e9 + 1.0, sigma=1.0))
    (Normal(mu=0, sigma=1), Normal(mu=1, sigma=1))
    """
    if not all(type(d) in _LOCATION for d in distributions):
        return distributions
    offset = getattr(distributions[0], _LOCATION[type(distributions[0])][0])
    moved = []
    for d in distributions:
        params = {name: getattr(d, name) for name in d.parameters}
        params.update({name: params[name] - offset for name in _LOCATION[type(d)]})
        moved.append(type(d)(**params))
    return tuple(moved)


#: the parameters that move a distribution along the whole line, the first its centre
_LOCATION = {
    Cauchy: ("loc",),
    Gumbel: ("loc",),
    Laplace: ("loc",),
    Logistic: ("loc",),
    Normal: ("mu",),
    SkewNormal: ("loc",),
    StudentT: ("loc",),
    Uniform: ("low", "high"),
}


@functools.singledispatch
def ends(p: Any) -> tuple[float, float]:
    """Return where p begins and ends.

    >>> from mlecore import Gamma
    >>> ends(Gamma(shape=2.0, rate=1.0))
    (0.0, inf)
    """
    if p.support.whole and p.var == 0:  # on the boundary of its parameters it has one value only
        return float(p.mean), float(p.mean)
    if p.irregular:  # its parameters move the support
        low, high = p.ppf(np.array([0.0, 1.0]))
        return float(low), float(high)
    return p.support.low, p.support.high


@ends.register(Binomial)
def _(p: Binomial) -> tuple[float, float]:
    return (float(p.mean), float(p.mean)) if p.var == 0 else (0.0, float(p.n))


@ends.register(Categorical)
def _(p: Categorical) -> tuple[float, float]:
    seen = np.flatnonzero(p.probs)
    return float(seen[0]), float(seen[-1])


@ends.register(Pareto)
def _(p: Pareto) -> tuple[float, float]:
    return float(p.scale), np.inf


@ends.register(Uniform)
def _(p: Uniform) -> tuple[float, float]:
    return float(p.low), float(p.high)


@ends.register(VonMises)
def _(p: VonMises) -> tuple[float, float]:
    return float(p.mu - np.pi), float(p.mu + np.pi)


def middle(p: Any) -> tuple[float, float]:
    """Return the median of p and the range of its middle half.

    >>> from mlecore import Uniform
    >>> middle(Uniform(low=0.0, high=2.0))
    (1.0, 1.0)
    """
    if isinstance(p, VonMises):
        return float(p.mu), 1.0
    quarter, half, three = (float(v) for v in p.ppf(np.array([0.25, 0.5, 0.75])))
    return half, three - quarter
