"""The Poisson family: counts of independent rare events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, Support, parameter
from ..family import Array, Family, Solution, symmetric
from ..numerics import deviance
from ..pivots import poisson_limits
from ..statistics import CountMoments, Moments
from ..tails import log_gamma_tails


@dataclass(frozen=True, eq=False, repr=False)
class Poisson(Family):
    """Poisson(rate): P(X = k) = rate^k exp(-rate) / k!, k = 0, 1, 2, ...

    Mean and variance equal the rate, a count per interval. When every count is zero the MLE is the boundary rate 0.
    Source: Johnson, Kemp and Kotz (2005), ch. 4; the arithmetic is Loader's (2000).

    >>> Poisson.fit([2, 4]).params
    {'rate': 3.0}
    """

    rate: Parameter = parameter(Positive(zero=True))
    support = Support(low=0.0, whole=True, text="whole numbers 0, 1, 2, ...")

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> CountMoments:
        return CountMoments.of(x, w)

    def _log_likelihood(self, t: CountMoments) -> Array:
        return t.n * (t.saturated - t.excess - deviance(t.mean, self.rate))

    def _slope(self, t: CountMoments) -> tuple[Array, ...]:
        # At rate 0 with nothing counted the slope is -n: only the exponential is left.
        empty = (t.mean == 0) & (np.asarray(self.rate) == 0)
        return (np.where(empty, -t.n, t.n * (t.mean - self.rate) / self.rate)[()],)

    def _curvature(self, t: CountMoments) -> Array:
        return symmetric(np.where(t.mean == 0, 0.0, -t.n * t.mean / np.asarray(self.rate) ** 2))

    def _information(self) -> Array:
        return symmetric(1.0 / np.asarray(self.rate))

    @classmethod
    def _mle(cls, t: CountMoments) -> Solution:
        return Solution({"rate": t.mean})

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        return {"rate": m.mean}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        return log_gamma_tails(x + 1.0, self.rate)[::-1]

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        # P(X <= k) falls by P(X = k) with the rate.
        return (np.ones(np.shape(x)),), symmetric(np.zeros(np.shape(x)))

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        low, high = poisson_limits(n * self.rate, tail)
        return {"rate": (low / n, high / n)}

    def _canonical(self, free: frozenset[str]) -> dict[str, Any] | None:
        return {"rate": (np.log(self.rate), 1.0 / self.rate)}

    @property
    def mean(self) -> Any:
        return self.rate

    @property
    def var(self) -> Any:
        return self.rate

    def scipy(self) -> Any:
        from scipy import stats

        return stats.poisson(self.rate)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.poisson(self.rate, size).astype(float)
