"""How a family reads data: its support is checked, and the statistic taken that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import require_finite
from ..censoring import events_of
from ..errors import DataError, SupportError
from ..numerics import every
from ..observations import PartlySeen, as_source, points
from ..products import blocks
from ..statistics import Events, Sample, Statistic, Streamed, bins_of, present
from .mass import Mass
from .sourced import read_source
from .terms import Array

__all__ = ["Reading"]

# Values are summarised in rows of this many, small enough to stay in the processor's cache while they are read twice.
_ROW = 8192
_ROWS_AT_ONCE = 16
# Fewer counts are summarised as they are: to bring them together costs as much.
_WORTH_COUNTING = 2**10
# No more values than these lie in the last cache as a whole: there, merging rows costs several times what it saves.
_WORTH_ROWS = 2**18


@cache
def _statistic_of(family: type[Reading]) -> type[Statistic]:
    """Return the type of a family's statistic."""
    with np.errstate(all="ignore"):
        return type(family._statistics(*family._example()))


class Reading(Mass):
    """A family that turns data into its statistic, or says what is wrong with them."""

    @classmethod
    def statistics(
        cls, x: Any, weights: ArrayLike | None = None, *, axis: int | None = None
    ) -> Statistic:
        """Check the data and return the statistic that the family needs of them.

        `Family.statistics(a) + Family.statistics(b)` is the statistic of a and b together. A statistic passes through.
        Of `chunks(...)` it is that of all of them together. `statistic.save(path)` and `load_statistic` keep one.

        Raises
        ------
        DataError : NaN, infinity, empty data, wrong dimensions or types, impossible weights.
        SupportError : a value outside the support.

        >>> from mlecore import Normal
        >>> Normal.statistics([1.0, 3.0]).sd
        np.float64(1.0)
        """
        if not cls._complete:
            cls._insist_complete()
        if isinstance(x, Statistic):
            return cls._accept(x, weights, axis)
        source = as_source(x, weights, axis, cls.event_ndim)
        if source is not None:
            if source is not x:
                weights = None
            if weights is not None or axis is not None:
                raise DataError(
                    "weights come with the values of a source, as chunks(x, weights=w) or pairs, and a source is one sample: leave out "
                    "weights= and axis="
                )
            return read_source(cls, source)
        if isinstance(x, PartlySeen):
            return events_of(cls, x, weights)
        bins = cls._bins(x) if weights is None and axis is None else None
        x, w = cls._observations(x, weights, axis) if bins is None else present(bins)
        with np.errstate(all="ignore"):
            if cls._in_parts(x):
                parts = list(cls._parts(x, w))
                t = type(parts[0]).join(parts).pool()
            else:
                t = cls._checked(x, w)
            finite = t.isfinite()
        if not finite:
            cls._refuse(x)
        if isinstance(t, Sample) and (
            np.may_share_memory(t.values, x)
            or (w is not None and np.may_share_memory(t.weights, w))
        ):
            # A fit is a frozen fact: what the caller does to the array later must not reach it.
            t = type(t)(t.n, t.values.copy(), t.weights if w is None else t.weights.copy())
        return t.of_family(cls)

    @classmethod
    def _accept(cls, t: Statistic, weights: Any, axis: Any) -> Statistic:
        if weights is not None or axis is not None:
            raise DataError("weights and axis belong to data; a statistic has them already")
        if not isinstance(t, _statistic_of(cls) | Events | Streamed):
            raise DataError(
                f"{cls.__name__} needs {_statistic_of(cls).__name__} as its statistic, got {type(t).__name__}; "
                f"make it with {cls.__name__}.statistics(x)"
            )
        if t.family not in (None, cls):
            raise DataError(
                f"{cls.__name__} was given the statistic of {t.family.__name__}, where the same numbers mean something "
                f"else; make it with {cls.__name__}.statistics(x)"
            )
        if t.family is None and not t.batch_shape and (said := cls._fault(t)):
            raise DataError(f"no sample of a {cls.__name__} has such a statistic: {said}")
        return t

    @classmethod
    def _fault(cls, t: Statistic) -> str | None:
        """Say what in a statistic no sample can have given; None where all is possible."""
        return t.fault(cls._told_in or cls.support)

    @classmethod
    def _example(cls) -> tuple[Array, None]:
        low = cls.support.low
        return np.full(
            (1,) * (1 + cls.event_ndim),
            low if cls.support.whole else low + 0.5 if np.isfinite(low) else 0.0,
        ), None

    @classmethod
    def _observations(cls, x: Any, weights: Any, axis: int | None) -> tuple[Array, Array | None]:
        """Return the values and their weights, what has weight 0 excused from the support."""
        x, w = points(x, weights, axis, cls.event_ndim)
        return x if w is None else cls._excused(x, w), w

    @classmethod
    def _bins(cls, x: Any) -> Array | None:
        """Return how often each of 0, 1, 2, ... occurs in a long sample of counts.

        None where that is not so, or where anything is wrong with the data: what is, the whole of them will say.
        """
        array = type(x) is np.ndarray or hasattr(x, "iloc")  # pandas' columns among them
        if not array or not cls.support.whole or cls.event_ndim or x.ndim != 1:
            return None
        if not isinstance(x.dtype, np.dtype) or x.dtype.kind not in "biuf":
            return None
        seen = bins_of(np.asarray(x)) if len(x) >= _WORTH_COUNTING else None
        return seen if seen is not None and cls.support.holds(present(seen)[0]) else None

    @classmethod
    def _excused(cls, x: Array, w: Array) -> Array:
        """Return x with the heaviest value of its sample in place of any of weight 0 that could not be observed.

        What has weight 0 is no observation, so it may be NaN, or lie outside the support: a gap, a sample that is
        shorter than the others of its batch.
        """
        absent = w == 0
        if not absent.any():
            return x
        possible = cls.support.contains(x)
        absent &= ~(possible.all(axis=-1) if cls.event_ndim else possible)
        if not absent.any():
            return x
        place = w.argmax(axis=-1)[..., None]
        stand_in = np.take_along_axis(x, place[..., None] if cls.event_ndim else place, w.ndim - 1)
        return np.where(absent[..., None] if cls.event_ndim else absent, stand_in, x)

    @classmethod
    def _in_parts(cls, x: Array) -> bool:
        """Say whether to summarise one long sample in rows that fit the cache, rather than at once."""
        if x.ndim != 1 or cls.event_ndim or x.size <= _WORTH_ROWS:
            return False
        return not issubclass(_statistic_of(cls), Sample)

    @classmethod
    def _parts(cls, x: Array, w: Array | None) -> Iterator[Statistic]:
        """Summarise one long sample in rows; each part is a batch of them."""
        whole = x.size - x.size % _ROW
        rows = x[:whole].reshape(-1, _ROW)
        weights = None if w is None else w[:whole].reshape(-1, _ROW)
        tail = None if w is None else w[whole:]
        if w is not None and not (
            every(weights.sum(axis=-1) > 0) and (tail.any() or not tail.size)
        ):
            yield cls._checked(x, w).lifted()  # a row without any weight has no mean
            return
        for part in blocks(len(rows), _ROWS_AT_ONCE):
            yield cls._checked(rows[part], None if w is None else weights[part], x)
        if whole < x.size:
            yield cls._checked(x[whole:], tail, x).lifted()

    @classmethod
    def _checked(cls, x: Array, w: Array | None, whole: Array | None = None) -> Statistic:
        """Summarise, after checking the support; on failure name the first bad value of the whole."""
        # Sums do not show a value of weight zero, which has been replaced where it cannot be an observation.
        shown_later = cls.shows_outsiders and x.shape[-1] > 1 and w is None
        if not shown_later and not cls.support.holds(x, always=w is not None):
            cls._refuse(x if whole is None else whole)
        return cls._statistics(x, w)

    @classmethod
    def _refuse(cls, x: Array) -> None:
        """Raise what is wrong with data that have no finite statistic or leave the support."""
        require_finite(x, "x")
        bad = ~cls.support.contains(x)
        if not bad.any():
            raise DataError(
                "a sum over the data overflowed; rescale the data, for instance by their largest value"
            )
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        where = ", ".join(map(str, first))
        raise SupportError(
            f"{cls.__name__} needs {cls.support.text}; x[{where}] = {x[first]:g} is outside ({int(bad.sum())} of {x.size} values are). "
            f"{cls.support.advice(x)}"
        ).at(first)

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Statistic:
        return Sample.of(x, w)

    @classmethod
    def _unreadable(cls, X: Array) -> dict[int, str]:
        """Return which samples of a batch, counted through, hold a value that is no observation, and the complaint."""
        flat = X.reshape(-1, *X.shape[X.ndim - 1 - cls.event_ndim :])
        inside = cls.support.contains(flat).reshape(len(flat), -1).all(axis=-1)
        complaints = {}
        for row in np.flatnonzero(~inside):
            try:
                cls._refuse(flat[row])
            except DataError as error:
                complaints[int(row)] = str(error)
        return complaints
