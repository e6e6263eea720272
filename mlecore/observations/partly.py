"""Values that were seen in part: censored, rounded to intervals, binned, or visible only within a window.

A row says that x lies in an event A, and that it could have been seen only in a window W. It contributes
log P(A and W) - log P(W) to the log-likelihood, on the condition that how a value came to be seen tells nothing more
about it. What a row says is kept here; what it is worth is for a family to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import insist_one_index, numeric, require_finite, require_weights
from ..errors import DataError

__all__ = ["Limits", "PartlySeen", "binned", "interval", "observed"]

Array = np.ndarray


class Limits(NamedTuple):
    """Parts (low, high] of the line, one a row, for a family of real numbers or of whole ones."""

    low: Array
    high: Array


@dataclass(frozen=True, eq=False, repr=False)
class PartlySeen:
    """Rows of partly seen values; made by `observed`, `interval` or `binned`.

    Attributes
    ----------
    lower, upper : the ends of each event; equal where the value was seen exactly.
    closed_lower, closed_upper : whether the ends belong to the event, which matters for counts.
    low, high : the ends of each window; infinite where everything could be seen.
    closed_low, closed_high : whether the ends belong to the window.
    weights : how many observations each row stands for, or None.
    labels : pandas' labels of the rows, where they were given any.

    >>> observed([1.0, 3.0, 3.0], right=[False, False, True])
    <3 rows: 2 seen exactly, 1 right-censored>
    """

    lower: Array
    upper: Array
    closed_lower: Array
    closed_upper: Array
    low: Array
    high: Array
    closed_low: Array
    closed_high: Array
    weights: Array | None = None
    labels: Any = None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None and name != "labels":
                value = np.array(value)
                value.flags.writeable = False
                object.__setattr__(self, name, value)

    @property
    def exact(self) -> Array:
        """Which rows were seen exactly."""
        return self.lower == self.upper

    def __len__(self) -> int:
        return self.lower.size

    def __array__(self, *_: Any, **__: Any) -> Array:
        raise DataError(
            "this takes values, and these were partly seen: fit, Likelihood and compare take them as they are, and "
            "log_mass(a, b) says what an interval is worth"
        )

    def table(self) -> Array:
        """Return the rows as numbers, without weights and labels: one column for each end, and for what belongs to it."""
        ends = [value for name, value in vars(self).items() if name not in ("weights", "labels")]
        return np.column_stack(ends).astype(float)

    def unweighted(self) -> Self:
        """Return the same rows, each once."""
        return replace(self, weights=None)

    def __getitem__(self, rows: Any) -> Self:
        """Return some of the rows: a slice, a mask or an array of positions."""
        rows = np.atleast_1d(np.arange(len(self))[rows])
        return type(self)(
            **{name: None if value is None else value[rows] for name, value in vars(self).items()}
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the rows of several, without labels.

        >>> PartlySeen.joined([observed([1.0]), observed([2.0, 3.0], right=[True, False])])
        <3 rows: 2 seen exactly, 1 right-censored>
        """
        names = [name for name in vars(parts[0]) if name not in ("weights", "labels")]
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})

    def events(self, whole: bool) -> Limits:
        """Return the events as (low, high]; those of whole numbers by the whole numbers that they hold."""
        return _half_open(self.lower, self.upper, self.closed_lower, self.closed_upper, whole)

    def windows(self, whole: bool) -> Limits:
        """Return the windows as (low, high]."""
        return _half_open(self.low, self.high, self.closed_low, self.closed_high, whole)

    def tally(self) -> dict[str, float]:
        """Return how many observations were seen in which way."""
        exact, left, right = self.exact, np.isneginf(self.lower), np.isposinf(self.upper)
        kinds = {
            "seen exactly": exact,
            "right-censored": right & ~left,
            "left-censored": left & ~right,
            "known to an interval": ~(exact | left | right),
            "not seen at all": left & right,
        }
        return {name: self._weight(rows) for name, rows in kinds.items() if rows.any()}

    def _weight(self, rows: Array) -> float:
        """Return how many observations the rows of a mask stand for."""
        return float(np.count_nonzero(rows) if self.weights is None else self.weights[rows].sum())

    def __repr__(self) -> str:
        parts = [f"{count:g} {name}" for name, count in self.tally().items()]
        if (np.isfinite(self.low) | np.isfinite(self.high)).any():
            parts.append("within windows")
        rows = f"{len(self)} row{'s' * (len(self) != 1)}"
        return f"<{rows}: {', '.join(parts)}>"


