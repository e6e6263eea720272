"""The columns of a regression: read as numbers, refused by name where they are none, and cut into blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..arrays import numeric, present, require_finite
from ..errors import DataError
from ..habits import refuse_names
from ..products import blocks, one_thread
from .sparse import Sparse

__all__ = ["columns", "is_number", "row_blocks"]

Array = np.ndarray

# Numbers that are worked on together: few enough to stay in the processor's second cache.
_CACHED = 80_000
# Products of many columns are worth more rows at once, as long as these are not too many megabytes.
_ROWS, _MOST = 2_000, 2_000_000


def columns(
    X: Any,
    reserved: tuple[str, ...] = (),
    w: Array | None = None,
    *,
    copy: bool = False,
    sparse: bool = False,
) -> tuple[Any, tuple[str, ...], Array]:
    """Return X as floats of shape (n, p), the names of its columns and their means.

    A row of weight 0 is no observation: another one stands in for it. With `copy` the array is not the caller's; with
    `sparse` a sparse matrix stays one where that is worth while.

    The names are x1 .. xp, or a DataFrame's own. One dimension is one column.

    Raises
    ------
    DataError : for what are not numbers, not finite or no rows, and for names that occur twice or are `reserved`.

    >>> columns([[1, 2], [3, 4]])[1]
    ('x1', 'x2')
    """
    if sparse and hasattr(X, "toarray") and Sparse.worthwhile(X):
        return _sparse_columns(X, w)
    given = getattr(X, "columns", None)
    values = _numbers(X)
    if values.ndim == 1:
        values, given = values[:, None], None if getattr(X, "name", None) is None else [X.name]
    if values.ndim != 2:
        raise DataError(f"X must have shape (n, p), one row an observation; got {values.shape}")
    if len(values) == 0:
        raise DataError(f"X has no rows (shape {values.shape}): there is nothing to fit")
    values = present(values, w)
    with np.errstate(over="ignore", invalid="ignore"), one_thread(values.shape[1]):
        center = np.full(len(values), 1.0 / len(values)) @ values
    if not np.isfinite(center).all():  # the sums are needed anyway, and tell of any NaN
        _require_finite(values, given)
    names = (
        tuple(f"x{j + 1}" for j in range(values.shape[1]))
        if given is None
        else tuple(map(str, given))
    )
    for name in names:
        if len({*names}) < len(names) and names.count(name) > 1:
            raise DataError(f"two columns of X are called {name!r}: rename one")
        if name in reserved:
            raise DataError(
                f"a column of X is called {name!r}, which the model uses itself: rename it"
            )
    own = np.ascontiguousarray(values)
    if copy and own is values and (values is X or values.base is not None):
        own = values.copy()
    return own, names, center


def _require_finite(values: Array, given: Any) -> None:
    """Raise where a value is NaN or infinite, and name its column."""
    try:
        require_finite(values, "X")
    except DataError as error:
        row, j = error.index or (0, 0)
        name = f"x{j + 1}" if given is None else str(given[j])
        raise DataError(
            f"{error}: row {row} of column {name!r} is {values[row, j]}. Rows with gaps are left out of X and y together, in a "
            "table by X.notna().all(axis=1)"
        ).at((row, j)) from error


def _sparse_columns(X: Any, w: Array | None) -> tuple[Sparse, tuple[str, ...], Array]:
    """Return sparse columns as they are, their names and means."""
    values = Sparse(X)
    if w is not None and w.shape == (len(values),) and not w.all():
        values = values[np.where(w == 0, np.argmax(w), np.arange(len(values)))]
    if not np.isfinite(values.matrix.data).all():
        rows, column = values.matrix.tocoo().coords
        bad = ~np.isfinite(values.matrix.data)
        k = int(np.argmax(bad))
        raise DataError(
            f"X holds {int(bad.sum())} value(s) that are NaN or infinite, the first at index {(int(rows[k]), int(column[k]))}; "
            "remove or repair them"
        )
    names = tuple(f"x{j + 1}" for j in range(values.shape[1]))
    own = values.copy()  # the caller's may change
    own.matrix.sum_duplicates()
    return own, names, np.full(len(own), 1.0 / len(own)) @ own


def _numbers(X: Any) -> Array:
    """Return X as doubles, a sparse one laid out in full; a column of words is named, with what to do."""
    if hasattr(X, "toarray"):
        X = np.asarray(Sparse(X))
    refuse_names(X)
    try:
        return numeric(X, "X")
    except DataError as error:
        kinds = X.dtypes.items() if hasattr(X, "columns") and hasattr(X, "iloc") else ()
        when = [n for n, kind in kinds if kind.kind in "mM"]
        if when:
            raise DataError(
                f"column {when[0]!r} of X holds times: give numbers, such as days since the first, "
                f"(X[{when[0]!r}] - X[{when[0]!r}].min()).dt.days"
            ) from error
        column = _wordy_column(X)
        if column is None:
            raise
        name, word, frame = column
        advice = (
            f"pandas.get_dummies(X, columns=[{name!r}], drop_first=True, dtype=float)"
            if frame
            else "pandas.get_dummies(pandas.DataFrame(X), drop_first=True, dtype=float)"
        )
        raise DataError(
            f"column {name!r} of X holds words, such as {word!r}: make columns of zeros and ones of it, one for each "
            f"word but the first, as {advice} does"
        ) from error


def _wordy_column(X: Any) -> tuple[str, str, bool] | None:
    """Return the first column that holds a word: its name, the word, and whether X is a table with names."""
    frame = getattr(X, "columns", None) is not None and getattr(X, "iloc", None) is not None
    table = np.array(X, dtype=object) if not frame else None
    if table is not None and table.ndim != 2:
        return None
    for j in range(X.shape[1] if frame else table.shape[1]):
        column = X.iloc[:, j].tolist() if frame else table[:, j].tolist()
        for item in column:
            if isinstance(item, str) and not is_number(item):
                return str(X.columns[j]) if frame else f"x{j + 1}", item, frame
    return None


def is_number(text: str) -> bool:
    """Say whether a text is that of a number.

    >>> is_number("1e3"), is_number("m")
    (True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return True


def row_blocks(X: Array) -> Iterator[slice]:
    """Cut the rows of X into slices that fit the cache.

    >>> len(list(row_blocks(np.zeros((10, 2)))))
    1
    """
    columns = max(X.shape[1], 1)
    return blocks(len(X), max(256, _CACHED // columns, min(_ROWS, _MOST // columns)))
