"""The search for the maximum of a mixture: which of many climbs ended at one, and what is said of it.

A few steps of EM lead from each start to the right hill, and Newton's method to its top.
"""

from __future__ import annotations

import copy
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from ..censoring import stood_in
from ..climbing import Top
from ..domains import Positive
from ..errors import ConvergenceError, NoMLEError
from ..members import lifted
from ..statistics import Events
from .climbs import CLIMB, climbed, twins
from .em import em, places_of
from .spikes import can_spike, spiked, spread
from .starts import Search, guesses

__all__ = ["exchanged", "search", "why_none"]

Array = np.ndarray

# A component that holds less than this of one observation is empty.
_EMPTY = 1e-4
# Components whose log-densities differ by less than this at every value are one.
_TOLD_APART = 1e-3
# A logarithm so far from that of the sample's spread, or from 0, has run away.
_FAR = 16.0
# Values that differ by a smaller part of their size have too few digits to be climbed.
_APART = 1e-9
# A long sample is searched in a part of this size, and the best few places found there are climbed from.
_PART, _BEST = 4096, 4
# Log-likelihoods this close, relative to their size, are those of one maximum.
_SAME = 1e-6
# After so many of Newton's steps a climb that is not at its top, and so many nats below the best one, is given up.
_SOON, _BEHIND = 12, 10.0


class Found(NamedTuple):
    """The best end of a search: all free scalars, and what became of the starts."""

    theta: Array
    converged: bool
    iterations: int
    notes: tuple[str, ...] = ()
    spikes: int = 0
    lost: int = 0


def search(likelihood: Any) -> Found:
    """Return the highest maximum inside that was found for one sample."""
    family = likelihood.family
    plan = getattr(likelihood, "search", Search())
    points = likelihood
    if isinstance(likelihood.statistic, Events):
        points = _with(likelihood, stood_in(family, likelihood.statistic))
    small = _with(points, points.statistic.thinned(_PART))
    ends, state = _climbed_once(small, *em(small, guesses(small, plan)))
    if small.statistic is not likelihood.statistic:
        # The hills of the part, highest first, each climbed once more among all the data.
        best = _distinct(ends, state == 0)[:_BEST]
        agreed = [_agreeing(ends, state, k) for k in best]
        spikes, lost = int((state == 1).sum()), int((state == 2).sum())
        ends, state = _ends(likelihood, ends.theta[best]) if best else (ends, state)
    else:
        best = _distinct(ends, state == 0)
        agreed = [_agreeing(ends, state, k) for k in best]
        ends = ends if not best else Top(*(column[best] for column in ends))
        spikes, lost = int((state == 1).sum()), int((state == 2).sum())
        state = state[best] if best else state
    inside = np.flatnonzero(state == 0)
    if not inside.size:
        k = int(np.argmax(np.where(np.isfinite(ends.log_likelihood), ends.log_likelihood, -np.inf)))
        return Found(ends.theta[k], False, int(ends.iterations[k]), (), spikes, lost)
    k = int(inside[np.argmax(ends.log_likelihood[inside])])
    theta = ends.theta[k] if likelihood.held else _ordered(likelihood, ends.theta[k])
    notes = _notes(likelihood, plan.starts, agreed[k], spikes)
    return Found(theta, True, int(ends.iterations[k]), notes, spikes, lost)


def _with(likelihood: Any, statistic: Any) -> Any:
    """Return the same likelihood of other data."""
    if statistic is likelihood.statistic:
        return likelihood
    other = copy.copy(likelihood)
    other.statistic, other.data, other.weights = statistic, None, None
    return other


# -- which of them ended at a maximum --------------------------------------------------------------


def _ends(likelihood: Any, full: Array) -> tuple[Top, Array]:
    """Climb from each row; return where the climbs ended, and as what: 0 a maximum inside, 1 a spike, 2 nothing.

    Those that crawl far below a maximum that others have reached are left where they are.
    """
    shrunk = spiked(likelihood, full)
    top = climbed(likelihood, np.where(shrunk[:, None], np.nan, full), _SOON)
    state = _judged(likelihood, full, top, shrunk)
    best = np.max(top.log_likelihood, where=state == 0, initial=-np.inf)
    go_on = np.flatnonzero(~shrunk & ~top.converged & ~(top.log_likelihood < best - _BEHIND))
    if go_on.size:
        columns = [np.array(column) for column in top]
        more = climbed(likelihood.at(go_on), top.theta[go_on], CLIMB)
        for column, new in zip(columns, more, strict=True):
            column[go_on] = new
        top = Top(*columns)
        state = _judged(likelihood, full, top, shrunk)
    return top._replace(theta=np.where(shrunk[:, None], full, top.theta)), state


def _judged(likelihood: Any, full: Array, top: Top, shrunk: Array) -> Array:
    """Say as what each climb ended; rows that were spikes to begin with have not moved."""
    theta = np.where(shrunk[:, None], full, top.theta)
    sound = top.converged & np.isfinite(top.log_likelihood) & ~_gone(likelihood, theta)
    sound &= ~_merged(likelihood, theta)
    return np.where(shrunk | spiked(likelihood, theta), 1, np.where(sound, 0, 2))


def _climbed_once(likelihood: Any, full: Array, height: Array) -> tuple[Top, Array]:
    """Return the ends of climbs, those of rows that EM has led to one place already climbed once."""
    rows, back = np.unique(twins(full, height), return_inverse=True)
    ends, state = _ends(likelihood, full[rows])
    return Top(*(column[back] for column in ends)), state[back]


