"""The generalised extreme value family: the largest of many, whatever the tail that they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from ..domains import Parameter, Real, parameter
from ..family import Array, Refusal, Solution, symmetric
from ..likelihood import Likelihood
from ..statistics import Sample, piecewise
from ..tails import log1mexp
from .location_scale import LocationScale
from .rescaled import standardised
from .tail_shape import Bent, TailShape, bent, flow_of_bend, unbent

# Shapes from which the search climbs: the next one only where the last has led to no top.
_SHAPES = (0.05, -0.3, 0.4, -0.6, 1.0, 2.5)
# How many values of a long sample are climbed first.
_PART = 2048
# Where a formula that cancels at shape 0 is taken from a circle around it, and the places on that circle.
_NEAR, _CIRCLE = 0.1, 0.3 * np.exp(2j * np.pi * (np.arange(64) + 0.5) / 64)


@dataclass(frozen=True, eq=False, repr=False)
class GeneralizedExtremeValue(LocationScale, TailShape):
    """GeneralizedExtremeValue(loc, scale s, shape xi): P(X <= x) = exp(-(1 + xi (x - loc)/s)^(-1/xi)), where positive.

    At shape 0 it is the Gumbel; above 0 (Frechet) it begins at loc - s/xi, below 0 (Weibull's) it ends there. SciPy's
    genextreme has c = -xi. The likelihood grows without bound for shapes below -1, and for shapes above n - 1 as loc
    goes to the smallest of n values and scale to 0: the estimate is a top between, and there may be none.
    Regular for shapes above -1/2 (Smith 1985). Of yearly maxima the level reached once in m years on average, which Coles
    calls the return level, is a quantile: `fit.quantile(1 - 1 / m, method="lr")`. Of 80 samples of n = 65 with shape 0.1, 95 %
    intervals of scale and shape covered them in 94 and 96 % by "lr", in 91 and 93 % by "wald", in 90 and 93 % by "bootstrap"
    (Monte Carlo errors 2 to 3.5).
    Source: Coles (2001), ch. 3; the information: Prescott and Walden (1980).

    >>> round(float(GeneralizedExtremeValue(loc=1.0, scale=2.0, shape=0.3).cdf(1.0) * np.e), 12)
    1.0
    """

    shape: Parameter = parameter(Real())

    def _inside(self, x: Array) -> Array:
        low, high = self._ends()
        return np.isfinite(x) & (x > low) & (x < high)

    def _harmless(self, x: Array) -> Any:
        return self.loc

    def _bent(self, t: Sample, derivatives: bool = True) -> tuple[Bent, Array]:
        """Return h of each value with its derivatives, and exp(-h), which is Exponential."""
        loc, s, xi = (np.asarray(v)[..., None] for v in (self.loc, self.scale, self.shape))
        b = bent(t.values - loc, s, xi, derivatives)
        return b, np.exp(-b.h)

    @piecewise
    def _log_likelihood(self, t: Sample) -> Array:
        b, a = self._bent(t, derivatives=False)
        inside = (b.r >= 0) & (b.r < np.inf)
        return t.sum(np.where(inside, -b.h - b.log - a, -np.inf)) - t.n * np.log(self.scale)

    @piecewise
    def _slope(self, t: Sample) -> tuple[Array, ...]:
        b, a = self._bent(t)
        away = a - (1.0 + np.asarray(self.shape)[..., None])
        return (
            -t.sum(b.r * away) / self.scale,
            -(t.n + t.sum(b.u * away)) / self.scale,
            -t.sum(b.first * (1.0 - a) + b.u),
        )

    @piecewise
    def _curvature(self, t: Sample) -> Array:
        b, a = self._bent(t)
        s, xi = self.scale, np.asarray(self.shape)[..., None]
        # With g = r (a - 1 - shape), the slope in z of minus the log-density.
        away, g_z = a - (1.0 + xi), -(1.0 + xi) * (a - xi)
        g_shape = -b.u * away - (1.0 + a * b.first)
        return symmetric(
            t.sum(b.r * b.r * g_z) / s / s,
            t.sum(b.r * (away + b.u * g_z)) / s / s,
            (t.n + t.sum(b.u * (2.0 * away + b.u * g_z))) / s / s,
            -t.sum(b.r * g_shape) / s,
            -t.sum(b.u * g_shape) / s,
            t.sum(b.u * b.u - b.second * (1.0 - a) - a * b.first * b.first),
        )

    def _information(self) -> Array:
        s, xi, _ = np.broadcast_arrays(self.scale, self.shape, self.loc)
        m, mb, b, mk, bk, k = _through_zero(_unit_information, np.where(xi > -0.5, xi, np.nan))
        return symmetric(m / s / s, mb / s / s, b / s / s, mk / s, bk / s, k)

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _no_mle(cls, t: Sample, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        yield from super()._no_mle(t, fixed)
        if len(fixed) == 3:
            return
        if "shape" in fixed:
            yield Refusal(
                np.asarray(fixed["shape"]) <= -1.0,
                "with a shape of -1 or less the likelihood rises until the end of the support meets the largest value",
            )
        low, high = t.extremes()
        yield Refusal(
            ~np.asarray(cls._searched(t, fixed).converged) & ((high > low) | bool(fixed)),
            "no top with a shape above -1 was found; beyond, the likelihood rises without bound, as the end of the support "
            "closes in on the largest value or the density at the smallest one becomes a spike",
        )

    @classmethod
    def _searched(cls, t: Sample, fixed: Mapping[str, Any]) -> Solution:
        """Return the top found, NaN and not converged where there is none; kept with the sample when all is free."""
        if fixed:
            return _search(cls, t, fixed)
        return t.once("_generalized_extreme_value", lambda: _search(cls, t, {}))

    @classmethod
    def _mle(cls, t: Sample) -> Solution:
        return cls._searched(t, {})

    @classmethod
    def _mle_given(cls, t: Sample, held: Mapping[int, Array]) -> Solution:
        return cls._searched(t, {cls.parameters[i]: v for i, v in held.items()})

    @classmethod
    def _start(cls, t: Sample) -> dict[str, Any]:
        start = super()._start(t)
        return {**start, "shape": np.zeros_like(start["loc"])}

    # -- facts -------------------------------------------------------------------------------------

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        lower = -np.exp(-bent(x - self.loc, self.scale, self.shape, derivatives=False).h)
        return lower, log1mexp(lower)

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        return flow_of_bend((x - self.loc) / self.scale, self.scale, self.shape)

    def _ends(self) -> tuple[Any, Any]:
        with np.errstate(all="ignore"):
            end, xi = self.loc - self.scale / self.shape, np.asarray(self.shape)
        return np.where(xi > 0, end, -np.inf), np.where(xi < 0, end, np.inf)

    def _place(self) -> tuple[Array, Array]:
        return tuple(np.broadcast_arrays(self.loc, self.scale, self.shape)[:2])

    @property
    def mean(self) -> Any:
        xi = np.asarray(self.shape)
        first = _through_zero(_mean_away, np.where(xi < 1.0, xi, 0.0))[0]
        return np.where(xi < 1.0, self.loc + self.scale * first, np.inf)[()]

    @property
    def var(self) -> Any:
        xi = np.asarray(self.shape)
        square = _through_zero(_variance, np.where(xi < 0.5, xi, 0.0))[0]
        return np.where(xi < 0.5, self.scale**2 * square + 0.0 * self.loc, np.inf)[()]

    def scipy(self) -> Any:
        from scipy import stats

        return stats.genextreme(-np.asarray(self.shape), self.loc, self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return self.loc + self.scale * unbent(rng.gumbel(size=size), self.shape)


# -- formulas that cancel at shape 0 -----------------------------------------------------------------


def _through_zero(formula: Callable[[Array], Array], xi: Array) -> Array:
    """Return a formula's values, those near 0 by Cauchy's integral around it: there they are quotients of nothings.

    >>> _through_zero(lambda k: np.array([np.expm1(k) / k]), np.array([0.0, 1.0])).round(12)
    array([[1.        , 1.71828183]])
    """
    near = np.abs(xi) < _NEAR
    with np.errstate(all="ignore"):
        value = formula(np.where(near, 1.0 / 3.0, xi))
        kernel = 1.0 / (1.0 - np.where(near, xi, 0.0)[..., None] / _CIRCLE) / _CIRCLE.size
    return np.where(near, np.tensordot(formula(_CIRCLE), kernel, axes=(-1, -1)).real, value)


def _gamma(x: Array) -> Array:
    return scipy.special.gamma(x)


def _mean_away(k: Array) -> Array:
    """Return the distance of the mean from loc, in scales."""
    return np.array([(_gamma(1.0 - k) - 1.0) / k])


def _variance(k: Array) -> Array:
    """Return the variance, in squared scales."""
    return np.array([(_gamma(1.0 - 2.0 * k) - _gamma(1.0 - k) ** 2) / k**2])


def _unit_information(k: Array) -> Array:
    """Return the lower triangle of the information at scale 1 (Prescott and Walden 1980, whose k is -shape)."""
    two, p = _gamma(2.0 + k), (1.0 + k) ** 2 * _gamma(1.0 + 2.0 * k)
    q = two * (scipy.special.digamma(1.0 + k) + (1.0 + k) / k)
    c = 1.0 - np.euler_gamma
    return np.array(
        [
            p,
            (two - p) / k,
            (1.0 - 2.0 * two + p) / k**2,
            (p / k - q) / k,
            (q - c - (1.0 - two + p) / k) / k**2,
            (np.pi**2 / 6.0 + (c + 1.0 / k) ** 2 - 2.0 * q / k + p / k**2) / k**2,
        ]
    )


# -- the search ------------------------------------------------------------------------------------


def _search(family: Any, t: Sample, fixed: Mapping[str, Any]) -> Solution:
    """Climb from one shape after another until a top with a shape above -1 is reached, in units of the sample's spread.

    That of its middle half: a mean and a standard deviation say nothing where the tail is heavy.
    """
    y, center, unit = standardised(t)
    power = {"loc": (center, unit), "scale": (0.0, unit), "shape": (0.0, 1.0)}
    held = {name: (v - power[name][0]) / power[name][1] for name, v in fixed.items()}
    whole = Likelihood(family, y.of_family(family), fixed=held)
    few = (
        Likelihood(family, y.thinned(_PART).of_family(family), fixed=held)
        if t.width > 8 * _PART
        else whole
    )
    with np.errstate(all="ignore"):
        theta, found, iterations = _first_top(few)
        if few is not whole:
            inside = np.isfinite(whole.log_likelihood(theta[..., whole.free]))
            start = np.where(np.asarray(inside)[..., None], theta, _feasible(whole, 0.0))
            top = whole._climbed_from(start)
            theta, iterations = top.theta, iterations + top.iterations
            found = found & top.converged & (theta[..., 2] > -1.0)
    theta = np.where(np.asarray(found)[..., None], theta, np.nan)
    params = {
        name: fixed.get(name, power[name][0] + power[name][1] * theta[..., i])
        for i, name in enumerate(family.parameters)
    }
    return Solution(params, iterations, found)


def _first_top(likelihood: Likelihood) -> tuple[Array, Array, Array]:
    """Return full vectors at a top of each row, whether there is one, and the iterations."""
    batch = likelihood.batch_shape
    flat = likelihood._flat(batch)
    count = int(np.prod(batch))
    theta, found = np.full((count, 3), np.nan), np.zeros(count, dtype=bool)
    iterations = np.zeros(count, dtype=int)
    rows = np.arange(count)
    for shape in _SHAPES:
        part = flat.at(rows) if batch else flat
        top = part._climbed_from(_feasible(part, shape), 60)
        iterations[rows] += top.iterations
        good = np.ravel(top.converged & (top.theta[..., 2] > -1.0))
        theta[rows[good]] = top.theta.reshape(-1, 3)[good]
        found[rows[good]] = True
        rows = rows[~good]
        if not rows.size:
            break
    return (
        theta.reshape(*batch, 3),
        found.reshape(batch)[()],
        iterations.reshape(batch)[()],
    )


def _feasible(likelihood: Likelihood, shape: float) -> Array:
    """Return full vectors with about the shape, and quartiles 2 apart around a median of 0, or what is held.

    Their support holds the sample.
    """
    low, high = likelihood.statistic.extremes()
    lower, middle, upper = unbent(-np.log(np.log(4.0 / np.array([1.0, 2.0, 3.0]))), shape)
    scale = np.asarray(2.0 / (upper - lower))
    start = [-scale * middle, scale, np.asarray(shape)]
    start = [likelihood.held.get(i, v) for i, v in enumerate(start)]
    loc, s, xi = np.broadcast_arrays(*start, low)[:3]
    if 1 in likelihood.free:
        s = np.maximum(s, 1.1 * np.maximum(xi * (loc - low), -xi * (high - loc)))
    elif 0 in likelihood.free:
        loc = np.where(xi > 0, np.minimum(loc, low + 0.9 * s / xi), loc)
        loc = np.where(xi < 0, np.maximum(loc, high + 0.9 * s / xi), loc)
    elif 2 in likelihood.free:
        xi = np.where(high > loc, np.maximum(xi, -0.9 * s / (high - loc)), xi)
        xi = np.where(low < loc, np.minimum(xi, 0.9 * s / (loc - low)), xi)
    return np.stack([loc, s, xi], axis=-1)
