"""The Pareto family: incomes, cities and losses, whose large values fall off as a power."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, Support, parameter
from ..family import Array, Family, Refusal, Solution, symmetric
from ..numerics import log_ratio
from ..pivots import gamma_limits
from ..statistics import AboveLeast, Moments
from ..tails import flow_of_power, log1mexp


@dataclass(frozen=True, eq=False, repr=False)
class Pareto(Family):
    """Pareto(shape a, scale s): f(x) = a s^a / x^(a+1), x >= s.

    Mean a s/(a - 1) when a > 1, variance a s^2 / ((a - 1)^2 (a - 2)) when a > 2, infinite below. The scale has the
    unit of x and moves the support: its MLE is the smallest value, which errs by about 1/n and always upwards. With
    the scale known, `fixed={"scale": s}`, the family is regular.
    Source: Johnson, Kotz and Balakrishnan (1994), ch. 20.

    >>> Pareto.fit([2.0, 2.0 * np.e**2]).params
    {'shape': 1.0, 'scale': 2.0}
    """

    shape: Parameter = parameter(Positive())
    scale: Parameter = parameter(Positive())
    support = Support(low=0.0, open_low=True, text="x >= scale > 0")
    irregular = ("scale",)
    corners = ("scale",)
    units = {"scale": 1}

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> AboveLeast:
        return AboveLeast.of(x, w)

    def _inside(self, x: Array) -> Array:
        return np.isfinite(x) & (x >= self.scale)

    def _harmless(self, x: Array) -> Array:
        return self.scale

    def _height(self, t: AboveLeast) -> Array:
        """Return the mean of log(x / s)."""
        return t.gap + log_ratio(t.low, self.scale)

    def _log_likelihood(self, t: AboveLeast) -> Array:
        a = self.shape
        value = np.log(a) - a * self._height(t) - np.log(t.low) - t.gap
        return np.where(t.low >= self.scale, t.n * value, -np.inf)[()]

    def _slope(self, t: AboveLeast) -> tuple[Array, ...]:
        return t.n * (1.0 / self.shape - self._height(t)), t.n * self.shape / self.scale

    def _curvature(self, t: AboveLeast) -> Array:
        a, s = self.shape, self.scale
        return symmetric(-t.n / a**2, t.n / s, -t.n * a / s**2)

    def _information(self) -> Array:
        # Expected square of the score; minus the expected Hessian differs, because the support moves.
        a, s = self.shape, self.scale
        return symmetric(1.0 / a**2 + 0.0 * s, 0.0 * a * s, (a / s) ** 2)

    @classmethod
    def _no_mle(cls, t: AboveLeast, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        scale = fixed.get("scale", t.low)
        yield Refusal(
            scale > t.low, "a value lies below the fixed scale, so every likelihood is zero"
        )
        if "shape" not in fixed:
            equal = (t.gap == 0) & (scale == t.low)
            yield Refusal(
                equal, "all values are equal, so the likelihood rises without bound as shape grows"
            )

    @classmethod
    def _mle(cls, t: AboveLeast) -> Solution:
        return Solution({"shape": 1.0 / t.gap, "scale": t.low})

    @classmethod
    def _mle_given(cls, t: AboveLeast, held: Mapping[int, Array]) -> Solution:
        scale = held.get(1, t.low)
        return Solution(
            {"shape": held.get(0, 1.0 / (t.gap + log_ratio(t.low, scale))), "scale": scale}
        )

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        shape = 1.0 + np.hypot(1.0, m.mean / m.sd)
        return {"shape": shape, "scale": m.mean * (shape - 1.0) / shape}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        upper = -self.shape * log_ratio(x, self.scale)
        return log1mexp(upper), upper

    def _smooth_between(self, a: Array, b: Array) -> Array:
        return a >= self.scale

    def _log_between(self, a: Array, b: Array) -> Array:
        least = np.maximum(a, self.scale)
        away = -self.shape * log_ratio(least, self.scale)
        return away + np.log(-np.expm1(-self.shape * log_ratio(b, least)))

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        return flow_of_power(x, self.shape, self.scale)

    def _ends(self) -> tuple[Array, float]:
        return self.scale, np.inf

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        if "scale" in free:
            return None
        low, high = gamma_limits(n, tail)
        return {"shape": (self.shape * low / n, self.shape * high / n)}

    @property
    def mean(self) -> Any:
        a = np.asarray(self.shape)
        with np.errstate(divide="ignore"):
            return np.where(a > 1, self.scale * (a / (a - 1.0)), np.inf)[()]

    @property
    def var(self) -> Any:
        a = np.asarray(self.shape)
        with np.errstate(divide="ignore"):
            finite = (self.scale / (a - 1.0)) ** 2 * (a / (a - 2.0))
        return np.where(a > 2, finite, np.inf)[()]

    def scipy(self) -> Any:
        from scipy import stats

        return stats.pareto(self.shape, scale=self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return self.scale * np.exp(rng.standard_exponential(size) / self.shape)
