"""What tells whether a source gives the same again: a sum over the bits of its numbers, in whatever chunks they come."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

from .partly import PartlySeen
from .pieces import RowPiece, count

__all__ = ["Seal"]

Array = np.ndarray


class Seal(NamedTuple):
    """How many rows there were, and the sum of the bits of their numbers, each read as a whole number, modulo 2^64.

    One number that has changed changes it, and so do nearly all changes of several; another order of the rows does not.
    It takes less time than adding up the numbers.

    >>> from mlecore.observations import Piece
    >>> one, other = (Seal.of(Piece(np.array(x))) for x in ([1.0, 2.0], [3.0]))
    >>> one + other == Seal.of(Piece(np.array([3.0, 2.0, 1.0]))), one == other
    (True, False)
    """

    rows: int = 0
    bits: int = 0

    @classmethod
    def of(cls, piece: Any) -> Seal:
        """Return the seal of a piece, of values or of rows."""
        columns: tuple[Any, ...]
        if isinstance(piece, RowPiece):
            ys = _columns(piece.y) if isinstance(piece.y, PartlySeen) else (piece.y,)
            columns = (piece.X, *ys, piece.weights)
        elif piece.partly is not None:
            columns = _columns(piece.partly)
        elif piece.counted:  # each value stands for as many of them
            often = piece.weights.astype(np.uint64)
            return cls(int(often.sum()), int((often * _bits(piece.values)).sum()))
        else:
            columns = (piece.values, piece.weights)
        # Each column times another odd number, so that two that change places are told apart.
        sums = ((2 * k + 1) * _sum(c) for k, c in enumerate(columns) if c is not None)
        return cls(count(piece), sum(sums) % 2**64)

    def __add__(self, other: Any) -> Seal:
        return type(self)(self.rows + other.rows, (self.bits + other.bits) % 2**64)


def _columns(seen: PartlySeen) -> tuple[Any, ...]:
    names = (f.name for f in fields(PartlySeen) if f.name != "labels")
    return tuple(getattr(seen, name) for name in names)


def _bits(column: Array) -> Array:
    return np.asarray(column, dtype=float).view(np.uint64)


def _sum(column: Array) -> int:
    return int(np.add.reduce(_bits(column), axis=None))