def observed(
    x: ArrayLike,
    *,
    right: ArrayLike | None = None,
    left: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    window: tuple[ArrayLike, ArrayLike] | None = None,
    weights: ArrayLike | None = None,
) -> PartlySeen:
    """Say which values were seen exactly and which only as a bound, and what could have been seen at all.

    Parameters
    ----------
    x : the values or bounds, shape (n,).
    right : which rows are right-censored, a boolean mask: the value is known to lie above x.
    left : which rows are left-censored, a boolean mask: the value is known to lie at or below x.
    entry : delayed entry: a row could have been seen only if its value lies above this.
    window : (low, high), the visible range, both ends included; numbers, or one for each row.
    weights : how many observations each row stands for.

    Raises
    ------
    DataError : masks that are not boolean or mark a row twice, a value outside what could be seen, NaN, weights that
        are none, pandas objects whose rows have other labels.

    Source: Lawless (2003), sections 2.2 and 2.4.

    >>> observed([2.0, 5.0], right=[False, True], entry=1.0)
    <2 rows: 1 seen exactly, 1 right-censored, within windows>
    """
    beside = {"x": x, "right": right, "left": left}
    x = _row(x, "x")
    right, left = _mask(right, "right", x.size), _mask(left, "left", x.size)
    both = np.flatnonzero(right & left)
    if both.size:
        raise DataError(f"row {both[0]} is marked right- and left-censored: a bound is one of them")
    return _rows(
        np.where(left, -np.inf, x),
        np.where(right, np.inf, x),
        ~(right | left),
        True,
        entry,
        window,
        weights,
        beside,
    )


def interval(
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    window: tuple[ArrayLike, ArrayLike] | None = None,
    weights: ArrayLike | None = None,
) -> PartlySeen:
    """Say between which limits each value lies: in (lower, upper]. Equal limits: seen exactly; infinite: censored.

    Parameters
    ----------
    lower, upper : the limits, shape (n,); -inf and inf where there is none.
    entry, window, weights : as in `observed`.

    Raises
    ------
    DataError : limits in the wrong order, NaN, an interval outside what could be seen, weights that are none, pandas
        objects whose rows have other labels.

    Source: Lawless (2003), section 2.3.

    >>> interval([0.0, 2.0, 4.0], [1.0, 2.0, np.inf])
    <3 rows: 1 seen exactly, 1 right-censored, 1 known to an interval>
    """
    beside = {"lower": lower, "upper": upper}
    lower, upper = _row(lower, "lower", True), _row(upper, "upper", True)
    if lower.size != upper.size:
        raise DataError(f"lower has {lower.size} limits and upper has {upper.size}")
    wrong = np.flatnonzero(lower > upper)
    if wrong.size:
        k = wrong[0]
        raise DataError(
            f"row {k} has its limits in the wrong order: {lower[k]:g} above {upper[k]:g}"
        )
    same = np.flatnonzero((lower == upper) & np.isinf(lower))
    if same.size:
        raise DataError(f"row {same[0]} lies at infinity: {lower[same[0]]:g}")
    return _rows(lower, upper, lower == upper, True, entry, window, weights, beside)


def binned(
    counts: ArrayLike,
    edges: ArrayLike,
    *,
    window: tuple[ArrayLike, ArrayLike] | None = None,
) -> PartlySeen:
    """Say how many values fell into each bin, in the order of `numpy.histogram`.

    A bin holds its lower edge and not its upper one, but for the last, which holds both: for counts that matters.
    Outer edges may be infinite. What lies outside all bins counts as impossible to see only if `window` says so.

    Parameters
    ----------
    counts : how many values each bin has, shape (k,).
    edges : the edges of the bins, ascending, shape (k + 1,).
    window : (low, high), where values outside were dropped.

    Raises
    ------
    DataError : counts that are negative or all zero, edges that do not ascend or do not match the counts.

    Source: Heitjan (1989).

    >>> binned(*np.histogram([0.2, 0.4, 1.5, 2.0], bins=[0, 1, 2]))
    <2 rows: 4 known to an interval>
    """
    counts, edges = _row(counts, "counts"), _row(edges, "edges", True)
    if edges.size != counts.size + 1:
        raise DataError(
            f"{counts.size} counts need {counts.size + 1} edges, got {edges.size}: give both as numpy.histogram returns them, "
            "counts first"
        )
    if not (np.diff(edges) > 0).all():
        raise DataError("the edges must ascend")
    require_weights(counts, name="counts")
    seen = np.flatnonzero(counts > 0)
    last = seen == counts.size - 1
    closed = np.isfinite(edges[seen])
    return _rows(edges[seen], edges[seen + 1], closed, last, None, window, counts[seen], {})


