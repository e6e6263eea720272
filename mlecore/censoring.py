"""How a family is fitted to what was partly seen: its statistic, a start for the climb, and each row's score.

The log-likelihood is that of `statistics.events.Events`. No family writes anything of its own for it: the start comes
from the family's own estimate of a sample in which each event stands for a few of its points.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .arrays import insist_same_index, numeric, require_weights
from .errors import DataError, SupportError
from .existence import LOST
from .mass import mass_terms
from .observations import PartlySeen
from .statistics import Events, Parts

__all__ = [
    "events_of",
    "limits_of",
    "notes",
    "rough",
    "row_scores",
    "stood_in",
    "to_ends",
    "top_of_few",
]

Array = np.ndarray

# Where in an interval its stand-ins lie, and how far beyond a bound, in units of the spread of all limits.
_WITHIN = np.array([1 / 6, 1 / 2, 5 / 6])
_BEYOND = np.array([0.15, 0.6, 1.6])
# So many values and events give the first estimate where there are many more.
_FEW = 4096
# A shape whose logarithm has run away begins here instead.
_BACK = 5.0


# -- the statistic ---------------------------------------------------------------------------------


def events_of(family: Any, seen: PartlySeen, weights: ArrayLike | None = None) -> Events:
    """Return what a family needs of partly seen data; weights of shape (batch, n) make a batch.

    Raises
    ------
    DataError : weights given twice or of a wrong shape, a family of vectors.
    SupportError : a row that no member of the family could have made.

    >>> from mlecore import Weibull, observed
    >>> t = events_of(Weibull, observed([1.0, 2.0], right=[False, True]))
    >>> float(t.n), t.seen.low
    (2.0, array([2.]))
    """
    if family.event_ndim:
        raise DataError(
            f"partly seen values are numbers, and {family.__name__} is a family of vectors"
        )
    w = _weights(seen, weights)
    _insist_possible(family, seen)
    # By their places, which are read several times as fast as by a mask.
    exact, partly = np.flatnonzero(seen.exact), np.flatnonzero(~seen.exact)
    x = seen.lower[exact]
    own = None
    if x.size:
        ones = seen.weights is None and weights is None
        values = x if w.ndim == 1 else np.broadcast_to(x, (len(w), x.size))
        own = family.statistics(
            values, None if ones else w[..., exact], axis=None if w.ndim == 1 else 1
        )
    (low, high), window = limits_of(family, seen)
    events = Parts.of(*to_ends(family, low[partly], high[partly]), w[..., partly])
    windows = Parts.of(*to_ends(family, *window), w)
    span = (float(x.min()), float(x.max())) if x.size else (np.nan, np.nan)
    own, events, windows = family._absorb(own, events, windows)
    return Events(w.sum(axis=-1), own, events, windows, span).of_family(family)


def limits_of(family: Any, seen: PartlySeen) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Return events and windows as (low, high]; whether an end belongs to them matters where it has a probability.

    Raises
    ------
    DataError : angles with one limit only: they come round again, and none lies beyond another.
    """
    events, windows = seen.events(family.support.whole), seen.windows(family.support.whole)
    if family._of_angles():
        _insist_on_arcs(family, ~seen.exact & _half_open(*events) | _half_open(*windows))
    if family.support.whole or not family.support.atoms:
        return events, windows

    def shifted(low: Array, high: Array, closed_low: Array, closed_high: Array) -> Any:
        below = [np.nextafter(end, -np.inf) for end in (low, high)]
        return np.where(closed_low, below[0], low), np.where(closed_high, high, below[1])

    return (
        shifted(*events, seen.closed_lower, seen.closed_upper),
        shifted(*windows, seen.closed_low, seen.closed_high),
    )


def _half_open(low: Array, high: Array) -> Array:
    return np.isinf(low) != np.isinf(high)


