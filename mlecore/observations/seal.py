"""What tells whether a source gives the same again: a sum over the bits of its numbers, in whatever chunks they come."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

from .partly import PartlySeen
from .pieces import RowPiece, count

__all__ = ["Seal"]

Array = np.ndarray

# An odd number whose bits are without order (Steele, Lea and Flood 2014), and half the bits of a number.
_ODD, _HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)


class Seal(NamedTuple):
    """How many rows there were, and the sum of what the bits of each row make, read as whole numbers, modulo 2^64.

    One number that has changed changes it, and so do nearly all changes of several: weights, responses or columns that
    have changed places too, as each row is stirred into one number before they are added. Another order of whole rows
    does not, and need not: all that a fit asks of a source is a sum over its rows. Of values alone their bits are added,
    in less time than the values.

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
        given = [_bits(c) for c in columns if c is not None]
        return cls(count(piece), int(np.add.reduce(_each_row(given), axis=None)))

    def __add__(self, other: Any) -> Seal:
        return type(self)(self.rows + other.rows, (self.bits + other.bits) % 2**64)


def _columns(seen: PartlySeen) -> tuple[Any, ...]:
    names = (f.name for f in fields(PartlySeen) if f.name != "labels")
    return tuple(getattr(seen, name) for name in names)


def _bits(column: Array) -> Array:
    return np.asarray(column, dtype=float).view(np.uint64)


def _each_row(columns: list[Array]) -> Array:
    """Return one number for each row: of plain values their own, of several what their order and bits make."""
    if len(columns) == 1 and columns[0].ndim == 1:
        return columns[0]
    rows = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        if column.ndim > 1:
            column = column @ np.arange(1, 2 * column.shape[1], 2, dtype=np.uint64)
        rows += column
        # Bits of doubles are zero at their low end: what is high is brought there, so that sums and places tell.
        rows *= _ODD
        rows ^= rows >> _HALF
    return rows
