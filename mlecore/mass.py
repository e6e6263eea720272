"""What a part of a distribution holds: log P(a < X <= b), and its slope and curvature in the parameters.

Three roads lead there, each where it is exact. Where the distribution function is known, the mass is a difference of
the smaller tail. Where it is also known how a quantile moves with the parameters (`_flow`), so are the derivatives:
with v = dx/dtheta at a held F(x), dF/dtheta = -f v. Elsewhere, and where the part is so narrow that a difference
would cancel, the derivatives are conditional expectations: the score of log P(A) is E[s | A], and its Hessian
E[H | A] + Cov(s | A), with s and H those of a single observation. That identity needs a support that stays put and a
density that is smooth in the parameters; families without either have a flow.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, NamedTuple

import numpy as np

from .members import TERMS_AT_ONCE, by_rows, lifted, members, rows_of, take
from .nodes import narrow_nodes, wide_nodes
from .products import blocks
from .quadrature import cells
from .tails import log1mexp

__all__ = [
    "MassTerms",
    "log_mass",
    "log_tails",
    "mass_terms",
]

Array = np.ndarray

# A tail that changes by less than this between the limits has lost digits in the difference.
_NARROW = 0.1
# So many parts of one member share their nodes.
_MANY = 32
# So many values of a discrete distribution are added up rather than subtracted.
_FEW = 64
_LOG_HALF = float(np.log(0.5))
# Where less than this is left, the slopes of the rest cancel.
_LOG_FEW = float(np.log(1e-3))


class MassTerms(NamedTuple):
    """log P(a < X <= b), its slope and its Hessian in the free scalars, which lie on the last axes."""

    value: Array
    slope: Array
    curvature: Array


def _quietly(function: Callable) -> Callable:
    """Let infinities and NaN arise on the way without a word, and serve single numbers as a batch of one."""

    @wraps(function)
    def quiet(d: Any, *limits: Array) -> Any:
        single = not d.batch_shape and not any(map(np.ndim, limits))
        limits = tuple(np.atleast_1d(limit) for limit in limits)
        with np.errstate(all="ignore"):
            result = function(d, *limits)
        if not single:
            return result
        if isinstance(result, tuple):
            parts = tuple(part[0] for part in result)
            return type(result)(*parts) if hasattr(result, "_fields") else parts
        return result[0]

    return quiet


@_quietly
def log_tails(d: Any, x: Array) -> tuple[Array, Array]:
    """Return log P(X <= x) and log P(X > x), of any x, the infinities among them."""
    if d._tells_mass:
        return d._own_log_mass(np.full_like(x, -np.inf), x), d._own_log_mass(
            x, np.full_like(x, np.inf)
        )
    low, high = d._ends()
    x = np.floor(x) if d.support.whole else x
    below = (x < low) if d.support.whole else (x <= low)
    above = x >= high
    inside = ~(below | above)
    safe = np.where(inside & np.isfinite(x), x, d._harmless(x))
    tails = d._log_tails(safe)
    if tails is None:
        tails = _tails_by_nodes(d, safe)
    below, above = below | (x == -np.inf), above | (x == np.inf)
    return (
        np.where(above, 0.0, np.where(below, -np.inf, tails[0])),
        np.where(below, 0.0, np.where(above, -np.inf, tails[1])),
    )


def _tails_by_nodes(d: Any, x: Array) -> tuple[Array, Array]:
    infinite = np.full(np.shape(x), np.inf)
    low = _one_tail(d, -infinite, x)
    high = _one_tail(d, x, infinite)
    # A tail too heavy to be added up is what the other leaves.
    low = np.where(np.isnan(low), log1mexp(high), low)
    high = np.where(np.isnan(high), log1mexp(low), high)
    # The two make one whole; the larger is what the smaller leaves.
    return np.where(low < high, low, log1mexp(high)), np.where(low < high, log1mexp(low), high)


def _one_tail(d: Any, a: Array, b: Array) -> Array:
    """Return log P(a < X <= b) of parts that are all open at the same end; many of one member share their nodes."""
    shape, left = np.broadcast_shapes(d.batch_shape, a.shape), slice(None)
    if a.ndim == 1 and a.size >= _MANY:
        _, there, seen = _common_cells(d, a, b)
        if there is not None:
            top = there.nodes.weights.max()
            value = np.log(there.beyond(np.exp(there.nodes.weights - top).sum(axis=1))) + top
            left = np.flatnonzero(~seen)
            if not left.size:
                return value.reshape(shape)
    own = by_rows(d, a[left], b[left], lambda rows, a, b: (wide_nodes(rows, a, b).log_mass(),))[0]
    if isinstance(left, slice):
        return own
    value[left] = own.ravel()
    return value.reshape(shape)


@_quietly
def log_mass(d: Any, a: Array, b: Array) -> Array:
    """Return log P(a < X <= b); -inf where b <= a or nothing lies between."""
    if d._tells_mass:
        return d._own_log_mass(a, b)
    first, *others = (_log_mass(d, *piece) for piece in d._pieces(a, b))
    return np.logaddexp(first, *others) if others else first


def _log_mass(d: Any, a: Array, b: Array) -> Array:
    value, narrow = _by_difference(d, a, b)
    narrow = narrow & d._smooth_between(a, b)
    if narrow.any():
        value = np.array(value)
        rows = np.nonzero(narrow)
        a, b = np.broadcast_to(a, value.shape)[rows], np.broadcast_to(b, value.shape)[rows]
        value[rows] = narrow_nodes(rows_of(d, value.shape, rows), a, b).log_mass()
    return value


@_quietly
def mass_terms(d: Any, a: Array, b: Array) -> MassTerms:
    """Return log P(a < X <= b) with its slope and Hessian in the free scalars of d."""
    if d._tells_mass:
        return d._own_mass_terms(a, b)
    first, *others = (_mass_terms(d, *piece) for piece in d._pieces(a, b))
    return _together(first, *others) if others else first


def _together(one: MassTerms, other: MassTerms) -> MassTerms:
    """Return the terms of two pieces in one: of their probabilities and of these' derivatives, the sums."""
    value = np.logaddexp(one.value, other.value)
    slope, second = 0.0, 0.0
    for piece in (one, other):
        share = np.exp(piece.value - value)[..., None]
        outer = piece.slope[..., :, None] * piece.slope[..., None, :]
        slope = slope + np.where(share > 0, share * piece.slope, 0.0)
        share = share[..., None]
        second = second + np.where(share > 0, share * (piece.curvature + outer), 0.0)
    return MassTerms(value, slope, second - slope[..., :, None] * slope[..., None, :])


