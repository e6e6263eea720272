"""The Gamma family: waiting times, rainfall, anything positive and skewed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, Support, parameter
from ..family import Array, Family, Refusal, Solution, symmetric
from ..numerics import (
    LOG_2PI,
    digamma_gap,
    log_ratio,
    product_gap,
    shape_deviance,
    some,
    stirling_error,
    trigamma,
    trigamma_excess,
)
from ..pivots import gamma_limits
from ..roots import newton_1d
from ..statistics import LogMoments, Moments
from ..tails import log_gamma_tails


@dataclass(frozen=True, eq=False, repr=False)
class Gamma(Family):
    """Gamma(shape a, rate b): f(x) = b^a x^(a-1) exp(-b x) / Gamma(a), x > 0.

    Mean a/b, variance a/b^2. The rate has the unit of 1/x. Source: Johnson, Kotz and Balakrishnan (1994), ch. 17.

    >>> round(float(Gamma(shape=2.0, rate=1.0).log_prob(1.0)), 12)
    -1.0
    """

    shape: Parameter = parameter(Positive())
    rate: Parameter = parameter(Positive())
    support = Support(low=0.0, open_low=True, text="x > 0")
    shows_outsiders = True
    units = {"rate": -1}

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> LogMoments:
        return LogMoments.of(x, w)

    def _log_likelihood(self, t: LogMoments) -> Array:
        # With the mean m and the Jensen gap g, the mean log-density is [a log a - a - log Gamma(a)] - deviance(a, b m)
        # - (a - 1) g - log m: Stirling's leading terms cancel on paper, so a shape of 1e12 costs no digits.
        a, b = self.shape, self.rate
        peak = 0.5 * (np.log(a) - LOG_2PI) - stirling_error(a)
        away = shape_deviance(a, b, t.mean, product_gap(b, t.mean, a))
        return t.n * (peak - away - (a - 1.0) * t.gap)

    def _slope(self, t: LogMoments) -> tuple[Array, ...]:
        a, b = self.shape, self.rate
        excess = product_gap(b, t.mean, a)
        # log(b m / a): by its distance from 1 while that has digits, and outright where it comes close to -1.
        away = excess / a
        near = abs(away) < 0.5
        log_mean = np.where(near, np.log1p(np.where(near, away, 0.0)), log_ratio(t.mean, a / b))
        return t.n * (digamma_gap(a) + log_mean - t.gap), -t.n * excess / b

    def _curvature(self, t: LogMoments) -> Array:
        a, b = self.shape, self.rate
        return symmetric(-t.n * trigamma(a), t.n / b, -t.n * a / b**2)

    def _information(self) -> Array:
        a, b = self.shape, self.rate
        return symmetric(trigamma(a), -1.0 / b, a / b**2)

    @classmethod
    def _no_mle(cls, t: LogMoments, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if not fixed:
            yield Refusal(
                t.gap <= 0,
                "all values are equal, so the likelihood rises without bound as shape grows",
            )

    @classmethod
    def _mle(cls, t: LogMoments) -> Solution:
        # The rate is shape / mean; the shape solves log a - digamma(a) = gap. The left side is nearly linear in 1/a,
        # so Newton's step is taken there; from the start given it is within rounding in three (Minka 2002).
        g = t.gap
        a = (3.0 - g + np.sqrt((g - 3.0) ** 2 + 24.0 * g)) / (12.0 * g)
        for iterations in range(1, 21):  # noqa: B007
            step = (digamma_gap(a) - g) / (a * trigamma_excess(a))
            a = a / (1.0 - step)
            if not some(abs(step) > 1e-7):
                break
        return Solution({"shape": a, "rate": a / t.mean}, iterations, abs(step) <= 1e-7)

    @classmethod
    def _mle_given(cls, t: LogMoments, held: Mapping[int, Array]) -> Solution:
        if 0 in held:
            return Solution({"shape": held[0], "rate": held.get(1, held[0] / t.mean)})
        # With the rate known the shape solves digamma(a) = log rate + mean log x, the target.
        target = np.asarray(np.log(held[1]) + t.mean_log)
        flat = target.ravel()
        start = np.exp(np.clip(target, -5.0, 700.0)) + 0.5  # digamma(a) is near log(a - 1/2)
        shape, converged, iterations = newton_1d(
            lambda a, i: (flat[i] - np.log(a) + digamma_gap(a), -trigamma(a)), start
        )
        return Solution({"shape": shape, "rate": held[1]}, iterations, converged)

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        return {"shape": (m.mean / m.sd) ** 2, "rate": m.mean / m.sd / m.sd}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        return log_gamma_tails(self.shape, self.rate * x)

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        if "shape" in free:
            return None
        total = n * self.shape
        low, high = gamma_limits(total, tail)
        return {"rate": (self.rate * low / total, self.rate * high / total)}

    def _canonical(self, free: frozenset[str]) -> dict[str, Any] | None:
        one = np.ones(self.batch_shape)
        return {"shape": (self.shape, one), "rate": (self.rate, one)}

    @property
    def mean(self) -> Any:
        return self.shape / self.rate

    @property
    def var(self) -> Any:
        return self.shape / self.rate**2

    def scipy(self) -> Any:
        from scipy import stats

        return stats.gamma(self.shape, scale=1.0 / self.rate)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.gamma(self.shape, 1.0 / self.rate, size)
