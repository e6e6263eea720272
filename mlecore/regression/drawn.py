"""Rows drawn from all along a source, where a climb over all of them begins; and what the first pass says of all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError, interruptible
from ..observations import PartlySeen, RowPiece, Seal, Source
from ..statistics import insist_alike

__all__ = ["Drawn", "draw", "insist_columns"]

Array = np.ndarray

# How many numbers of X are kept.
_KEPT = 2**20


class Drawn(NamedTuple):
    """Rows drawn from all along a source, and what is known of all: their number, weight, distinct responses and their ends."""

    rows: RowPiece
    count: int
    weight: float
    #: of how many rows one was kept
    step: int
    labels: Array | None
    ends: tuple[float, float]

    @property
    def settled(self) -> bool:
        """Whether what these rows do not determine no rows of the source do: they are all, or all responses are alike."""
        return self.step == 1 or self.ends[0] == self.ends[1]


def draw(source: Source, check: Callable[[RowPiece], Any], classes: bool) -> tuple[Seal, Drawn]:
    """Read a source once, and return some of its rows, after the seal of all.

    Parameters
    ----------
    check : raises where rows cannot be used.
    classes : whether the distinct responses are wanted.

    Raises
    ------
    DataError : for a generator, which is read once, no rows, and rows that cannot be used, with their place.
    Interrupted : with nothing to keep.
    """
    if source.once:
        raise DataError(
            "a regression reads its rows several times, and a generator gives them once: give chunks a function that makes "
            "it anew"
        )
    with interruptible():
        seal, few = source.sealed(_Draw(check, classes), _joined, rows=True)
    if few is None:
        raise DataError("the source gave no rows of weight above 0")
    return seal, few


class _Draw(NamedTuple):
    check: Callable[[RowPiece], Any]
    classes: bool

    def __call__(self, piece: RowPiece) -> Drawn | None:
        """Return the rows of a piece, once they have been checked; None where there are none."""
        if self.check(piece) is None:
            return None
        w = piece.weights
        if w is not None and (w == 0).any():
            piece = _taken(piece, w != 0)
        weight = float(len(piece.X) if piece.weights is None else piece.weights.sum())
        labels = np.unique(piece.y) if self.classes else None
        seen = isinstance(piece.y, PartlySeen)
        ends = (-np.inf, np.inf) if seen else (float(piece.y.min()), float(piece.y.max()))
        return _joined([Drawn(piece, len(piece.X), weight, 1, labels, ends)])


def _joined(parts: list[Drawn]) -> Drawn:
    first = parts[0].rows
    for part in parts:
        insist_columns(part.rows, first)
    rng, step = np.random.default_rng(0), max(part.step for part in parts)
    kept = [_thinned(part.rows, step // part.step, rng) for part in parts]
    weighted = any(rows.weights is not None for rows in kept)
    weights = [np.ones(len(r.X)) if r.weights is None else r.weights for r in kept]
    rows = first._replace(
        X=np.vstack([r.X for r in kept]),
        y=_stacked([r.y for r in kept]),
        weights=np.concatenate(weights) if weighted else None,
    )
    while rows.X.size > _KEPT and len(rows.X) > 100 * (rows.X.shape[1] + 1):
        rows, step = _thinned(rows, 2, rng), 2 * step
    labels = [part.labels for part in parts if part.labels is not None]
    return Drawn(
        rows,
        sum(part.count for part in parts),
        sum(part.weight for part in parts),
        step,
        np.unique(np.concatenate(labels)) if labels else None,
        (min(part.ends[0] for part in parts), max(part.ends[1] for part in parts)),
    )


def insist_columns(rows: RowPiece, first: RowPiece) -> None:
    """Raise where some rows have other columns than the first ones, or in another order."""
    if (rows.names, rows.X.shape[1]) == (first.names, first.X.shape[1]):
        return
    one, other = (
        ", ".join(part.names) if part.names else f"{part.X.shape[1]} without names"
        for part in (rows, first)
    )
    raise DataError(
        f"the chunks have different columns: {rows.place} has {one}, and {first.place} {other}"
    )


def _stacked(ys: list[Any]) -> Any:
    """Return the responses of several pieces."""
    seen = [isinstance(y, PartlySeen) for y in ys]
    insist_alike(seen)
    return PartlySeen.joined(ys) if all(seen) else np.concatenate(ys)


def _taken(piece: RowPiece, rows: Any) -> RowPiece:
    w = None if piece.weights is None else piece.weights[rows]
    return piece._replace(X=piece.X[rows], y=piece.y[rows], weights=w)


def _thinned(piece: RowPiece, by: int, rng: np.random.Generator) -> RowPiece:
    return piece if by == 1 else _taken(piece, np.flatnonzero(rng.random(len(piece.X)) * by < 1.0))
