"""The pieces of a source: its chunks cut to a size, their numbers checked, and where each lies, for messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..arrays import insist_not_itself, insist_one_index, numeric
from ..errors import DataError
from .files import released
from .partly import PartlySeen

__all__ = [
    "Piece",
    "Place",
    "RowPiece",
    "Wanted",
    "count",
    "insist_one_width",
    "insist_unnamed",
    "is_table",
    "rows_of",
    "values_of",
]

Array = np.ndarray


class Place(NamedTuple):
    """Where a piece lies: in which chunk and from which of its rows on, and from which row of all; None where unknown."""

    chunk: int | None = None
    start: int = 0
    first: int | None = 0

    def __str__(self) -> str:
        if self.chunk is None:
            return f"what begins at row {self.first or 0:,}"
        return f"chunk {self.chunk}"

    def told(self, error: DataError) -> DataError:
        """Return an error about a piece as one about the source.

        >>> error = DataError("x holds 1 NaN")
        >>> error.index = (2,)
        >>> str(Place(chunk=4, start=10, first=410).told(error))
        'x holds 1 NaN (that is index 12 of chunk 4, and index 412 of the whole source)'
        """
        row = 0 if error.index is None else int(error.index[0])
        parts = [f"index {self.start + row:,} of chunk {self.chunk}"] * (self.chunk is not None)
        parts += [f"index {self.first + row:,} of the whole source"] * (self.first is not None)
        lead = "that is" if error.index is not None else "in what begins at"
        return type(error)(f"{error} ({lead} {', and '.join(parts)})")


class Piece(NamedTuple):
    """Some values of a source: an array (n,) or (n, d) with its weights or None, or partly seen ones.

    Where they are `counted`, the weights say how often the source gave each value.
    """

    values: Any
    weights: Array | None = None
    partly: PartlySeen | None = None
    place: Place = Place()
    counted: bool = False


class RowPiece(NamedTuple):
    """Some rows of a source for a regression; `names` are those of the columns of X, where a table gives them."""

    X: Array
    y: Any
    weights: Array | None = None
    names: tuple[str, ...] | None = None
    place: Place = Place()


class Wanted(NamedTuple):
    """Which columns of a table are wanted: the values, or the columns of X; the response; the weights.

    `beside` says which arrays were given beside an array: "y", "weights" or both.
    """

    column: str | Sequence[str] | None = None
    y: str | None = None
    weights: str | None = None
    beside: tuple[str, ...] = ()


def insist_unnamed(wanted: Wanted, what: str) -> None:
    """Raise where columns are asked for by name of what has none.

    >>> insist_unnamed(Wanted(), "an array")
    """
    names = zip(("column", "y", "weights"), wanted, strict=False)
    said = [f"{k}={name!r}" for k, name in names if name is not None]
    if said:
        cure = "; for weights let each chunk be (x, weights)" * (wanted.weights is not None)
        raise DataError(
            f"{' and '.join(said)}: columns have names in a table, and {what} has none; give a table, or leave "
            f"{'it' if len(said) == 1 else 'them'} out{cure}"
        )


def insist_one_width(piece: Any, width: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Return how many numbers a row of a piece has, which must be as many as in the pieces before.

    >>> insist_one_width(Piece(np.zeros((3, 2))), None)
    (2,)
    """
    values = piece.values if isinstance(piece, Piece) else None
    if values is None:
        return width
    if width not in (None, values.shape[1:]):
        here, before = (
            "one number" if not w else f"{w[0]} numbers" for w in (values.shape[1:], width)
        )
        raise _at_chunk(piece.place, f"has rows of {here}, and the chunks before it of {before}")
    return values.shape[1:]


def is_table(given: Any) -> bool:
    """Say whether something has columns with names: a pandas DataFrame, or a table or batch of Arrow."""
    return (hasattr(given, "iloc") and hasattr(given, "columns")) or hasattr(given, "column_names")


def count(piece: Any) -> int:
    """Return how many values or rows a piece has.

    >>> count(Piece(np.zeros(3)))
    3
    """
    if isinstance(piece, RowPiece):
        return len(piece.X)
    return len(piece.values) if piece.partly is None else len(piece.partly)


