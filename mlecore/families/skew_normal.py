"""The SkewNormal family: a Normal that leans to one side."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import scipy

from ..domains import Parameter, Positive, Real, parameter
from ..family import SURE, Array, Family, Refusal, Solution, symmetric
from ..models import Shifted
from ..numerics import LOG_2PI
from ..observations import Source, chunks
from ..statistics import Events, Moments, Sample, piecewise
from ..tails import inverse_mills, log_skew_normal_tails, standard
from .half_normal import HalfNormal
from .heavy_tails import tied
from .normal import Normal
from .skew_profile import ZERO, Tops, skew_sums, tops_of_profile

_LOG_2 = float(np.log(2.0))
_ROOT_2_OVER_PI = float(np.sqrt(2.0 / np.pi))
# A gain below this is none.
_GAIN = 1e-9
# A Normal's curve to integrate under, so far out and so finely that the trapezoid rule errs by rounding.
_PLACES = np.linspace(-16.0, 16.0, 129)


@dataclass(frozen=True, eq=False, repr=False)
class SkewNormal(Family):
    """SkewNormal(loc, scale s, shape a): f(x) = 2/s phi(z) Phi(a z), z = (x - loc)/s.

    phi and Phi are the Normal's density and distribution function. Mean loc + s b d and variance s^2 (1 - (b d)^2), with
    d = a / sqrt(1 + a^2) and b = sqrt(2/pi). Shape 0 is the Normal, where the information is singular; as the shape grows
    without end the limit is a HalfNormal from loc on, as it falls its mirror image. Mirrored data have the shape -a.
    Source: Azzalini (1985); Azzalini and Capitanio (2014), ch. 2 and 3.

    >>> round(float(SkewNormal(loc=0.0, scale=1.0, shape=1.0).cdf(0.0)), 12)
    0.25
    """

    loc: Parameter = parameter(Real())
    scale: Parameter = parameter(Positive())
    shape: Parameter = parameter(Real())
    units = {"loc": 1, "scale": 1}
    _searches_with = frozenset({1})
    # In mean, standard deviation and skewness the information is not singular there, so the likelihood ratio
    # is a chi-square (Azzalini and Capitanio 2014, ch. 3).
    _contains = {Normal: {"shape": 0.0}}

    # -- the log-likelihood ------------------------------------------------------------------------

    @piecewise
    def _log_likelihood(self, t: Sample) -> Array:
        loc, s, a = (np.asarray(v)[..., None] for v in (self.loc, self.scale, self.shape))
        z = standard(t.values, loc, s)
        terms = scipy.special.log_ndtr(a * z) - 0.5 * z * z
        return t.sum(terms) + t.n * (_LOG_2 - 0.5 * LOG_2PI - np.log(self.scale))

    def _slope(self, t: Sample) -> tuple[Array, ...]:
        return self._slope_from(t, skew_sums(self._at(), t))

    def _curvature(self, t: Sample) -> Array:
        return self._curvature_from(t, skew_sums(self._at(), t))

    def _together(self, t: Sample) -> tuple[Array, Array, Array]:
        sums = skew_sums(self._at(), t)
        slope = np.stack(np.broadcast_arrays(*self._slope_from(t, sums)), axis=-1)
        return self._log_likelihood(t), slope, self._curvature_from(t, sums)

    def _at(self) -> tuple[Array, ...]:
        return tuple(np.asarray(v, dtype=float) for v in (self.loc, self.scale, self.shape))

    def _slope_from(self, t: Sample, sums: tuple[Array, ...]) -> tuple[Array, ...]:
        _, s, a = self._at()
        z, zz, m, zm, _, _, _ = sums
        return (z - a * m) / s, (zz - t.n - a * zm) / s, zm

    def _curvature_from(self, t: Sample, sums: tuple[Array, ...]) -> Array:
        _, s, a = self._at()
        z, zz, m, zm, q, zq, zzq = sums
        return symmetric(
            (a * a * q - t.n) / s / s,
            (a * (m + a * zq) - 2.0 * z) / s / s,
            (t.n - 3.0 * zz + a * (2.0 * zm + a * zzq)) / s / s,
            -(m + a * zq) / s,
            -(zm + a * zzq) / s,
            zzq,
        )

    def _information(self) -> Array:
        # Azzalini (1985): only E[Z^k phi(aZ)^2 / Phi(aZ)^2] has no closed form. Its integrand is that of a Normal of
        # variance 1 / (1 + 2 a^2), over Phi.
        _, s, a = np.broadcast_arrays(*self._at())
        square = a * a
        c = a / np.sqrt(1.0 + 2.0 * square)
        w = _PLACES
        inside = np.exp(-0.5 * w * w - scipy.special.log_ndtr(c[..., None] * w))
        step = (w[1] - w[0]) / np.pi / np.sqrt(2.0 * np.pi)
        a0, a1, a2 = (
            step * (inside * w**k).sum(axis=-1) * (1.0 + 2.0 * square) ** (-0.5 * (k + 1))
            for k in range(3)
        )
        one = 1.0 + square
        mean = _ROOT_2_OVER_PI * a / np.sqrt(one)
        return symmetric(
            (1.0 + square * a0) / s / s,
            (mean * (1.0 + 2.0 * square) / one + square * a1) / s / s,
            (2.0 + square * a2) / s / s,
            (_ROOT_2_OVER_PI * one**-1.5 - a * a1) / s,
            -a * a2 / s,
            a2,
        )

    def _irregular_where(self, free: Collection[str]) -> tuple[Array, str]:
        # Rotnitzky et al. (2000): the likelihood ratio of shape = 0 is a chi-square all the same.
        flat = np.broadcast_to(np.abs(self.shape) < ZERO, self.batch_shape)
        return flat & ({"loc", "shape"} <= set(free)), (
            "at shape 0 the information of SkewNormal is singular, as the slopes in loc and in shape are the same there, and "
            "errors of the shape fall as n^(-1/6) alone"
        )

    @classmethod
    def _no_chi_square(cls, null: Mapping[str, Any], free: Collection[str]) -> str:
        # Rotnitzky et al. (2000): there the shape tells by its square, which lowers the variance whatever its sign.
        flat = "shape" in null and np.any(np.abs(null["shape"]) < ZERO)
        if not flat or "loc" not in free or "scale" in free:
            return ""
        return "with scale held any shape other than 0 lowers the variance, and half of all samples of a Normal want it higher"

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _no_mle(cls, t: Sample, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        low, high = t.extremes()
        if "scale" not in fixed:
            yield Refusal(
                (low == high) & (low == fixed.get("loc", low)),
                "all values are equal, so the density at them grows without bound as scale shrinks to 0",
            )
        if "shape" in fixed:
            return
        towards = cls._towards(t, fixed.get("loc"), fixed.get("scale"))
        where = "all values are on one side of loc" if "loc" in fixed else "no shape is as likely"
        for sign, way, end in (
            (1.0, "grows", "from the smallest value on"),
            (-1.0, "falls", "of the mirrored values, from the largest down"),
        ):
            yield Refusal(
                towards == sign,
                f"{where}, so the likelihood keeps rising as shape {way} without end: the limit is a HalfNormal {end}",
                lambda sign=sign: _limit(t, fixed, sign),
            )

    @classmethod
    def _towards(cls, t: Sample, loc: Any, scale: Any) -> Array:
        """Return 1 or -1 where the likelihood is highest as shape grows or falls without end, 0 where it has a top."""
        if loc is None:
            return cls._searched(t, scale).limit
        low, high = t.extremes()
        return np.where(low >= loc, 1, np.where(high <= loc, -1, 0))[()]

    @classmethod
    def _solve(cls, likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
        """Return the top, or a place as high as the limit up to rounding where that is higher.

        With the location or the scale held it counts as found, so that their profiles go on where no shape is best.
        """
        solution, full = super()._solve(likelihood, near)
        held, t = likelihood.held, likelihood.statistic
        if 2 in held:
            return solution, full
        towards = np.asarray(cls._towards(t, held.get(0), held.get(1)))
        if not towards.any():
            return solution, full
        low, high = t.extremes()
        end = np.where(towards > 0, low, high)
        m = t.moments()
        scale = held.get(1, np.hypot(m.sd, m.mean - held.get(0, end)))
        gap = np.maximum(1e-12, 4.0 * np.finfo(float).eps * np.abs(end) / scale)
        loc = held.get(0, end - towards * gap * scale)
        there = np.stack(np.broadcast_arrays(loc, scale, 20.0 * towards / gap), axis=-1)
        full = np.where((towards != 0)[..., None], there, full)
        found = solution.converged | ((towards != 0) & bool(held))
        return solution._replace(converged=found), full

    @classmethod
    def _searched(cls, t: Sample, scale: Any = None) -> Tops:
        """Return the highest top of the profile of the shape; kept with the sample when all is free, or it takes passes."""
        if scale is None or t.in_passes:
            return t.once(f"_skew_normal_{scale!r}", lambda: tops_of_profile(t, scale))
        return tops_of_profile(t, scale)

    @classmethod
    def _mle(cls, t: Sample) -> Solution:
        return _as_solution(cls._searched(t), t)

    @classmethod
    def _in_doubt(cls, t: Sample, full: Array, share: float) -> bool:
        m, (low, high) = t.moments(), t.extremes()
        halves = [np.hypot(m.sd, m.mean - end) / 2.0 for end in (low, high)]
        other = -t.n * (np.log(min(m.sd, *halves)) + 0.5 * LOG_2PI + 0.5)
        top = cls._unchecked(**dict(zip(cls.parameters, full, strict=True)))._log_likelihood(t)
        return not (top - other) * share > SURE

    @classmethod
    def _mle_given(cls, t: Sample, held: Mapping[int, Array]) -> Solution | None:
        # With the shape or the location known the likelihood has one top, to which a climb leads.
        return _as_solution(cls._searched(t, held[1]), t) if set(held) == {1} else None

    @classmethod
    def _find(cls, likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
        """Of partly seen data return the higher of the tops on both sides of shape 0, which a climb does not cross."""
        solution, full = super()._find(likelihood, near)
        if not isinstance(likelihood.statistic, Events) or 2 in likelihood.held:
            return solution, full
        with np.errstate(all="ignore"):
            start = cls._rough(likelihood.statistic, likelihood.known)
            mean = cls._unchecked(**start).mean
            mirrored = {**start, "loc": 2.0 * mean - start["loc"], "shape": -start["shape"]}
            tops = [
                likelihood._climbed_from(likelihood._holding(likelihood.layout.flatten_all(at)))
                for at in (mirrored, start)
            ]
            first = likelihood._maximum(
                full,
                likelihood.log_likelihood(full[..., likelihood.free]),
                solution.converged,
                solution.iterations,
            )
            level = likelihood.given({"shape": np.zeros(likelihood.batch_shape)}).climbed(full)
        best = reduce(likelihood._better, (first, *tops))
        # At 0 every likelihood is level in the shape: it is the top only where no other place is higher.
        flat = ~(best.log_likelihood > level.log_likelihood + _GAIN) & level.converged
        theta = np.where(np.asarray(flat)[..., None], level.theta, best.theta)
        found = solution._replace(converged=best.converged | flat, iterations=best.iterations)
        return found, theta

    @classmethod
    def _start(cls, t: Sample) -> dict[str, Any]:
        # Away from shape 0, where the likelihood is level whatever the data.
        m = t.moments()
        low, high = t.extremes()
        sd = np.where(high > low, m.sd, np.maximum(np.abs(low), np.finfo(float).tiny))
        z = (t.values - np.asarray(m.mean)[..., None]) / np.asarray(sd)[..., None]
        skewness = np.asarray(t.mean(z**3))
        size = np.clip(np.abs(skewness), 0.2, 0.9)
        return _with_skewness(m.mean, sd, np.where(skewness < 0, -size, size))

    @classmethod
    def _moments_of(cls, x: Array, w: Array | None) -> tuple[Moments, Array]:
        m = Moments.of(x, w)
        z = (x - np.asarray(m.mean)[..., None]) / np.asarray(m.sd)[..., None]
        return m, np.average(z**3, axis=-1, weights=w)

    @classmethod
    def _moments(cls, m: tuple[Moments, Array]) -> dict[str, Any]:
        return _with_skewness(m[0].mean, m[0].sd, m[1])

    # -- facts -------------------------------------------------------------------------------------

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        return log_skew_normal_tails(standard(x, self.loc, self.scale), self.shape)

    def cdf(self, x: Any) -> Any:
        """Return P(X <= x), by Owen's T."""
        return np.exp(self.log_cdf(x))

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        _, s, a = self._at()
        z = standard(x, self.loc, s)
        u, one = a * z, 1.0 + a * a
        m, q = inverse_mills(u)
        flow = np.ones_like(z), z, s * m / one
        zero, bend = 0.0 * z, (m - u * q) / one
        rows = (
            (zero, zero, zero),
            (-1.0 / s + zero, -z / s, zero),
            (-a * q / one, bend, s * (z * q - 2.0 * a * m / one) / one),
        )
        return flow, np.stack(
            [np.stack(np.broadcast_arrays(*row), axis=-1) for row in rows], axis=-2
        )

    def _place(self) -> tuple[Array, Array]:
        return np.broadcast_arrays(self.mean, np.sqrt(self.var))

    def _lean(self) -> Array:
        """Return b d, the mean in units of the scale."""
        a = np.asarray(self.shape, dtype=float)
        return _ROOT_2_OVER_PI * a / np.hypot(1.0, a)

    @property
    def mean(self) -> Any:
        return self.loc + self.scale * self._lean()

    @property
    def var(self) -> Any:
        return self.scale**2 * (1.0 - self._lean() ** 2) + 0.0 * self.loc

    def scipy(self) -> Any:
        from scipy import stats

        return stats.skewnorm(self.shape, self.loc, self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        a = np.asarray(self.shape)
        lean, rest = a / np.hypot(1.0, a), 1.0 / np.hypot(1.0, a)
        z = lean * np.abs(rng.standard_normal(size)) + rest * rng.standard_normal(size)
        return self.loc + self.scale * z


def _with_skewness(mean: Array, sd: Array, skewness: Array) -> dict[str, Any]:
    """Return the parameters of a member by its moments; the shape is infinite where the skewness is too large.

    The skewness is (4 - pi)/2 (b d)^3 / (1 - (b d)^2)^(3/2), at most 0.9953.
    """
    ratio = np.cbrt(2.0 * skewness / (4.0 - np.pi))
    lean = ratio / np.hypot(1.0, ratio)
    d = lean / _ROOT_2_OVER_PI
    rest = 1.0 - d * d
    shape = np.where(rest > 0, d / np.sqrt(np.where(rest > 0, rest, 1.0)), np.copysign(np.inf, d))
    scale = sd / np.sqrt(1.0 - lean * lean)
    return {"loc": mean - scale * lean, "scale": scale, "shape": shape[()]}


def _as_solution(top: Tops, t: Sample) -> Solution:
    """Return the tops as estimates, NaN where a limit is higher."""
    found = top.limit == 0
    params = {
        name: np.where(found, value, np.nan)[()]
        for name, value in zip(("loc", "scale", "shape"), top[:3], strict=True)
    }
    notes = () if t.batch_shape or np.ndim(found) else tied(top.ties, np.array([2]))
    return Solution(params, top.iterations, (found & top.converged)[()], notes)


def _mirrored(source: Source) -> Source:
    """Return the source of minus the values."""
    return chunks(
        lambda: (
            -p.values if p.weights is None else (-p.values, p.weights) for p in source.pieces()
        )
    )


def _limit(t: Sample, fixed: Mapping[str, Any], sign: float) -> Any:
    """Return the fit of a HalfNormal to the values, or to the mirrored ones, from the smallest on or from a fixed loc."""
    held = {"scale": fixed["scale"]} if "scale" in fixed else {}
    if "loc" in fixed:
        held["shift"] = sign * np.asarray(fixed["loc"])
    values, weights = t.given()
    if sign < 0:
        values = _mirrored(values) if t.in_passes else -values
    return Shifted(HalfNormal).fit(values, weights=weights, fixed=held or None)
