"""The Geometric family: how many trials until the first success."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from ..domains import Parameter, Support, Unit, parameter
from ..family import Array, Family, Solution, symmetric
from ..pivots import proportion_limits
from ..statistics import Means, Moments
from ..tails import log1mexp


@dataclass(frozen=True, eq=False, repr=False)
class Geometric(Family):
    """Geometric(p): P(X = k) = (1 - p)^(k-1) p, k = 1, 2, 3, ...

    X counts the trials, the first success included. Mean 1/p, variance (1 - p)/p^2. When every value is one the MLE is
    the boundary p = 1. Source: Johnson, Kemp and Kotz (2005), ch. 5.

    >>> Geometric.fit([1, 3]).params
    {'p': 0.5}
    """

    p: Parameter = parameter(Unit(zero=False))
    support = Support(low=1.0, whole=True, text="whole numbers 1, 2, 3, ...")

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Means:
        # Failures rather than trials: the mean of many ones and a few twos keeps its digits.
        return Means.of(x - 1.0, weights=w)

    def _log_likelihood(self, t: Means) -> Array:
        p, failures = np.asarray(self.p), t.means[..., 0]
        return t.n * (np.log(p) + scipy.special.xlog1py(failures, -p))

    def _slope(self, t: Means) -> tuple[Array, ...]:
        p, failures = np.asarray(self.p), t.means[..., 0]
        # At p = 1 a failure is impossible: only data without any have a finite slope.
        odds = np.where(failures == 0, 0.0, failures / (1.0 - p))
        return ((t.n * (1.0 / p - odds))[()],)

    def _curvature(self, t: Means) -> Array:
        p, failures = np.asarray(self.p), t.means[..., 0]
        missed = np.where(failures == 0, 0.0, failures / (1.0 - p) ** 2)
        return symmetric(-t.n * (1.0 / p**2 + missed))

    def _information(self) -> Array:
        p = np.asarray(self.p)
        return symmetric(1.0 / (p * p * (1.0 - p)))

    @classmethod
    def _mle(cls, t: Means) -> Solution:
        return Solution({"p": 1.0 / (1.0 + t.means[..., 0])})

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        return {"p": 1.0 / m.mean}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        upper = x * np.log1p(-self.p)
        return log1mexp(upper), upper

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        return (-x / self.p,), symmetric(x / np.asarray(self.p) ** 2)

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        # n successes in so many trials, the last of which is one: fewer trials are as rare as more successes in them.
        trials = n / self.p
        low = proportion_limits(n, trials, tail)[0]
        return {"p": (low, proportion_limits(n - 1.0, trials - 1.0, tail)[1])}

    def _canonical(self, free: frozenset[str]) -> dict[str, Any] | None:
        return {"p": (np.log1p(-self.p), -1.0 / (1.0 - self.p))}

    @property
    def mean(self) -> Any:
        return 1.0 / self.p

    @property
    def var(self) -> Any:
        return (1.0 - self.p) / self.p / self.p

    def scipy(self) -> Any:
        from scipy import stats

        return stats.geom(self.p)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.geometric(self.p, size).astype(float)
