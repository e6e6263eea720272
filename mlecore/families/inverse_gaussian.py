"""The InverseGaussian family: how long a drifting Brownian motion takes to reach a level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, Support, parameter
from ..family import Array, Family, Refusal, Solution, symmetric
from ..numerics import LOG_2PI
from ..statistics import Moments, ReciprocalMoments


@dataclass(frozen=True, eq=False, repr=False)
class InverseGaussian(Family):
    """InverseGaussian(mu, shape b): f(x) = sqrt(b / (2 pi x^3)) exp(-b (x - mu)^2 / (2 mu^2 x)), x > 0.

    Mean mu, variance mu^3/b; both parameters have the unit of x. The MLE of mu is the mean, and 1/shape is the mean of
    1/x - 1/mean. Source: Johnson, Kotz and Balakrishnan (1994), ch. 15.

    >>> InverseGaussian.fit([1.0, 2.0]).params
    {'mu': 1.5, 'shape': 12.0}
    """

    mu: Parameter = parameter(Positive())
    shape: Parameter = parameter(Positive())
    support = Support(low=0.0, open_low=True, text="x > 0")
    units = {"mu": 1, "shape": 1}

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> ReciprocalMoments:
        return ReciprocalMoments.of(x, w)

    def _relative(self, t: ReciprocalMoments) -> tuple[Array, Array]:
        """Return (mean - mu)/mu and the mean of (x - mu)^2 / (mu^2 x), which is in units of 1/x."""
        r = (t.mean - self.mu) / self.mu
        return r, r * (r / t.mean) + t.gap / t.mean

    def _log_likelihood(self, t: ReciprocalMoments) -> Array:
        b = self.shape
        _, distance = self._relative(t)
        return 0.5 * t.n * (np.log(b) - LOG_2PI - 3.0 * t.mean_log - b * distance)

    def _slope(self, t: ReciprocalMoments) -> tuple[Array, ...]:
        mu, b = self.mu, self.shape
        r, distance = self._relative(t)
        return t.n * (b / mu) * r / mu, 0.5 * t.n * (1.0 / b - distance)

    def _curvature(self, t: ReciprocalMoments) -> Array:
        mu, b = self.mu, self.shape
        r, _ = self._relative(t)
        return symmetric(
            -t.n * (b / mu) * (1.0 + 3.0 * r) / mu**2, t.n * r / mu**2, -0.5 * t.n / b**2
        )

    def _information(self) -> Array:
        mu, b = self.mu, self.shape
        return symmetric((b / mu) / mu**2, 0.0 * (mu + b), 0.5 / b**2 + 0.0 * mu)

    @classmethod
    def _no_mle(cls, t: ReciprocalMoments, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if "shape" not in fixed:
            spread = t.gap + np.abs(t.mean - fixed.get("mu", t.mean))
            yield Refusal(
                spread == 0,
                "all values are equal, so the likelihood rises without bound as shape grows",
            )

    @classmethod
    def _mle(cls, t: ReciprocalMoments) -> Solution:
        return Solution({"mu": t.mean, "shape": t.mean / t.gap})

    @classmethod
    def _mle_given(cls, t: ReciprocalMoments, held: Mapping[int, Array]) -> Solution:
        mu = held.get(0, t.mean)
        r = (t.mean - mu) / mu
        return Solution({"mu": mu, "shape": held.get(1, 1.0 / (r * (r / t.mean) + t.gap / t.mean))})

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        return {"mu": m.mean, "shape": m.mean * (m.mean / m.sd) ** 2}

    @property
    def mean(self) -> Any:
        return self.mu + 0.0 * self.shape

    @property
    def var(self) -> Any:
        return self.mu**2 * (self.mu / self.shape)

    def scipy(self) -> Any:
        from scipy import stats

        return stats.invgauss(self.mu / self.shape, scale=self.shape)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.wald(self.mu, self.shape, size)
