"""What was seen in order: one sequence or several, which are their own statistic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ..arrays import numeric, require_finite
from ..errors import DataError
from ..statistics import Statistic

__all__ = ["Series", "insist_forward", "pieces_of"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Series(Statistic):
    """Values in their order, as `Sequence.statistics` reads them; `n` counts those that the likelihood is about.

    `values` holds all sequences one after the other, of `lengths`; the first `given` values of each are conditioned on.
    `setting` is what the parameters depend on: an order, the labels of states, how the sequence starts.

    >>> s = Series.of([np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0])], given=1)
    >>> s.n, s.predicted
    (3.0, array([2., 4., 5.]))
    """

    values: Array
    lengths: tuple[int, ...]
    given: int = 0
    setting: Any = None

    #: the order of the values matters, so that no single one is an observation by itself
    in_order = True

    @classmethod
    def of(cls, pieces: list[Array], given: int = 0, setting: Any = None) -> Self:
        """Lay sequences end to end."""
        lengths = tuple(len(piece) for piece in pieces)
        n = float(sum(lengths) - given * len(lengths))
        return cls(n, np.concatenate(pieces), lengths, given, setting)  # type: ignore[arg-type]

    def pieces(self) -> Iterator[Array]:
        """Yield the sequences, the values that are conditioned on included."""
        first = 0
        for length in self.lengths:
            yield self.values[first : first + length]
            first += length

    @property
    def predicted(self) -> Array:
        """The values that the likelihood is about: all but the first `given` of each sequence."""
        if not self.given:
            return self.values
        return np.concatenate([piece[self.given :] for piece in self.pieces()])

    @property
    def last(self) -> Array:
        """The last of the sequences, where a prediction goes on."""
        return self.values[len(self.values) - self.lengths[-1] :]

    @property
    def width(self) -> int:
        return len(self.values)

    def isfinite(self) -> bool:
        return True

    @property
    def weights(self) -> Array:
        """Each value counts once."""
        return self.once("_ones", lambda: np.ones(len(self.values)))

    def mean(self, terms: Array) -> Any:
        """Return the mean of one term for each value."""
        return terms.mean(axis=-1)

    def thinned(self, count: int, weigh: bool = False) -> Series:
        """Return the first part of a long sequence, which keeps its order."""
        pieces, left = [], count
        for piece in self.pieces():
            if left > self.given:
                pieces.append(piece[:left])
                left -= len(piece)
        if sum(map(len, pieces)) == len(self.values):
            return self
        return Series.of(pieces, self.given, self.setting).of_family(self.family)

    def redrawn(self, draw: Callable[[int, Array], Array]) -> Series:
        """Return sequences of the same lengths, drawn after the values that are conditioned on: `draw(count, before)`."""
        pieces = [
            np.concatenate([x[: self.given], draw(len(x) - self.given, x[: self.given])])
            for x in self.pieces()
        ]
        return Series.of(pieces, self.given, self.setting)

    def in_units(self, shift: float, unit: float) -> Series:
        """Return (x - shift) / unit in place of each x; made once.

        >>> Series.of([np.array([1.0, 5.0])]).in_units(1.0, 2.0).values
        array([0., 2.])
        """
        moved = self.once("_in_units", lambda: replace(self, values=(self.values - shift) / unit))
        return moved.of_family(self.family)

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        if (self.setting, self.given) != (other.setting, other.given):
            raise DataError(
                "these sequences were read with other settings, and cannot be put together"
            )
        return replace(
            self,
            n=self.n + other.n,
            values=np.concatenate([self.values, other.values]),
            lengths=self.lengths + other.lengths,
        )

    def close_to(self, other: Any, tolerance: float = 1e-9) -> bool:
        return (
            type(other) is type(self)
            and (self.setting, self.given, self.lengths)
            == (other.setting, other.given, other.lengths)
            and np.array_equal(self.values, other.values)
        )

    def ordered(self) -> tuple[Array, Array]:
        """Return the values that the likelihood is about, and the place of each, for a fingerprint."""
        place = np.concatenate([np.arange(length)[self.given :] for length in self.lengths])
        piece = np.repeat(np.arange(len(self.lengths)), np.array(self.lengths) - self.given)
        return np.asarray(self.predicted, dtype=float), np.column_stack([piece, place])


def pieces_of(x: Any, name: str = "x") -> list[Array]:
    """Return one sequence of numbers, or a list of several, as a list of arrays of finite numbers.

    Raises
    ------
    DataError : for what is no sequence of numbers, and for NaN and infinity, with where they are.

    >>> pieces_of([1, 2]), pieces_of([[1.0], [2.0, 3.0]])
    ([array([1., 2.])], [array([1.]), array([2., 3.])])
    """
    several = isinstance(x, list | tuple) and len(x) > 0 and all(np.ndim(_bare(p)) > 0 for p in x)
    parts = [(f"{name}[{k}]", part) for k, part in enumerate(x)] if several else [(name, x)]
    pieces = []
    for called, part in parts:
        insist_forward(part, called)
        values = numeric(part, called)
        if values.ndim != 1:
            raise DataError(
                f"{called} must be one-dimensional, one value for each time; got shape {values.shape}. Several sequences go "
                "into a list"
            )
        lost = np.flatnonzero(np.isnan(values))
        if lost.size:
            raise DataError(
                f"{called} holds {lost.size} NaN value(s), the first at index {lost[0]}. Left out, they would bring their "
                "neighbours together in time: cut the sequence there, and give what lies between them as a list of sequences"
            ).at((int(lost[0]),))
        require_finite(values, called)
        pieces.append(np.array(values))
    return pieces


def insist_forward(x: Any, name: str) -> None:
    """Raise where an index of times or numbers says that the values do not come in their order.

    Raises
    ------
    DataError : for a time that is not later than the one before it.

    >>> insist_forward([2.0, 1.0], "x")
    """
    index = getattr(x, "index", None)
    dtype = getattr(index, "dtype", None)
    if not hasattr(index, "is_monotonic_increasing") or not (
        dtype.kind in "iufMm" or type(index).__name__ == "PeriodIndex"
    ):
        return
    if index.is_monotonic_increasing and index.is_unique:
        return
    later = np.asarray(index[1:] > index[:-1])
    k = int(np.argmin(later)) + 1
    raise DataError(
        f"{name} has an index that does not go forward: {index[k]} comes after {index[k - 1]}. Values are taken in their "
        f"order: sort them, {name}.sort_index(); cut several sequences apart, into a list; or, if the index means no time, "
        f"give {name}.to_numpy()"
    )


def _bare(part: Any) -> Any:
    """Return what has a number of dimensions."""
    try:
        return part if hasattr(part, "ndim") else np.asarray(part, dtype=object)
    except ValueError:
        return np.zeros(1)
