"""A source: values that come in chunks, as often as they are asked for, and never all at once.

What reads it asks for its pieces, each small enough for the cache, or for the sum of a function over all pieces, which a Dask
source takes on its workers.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, ClassVar

from ..errors import DataError
from ..progress import Progress, ticker
from .pieces import Piece, Place, RowPiece, Wanted, count, insist_one_width, rows_of, values_of
from .seal import Seal

__all__ = ["SIZE", "TOGETHER", "Source", "Tree", "plus"]

# How many numbers a piece holds at most, if nothing else is said: 2 MB, which the last cache holds with what is made of them.
SIZE = 2**18
# How many sums are added at once on the way up a tree.
TOGETHER = 16


class Source:
    """Values in chunks; made by `chunks`.

    Attributes
    ----------
    once : whether the chunks come only once; a second pass is then refused.
    length : how many values or rows there are, where that is known beforehand.
    passes : how often all have been read.

    `pieces()` yields the pieces of one pass, and `rows()` those of a regression. `total(function)` is the sum of
    function(piece) over all pieces, added as a tree; a Dask source takes it on its workers, and only the sums travel.

    >>> from mlecore import chunks
    >>> source = chunks([[1.0, 2.0], [3.0]])
    >>> source.total(lambda piece: piece.values.sum()), source.length, source.passes
    (np.float64(6.0), 3, 1)
    """

    #: how each pass says how far it has come
    progress: Progress = False
    #: whether `total` works on the chunks elsewhere
    spread: ClassVar[bool] = False

    def __init__(
        self,
        make: Callable[[], Iterable[Any]],
        *,
        once: bool = False,
        length: int | None = None,
        size: int = SIZE,
        wanted: Wanted | None = None,
        cut: bool = False,
    ) -> None:
        self.once, self.length, self.passes = once, length, 0
        self._make, self._size, self._wanted = make, size, wanted or Wanted()
        self._cut = cut  # the chunks are no one's but parts of one array or file

    def __repr__(self) -> str:
        size = "of unknown length" if self.length is None else f"of {self.length:,} values"
        return f"<source {size}{', read once' * self.once}>"

    def _chunks(self) -> Iterator[Any]:
        """Begin a pass, and yield the chunks as they were given."""
        if self.once and self.passes:
            raise DataError(
                "this source gives its values once, and they are needed again: give chunks a function that makes the "
                "iterator anew, as in chunks(lambda: read(path))"
            )
        self.passes += 1
        return iter(self._make())

    def pieces(self) -> Iterator[Piece]:
        """Read all once, piece by piece."""
        return self._read(values_of, 0)

    def rows(self) -> Iterator[RowPiece]:
        """Read all once, as rows of a regression."""
        return self._read(rows_of, 0)

    def _read(self, parts_of: Callable[..., Iterator[Any]], first: int) -> Iterator[Any]:
        given = self._chunks()
        tick = ticker(self.progress, self.length or 0, f"pass {self.passes}")
        width: Any = None
        try:
            for number, chunk in enumerate(given):
                place = Place(None if self._cut else number, 0, first)
                for piece in parts_of(chunk, self._wanted, self._size, place):
                    width = insist_one_width(piece, width)
                    yield piece
                    first += count(piece)
                    tick(first)
            self.length = first  # the next pass can tell how much is left
        finally:
            tick(first, stopped=True)

    def total(
        self,
        function: Callable[[Any], Any],
        add: Callable[[list[Any]], Any] | None = None,
        *,
        rows: bool = False,
    ) -> Any:
        """Return the sum of function(piece) over all pieces, in one pass; what is None is left out.

        Parameters
        ----------
        function : of a `Piece`, or with `rows` of a `RowPiece`; what it returns must add up.
        add : adds up a list of what it returns; by default with +.
        """
        tree = Tree(add or plus)
        for piece in self.rows() if rows else self.pieces():
            tree.add(function(piece))
        return tree.total()

    def sealed(
        self,
        function: Callable[[Any], Any],
        add: Callable[[list[Any]], Any] | None = None,
        *,
        rows: bool = False,
    ) -> tuple[Seal, Any]:
        """Return what `total` returns, and before it the seal of all that was read, by which another pass knows it again.

        >>> from mlecore import chunks
        >>> chunks([[1.0, 2.0]]).sealed(lambda piece: piece.values.sum())[1]
        np.float64(3.0)
        """
        found = self.total(partial(_sealed, function), partial(_together, add or plus), rows=rows)
        return (Seal(), None) if found is None else found


def _sealed(function: Callable[[Any], Any], piece: Any) -> tuple[Seal, Any]:
    return Seal.of(piece), function(piece)


def _together(add: Callable[[list[Any]], Any], parts: list[tuple[Seal, Any]]) -> tuple[Seal, Any]:
    values = [value for _, value in parts if value is not None]
    whole = add(values) if len(values) > 1 else values[0] if values else None
    return plus([seal for seal, _ in parts]), whole


class Tree:
    """A running sum whose rounding stays small, and few of whose parts are kept: each takes part in few additions.

    >>> tree = Tree(sum)
    >>> for x in range(100):
    ...     tree.add(x)
    >>> tree.total()
    4950
    """

    def __init__(self, add: Callable[[list[Any]], Any]) -> None:
        self._add, self._levels = add, list[list[Any]]()

    def add(self, part: Any) -> None:
        """Take one more; None is nothing."""
        if part is None:
            return
        for level in self._levels:
            level.append(part)
            if len(level) < TOGETHER:
                return
            part = self._add(level)
            level.clear()
        self._levels.append([part])

    def total(self) -> Any:
        """Return the sum of all, or None of nothing."""
        parts = [part for level in reversed(self._levels) for part in level]
        return self._add(parts) if len(parts) > 1 else parts[0] if parts else None


def plus(parts: list[Any]) -> Any:
    """Add up a list with +.

    >>> plus([1, 2, 3])
    6
    """
    return functools.reduce(operator.add, parts)
