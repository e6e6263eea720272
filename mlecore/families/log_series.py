"""The LogSeries family: how many of each species a collector catches, most of them one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike

from ..domains import Parameter, Support, Unit, parameter
from ..family import Array, Family, Solution, symmetric
from ..numerics import exp_excess, log1p_excess
from ..roots import newton_1d
from ..series import log_series_tail
from ..statistics import Means, Moments
from ..tails import log1mexp


@dataclass(frozen=True, eq=False, repr=False)
class LogSeries(Family):
    """LogSeries(p): P(X = k) = p^k / (k L), L = -log(1 - p), k = 1, 2, 3, ...

    The limit of a NegativeBinomial without its zeros as the size shrinks to 0. Mean p / ((1 - p) L). When every value
    is one the MLE is the boundary p = 0. Source: Fisher, Corbet and Williams (1943); Johnson, Kemp and Kotz (2005),
    ch. 7.

    >>> round(float(LogSeries(p=0.5).pmf(1) * np.log(2.0)), 12)
    0.5
    """

    p: Parameter = parameter(Unit(one=False))
    support = Support(low=1.0, whole=True, text="whole numbers 1, 2, 3, ...")

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Means:
        # What is beyond one rather than the count: the mean of many ones and a few twos keeps its digits.
        return Means.of(x - 1.0, np.log(x), weights=w)

    @property
    def _log_rest(self) -> Array:
        """L = -log(1 - p)."""
        return -np.log1p(-np.asarray(self.p))

    def _excess(self) -> Array:
        """Return the mean less one, which at p near 0 is p / 2."""
        log_rest = self._log_rest
        return exp_excess(log_rest) / np.where(log_rest > 0, log_rest, 1.0)

    def _bend(self) -> Array:
        """Return the derivative of the mean in p, which is 1/2 at p = 0."""
        p, log_rest = np.asarray(self.p), self._log_rest
        unit = (1.0 - p) * np.where(p > 0, log_rest, 1.0)
        return np.where(p > 1e-8, log1p_excess(-p) / unit / unit, 0.5 + 5.0 * p / 6.0)

    def _log_likelihood(self, t: Means) -> Array:
        p, log_rest = np.asarray(self.p), self._log_rest
        beyond, mean_log = t.means[..., 0], t.means[..., 1]
        share = np.where(p > 0, np.log1p(-log1p_excess(-p) / log_rest), 0.0)  # log(p / L)
        return t.n * (scipy.special.xlogy(beyond, p) + share - mean_log)

    def _slope(self, t: Means) -> tuple[Array, ...]:
        p, beyond = np.asarray(self.p), t.means[..., 0]
        at_zero = np.where(beyond == 0, -0.5, np.inf)
        return ((t.n * np.where(p > 0, (beyond - self._excess()) / p, at_zero))[()],)

    def _curvature(self, t: Means) -> Array:
        p, beyond = np.asarray(self.p), t.means[..., 0]
        # Mean less one and p times its derivative agree in their first term.
        bent = np.where(p > 1e-4, (self._excess() - p * self._bend()) / p / p, _bent_near_zero(p))
        return symmetric(t.n * (bent - np.where(beyond == 0, 0.0, beyond / p / p)))

    def _information(self) -> Array:
        return symmetric(self._bend() / np.asarray(self.p))

    @classmethod
    def _mle(cls, t: Means) -> Solution:
        # The mean is (e^L - 1) / L: solved for L, in logarithms, from an approximation at either end.
        beyond = np.asarray(t.means[..., 0])
        known = np.where(beyond > 0, beyond, 1.0)
        flat, log = np.ravel(known), np.log1p(known)

        def equation(u: Array, i: Array) -> tuple[Array, Array]:
            return np.log1p(flat[i]) - np.log1p(exp_excess(u) / u), -exp_excess(-u) / (
                -np.expm1(-u) * u
            )

        start = 2.0 * log / (1.0 + log / (1.0 + 0.5 * log))
        log_rest, converged, iterations = newton_1d(equation, start)
        p = np.where(beyond > 0, -np.expm1(-log_rest), 0.0)
        return Solution({"p": p[()]}, iterations, converged)

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        one = np.ones_like(m.mean)
        return cls._mle(Means(one, np.stack([m.mean - 1.0, one], axis=-1))).params

    # -- facts -------------------------------------------------------------------------------------

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        upper = log_series_tail(self.p, x + 1.0) - np.log(self._log_rest)
        upper = np.where(np.asarray(self.p) > 0, upper, -np.inf)
        return log1mexp(np.minimum(upper, 0.0)), upper

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        # With R the upper tail over p^k it is k (1 - R) / (1 - p).
        p, log_rest = np.asarray(self.p), self._log_rest
        ratio = np.exp(self._log_tails(x)[1] - x * np.log(p))
        slope = (1.0 - ratio) / ((1.0 - p) * log_rest) - x * ratio / p
        v = x * (1.0 - ratio) / (1.0 - p)
        return (v,), symmetric(v / (1.0 - p) - x * slope / (1.0 - p))

    def cdf(self, x: ArrayLike) -> Any:
        """Return P(X <= x).

        >>> round(float(LogSeries(p=0.5).cdf(1) * np.log(2.0)), 12)
        0.5
        """
        return np.exp(self.log_cdf(x))

    @property
    def mean(self) -> Any:
        return (1.0 + self._excess())[()]

    @property
    def var(self) -> Any:
        return (np.asarray(self.p) * self._bend())[()]

    def scipy(self) -> Any:
        from scipy import stats

        return stats.logser(self.p)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.logseries(self.p, size).astype(float)


def _bent_near_zero(p: Array) -> Array:
    """Return the second derivative of the mean log-likelihood at p near 0 of what is beyond one, apart from that."""
    return -5.0 / 12.0 - p * (0.75 + p * 251.0 / 240.0)
