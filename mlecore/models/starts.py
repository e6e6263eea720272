"""The search for the maximum of a mixture: where climbs begin, how they go on, and which of them ended at a maximum.

Each start is a guess at which value came from which component. A few steps of EM (Dempster, Laird and Rubin 1977), weighted
fits of the components by their own ways to the maximum, lead from there to the right hill, and Newton's method to its top.
"""

from __future__ import annotations

import copy
import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from ..censoring import stood_in
from ..climbing import Top, climb, look, newton_step
from ..domains import Positive, Unit
from ..errors import ConvergenceError, DataError, NoMLEError
from ..likelihood import Likelihood
from ..mass import lifted
from ..statistics import Events, Sample

__all__ = ["Search", "can_spike", "climbed", "search", "why_none"]

Array = np.ndarray

# EM only has to find the hill.
_EM_CYCLES, _EM_GAIN, _LONGEST, _CONCAVE = 40, 1e-4, 64.0, 1e-3
_CLIMB = 100
# A component narrower than this part of the sample is on its way to a single value.
_NARROW = 1e-3
# So many standard deviations lie between the 5 % and the 95 % quantile of a Normal.
_NINE_TENTHS = 3.29
# A component that holds less than this of one observation is empty.
_EMPTY = 1e-4
# Components whose log-densities differ by less than this at every value are one.
_TOLD_APART = 1e-3
# A logarithm so far from that of the sample's spread, or from 0, has run away.
_FAR = 16.0
# Beyond this a logarithm or logit is tried at the edge that it goes to.
_NEAR_EDGE = 8.0
# A long sample is searched in a part of this size, and the best few places found there are climbed from.
_PART, _BEST = 4096, 4
# Log-likelihoods this close, relative to their size, are those of one maximum.
_SAME = 1e-6
# Where EM has led two starts this close to each other, they are on one hill.
_BESIDE = 0.02
# How sure a start is of its guess; a component that guesses where its support ends has to be sure.
_SURE = (0.9, 0.99)


@dataclass
class Search:
    """From how many places to climb, and what draws them; or where to climb from."""

    starts: int = 20
    seed: int = 0
    near: Array | None = None

    @classmethod
    def of(cls, starts: Any, rng: Any) -> Self:
        """Check what a user gave.

        >>> Search.of(5, 0).starts
        5
        """
        if not (isinstance(starts, numbers.Integral) and starts >= 1):
            raise DataError(f"starts must be a whole number >= 1, got {starts!r}")
        if not isinstance(rng, np.random.Generator | numbers.Integral):
            raise DataError(f"rng must be a whole number or a numpy Generator, got {rng!r}")
        drawn = isinstance(rng, np.random.Generator)
        return cls(int(starts), int(rng.integers(2**62)) if drawn else int(rng))


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
    ends, state = _climbed_once(small, *_em(small, _guesses(small, plan)))
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


# -- where to begin --------------------------------------------------------------------------------


def _guesses(likelihood: Any, plan: Search) -> Array:
    """Return for each start, component and value a guess at the probability that the one came from the other.

    The first cuts the sample into equal parts by size; the others cut it at random places, by size or by the distance
    from one of the values, and deal the parts out in random order. The order of the values does not matter, nor whether
    one is there three times or has the weight 3.
    """
    family, t = likelihood.family, likelihood.statistic
    rng = np.random.default_rng(plan.seed)
    x, count = t.values, len(family.components)
    by_size = _ranks(x, t.weights)
    irregular = np.array([bool(f.irregular) for f in family.components])[:, None]
    guesses = np.empty((plan.starts, count, x.size))
    for s in range(plan.starts):
        u, cuts, order = by_size, np.arange(1, count) / count, np.arange(count)
        if s:
            if s % 3 == 0:
                around = x[np.argmin(np.abs(by_size - rng.random()))]
                u = _ranks(np.abs(x - around), t.weights)
            cuts = np.cumsum(rng.dirichlet(np.ones(count)))[:-1]
            order = rng.permutation(count)
        part = order[np.searchsorted(cuts, u)]
        sure = np.where(irregular, 1.0, _SURE[s % 2])
        guesses[s] = sure * (np.arange(count)[:, None] == part) + (1.0 - sure) / count
    possible = np.array([f.support.contains(x) for f in family.components])
    guesses = np.where(possible, guesses, 0.0)
    total = guesses.sum(axis=1, keepdims=True)
    # Where the component of the guess cannot have made the value, any other may have.
    return np.where(
        total > 0, guesses / np.where(total > 0, total, 1.0), possible / possible.sum(axis=0)
    )


