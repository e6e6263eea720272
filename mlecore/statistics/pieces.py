"""Long samples and large batches are read in pieces that stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

__all__ = ["LONG", "PIECE", "by_rows", "counted", "few_rows", "tally"]

Array = np.ndarray

# How many values of a long sample are worked on at once.
PIECE = 2**13
# A sample that is sorted piece by piece rather than whole.
LONG = 2**16


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
    bound, seen, start = max(1000, x.size), np.zeros(2, dtype=np.intp), 0
    while start < x.size:
        # A piece is at least as long as the bins, which are gone through for each.
        piece = x[start : start + max(2 * PIECE, seen.size)]
        low, high = np.minimum.reduce(piece), np.maximum.reduce(piece)
        if not (low >= 0 and high < bound):
            return None
        bins = _zeros_and_ones(piece) if high <= 1 else _bins(piece)
        if bins is None:
            return None
        few, many = sorted((seen, bins), key=len)
        many[: few.size] += few
        seen, start = many, start + piece.size
    present = np.flatnonzero(seen)
    return present.astype(float), seen[present].astype(float)


def _zeros_and_ones(piece: Array) -> Array | None:
    """Return how many zeros and how many ones there are, None where there is anything else."""
    whole = piece.dtype.kind != "f"
    ones = np.count_nonzero(piece if whole else piece == 1)
    zeros = piece.size - ones if whole else np.count_nonzero(piece == 0)
    return np.array([zeros, ones]) if zeros + ones == piece.size else None


def _bins(piece: Array) -> Array | None:
    """Return how often 0, 1, 2, ... occur, None where there is anything else."""
    whole = piece.astype(np.intp, copy=False)
    if piece.dtype.kind == "f" and not (whole == piece).all():
        return None
    return np.bincount(whole)