def _mass_terms(d: Any, a: Array, b: Array) -> MassTerms:
    if np.isposinf(b).all() and np.isfinite(a).all():
        known = d._beyond(a) if (a > d._ends()[0]).all() else None
        if known is None and d.support.whole and (np.floor(a) == d.support.low).all():
            known = _all_but_first(d, a)
        if known is not None:
            return MassTerms(*known)
    value, narrow = _by_difference(d, a, b)
    shape = value.shape
    a, b = np.broadcast_to(a, shape), np.broadcast_to(b, shape)
    whole = value == 0.0
    flowing = type(d)._flow_known()
    by_nodes = ~whole & np.isfinite(value) & (narrow if flowing else True) & d._smooth_between(a, b)
    if flowing:
        slope, curvature = _by_flow(d, a, b, value)
    else:
        p = len(d._own_layout().names)
        slope, curvature = np.zeros((*shape, p)), np.zeros((*shape, p, p))
    few = by_nodes & ~narrow & _all_but_few(d, a, b, value)
    if few.any():
        rows = np.nonzero(few)
        slope[rows], curvature[rows] = _by_the_rest(rows_of(d, shape, rows), a[rows], value[rows])
        by_nodes = by_nodes & ~few
    if by_nodes.any():
        value = np.array(value)
        for wide in (False, True):
            rows = np.nonzero(by_nodes & (narrow != wide))
            if wide and rows[0].size >= _MANY:
                left = _shared(d, a[rows], b[rows], rows, slope, curvature)
                rows = tuple(k[left] for k in rows)
            if rows[0].size:
                part = _by_expectation(rows_of(d, shape, rows), a[rows], b[rows], wide)
                if not wide:
                    value[rows] = part.value
                slope[rows], curvature[rows] = part.slope, part.curvature
    return MassTerms(value, slope, curvature)


