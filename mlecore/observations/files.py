"""Files read in parts: raw numbers, NumPy's, memory maps and Parquet, with no more in memory than one part."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import DataError

__all__ = [
    "Reader",
    "dtype_of",
    "file_kind",
    "length_of_map",
    "npy",
    "parquet",
    "raw_file",
    "released",
]

Reader = tuple[int, Callable[[], Iterator[Any]]]

# How files begin that say themselves what they hold.
_BEGINNINGS = {"npy": b"\x93NUMPY", "parquet": b"PAR1"}


def file_kind(path: str) -> str:
    """Return what a file is by its first bytes, "npy", "parquet" or "raw"; the end of its name does not count.

    Raises
    ------
    FileNotFoundError : where there is no file.
    DataError : for a folder.
    """
    if os.path.isdir(path):
        raise DataError(f"{path} is a folder: give the list of its files")
    with open(path, "rb") as file:
        head = file.read(8)
    return next((k for k, first in _BEGINNINGS.items() if head.startswith(first)), "raw")


def npy(path: str) -> np.ndarray:
    """Return the array of a file of NumPy's as a memory map.

    Raises
    ------
    DataError : for a file that is none, is cut off, or holds Python's objects or a single number.
    """
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise DataError(
            f"{path} cannot be read as a .npy file of numbers: it is none, or cut off, or holds objects ({error})"
        ) from error
    if not isinstance(mapped, np.ndarray) or mapped.ndim == 0:
        raise DataError(f"{path} holds no array with rows: save it by np.save(path, array)")
    return mapped


def dtype_of(dtype: Any) -> np.dtype:
    """Return a type of real numbers, of whatever names one.

    >>> dtype_of("int32")
    dtype('int32')
    """
    try:
        kind = np.dtype(dtype)
    except (TypeError, ValueError) as error:
        raise DataError(f"dtype={dtype!r} is no type of numbers: say float or 'int32'") from error
    if kind.kind not in "biuf":
        raise DataError(f"dtype must be one of real numbers, such as float or 'int32', got {kind}")
    return kind


def raw_file(path: str, dtype: Any, size: int) -> Reader:
    """Return how many numbers a raw file holds, and the function that reads them, so many at once.

    It is read, not mapped: a map's pages would count as memory of the process.

    Raises
    ------
    DataError : for a type that is none of numbers, and a file that holds no whole number of them.
    """
    kind = dtype_of(dtype)
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
    DataError : for columns that are not there, and a file that is none of Parquet's, or broken.
    """
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ImportError("Parquet is read by pyarrow: pip install 'mlecore[parquet]'") from error
    with _readable(path), ParquetFile(path) as file:
        count, names = file.metadata.num_rows, file.schema_arrow.names
    missing = [name for name in (*(columns or ()), *beside) if name not in names]
    if missing:
        raise DataError(
            f"{path} has no column {', '.join(map(repr, missing))}; its columns are {', '.join(names)}"
        )
    wanted = None if columns is None else list(dict.fromkeys([*columns, *beside]))
    rows = max(1, size // len(wanted or names))

    def read() -> Iterator[Any]:
        with _readable(path), ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=rows, columns=wanted)

    return count, read


@contextmanager
def _readable(path: str) -> Iterator[None]:
    """Say of what Arrow cannot read in which file it is."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (ValueError, OSError, NotImplementedError) as error:  # Arrow's own are of these kinds
        raise DataError(
            f"{path} cannot be read as a Parquet file: it is none, or broken ({error})"
        ) from error


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
