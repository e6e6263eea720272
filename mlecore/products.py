"""Sums of products in pieces that suit the machine, short enough for one thread and for its cache, and room for these."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

__all__ = ["blocks", "dot", "gram", "one_thread", "one_thread_to_factor", "scratch"]

Array = np.ndarray

# OpenBLAS gives a dot product of more numbers to several threads, and waits for them: on a busy machine a hundred times
# as long as the product takes.
_ONE_THREAD = 8192
# Matrices of more columns are worth several threads: at 120 columns two of them gain nothing, at 300 a third of the time;
# on a busy machine they cost five to ten times the time at any width.
_NARROW = 300
# And to be factored, of more than these: the threads wait for each other at every step, on a busy machine for long.
_FACTORED_BY_ONE = 1500
# What each thread keeps to work in.
_KEPT = threading.local()


def dot(a: Array, b: Array) -> Array:
    """Return the sums of products along the last axis, in pieces so short that one thread takes them.

    >>> float(dot(np.full(20_000, 2.0), np.full(20_000, 0.5)))
    20000.0
    """
    size = a.shape[-1]
    if size <= _ONE_THREAD:
        return np.vecdot(a, b)
    rest = size % _ONE_THREAD
    if rest:
        whole = size - rest
        return dot(a[..., :whole], b[..., :whole]) + np.vecdot(a[..., whole:], b[..., whole:])
    shape = (*a.shape[:-1], -1, _ONE_THREAD)
    return np.add.reduce(np.vecdot(a.reshape(shape), b.reshape(shape)), axis=-1)


def gram(u: Array, v: Array) -> Array:
    """Return u' v, summed over the rows on the second to last axis in blocks that one thread takes.

    >>> gram(np.ones((20_000, 1)), np.ones((20_000, 2)))
    array([[20000., 20000.]])
    """
    return sum(
        np.swapaxes(u[..., part, :], -1, -2) @ v[..., part, :]
        for part in blocks(u.shape[-2], _ONE_THREAD)
    )


@functools.cache
def _thread_pools() -> Any:
    """Return what sets the number of BLAS threads, None where the package for it is not installed."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()


def _alone(wanted: bool) -> AbstractContextManager:
    """Return a context in which BLAS works with one thread, where that is wanted and can be had."""
    pools = _thread_pools() if wanted else None
    return nullcontext() if pools is None else pools.limit(limits=1, user_api="blas")


def one_thread(columns: int) -> AbstractContextManager:
    """Return a context in which BLAS works with one thread, for matrices of few columns; wide ones keep their threads.

    A block of rows with few columns is done before other threads have woken up. Without `threadpoolctl` nothing is
    changed.

    >>> with one_thread(2):
    ...     print((np.ones((3, 2)).T @ np.ones((3, 2)))[0])
    [3. 3.]
    """
    return _alone(columns <= _NARROW)


def one_thread_to_factor(columns: int) -> AbstractContextManager:
    """Return a context in which BLAS factors a matrix with one thread, unless so many columns are worth several.

    That of few columns is left to `one_thread`, around whatever is done with them.

    >>> with one_thread_to_factor(2):
    ...     print(np.linalg.cholesky(np.diag([4.0, 9.0])).diagonal())
    [2. 3.]
    """
    return _alone(_NARROW < columns <= _FACTORED_BY_ONE)


def blocks(total: int, size: int) -> Iterator[slice]:
    """Cut range(total) into slices of at most `size`.

    >>> [(s.start, s.stop) for s in blocks(5, 2)]
    [(0, 2), (2, 4), (4, 5)]
    """
    for first in range(0, total, size):
        yield slice(first, min(first + size, total))


def scratch(count: int, size: int, kind: type) -> Array:
    """Return `count` rows of `size` numbers of a kind to work in, with anything in them, until the thread next asks.

    Each thread keeps its own. What is given back to the system and asked for again comes page by page, which costs
    more than the work that is done in it.

    >>> scratch(2, 3, np.float64).shape
    (2, 3)
    """
    kept = vars(_KEPT).get(kind.__name__)
    if kept is None or kept.size < count * size:
        kept = vars(_KEPT)[kind.__name__] = np.empty(count * size, kind)
    return kept[: count * size].reshape(count, size)