def _rows(
    lower: Array,
    upper: Array,
    closed_lower: Any,
    closed_upper: Any,
    entry: Any,
    window: Any,
    weights: Any,
    beside: dict[str, Any],
) -> PartlySeen:
    """Put events and windows together, each event cut to its window; `beside` are the events as they were given."""
    n = lower.size
    low, high = np.full(n, -np.inf), np.full(n, np.inf)
    closed_low, closed_high = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)
    beside = {**beside, "entry": entry, "weights": weights}
    if window is not None:
        try:
            given_low, given_high = window
        except (TypeError, ValueError) as error:
            raise DataError(f"window must be a pair (low, high), got {window!r}") from error
        beside |= {"window[0]": given_low, "window[1]": given_high}
        low = _bounds(given_low, "the low end of window", n)
        high = _bounds(given_high, "the high end of window", n)
        closed_low = np.isfinite(low)
        if not (low < high).all():
            k = int(np.argmin(low < high))
            raise DataError(f"the window of row {k} is empty: {low[k]:g} to {high[k]:g}")
    if entry is not None:
        entry = _bounds(entry, "entry", n)
        later = entry >= low
        low, closed_low = np.where(later, entry, low), np.where(later, False, closed_low)
    labels = insist_one_index(beside)
    if weights is not None:
        weights = _row(weights, "weights")
        if weights.size != n:
            raise DataError(
                f"weights must have one number for each of the {n} rows, got {weights.size}"
            )
        require_weights(weights)
    exact = lower == upper
    outside = np.where(
        exact,
        (lower < low) | (lower > high) | ((lower == low) & ~closed_low),
        (upper <= low) & ~((upper == low) & closed_low & closed_upper) | (lower >= high),
    )
    if outside.any():
        k = int(np.argmax(outside))
        what = f"value {lower[k]:g}" if exact[k] else f"interval {lower[k]:g} to {upper[k]:g}"
        raise DataError(
            f"row {k} could not have been seen: its {what} lies outside its window {low[k]:g} to {high[k]:g} "
            f"({int(outside.sum())} of {n} rows do)"
        )
    closed_lower, closed_upper = np.broadcast_to(closed_lower, n), np.broadcast_to(closed_upper, n)
    cut = ~exact & (lower < low)
    lower, closed_lower = np.where(cut, low, lower), np.where(cut, closed_low, closed_lower)
    cut = ~exact & (upper > high)
    upper, closed_upper = np.where(cut, high, upper), np.where(cut, closed_high, closed_upper)
    return PartlySeen(
        lower,
        upper,
        closed_lower,
        closed_upper,
        low,
        high,
        closed_low,
        closed_high,
        weights,
        labels,
    )


def _half_open(
    low: Array, high: Array, closed_low: Array, closed_high: Array, whole: bool
) -> Limits:
    if not whole:
        return Limits(low, high)
    return Limits(
        np.where(closed_low, np.ceil(low) - 1.0, np.floor(low)),
        np.where(closed_high, np.floor(high), np.ceil(high) - 1.0),
    )


def _row(values: Any, name: str, infinite: bool = False) -> Array:
    """Return a one-dimensional array of doubles without NaN."""
    row = numeric(values, name)
    if row.ndim != 1 or row.size == 0:
        raise DataError(f"{name} must be one-dimensional and not empty, got shape {row.shape}")
    if infinite:
        if np.isnan(row).any():
            raise DataError(
                f"{name}[{int(np.argmax(np.isnan(row)))}] is NaN: give -inf or inf for no limit"
            )
    else:
        require_finite(row, name)
    return row


def _bounds(value: Any, name: str, n: int) -> Array:
    """Return one bound for each row, infinite ones allowed."""
    bound = numeric(value, name)
    if bound.shape not in ((), (n,)) or np.isnan(bound).any():
        raise DataError(f"{name} must be a number or one for each of the {n} rows, without NaN")
    return np.broadcast_to(bound, n)


def _mask(mask: Any, name: str, n: int) -> Array:
    if mask is None:
        return np.zeros(n, dtype=bool)
    mask = np.asarray(mask)
    if mask.dtype != bool:
        raise DataError(
            f"{name} must be a boolean mask, and holds {mask.dtype}; 0 and 1 often mean that the event was seen: "
            f"say which you have, for instance {name}=(event == 0)"
        )
    if mask.shape != (n,):
        raise DataError(
            f"{name} must have one truth value for each of the {n} rows, got shape {mask.shape}"
        )
    return mask