def _ranks(x: Array, weights: Array) -> Array:
    """Return the share of the sample that lies below each value, half of those equal to it counted."""
    _, first = np.unique(x, return_inverse=True)
    size = np.bincount(first, weights)
    return ((np.cumsum(size) - 0.5 * size) / weights.sum())[first]


# -- EM --------------------------------------------------------------------------------------------


def _em(likelihood: Any, guesses: Array) -> tuple[Array, Array]:
    """Return where EM leads from each guess, all free scalars, a row each, and how high that is.

    It ends where the log-likelihood is concave, which Newton's method wants, or where it hardly rises any more.
    """
    full = _refitted(likelihood, guesses, None)
    height = np.full(len(full), -np.inf)
    rows = np.arange(len(full))
    for cycle in range(_EM_CYCLES):
        before = height[rows]
        full[rows], height[rows] = _accelerated(likelihood, full[rows])
        still = ~(height[rows] - before > _EM_GAIN) | _spiked(likelihood, full[rows])
        if cycle % 3 == 2:
            still |= _near_top(likelihood, full[rows])
        rows = rows[~still]
        if not rows.size:
            break
    return full, height


def _step(likelihood: Any, full: Array) -> tuple[Array, Array]:
    """Return what one step of EM makes of each row, and the log-likelihood before it."""
    t = likelihood.statistic
    joint = lifted(likelihood.layout.distribution(full, likelihood.known))._joint(t.values)
    value = np.logaddexp.reduce(joint)
    shares = np.moveaxis(np.exp(joint - value), 0, 1)
    return _refitted(likelihood, np.nan_to_num(shares), full), t.sum(value)


def _accelerated(likelihood: Any, full: Array) -> tuple[Array, Array]:
    """Return where two steps of EM lead, or a leap along them where it is higher, and a height reached on the way.

    The leap is Varadhan and Roland's (2008).
    """
    layout, free = likelihood.layout, likelihood.free
    one, _ = _step(likelihood, full)
    two, height = _step(likelihood, one)
    u, v, w = (layout.to_real(f[:, free], free) for f in (full, one, two))
    first, second = v - u, (w - v) - (v - u)
    unit = np.where(np.isfinite(layout.longest_step(free)), 1.0, _spread(likelihood))
    length = np.linalg.norm(first / unit, axis=1) / np.linalg.norm(second / unit, axis=1)
    length = np.clip(np.nan_to_num(length, nan=1.0), 1.0, _LONGEST)[:, None]
    leap = np.array(two)
    leap[:, free] = layout.from_real(u + 2.0 * length * first + length**2 * second, free)[0]
    there = np.broadcast_to(likelihood._evaluate_full(leap, "_log_likelihood", 0), height.shape)
    better = there >= height
    return np.where(better[:, None], leap, two), np.where(better, there, height)


def _near_top(likelihood: Any, full: Array) -> Array:
    """Say which rows are near a maximum: the curvature is that of one, and Newton's step promises little."""
    free, layout = likelihood.free, likelihood.layout
    if likelihood.family.corners or not free.size:
        return np.zeros(len(full), dtype=bool)
    _, gain, least, _ = newton_step(look(likelihood, layout.to_real(full[:, free], free)))
    return (least > _CONCAVE) & (gain < 1.0)


def _refitted(likelihood: Any, shares: Array, old: Array | None) -> Array:
    """Return the weights and the components at their best, each value counting for its share."""
    family, layout, t = likelihood.family, likelihood.layout, likelihood.statistic
    w = shares * t.weights
    new = np.full((len(w), len(layout.names)), np.nan)
    weights = _weights(likelihood, w.sum(axis=-1))
    new[:, : weights.shape[1]] = weights
    for k, component in enumerate(family.components):
        here = _places(family, layout, k)
        held = {n: likelihood.held[i] for n, i in here.items() if i in likelihood.held}
        held |= {n: v for n, v in likelihood.known.items() if n in component.domains}
        columns = list(here.values())
        before = None if old is None else old[:, columns]
        new[:, columns] = _component(component, t.values, w[:, k], held, before)
    return new


