"""The members of a batch of distributions: one a row, a block of rows at a time, or with room for places behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .products import blocks

__all__ = ["TERMS_AT_ONCE", "by_member", "by_rows", "lifted", "members", "rows_of", "take"]

Array = np.ndarray

# How many numbers the nodes of one block of rows may hold.
TERMS_AT_ONCE = 2**20


def by_rows(d: Any, a: Array, b: Array, function: Any) -> tuple[Array, ...]:
    """Apply a function of (members, a, b) that has one member a row, in blocks, to arrays of any shape."""
    shape = np.broadcast_shapes(d.batch_shape, np.shape(a), np.shape(b))
    everywhere = np.nonzero(np.ones(shape, dtype=bool))
    rows = rows_of(d, shape, everywhere)
    a, b = np.broadcast_to(a, shape).ravel(), np.broadcast_to(b, shape).ravel()
    parts = [
        function(take(rows, part), a[part], b[part])
        for part in blocks(a.size, TERMS_AT_ONCE // 256)
    ]
    return tuple(
        np.concatenate(c).reshape(shape + c[0].shape[1:]) for c in zip(*parts, strict=True)
    )


def rows_of(d: Any, shape: tuple[int, ...], rows: tuple[Array, ...]) -> Any:
    """Return the members of a batch that stand in some places of a larger shape, one a row."""
    columns = {}
    for name, value in _parameters(d).items():
        event = np.shape(value)[np.ndim(value) - d.domains[name].event_ndim :]
        columns[name] = np.broadcast_to(value, shape + event)[rows]
    return type(d)._unchecked(**columns)


def members(d: Any, shape: tuple[int, ...]) -> Any:
    """Return the members of a batch broadcast to a shape, one a row.

    >>> from mlecore import Poisson
    >>> members(Poisson(rate=3.0), (2,)).rate
    array([3., 3.])
    """
    return rows_of(d, shape, np.nonzero(np.ones(shape, dtype=bool)))


def by_member(d: Any, function: Callable[[Any], Array]) -> Array:
    """Apply a function of members, one a row, to a batch of any shape, a block of rows at a time.

    >>> from mlecore import Poisson
    >>> by_member(Poisson(rate=[[1.0, 2.0]]), lambda rows: 2.0 * rows.rate)
    array([[2., 4.]])
    """
    rows = members(d, d.batch_shape or (1,))
    count = int(np.prod(d.batch_shape or (1,)))
    parts = [function(take(rows, part)) for part in blocks(count, TERMS_AT_ONCE // 1024)]
    whole = np.concatenate(parts)
    return whole.reshape(d.batch_shape + whole.shape[1:])


def take(d: Any, part: slice) -> Any:
    """Return some of the members, one a row."""
    return type(d)._unchecked(**{name: value[part] for name, value in _parameters(d).items()})


def lifted(d: Any) -> Any:
    """Return the same members with room for one axis of places behind the rows."""
    columns = {
        name: np.expand_dims(value, -1 - d.domains[name].event_ndim)
        for name, value in _parameters(d).items()
    }
    return type(d)._unchecked(**columns)


def _parameters(d: Any) -> dict[str, Array]:
    """Return the parameters as they are: arrays, numbers, or complex where a slope is being taken."""
    return {name: np.asarray(getattr(d, name)) for name in d.parameters}
