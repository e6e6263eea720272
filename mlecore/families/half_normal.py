"""The HalfNormal family: the size of an error whose sign is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from ..domains import Parameter, Positive, Support, parameter
from ..family import Array, Family, Refusal, Solution, symmetric
from ..pivots import gamma_limits
from ..statistics import Moments
from ..tails import log_normal_tails
from .normal import Normal

_LOG_2 = float(np.log(2.0))


@dataclass(frozen=True, eq=False, repr=False)
class HalfNormal(Family):
    """HalfNormal(scale s): f(x) = sqrt(2/pi) / s exp(-(x/s)^2 / 2), x >= 0.

    X is the absolute value of a Normal(0, s). Mean s sqrt(2/pi), variance (1 - 2/pi) s^2; the scale has the unit of x.
    Source: Johnson, Kotz and Balakrishnan (1994), ch. 13.

    >>> HalfNormal.fit([1.0, 7.0]).params
    {'scale': 5.0}
    """

    scale: Parameter = parameter(Positive())
    support = Support(low=0.0, text="x >= 0")
    units = {"scale": 1}

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Moments:
        return Moments.of(x, w)

    @property
    def _signed(self) -> Normal:
        """The Normal of which this is one half, whose formulas serve here too: the two differ by a factor of 2."""
        return Normal._unchecked(mu=0.0, sigma=self.scale)

    def _log_likelihood(self, t: Moments) -> Array:
        return self._signed._log_likelihood(t) + t.n * _LOG_2

    def _slope(self, t: Moments) -> tuple[Array, ...]:
        return self._signed._slope(t)[1:]

    def _curvature(self, t: Moments) -> Array:
        return self._signed._curvature(t)[..., 1:, 1:]

    def _information(self) -> Array:
        return self._signed._information()[..., 1:, 1:]

    @classmethod
    def _no_mle(cls, t: Moments, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if not fixed:
            yield Refusal(
                np.hypot(t.mean, t.sd) == 0,
                "all values are zero, so the scale shrinks to 0, where there is no distribution",
            )

    @classmethod
    def _mle(cls, t: Moments) -> Solution:
        return Solution({"scale": np.hypot(t.mean, t.sd)})

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        return {"scale": m.mean * np.sqrt(0.5 * np.pi)}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        z = x / self.scale
        below, above = (part(z / np.sqrt(2.0)) for part in (scipy.special.erf, scipy.special.erfc))
        near, far = z < 1.0, log_normal_tails(z)[1] + _LOG_2
        return (
            np.where(near, np.log(below), np.log1p(-above)),
            np.where(near, np.log1p(-below), far),
        )

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        return (x / self.scale,), symmetric(-x / self.scale / self.scale)

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        low, high = gamma_limits(0.5 * n, tail)
        return {
            "scale": (self.scale * np.sqrt(0.5 * n / high), self.scale * np.sqrt(0.5 * n / low))
        }

    def _canonical(self, free: frozenset[str]) -> dict[str, Any] | None:
        return {"scale": (-1.0 / self.scale**2, 2.0 / self.scale**3)}

    @property
    def mean(self) -> Any:
        return self.scale * np.sqrt(2.0 / np.pi)

    @property
    def var(self) -> Any:
        return self.scale**2 * (1.0 - 2.0 / np.pi)

    def scipy(self) -> Any:
        from scipy import stats

        return stats.halfnorm(scale=self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return np.abs(rng.normal(0.0, self.scale, size))
