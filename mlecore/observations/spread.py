"""Dask's arrays and frames as sources: each chunk is worked on where it is, and only sums travel.

Dask's own scheduler decides where: the client that is connected, else threads of this process. It repeats the chunks of a
worker that has died; as a sum over a chunk depends on nothing else, and sums are added in one order, that changes no answer.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..errors import DataError
from .pieces import Place, Wanted, insist_unnamed, rows_of, values_of
from .source import TOGETHER, Source, plus

__all__ = ["SpreadSource", "is_dask", "spread"]


def spread(x: Any, wanted: Wanted, size: int) -> SpreadSource:
    """Return a Dask array, or a frame or a column of one, as a source; what goes with it, y and weights, are such too.

    Raises
    ------
    DataError : for another thing of Dask's, and for parts that do not match.
    """
    wanted = Wanted(wanted.column, _own(x, wanted.y), _own(x, wanted.weights))
    beside = {k: getattr(wanted, k) for k in ("y", "weights") if is_dask(getattr(wanted, k))}
    named = Wanted(
        *(None if is_dask(value) else value for value in wanted[:3]), beside=tuple(beside)
    )
    if any(not isinstance(value, str | None) for value in (named.y, named.weights)):
        raise DataError(
            "beside a Dask collection y and weights are names of its columns, or Dask's too"
        )
    if beside and (named.y or named.weights):
        raise DataError(
            "y and weights are both columns of the frame, given by name, or both Dask's that go beside it: not one of each"
        )
    for name, value in (("x", x), *beside.items()):
        _insist_readable(name, value)
    counts: list[float] = []
    if hasattr(x, "chunks"):
        x = x.rechunk({1: -1}) if x.ndim == 2 else x
        counts = list(x.chunks[0])
        beside = {name: _cut_alike(name, value, x) for name, value in beside.items()}
    if hasattr(x, "chunks") or x.ndim == 1:
        insist_unnamed(named, f"Dask's {type(x).__name__}")
    elif beside:
        insist_unnamed(named, "a frame with others beside it")
    else:
        x = _only(x, wanted)
    columns = [list(_flat(one.to_delayed())) for one in (x, *beside.values())]
    if len({len(column) for column in columns}) > 1:
        raise DataError(
            f"x, y and weights are cut into {', '.join(str(len(c)) for c in columns)} parts: repartition them alike"
        )
    return SpreadSource(list(zip(*columns, strict=True)), counts, named, size)


def _insist_readable(name: str, value: Any) -> None:
    """Raise for another thing of Dask's than an array, a frame or a column of one."""
    dimensions = getattr(value, "ndim", None)  # of a delayed object this is delayed too
    if not hasattr(value, "to_delayed") or not isinstance(dimensions, int):
        raise DataError(
            f"of Dask's collections an array, a frame or a column of one is read, not a {type(value).__name__}"
        )
    most = 2 if name == "x" else 1
    if not 1 <= dimensions <= most:
        cure = "; give a column, as in frame['w']" if hasattr(value, "columns") else ""
        raise DataError(
            f"{name} has {dimensions} dimensions, and 1{' or 2' * (most - 1)} are read{cure}"
        )


def _cut_alike(name: str, value: Any, x: Any) -> Any:
    """Return what goes with an array in the array's chunks, where the lengths of both are known."""
    if not hasattr(value, "rechunk") or any(map(math.isnan, (*x.chunks[0], *value.chunks[0]))):
        return value
    if len(value) != len(x):
        raise DataError(
            f"x has {len(x)} rows, and {name} has {len(value)}: one for each row is needed"
        )
    return value.rechunk((x.chunks[0],))


def _flat(parts: Any) -> Any:
    return parts.ravel() if hasattr(parts, "ravel") else parts


def _own(frame: Any, value: Any) -> Any:
    """Return the name of what is a column of the frame itself, so that it is none of the columns of X; other things as they are."""
    name = getattr(value, "name", None)
    if not is_dask(value) or name not in getattr(frame, "columns", ()):
        return value
    return name if frame[name].__dask_keys__() == value.__dask_keys__() else value


def _only(frame: Any, wanted: Wanted) -> Any:
    """Return the columns of a frame that are asked for."""
    if wanted.column is None:
        return frame
    columns = [wanted.column] if isinstance(wanted.column, str) else list(wanted.column)
    names = [*columns, *(n for n in (wanted.y, wanted.weights) if isinstance(n, str))]
    labels = {str(label): label for label in frame.columns}
    missing = [name for name in names if name not in labels]
    if missing:
        raise DataError(
            f"there is no column {', '.join(map(repr, missing))}; there are {', '.join(labels)}"
        )
    return frame[[labels[name] for name in dict.fromkeys(names)]]


class SpreadSource(Source):
    """The chunks of a Dask collection; made by `chunks`.

    >>> SpreadSource([], [], Wanted(), 1).spread
    True
    """

    spread = True

    def __init__(
        self, parts: list[tuple[Any, ...]], counts: list[float], wanted: Wanted, size: int
    ) -> None:
        known = bool(counts) and not any(math.isnan(count) for count in counts)
        super().__init__(
            self._fetched, length=int(sum(counts)) if known else None, wanted=wanted, size=size
        )
        self._parts = parts
        self._firsts = (
            list(itertools.accumulate(counts, initial=0)) if known else [None] * len(parts)
        )

    def _fetched(self) -> Iterator[Any]:
        """Bring the chunks here, one after the other."""
        import dask

        compute: Any = dask.compute
        for parts in self._parts:
            (values,) = compute(list(parts))
            yield values[0] if len(values) == 1 else tuple(values)

    def total(
        self,
        function: Callable[[Any], Any],
        add: Callable[[list[Any]], Any] | None = None,
        *,
        rows: bool = False,
    ) -> Any:
        import dask

        self.passes += 1
        add = add or plus
        read = partial(
            _on_chunk, function, add, rows_of if rows else values_of, self._wanted, self._size
        )
        merge = dask.delayed(partial(_merged, add))
        level = [
            dask.delayed(partial(read, Place(number, 0, first)))(*parts)
            for number, (parts, first) in enumerate(zip(self._parts, self._firsts, strict=False))
        ]
        while len(level) > 1:
            level = [merge(level[i : i + TOGETHER]) for i in range(0, len(level), TOGETHER)]
        return level[0].compute() if level else None


def _on_chunk(
    function: Callable[[Any], Any],
    add: Callable[[list[Any]], Any],
    parts_of: Callable[..., Iterator[Any]],
    wanted: Wanted,
    size: int,
    place: Place,
    *chunk: Any,
) -> Any:
    """Return the sum of a function over the pieces of one chunk."""
    given = chunk[0] if len(chunk) == 1 else chunk
    return _merged(add, [function(piece) for piece in parts_of(given, wanted, size, place)])


def _merged(add: Callable[[list[Any]], Any], parts: list[Any]) -> Any:
    parts = [part for part in parts if part is not None]
    return add(parts) if len(parts) > 1 else parts[0] if parts else None


def is_dask(x: Any) -> bool:
    """Say whether something is Dask's, without importing it.

    >>> is_dask([1.0])
    False
    """
    # Its frames lived in a package of their own before 2025.
    return type(x).__module__.partition(".")[0] in ("dask", "dask_expr")