def _by_difference(d: Any, a: Array, b: Array) -> tuple[Array, Array]:
    """Return the log-mass by the smaller tail, and where too little is between for that."""
    if np.isposinf(b).all() and np.isfinite(a).all():
        value = log_tails(d, a)[1]  # nothing to subtract
        return value, np.zeros(value.shape, dtype=bool)
    (low_a, high_a), (low_b, high_b) = log_tails(d, a), log_tails(d, b)
    with np.errstate(all="ignore"):
        lower = low_b + log1mexp(np.minimum(low_a - low_b, 0.0))
        upper = high_a + log1mexp(np.minimum(high_b - high_a, 0.0))
        middle = np.log1p(-(np.exp(low_a) + np.exp(high_b)))
        left, right = low_b < _LOG_HALF, high_a < _LOG_HALF
        value = np.where(left, lower, np.where(right, upper, middle))
        change = np.where(left, low_b - low_a, np.where(right, high_a - high_b, np.exp(middle)))
        empty = ~(b > a) | (np.isneginf(low_b)) | (np.isneginf(high_a))
        if d.support.whole:
            count = np.floor(b) - np.floor(a)
            empty |= count < 1
            narrow = (count <= _FEW) & ~empty
        else:
            narrow = (change < _NARROW) & ~empty
        cornered = narrow & np.logical_not(d._smooth_between(a, b))
        if cornered.any():
            value = np.where(cornered, d._log_between(a, b), value)
    return np.where(empty, -np.inf, value), narrow


def _all_but_few(d: Any, a: Array, b: Array, value: Array) -> Any:
    """Say where a part of a discrete distribution is all but its first few values, and those are not nearly everything."""
    if not d.support.whole:
        return False
    low, high = d._ends()
    with np.errstate(all="ignore"):
        return (b >= high) & (np.floor(a) - low < _FEW) & (value > _LOG_FEW)


def _by_the_rest(d: Any, a: Array, value: Array) -> tuple[Array, Array]:
    """Return slope and curvature of log P(X > a) from those of the values up to a, the rest of the whole."""
    with np.errstate(all="ignore"):
        rest = _by_expectation(d, np.full(a.shape, -np.inf), a, False)
        odds = np.exp(rest.value - value)[..., None]
        outer = rest.slope[..., :, None] * rest.slope[..., None, :]
        slope = np.where(odds > 0, -odds * rest.slope, 0.0)
        second = np.where(odds[..., None] > 0, -odds[..., None] * (rest.curvature + outer), 0.0)
        return slope, second - slope[..., :, None] * slope[..., None, :]


@cache
def _first_value(family: Any) -> Any:
    """Return the statistic of the first value of a family of counts."""
    return family.statistics([family.support.low])


def _all_but_first(d: Any, a: Array) -> tuple[Array, Array, Array] | None:
    """Return log (1 - f), f the probability of the first value, which is every a, with slope and Hessian.

    None where the first value is nearly everything, so that little of the digits of f is left of 1 - f.
    """
    one, shape = _first_value(type(d)), np.broadcast_shapes(d.batch_shape, a.shape)
    log_f = np.broadcast_to(d._log_likelihood(one), shape)
    value = log1mexp(log_f)
    if not (value > _LOG_FEW).all():
        return None
    p = len(d._own_layout().names)
    s = np.broadcast_to(d._score_vector(one), (*shape, p))
    h = np.broadcast_to(d._hessian_matrix(one), (*shape, p, p))
    odds = np.exp(log_f - value)[..., None]
    slope = np.where(odds > 0, -odds * s, 0.0)
    second = np.where(
        odds[..., None] > 0, -odds[..., None] * (h + s[..., :, None] * s[..., None, :]), 0.0
    )
    return value, slope, second - slope[..., :, None] * slope[..., None, :]


def _by_flow(d: Any, a: Array, b: Array, value: Array) -> tuple[Array, Array]:
    """Return slope and curvature from what flows through the two limits."""
    (first_a, second_a), (first_b, second_b) = (_flux(d, x, value) for x in (a, b))
    slope = first_a - first_b
    return slope, second_a - second_b - slope[..., :, None] * slope[..., None, :]


