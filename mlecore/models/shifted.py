"""Families that begin at a threshold of their own: irregular, and often without a maximum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

import numpy as np

from ..domains import Real, Support
from ..errors import DataError, NoMLEError
from ..family import Array, Family, Refusal, Solution
from ..likelihood import Likelihood
from ..mass import MassTerms, log_mass, mass_terms
from ..members import lifted
from ..statistics import Events, Parts, Sample, Statistic, Streamed
from .made import Altered, Finding, insist_family, insist_scalar, make, sharing
from .profiles import local_maxima, rising
from .zero_apart import beside_first, block, part

__all__ = ["Shifted"]

# How near the smallest value, and how far from it, in units of the range of the sample, a threshold is looked for.
_NEAR, _FAR = 1e-8, 1e4
_PLACES = 97
# Steps of differences, in distances from the end of the support: of a slope and of a curvature.
_STEP, _BEND = 1e-3, 4e-3


def Shifted(family: type[Family]) -> type[Family]:
    """Return the family of shift + X, with X of a given family that has an end: f(x - shift).

    Its parameters are `shift`, then those of the family. The shift moves the support: standard errors and intervals
    refuse while it is free, and `fixed={"shift": 5}` gives the family its usual theory. With a free shift the
    likelihood often has a spike, unbounded, where the shift comes to the smallest value: the estimate is the highest
    local maximum below it, and the notes name the spike. Often there is none, and the error says so.
    Source: Smith (1985); Cheng and Traylor (1995).

    Raises
    ------
    DataError : for counts, a family of vectors, or one without an end, which has a location already.

    >>> from mlecore import Exponential
    >>> Shifted(Exponential).fit([2.0, 3.0, 4.0]).params
    {'shift': 2.0, 'rate': 1.0}
    """
    insist_family("Shifted", family)
    insist_scalar("Shifted", family)
    name, support = family.__name__, family.support
    if support.whole:
        raise DataError(f"{name} is of counts: subtract the shift from them, which must be known")
    if "shift" in family.domains:
        raise DataError(f"{name} has a shift already")
    if np.isinf(support.low) and np.isinf(support.high):
        raise DataError(
            f"{name} has values on the whole line, and no end to shift: a location moves it already"
        )
    return make(
        ShiftedFamily,
        Shifted,
        (family,),
        f"Shifted({name})",
        {"shift": Real(), **family.domains},
        {
            "_base": family,
            "support": Support(text=f"{support.text}, counted from the shift"),
            "irregular": ("shift", *family.irregular),
            "information_only_expected": family.information_only_expected,
            "units": {"shift": 1, **family.units},
        },
    )


class ShiftedFamily(Finding, Altered):
    """A family from a threshold on: f(x - shift). See `Shifted`."""

    _tells_mass = True

    def _other(self) -> Any:
        """Return the member that is shifted."""
        return sharing(self, self._base)

    # -- the log-likelihood ------------------------------------------------------------------------

    def _moved(self, t: Sample) -> tuple[Statistic, Array, Array]:
        """Return the statistic of the values counted from the shift, those values, and where all are possible."""
        y = t.values - np.asarray(self.shift)[..., None]
        other = lifted(self._other())
        inside = other._inside(y)
        y = np.where(inside, y, other._harmless(y))
        w = np.broadcast_to(t.weights, y.shape) if t.weighted else None
        possible = (inside | (t.weights == 0)).all(axis=-1)
        return self._base._statistics(y, w), y, possible

    def _log_likelihood(self, t: Sample) -> Array:
        statistic, _, possible = self._moved(t)
        return np.where(possible, self._other()._log_likelihood(statistic), -np.inf)

    def _slope(self, t: Sample) -> Array:
        statistic, y, possible = self._moved(t)
        by_shift = -t.sum(self._bends(y)[0])[..., None]
        slope = beside_first(by_shift, self._other()._score_vector(statistic))
        return np.where(possible[..., None], slope, np.nan)

    def _curvature(self, t: Sample) -> Array:
        statistic, y, possible = self._moved(t)
        _, bend, mixed = self._bends(y, mixed=True)
        matrix = block(t.sum(bend)[..., None, None], self._other()._hessian_matrix(statistic))
        column = -np.stack([t.sum(mixed[..., k]) for k in range(mixed.shape[-1])], axis=-1)
        matrix[..., 0, 1:] = matrix[..., 1:, 0] = column
        return np.where(possible[..., None, None], matrix, np.nan)

    def _bends(self, y: Array, mixed: bool = False) -> tuple[Array, ...]:
        """Return d log f / dy, its derivative, and that of the score, by five-point differences inside the support."""
        other = lifted(self._other())
        low, high = other._ends()
        room = np.minimum(y - low, high - y)
        step, wide = _STEP * room, _BEND * room
        f = [other.log_prob(y + k * step) for k in (-2, -1, 1, 2)]
        slope = (f[0] - 8.0 * f[1] + 8.0 * f[2] - f[3]) / (12.0 * step)
        if not mixed:
            return (slope,)
        f = [other.log_prob(y + k * wide) for k in (-2, -1, 0, 1, 2)]
        bend = (-f[0] + 16.0 * f[1] - 30.0 * f[2] + 16.0 * f[3] - f[4]) / (12.0 * wide**2)
        s = [other.score(y + k * step) for k in (-2, -1, 1, 2)]
        return slope, bend, (s[0] - 8.0 * s[1] + 8.0 * s[2] - s[3]) / (12.0 * step[..., None])

    def _information(self) -> Array:
        # How much an observation says of the shift depends on the density at the end, and may be infinite.
        own = self._other()._information_matrix()
        matrix = block(np.full((*self.batch_shape, 1, 1), np.nan), own)
        matrix[..., 0, :] = matrix[..., :, 0] = np.nan
        return matrix

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _from_shift(cls, likelihood: Likelihood, shift: Array) -> Likelihood:
        """Return the likelihood of the family itself, of the values counted from given shifts."""
        t = likelihood.statistic
        if isinstance(t, Events):
            return part(likelihood, cls._base, cls._moved_events(t, float(shift)))
        y = t.values - shift[..., None]
        # Where the shift leaves a value outside, any sample may stand in: its likelihood is zero.
        possible = cls._base.support.contains(y).all(axis=-1, keepdims=True)
        low, high = (t.values - e[..., None] for e in t.extremes())
        safe = 0.5 + 0.25 * (low / np.where(low == high, 1.0, low - high))
        y = np.where(possible, y, np.where(np.isfinite(safe), safe, 0.5))
        w = np.broadcast_to(t.weights, y.shape) if t.weighted else None
        return part(likelihood, cls._base, cls._base._statistics(y, w))

    @classmethod
    def _moved_events(cls, t: Events, shift: float) -> Events:
        exact = t.exact
        if exact is not None:
            w = exact.weights if exact.weighted else None
            exact = cls._base._statistics(exact.values - shift, w)
        seen, windows = (
            Parts(p.low - shift, p.high - shift, p.weights) for p in (t.seen, t.windows)
        )
        first, last = t.span
        return Events(t.n, exact, seen, windows, (first - shift, last - shift))

    @classmethod
    def _at(cls, likelihood: Likelihood, shift: Array) -> tuple[Array, Array, Array]:
        """Return the best vectors with the shift at given places, their log-likelihoods, and whether they were found."""
        inner = cls._from_shift(likelihood, shift)
        solution, rest = cls._base._find(inner)
        full = np.empty((*np.shape(shift), rest.shape[-1] + 1))
        full[..., 0], full[..., 1:] = shift, rest
        found = np.asarray(solution.converged) & np.isfinite(rest).all(axis=-1)
        with np.errstate(all="ignore"):
            d = likelihood.layout.distribution(full, likelihood.known)
            height = np.asarray(likelihood.statistic.evaluate(d, "_log_likelihood"))
        return full, np.where(found & ~np.isnan(height), height, -np.inf), found

    @classmethod
    def _found(cls, likelihood: Likelihood, near: Array | None = None) -> tuple[Solution, Array]:
        """Of a source, where a part of it says that the smallest value is the shift, return the best of the others there."""
        t = likelihood.statistic
        if isinstance(t, Streamed) and near is None and 0 not in likelihood.held:
            few = copy(likelihood)
            few.statistic = t.pilot
            shift = cls._find(few)[1][0]
            if shift == float(t.extremes()[0]) - cls._base.support.low:
                return super()._found(likelihood.given({"shift": shift}))
        return super()._found(likelihood, near)

    @classmethod
    def _find(cls, likelihood: Likelihood, near: Array | None = None) -> tuple[Solution, Array]:
        batch = likelihood.batch_shape
        if 0 in likelihood.held and not (batch and isinstance(likelihood.statistic, Events)):
            shift = np.broadcast_to(likelihood.held[0], batch)
            full, _, found = cls._at(likelihood, shift)
            return Solution({}, np.zeros(batch, dtype=int)[()], found[()]), full
        if batch:
            flat = likelihood._flat(batch)
            each = [cls._find(flat.at(k)) for k in range(int(np.prod(batch)))]
            converged = np.array([found.converged for found, _ in each]).reshape(batch)
            full = np.stack([theta for _, theta in each]).reshape(*batch, -1)
            return Solution({}, np.zeros(batch, dtype=int), converged), full
        found, full, words = cls._search(likelihood)
        return Solution({}, 0, found, (words,) if words and found else ()), full

    @classmethod
    def _search(cls, likelihood: Likelihood) -> tuple[bool, Array, str]:
        """Return whether there is a highest local maximum, where, and in words what else is to be known.

        Where there is none, the words say where the likelihood keeps rising.
        """
        full, height, gaps, least = cls._profile(likelihood)
        tops = local_maxima(height)
        best = max(tops, key=lambda k: height[k], default=None)
        edge = cls._edge(likelihood, least)
        if edge is not None and edge[1] >= height[np.isfinite(height)].max(initial=-np.inf):
            return (
                True,
                edge[0],
                "",
            )  # the density is finite at its end, and the smallest value the estimate
        if best is None:
            return False, full[0], rising(height, least)
        spike = (
            f"the likelihood has a spike, unbounded, where shift comes to the smallest value, {least:g}: the estimate is "
            "the highest local maximum below it"
        )
        words = spike if cls._has_spike(likelihood) else ""
        return True, cls._refined(likelihood, least, gaps, best), words

    @classmethod
    def _has_spike(cls, likelihood: Likelihood) -> bool:
        """Say whether a value at the end of the support can have any density, the other values staying where they are."""
        low, high = cls._base.support.low, cls._base.support.high
        if np.isinf(low):
            return False
        gap = np.array([1e-40, 1e-80, 1e-160])
        unit = min(1.0, high - low)
        y = np.stack([gap, np.full(3, 0.4 * unit), np.full(3, 0.8 * unit)], axis=-1)
        inner = part(likelihood, cls._base, cls._base._statistics(low + y, None))
        with np.errstate(all="ignore"):
            solution, full = cls._base._find(inner)
            height = np.where(
                solution.converged, inner.log_likelihood(full[..., inner.free]), -np.inf
            )
        return bool(np.isfinite(height).all() and np.diff(height).min() > 1.0)

    @classmethod
    def _profile(cls, likelihood: Likelihood) -> tuple[Array, Array, Array, float]:
        """Return the maxima over the other parameters at many shifts, their heights, the gaps, and the last shift."""
        t, support = likelihood.statistic, cls._base.support
        first, last = (float(end) for end in t.extremes())
        spread = last - first or abs(first) or 1.0
        least = first - support.low if np.isfinite(support.low) else first
        farthest = last - support.high if np.isfinite(support.high) else -np.inf
        gaps = spread * np.geomspace(_NEAR, _FAR, _PLACES)
        if np.isfinite(farthest):
            share = np.geomspace(_NEAR, 0.5, _PLACES // 2)
            gaps = (least - farthest) * np.concatenate([share, 1.0 - share[::-1]])
        shifts = np.concatenate([[least - g] for g in gaps])
        rows = max(1, 2**21 // t.values.shape[-1])
        parts = [cls._at(likelihood, shifts[k : k + rows])[:2] for k in range(0, shifts.size, rows)]
        full, height = (np.concatenate(column) for column in zip(*parts, strict=True))
        return full, height, gaps, least

    @classmethod
    def _edge(cls, likelihood: Likelihood, least: float) -> tuple[Array, float] | None:
        """Return the best vector with the shift at the smallest value, where the family has its end among its values."""
        if cls._base.support.open_low or np.isinf(cls._base.support.low):
            return None
        full, height, _ = cls._at(likelihood, np.array([least]))
        return (full[0], float(height[0])) if np.isfinite(height[0]) else None

    @classmethod
    def _refined(cls, likelihood: Likelihood, least: float, gaps: Array, k: int) -> Array:
        """Return the maximum between the neighbours of the k-th gap."""
        low, high = gaps[k - 1], gaps[k + 1]
        for _ in range(7):
            grid = np.linspace(low, high, 13)
            full, height, _ = cls._at(likelihood, least - grid)
            best = int(np.argmax(height))
            low, high = grid[max(best - 1, 0)], grid[min(best + 1, 12)]
        top = likelihood._climbed_from(full[best])
        near = abs(least - top.theta[0] - grid[best]) < 0.1 * grid[best]
        return (
            top.theta
            if near and top.converged and top.log_likelihood >= height[best] - 1e-9
            else full[best]
        )

    @classmethod
    def _refusals(cls, likelihood: Likelihood) -> list[Refusal]:
        t = likelihood.statistic
        shift = likelihood.held.get(0)
        if isinstance(t, Events):
            if shift is None:
                raise DataError(
                    f"partly seen data do not tell where {cls.__name__} begins: hold the shift, as in fixed={{'shift': 0.0}}"
                )
            return cls._base._refusals(cls._from_shift(likelihood, shift))
        if shift is not None:
            shift = np.broadcast_to(shift, likelihood.batch_shape)
            return cls._base._refusals(cls._from_shift(likelihood, shift))
        return list(cls._equal(t))

    @classmethod
    def _equal(cls, t: Sample) -> Iterator[Refusal]:
        first, last = t.extremes()
        yield Refusal(
            first == last,
            "all values are equal, so the likelihood rises without bound as the distribution shrinks to that point",
        )

    @classmethod
    def _insist_held(cls, likelihood: Likelihood, full: Array, arrived: bool) -> None:
        if 0 in likelihood.held:
            inner = cls._from_shift(likelihood, np.asarray(likelihood.held[0]))
            return cls._base._insist_held(inner, full[1:], arrived)
        if not arrived:
            found, _, reason = cls._search(likelihood)
            if found:
                return None  # there is one, to which no climb has led
            raise NoMLEError(
                f"{cls.__name__} has no maximum likelihood estimate here: {reason}, and there is no local maximum. Hold"
                " the shift, as in fixed={'shift': 0.0}"
            )
        return None

    @classmethod
    def _rough(cls, t: Statistic, known: Mapping[str, Any]) -> dict[str, Any]:
        return cls._mle(t, **known).params

    # -- what a distribution says ------------------------------------------------------------------

    def _inside(self, x: Array) -> Array:
        return self._other()._inside(x - self.shift)

    def _harmless(self, x: Array) -> Any:
        return self._other()._harmless(x) + np.asarray(self.shift)

    def _ends(self) -> tuple[Any, Any]:
        low, high = self._other()._ends()
        return low + np.asarray(self.shift), high + np.asarray(self.shift)

    def _place(self) -> tuple[Array, Array]:
        center, unit = self._other()._place()
        return center + np.asarray(self.shift), unit

    def _own_log_mass(self, a: Array, b: Array) -> Array:
        return log_mass(self._other(), a - self.shift, b - self.shift)

    def _own_mass_terms(self, a: Array, b: Array) -> MassTerms:
        other, shift = self._other(), np.asarray(self.shift)
        terms = mass_terms(other, a - shift, b - shift)
        (fa, ga, sa), (fb, gb, sb) = (self._at_limit(x - shift, terms.value) for x in (a, b))
        by_shift = fa - fb
        slope = beside_first(by_shift[..., None], terms.slope)
        second = gb - ga - by_shift**2
        matrix = block(second[..., None, None], terms.curvature)
        column = sa - sb - by_shift[..., None] * terms.slope
        matrix[..., 0, 1:] = matrix[..., 1:, 0] = column
        return MassTerms(terms.value, slope, matrix)

    def _at_limit(self, y: Array, value: Array) -> tuple[Array, Array, Array]:
        """Return f / P at a limit, with f' / P and the slope of f / P in the parameters; zero where f is."""
        other = self._other()
        with np.errstate(all="ignore"):
            y = np.broadcast_to(y, value.shape)
            flows = np.isfinite(y) & other._inside(y)
            safe = np.where(flows, y, other._harmless(y))
            f = np.where(flows, np.exp(other.log_prob(safe) - value), 0.0)
            low, high = other._ends()
            h = _STEP * np.minimum(safe - low, high - safe)
            at = [other.log_prob(safe + k * h) for k in (-2, -1, 1, 2)]
            g = (at[0] - 8.0 * at[1] + 8.0 * at[2] - at[3]) / (12.0 * h)
            score = np.where((f > 0)[..., None], other.score(safe), 0.0)
            return f, np.where(f > 0, f * g, 0.0), f[..., None] * score

    @property
    def mean(self) -> Any:
        """The expectation, that of the family and the shift."""
        return (self._other().mean + np.asarray(self.shift))[()]

    @property
    def var(self) -> Any:
        """The variance, that of the family."""
        return np.broadcast_to(self._other().var, self.batch_shape)[()]

    def cdf(self, x: Any) -> Any:
        """Return P(X <= x), by the family's own distribution function."""
        return self._other().cdf(self._points(x, "x") - self.shift)

    def ppf(self, q: Any) -> Any:
        """Return the q-quantile, that of the family and the shift."""
        return self._other().ppf(q) + self.shift

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return self._other()._draw(rng, size) + self.shift
