"""The shares of classes where some observations tell only a set of them: the maximum over the whole simplex."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Shares", "shares_of_sets"]

Array = np.ndarray

# A slope above the common one by less than this share of it is rounding.
_SLACK = 1e-9
# A direction along which the curvature is this share of the largest is flat.
_FLAT = 1e-9


class Shares(NamedTuple):
    """The shares at the maximum, whether it was reached, in how many steps, and the classes whose split is left open."""

    shares: Array
    converged: bool
    iterations: int
    open: Array


def shares_of_sets(sets: Array, weights: Array) -> Shares:
    """Return the shares p that maximise the sum of w_i log(a_i p): row a_i holds 1 where class k belongs to set i.

    A negative weight belongs to a window, the set that could be seen at all. A few steps of the EM algorithm (Turnbull
    1976), then Newton's on the classes that are not empty: one leaves when a step would make it negative, and the one
    whose slope is largest comes back while that is above the common slope.

    >>> shares_of_sets(np.array([[1, 0], [0, 1], [1, 1]]), np.array([1.0, 3.0, 6.0])).shares
    array([0.25, 0.75])
    """
    a, w = np.asarray(sets, dtype=float), np.asarray(weights, dtype=float)
    p = np.full(a.shape[1], 1.0 / a.shape[1])
    for _ in range(20):
        p = _em(a, w, p)
    used, reached, count = p > 1e-6, False, 0
    p = _held(p, used)
    with np.errstate(all="ignore"):
        while count < 200:
            count += 1
            ratio = w / (a @ p)
            slope = a.T @ ratio
            common = p @ slope
            away = used & (np.abs(slope - common) > _SLACK * w[w > 0].sum())
            excess = np.where(used, -np.inf, slope - common)
            if not away.any():
                if not excess.max() > _SLACK * w[w > 0].sum():
                    reached = True
                    break
                used[np.argmax(excess)] = True
            p, used, moved = _newton(a, w, p, used, slope)
            if not moved:
                break
    return Shares(p, reached, count, _open(a, w, p, used | (excess > -_SLACK * w[w > 0].sum())))


def _em(a: Array, w: Array, p: Array) -> Array:
    """Return the shares that are expected of the classes, those out of sight of a window among them."""
    outside = np.where(w[:, None] < 0, 1.0 - a, a)
    expected = p * (outside.T @ (np.abs(w) / (a @ p)))
    return expected / expected.sum()


def _held(p: Array, used: Array) -> Array:
    p = np.where(used, p, 0.0)
    return p / p.sum()


def _height(a: Array, w: Array, p: Array) -> float:
    return float(np.sum(w * np.log(a @ p)))


def _curvature(a: Array, w: Array, p: Array) -> Array:
    """Return minus the second derivatives."""
    return (a * (w / (a @ p) ** 2)[:, None]).T @ a


def _newton(a: Array, w: Array, p: Array, used: Array, slope: Array) -> tuple[Array, Array, bool]:
    """Return p after a step among the classes in use, at most to where one is empty; which are left; whether it moved."""
    k = np.flatnonzero(used)
    border = np.ones((k.size + 1, k.size + 1))
    border[:-1, :-1], border[-1, -1] = _curvature(a, w, p)[np.ix_(k, k)], 0.0
    step = np.zeros(p.size)
    step[k] = np.linalg.lstsq(border, np.append(slope[k], 0.0), rcond=1e-13)[0][:-1]
    if (
        not step @ slope > 0
    ):  # no way up where windows bend the likelihood: take the step of the EM algorithm
        return _em(a, w, p), used, True
    room = np.where(step < 0, p / np.where(step < 0, -step, 1.0), np.inf)
    size, here = min(1.0, float(room.min())), _height(a, w, p)
    for _ in range(60):
        new = np.maximum(p + size * step, 0.0)
        new[room <= size] = 0.0
        if _height(a, w, new) >= here - 1e-13 * abs(here):
            return new / new.sum(), used & (room > size), True
        size *= 0.5
    return p, used, False


def _open(a: Array, w: Array, p: Array, used: Array) -> Array:
    """Return the classes among which shares may move without changing the likelihood."""
    k = np.flatnonzero(used)
    if k.size < 2:
        return k[:0]
    basis = np.linalg.svd(np.ones((1, k.size)))[2][1:].T  # the directions that keep the sum
    values, vectors = np.linalg.eigh(basis.T @ _curvature(a, w, p)[np.ix_(k, k)] @ basis)
    flat = np.abs(values) <= _FLAT * np.abs(_curvature(a, w, p)).max()
    moves = np.abs(basis @ vectors[:, flat])
    return k[(moves > 1e-6).any(axis=1)]
