"""The Bernoulli family: yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from ..domains import Parameter, Support, Unit, parameter
from ..family import Array, Family, Solution, symmetric
from ..pivots import proportion_limits
from ..statistics import Moments


@dataclass(frozen=True, eq=False, repr=False)
class Bernoulli(Family):
    """Bernoulli(p): P(X = 1) = p, P(X = 0) = 1 - p.

    Its negative log-likelihood is binary cross-entropy. Source: Johnson, Kemp and Kotz (2005), ch. 3.

    >>> Bernoulli.fit([1, 1, 1, 0]).params
    {'p': 0.75}
    """

    p: Parameter = parameter(Unit())
    support = Support(low=0.0, high=1.0, whole=True, text="0 or 1")

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Moments:
        return Moments.of(x, w)

    def _log_likelihood(self, t: Moments) -> Array:
        return t.n * (
            scipy.special.xlogy(t.mean, self.p)
            + scipy.special.xlog1py(1.0 - t.mean, -np.asarray(self.p))
        )

    def _slope(self, t: Moments) -> tuple[Array, ...]:
        p = np.asarray(self.p)
        inside = (p > 0) & (p < 1)
        middle = np.where(inside, p, 0.5)
        # On the boundary one of the two terms is absent: only data that agree with it have a finite slope.
        edge = np.where(
            p == 0, np.where(t.mean == 0, -1.0, np.inf), np.where(t.mean == 1, 1.0, -np.inf)
        )
        return (t.n * np.where(inside, (t.mean - middle) / (middle * (1.0 - middle)), edge),)

    def _curvature(self, t: Moments) -> Array:
        p = np.asarray(self.p)
        ones = np.where(t.mean == 0, 0.0, t.mean / p**2)
        zeros = np.where(t.mean == 1, 0.0, (1.0 - t.mean) / (1.0 - p) ** 2)
        return symmetric(-t.n * (ones + zeros))

    def _information(self) -> Array:
        p = np.asarray(self.p)
        return symmetric(1.0 / (p * (1.0 - p)))

    @classmethod
    def _mle(cls, t: Moments) -> Solution:
        return Solution({"p": t.mean})

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        return {"p": m.mean}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        # Only 0 is asked for: 1 is an end.
        return np.log1p(-self.p) + 0.0 * x, np.log(self.p) + 0.0 * x

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        q = 1.0 - np.asarray(self.p)
        return ((1.0 - x) / q,), symmetric((1.0 - x) / q**2)

    def _ends(self) -> tuple[float, float]:
        return 0.0, 1.0

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        return {"p": proportion_limits(n * self.p, n, tail)}

    def _canonical(self, free: frozenset[str]) -> dict[str, Any] | None:
        return {"p": (np.log(self.p) - np.log1p(-self.p), 1.0 / (self.p * (1.0 - self.p)))}

    @property
    def mean(self) -> Any:
        return self.p

    @property
    def var(self) -> Any:
        return self.p * (1.0 - self.p)

    def scipy(self) -> Any:
        from scipy import stats

        return stats.bernoulli(self.p)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return (rng.random(size) < self.p).astype(float)