def _insist_on_arcs(family: Any, half_open: Array) -> None:
    if half_open.any():
        raise DataError(
            f"{family.__name__} is of angles, which come round again: none lies beyond another, and row "
            f"{int(np.argmax(half_open))} has one limit only. Give both ends of the arc: interval(lower, upper), or "
            "window=(low, high)"
        )


def _weights(seen: PartlySeen, weights: Any) -> Array:
    if weights is None:
        return np.ones(len(seen)) if seen.weights is None else np.asarray(seen.weights)
    if seen.weights is not None:
        raise DataError("weights were given with the partly seen values already; give them once")
    insist_same_index("weights", weights, "x", seen)
    w = numeric(weights, "weights")
    if w.ndim not in (1, 2) or w.shape[-1] != len(seen):
        raise DataError(
            f"weights must have one number for each of the {len(seen)} rows, or shape (batch, {len(seen)}); got {w.shape}"
        )
    require_weights(w)
    return w


def _insist_possible(family: Any, seen: PartlySeen) -> None:
    support, exact = family.support, seen.exact
    low, high = seen.events(support.whole)
    reached = (high >= support.low if support.whole else high > support.low) & (low < support.high)
    inside = (exact & support.contains(seen.lower)) | (~exact & reached)
    if not inside.all():
        k = int(np.argmin(inside))
        what = (
            f"{seen.lower[k]:g}" if exact[k] else f"between {seen.lower[k]:g} and {seen.upper[k]:g}"
        )
        raise SupportError(
            f"{family.__name__} needs {support.text}; row {k} lies {'at ' if exact[k] else ''}{what}, outside "
            f"({int((~inside).sum())} of {len(seen)} rows do). Correct the data or choose a family with a wider support"
        )


def to_ends(family: Any, low: Array, high: Array) -> tuple[Array, Array]:
    """Return limits that reach beyond the support as infinite: there is nothing more to be had."""
    support = family.support
    low = np.where(low < support.low if support.whole else low <= support.low, -np.inf, low)
    return low, np.where(high >= support.high, np.inf, high)


def notes(seen: PartlySeen) -> tuple[str, ...]:
    """Return how the rows were seen, as the note of a fit.

    >>> from mlecore import binned, observed
    >>> notes(observed([1.0, 2.0], right=[False, True]))
    ('of 2 rows 1 was seen exactly, 1 right-censored',)
    >>> notes(binned([3, 1], [0.0, 1.0, 2.0]))
    ('of 4 observations none was seen exactly, 4 known to an interval',)
    """
    tally = seen.tally()
    count = tally.pop("seen exactly", 0.0)
    number = f"{count:g}" if tally and count else "all" if count else "none"
    words = [f"{number} {'was' if count == 1 or not count else 'were'} seen exactly"]
    words += [f"{value:g} {name}" for name, value in tally.items()]
    if (np.isfinite(seen.low) | np.isfinite(seen.high)).any():
        words.append("and none outside its window could have been seen")
    if seen.weights is None:
        return (f"of {len(seen)} rows {', '.join(words)}",)
    return (f"of {float(np.sum(seen.weights)):g} observations {', '.join(words)}",)


# -- where to begin ----------------------------------------------------------------------------------


