"""The LogNormal family: products of many small effects, such as incomes and particle sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, Real, Support, parameter
from ..family import Array, Family, Refusal, Solution
from ..numerics import log_ratio
from ..statistics import Moments, heaviest
from ..tails import flow_of_scale, log_normal_tails
from .normal import Normal


@dataclass(frozen=True, eq=False, repr=False)
class LogNormal(Family):
    """LogNormal(mu, sigma): f(x) = exp(-((log x - mu)/sigma)^2 / 2) / (x sigma sqrt(2 pi)), x > 0.

    log X is Normal(mu, sigma), so mu and sigma are pure numbers and exp(mu), the median, has the unit of x.
    Mean exp(mu + sigma^2/2), variance (exp(sigma^2) - 1) exp(2 mu + sigma^2).
    Source: Johnson, Kotz and Balakrishnan (1994), ch. 14.

    >>> round(LogNormal.fit([1.0, np.e**2]).params["sigma"], 12)
    1.0
    """

    mu: Parameter = parameter(Real())
    sigma: Parameter = parameter(Positive())
    support = Support(low=0.0, open_low=True, text="x > 0")
    shows_outsiders = True
    _told_in = Support()

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Moments:
        t = Moments.of(np.log(x), w)
        if x.shape[-1] == 1 or np.all(t.sd > 1e-3 * np.abs(t.mean)):
            return t
        # Rounding the logarithms of nearly equal values would cost the digits in which they differ: measure each
        # logarithm from that of one value instead.
        pivot = heaviest(x, w)
        y = Moments.of(log_ratio(x, pivot), w)
        exact = np.log(pivot[..., 0].astype(np.longdouble)) + y.mean + y.left
        mean = exact.astype(float)
        return Moments(y.n, mean, y.sd)._leaving((exact - mean).astype(float))

    @property
    def _logarithm(self) -> Normal:
        """The distribution of log X, whose formulas serve here too: the two differ by the factor 1/x."""
        return Normal._unchecked(mu=self.mu, sigma=self.sigma)

    def _log_likelihood(self, t: Moments) -> Array:
        return self._logarithm._log_likelihood(t) - t.n * t.mean

    def _slope(self, t: Moments) -> tuple[Array, ...]:
        return self._logarithm._slope(t)

    def _curvature(self, t: Moments) -> Array:
        return self._logarithm._curvature(t)

    def _information(self) -> Array:
        return self._logarithm._information()

    @classmethod
    def _no_mle(cls, t: Moments, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        yield from Normal._no_mle(t, fixed)

    @classmethod
    def _mle(cls, t: Moments) -> Solution:
        return Normal._mle(t)

    @classmethod
    def _mle_given(cls, t: Moments, held: Mapping[int, Array]) -> Solution:
        return Normal._mle_given(t, held)

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        square = np.log1p((m.sd / m.mean) ** 2)
        return {"mu": np.log(m.mean) - 0.5 * square, "sigma": np.sqrt(square)}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        return log_normal_tails((np.log(x) - self.mu) / self.sigma)

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        # The quantile of x is the exponential of that of log x.
        v, dv = flow_of_scale((np.log(x) - self.mu) / self.sigma, self.sigma)
        return tuple(x * part for part in v), np.asarray(x)[..., None, None] * dv

    def _place(self) -> tuple[Array, Array]:
        return np.broadcast_arrays(np.exp(self.mu), self.sigma)

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        return Normal._unchecked(mu=self.mu, sigma=self.sigma)._exact(n, free, tail)

    @property
    def mean(self) -> Any:
        return np.exp(self.mu + 0.5 * self.sigma**2)

    @property
    def var(self) -> Any:
        return np.expm1(self.sigma**2) * np.exp(2.0 * self.mu + self.sigma**2)

    def scipy(self) -> Any:
        from scipy import stats

        return stats.lognorm(self.sigma, scale=np.exp(self.mu))

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.lognormal(self.mu, self.sigma, size)
