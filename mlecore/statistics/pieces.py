"""Long samples and large batches are read in pieces that stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

__all__ = ["LONG", "PIECE", "bins_of", "both", "by_rows", "counted", "few_rows", "present", "tally"]

Array = np.ndarray

# How many values of a long sample are worked on at once.
PIECE = 2**13
# A sample that is sorted or counted piece by piece rather than whole.
LONG = 2**16
# Fewer values for each bin are counted one by one: a table of pairs has 256 places for each.
_PAIRED = 512


def few_rows(*columns: Array | None) -> Iterator[tuple[Array | None, ...]]:
    """Cut a batch along its first axis into parts of a few samples; what is None stays None.

    No part has one sample only, unless the batch has: NumPy might add that one up in another order than among others.

    >>> [len(part) for (part,) in few_rows(np.zeros((5, 8000)))]
    [3, 2]
    """
    rows = len(columns[0])
    at_once = max(2, 2 * PIECE * rows // columns[0].size)
    count = max(1, rows // at_once)
    parts = ([None] * count if c is None else np.array_split(c, count) for c in columns)
    return zip(*parts, strict=True)


def by_rows(formula: Callable, x: Array, *columns: Array | None) -> tuple[Array, ...]:
    """Apply a formula, which reduces the last axis, to a few samples of a batch at a time.

    So no copy of all the data is held. The formula returns a tuple.

    >>> by_rows(lambda x: (x.max(axis=-1),), np.arange(6.0).reshape(3, 2))
    (array([1., 3., 5.]),)
    """
    if x.ndim == 1:
        return formula(x, *columns)
    parts = [formula(*part) for part in few_rows(x, *columns)]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def tally(labels: Array, weights: Array | None, size: int, place: Array | None = None) -> Array:
    """Return the total weight in each of `size` places for each sample, whose labels are on the last axis.

    A label is its own place, unless `place` holds the place of each label.

    >>> tally(np.array([[0, 2, 2], [1, 1, 1]]), None, 3)
    array([[1., 0., 2.],
           [0., 3., 0.]])
    """
    rows = labels.reshape(-1, labels.shape[-1])
    columns = None if weights is None else weights.reshape(rows.shape)
    counts = []
    for few, w in few_rows(rows, columns):
        bins = few.astype(np.intp) if place is None else place[few]
        bins += size * np.arange(len(few))[:, None]
        w = None if w is None else w.ravel()
        counts.append(np.bincount(bins.ravel(), w, minlength=size * len(few)))
    return np.concatenate(counts).astype(float).reshape((*labels.shape[:-1], size))


def counted(x: Array) -> tuple[Array, Array] | None:
    """Return the different values of one sample and how often each occurs; None unless all are small whole numbers >= 0.

    Small are those that make no more bins than there are values. Whole numbers, truth values and doubles are read as
    they are, once, in pieces that stay in the cache; a NaN is not small.

    >>> counted(np.array([2, 0, 2])), counted(np.array([0.5]))
    ((array([0., 2.]), array([1., 2.])), None)
    """
    seen = bins_of(x)
    return None if seen is None else present(seen)


def present(seen: Array) -> tuple[Array, Array]:
    """Return the numbers 0, 1, 2, ... that were seen at all, and how often each was.

    >>> present(np.array([1, 0, 2]))
    (array([0., 2.]), array([1., 2.]))
    """
    values = np.flatnonzero(seen)
    return values.astype(float), seen[values].astype(float)


def bins_of(x: Array) -> Array | None:
    """Return how often each of 0, 1, 2, ... occurs in one sample, as `counted` does.

    >>> bins_of(np.array([2, 0, 2]))
    array([1, 0, 2])
    """
    bound, seen, start = max(1000, x.size), np.zeros(2, dtype=np.intp), 0
    unsigned = x.dtype
    if x.dtype.kind == "i":  # what is negative is then too large, so that one end tells both
        bound, unsigned = min(bound, np.iinfo(x.dtype).max + 1), x.dtype.str.replace("i", "u")
    while start < x.size:
        # A piece is at least as long as the bins, which are gone through for each.
        piece = x[start : start + max(LONG, seen.size)]
        high = np.maximum.reduce(piece.view(unsigned))
        if not high < bound or (x.dtype.kind == "f" and not np.minimum.reduce(piece) >= 0):
            return None
        whole = _whole(piece, int(high))
        if whole is None:
            return None
        seen, start = both(seen, _bins(whole, int(high))), start + piece.size
    return seen


def both(seen: Array, more: Array) -> Array:
    """Add bins to bins; one of them holds the sum.

    >>> both(np.array([1, 2]), np.array([5]))
    array([6, 2])
    """
    few, many = sorted((seen, more), key=len)
    many[: few.size] += few
    return many


def _whole(piece: Array, high: int) -> Array | None:
    """Return numbers of 0 .. `high` as whole ones, None where there is anything else."""
    if piece.dtype.kind != "f":
        return piece
    whole = piece.astype(np.uint8 if high < 256 else np.intp)
    return whole if (whole == piece).all() else None


def _bins(whole: Array, high: int) -> Array:
    """Return how often each of 0, 1, 2, ..., `high` occurs; it may be less long by zeros at its end.

    Two neighbours of one byte each are one number of two bytes: half as many are counted, and the table of pairs is
    added up both ways.

    >>> _bins(np.array([1, 0, 1, 3, 1]), 3)
    array([1, 3, 0, 1])
    """
    if high <= 1:
        ones = int(np.count_nonzero(whole) if whole.itemsize == 1 else np.add.reduce(whole))
        return np.array([whole.size - ones, ones])
    if _PAIRED * (high + 1) > whole.size:
        return np.bincount(whole.astype(np.intp, copy=False), minlength=high + 1)
    bytes_ = np.ascontiguousarray(whole, dtype=np.uint8)
    pairs = bytes_[: bytes_.size // 2 * 2].view(np.uint16).astype(np.intp)
    table = np.bincount(pairs, minlength=256 * (high + 1)).reshape(-1, 256)[:, : high + 1]
    seen = table.sum(axis=0) + table.sum(axis=1)
    if bytes_.size % 2:
        seen[bytes_[-1]] += 1
    return seen
