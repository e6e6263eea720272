"""The Laplace family: errors with a sharp peak and heavy tails, for which the median is the estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..family import Array, Solution, symmetric
from ..pivots import gamma_limits
from ..statistics import Moments, Sample, piecewise
from ..tails import log1mexp, standard
from .location_scale import LocationScale


@dataclass(frozen=True, eq=False, repr=False)
class Laplace(LocationScale):
    """Laplace(loc, scale b): f(x) = exp(-|x - loc| / b) / (2 b).

    Mean loc, variance 2 b^2; both parameters have the unit of x. The MLE of loc is the median, of scale the mean
    absolute deviation from it. Where the sample is even, every point between the two middle values is a maximum, and
    the one halfway is given. Source: Johnson, Kotz and Balakrishnan (1995), ch. 24.

    >>> Laplace.fit([1.0, 2.0, 6.0]).params["loc"]
    2.0
    """

    corners = ("loc",)
    _median_leads = True
    information_only_expected = "the log-likelihood of Laplace has a corner at every observation and no curvature between them"

    def _distance(self, t: Sample) -> Array:
        """Return the mean of |x - loc| in units of the scale."""
        total = np.asarray(_distances(self.loc, t))
        if np.isfinite(total).all():
            return total / t.n / self.scale
        # A difference of two doubles may be none, and half of it always is one.
        half = t._replaced(0.5 * t.values)
        return _distances(0.5 * np.asarray(self.loc), half) / t.n / (0.5 * np.asarray(self.scale))

    def _log_likelihood(self, t: Sample) -> Array:
        return -t.n * (np.log(2.0) + np.log(self.scale) + self._distance(t))

    def _slope(self, t: Sample) -> tuple[Array, ...]:
        side, at_corner = _sides(self.loc, t)
        # At a corner the slopes from the left and right differ; of all between them take the one nearest to zero,
        # which is zero exactly when loc is a median.
        balance = np.sign(side) * np.maximum(np.abs(side) - at_corner, 0.0)
        return balance / self.scale, t.n * (self._distance(t) - 1.0) / self.scale

    def _curvature(self, t: Sample) -> Array:
        b = self.scale
        balance, _ = self._slope(t)
        return symmetric(0.0 * balance, -balance / b, t.n * (1.0 - 2.0 * self._distance(t)) / b**2)

    def _information(self) -> Array:
        unit = 1.0 / self.scale**2
        return symmetric(unit + 0.0 * self.loc, 0.0 * unit, unit)

    @classmethod
    def _mle(cls, t: Sample) -> Solution:
        return cls._mle_given(t, {})

    @classmethod
    def _mle_given(cls, t: Sample, held: Mapping[int, Array]) -> Solution:
        loc = held[0] if 0 in held else t.middle()
        scale = held[1] if 1 in held else _distances(loc, t) / t.n
        return Solution({"loc": loc, "scale": scale})

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        return {"loc": m.mean, "scale": m.sd / np.sqrt(2.0)}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        z = standard(x, self.loc, self.scale)
        near = -np.abs(z) - np.log(2.0)
        return np.where(z < 0, near, log1mexp(near)), np.where(z < 0, log1mexp(near), near)

    def _smooth_between(self, a: Array, b: Array) -> Array:
        return (a >= self.loc) | (b <= self.loc)

    def _log_between(self, a: Array, b: Array) -> Array:
        # On one side of loc the density is an exponential; a part that holds loc has both sides.
        low, high = (a - self.loc) / self.scale, (b - self.loc) / self.scale
        near = np.minimum(np.abs(low), np.abs(high))
        one_side = -near + np.log(-np.expm1(-(high - low)))
        both = np.log(-np.expm1(low) - np.expm1(-high))
        return np.where((low < 0) & (high > 0), both, one_side) - np.log(2.0)

    @property
    def var(self) -> Any:
        return 2.0 * self.scale**2 + 0.0 * self.loc

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        if "loc" in free:
            return None
        low, high = gamma_limits(n, tail)
        return {"scale": (self.scale * n / high, self.scale * n / low)}

    def scipy(self) -> Any:
        from scipy import stats

        return stats.laplace(self.loc, self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.laplace(self.loc, self.scale, size)


@piecewise
def _distances(loc: Array, t: Sample) -> Array:
    """Return the sum of |x - loc|."""
    return t.sum(np.abs(t.values - np.asarray(loc)[..., None]))


@piecewise
def _sides(loc: Array, t: Sample) -> tuple[Array, Array]:
    """Return how many more values lie above loc than below, and how many on it."""
    loc = np.asarray(loc)[..., None]
    return t.sum(np.sign(t.values - loc)), t.sum(np.where(t.values == loc, 1.0, 0.0))
