"""The Gumbel family: the largest of many, such as the year's highest flood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..family import Array, InOnePass, Solution, symmetric
from ..statistics import Moments, Sample, piecewise
from ..tails import log1mexp, standard
from .extreme_value import solve_extreme_value
from .location_scale import LocationScale


@dataclass(frozen=True, eq=False, repr=False)
class Gumbel(InOnePass, LocationScale):
    """Gumbel(loc, scale b): f(x) = exp(-z - exp(-z)) / b, z = (x - loc)/b; for maxima, with its long tail above.

    Mean loc + 0.5772 b, variance (pi b)^2 / 6; both parameters have the unit of x. exp(-X) is Weibull.
    Source: Johnson, Kotz and Balakrishnan (1995), ch. 22.

    >>> round(float(Gumbel(loc=0.0, scale=1.0).log_prob(0.0)), 12)
    -1.0
    """

    @piecewise
    def _log_likelihood(self, t: Sample) -> Array:
        z = self._standardised(t)
        return -t.n * np.log(self.scale) - t.sum(z + np.exp(-z))

    def _together(self, t: Sample) -> tuple[Array, Array, Array]:
        z, e, ze, zze = self._sums(t)
        b = np.asarray(self.scale)
        slope = np.stack(np.broadcast_arrays(-e / b, -(t.n + ze) / b), axis=-1)
        curvature = symmetric(-(t.n + e) / b**2, (e - ze - z) / b**2, (t.n + 2.0 * ze - zze) / b**2)
        return -t.n * (np.log(b) + 1.0) - z - e, slope, curvature

    @piecewise
    def _sums(self, t: Sample) -> tuple[Array, ...]:
        """Return the sums of z, e^-z - 1, z (e^-z - 1) and z^2 e^-z."""
        z = self._standardised(t)
        e = np.expm1(-z)
        first = t.sum(z), t.sum(e), t.dot(z, e)
        e += 1.0
        return *first, t.dot(z * z, e)

    def _information(self) -> Array:
        unit, c = 1.0 / self.scale**2 + 0.0 * self.loc, 1.0 - np.euler_gamma
        return symmetric(unit, -c * unit, (np.pi**2 / 6.0 + c * c) * unit)

    @classmethod
    def _mle(cls, t: Sample) -> Solution:
        # exp(-x) is Weibull, with the shape 1/b and the logarithm of its scale -loc.
        k, level, converged, iterations = solve_extreme_value(t, sign=-1.0)
        return Solution({"loc": -level, "scale": 1.0 / k}, iterations, converged)

    @classmethod
    def _mle_given(cls, t: Sample, held: Mapping[int, Array]) -> Solution | None:
        if 1 not in held:
            return None
        scale, low = np.asarray(held[1]), np.asarray(t.extremes()[0])
        above = np.maximum(t.values - low[..., None], 0.0)
        power = t.mean(np.exp(-above / scale[..., None]))
        return Solution({"loc": held.get(0, low - scale * np.log(power)), "scale": scale})

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        scale = m.sd * np.sqrt(6.0) / np.pi
        return {"loc": m.mean - np.euler_gamma * scale, "scale": scale}

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        lower = -np.exp(-standard(x, self.loc, self.scale))
        return lower, log1mexp(lower)

    @property
    def mean(self) -> Any:
        return self.loc + np.euler_gamma * self.scale

    @property
    def var(self) -> Any:
        return (np.pi * self.scale) ** 2 / 6.0 + 0.0 * self.loc

    def scipy(self) -> Any:
        from scipy import stats

        return stats.gumbel_r(self.loc, self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return rng.gumbel(self.loc, self.scale, size)
