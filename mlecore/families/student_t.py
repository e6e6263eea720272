"""Student's t family: a Normal with heavier tails, as heavy as the data ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, Real, parameter
from ..family import Array, Family, Refusal, Solution, symmetric
from ..likelihood import Likelihood
from ..numerics import LOG_2PI, every, log1p_excess
from ..statistics import Moments, Sample, piecewise
from ..tails import log1mexp, log_beta_tails
from .normal import Normal
from .rescaled import standardised
from .student_profile import ROUGH, climb_from_profile, search, with_df
from .tail_sums import SERIES_FROM, fused_sums, gamma_ratio, polar, sum_log1p_square
from .ties import largest_share, reaches, share_at


@dataclass(frozen=True, eq=False, repr=False)
class StudentT(Family):
    """StudentT(df v, loc, scale s): f(x) = C (1 + ((x - loc)/s)^2 / v)^(-(v+1)/2) / s.

    C = Gamma((v+1)/2) / (Gamma(v/2) sqrt(v pi)); loc and scale have the unit of x. As df grows the limit is the
    Normal. With the scale free the likelihood has a spike of infinite height at every observation for df < 1, so the
    estimate is the maximum over df >= 1. Source: Lange, Little and Taylor (1989).

    >>> round(float(StudentT(df=1.0, loc=0.0, scale=2.0).pdf(0.0) * 2.0 * np.pi), 12)
    1.0
    """

    df: Parameter = parameter(Positive(least=1.0))
    loc: Parameter = parameter(Real())
    scale: Parameter = parameter(Positive())
    units = {"loc": 1, "scale": 1}
    _limits = {"df": "a Normal"}
    _becomes = {"df": (Normal, {"loc": "mu", "scale": "sigma"})}

    def _wide(self) -> Array:
        """Return sqrt(df) scale, the scale that the tails see."""
        return np.sqrt(self.df) * np.asarray(self.scale)

    @piecewise
    def _log_likelihood(self, t: Sample) -> Array:
        v = np.asarray(self.df)
        tail = sum_log1p_square(t, self.loc, self._wide(), rough=bool(np.all(v < ROUGH)))
        top = gamma_ratio(0.5 * v) - 0.5 * LOG_2PI - np.log(self.scale)
        return t.n * top - 0.5 * (v + 1.0) * tail

    @piecewise
    def _slope(self, t: Sample) -> tuple[Array, ...]:
        v, s = np.asarray(self.df), np.asarray(self.scale)
        a, b, h = polar(t, self.loc, self._wide())
        square, rest = t.dot(a, a), t.dot(b, b)
        if np.all(v < ROUGH):
            excess = sum_log1p_square(t, self.loc, self._wide()) - square
        else:
            # log(1 + z^2/v) - a^2 cancels in the middle, and that is where nearly Normal tails leave all values.
            aa = a * a
            near = aa < 0.2
            excess = log1p_excess(-np.where(near, aa, 0.0))
            excess = t.sum(excess if near.all() else np.where(near, excess, -2.0 * np.log(b) - aa))
        df = 0.5 * (t.n * gamma_ratio(0.5 * v, 1) + square / v - excess)
        return df, (v + 1.0) * t.sum(a / h), (v * square - rest) / s

    @piecewise
    def _curvature(self, t: Sample) -> Array:
        v, s = np.asarray(self.df), np.asarray(self.scale)
        a, b, h = polar(t, self.loc, self._wide())
        aa, bb = a * a, b * b
        turn = aa - bb / v[..., None]
        df_df = 0.25 * t.n * gamma_ratio(0.5 * v, 2)
        df_df = df_df + 0.5 * t.sum(aa * ((v[..., None] - 1.0) * aa - 2.0 * bb)) / v**2
        return symmetric(
            df_df,
            t.sum(a / h * turn),
            -(v + 1.0) * t.sum((bb - aa) / h / h),
            t.sum(aa * turn) / s,
            -2.0 * (v + 1.0) * t.sum(a * bb / h) / s,
            (t.n - (v + 1.0) * t.sum(aa * (2.0 * bb + 1.0))) / s / s,
        )

    def _together(self, t: Sample) -> tuple[Array, Array, Array] | None:
        v, s = np.asarray(self.df), np.asarray(self.scale)
        if not np.all(v < ROUGH):
            return None
        wide = self._wide()
        tail, q, square, u, qq, cube, fourth = fused_sums((self.loc, wide), t)
        if not every(np.isfinite(tail)):
            return None
        # The digamma functions are taken once, however long the sample.
        top = gamma_ratio(0.5 * v) - 0.5 * LOG_2PI - np.log(s)
        df = 0.5 * (t.n * gamma_ratio(0.5 * v, 1) + square / v - (tail - square))
        turn = fourth - (square - fourth) / v
        slope = df, (v + 1.0) * q / wide, (v * square - (t.n - square)) / s
        curvature = symmetric(
            0.25 * t.n * gamma_ratio(0.5 * v, 2) + 0.5 * ((v + 1.0) * fourth - 2.0 * square) / v**2,
            (cube - (q - cube) / v) / wide,
            -(v + 1.0) * (u - 2.0 * qq) / wide / wide,
            turn / s,
            -2.0 * (v + 1.0) * (q - cube) / wide / s,
            (t.n - (v + 1.0) * (3.0 * square - 2.0 * fourth)) / s / s,
        )
        value = t.n * top - 0.5 * (v + 1.0) * tail
        return value, np.stack(np.broadcast_arrays(*slope), axis=-1), curvature

    def _information(self) -> Array:
        v, s = np.asarray(self.df), np.asarray(self.scale)
        near = v * (v + 1.0) * (v + 3.0)
        # Without the first term of its series the curvature of the Gamma functions does not cancel for large df.
        small = 1.0 / (2.0 * v * v) - (v + 5.0) / (2.0 * near) - 0.25 * gamma_ratio(0.5 * v, 2)
        large = (7.0 * v + 3.0) / (2.0 * v * v * near) - 0.25 * gamma_ratio(0.5 * v, 2, skip=1)
        df_df = np.where(v < 2.0 * SERIES_FROM, small, large)
        zero = 0.0 * (self.loc + s + v)
        unit = 1.0 / (v + 3.0) / s
        cross = -2.0 / ((v + 1.0) * (v + 3.0)) / s
        return symmetric(df_df, zero, (v + 1.0) * unit / s, cross, zero, 2.0 * v * unit / s)

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _no_mle(cls, t: Sample, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if "scale" not in fixed:
            df = np.asarray(fixed.get("df", 1.0))
            too_many = df / (df + 1.0)
            if "loc" in fixed:
                share, where = share_at(fixed["loc"], t), "equal to the fixed loc"
            else:
                share, where = largest_share(t, too_many), "equal"
            yield Refusal(
                reaches(share, too_many),
                f"a share of df / (df + 1) of the values or more (half, for df = 1) are {where}, so the likelihood "
                "keeps rising as scale shrinks to 0",
            )
        if "df" not in fixed:
            yield Refusal(
                cls._nearest_is_normal(t, fixed),
                "the likelihood rises as df grows: the tails are no heavier than those of a Normal, the limit",
                lambda: Normal.fit(
                    t.values,
                    weights=t.weights,
                    fixed={new: fixed[old] for old, new in _LIMIT_NAMES.items() if old in fixed},
                ),
            )

    @classmethod
    def _nearest_is_normal(cls, t: Sample, fixed: Mapping[str, Any]) -> Array:
        """Say which samples have no t as likely as the best Normal."""
        y, center, spread = standardised(t)
        held = {}
        if "loc" in fixed:
            held["loc"] = (np.asarray(fixed["loc"]) - center) / spread
        if "scale" in fixed:
            held["scale"] = np.asarray(fixed["scale"]) / spread
        mu = np.asarray(held["loc"] if "loc" in held else _total(None, y) / y.n)
        square, fourth = (power / y.n for power in _powers(mu, y))
        sigma = held.get("scale", np.sqrt(square))
        square, fourth = square / sigma**2, fourth / sigma**4
        # The slope of the profile in 1/df at the Normal: only where it does not rise can the Normal be the best.
        doubtful = np.asarray(fourth - 2.0 * square - 1.0 <= 0.0)
        if not doubtful.any():
            return doubtful
        likelihood = Likelihood(cls, y, fixed=held)._flat(doubtful.shape)
        rows = np.flatnonzero(doubtful.ravel())
        if doubtful.ndim:
            likelihood = likelihood.at(rows)
        normal = -y.n * (0.5 * LOG_2PI + np.log(sigma) + 0.5 * square)
        theta = cls._solve(likelihood)[1]
        best = likelihood.log_likelihood(theta[..., likelihood.free])
        gain = best - np.ravel(normal)[rows].reshape(np.shape(best))
        # What is less than rounding is no gain; a climb that failed has none to show.
        size = np.ravel(np.broadcast_to(y.n, doubtful.shape))[rows].reshape(np.shape(best))
        doubtful.ravel()[rows] = ~(gain > 1e-12 * size)
        return doubtful

    @classmethod
    def _solve(cls, likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
        held = likelihood.held_by_name
        with np.errstate(all="ignore"):
            notes: tuple[str, ...] = ()
            if not held:
                theta, converged, iterations = climb_from_profile(likelihood)
            elif set(held) == {"df"} and np.all(np.asarray(held["df"]) >= 1.0):
                theta, converged, iterations = with_df(likelihood, held["df"])
            else:
                theta, converged, iterations, notes = search(likelihood, held, near)
        return Solution({}, iterations, converged, notes), theta

    @classmethod
    def _remarks(cls, likelihood: Any, full: Array) -> tuple[str, ...]:
        at_edge = np.asarray(full[..., 0] == 1.0)
        if {0, 2} & set(likelihood.held) or not at_edge.any():
            return ()
        which = "df" if not at_edge.ndim else f"df of {at_edge.sum()} of {at_edge.size} fits"
        return (
            f"{which} is 1, the least that an estimate may be: below it the likelihood has a spike of infinite height at "
            "every observation. The tails are at least as heavy as Cauchy's",
        )

    @classmethod
    def _mle(cls, t: Sample, **known: Any) -> Solution:
        solution, theta = cls._solve(Likelihood(cls, t))
        return solution._replace(
            params=dict(zip(cls.parameters, np.moveaxis(theta, -1, 0), strict=True))
        )

    @classmethod
    def _mle_given(cls, t: Sample, held: Mapping[int, Array], **known: Any) -> Solution | None:
        if set(held) != {0} or not np.all(np.asarray(held[0]) >= 1.0):
            return None
        theta, converged, iterations = with_df(Likelihood(cls, t, fixed={"df": held[0]}), held[0])
        params = dict(zip(cls.parameters, np.moveaxis(theta, -1, 0), strict=True))
        return Solution(params, iterations, converged)

    @classmethod
    def _moments_of(cls, x: Array, w: Array | None) -> tuple[Moments, Array]:
        m = Moments.of(x, w)
        z = (x - np.asarray(m.mean)[..., None]) / np.asarray(m.sd)[..., None]
        return m, np.average(z**4, axis=-1, weights=w) - 3.0

    @classmethod
    def _moments(cls, m: tuple[Moments, Array]) -> dict[str, Any]:
        # The excess kurtosis is 6 / (v - 4), and the variance s^2 v / (v - 2).
        m, excess = m
        df = np.where(excess > 0, 4.0 + 6.0 / excess, np.nan)
        return {"df": df, "loc": m.mean, "scale": m.sd * np.sqrt((df - 2.0) / df)}

    # -- facts -------------------------------------------------------------------------------------

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        z, v = (x - self.loc) / self.scale, np.asarray(self.df)
        # z^2 / v may leave the range of doubles where its share of 1 + z^2 / v does not.
        square = (z / np.sqrt(v)) ** 2
        near = np.where(square < np.inf, 1.0 / (1.0 + square), 0.0)
        away = np.where(square < np.inf, square / (1.0 + square), 1.0)
        small = log_beta_tails(0.5 * v, 0.5, near, away)[0] - np.log(2.0)
        large = log1mexp(small)
        return np.where(z < 0, small, large), np.where(z < 0, large, small)

    def _place(self) -> tuple[Array, Array]:
        return tuple(np.broadcast_arrays(self.loc, self.scale, self.df)[:2])

    @property
    def mean(self) -> Any:
        return np.where(self.df > 1.0, self.loc + 0.0 * self.scale, np.nan)[()]

    @property
    def var(self) -> Any:
        v = np.asarray(self.df)
        finite = (
            np.asarray(self.scale) ** 2 / np.where(v > 2.0, 1.0 - 2.0 / v, 1.0) + 0.0 * self.loc
        )
        return np.where(v > 2.0, finite, np.where(v > 1.0, np.inf, np.nan))[()]

    def scipy(self) -> Any:
        from scipy import stats

        return stats.t(self.df, self.loc, self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return self.loc + self.scale * rng.standard_t(self.df, size)


_LIMIT_NAMES = {"loc": "mu", "scale": "sigma"}


@piecewise
def _total(_: None, t: Sample) -> Array:
    """Return the sum of the values."""
    return t.sum(t.values)


@piecewise
def _powers(mu: Array, t: Sample) -> tuple[Array, Array]:
    """Return the sums of the squares and the fourth powers of x - mu."""
    z = t.values - np.asarray(mu)[..., None]
    square = z * z
    return t.sum(square), t.dot(square, square)