def _places(family: Any, layout: Any, k: int) -> dict[str, int]:
    """Return where the free scalars of a component lie among those of the mixture, by their own names."""
    return {
        name: layout.index(mine)
        for name, mine in family.columns[k].items()
        if mine in layout.domains
    }


def _weights(likelihood: Any, size: Array) -> Array:
    """Return all weights but the last from how much each component holds, the held ones as they are."""
    layout, names = likelihood.layout, likelihood.family.weight_names
    held = {
        j: likelihood.held[i]
        for j, n in enumerate(names)
        if (i := layout.index(n)) in likelihood.held
    }
    free = np.array([k not in held for k in range(size.shape[1])])
    size = np.where(free, size, 0.0)
    left = 1.0 - sum(held.values(), np.asarray(0.0))
    weights = size / size.sum(axis=1, keepdims=True) * left
    for j, value in held.items():
        weights[:, j] = value
    return weights[:, :-1]


def _component(family: Any, x: Array, w: Array, held: dict[str, Any], old: Array | None) -> Array:
    """Return the weighted fits of one component, a row each; where there is none, what it was before."""
    inside = family.support.contains(x)
    w = np.where(inside, w, 0.0)
    if not inside.all():
        x = np.where(inside, x, x[np.argmax(inside)])
    t = family._statistics(np.broadcast_to(x, w.shape), w).of_family(family)
    likelihood = Likelihood(family, t, fixed=held)
    smooth = isinstance(t, Sample) and not family.corners
    if old is not None and (smooth or family._climbs()):
        # Two steps uphill are as good as the whole way here, and much cheaper without a small statistic.
        start = np.where(np.isfinite(old), old, likelihood.layout.interior)
        full = likelihood._full(climb(likelihood, start[:, likelihood.free], 2).theta)
    else:
        full = family._find(likelihood)[1]
    full = np.broadcast_to(full, (len(w), len(likelihood.layout.names)))
    good = likelihood.layout.contains(full)[:, None]
    return np.where(good, full, np.nan if old is None else old)


# -- Newton's climbs -------------------------------------------------------------------------------


def climbed(likelihood: Any, full: Array, max_iterations: int = 200) -> Top:
    """Climb from each row of all free scalars; `theta` of what is returned holds all of them too."""
    free = likelihood.free
    corners = set(likelihood.family.corners)
    names = [likelihood.layout.names[i] for i in free]
    held = {n: full[:, i] for n, i in zip(names, free, strict=True) if n in corners}
    if not held:
        return _to_edges(likelihood, _smoothly(likelihood, full, max_iterations))
    lost = Top(full[:1], np.array([np.nan]), np.array([False]), np.array([0]))
    rows = [
        _among_corners(likelihood.at(np.array([r])), full[r : r + 1], tuple(held), max_iterations)
        if np.isfinite(full[r]).all()
        else lost
        for r in range(len(full))
    ]
    return Top(*(np.concatenate(column) for column in zip(*rows, strict=True)))


def _smoothly(likelihood: Any, full: Array, max_iterations: int) -> Top:
    """Climb with the scalars that are on an edge of their domain held there."""
    free, names = likelihood.free, likelihood.layout.names
    at_edge = likelihood.layout.at_edge(full)[:, free]
    count = len(full)
    theta, height = np.array(full), np.full(count, np.nan)
    converged, iterations = np.zeros(count, dtype=bool), np.zeros(count, dtype=int)
    for pattern in np.unique(at_edge, axis=0):
        rows = np.flatnonzero((at_edge == pattern).all(axis=1) & np.isfinite(full).all(axis=1))
        if rows.size:
            here = likelihood.at(rows).given({names[i]: full[rows, i] for i in free[pattern]})
            top = climb(here, full[rows][:, here.free], max_iterations)
            theta[rows] = here._full(top.theta)
            height[rows], converged[rows], iterations[rows] = top[1:]
    return Top(theta, height, converged, iterations)


