"""Families that are seen only inside a window: a family again, whose sample is partly seen data with one window."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from ..censoring import rough
from ..domains import Support
from ..errors import DataError, NoMLEError
from ..existence import certain, refusals, runaway
from ..family import Array, Family, Refusal, Solution
from ..likelihood import Likelihood
from ..mass import MassTerms, log_mass, mass_terms
from ..own import COMPLETIONS
from ..statistics import Events, Parts, Sample, Statistic
from .made import Altered, insist_family, insist_scalar, make, number, sharing

__all__ = ["Truncated", "TruncatedFamily"]

_NOTHING = np.zeros(0)
# Real coordinates beyond which a row of a batch is looked at once more: it may have run away.
_FAR = 8.0


def Truncated(
    family: type[Family], low: float | None = None, high: float | None = None
) -> type[Family]:
    """Return the family of the same distributions seen only from `low` to `high`, both included.

    f(x) / P(low <= X <= high) inside, with the parameters of the family itself. The value outside was never seen, nor
    counted: where it is known how many there were, they are censored; see `observed`. The mean of a truncated sample
    may have no solution: then the fit raises NoMLEError. Source: Cohen (1991), chapters 2 and 10.

    Parameters
    ----------
    family : a family of numbers; a truncated one is cut further.
    low, high : the ends of what can be seen; None where there is none.

    Raises
    ------
    DataError : no limit, limits in the wrong order, that leave nothing or cut nothing off, a family of vectors.

    >>> from mlecore import Poisson
    >>> round(Truncated(Poisson, low=1).fit([1, 1, 2, 3]).params["rate"], 4)
    1.2472
    """
    insist_family("Truncated", family)
    insist_scalar("Truncated", family)
    if family._of_angles():
        raise DataError(
            f"{family.__name__} is of angles, which come round again: they have no end to be cut off"
        )
    a, b = _limits(family, low, high)
    if issubclass(family, TruncatedFamily):
        a, b = max(a, family._low), min(b, family._high)
        family = family._base
    support = family.support
    if a > b or a > support.high or b < support.low or (a == b and not support.whole):
        raise DataError(
            f"nothing of {family.__name__} ({support.text}) lies between {number(a)} and {number(b)}"
            if a < b
            else f"low must be below high, got {number(a)} and {number(b)}"
        )
    if a <= support.low and b >= support.high:
        first = f", so low={support.low + 1:g} leaves out the first one" if support.whole else ""
        raise DataError(
            f"these limits cut nothing off {family.__name__} ({support.text}): low and high can themselves be seen{first}"
        )
    if support.whole and max(a, support.low) == min(b, support.high):
        raise DataError(
            f"of {family.__name__} ({support.text}) one value alone is left, {number(max(a, support.low))}, which says "
            "nothing of its parameters"
        )
    ends = [
        f"{name}={number(value)}" for name, value in (("low", a), ("high", b)) if np.isfinite(value)
    ]
    return make(
        TruncatedFamily,
        Truncated,
        (family, a, b),
        f"Truncated({', '.join([family.__name__, *ends])})",
        family.domains,
        {
            "_base": family,
            "_low": a,
            "_high": b,
            "support": _cut(support, a, b),
            "irregular": family.irregular,
            "corners": family.corners,
            "information_only_expected": family.information_only_expected,
        },
    )


def _limits(family: type[Family], low: float | None, high: float | None) -> tuple[float, float]:
    """Return the limits as numbers; those of counts as whole ones."""
    if low is None and high is None:
        raise DataError("Truncated needs low=, high= or both: what lies outside was not seen")
    limits = []
    for name, value, none in (("low", low, -np.inf), ("high", high, np.inf)):
        try:
            limit = none if value is None else float(value)
        except (TypeError, ValueError) as error:
            raise DataError(f"{name} must be a number, got {value!r}") from error
        if np.isnan(limit):
            raise DataError(f"{name} must be a number, got nan")
        limits.append(limit)
    a, b = limits
    return (float(np.ceil(a)), float(np.floor(b))) if family.support.whole else (a, b)


def _cut(support: Support, a: float, b: float) -> Support:
    """Return the support inside a window whose ends are included."""
    words = [support.text]
    words += [f"not below {number(a)}"] if np.isfinite(a) else []
    words += [f"not above {number(b)}"] if np.isfinite(b) else []
    return Support(
        max(support.low, a),
        min(support.high, b),
        ", ".join(words),
        support.open_low and support.low >= a,
        support.open_high and support.high <= b,
        support.whole,
    )


class TruncatedFamily(Altered):
    """A family seen inside a window: f(x) / P(low <= X <= high). See `Truncated`."""

    _low: ClassVar[float]
    _high: ClassVar[float]
    _tells_mass = True

    def __post_init__(self) -> None:
        super().__post_init__()
        with np.errstate(all="ignore"):
            empty = np.isneginf(log_mass(self._inner(), *map(np.asarray, self._window())))
        if np.any(empty):
            raise DataError(
                f"{self!r} has no member to draw: with these parameters nothing lies in its window"
            )

    def _inner(self) -> Any:
        """Return the member that is truncated."""
        return sharing(self, self._base)

    @classmethod
    def _window(cls) -> tuple[float, float]:
        """Return the window as (a, b]: below the first count, at the low end of what is continuous."""
        return cls._low - 1.0 if cls.support.whole else cls._low, cls._high

    # -- the sample: partly seen data with one window ----------------------------------------------

    @classmethod
    def _seen(cls, t: Statistic) -> Events:
        """Return what the family that is truncated knows of a sample."""
        a, b = cls._window()
        if not isinstance(t, Events):
            window = Parts(np.array([a]), np.array([b]), np.asarray(t.n)[..., None])
            exact = copy.copy(t).of_family(cls._base)
            none = Parts(_NOTHING, _NOTHING, np.zeros((*t.batch_shape, 0)))
            return Events(t.n, exact, none, window, cls._span(t))
        seen, windows = (
            part._replace(low=np.maximum(part.low, a), high=np.minimum(part.high, b))
            for part in (t.seen, t.windows)
        )
        # A row without a window of its own has this one.
        rest = (np.asarray(t.n) - t.windows.weights.sum(axis=-1))[..., None]
        windows = windows.joined(Parts(np.array([a]), np.array([b]), np.maximum(rest, 0.0)))
        exact = None if t.exact is None else copy.copy(t.exact).of_family(cls._base)
        return Events(t.n, exact, seen, windows, t.span)

    @classmethod
    def _span(cls, t: Statistic) -> tuple[float, float]:
        """Return between which values of a single sample the corners of the likelihood are looked for."""
        if not cls.corners or t.batch_shape:
            return np.nan, np.nan
        if isinstance(t, Sample):
            return tuple(float(end) for end in t.extremes())
        # Ends of a support are estimated by the ends of the sample.
        ends = [cls._base._mle(t).params[name] for name in cls.corners]
        return float(min(ends)), float(max(ends))

    @classmethod
    def _fault(cls, t: Statistic) -> str | None:
        return cls._base._fault(t)

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Statistic:
        return cls._base._statistics(x, w)

    def _log_likelihood(self, t: Statistic) -> Array:
        return self._seen(t).evaluate(self._inner(), "_log_likelihood")

    def _slope(self, t: Statistic) -> Array:
        return self._seen(t).evaluate(self._inner(), "_score_vector")

    def _curvature(self, t: Statistic) -> Array:
        return self._seen(t).evaluate(self._inner(), "_hessian_matrix")

    # -- fitting: that of the family itself, to partly seen data -----------------------------------

    @classmethod
    def _untruncated(cls, likelihood: Likelihood) -> Likelihood:
        """Return the same likelihood as one of the family itself."""
        other = copy.copy(likelihood)
        other.family, other.statistic = cls._base, cls._seen(likelihood.statistic)
        known = likelihood.data is not None and np.isnan(other.statistic.span[0])
        if known and not likelihood.statistic.batch_shape:
            # How far the values reach says whether a location has left them behind.
            x = np.asarray(likelihood.data, dtype=float)
            other.statistic = replace(other.statistic, span=(float(x.min()), float(x.max())))
        other.layout = cls._base._layout(other.statistic)
        return other

    @classmethod
    def _find(cls, likelihood: Likelihood, near: Array | None = None) -> tuple[Solution, Array]:
        batch = likelihood.batch_shape
        if batch and cls.corners:
            return cls._one_by_one(likelihood)
        solution, full = cls._base._find(cls._untruncated(likelihood), near)
        if not batch:
            return solution, full
        return solution._replace(converged=cls._held(likelihood, solution.converged, full)), full

    @classmethod
    def _one_by_one(cls, likelihood: Likelihood) -> tuple[Solution, Array]:
        """Return the maxima of a batch where corners have to be looked for, sample by sample."""
        batch, flat = likelihood.batch_shape, likelihood._flat(likelihood.batch_shape)
        each = [cls._find(flat.at(k)) for k in range(int(np.prod(batch)))]
        full = np.stack([theta for _, theta in each]).reshape(*batch, -1)
        converged = np.array([found.converged for found, _ in each]).reshape(batch)
        return Solution({}, np.zeros(batch, dtype=int), converged), full

    @classmethod
    def _held(cls, likelihood: Likelihood, converged: Array, full: Array) -> Array:
        """Say which rows of a batch have arrived, and not by following a parameter that runs away."""
        flat, kept = likelihood._flat(likelihood.batch_shape), np.array(converged).ravel()
        rows = full.reshape(kept.size, -1)
        real = likelihood.layout.to_real(rows, likelihood.layout.everything)
        with np.errstate(all="ignore"):
            sure = certain(likelihood, flat.log_likelihood(rows[:, likelihood.free]))
        far = (np.abs(real) > _FAR).any(axis=-1) | sure
        for k in np.flatnonzero(kept & far):
            kept[k] = not cls._ran_away(flat.at(k), rows[k], True)
        return kept.reshape(likelihood.batch_shape)

    @classmethod
    def _rough(cls, t: Statistic, known: Mapping[str, Any]) -> dict[str, Any]:
        return rough(cls._base, cls._seen(t), known)

    @classmethod
    def _refusals(cls, likelihood: Likelihood) -> list[Refusal]:
        inner = cls._untruncated(likelihood)
        if isinstance(likelihood.statistic, Events):
            return [Refusal(*refused) for refused in refusals(inner)]
        # Data that make the density of the family itself grow without bound do so here; a limit to another family is
        # reached under other conditions, and the climb finds out.
        return [r for r in cls._unbounded(inner, likelihood.statistic) if r.limit is None]

    @classmethod
    def _unbounded(cls, inner: Likelihood, t: Statistic) -> Iterator[Refusal]:
        if cls.support.whole or not inner.free.size:
            return
        with np.errstate(all="ignore"):
            yield from cls._base._no_mle(t, inner.fixed)

    @classmethod
    def _insist_held(cls, likelihood: Likelihood, full: Array, arrived: bool) -> None:
        reason = cls._ran_away(likelihood, full, arrived)
        if reason:
            raise NoMLEError(f"{cls.__name__} has no maximum likelihood estimate here: {reason}")

    @classmethod
    def _ran_away(cls, likelihood: Likelihood, full: Array, arrived: bool) -> str:
        """Return why a single sample has no maximum, where a parameter has run away; "" where none has."""
        if not np.isfinite(full).all():
            return ""
        inner = cls._untruncated(likelihood)
        with np.errstate(all="ignore"):
            start = cls._rough(likelihood.statistic, likelihood.known)
            return runaway(inner, full, start, arrived)

    # -- what a distribution says ------------------------------------------------------------------

    def _inside(self, x: Array) -> Array:
        return self.support.contains(x) & self._inner()._inside(x)

    def _harmless(self, x: Array) -> Any:
        return self._inner()._harmless(x)

    def _ends(self) -> tuple[Any, Any]:
        low, high = self._inner()._ends()
        return np.maximum(low, self._low), np.minimum(high, self._high)

    def _place(self) -> tuple[Array, Array]:
        return self._inner()._place()

    def _within(self, a: Array, b: Array) -> tuple[Array, Array]:
        low, high = self._window()
        return np.maximum(a, low), np.minimum(b, high)

    def _own_log_mass(self, a: Array, b: Array) -> Array:
        inner, window = self._inner(), map(np.asarray, self._window())
        return np.minimum(log_mass(inner, *self._within(a, b)) - log_mass(inner, *window), 0.0)

    def _own_mass_terms(self, a: Array, b: Array) -> MassTerms:
        inner, window = self._inner(), map(np.asarray, self._window())
        parts = zip(mass_terms(inner, *self._within(a, b)), mass_terms(inner, *window), strict=True)
        value, slope, curvature = (part - whole for part, whole in parts)
        return MassTerms(np.minimum(value, 0.0), slope, curvature)

    mean = COMPLETIONS["mean"]
    var = COMPLETIONS["var"]
    _information = COMPLETIONS["_information"]
    cdf = COMPLETIONS["cdf"]
    ppf = COMPLETIONS["ppf"]
    _draw = COMPLETIONS["_draw"]