def _gone(likelihood: Any, full: Array) -> Array:
    """Say which rows have an empty component, or a parameter that has run away."""
    d = likelihood.layout.distribution(full, likelihood.known)
    gone = np.zeros(len(full), dtype=bool)
    held = any(
        name in likelihood.family.weight_names
        for name in set(likelihood.layout.names) - set(likelihood.names)
    )
    if not held:
        gone |= np.min(np.broadcast_arrays(*d.weights), axis=0) * likelihood.n < _EMPTY
    size = np.log(spread(likelihood) or 1.0)
    for i in likelihood.free:
        domain, name = likelihood.layout.domain(i), likelihood.layout.names[i]
        if isinstance(domain, Positive):
            u = np.abs(domain.to_real(full[:, i]) - likelihood.family.units.get(name, 0) * size)
            gone |= (u > _FAR) & (full[:, i] > 0)
    return gone


def _merged(likelihood: Any, full: Array) -> Array:
    """Say which rows have two components that the data cannot tell apart."""
    t, components = stood_in(likelihood.family, likelihood.statistic), likelihood.family.components
    members = map(lifted, likelihood.layout.distribution(full, likelihood.known).members)
    logs = [np.broadcast_to(d.log_prob(t.values), (len(full), t.width)) for d in members]
    merged = np.zeros(len(full), dtype=bool)
    for k, one in enumerate(logs):
        for j in range(k):
            if components[j] is components[k]:
                apart = np.where((one == logs[j]) | (t.weights == 0), 0.0, np.abs(one - logs[j]))
                merged |= apart.max(axis=1) < _TOLD_APART
    return merged


def _distinct(ends: Top, inside: Array) -> list[int]:
    """Return the rows of different maxima, the highest first."""
    kept: list[int] = []
    for k in np.argsort(-np.where(inside, ends.log_likelihood, -np.inf)):
        if inside[k] and not any(
            _same(ends.log_likelihood[k], ends.log_likelihood[j]) for j in kept
        ):
            kept.append(int(k))
    return kept


def _same(a: Any, b: Any) -> Any:
    return np.abs(a - b) <= _SAME * (1.0 + np.abs(b))


def _agreeing(ends: Top, state: Array, k: int) -> int:
    return int(((state == 0) & _same(ends.log_likelihood, ends.log_likelihood[k])).sum())


def _ordered(likelihood: Any, theta: Array) -> Array:
    """Return the same member with the components of each family by increasing mean, or median where there is none."""
    family, layout = likelihood.family, likelihood.layout
    d = layout.distribution(theta, likelihood.known)
    order = np.arange(len(family.components))
    middle = np.array([_middle(m) for m in d.members])
    for one in set(family.components):
        places = np.array([k for k, f in enumerate(family.components) if f is one])
        order[places] = places[np.argsort(middle[places], kind="stable")]
    return _renamed(family, layout, d, theta, order)


def exchanged(likelihood: Any, theta: Array) -> list[Array]:
    """Return the same member with two components of one family that have exchanged their numbers, for each such pair.

    Without a hypothesis these are the same member. Where a component is held at a value, another one may suit it better.
    """
    family, layout = likelihood.family, likelihood.layout
    d, several = layout.distribution(theta, likelihood.known), []
    for j, k in combinations(range(len(family.components)), 2):
        if family.components[j] is family.components[k]:
            order = np.arange(len(family.components))
            order[[j, k]] = k, j
            several.append(_renamed(family, layout, d, theta, order))
    return several


def _renamed(family: Any, layout: Any, d: Any, theta: Array, order: Array) -> Array:
    """Return all free scalars of the same member with its components in another order."""
    new = np.array(theta)
    mixing = family._permuted(layout, d, order)
    new[: mixing.size] = mixing
    for k, j in enumerate(order):
        new[list(places_of(family, layout, k).values())] = theta[
            list(places_of(family, layout, j).values())
        ]
    return new


def _middle(d: Any) -> float:
    mean = float(d.mean)
    return mean if np.isfinite(mean) else float(d.ppf(0.5))


# -- what is said of it ----------------------------------------------------------------------------


def _notes(likelihood: Any, starts: int, agreed: int, spikes: int) -> tuple[str, ...]:
    discarded = (
        f"; {spikes} shrank a component to a spike and {'was' if spikes == 1 else 'were'} discarded"
        if spikes
        else ""
    )
    notes = [f"{agreed} of {starts} starts agreed on this maximum{discarded}"]
    spiky = can_spike(likelihood.family, likelihood.statistic, likelihood.fixed)
    if spiky:
        notes.append(
            f"the likelihood has no highest point: it grows without bound as a {spiky} shrinks to a single value, a spike; "
            "this is the highest maximum found inside"
        )
    return tuple(notes)


def why_none(likelihood: Any) -> tuple[str, Any]:
    """Return why a mixture has no maximum inside, and the fit of a smaller one where there is one."""
    plan, found = getattr(likelihood, "search", Search()), likelihood.found
    family, components = likelihood.family, likelihood.family.components
    reason = (
        f"of {plan.starts} starts none ended at a maximum inside: {found.spikes} shrank a component to a single value, and "
        f"in {found.lost} the components merge, one of them empties, or a parameter runs away. Try fewer components"
    )
    x = np.asarray(getattr(likelihood.statistic, "values", np.zeros(1)))
    reach, size = float(np.ptp(x)), float(np.abs(x).max())
    if 0 < reach < _APART * size:
        return (
            f"the values differ by {reach / size:.0e} of their size alone, which leaves a climb too few digits. Subtract "
            f"{x.min():.6g} from them, and add it to what lies where they do",
            None,
        )
    limit = None
    if not likelihood.held and len(set(components)) == 1 and likelihood.data is not None:
        fewer = components[0] if len(components) == 2 else family.again(components[:-1])
        try:
            limit = fewer.fit(likelihood.data, likelihood.weights, fixed=dict(likelihood.known))
        except (NoMLEError, ConvergenceError):
            limit = None
    return reason, limit
