"""A table of numbers that knows where it comes from.

Many of the classic sets are frequency tables. The metadata name the column that is the sample and
the column that counts it, so that one set can be had both ways: as raw observations (`sample`), or
as values with weights (`values`, `frequencies`).
"""

from __future__ import annotations

import builtins
import csv
import difflib
import html
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlecore.errors import DataError

__all__ = ["Dataset", "list", "load"]

_SHOWN = 5
"""Rows that a repr shows of a table that has many."""


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A frozen data set: columns of numbers, and what is known about them.

    `d["column"]` is a read-only array of floats, or of integers that may index an array. `len(d)` counts the rows of the table,
    `d.n` the observations that they stand for: a row of a frequency table stands for many.

    >>> load("horse_kicks")["deaths"]
    array([0, 1, 2, 3, 4])
    """

    name: str
    title: str
    source: str
    """The publication, as text."""
    citation_key: str
    """Its key in the book's bibliography."""
    year: int
    """When the data were published."""
    units: Mapping[str, str]
    """The unit of each column."""
    note: str
    """Provenance: how the numbers came about, what they do not say, and where copies disagree."""
    labels: Mapping[str, tuple[str, ...]]
    """For a column of codes 0, 1, ...: what each code stands for."""
    _table: Mapping[str, NDArray[Any]]
    sample_column: str | None = None
    """The column that is the sample, where the set is one sample."""
    frequency_column: str | None = None
    """The column that counts it, in a frequency table."""
    # Rows or columns? Say which: d["column"].
    __iter__ = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns.

        >>> load("old_faithful").columns
        ('eruptions', 'waiting')
        """
        return tuple(self._table)

    @property
    def n(self) -> int:
        """The number of observations: the sum of the frequencies, or the number of rows.

        >>> load("alpha_particles").n
        2608
        """
        if self.frequency_column is None:
            return len(self)
        return int(self._table[self.frequency_column].sum())

    @cached_property
    def sample(self) -> NDArray[Any]:
        """The raw observations, one-dimensional: `(n,)`. A frequency table is written out.

        Raises `DataError` where the set is not one sample.

        >>> load("alpha_particles").sample.shape
        (2608,)
        """
        if self.sample_column is None:
            raise DataError(
                f"{self.name!r} is not one sample: take its columns, {self._columns_in_words()}."
            )
        values = self._table[self.sample_column]
        if self.frequency_column is None:
            return values
        return _read_only(np.repeat(values, self._table[self.frequency_column]))

    @property
    def values(self) -> NDArray[Any]:
        """The distinct values of a frequency table, to be fitted with `weights=d.frequencies`.

        Raises `DataError` where the set is not a frequency table.

        >>> load("horse_kicks").values
        array([0, 1, 2, 3, 4])
        """
        self._require_frequencies()
        return self._table[self.sample_column]  # type: ignore[index]

    @property
    def frequencies(self) -> NDArray[Any]:
        """How often each of `values` occurs.

        Raises `DataError` where the set is not a frequency table.

        >>> load("horse_kicks").frequencies
        array([109,  65,  22,   3,   1])
        """
        self._require_frequencies()
        return self._table[self.frequency_column]  # type: ignore[index]

    def __getitem__(self, column: str) -> NDArray[Any]:
        if not isinstance(column, str) or column not in self._table:
            near = difflib.get_close_matches(str(column), self.columns, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            raise DataError(
                f"{self.name!r} has no column {column!r}: it has {self._columns_in_words()}.{meant}"
            )
        return self._table[column]

    def __len__(self) -> int:
        return len(next(iter(self._table.values())))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.sample, dtype=dtype, copy=copy)

    def __reduce__(self) -> tuple[Callable[[str], Dataset], tuple[str]]:
        return load, (self.name,)

    def __repr__(self) -> str:
        columns = ", ".join(f"{c} ({self.units[c]})" for c in self.columns)
        lines = f"{self.name}: {self.title}", f"{self._size()}: {columns}", self.source
        return "\n".join(textwrap.fill(line, 79, subsequent_indent="    ") for line in lines)

    def _repr_html_(self) -> str:
        def row(values: Iterable[str]) -> str:
            cells = (f'<td style="text-align: right">{html.escape(v)}</td>' for v in values)
            return f"<tr>{''.join(cells)}</tr>"

        shown = len(self) if len(self) <= 3 * _SHOWN else _SHOWN
        body = [row(self._cell(c, k) for c in self.columns) for k in range(shown)]
        if shown < len(self):
            body.append(row("…" * len(self.columns)))
        head = "".join(
            f'<th scope="col" style="text-align: right">{html.escape(c)}<br>'
            f'<span style="font-weight: normal">{html.escape(self.units[c])}</span></th>'
            for c in self.columns
        )
        title, about = html.escape(self.title), html.escape(f"{self._size()}. {self.source}")
        return (
            f'<table class="mle-dataset"><caption style="text-align: left; color: inherit">'
            f"<strong>{title}.</strong> {about}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        )

    def _cell(self, column: str, row: int) -> str:
        value = self._table[column][row].item()
        return f"{value} ({self.labels[column][value]})" if column in self.labels else str(value)

    def _size(self) -> str:
        rows = f"{len(self)} rows"
        return rows if self.frequency_column is None else f"{rows}, {self.n} observations"

    def _columns_in_words(self) -> str:
        return ", ".join(repr(column) for column in self.columns)

    def _require_frequencies(self) -> None:
        if self.frequency_column is None:
            instead = (
                "`sample`" if self.sample_column else f"its columns, {self._columns_in_words()}"
            )
            raise DataError(f"{self.name!r} is not a frequency table: take {instead}.")


def list() -> builtins.list[str]:
    """The names of the data sets, in alphabetical order.

    >>> list()[:3]
    ['accidents', 'air_conditioning', 'alpha_particles']
    """
    return sorted(
        f.name.removesuffix(".toml")
        for f in files(__package__).iterdir()
        if f.name.endswith(".toml")
    )


@cache
def load(name: str) -> Dataset:
    """The data set called `name`, read once.

    Raises `DataError`, with the names that exist, where there is none.

    >>> int(load("alpha_particles").sample.sum())
    10097
    """
    if not isinstance(name, str) or name not in list():
        near = difflib.get_close_matches(str(name), list(), n=1)
        meant = f"Did you mean {near[0]!r}? " if near else ""
        raise DataError(
            f"There is no data set called {name!r}. {meant}There are: {', '.join(list())}."
        )
    about = tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))
    table = files(__package__).joinpath(f"{name}.csv").read_text("utf-8")
    header, *rows = csv.reader(table.splitlines())
    return Dataset(
        name=name,
        title=about["title"],
        source=about["source"],
        citation_key=about["citation_key"],
        year=about["year"],
        units=MappingProxyType(about["units"]),
        note=" ".join(about["note"].split()),
        labels=MappingProxyType(
            {column: tuple(words) for column, words in about.get("labels", {}).items()}
        ),
        _table=MappingProxyType(
            {
                column: _numbers(texts)
                for column, texts in zip(header, zip(*rows, strict=True), strict=True)
            }
        ),
        sample_column=about.get("sample"),
        frequency_column=about.get("frequency"),
    )


def _numbers(texts: tuple[str, ...]) -> NDArray[Any]:
    """A column as integers if every entry is written as one, as floats otherwise.

    The integers are `np.intp`, those that index: `np.repeat` and `np.bincount` take no wider ones, and where
    addresses have 32 bits, in a browser, int64 is wider.
    """
    whole = all(text.lstrip("-").isdecimal() for text in texts)
    return _read_only(np.array(texts, dtype=np.str_).astype(np.intp if whole else np.float64))


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
