"""Files read in parts: raw numbers, memory maps and Parquet, with no more in memory than one part."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import DataError

__all__ = ["length_of_map", "parquet", "raw_file", "released"]

Reader = tuple[int, Callable[[], Iterator[Any]]]


def raw_file(path: str, dtype: Any, size: int) -> Reader:
    """Return how many numbers a raw file holds, and the function that reads them, so many at once.

    It is read, not mapped: a map's pages would count as memory of the process.

    Raises
    ------
    DataError : for a type that is none of numbers, and a file that holds no whole number of them.
    """
    kind = np.dtype(dtype)
    if kind.kind not in "biuf":
        raise DataError(f"dtype must be one of real numbers, such as float or 'int32', got {kind}")
    count, rest = divmod(os.path.getsize(path), kind.itemsize)
    if rest or not count:
        raise DataError(
            f"{path} has {os.path.getsize(path):,} bytes, which is no whole number of {kind} of {kind.itemsize} bytes"
            if rest
            else f"{path} is empty"
        )

    def read() -> Iterator[np.ndarray]:
        with open(path, "rb") as file:
            while (part := np.fromfile(file, kind, size)).size:
                yield part

    return count, read


def parquet(path: str, columns: Sequence[str] | None, beside: Sequence[str], size: int) -> Reader:
    """Return how many rows a Parquet file has, and the function that reads some columns of them, part by part.

    Raises
    ------
    ImportError : without pyarrow.
    DataError : for columns that are not there.
    """
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ImportError("Parquet is read by pyarrow: pip install 'mlecore[parquet]'") from error
    with ParquetFile(path) as file:
        count, names = file.metadata.num_rows, file.schema_arrow.names
    missing = [name for name in (*(columns or ()), *beside) if name not in names]
    if missing:
        raise DataError(
            f"{path} has no column {', '.join(map(repr, missing))}; its columns are {', '.join(names)}"
        )
    wanted = None if columns is None else list(dict.fromkeys([*columns, *beside]))
    rows = max(1, size // len(wanted or names))

    def read() -> Iterator[Any]:
        with ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=rows, columns=wanted)

    return count, read


def length_of_map(array: Any) -> int:
    """Return how many bytes of a file an array maps; 0 for one that maps none.

    >>> length_of_map(np.zeros(3))
    0
    """
    mapped = getattr(array, "_mmap", None)
    return 0 if mapped is None else len(mapped)


def released(array: Any, part: slice) -> None:
    """Let the pages of a map go that hold some rows, once they have been used: they count as memory of the process.

    A copy-on-write map would lose what was written to it, and stays.

    >>> released(np.zeros(3), slice(0, 3))
    """
    if not length_of_map(array) or array.mode == "c" or not hasattr(mmap, "MADV_DONTNEED"):
        return
    rows = array[part]
    if not rows.flags.c_contiguous:
        return
    start = rows.ctypes.data - np.frombuffer(array._mmap, np.uint8).ctypes.data
    begin = start - start % mmap.PAGESIZE
    array._mmap.madvise(mmap.MADV_DONTNEED, begin, start + rows.nbytes - begin)
