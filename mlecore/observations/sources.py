"""What sources are made of: arrays, iterables, files, and what is Dask's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import DataError
from ..progress import Progress, ticker
from .files import Reader, dtype_of, file_kind, length_of_map, npy, parquet, raw_file
from .partly import PartlySeen
from .pieces import Wanted, insist_unnamed, is_table
from .source import SIZE, Source
from .spread import is_dask, spread

__all__ = ["as_source", "chunks"]

Array = np.ndarray


def chunks(
    source: Any,
    *,
    size: int | None = None,
    dtype: Any = None,
    column: str | Sequence[str] | None = None,
    y: Any = None,
    weights: Any = None,
    progress: Progress = False,
) -> Source:
    """Say that values come in chunks, to be read as often as a fit needs them, and never all at once.

    They come from

    - an array or memory map, (n,) or (n, d), which is cut;
    - an iterable of chunks: arrays, pairs (x, weights), what `observed`, `interval` or `binned` return, tables; for a
      regression (X, y) or (X, y, weights). A list serves every fit; a generator is read once;
    - a function without arguments that returns such an iterable anew;
    - a Dask array, frame or column of one, whose chunks are worked on where they are: on the workers of the client that is
      connected, else in threads;
    - the path of a file, or a list of paths: Parquet, NumPy's .npy, or with `dtype` a raw file of numbers.

    Parameters
    ----------
    source : one of these.
    size : how many numbers are worked on at once; a larger chunk is cut.
    dtype : the type of the numbers in a raw file; a .npy file has its own, and may be given that.
    column : which column of a table (Parquet, DataFrame) holds the values; for a regression those of X, by default all others.
    y : for a regression, the name of the response in a table; or an array (of Dask's) beside an array X.
    weights : the name of the column of weights in a table; or an array beside an array.
    progress : True for a line that says how far each pass has come and how long the rest will take, or a function of
        (done, total), with total 0 until it is known; see `mlecore.progress`. Dask shows its own.

    Raises
    ------
    DataError : for what is no source, a raw file without `dtype`, a file that is broken, columns that are not there, and
        what means nothing for this source, such as `column` for an array.
    ImportError : for Parquet without pyarrow: install mlecore[parquet].

    >>> [piece.values for piece in chunks(np.arange(3.0), size=2).pieces()]
    [array([0., 1.]), array([2.])]
    """
    made = _made(source, size, dtype, column, y, weights)
    if progress is not False:
        ticker(progress, 1, "")  # refuses what is neither
        made.progress = progress
    return made


def _made(source: Any, size: int | None, dtype: Any, column: Any, y: Any, weights: Any) -> Source:
    if isinstance(source, Source):
        said = {"size": size, "dtype": dtype, "column": column, "y": y, "weights": weights}
        again = [name for name, value in said.items() if value is not None]
        if again:
            raise DataError(
                f"this is a source already: say {', '.join(again)} where it is made, as in chunks(values, {again[0]}=...)"
            )
        return source
    size = SIZE if size is None else _insist_size(size)
    column = _insist_names(column)
    if isinstance(y, str) and y in ([column] if isinstance(column, str) else column or []):
        raise DataError(
            f"y={y!r} is the response, and column= has it among the columns of X: leave it out there"
        )
    paths = _paths(source)
    if dtype is not None and not paths:
        raise DataError(
            "dtype says what a raw file holds; an array or an iterable of them has its own"
        )
    if is_dask(source):
        return spread(source, Wanted(column, y, weights), size)
    if hasattr(source, "toarray"):
        raise DataError(
            "what comes in chunks is laid out in full, and this is sparse: give all rows at once, which stay sparse in logistic "
            "and Poisson regression, or chunks of rows as X[i:j].toarray()"
        )
    array = hasattr(source, "__array__") and not is_table(source)
    beside = {"y": y, "weights": weights}
    beside = {k: v for k, v in beside.items() if v is not None and not isinstance(v, str)}
    wanted = Wanted(
        column, *(None if k in beside else v for k, v in (("y", y), ("weights", weights)))
    )
    if beside and not array:
        raise DataError(
            f"{' and '.join(beside)} beside {'a file' if paths else 'an iterable'} must be the name of a column; else let "
            "each chunk be (x, weights), or (X, y, weights), or give one array, such as np.memmap(path), and others beside it"
        )
    if paths:
        return _of_files(paths, size, dtype, wanted)
    if array:
        insist_unnamed(wanted, "an array")
        whole = (source, *beside.values()) if beside else source
        wanted = Wanted(beside=tuple(beside))
        return Source(lambda: [whole], length=_length(source), size=size, wanted=wanted, cut=True)
    if callable(source):
        return Source(lambda: _iterable(source()), size=size, wanted=wanted)
    given = _iterable(source)
    once = isinstance(given, Iterator)
    length = None
    if isinstance(given, list | tuple) and not isinstance(source, PartlySeen):
        counts = [_length(chunk[0] if isinstance(chunk, tuple) else chunk) for chunk in given]
        length = None if None in counts else sum(counts)
    return Source(lambda: given, once=once, length=length, size=size, wanted=wanted)


def as_source(x: Any, weights: Any = None, axis: Any = None, event: int = 0) -> Source | None:
    """Return what is to be read in pieces as a source: a source, what is Dask's, a memory map of one sample; else None.

    `event` is the number of axes of one observation.

    >>> as_source([1.0, 2.0]) is None
    True
    """
    if type(x) is np.ndarray or type(x) is list:
        return None
    if isinstance(x, Source):
        return x
    mapped = isinstance(x, np.memmap) and length_of_map(x)
    if is_dask(x) or (mapped and axis is None and x.ndim == 1 + event):
        return chunks(x, weights=weights)
    return None


def _insist_size(size: Any) -> int:
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
        raise DataError(f"size must be a whole number of values, 1 or more, got {size!r}")
    return int(size)


def _insist_names(column: Any) -> Any:
    """Return the name of a column or a list of names."""
    if column is None or isinstance(column, str):
        return column
    names = list(column) if isinstance(column, Iterable) else [column]
    if not all(isinstance(name, str) for name in names):
        raise DataError(f"column must be the name of a column, or a list of names, got {column!r}")
    if not names:
        raise DataError("column is an empty list: name one column or more")
    return names


def _length(values: Any) -> int | None:
    shape = getattr(values, "shape", None)  # a sparse matrix has no length
    if isinstance(shape, tuple):
        return shape[0] if shape else None
    return len(values) if hasattr(values, "__len__") else None


def _iterable(given: Any) -> Iterable[Any]:
    """Return what chunks are taken from; one array, table or set of partly seen values is one chunk."""
    if hasattr(given, "__array__") or is_table(given):
        return [given]
    if isinstance(given, str | bytes | dict) or not isinstance(given, Iterable):
        raise DataError(
            f"a source is an array, a path, an iterable of arrays or a function that returns one; got a {type(given).__name__}"
        )
    return given


def _paths(source: Any) -> list[str]:
    """Return the paths of files that were given, none where something else was."""
    if isinstance(source, str | os.PathLike):
        return [os.fspath(source)]
    several = source if isinstance(source, list | tuple) else ()
    paths = [os.fspath(one) for one in several if isinstance(one, str | os.PathLike)]
    return paths if len(paths) == len(several) else []


def _of_files(paths: list[str], size: int, dtype: Any, wanted: Wanted) -> Source:
    kinds = {file_kind(path): path for path in paths}
    if len(kinds) > 1:
        raise DataError(
            f"{' and '.join(kinds.values())} are of different kinds: make a source of the files of each kind"
        )
    (kind,) = kinds
    if kind == "raw" and dtype is None:
        # A broken file is told by the end of its name what it should have been.
        kind = next((k for k in ("npy", "parquet") if paths[0].endswith(f".{k}")), "raw")
    if kind == "parquet":
        files = _tables(paths, size, dtype, wanted)
    elif kind == "npy":
        maps = [npy(path) for path in paths]
        own = maps[0].dtype
        if dtype is not None and any(dtype_of(dtype) != one.dtype for one in maps):
            raise DataError(
                f"{paths[0]} says itself that it holds {own}, not {dtype_of(dtype)}: leave dtype out"
            )
        insist_unnamed(wanted, "a .npy file")
        return Source(lambda: maps, length=sum(map(len, maps)), size=size, cut=len(maps) == 1)
    elif dtype is None:
        raise DataError(
            "say what the file holds: dtype= for a raw file of numbers, such as chunks(path, dtype=float); column= for "
            "the values of a Parquet file; y= for a regression on its other columns"
        )
    else:
        insist_unnamed(wanted, "a raw file")
        files = [raw_file(path, dtype, size) for path in paths]
    length = sum(count for count, _ in files)
    return Source(
        lambda: (part for _, read in files for part in read()),
        length=length,
        size=size,
        wanted=wanted,
        cut=True,
    )


def _tables(paths: list[str], size: int, dtype: Any, wanted: Wanted) -> list[Reader]:
    """Return the readers of Parquet files."""
    if dtype is not None:
        raise DataError(
            f"{paths[0]} is a Parquet file, whose columns have their own types: leave dtype out, and name the column"
        )
    names = [wanted.column] if isinstance(wanted.column, str) else wanted.column
    if names is None and wanted.y is None:
        raise DataError(
            f"say which column of {paths[0]} holds the values, by column=; or which the response, by y=, for a regression "
            "on the others"
        )
    beside = [name for name in (wanted.y, wanted.weights) if name is not None]
    return [parquet(path, names, beside, size) for path in paths]