def _flux(d: Any, x: Array, value: Array) -> tuple[Array, Array]:
    """Return f v / P and f (s v' + dv/dtheta) / P at a limit, zero where nothing flows."""
    if np.isinf(x).all():
        p = len(d._own_layout().names)
        return np.zeros(p), np.zeros((p, p))
    x = np.floor(x) if d.support.whole else x
    with np.errstate(all="ignore"):
        weight = np.exp(d.log_prob(x) - value)
        flows = np.isfinite(x) & (weight > 0)
        safe = np.where(flows, x, d._harmless(x))
        v, dv = d._flow(safe)
        v = np.stack(np.broadcast_arrays(*v, safe)[:-1], axis=-1)
        rate = d.score(safe)[..., None, :] * v[..., :, None] + dv
        weight = np.where(flows, weight, 0.0)
        return (
            np.where(weight[..., None] > 0, weight[..., None] * v, 0.0),
            np.where(weight[..., None, None] > 0, weight[..., None, None] * rate, 0.0),
        )


def _by_expectation(d: Any, a: Array, b: Array, wide: bool) -> MassTerms:
    """Return the terms as expectations over nodes; d has one member a row."""
    p = len(d._own_layout().names)
    size = max(1, TERMS_AT_ONCE // (128 * p * p))
    parts = []
    for part in blocks(a.size, size):
        rows = take(d, part)
        here = (wide_nodes if wide else narrow_nodes)(rows, a[part], b[part])
        places = lifted(rows)
        share = here.shares()
        with np.errstate(all="ignore"):
            s, h = places.score(here.places), places._hessian_of_each(here.places)
        used = share > 0
        s = np.where(used[..., None], s, 0.0)
        h = np.where(used[..., None, None], h, 0.0)
        slope = np.einsum("ri,rij->rj", share, s)
        away = s - slope[:, None, :]
        curvature = np.einsum("ri,rijk->rjk", share, h) + np.einsum(
            "ri,rij,rik->rjk", share, away, away
        )
        parts.append((here.log_mass(), slope, curvature))
    return MassTerms(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _common_cells(d: Any, a: Array, b: Array) -> tuple[Any, Any, Array]:
    """Return the one member that many parts belong to, their cells, and which of them these serve; None without.

    What lies beyond one limit is what lies beyond the next and what lies between, so sums from the far end serve all
    open parts, and differences of them all bounded ones.
    """
    none = np.zeros(a.size, dtype=bool)
    open_low, open_high = np.isneginf(a), np.isposinf(b)
    way = 1 if open_high.all() else -1 if open_low.all() else 0
    mixed = way == 0 and (open_low | open_high).any()
    if d.support.whole or np.prod(d.batch_shape) != 1 or mixed:
        return None, None, none
    one = members(d, d.batch_shape or (1,))
    low, high = (np.ravel(end) for end in one._ends())
    if (low > d.support.low).any() or (high < d.support.high).any():
        return (
            None,
            None,
            none,
        )  # an angle's density goes on where its turn ends, and its cells would
    limits = np.clip({1: a, -1: b, 0: np.concatenate([a, b])}[way], low, high)
    there = cells(lifted(one).log_prob, d.support, limits, way, one._place())
    seen = there.seen if way else there.seen[: a.size] & there.seen[a.size :]
    return (one, there, seen) if seen.any() else (None, None, none)


def _shared(
    d: Any, a: Array, b: Array, rows: tuple[Array, ...], slope: Array, curvature: Array
) -> Array:
    """Fill in slope and curvature of many parts of one member, all by the same nodes; return which rows are left."""
    one, there, seen = _common_cells(d, a, b)
    if there is None:
        return ~seen
    share = np.exp(there.nodes.weights - there.nodes.weights.max())
    s, h = one.score(there.nodes.places), one._hessian_of_each(there.nodes.places)
    s = np.where(share[..., None] > 0, s, 0.0)
    h = np.where(share[..., None, None] > 0, h, 0.0)
    center = np.einsum("ci,cij->j", share, s) / share.sum()  # or squares would cancel
    s = s - center
    add = there.beyond if there.way else there.between
    total = add(share.sum(axis=1))[:, None]
    mean = add(np.einsum("ci,cij->cj", share, s)) / total
    square = np.einsum("ci,cijk->cjk", share, h) + np.einsum("ci,cij,cik->cjk", share, s, s)
    bend = add(square) / total[..., None] - mean[:, :, None] * mean[:, None, :]
    good = seen & np.isfinite(bend).all(axis=(-2, -1))
    places = tuple(k[good] for k in rows)
    slope[places], curvature[places] = (mean + center)[good], bend[good]
    return ~good
