"""The generalised Pareto family: by how much a high threshold is exceeded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, Positive, Real, Support, parameter
from ..family import Array, Refusal, Solution, symmetric
from ..roots import newton_1d
from ..statistics import Moments, Sample, piecewise
from ..tails import log1mexp
from .rescaled import Rescaled
from .tail_shape import (
    SERIES_BELOW,
    Bent,
    TailShape,
    as_rows,
    bent,
    flow_of_bend,
    highest_turn,
    unbent,
)

# In how many places the profile is looked at for its tops, and in how many values of a long sample.
_PLACES, _PART = 40, 2048
# A sample shorter than this is looked at in all places at once.
_SHORT = 2**12
# Below this shape it is the few values next to the largest one that make a top, and a part does not show them.
_TOLD = -0.4


@dataclass(frozen=True, eq=False, repr=False)
class GeneralizedPareto(TailShape):
    """GeneralizedPareto(scale s, shape xi): f(x) = (1 + xi x/s)^(-1/xi - 1) / s, x >= 0, to -s/xi where xi < 0.

    Mean s/(1 - xi) for xi < 1. At shape 0 it is the Exponential of mean s, at -1 the Uniform. The likelihood grows
    without bound for shapes below -1, so the estimate is its highest top with a shape above -1, and there may be none.
    Regular for shapes above -1/2 (Smith 1985). Prefer intervals by "lr": of 200 samples of n = 100 with shape 0.2, 95 %
    intervals of the shape covered it in 94.5 % (Monte Carlo error 1.6) by "lr", 90.0 % (2.1) by "wald" and 82.5 % (2.7) by
    "bootstrap" with 399 replicates; of the scale all three in 95.5 to 97 %.
    Source: Coles (2001), ch. 4; Grimshaw (1993) for the fit.

    >>> round(float(GeneralizedPareto(scale=2.0, shape=0.5).pdf(4.0)), 12)
    0.0625
    """

    scale: Parameter = parameter(Positive())
    shape: Parameter = parameter(Real())
    support = Support(low=0.0, text="x >= 0")
    units = {"scale": 1}

    def _inside(self, x: Array) -> Array:
        return np.isfinite(x) & (x >= 0) & (x < self._ends()[1])

    def _harmless(self, x: Array) -> Any:
        return 0.0

    def _bent(self, t: Sample, derivatives: bool = True) -> Bent:
        s, xi = (np.asarray(v)[..., None] for v in (self.scale, self.shape))
        return bent(t.values, s, xi, derivatives)

    @piecewise
    def _log_likelihood(self, t: Sample) -> Array:
        b = self._bent(t, derivatives=False)
        inside = (t.values >= 0) & (b.r >= 0) & (b.r < np.inf)
        return t.sum(np.where(inside, -b.h - b.log, -np.inf)) - t.n * np.log(self.scale)

    @piecewise
    def _slope(self, t: Sample) -> tuple[Array, ...]:
        b = self._bent(t)
        return ((1.0 + self.shape) * t.sum(b.u) - t.n) / self.scale, -t.sum(b.first + b.u)

    @piecewise
    def _curvature(self, t: Sample) -> Array:
        b, s, more = self._bent(t), self.scale, 1.0 + self.shape
        return symmetric(
            (t.n - more * t.sum(b.u * (1.0 + b.r))) / s / s,
            (t.sum(b.u) - more * t.sum(b.u * b.u)) / s,
            t.sum(b.u * b.u - b.second),
        )

    def _information(self) -> Array:
        s, xi = np.broadcast_arrays(self.scale, self.shape)
        unit = np.where(xi > -0.5, 1.0 / (1.0 + 2.0 * xi), np.nan)
        return symmetric(unit / s / s, unit / (1.0 + xi) / s, 2.0 * unit / (1.0 + xi))

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _no_mle(cls, t: Sample, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        low, high = t.extremes()
        if set(fixed) == {"scale", "shape"}:
            return
        yield Refusal(high == 0, "all values are zero" + ("" if fixed else ", and so all equal"))
        if "shape" in fixed:
            xi, some = np.asarray(fixed["shape"]), t.mean((t.values > 0) * 1.0)
            yield Refusal(
                xi <= -1.0,
                "with a shape of -1 or less the likelihood rises until the end of the support meets the largest value",
            )
            yield Refusal(
                some * (1.0 + xi) <= xi,
                "so many values are zero that the likelihood grows without bound as scale shrinks to 0",
            )
            return
        if "scale" not in fixed:
            yield Refusal(
                low == high,
                "all values are equal, so the likelihood rises without bound as the end of the support closes in on them",
            )
        held = {0: fixed["scale"]} if fixed else {}
        yield Refusal(
            ~np.asarray(cls._searched(t, held).converged) & (high > low),
            "the likelihood has no top with a shape above -1: it rises to shape -1, the Uniform, and beyond without bound",
        )

    @classmethod
    def _searched(cls, t: Sample, held: Mapping[int, Array]) -> Solution:
        """Return the highest top, NaN and not converged where there is none; kept with the sample when all is free."""
        if held:
            return _shape_given(t, held[0])
        return t.once("_generalized_pareto", lambda: _from_profile(t))

    @classmethod
    def _mle(cls, t: Sample) -> Solution:
        return cls._searched(t, {})

    @classmethod
    def _in_doubt(cls, t: Sample, full: Array, share: float) -> bool:
        return not full[1] > _TOLD

    @classmethod
    def _mle_given(cls, t: Sample, held: Mapping[int, Array]) -> Solution | None:
        if 1 not in held:
            return cls._searched(t, held)
        return (
            Solution({"scale": held[0], "shape": held[1]})
            if 0 in held
            else _scale_given(t, held[1])
        )

    @classmethod
    def _start(cls, t: Sample) -> dict[str, Any]:
        mean = t.mean(t.values)
        return {"scale": mean, "shape": np.zeros_like(mean)}

    @classmethod
    def _moments(cls, m: Moments) -> dict[str, Any]:
        square = (m.mean / m.sd) ** 2
        return {"scale": 0.5 * m.mean * (square + 1.0), "shape": 0.5 * (1.0 - square)}

    # -- facts -------------------------------------------------------------------------------------

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        upper = -bent(x, self.scale, self.shape, derivatives=False).h
        return log1mexp(upper), upper

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        flow, table = flow_of_bend(x / self.scale, self.scale, self.shape)
        return flow[1:], table[..., 1:, 1:]

    def _ends(self) -> tuple[Any, Any]:
        with np.errstate(all="ignore"):
            return 0.0, np.where(np.asarray(self.shape) < 0, -self.scale / self.shape, np.inf)

    def _place(self) -> tuple[Array, Array]:
        return np.broadcast_arrays(self.scale, self.scale, self.shape)[:2]

    @property
    def mean(self) -> Any:
        xi = np.asarray(self.shape)
        with np.errstate(all="ignore"):
            return np.where(xi < 1.0, self.scale / (1.0 - xi), np.inf)[()]

    @property
    def var(self) -> Any:
        xi = np.asarray(self.shape)
        with np.errstate(all="ignore"):
            finite = (self.scale / (1.0 - xi)) ** 2 / (1.0 - 2.0 * xi)
        return np.where(xi < 0.5, finite, np.inf)[()]

    def scipy(self) -> Any:
        from scipy import stats

        return stats.genpareto(self.shape, scale=self.scale)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return self.scale * unbent(rng.standard_exponential(size), self.shape)


# -- the search ------------------------------------------------------------------------------------
#
# With theta = shape / scale held, shape = mean(log(1 + theta x)), so one parameter is left (Grimshaw 1993). In units of
# the largest value it is expm1(v): v = 0 is the Exponential, and v falls without end as the support's end closes in.


@piecewise
def _averages(theta: Array, t: Sample) -> tuple[Array, ...]:
    """Return the sums over each row of h, u, u^2 and the derivatives of h at theta, values being at most 1."""
    near = np.abs(theta) < SERIES_BELOW
    if near.all():
        b = bent(t.values, 1.0, theta[:, None])
        return tuple(t.sum(term) for term in (b.h, b.u, b.u * b.u, b.first, b.second))
    if near.any():
        whole = np.empty((5, theta.size))
        for rows in (np.flatnonzero(near), np.flatnonzero(~near)):
            whole[:, rows] = _averages(theta[rows], _part(t, rows))
        return tuple(whole)
    # Away from 0 the derivatives follow from the sums, without another look at each value.
    w = theta[:, None] * t.values
    h = t.sum(np.log1p(w)) / theta
    u = t.values / (1.0 + w)
    first, square = (t.sum(u) - h) / theta, t.sum(u * u)
    return h, t.sum(u), square, first, -(square + 2.0 * first) / theta


def _profile(t: Sample, v: Array) -> tuple[Array, Array, Array, Array]:
    """Return the profile log-likelihood of one observation with its two derivatives in v, and the scale."""
    theta = np.expm1(v)
    scale, u, u2, first, second = (total / t.n for total in _averages(theta, t))
    slope = -first / scale - u
    bend = (first / scale) ** 2 - second / scale + u2
    height = np.where(theta * scale > -1.0, -np.log(scale) - theta * scale - 1.0, -np.inf)
    more = 1.0 + theta
    return height, slope * more, (bend * more + slope) * more, scale


def _in_units(t: Sample) -> tuple[Sample, Array]:
    top = np.asarray(t.extremes()[1])
    unit = np.where(top > 0, top, 1.0)
    if t.in_passes:
        return Rescaled(t, np.zeros_like(unit), unit), unit
    # A value of weight zero may be larger; it is no observation.
    return t._replaced(np.minimum(t.values / unit[..., None], 1.0)), unit


def _part(t: Sample, rows: Array) -> Sample:
    return t[rows] if t.n.size > 1 else t


def _from_profile(t: Sample) -> Solution:
    """Return the highest top of the profile of each row."""
    rows, _, shape = as_rows(t)
    whole, unit = _in_units(rows)
    if t.width <= 8 * _PART:
        place, found, iterations, scale = _tops(whole)
    else:
        few, part = _in_units(rows.thinned(_PART))
        place, found, iterations, scale = _tops(few)
        told = found & (np.expm1(place) * scale > _TOLD)
        theta = np.expm1(place) * unit / part
        start = np.log1p(np.where(theta > -1.0, theta, np.expm1(-3.0)))
        if not told.all():
            rest = whole if told.size == 1 else whole[~told]
            place[~told], found[~told], iterations[~told], _ = _tops(rest)
        good = np.flatnonzero(told)
        # Shifted by 100, so that a top at 0 has a relative tolerance too.
        x, found[good], more = newton_1d(
            lambda x, i: _profile(_part(whole, good[i]), x - 100.0)[1:3],
            100.0 + start[good],
            low=60.0,
            high=850.0,
            tolerance=1e-10,
        )
        place[good], iterations[good] = x - 100.0, iterations[good] + more
        scale = _profile(whole, np.where(found, place, 0.0))[3]
    xi = np.expm1(place) * scale
    found &= xi > -1.0
    params = {"scale": np.where(found, unit * scale, np.nan), "shape": np.where(found, xi, np.nan)}
    return Solution(
        {name: value.reshape(shape)[()] for name, value in params.items()},
        iterations.reshape(shape)[()],
        found.reshape(shape)[()],
    )


def _tops(t: Sample) -> tuple[Array, Array, Array, Array]:
    """Return the highest top of the profile of each row, whether there is one, iterations, and the scale."""
    place, found, iterations = highest_turn(
        lambda v, i: _profile(_part(t, i), v)[:3], _places(t), t.in_passes or t.width < _SHORT
    )
    return place, found, iterations, _profile(t, np.where(found, place, 0.0))[3]


def _gap_and_least(t: Sample) -> tuple[Array, Array]:
    """Return how far the values of each row stay below 1, the largest, and the smallest above 0."""
    seen = np.where(t.weights > 0, t.values, np.nan) if t.weighted else t.values
    gap = np.nanmin(np.where(seen < 1.0, 1.0 - seen, np.nan), axis=-1, initial=1.0)
    return gap, np.nanmin(np.where(seen > 0.0, seen, np.nan), axis=-1, initial=1.0)


def _places(t: Sample) -> Array:
    """Return where to look at the profile of each row, a column each, largest values being 1.

    A top this side of shape -1 needs exp(v) n or exp(v) / gap of some size, gap being that below the largest value: much
    lower, one could only lie within rounding of shape -1. Above the smallest value the profile falls, but for zeros.
    """
    ends = zip(*(_gap_and_least(part) for part in t.pieces()), strict=True)
    gap, least = (np.minimum.reduce(column) for column in ends)
    low = np.maximum(np.log(np.minimum(gap, 1.0 / t.n)) - 4.0, -34.0)
    return np.linspace(low, np.log1p(10.0 / least) + 1.0, _PLACES)


def _shape_given(t: Sample, scale: Any) -> Solution:
    """Return the highest top with the scale held, of shapes above -1."""
    rows, (s,), shape = as_rows(t, scale)
    z = s / np.asarray(rows.extremes()[1])  # the scale in units of the largest value
    low = -np.minimum(z, 1.0)

    def look(v: Array, i: Array) -> tuple[Array, Array, Array]:
        part, above = _part(rows, i), np.exp(v)
        xi = low[i] + above
        d = GeneralizedPareto._unchecked(scale=s[i], shape=xi)
        slope, bend = d._slope(part)[1], d._curvature(part)[..., 1, 1]
        return d._log_likelihood(part), slope * above, (bend * above + slope) * above

    places = np.broadcast_to(np.linspace(-20.0, 7.0, 64)[:, None], (64, s.size))
    with np.errstate(all="ignore"):
        v, found, iterations = highest_turn(look, places)
    xi = np.where(found, low + np.exp(v), np.nan).reshape(shape)[()]
    return Solution(
        {"scale": scale, "shape": xi}, iterations.reshape(shape)[()], found.reshape(shape)[()]
    )


def _scale_given(t: Sample, xi: Any) -> Solution:
    """Return the maximum with the shape held: the mean of (1 + xi) u is 1, and falls as the scale rises."""
    rows, (k,), shape = as_rows(t, xi)
    rows, unit = _in_units(rows)
    least = np.maximum(-k, 0.0)

    def equation(above: Array, i: Array) -> tuple[Array, Array]:
        part, s = _part(rows, i), least[i] + above
        b = bent(part.values, s[:, None], k[i, None], derivatives=False)
        return (1.0 + k[i]) * part.mean(b.u) - 1.0, -(1.0 + k[i]) * part.mean(b.u * b.r) / s

    start = np.broadcast_to(np.maximum(rows.mean(rows.values), 1e-3), k.shape)
    above, arrived, iterations = newton_1d(equation, start, tolerance=1e-9)
    scale = np.where(arrived, unit * (least + above), np.nan)
    return Solution(
        {"scale": scale.reshape(shape)[()], "shape": xi},
        np.reshape(iterations, shape)[()],
        np.reshape(arrived, shape)[()],
    )