def _to_edges(likelihood: Any, top: Top) -> Top:
    """Put scalars that have come near an edge of their domain onto it, where that is no worse and the slope leads out."""
    layout, weights = likelihood.layout, likelihood.family.weight_names
    edged = np.array(top.theta)
    for i in likelihood.free:
        domain = layout.domain(i)
        if layout.names[i] in weights:
            continue  # without its weight a component is not there
        u = domain.to_real(top.theta[:, i])
        if isinstance(domain, Positive) and domain.zero:
            edged[u < -_NEAR_EDGE, i] = 0.0
        if isinstance(domain, Unit):
            edged[u > _NEAR_EDGE, i] = 1.0
            if domain.zero:
                edged[u < -_NEAR_EDGE, i] = 0.0
    rows = np.flatnonzero((edged != top.theta).any(axis=1) & np.isfinite(top.theta).all(axis=1))
    if not rows.size:
        return top
    here = likelihood.at(rows)
    new = _smoothly(here, edged[rows], _CLIMB)
    slope = here._evaluate_full(new.theta, "_score_vector", 1)
    on_edge = layout.at_edge(new.theta)
    outward = np.where(new.theta == 0, -slope, slope) >= 0
    good = (outward | ~on_edge).all(axis=1) & new.converged
    old = top.log_likelihood[rows]
    good &= new.log_likelihood >= old - 1e-9 * (1.0 + np.abs(old))
    columns = [np.array(column) for column in top]
    for column, better in zip(columns, new, strict=True):
        column[rows[good]] = better[good]
    return Top(*columns)


def _among_corners(
    likelihood: Any, full: Array, corners: tuple[str, ...], max_iterations: int
) -> Top:
    """Climb one row where some parameters have their best places at values: there no slope leads, so neighbours are tried."""
    layout, t = likelihood.layout, likelihood.statistic
    places = [layout.index(name) for name in corners]
    points = np.unique(
        likelihood.corner_values() if isinstance(t, Events) else t.values[t.weights > 0]
    )
    theta, best = full[0], -np.inf
    steps = 2 ** np.arange(int(np.log2(max(points.size, 2))) + 1)
    for _ in range(50):
        here = likelihood.given({name: theta[i] for name, i in zip(corners, places, strict=True)})
        top = _smoothly(here, theta[None], 3)
        theta, best = top.theta[0], float(top.log_likelihood[0])
        start = best
        for i in places:
            k = int(np.argmin(np.abs(points - theta[i])))
            near = np.unique(np.clip(k + np.concatenate([-steps, [0], steps]), 0, points.size - 1))
            tried = np.repeat(theta[None], near.size, axis=0)
            tried[:, i] = points[near]
            narrow = _spreads(likelihood, tried).min(axis=0) < _NARROW * _spread(likelihood)
            height = likelihood._evaluate_full(tried, "_log_likelihood", 0)
            height = np.where(np.isfinite(height) & ~narrow, height, -np.inf)
            if height.max() > best:
                theta, best = tried[np.argmax(height)], float(height.max())
        if not best > start + 1e-9 * (1.0 + abs(best)):
            break
    return _to_edges(here, _smoothly(here, theta[None], max_iterations))


# -- which of them ended at a maximum --------------------------------------------------------------


def _ends(likelihood: Any, full: Array) -> tuple[Top, Array]:
    """Climb from each row; return where the climbs ended, and as what: 0 a maximum inside, 1 a spike, 2 nothing."""
    spiked = _spiked(likelihood, full)
    begin = np.where(spiked[:, None], np.nan, full)
    top = climbed(likelihood, begin, _CLIMB)
    theta = np.where(spiked[:, None], full, top.theta)
    spiked |= _spiked(likelihood, theta)
    sound = top.converged & np.isfinite(top.log_likelihood) & ~_gone(likelihood, theta)
    sound &= ~_merged(likelihood, theta)
    state = np.where(spiked, 1, np.where(sound, 0, 2))
    return top._replace(theta=theta), state


def _climbed_once(likelihood: Any, full: Array, height: Array) -> tuple[Top, Array]:
    """Return the ends of climbs, those of rows that EM has led to one place already climbed once."""
    first = np.arange(len(full))
    place = np.sort(full, axis=1)
    for k in range(len(full)):
        near = np.abs(place[:k] - place[k]) <= _BESIDE * np.abs(place[:k])
        twins = near.all(axis=1) & (np.abs(height[:k] - height[k]) <= _BESIDE)
        if twins.any():
            first[k] = first[np.argmax(twins)]
    rows, back = np.unique(first, return_inverse=True)
    ends, state = _ends(likelihood, full[rows])
    return Top(*(column[back] for column in ends)), state[back]


