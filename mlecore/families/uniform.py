"""The Uniform family: anywhere between two ends, which are unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Real, parameter
from ..family import Array, Family, Refusal, Solution, symmetric
from ..statistics import Extremes, Moments


@dataclass(frozen=True, eq=False, repr=False)
class Uniform(Family):
    """Uniform(low, high): f(x) = 1 / (high - low), low <= x <= high.

    Both parameters move the support, so the maximum sits where the slope is not zero, at the extremes of the data,
    and errors shrink like 1/n rather than 1/sqrt(n). Source: Johnson, Kotz and Balakrishnan (1995), ch. 26.

    >>> Uniform.fit([2.0, 5.0, 3.0]).params
    {'low': 2.0, 'high': 5.0}
    """

    low: Parameter = parameter(Real())
    high: Parameter = parameter(Real())
    irregular = ("low", "high")
    corners = ("low", "high")
    units = {"low": 1, "high": 1}

    @classmethod
    def _constraint(cls, params: Mapping[str, Array]) -> tuple[Array, str]:
        return np.asarray(params["low"] < params["high"]), "low < high"

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Extremes:
        return Extremes.of(x, w)

    def _log_width(self) -> Array:
        """Return log(high - low), where the difference itself may be no double."""
        half = 0.5 * np.asarray(self.high) - 0.5 * np.asarray(self.low)
        with np.errstate(over="ignore"):
            width = np.asarray(self.high) - np.asarray(self.low)
        return np.where(width < np.inf, np.log(width), np.log(half) + np.log(2.0))[()]

    def _log_likelihood(self, t: Extremes) -> Array:
        inside = (t.low >= self.low) & (t.high <= self.high)
        return np.where(inside, -t.n * self._log_width(), -np.inf)[()]

    def _inside(self, x: Array) -> Array:
        return (x >= self.low) & (x <= self.high)

    def _harmless(self, x: Array) -> Any:
        return 0.5 * (self.low + self.high)

    def _slope(self, t: Extremes) -> tuple[Array, ...]:
        unit = t.n * np.exp(-self._log_width())
        return unit, -unit

    def _curvature(self, t: Extremes) -> Array:
        unit = t.n * np.exp(-self._log_width()) ** 2
        return symmetric(unit, -unit, unit)

    def _information(self) -> Array:
        # Expected square of the score; minus the expected Hessian differs, because the support moves.
        unit = np.exp(-self._log_width()) ** 2
        return symmetric(unit, -unit, unit)

    @classmethod
    def _no_mle(cls, t: Extremes, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        low, high = fixed.get("low", t.low), fixed.get("high", t.high)
        outside = (low > t.low) | (high < t.high)
        yield Refusal(outside, "a value lies beyond the fixed end, so every likelihood is zero")
        yield Refusal(
            low == high,
            "all values are equal, so the density grows without bound as the ends close in",
        )

    @classmethod
    def _mle(cls, t: Extremes) -> Solution:
        return Solution({"low": t.low, "high": t.high})

    @classmethod
    def _mle_given(cls, t: Extremes, held: Mapping[int, Array]) -> Solution:
        return Solution({"low": held.get(0, t.low), "high": held.get(1, t.high)})

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        half = np.sqrt(3.0) * m.sd
        return {"low": m.mean - half, "high": m.mean + half}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        below, above = self._flow(x)[0][::-1]
        return np.log(below), np.log(above)

    def _smooth_between(self, a: Array, b: Array) -> Array:
        return (a >= self.low) & (b <= self.high)

    def _log_between(self, a: Array, b: Array) -> Array:
        return np.log((np.minimum(b, self.high) - np.maximum(a, self.low)) / (self.high - self.low))

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        width = self.high - self.low
        above, below = (self.high - x) / width, (x - self.low) / width
        rows = ((above, below), (-above, -below))
        return (above, below), np.stack(
            [np.stack(np.broadcast_arrays(*row), axis=-1) for row in rows], axis=-2
        ) / np.asarray(width)[..., None, None]

    def _ends(self) -> tuple[Array, Array]:
        return self.low, self.high

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        if len(free) > 1:
            return None
        # The largest of n values lies at the part u of the way from the known end with P(U <= u) = u^n.
        width = self.high - self.low
        least, most = width / (1.0 - tail) ** (1.0 / n), width / tail ** (1.0 / n)
        return {
            "low": (self.high - most, self.high - least),
            "high": (self.low + least, self.low + most),
        }

    @property
    def mean(self) -> Any:
        return 0.5 * (self.low + self.high)

    @property
    def var(self) -> Any:
        return (self.high - self.low) ** 2 / 12.0

    def scipy(self) -> Any:
        from scipy import stats

        return stats.uniform(self.low, self.high - self.low)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.uniform(self.low, self.high, size)