def rough(family: Any, t: Events, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return an estimate to climb from: the family's own, each event replaced by a few of its points.

    >>> from mlecore import Exponential, interval
    >>> t = events_of(Exponential, interval([0.0, 1.0], [1.0, 3.0]))
    >>> round(float(rough(Exponential, t, {})["rate"]), 3)
    0.8
    """
    statistic = stood_in(family, t if t.batch_shape else t.thinned(_FEW))
    params = family._mle(statistic, **known).params
    usable = all(
        np.isfinite(v).all() and family.domains[k].contains(np.asarray(v)).all()
        for k, v in params.items()
    )
    return _moved_back(family, params) if usable else family._start(statistic, **known)


def _moved_back(family: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Return a start without shapes that have run away: what was seen in part may hold them back."""
    params = dict(params)
    for name, domain in family.domains.items():
        if (
            domain.event_ndim
            or domain.known
            or name in family.units
            or domain.longest_step == np.inf
        ):
            continue
        u = domain.to_real(np.asarray(params[name], dtype=float))
        back = domain.from_real(np.sign(u) * _BACK)[0]
        params[name] = np.where(np.isfinite(u) & (np.abs(u) > LOST), back, params[name])
    return params


def stood_in(family: Any, t: Any) -> Any:
    """Return the statistic of a sample in which each event stands for a few of its points; of values seen, their own.

    >>> from mlecore import Exponential, interval
    >>> float(stood_in(Exponential, events_of(Exponential, interval([0.0], [6.0]))).n)
    1.0
    """
    if not isinstance(t, Events):
        return t
    statistic = t.exact
    if t.seen.size:
        x = _stand_ins(family, t)
        w = np.repeat(t.seen.weights / _WITHIN.size, _WITHIN.size, axis=-1)
        values = x if w.ndim == 1 else np.broadcast_to(x, (len(w), x.size))
        w = np.maximum(
            w, 1e-300
        )  # a row of a batch may lack an event, and its values still be there
        made = family.statistics(values, w, axis=None if w.ndim == 1 else 1)
        statistic = made if statistic is None else statistic + made
    return statistic


def top_of_few(likelihood: Any) -> Array | None:
    """Return the maximum for some of very many values and events, to climb from; None where they are not so many.

    >>> from mlecore import Likelihood, Weibull, observed
    >>> top_of_few(Likelihood(Weibull, observed([1.0, 2.0, 3.0]))) is None
    True
    """
    if likelihood.batch_shape:
        return None
    few = copy.copy(likelihood)
    few.statistic = likelihood.statistic.thinned(_FEW)
    if few.statistic is likelihood.statistic:
        return None
    top = few.climbed()
    return top.theta if top.converged else None


def _stand_ins(family: Any, t: Events) -> Array:
    """Return a few points of each event, one event after the other."""
    support = family.support
    low, high = np.maximum(t.seen.low, support.low), np.minimum(t.seen.high, support.high)
    limits = np.concatenate([low, high, np.array(t.span)])
    limits = limits[np.isfinite(limits)]
    spread = float(np.std(limits)) or float(np.max(np.abs(limits), initial=0.0)) or 1.0
    low_open, high_open = np.isneginf(low), np.isposinf(high)
    at = np.where(low_open, high - spread, low)[:, None]
    wide = np.where(low_open | high_open, spread, high - low)[:, None]
    share = np.where((low_open | high_open)[:, None], _BEYOND, _WITHIN)
    share = np.where(low_open[:, None], 1.0 - share, share)
    x = at + wide * share
    if support.whole:
        x = np.clip(np.ceil(x), low[:, None] + 1.0, high[:, None])
        x = np.maximum(x, support.low)
    return x.ravel()


# -- row by row ----------------------------------------------------------------------------------------


def row_scores(likelihood: Any, d: Any) -> tuple[Array, Array]:
    """Return the score of each row of partly seen data, and the rows' weights.

    >>> from mlecore import Exponential, Likelihood, observed
    >>> L = Likelihood(Exponential, observed([1.0, 2.0], right=[False, True]))
    >>> row_scores(L, Exponential(rate=1.0))[0]
    array([[ 0.],
           [-2.]])
    """
    seen, family = likelihood.data, likelihood.family
    exact, (events, windows) = seen.exact, limits_of(family, seen)
    x = np.where(exact, seen.lower, d._harmless(seen.lower))
    low, high = to_ends(family, *events)
    event = mass_terms(d, np.where(exact, -np.inf, low), np.where(exact, np.inf, high)).slope
    own = np.where(exact[:, None], d.score(x), event)
    window = mass_terms(d, *to_ends(family, *windows)).slope
    return own - window, _weights(seen, likelihood.weights)
