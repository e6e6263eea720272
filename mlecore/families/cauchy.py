"""The Cauchy family: tails so heavy that averages settle on nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, Real, parameter
from ..errors import RegularityError
from ..family import Array, Family, Refusal, Solution, symmetric
from ..likelihood import Likelihood
from ..numerics import every
from ..statistics import Moments, Sample, piecewise
from ..tails import flow_of_scale, standard
from .heavy_tails import best_climb, grid_of_values, spread_about, tied, top_of, unrivalled
from .rescaled import standardised
from .tail_sums import fused_sums, polar, sum_log1p_square
from .ties import largest_share, reaches, share_at


@dataclass(frozen=True, eq=False, repr=False)
class Cauchy(Family):
    """Cauchy(loc, scale s): f(x) = 1 / (pi s (1 + ((x - loc)/s)^2)).

    It has no mean and no variance: loc is the median and s half the distance between the quartiles, both in the unit
    of x. The joint maximum is the only one (Copas 1975), and there is none when half the values are equal. With the
    scale known there can be many; the highest is searched for. Source: Johnson, Kotz and Balakrishnan (1994), ch. 16.

    >>> round(Cauchy.fit([-1.0, 0.0, 1.0]).params["scale"] ** 2, 12)
    0.333333333333
    """

    loc: Parameter = parameter(Real())
    scale: Parameter = parameter(Positive())
    units = {"loc": 1, "scale": 1}

    @piecewise
    def _log_likelihood(self, t: Sample) -> Array:
        tail = sum_log1p_square(t, self.loc, self.scale)
        return -t.n * (np.log(np.pi) + np.log(self.scale)) - tail

    @piecewise
    def _slope(self, t: Sample) -> tuple[Array, ...]:
        a, b, h = polar(t, self.loc, self.scale)
        return 2.0 * t.sum(a / h), t.sum((a - b) * (a + b)) / self.scale

    @piecewise
    def _curvature(self, t: Sample) -> Array:
        a, b, h = polar(t, self.loc, self.scale)
        s = np.asarray(self.scale)
        square, unit = a * a, 1.0 / s
        return symmetric(
            -2.0 * t.sum((b - a) * (b + a) / h / h),
            -4.0 * unit * t.sum(a * b * b / h),
            unit * (t.n - 2.0 * t.sum(square * (1.0 + 2.0 * b * b))) * unit,
        )

    def _together(self, t: Sample) -> tuple[Array, Array, Array] | None:
        s = np.asarray(self.scale)
        tail, q, square, u, qq, cube, fourth = fused_sums((self.loc, s), t)
        if not every(np.isfinite(tail)):
            return None
        slope = np.stack(np.broadcast_arrays(2.0 * q / s, (2.0 * square - t.n) / s), axis=-1)
        curvature = symmetric(
            -2.0 * (u - 2.0 * qq) / s / s,
            -4.0 * (q - cube) / s / s,
            (t.n - 6.0 * square + 4.0 * fourth) / s / s,
        )
        return -t.n * (np.log(np.pi) + np.log(s)) - tail, slope, curvature

    def _information(self) -> Array:
        unit = 0.5 / np.asarray(self.scale) ** 2
        return symmetric(unit + 0.0 * self.loc, 0.0 * unit, unit)

    @classmethod
    def _no_mle(cls, t: Sample, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if "scale" in fixed:
            return
        if "loc" in fixed:
            share = share_at(fixed["loc"], t)
            reason = "half the values or more are equal to the fixed loc"
        else:
            share, reason = largest_share(t, 0.5), "half the values or more are equal"
        yield Refusal(
            reaches(share, 0.5), f"{reason}, so the likelihood keeps rising as scale shrinks to 0"
        )

    @classmethod
    def _mle(cls, t: Sample) -> Solution:
        y, center, spread = standardised(t)
        loc, scale, converged, iterations = top_of(Likelihood(cls, y.of_family(cls)), 1.0)
        params = {"loc": center + spread * loc, "scale": spread * scale}
        return Solution(params, iterations, converged)

    @classmethod
    def _solve(cls, likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
        if not likelihood.held:
            return super()._solve(likelihood, near)
        t, held = likelihood.statistic, likelihood.held
        with np.errstate(all="ignore"):
            places = np.asarray(held[0])[None] if 0 in held else grid_of_values(t)
            sizes = held[1] if 1 in held else spread_about(places[len(places) // 2], t)
            axes = places, np.asarray(sizes)[None]
            top = None if near is None else unrivalled(likelihood, near, *axes)
            if top is not None:
                return Solution({}, top.iterations, top.converged), top.theta
            theta, _, converged, iterations, equal = best_climb(likelihood, *axes)
        notes = () if likelihood.batch_shape else tied(equal, likelihood.free)
        return Solution({}, iterations, converged, notes), theta

    @classmethod
    def _moments(cls, m: Moments, **known: Any) -> dict[str, Any]:
        raise RegularityError(
            "Cauchy has no moments, so there is no method of moments: use method='mle'"
        )

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        z = standard(x, self.loc, self.scale)
        return np.log(np.arctan2(1.0, -z) / np.pi), np.log(np.arctan2(1.0, z) / np.pi)

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        return flow_of_scale(standard(x, self.loc, self.scale), self.scale)

    def _place(self) -> tuple[Array, Array]:
        return np.broadcast_arrays(self.loc, self.scale)

    @property
    def mean(self) -> Any:
        return np.nan * (self.loc + self.scale)

    @property
    def var(self) -> Any:
        return np.nan * (self.loc + self.scale)

    def scipy(self) -> Any:
        from scipy import stats

        return stats.cauchy(self.loc, self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return self.loc + self.scale * rng.standard_cauchy(size)
