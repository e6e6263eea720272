"""The Zipf family: ranks of words and sizes of networks, whose probabilities fall off as a power."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..domains import Above, Parameter, Support, parameter
from ..family import Array, Family, Refusal, Solution, symmetric
from ..roots import newton_1d
from ..series import power_tail
from ..statistics import Means, Moments
from ..tails import log1mexp


@dataclass(frozen=True, eq=False, repr=False)
class Zipf(Family):
    """Zipf(exponent s): P(X = k) = k^-s / zeta(s), k = 1, 2, 3, ...; s > 1.

    Mean zeta(s - 1) / zeta(s) when s > 2, variance zeta(s - 2) / zeta(s) less its square when s > 3, infinite below.
    The mean logarithm is all that a fit needs. Source: Johnson, Kemp and Kotz (2005), ch. 11.

    >>> round(float(Zipf(exponent=2.0).pmf(1) * np.pi**2 / 6), 12)
    1.0
    """

    exponent: Parameter = parameter(Above(1.0))
    support = Support(low=1.0, whole=True, text="whole numbers 1, 2, 3, ...")

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Means:
        return Means.of(np.log(x), weights=w)

    def _log_likelihood(self, t: Means) -> Array:
        return -t.n * (self.exponent * t.means[..., 0] + log_zeta(self.exponent)[0])

    def _slope(self, t: Means) -> tuple[Array, ...]:
        return (-t.n * (t.means[..., 0] + log_zeta(self.exponent)[1]),)

    def _curvature(self, t: Means) -> Array:
        return symmetric(-t.n * log_zeta(self.exponent)[2])

    def _information(self) -> Array:
        return symmetric(log_zeta(self.exponent)[2])

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _no_mle(cls, t: Means, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if not fixed:
            yield Refusal(
                t.means[..., 0] == 0,
                "all values are one, so the likelihood rises towards 1 as exponent grows",
            )

    @classmethod
    def _mle(cls, t: Means) -> Solution:
        # The mean of log k falls from infinity at 1 to 0: solved in logarithms, which are nearly straight in
        # log(s - 1) at 1 and in s far out.
        mean = np.asarray(t.means[..., 0])
        known = np.ravel(np.where(mean > 0, mean, 1.0))

        def equation(a: Array, i: Array) -> tuple[Array, Array]:
            _, slope, bend = log_zeta(1.0 + a)
            return np.log(-slope / known[i]), bend / slope

        start = np.where(mean > 0, 1.0 / np.where(mean > 0, mean, 1.0), 1.0)
        start = np.where(start > 3.0, 1.0 + np.log1p(start), start)
        above, converged, iterations = newton_1d(equation, start)
        return Solution({"exponent": 1.0 + above}, iterations, converged)

    @classmethod
    def _start(cls, t: Means) -> dict[str, Any]:
        return {"exponent": np.where(t.means[..., 0] > 0, cls._mle(t).params["exponent"], 10.0)}

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        # log zeta(s - 1) - log zeta(s) = log mean, for s > 2.
        log_mean = np.ravel(np.where(m.mean > 1, np.log(m.mean), np.nan))

        def equation(a: Array, i: Array) -> tuple[Array, Array]:
            (low, low_slope, _), (high, high_slope, _) = log_zeta(1.0 + a), log_zeta(2.0 + a)
            return low - high - log_mean[i], low_slope - high_slope

        above, _, _ = newton_1d(equation, 1.0 / np.where(m.mean > 1, m.mean - 1.0, 1.0))
        return {"exponent": np.where(m.mean > 1, 2.0 + above, np.nan)}

    # -- facts -------------------------------------------------------------------------------------

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        upper = power_tail(self.exponent, x + 1.0)[0] - log_zeta(self.exponent)[0]
        return log1mexp(np.minimum(upper, 0.0)), upper

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        # The upper tail's derivatives, over the probability of x.
        log_tail, slope, bend = power_tail(self.exponent, x + 1.0)
        _, whole, whole_bend = log_zeta(self.exponent)
        ratio = np.exp(log_tail + self.exponent * np.log(x))
        slope = slope - whole
        v = ratio * slope
        return (v,), symmetric(
            ratio * (slope * slope + bend - whole_bend) + v * (np.log(x) + whole)
        )

    def cdf(self, x: ArrayLike) -> Any:
        """Return P(X <= x).

        >>> round(float(Zipf(exponent=2.0).cdf(2) * np.pi**2 / 6), 12)
        1.25
        """
        return np.exp(self.log_cdf(x))

    def _about_one(self, power: int) -> Array:
        """Return E (X - 1)^power for power 1 or 2, infinite where the exponent is too small for it."""
        s = np.asarray(self.exponent)
        there = s > power + 1.0
        # Of sums from 2 on: the terms of k = 1 cancel, and what remains keeps its digits at a large exponent.
        tails = [
            np.exp(power_tail(np.where(there, s - j, 2.0 + power), 2.0)[0])
            for j in range(power + 1)
        ]
        difference = tails[1] - tails[0] if power == 1 else tails[2] - 2.0 * tails[1] + tails[0]
        return np.where(there, difference * np.exp(-log_zeta(s)[0]), np.inf)

    @property
    def mean(self) -> Any:
        return (1.0 + self._about_one(1))[()]

    @property
    def var(self) -> Any:
        first, second = self._about_one(1), self._about_one(2)
        there = np.isfinite(second)
        return np.where(there, second - np.where(there, first, 0.0) ** 2, np.inf)[()]

    def scipy(self) -> Any:
        from scipy import stats

        return stats.zipf(self.exponent)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.zipf(self.exponent, size).astype(float)


def log_zeta(s: Any) -> tuple[Array, Array, Array]:
    """Return log zeta(s) and its first two derivatives, also where zeta is 1 to rounding; s > 1.

    >>> bool(np.isclose(log_zeta(200.0)[0], 2.0**-200, rtol=1e-14))
    True
    """
    # zeta = 1 + T, T being the sum from 2 on.
    log_tail, slope, bend = power_tail(s, 2.0)
    share = 1.0 / (1.0 + np.exp(-log_tail))
    return (
        np.logaddexp(0.0, log_tail),
        share * slope,
        share * (bend + (1.0 - share) * slope * slope),
    )
