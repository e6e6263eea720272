"""The Exponential family: waiting times without memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, Support, parameter
from ..family import Array, Family, Refusal, Solution, symmetric
from ..pivots import gamma_limits
from ..statistics import Means, Moments, Parts
from ..tails import log1mexp


@dataclass(frozen=True, eq=False, repr=False)
class Exponential(Family):
    """Exponential(rate): f(x) = rate exp(-rate x), x >= 0.

    Mean 1/rate, variance 1/rate^2. Source: Johnson, Kotz and Balakrishnan (1994), ch. 19.

    >>> Exponential.fit([1.0, 3.0]).params
    {'rate': 0.5}
    """

    rate: Parameter = parameter(Positive())
    support = Support(low=0.0, text="x >= 0")
    units = {"rate": -1}

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Means:
        return Means.of(x, weights=w)

    def _log_likelihood(self, t: Means) -> Array:
        return t.n * (np.log(self.rate) - self.rate * t.means[..., 0])

    def _slope(self, t: Means) -> tuple[Array, ...]:
        return (t.n * (1.0 / self.rate - t.means[..., 0]),)

    def _curvature(self, t: Means) -> Array:
        return symmetric(-t.n / np.asarray(self.rate) ** 2)

    def _information(self) -> Array:
        return symmetric(1.0 / np.asarray(self.rate) ** 2)

    @classmethod
    def _no_mle(cls, t: Means, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if not fixed:
            yield Refusal(
                t.means[..., 0] == 0,
                "all values are zero, so the likelihood rises without bound as the rate grows",
            )

    @classmethod
    def _mle(cls, t: Means) -> Solution:
        return Solution({"rate": 1.0 / t.means[..., 0]})

    @classmethod
    def _absorb(cls, exact: Any, seen: Parts, windows: Parts) -> tuple[Any, Parts, Parts]:
        # log P(X > c) is -rate c, as is what an exact value adds beside log rate: bounds and late entries join the
        # total time, and the number of exact values and that time are all that is needed.
        if exact is None:
            return exact, seen, windows
        total = exact.n * exact.means[..., 0]
        (bounds, seen), (late, windows) = seen.without_upper_end(), windows.without_upper_end()
        for sign, parts in ((1.0, bounds), (-1.0, late)):
            total = total + sign * (parts.weights * parts.low).sum(axis=-1)
        means = np.asarray(total / exact.n)[..., None]
        return Means(exact.n, means), seen, windows

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        return {"rate": 1.0 / m.mean}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        upper = -self.rate * x
        return log1mexp(upper), upper

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        return (-x / self.rate,), symmetric(x / np.asarray(self.rate) ** 2)

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        low, high = gamma_limits(n, tail)
        return {"rate": (self.rate * low / n, self.rate * high / n)}

    def _canonical(self, free: frozenset[str]) -> dict[str, Any] | None:
        return {"rate": (self.rate, np.ones(self.batch_shape))}

    @property
    def mean(self) -> Any:
        return 1.0 / self.rate

    @property
    def var(self) -> Any:
        return 1.0 / self.rate**2

    def scipy(self) -> Any:
        from scipy import stats

        return stats.expon(scale=1.0 / self.rate)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.standard_exponential(size) / self.rate
