"""What the generalised Pareto and the generalised extreme value share: a shape that bends the upper tail.

With h(z) = log(1 + shape z) / shape, h of the first is Exponential and h of the second is Gumbel. At shape 0, h is z
itself, and so near 0 that its derivatives cancel they are summed as series: 0 is a shape like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import numpy as np

from ..errors import RegularityError
from ..family import Array, Family
from ..roots import newton_1d
from ..statistics import Sample

__all__ = [
    "SERIES_BELOW",
    "Bent",
    "TailShape",
    "as_rows",
    "bent",
    "flow_of_bend",
    "highest_turn",
    "unbent",
]

# What returns height, slope and curvature of the profiles of some rows.
Look = Callable[[Array, Any], tuple[Array, Array, Array]]
# Below this size of shape z the derivatives are summed: 16 terms leave an error of 1e-16.
SERIES_BELOW = 0.1
_K = np.arange(1, 18)
_FIRST = (-1.0) ** _K * _K / (_K + 1.0)
_SECOND = (_FIRST * (_K - 1.0))[1:]


class TailShape(Family):
    """A family whose `shape` bends its upper tail: a power of x above 0, exponential at 0, with an end below 0."""

    def _irregular_where(self, free: Collection[str]) -> tuple[Array, str]:
        return np.asarray(vars(self)["shape"]) <= -0.5, (
            f"the shape of this {type(self).__name__} is -1/2 or less: so many values lie near the end of the support, "
            "which moves with the parameters, that the information is infinite and estimates are not Normal around the truth"
        )

    def information(self) -> Array:
        """Return the expected Fisher information of one observation; NaN in a batch where there is none.

        Raises
        ------
        RegularityError : for a shape of -1/2 or less, where it is infinite.
        """
        where, reason = self._irregular_where(self.parameters)
        if np.ndim(where) == 0 and where:
            raise RegularityError(f"there is no finite information: {reason}")
        return super().information()


class Bent(NamedTuple):
    """h = log(1 + shape z) / shape, that logarithm, r = 1 / (1 + shape z), u = z r, and dh/dshape, d2h/dshape2."""

    h: Array
    log: Array
    r: Array
    u: Array
    first: Array
    second: Array


def bent(d: Array, scale: Any, shape: Any, derivatives: bool = True) -> Bent:
    """Return h(d / scale) with its derivatives in the shape; NaN where 1 + shape d / scale is not positive.

    >>> b = bent(np.array([4.0]), 2.0, 1e-9)
    >>> [round(float(v[0]), 6) for v in (b.h, b.first, b.second)]
    [2.0, -2.0, 5.333333]
    """
    d, shape = np.asarray(d, dtype=float), np.asarray(shape, dtype=float)
    with np.errstate(all="ignore"):
        z = d / scale
        w = shape * z
        log = np.log1p(w)
        # The quotient is 1 to the last digit where w is tiny, whatever the rounding of w did to it.
        h = z * np.where(w == 0, 1.0, log / w)
        r = 1.0 / (1.0 + w)
        u = z * r
        beyond = w == np.inf  # a ratio that is no double, though its logarithm is
        if beyond.any():
            log = np.where(beyond, np.log(shape) + np.log(d) - np.log(scale), log)
            h, u = np.where(beyond, log / shape, h), np.where(beyond, 1.0 / shape, u)
        if not derivatives:
            return Bent(h, log, r, u, h, h)
        first = (u - h) / shape
        second = -(u * u + 2.0 * first) / shape
        near = np.abs(w) < SERIES_BELOW
        if near.any():
            near = np.broadcast_to(near, h.shape)
            small, size = (np.broadcast_to(v, h.shape)[near] for v in (w, z))
            first, second = np.array(first), np.array(second)
            first[near] = size**2 * np.polynomial.polynomial.polyval(small, _FIRST)
            second[near] = size**3 * np.polynomial.polynomial.polyval(small, _SECOND)
        return Bent(h, log, r, u, first, second)


def unbent(h: Array, shape: Any) -> Array:
    """Return the z of which h is log(1 + shape z) / shape.

    >>> float(unbent(np.array(2.0), 0.0))
    2.0
    """
    w = shape * h
    with np.errstate(all="ignore"):
        return h * np.where(w == 0, 1.0, np.expm1(w) / w)


def flow_of_bend(z: Array, scale: Array, shape: Array) -> tuple[tuple[Array, ...], Array]:
    """Return how x = loc + scale z moves with loc, scale and shape while h(z) is held, and the derivatives of that.

    >>> [float(v) for v in flow_of_bend(np.array([2.0]), np.array(3.0), np.array(0.0))[0][2]]
    [6.0]
    """
    b = bent(z, 1.0, shape)
    q, q_z = b.first / b.r, shape * b.first - b.u
    q_shape = z * b.first + b.second / b.r
    one, none = np.ones_like(b.h), np.zeros_like(b.h)
    rows = (
        (none, none, none),
        (-one / scale, -z / scale, none),
        (q_z, z * q_z - q, -scale * q_shape),
    )
    table = np.stack([np.stack(np.broadcast_arrays(*row), axis=-1) for row in rows], axis=-2)
    return (one, z * one, -scale * q), table


def as_rows(t: Sample, *given: Any) -> tuple[Sample, list[Array], tuple[int, ...]]:
    """Return a batch as rows, given values one for each row, and the shape to give results; one sample serves all rows.

    >>> t, (scale,), shape = as_rows(Sample.of(np.array([1.0, 2.0])), np.array([3.0, 4.0]))
    >>> t.values.shape, scale, shape
    ((1, 2), array([3., 4.]), (2,))
    """
    shape = np.broadcast_shapes(t.batch_shape, *map(np.shape, given))
    if t.in_passes:
        return t.as_rows(), [np.ravel(v).astype(float) for v in given], shape
    values, weights = (
        np.broadcast_to(v, (*shape, t.width)) if t.batch_shape else v for v in (t.values, t.weights)
    )
    rows = Sample.of(
        values.reshape(-1, t.width), weights.reshape(-1, t.width) if t.weighted else None
    )
    return rows, [np.broadcast_to(v, shape).ravel().astype(float) for v in given], shape


def highest_turn(look: Look, grid: Array, together: bool = False) -> tuple[Array, Array, Array]:
    """Return the highest top of each row between the first and last of its places, whether there is one, iterations.

    `look(x, rows)` returns height, slope and curvature of some rows, a height of -inf where no top counts. Each row's
    places are a column of the grid. A top lies where the slope turns from up to down; Newton's steps close in on it. `together`
    looks at all places of a single row at once, as where to look is to read all data.

    >>> place, found, _ = highest_turn(
    ...     lambda x, i: (-((x - 2) ** 2), 4 - 2 * x, -2 + 0 * x), np.linspace(0, 9, 10)[:, None]
    ... )
    >>> place, found
    (array([2.]), array([ True]))
    """
    everything = np.arange(grid.shape[1])
    if together and everything.size == 1:
        height, slope = (c[:, None] for c in look(grid[:, 0], np.zeros(len(grid), int))[:2])
    else:
        height, slope = (
            np.stack(c) for c in zip(*(look(x, everything)[:2] for x in grid), strict=True)
        )
    turns = (slope[:-1] > 0) & (slope[1:] <= 0) & (height[1:] > -np.inf)
    cell = np.argmax(np.where(turns, np.maximum(height[:-1], height[1:]), -np.inf), axis=0)
    found = turns[cell, everything]
    low, high = grid[cell, everything], grid[cell + 1, everything]
    place, iterations = np.full(low.shape, np.nan), np.zeros(low.shape, dtype=int)
    rows = np.flatnonzero(found)

    def closer(x: Array, i: Array) -> tuple[Array, Array]:
        k = rows[i]
        width = high[k] - low[k]
        _, value, bend = look(low[k] + (x - 1.0) * width, k)
        return value, bend * width

    # From 1 to 2, so that a top at 0 has a relative tolerance too; Newton's last step squares it.
    x, arrived, steps = newton_1d(
        closer, np.full(rows.shape, 1.5), low=1.0, high=2.0, tolerance=1e-9
    )
    place[rows] = low[rows] + (x - 1.0) * (high[rows] - low[rows])
    found[rows], iterations[rows] = arrived, steps
    return place, found, iterations
