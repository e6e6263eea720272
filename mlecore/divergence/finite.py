"""Whether E_p log q is finite: how fast the tails of p fall, against how fast -log q grows there.

Quadrature sees the last term that it looks at and no further. The exponents of the two tails decide at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy

from ..families import (
    Beta,
    Cauchy,
    Exponential,
    Gamma,
    Gumbel,
    HalfNormal,
    InverseGamma,
    InverseGaussian,
    Laplace,
    Logistic,
    LogLogistic,
    LogNormal,
    Lomax,
    Normal,
    Pareto,
    Rayleigh,
    SkewNormal,
    StudentT,
    Uniform,
    Weibull,
)

__all__ = ["diverges", "expected_exponential"]

_EXPONENTIALLY = np.inf


class Tail(NamedTuple):
    """How a density falls: as a power x^(-1 - power), and where that is infinite as exp(-rate x)."""

    power: float
    rate: float = np.inf


class Growth(NamedTuple):
    """How -log of a density grows: as x^power, and where that is infinite as exp(rate x); 0 stands for a logarithm."""

    power: float
    rate: float = 0.0


_BOUNDED = Tail(np.inf)
_SLOW = Growth(0.0)

#: how densities fall upwards and downwards; downwards from the origin for positive families, in 1/x
_FALLS: dict[type, Callable[[Any], tuple[Tail, Tail]]] = {
    Normal: lambda p: (_BOUNDED, _BOUNDED),
    SkewNormal: lambda p: (_BOUNDED, _BOUNDED),
    Uniform: lambda p: (_BOUNDED, Tail(1.0) if p.low == 0 else _BOUNDED),
    Laplace: lambda p: (Tail(np.inf, 1.0 / p.scale),) * 2,
    Logistic: lambda p: (Tail(np.inf, 1.0 / p.scale),) * 2,
    Gumbel: lambda p: (Tail(np.inf, 1.0 / p.scale), _BOUNDED),
    Cauchy: lambda p: (Tail(1.0),) * 2,
    StudentT: lambda p: (Tail(p.df),) * 2,
    Exponential: lambda p: (Tail(np.inf, p.rate), Tail(1.0)),
    Gamma: lambda p: (Tail(np.inf, p.rate), Tail(p.shape)),
    Weibull: lambda p: (Tail(np.inf), Tail(p.shape)),
    Rayleigh: lambda p: (_BOUNDED, Tail(2.0)),
    HalfNormal: lambda p: (_BOUNDED, Tail(1.0)),
    LogLogistic: lambda p: (Tail(p.shape),) * 2,
    Lomax: lambda p: (Tail(p.shape), Tail(1.0)),
    LogNormal: lambda p: (_BOUNDED, _BOUNDED),
    InverseGamma: lambda p: (Tail(p.shape), _BOUNDED),
    InverseGaussian: lambda p: (Tail(np.inf), _BOUNDED),
    Pareto: lambda p: (Tail(p.shape), _BOUNDED),
    Beta: lambda p: (_BOUNDED, Tail(p.a)),
}
#: how -log density grows upwards and downwards; downwards towards the origin for positive families, in 1/x
_GROWS: dict[type, Callable[[Any], tuple[Growth, Growth]]] = {
    Normal: lambda q: (Growth(2.0), Growth(2.0)),
    SkewNormal: lambda q: (Growth(2.0), Growth(2.0)),
    Laplace: lambda q: (Growth(1.0), Growth(1.0)),
    Logistic: lambda q: (Growth(1.0), Growth(1.0)),
    Gumbel: lambda q: (Growth(1.0), Growth(_EXPONENTIALLY, 1.0 / q.scale)),
    Cauchy: lambda q: (_SLOW, _SLOW),
    StudentT: lambda q: (_SLOW, _SLOW),
    Exponential: lambda q: (Growth(1.0), _SLOW),
    Gamma: lambda q: (Growth(1.0), _SLOW),
    Weibull: lambda q: (Growth(q.shape), _SLOW),
    Rayleigh: lambda q: (Growth(2.0), _SLOW),
    HalfNormal: lambda q: (Growth(2.0), _SLOW),
    LogLogistic: lambda q: (_SLOW, _SLOW),
    Lomax: lambda q: (_SLOW, _SLOW),
    LogNormal: lambda q: (_SLOW, _SLOW),
    InverseGamma: lambda q: (_SLOW, Growth(1.0)),
    InverseGaussian: lambda q: (Growth(1.0), Growth(1.0)),
    Pareto: lambda q: (_SLOW, _SLOW),
    Beta: lambda q: (_SLOW, _SLOW),
    Uniform: lambda q: (_SLOW, _SLOW),
}


def diverges(p: Any, q: Any) -> bool | None:
    """Say whether -E_p log q is infinite, p lying within the ends of q; None where it is not known.

    >>> diverges(Cauchy(loc=0.0, scale=1.0), Normal(mu=0.0, sigma=1.0))
    True
    """
    falls, grows = _FALLS.get(type(p)), _GROWS.get(type(q))
    if falls is None or grows is None:
        return None
    sides = list(zip(falls(p), grows(q), strict=True))
    if np.isfinite(p.support.low) and not np.isfinite(q.support.low):
        sides = sides[:1]  # near its end p is somewhere in the middle of q
    return any(_too_heavy(tail, growth) for tail, growth in sides)


def _too_heavy(tail: Tail, growth: Growth) -> bool:
    if growth.power == _EXPONENTIALLY:
        return bool(tail.power < np.inf or tail.rate <= growth.rate)
    return bool(growth.power > 0 and tail.power <= growth.power)


def expected_exponential(p: Any, t: float) -> float | None:
    """Return E_p exp(t X), where it is known and finite; else None.

    >>> expected_exponential(Laplace(loc=0.0, scale=0.5), 1.0)
    1.3333333333333333
    """
    if isinstance(p, Normal):
        return float(np.exp(p.mu * t + 0.5 * (p.sigma * t) ** 2))
    if isinstance(p, Laplace) and abs(p.scale * t) < 1.0:
        return float(np.exp(p.loc * t) / ((1.0 - p.scale * t) * (1.0 + p.scale * t)))
    if isinstance(p, Logistic) and abs(p.scale * t) < 1.0:
        return float(np.exp(p.loc * t) / np.sinc(p.scale * t))
    if isinstance(p, Gumbel) and p.scale * t < 1.0:
        return float(np.exp(p.loc * t + scipy.special.gammaln(1.0 - p.scale * t)))
    return None