def _members(likelihood: Any, full: Array) -> Any:
    return likelihood.layout.distribution(full, likelihood.known).members


def _spreads(likelihood: Any, full: Array) -> Array:
    """Return how wide each component is, on the first axis; infinitely wide where it cannot shrink to a point."""
    rows = []
    for d in _members(likelihood, full):
        wide = np.full(len(full), np.inf)
        if not d.support.whole:
            sd = np.sqrt(np.asarray(d.var, dtype=float))
            unit = np.asarray(d._place()[1], dtype=float)
            wide = np.broadcast_to(np.where(np.isfinite(sd), sd, unit), len(full))
        rows.append(wide)
    return np.stack(rows)


def _spread(likelihood: Any) -> float:
    """Return the standard deviation of what was seen, a few points standing for each event.

    Where the tails are heavy, what it would be of a Normal whose middle nine tenths are as wide.
    """
    t = stood_in(likelihood.family, likelihood.statistic)

    def measured() -> float:
        sd = float(np.sqrt(t.mean((t.values - t.mean(t.values)) ** 2)))
        order = np.argsort(t.values)
        below = np.cumsum(t.weights[order]) / t.weights.sum()
        low, high = t.values[order][np.searchsorted(below, (0.05, 0.95))]
        return min(sd, float(high - low) / _NINE_TENTHS) or sd

    return float(t.once("_spread", measured))


def _spiked(likelihood: Any, full: Array) -> Array:
    return (_spreads(likelihood, full) < _NARROW * _spread(likelihood)).any(axis=0)


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
    size = np.log(_spread(likelihood) or 1.0)
    for i in likelihood.free:
        domain, name = likelihood.layout.domain(i), likelihood.layout.names[i]
        if isinstance(domain, Positive):
            u = np.abs(domain.to_real(full[:, i]) - likelihood.family.units.get(name, 0) * size)
            gone |= (u > _FAR) & (full[:, i] > 0)
    return gone


def _merged(likelihood: Any, full: Array) -> Array:
    """Say which rows have two components that the data cannot tell apart."""
    t, components = stood_in(likelihood.family, likelihood.statistic), likelihood.family.components
    members = lifted(likelihood.layout.distribution(full, likelihood.known)).members
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
    new = np.array(theta)
    new[: order.size - 1] = np.array([d.weights[k] for k in order[:-1]])
    for k, j in enumerate(order):
        new[list(_places(family, layout, k).values())] = theta[
            list(_places(family, layout, j).values())
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


def can_spike(family: Any, t: Any, fixed: Mapping[str, Any]) -> str:
    """Return the name of a component whose density grows without bound as it shrinks to one value, "" where none does.

    >>> from mlecore import Exponential, Normal
    >>> from mlecore.models import Mixture
    >>> x = Sample.of(np.array([1.0, 2.0]))
    >>> can_spike(Mixture(Normal, 2), x, {}), can_spike(Mixture(Exponential, 2), x, {})
    ('Normal', '')
    """
    if isinstance(t, Events):
        t = t.exact
    if t is None or family.support.whole:
        return ""
    for component, names in zip(family.components, family.columns, strict=True):
        x = t.values[component.support.contains(t.values)][:1]
        if not x.size:
            continue
        held = {own: fixed[mine] for own, mine in names.items() if mine in fixed}
        two = Likelihood(component, component._statistics(np.repeat(x, 2), None), fixed=held)
        if any(np.any(refusal.where) for refusal in component._refusals(two)):
            return str(component.__name__)
    return ""


def why_none(likelihood: Any) -> tuple[str, Any]:
    """Return why a mixture has no maximum inside, and the fit of a smaller one where there is one."""
    plan, found = getattr(likelihood, "search", Search()), likelihood.found
    family, components = likelihood.family, likelihood.family.components
    reason = (
        f"of {plan.starts} starts none ended at a maximum inside: {found.spikes} shrank a component to a single value, and "
        f"in {found.lost} the components merge, one of them empties, or a parameter runs away. Try fewer components"
    )
    limit = None
    if not likelihood.held and len(set(components)) == 1 and likelihood.data is not None:
        fewer = components[0] if len(components) == 2 else family.again(components[:-1])
        try:
            limit = fewer.fit(likelihood.data, likelihood.weights, fixed=dict(likelihood.known))
        except (NoMLEError, ConvergenceError):
            limit = None
    return reason, limit
