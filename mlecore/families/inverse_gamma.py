"""The InverseGamma family: the reciprocal of a Gamma, such as an unknown variance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..domains import Parameter, Positive, Support, parameter
from ..family import Array, Family, Refusal, Solution
from ..numerics import product_gap
from ..pivots import gamma_limits
from ..statistics import LogMoments, Moments
from ..tails import log_gamma_tails
from .gamma import Gamma


@dataclass(frozen=True, eq=False, repr=False)
class InverseGamma(Family):
    """InverseGamma(shape a, scale b): f(x) = b^a x^(-a-1) exp(-b / x) / Gamma(a), x > 0.

    1/X is Gamma(a, rate b). Mean b/(a - 1) when a > 1, variance b^2 / ((a - 1)^2 (a - 2)) when a > 2, infinite below;
    the scale has the unit of x. Source: Johnson, Kotz and Balakrishnan (1994), ch. 17.

    >>> round(float(InverseGamma(shape=2.0, scale=1.0).log_prob(1.0)), 12)
    -1.0
    """

    shape: Parameter = parameter(Positive())
    scale: Parameter = parameter(Positive())
    support = Support(low=0.0, open_low=True, text="x > 0")
    shows_outsiders = True
    units = {"scale": 1}

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> LogMoments:
        return LogMoments.of_reciprocals(x, w)

    @property
    def _reciprocal(self) -> Gamma:
        """The distribution of 1/X, whose formulas serve here too: the two differ by the factor 1/x^2."""
        return Gamma._unchecked(shape=self.shape, rate=self.scale)

    def log_prob(self, x: ArrayLike) -> Any:
        """Return log f(x): -inf outside the support, NaN for NaN; parameters and x broadcast.

        >>> round(float(InverseGamma(shape=2.0, scale=1.0).log_prob(1.0)), 12)
        -1.0
        """
        value = super().log_prob(x)
        # The statistic holds the reciprocal of x. What rounding took from it counts where the shape is huge.
        x = np.asarray(x, dtype=float)
        with np.errstate(all="ignore"):
            lost = -product_gap(1.0 / x, x, 1.0) * ((self.shape + 1.0) - self.scale / x)
        return np.where(np.isfinite(lost) & np.isfinite(value), value + lost, value)[()]

    def _log_likelihood(self, t: LogMoments) -> Array:
        return self._reciprocal._log_likelihood(t) + 2.0 * t.n * t.mean_log

    def _slope(self, t: LogMoments) -> tuple[Array, ...]:
        return self._reciprocal._slope(t)

    def _curvature(self, t: LogMoments) -> Array:
        return self._reciprocal._curvature(t)

    def _information(self) -> Array:
        return self._reciprocal._information()

    @classmethod
    def _no_mle(cls, t: LogMoments, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        yield from Gamma._no_mle(t, fixed)

    @classmethod
    def _mle(cls, t: LogMoments) -> Solution:
        return _named(Gamma._mle(t))

    @classmethod
    def _mle_given(cls, t: LogMoments, held: Mapping[int, Array]) -> Solution:
        return _named(Gamma._mle_given(t, held))

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        shape = 2.0 + (m.mean / m.sd) ** 2
        return {"shape": shape, "scale": m.mean * (shape - 1.0)}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        return log_gamma_tails(self.shape, self.scale / x)[::-1]

    def _place(self) -> tuple[Array, Array]:
        center, unit = np.broadcast_arrays(self.scale / self.shape, self.scale)
        return center, unit

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        if "shape" in free:
            return None
        total = n * self.shape
        low, high = gamma_limits(total, tail)
        return {"scale": (self.scale * low / total, self.scale * high / total)}

    def _canonical(self, free: frozenset[str]) -> dict[str, Any] | None:
        one = np.ones(self.batch_shape)
        return {"shape": (self.shape, one), "scale": (self.scale, one)}

    @property
    def mean(self) -> Any:
        a = np.asarray(self.shape)
        with np.errstate(divide="ignore"):
            return np.where(a > 1, self.scale / (a - 1.0), np.inf)[()]

    @property
    def var(self) -> Any:
        a = np.asarray(self.shape)
        with np.errstate(divide="ignore"):
            return np.where(a > 2, (self.scale / (a - 1.0)) ** 2 / (a - 2.0), np.inf)[()]

    def scipy(self) -> Any:
        from scipy import stats

        return stats.invgamma(self.shape, scale=self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        # A shape far below 1 gives Gamma values that underflow to 0; their reciprocals are beyond any double.
        with np.errstate(divide="ignore"):
            return self.scale / rng.standard_gamma(self.shape, size)


def _named(solution: Solution) -> Solution:
    """Give a Gamma's parameters the names that they have here."""
    params = {"shape": solution.params["shape"], "scale": solution.params["rate"]}
    return solution._replace(params=params)
