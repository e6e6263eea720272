"""How often each state followed each of the contexts, and the shares of these counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import DataError
from .series import Series

__all__ = ["counted", "insist_room_in_rows", "shares"]

Array = np.ndarray


def counted(series: Series) -> tuple[tuple[tuple[int, ...], ...], Array]:
    """Return the contexts that were followed by something, sorted, and how often each state followed each."""
    return series.once("_transitions", lambda: _count(series))


def _count(series: Series) -> tuple[tuple[tuple[int, ...], ...], Array]:
    k, K = series.setting.order, len(series.setting.states)
    codes = series.values.astype(np.int64)
    place = np.arange(len(codes)) - np.repeat(
        np.cumsum(series.lengths) - series.lengths, series.lengths
    )
    here = np.flatnonzero(place >= max(k, series.given))
    past = np.zeros(len(here), dtype=np.int64)
    for lag in range(k, 0, -1):
        past = past * K + codes[here - lag]
    if K**k > 2**62:
        raise DataError(f"{K} states and order {k} make more pasts than can be numbered")
    seen, row = np.unique(past, return_inverse=True)
    counts = np.bincount(row * K + codes[here], minlength=len(seen) * K).reshape(-1, K)
    contexts = series.setting.contexts
    if contexts:  # of a setting that is known, such as that of a sequence drawn from a fit
        places = {c: i for i, c in enumerate(contexts)}
        found = [places.get(_digits(int(c), K, k), -1) for c in seen]
        table = np.zeros((len(contexts), K))
        for i, row_counts in zip(found, counts, strict=True):
            if i >= 0:
                table[i] = row_counts
        return contexts, table
    return tuple(_digits(int(c), K, k) for c in seen), counts.astype(float)


def _digits(code: int, K: int, k: int) -> tuple[int, ...]:
    digits = []
    for _ in range(k):
        code, digit = divmod(code, K)
        digits.append(digit)
    return tuple(reversed(digits))


def shares(likelihood: Any, counts: Array) -> tuple[Array, Array]:
    """Return each row's shares of the counts, what is held at its values and the rest sharing what these leave."""
    batch = likelihood.batch_shape
    rows, K = counts.shape
    held = np.full((*batch, rows, K), np.nan)
    flat = held[..., 1:].reshape(*batch, -1)
    for i, value in likelihood.held.items():
        flat[..., i] = value
    held[..., 1:] = flat.reshape(*batch, rows, K - 1)
    taken = np.isnan(held)
    left = 1.0 - np.where(taken, 0.0, held).sum(axis=-1, keepdims=True)
    free = np.where(taken, counts, 0.0)
    total = free.sum(axis=-1, keepdims=True)
    even = taken / taken.sum(axis=-1, keepdims=True)
    with np.errstate(all="ignore"):
        share = np.where(total > 0, free / total, even) * left
    p = np.where(taken, share, held)
    good = (left[..., 0] >= -1e-12).all(axis=-1)
    return p[..., 1:].reshape(*batch, rows * (K - 1)), np.asarray(good)


def insist_room_in_rows(held: Mapping[str, Any]) -> None:
    """Raise where probabilities of one row that are held, such as "a->b" and "a->c", add up to more than 1.

    >>> insist_room_in_rows({"a->b": 0.5, "a->c": 0.5, "b->a": 0.7})
    """
    totals: dict[str, float] = {}
    for name, value in held.items():
        row = name.rpartition("->")[0]
        totals[row] = totals.get(row, 0.0) + float(np.max(value))
        if totals[row] > 1.0 + 1e-12:
            after = f" after {row}" if row else ""
            raise DataError(
                f"the probabilities{after} that are held add up to {totals[row]:.4g}, more than 1"
            )
