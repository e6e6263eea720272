"""How a family is fitted to what was partly seen: its statistic, a start for the climb, and where there is no maximum.

The log-likelihood is that of `statistics.events.Events`. No family writes anything of its own for it: the start comes
from the family's own estimate of a sample in which each event stands for a few of its points.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .arrays import insist_same_index, numeric, require_weights
from .domains import Positive, Simplex, Unit
from .errors import DataError, SupportError
from .mass import mass_terms
from .observations import PartlySeen
from .statistics import Events, Parts

__all__ = [
    "certain",
    "cornered",
    "events_of",
    "limits_of",
    "notes",
    "refusals",
    "rough",
    "row_scores",
    "runaway",
    "stood_in",
    "to_edge",
    "to_ends",
    "top_of_few",
]

Array = np.ndarray

# Where in an interval its stand-ins lie, and how far beyond a bound, in units of the spread of all limits.
_WITHIN = np.array([1 / 6, 1 / 2, 5 / 6])
_BEYOND = np.array([0.15, 0.6, 1.6])
# So many values and events give the first estimate where there are many more.
_FEW = 4096
# A logarithm that has gone so far from the start of its climb has no maximum to go to.
_FAR = 8.0
_LOST, _BACK = 30.0, 5.0
# Data of a probability nearer to 1 than this have none that is highest, inside the domain.
_CERTAIN = 1e-9
# Of so many values of a complete sample a corner is looked for, before it is looked for between them.
_CANDIDATES = 512
_BRIEF = 5


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
    exact = seen.exact
    x = seen.lower[exact]
    _insist_possible(family, seen)
    own = None
    if x.size:
        ones = seen.weights is None and weights is None
        values = x if w.ndim == 1 else np.broadcast_to(x, (len(w), x.size))
        own = family.statistics(
            values, None if ones else w[..., exact], axis=None if w.ndim == 1 else 1
        )
    partly = np.flatnonzero(~exact)
    (low, high), window = limits_of(family, seen)
    events = Parts.of(*to_ends(family, low[partly], high[partly]), w[..., partly])
    windows = Parts.of(*to_ends(family, *window), w)
    span = (float(x.min()), float(x.max())) if x.size else (np.nan, np.nan)
    own, events, windows = family._absorb(own, events, windows)
    return Events(w.sum(axis=-1), own, events, windows, span).of_family(family)


def limits_of(family: Any, seen: PartlySeen) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Return events and windows as (low, high]; whether an end belongs to them matters where it has a probability."""
    events, windows = seen.events(family.support.whole), seen.windows(family.support.whole)
    if family.support.whole or not family.support.atoms:
        return events, windows

    def shifted(low: Array, high: Array, closed_low: Array, closed_high: Array) -> Any:
        below = [np.nextafter(end, -np.inf) for end in (low, high)]
        return np.where(closed_low, below[0], low), np.where(closed_high, high, below[1])

    return (
        shifted(*events, seen.closed_lower, seen.closed_upper),
        shifted(*windows, seen.closed_low, seen.closed_high),
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
    inside = np.empty(len(seen), dtype=bool)
    inside[exact] = support.contains(seen.lower[exact])
    low, high = low[~exact], high[~exact]
    inside[~exact] = (high >= support.low if support.whole else high > support.low) & (
        low < support.high
    )
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
        params[name] = np.where(np.isfinite(u) & (np.abs(u) > _LOST), back, params[name])
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


# -- where there is no maximum -------------------------------------------------------------------------


def refusals(likelihood: Any) -> Iterator[tuple[Array, str]]:
    """Yield which samples have no maximum, and why.

    >>> from mlecore import Exponential, Likelihood, observed
    >>> next(refusals(Likelihood(Exponential, observed([1.0, 2.0], right=[True, True]))))[1][:29]
    'every value is right-censored'
    """
    family, t = likelihood.family, likelihood.statistic
    some = t.seen.weights > 0
    support = family.support
    if t.exact is None and likelihood.free.size:
        none_high = (np.isposinf(t.seen.high) | ~some).all(axis=-1)
        none_low = (np.isneginf(t.seen.low) | ~some).all(axis=-1)
        if not _has_edge(likelihood) and np.isposinf(support.high):
            yield (
                none_high,
                (
                    "every value is right-censored, so the likelihood keeps rising as the distribution moves away beyond the bounds"
                ),
            )
            yield (
                none_low,
                (
                    "every value is left-censored, so the likelihood keeps rising as the distribution moves away below the bounds"
                ),
            )
    if (
        support.whole
        or likelihood.free.size < 2
        or likelihood.free.size < len(likelihood.layout.names)
    ):
        return  # a count cannot shrink to a point here, nor a family with one free parameter
    low = np.where(some, t.seen.low, -np.inf).max(axis=-1, initial=-np.inf)
    high = np.where(some, t.seen.high, np.inf).min(axis=-1, initial=np.inf)
    first, last = t.span
    if t.exact is not None:
        shared = (first == last) & (low < first) & (first <= high)
        yield (
            shared,
            (
                "all values seen exactly are equal and lie in every interval, so the likelihood grows without bound as the "
                "distribution shrinks to that point"
            ),
        )
    elif t.seen.size:
        yield (
            low < high,
            (
                "all intervals share a point, so the likelihood keeps rising towards 1 as the distribution shrinks to it"
            ),
        )


def _has_edge(likelihood: Any) -> bool:
    """Say whether all probability can lie at an end of the support for a member of the family."""
    domains = [likelihood.layout.domain(i) for i in likelihood.free]
    return any(
        isinstance(d, Simplex)
        or (isinstance(d, Unit) and d.zero)
        or (isinstance(d, Positive) and d.zero)
        for d in domains
    )


def to_edge(
    likelihood: Any, theta: Array, value: Array, converged: Array
) -> tuple[Array, Array, Array]:
    """Return the boundary of the domain instead, where the one free parameter is better off there."""
    if likelihood.free.size != 1:
        return theta, value, converged
    domain, k = likelihood.layout.domain(likelihood.free[0]), likelihood.free[0]
    edges = [0.0, 1.0] if isinstance(domain, Unit) else [0.0]
    for edge in edges:
        if not domain.contains(np.asarray(edge)):
            continue
        there = np.array(theta)
        there[..., k] = edge
        with np.errstate(all="ignore"):
            height = likelihood.log_likelihood(there[..., likelihood.free])
        better = (height >= np.where(np.isnan(value), -np.inf, value)) & np.isfinite(height)
        theta = np.where(np.asarray(better)[..., None], there, theta)
        value, converged = np.where(better, height, value), converged | better
    return theta, value, converged


def runaway(likelihood: Any, theta: Array, start: Mapping[str, Any], arrived: bool = True) -> str:
    """Return why a single sample has no maximum, where a parameter has run away; "" where none has.

    A parameter has run away when it is far from where its climb began, or the climb has not arrived, or counts have
    become certain, and going further still does not lower the likelihood by more than rounding.

    >>> from mlecore import Exponential, Likelihood, observed
    >>> L = Likelihood(Exponential, observed([6.0, 8.0, 9.0], window=(0.0, 10.0)))
    >>> runaway(L, np.array([1e-12]), {"rate": 0.1})[:44]
    'the likelihood keeps rising as rate falls to'
    """
    layout = likelihood.layout
    begin = layout.flatten_all(start)
    here = likelihood.log_likelihood(theta[likelihood.free])
    sure = certain(likelihood, here)
    for i in likelihood.free:
        domain = layout.domain(i)
        if not np.isfinite(theta[i]):
            return f"the likelihood keeps rising as {layout.names[i]} grows"
        here_u = domain.to_real(theta[i])
        moved = here_u - domain.to_real(begin[i])
        logarithm = np.isfinite(domain.longest_step)
        far = abs(moved) > (_FAR if logarithm else 100.0 * _reach(likelihood.statistic))
        if logarithm and layout.names[i] not in likelihood.family.units:
            # What has no unit is far from everything at such a size, wherever it began.
            far, lost = far or abs(here_u) > _LOST, abs(here_u) > _LOST
        else:
            lost = False
        if (arrived and not (far or sure)) or domain.at_edge(theta[i : i + 1])[0]:
            continue
        if not logarithm and not far:
            continue  # a location may be where it began
        further = np.array(theta)
        if lost or (logarithm and abs(moved) < 1e-3):
            moved = here_u  # it began far away from everything: on from there
        step = np.sign(moved) * 2.0 if logarithm else moved
        further[i] = domain.from_real(domain.to_real(theta[i]) + step)[0]
        value = likelihood.log_likelihood(further[likelihood.free])
        if not value >= here:
            value = likelihood.given({layout.names[i]: further[i]}).climbed(further).log_likelihood
        if not value < here - 1e-9 * (1.0 + abs(here)):
            way = "moves away" if not logarithm else "grows" if moved > 0 else "falls to 0"
            limit = likelihood.family._limits.get(layout.names[i]) if way == "grows" else None
            return (
                f"the likelihood keeps rising as {layout.names[i]} {way} (followed to {theta[i]:.3g})"
                + (f", and the {likelihood.family.__name__} becomes {limit}" if limit else "")
                + ": what was seen does not hold it back"
            )
    return ""


def certain(likelihood: Any, value: Array) -> Array:
    """Say where counts have all but the probability 1, which none of them has inside the domain.

    >>> from mlecore import Likelihood, Poisson
    >>> bool(certain(Likelihood(Poisson, [0, 0]), np.array(-1e-12)))
    True
    """
    return likelihood.family.support.whole & (np.asarray(value) > -_CERTAIN)


def _reach(t: Any) -> float:
    """Return how far apart the limits and values lie."""
    if not isinstance(t, Events):
        return float(np.ptp(t.values))
    limits = np.concatenate(
        [t.seen.low, t.seen.high, t.windows.low, t.windows.high, np.array(t.span)]
    )
    limits = limits[np.isfinite(limits)]
    return float(np.ptp(limits)) if limits.size else 0.0


# -- corners ---------------------------------------------------------------------------------------------


def cornered(likelihood: Any) -> tuple[Array, Array, Array]:
    """Return all scalars, the log-likelihood and whether it is a maximum, for a family with corners or moving ends.

    The likelihood of a Laplace has a corner at each exact value, and that of a Uniform ends there: no slope leads to
    such a place. Each such parameter is looked for among the values and limits, and between those beside the best,
    the others at their best each time.
    """
    family, layout, t = likelihood.family, likelihood.layout, likelihood.statistic
    places = [i for i in likelihood.free if layout.names[i] in family.corners]
    # A climb of all scalars ends beside a corner: a few steps give the other scalars a place to begin.
    theta = np.array(likelihood.climbed(max_iterations=_BRIEF).theta)
    limits = (
        np.concatenate([t.seen.low, t.seen.high, likelihood.corner_values()])
        if isinstance(t, Events)
        else t.thinned(_CANDIDATES).values
    )
    limits = np.unique(limits[np.isfinite(limits)])
    best = -np.inf
    for _ in range(6):
        before = best
        for i in places:
            theta, best = _line_search(likelihood, theta, i, limits)
        if not best > before + 1e-12 * (1.0 + abs(best)):
            break
    return theta, np.float64(best), np.isfinite(best)


def _line_search(likelihood: Any, theta: Array, i: int, candidates: Array) -> tuple[Array, float]:
    """Return the best vector with scalar i anywhere, the other corners held and the rest at their best."""
    layout = likelihood.layout
    name, corners = layout.names[i], likelihood.family.corners
    held = {
        layout.names[j]: theta[j] for j in likelihood.free if layout.names[j] in corners and j != i
    }

    def profile(values: Array) -> Any:
        values = values[layout.domain(i).contains(values)]
        grid = likelihood.given(
            {**{k: np.broadcast_to(v, values.shape) for k, v in held.items()}, name: values}
        )
        return grid.climbed(
            layout.moved(np.broadcast_to(theta, (values.size, theta.size)), i, values)
        )

    grid = np.unique(np.concatenate([candidates, theta[i : i + 1]]))
    for _ in range(30):
        top = profile(grid)
        height = np.where(np.isnan(top.log_likelihood), -np.inf, top.log_likelihood)
        k = int(np.argmax(height))
        x = top.theta[:, i]
        low, high = x[max(k - 1, 0)], x[min(k + 1, x.size - 1)]
        if high - low <= 1e-13 * max(abs(low), abs(high)):
            break
        grid = np.unique(np.concatenate([np.linspace(low, high, 17), x[k : k + 1]]))
    return np.array(top.theta[k]), float(height[k])


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
