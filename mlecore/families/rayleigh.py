"""The Rayleigh family: the length of a vector with two independent Normal coordinates, such as wind speed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, Support, parameter
from ..family import Array, Family, Refusal, Solution, symmetric
from ..numerics import some
from ..pivots import gamma_limits
from ..statistics import MeanSquare, Moments
from ..tails import log1mexp


@dataclass(frozen=True, eq=False, repr=False)
class Rayleigh(Family):
    """Rayleigh(scale s): f(x) = x/s^2 exp(-(x/s)^2 / 2), x >= 0.

    Mean s sqrt(pi/2), variance (2 - pi/2) s^2; the scale has the unit of x. The density is 0 at x = 0, so a sample
    that holds a zero has the log-likelihood -inf at every scale; the estimate is the one that the limit x -> 0 gives.
    Source: Johnson, Kotz and Balakrishnan (1994), ch. 18.

    >>> round(Rayleigh.fit([1.0, 7.0]).params["scale"] ** 2, 12)
    12.5
    """

    scale: Parameter = parameter(Positive())
    support = Support(low=0.0, text="x >= 0")
    units = {"scale": 1}

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> MeanSquare:
        return MeanSquare.of(x, w)

    def _square(self, t: MeanSquare) -> Array:
        return (t.rms / self.scale) ** 2

    def _log_likelihood(self, t: MeanSquare) -> Array:
        s = self.scale
        value = t.mean_log - 2.0 * np.log(s) - 0.5 * self._square(t)
        return np.where(t.zeros > 0, -np.inf, t.n * value)[()]

    def _slope(self, t: MeanSquare) -> tuple[Array, ...]:
        return (t.n * (self._square(t) - 2.0) / self.scale,)

    def _curvature(self, t: MeanSquare) -> Array:
        return symmetric(t.n * (2.0 - 3.0 * self._square(t)) / self.scale**2)

    def _information(self) -> Array:
        return symmetric(4.0 / np.asarray(self.scale) ** 2)

    @classmethod
    def _no_mle(cls, t: MeanSquare, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if not fixed:
            yield Refusal(
                t.rms == 0,
                "all values are zero, so the scale shrinks to 0, where there is no distribution",
            )

    @classmethod
    def _mle(cls, t: MeanSquare) -> Solution:
        return Solution({"scale": t.rms / np.sqrt(2.0)})

    @classmethod
    def _remarks(cls, likelihood: Any, full: Array) -> tuple[str, ...]:
        zeros = some(likelihood.statistic.zeros > 0)
        note = "some values are 0, where the density is 0: the log-likelihood is -inf"
        return (note,) if zeros else ()

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        return {"scale": m.mean / np.sqrt(0.5 * np.pi)}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        upper = -0.5 * (x / self.scale) ** 2
        return log1mexp(upper), upper

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        return (x / self.scale,), symmetric(-x / self.scale / self.scale)

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        low, high = gamma_limits(n, tail)
        return {"scale": (self.scale * np.sqrt(n / high), self.scale * np.sqrt(n / low))}

    def _canonical(self, free: frozenset[str]) -> dict[str, Any] | None:
        return {"scale": (-1.0 / self.scale**2, 2.0 / self.scale**3)}

    @property
    def mean(self) -> Any:
        return self.scale * np.sqrt(0.5 * np.pi)

    @property
    def var(self) -> Any:
        return self.scale**2 * (2.0 - 0.5 * np.pi)

    def scipy(self) -> Any:
        from scipy import stats

        return stats.rayleigh(scale=self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.rayleigh(self.scale, size)
