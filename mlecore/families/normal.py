"""The Normal family: sums of many small effects, errors of measurement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, Real, parameter
from ..family import Array, Family, Refusal, Solution, symmetric
from ..numerics import LOG_2PI
from ..pivots import gamma_limits, t_limit
from ..statistics import Moments
from ..tails import flow_of_scale, log_normal_tails, standard


@dataclass(frozen=True, eq=False, repr=False)
class Normal(Family):
    """Normal(mu, sigma): f(x) = exp(-((x - mu)/sigma)^2 / 2) / (sigma sqrt(2 pi)).

    Mean mu, standard deviation sigma, both in the unit of x. The MLE of sigma divides by n, so it is biased low.
    Source: Johnson, Kotz and Balakrishnan (1994), ch. 13.

    >>> Normal.fit([1.0, 3.0]).params["sigma"]
    1.0
    """

    mu: Parameter = parameter(Real())
    sigma: Parameter = parameter(Positive())
    units = {"mu": 1, "sigma": 1}

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Moments:
        return Moments.of(x, w)

    def _standardised(self, t: Moments) -> tuple[Array, Array]:
        """Return the mean standardised deviation and the mean square of the standardised deviations."""
        z = standard(t.mean, self.mu, self.sigma)
        return z, z * z + (t.sd / self.sigma) ** 2

    def _log_likelihood(self, t: Moments) -> Array:
        _, square = self._standardised(t)
        return -t.n * (0.5 * LOG_2PI + np.log(self.sigma) + 0.5 * square)

    def _slope(self, t: Moments) -> tuple[Array, ...]:
        z, square = self._standardised(t)
        return t.n * z / self.sigma, t.n * (square - 1.0) / self.sigma

    def _curvature(self, t: Moments) -> Array:
        z, square = self._standardised(t)
        unit = t.n / self.sigma**2
        return symmetric(-unit, -2.0 * unit * z, unit * (1.0 - 3.0 * square))

    def _information(self) -> Array:
        return symmetric(1.0 / self.sigma**2, 0.0 * self.mu, 2.0 / self.sigma**2)

    @classmethod
    def _no_mle(cls, t: Moments, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if "sigma" not in fixed:
            # About a mean that is held, values that are equal spread all the same.
            equal = t.sd == 0
            yield Refusal(
                equal & (t.mean == fixed["mu"]) if "mu" in fixed else equal,
                "all values are equal, so the density at them grows without bound as sigma shrinks to 0",
            )

    @classmethod
    def _mle(cls, t: Moments) -> Solution:
        return Solution({"mu": t.mean, "sigma": t.sd})

    @classmethod
    def _mle_given(cls, t: Moments, held: Mapping[int, Array]) -> Solution:
        if 0 not in held:
            return Solution({"mu": t.mean, "sigma": held[1]})
        sigma = held[1] if 1 in held else np.hypot(t.sd, t.mean - held[0])
        return Solution({"mu": held[0], "sigma": sigma})

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        return {"mu": m.mean, "sigma": m.sd}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        return log_normal_tails(standard(x, self.mu, self.sigma))

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        return flow_of_scale(standard(x, self.mu, self.sigma), self.sigma)

    def _place(self) -> tuple[Array, Array]:
        return np.broadcast_arrays(self.mu, self.sigma)

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        df = n - 1.0 if "mu" in free else n
        low, high = gamma_limits(0.5 * df, tail)
        known = "sigma" not in free
        half = self.sigma * (
            t_limit(np.inf, tail) / np.sqrt(n) if known else t_limit(df, tail) / np.sqrt(df)
        )
        return {
            "mu": (self.mu - half, self.mu + half),
            "sigma": (self.sigma * np.sqrt(0.5 * n / high), self.sigma * np.sqrt(0.5 * n / low)),
        }

    def _canonical(self, free: frozenset[str]) -> dict[str, Any] | None:
        if len(free) > 1:
            return None
        one = np.ones(self.batch_shape)
        return {"mu": (self.mu, one), "sigma": (-1.0 / self.sigma**2, 2.0 / self.sigma**3)}

    @property
    def mean(self) -> Any:
        return self.mu + 0.0 * self.sigma

    @property
    def var(self) -> Any:
        return self.sigma**2 + 0.0 * self.mu

    def scipy(self) -> Any:
        from scipy import stats

        return stats.norm(self.mu, self.sigma)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.normal(self.mu, self.sigma, size)