def _names(table: Any) -> list[str]:
    """Return the names of the columns of a table; those in which pandas has kept the labels of its rows are none."""
    if not hasattr(table, "column_names"):
        return [str(name) for name in table.columns]
    kept = (table.schema.pandas_metadata or {}).get("index_columns", ())
    labels = {name for name in kept if isinstance(name, str)}
    return [name for name in table.column_names if name not in labels]


def _column(table: Any, name: str, place: Place) -> Array:
    """Return a column of a table as numbers."""
    names = [str(n) for n in getattr(table, "column_names", getattr(table, "columns", ()))]
    if names.count(name) != 1:
        there = "two columns" if name in names else "no column"
        raise _at_chunk(place, f"has {there} {name!r}; its columns are {', '.join(names)}")
    at = names.index(name)
    values = table.column(at) if hasattr(table, "column_names") else table.iloc[:, at]
    try:
        return numeric(_plain(values), name)
    except DataError as error:
        raise place.told(error) from error


def _plain(values: Any) -> Any:
    """Return a column of Arrow as an array, what is missing as NaN, so that it is found as such."""
    return values.to_numpy(zero_copy_only=False) if hasattr(values, "null_count") else values


def values_of(chunk: Any, wanted: Wanted, size: int, place: Place) -> Iterator[Piece]:
    """Cut a chunk into pieces of values.

    >>> [piece.values for piece in values_of(np.arange(3.0), Wanted(), 2, Place())]
    [array([0., 1.]), array([2.])]
    """
    if wanted.y is not None or "y" in wanted.beside:
        raise DataError(
            "y is the response of a regression, and a family has values alone: leave y out of chunks, or fit a regression"
        )
    values, weights = chunk, None
    if not is_table(chunk):
        insist_unnamed(wanted, _called(chunk, place))
    if isinstance(chunk, PartlySeen):
        for part in _parts(len(chunk), size):
            yield Piece(None, None, chunk[part], _moved(place, part))
        return
    if is_table(chunk):
        if wanted.column is None:
            raise DataError("say which column of the table holds the values: chunks(..., column=)")
        several = not isinstance(wanted.column, str)
        values = (
            np.column_stack([_column(chunk, name, place) for name in wanted.column])
            if several
            else _column(chunk, wanted.column, place)
        )
        weights = None if wanted.weights is None else _column(chunk, wanted.weights, place)
    elif isinstance(chunk, tuple):
        if len(chunk) != 2:
            raise _at_chunk(
                place, f"is a tuple of {len(chunk)}: values with weights are a pair (x, weights)"
            )
        values, weights = chunk
        _insist_one_index({"x": values, "weights": weights}, place)
    values = _array(values, "x", place)
    weights = None if weights is None else _array(weights, "weights", place)
    if weights is not None and weights.shape != values.shape[:1]:
        raise _at_chunk(
            place,
            f"has {len(values)} values, and weights of shape {weights.shape}: one weight for each value is needed",
        )
    for part in _parts(len(values), size // max(1, values[:1].size)):
        here = _moved(place, part)
        x = _numbers(values[part], "x", here, whole=True)
        yield Piece(
            x, None if weights is None else _numbers(weights[part], "weights", here), None, here
        )
        released(values, part)
        released(weights, part)


def rows_of(chunk: Any, wanted: Wanted, size: int, place: Place) -> Iterator[RowPiece]:
    """Cut a chunk into pieces of rows.

    >>> [rows.y for rows in rows_of(([[0.0], [1.0]], [3, 4]), Wanted(), 1, Place())]
    [array([3.]), array([4.])]
    """
    names, weights = None, None
    if is_table(chunk):
        if wanted.y is None:
            raise DataError("say which column of the table is the response: chunks(..., y=)")
        column = [wanted.column] if isinstance(wanted.column, str) else wanted.column
        others = [n for n in _names(chunk) if n not in (wanted.y, wanted.weights)]
        names = tuple(others if column is None else column)
        X = np.column_stack([_column(chunk, name, place) for name in names])
        y = _column(chunk, wanted.y, place)
        weights = None if wanted.weights is None else _column(chunk, wanted.weights, place)
    elif isinstance(chunk, tuple) and len(chunk) in (2, 3) and wanted.beside != ("weights",):
        X, y, *rest = chunk
        _insist_one_index(dict(zip(("X", "y", "weights"), chunk, strict=False)), place)
        insist_not_itself(X, y)
        insist_unnamed(wanted, _called(chunk, place))
        if is_table(X):
            names = tuple(_names(X))
            arrow = hasattr(X, "column_names")
            X = np.column_stack([_column(X, name, place) for name in names]) if arrow else X
        elif hasattr(X, "iloc") and X.name is not None:
            names = (str(X.name),)
        if isinstance(y, PartlySeen):
            if y.weights is not None and rest:
                raise _at_chunk(
                    place, "has weights with its partly seen values already: give them once"
                )
            rest = rest or [w for w in (y.weights,) if w is not None]
            y = replace(y, weights=None, labels=None)
        else:
            y = _array(y, "y", place)
        X = _array(X, "X", place)
        X = X[:, None] if X.ndim == 1 else X
        weights = _array(rest[0], "weights", place) if rest else None
    else:
        raise _at_chunk(
            place,
            "holds no rows of a regression: those are (X, y) or (X, y, weights), or a table with y=",
        )
    for name, value in (("y", y), ("weights", weights)):
        shape = (len(y),) if isinstance(value, PartlySeen) else np.shape(value)
        if value is not None and shape != (len(X),):
            raise _at_chunk(place, f"has {len(X)} rows of X, and {name} of shape {shape}")
    for part in _parts(len(X), size // max(1, X.shape[1])):
        here = _moved(place, part)
        x, r = _numbers(X[part], "X", here), y[part]
        r = r if isinstance(r, PartlySeen) else _numbers(r, "y", here)
        w = None if weights is None else _numbers(weights[part], "weights", here)
        yield RowPiece(x, r, w, names, here)
        for array in (X, y, weights):
            released(array, part)


def _insist_one_index(named: dict[str, Any], place: Place) -> None:
    """Raise where pandas' labels of the rows of a chunk do not match."""
    try:
        insist_one_index(named)
    except DataError as error:
        raise place.told(error) from error


def _array(values: Any, name: str, place: Place) -> Array:
    """Return the values of a chunk as an array, whose numbers are looked at piece by piece."""
    if hasattr(values, "toarray"):
        raise _at_chunk(
            place,
            f"has a sparse {name}, and what comes in chunks is laid out in full: give {name}.toarray() in each chunk, or all "
            "rows at once, which stay sparse in logistic and Poisson regression",
        )
    try:
        array = values if isinstance(values, np.ndarray) else numeric(_plain(values), name)
    except DataError as error:
        raise place.told(error) from error
    if array.ndim == 0:
        raise _at_chunk(
            place,
            "is a single number, and a chunk holds many: give the array itself, or an iterable of arrays",
        )
    if array.ndim > 2:
        raise _at_chunk(
            place,
            f"has shape {array.shape}: {name} has one dimension, or two with one row an observation",
        )
    return array


def _numbers(values: Array, name: str, place: Place, whole: bool = False) -> Array:
    """Return doubles; with `whole` also whole numbers as they are, which to count in a few bytes each is quicker."""
    values = values.view(np.ndarray) if isinstance(values, np.memmap) else values
    if whole and type(values) is np.ndarray and values.dtype.kind in "bui":
        return values
    try:
        return numeric(values, name)
    except DataError as error:
        raise place.told(error) from error


def _called(chunk: Any, place: Place) -> str:
    what = "the source" if place.chunk is None else f"chunk {place.chunk} of the source"
    return f"{what}, a {type(chunk).__name__},"


def _at_chunk(place: Place, what: str) -> DataError:
    return DataError(f"chunk {place.chunk or 0} of the source {what}")


def _parts(rows: int, size: int) -> Iterator[slice]:
    size = max(1, size)
    return (slice(i, min(i + size, rows)) for i in range(0, rows, size))


def _moved(place: Place, part: slice) -> Place:
    return Place(place.chunk, part.start, None if place.first is None else place.first + part.start)
