"""The rows of a regression, checked and kept as their own statistic: what was seen, and what it follows from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import insist_same_index, numeric, present, require_finite, require_weights
from ..errors import DataError
from ..statistics import Statistic
from .columns import columns, is_number, row_blocks
from .sparse import Sparse, below

__all__ = ["Design", "Observations", "called_by", "insist_flag", "insist_no_words", "offset_of"]

Array = np.ndarray


# So many columns are named in an equation.
_MOST_TERMS = 8


@dataclass(frozen=True, eq=False)
class Design:
    """What one linear predictor follows from: eta = offset + intercept + X b.

    `center` is where the columns lie, roughly; `coefficients` are the names of the intercept, if there is one, and of
    the slopes, and `names` those of the columns.

    >>> Design(np.array([[1.0], [3.0]]), ("x1",), True, np.array([2.0])).linear(
    ...     np.array([1.0, 10.0])
    ... )
    array([11., 31.])
    """

    X: Array
    names: tuple[str, ...]
    intercept: bool
    center: Array
    offset: Array | None = None
    #: what stands before the names of the coefficients, where several parameters have some
    prefix: str = ""

    @property
    def coefficients(self) -> tuple[str, ...]:
        """The names of the coefficients."""
        return tuple(self.prefix + name for name in ("intercept",) * self.intercept + self.names)

    @property
    def size(self) -> int:
        """How many coefficients there are."""
        return len(self.names) + self.intercept

    @property
    def terms(self) -> str:
        """What the predictor is the sum of, its coefficients left out."""
        names = (
            self.names if len(self.names) <= _MOST_TERMS else (self.names[0], "...", self.names[-1])
        )
        lead = ("offset",) * (self.offset is not None)
        return " + ".join((*lead, *("intercept",) * self.intercept, *names)) or "0"

    def columns(self, part: slice = slice(None)) -> Array:
        """Return rows of X, after a one if there is an intercept."""
        X = self.X[part]
        return np.column_stack([np.ones(len(X)), X]) if self.intercept else X

    def columns_of(self, X: Any) -> Array:
        """Return new rows, given as they were to the fit, after a one if there is an intercept."""
        return replace(self, X=self._new_rows(X)).columns()

    def linear(self, b: Array, part: slice = slice(None)) -> Array:
        """Return the linear predictor at some rows; coefficients b lie on the last axis."""
        return self._linear(b, self.X[part], None if self.offset is None else self.offset[part])

    def _linear(self, b: Array, X: Array, offset: Array | None) -> Array:
        if self.intercept:
            # Slopes act on distances from the middle of the data: at an offset of 1e6 their products with
            # the columns would cancel six digits against the intercept, row by row.
            slopes, center = b[..., 1:], self.center
            base = b[..., :1] + slopes @ center[:, None]
            eta = np.empty((*b.shape[:-1], len(X)))
            for part in row_blocks(X):
                eta[..., part] = _products(X[part] - center, slopes) + base
        else:
            eta = _products(X, b)
        return eta if offset is None else eta + offset

    def linear_at(self, b: Array, X: Any, offset: Any = None) -> Array:
        """Return the linear predictor at new rows, given as they were to the fit."""
        insist_same_index("offset", offset, "X", X)
        X = self._new_rows(X)
        if (offset is None) != (self.offset is None):
            raise DataError(
                "the fit has an offset: give that of the new rows too, as predict(X, offset=...)"
                if offset is None
                else "the fit has no offset, so that its prediction takes none"
            )
        return self._linear(b, X, None if offset is None else offset_of(offset, len(X)))

    def _new_rows(self, X: Any) -> Array:
        values, names, _ = columns(X, sparse=isinstance(self.X, Sparse))
        p = self.X.shape[1]
        if values.shape[1] != p:
            got = f"{values.shape[1]}"
            if getattr(X, "columns", None) is not None:
                got = ", ".join(names) + f": give X[{list(self.names)!r}]" * (
                    {*self.names} <= {*names}
                )
            elif values.shape == (p, 1):
                got += f", and {p} rows: a single row is a list in a list, [[...]], or X.iloc[[0]] of a table"
            raise DataError(
                f"X must have the {p} column(s) of the fit, {', '.join(self.names)}; got {got}"
            )
        if getattr(X, "columns", None) is None or names == self.names:
            return values
        if sorted(names) == sorted(self.names):  # a table's columns go by their names
            return np.ascontiguousarray(values[:, [names.index(name) for name in self.names]])
        if self.names != tuple(f"x{j + 1}" for j in range(p)):
            raise DataError(
                f"X must have the columns {', '.join(self.names)}; got {', '.join(names)}"
            )
        return values

    def take(self, rows: Any) -> Self:
        """Return some of the rows."""
        offset = None if self.offset is None else self.offset[rows]
        return replace(self, X=self.X[rows], offset=offset)

    def joined(self, other: Self, share: float) -> Self:
        """Return the rows of both; `share` is the part of them that this one has."""
        offset = None
        if self.offset is not None or other.offset is not None:
            offset = np.concatenate(
                [np.zeros(len(d.X)) if d.offset is None else d.offset for d in (self, other)]
            )
        center = share * self.center + (1.0 - share) * other.center
        return replace(self, X=below(self.X, other.X), center=center, offset=offset)


def _products(X: Any, b: Array) -> Array:
    """Return X b for each vector on the last axis of b; X stands first, as it may be sparse."""
    if b.ndim == 1:
        return X @ b
    many = b.reshape(math.prod(b.shape[:-1]), b.shape[-1])  # of no column too
    flat = (X @ many.T).T
    return np.reshape(flat, (*b.shape[:-1], flat.shape[-1]))


def offset_of(offset: Any, rows: int, w: Array | None = None, name: str = "offset") -> Array:
    """Return an offset, one number for each row, as a copy.

    >>> offset_of([1, 2], 2)
    array([1., 2.])
    """
    values = present(numeric(offset, name), w)
    if values.shape[:1] != (rows,):
        raise DataError(
            f"{name} must have one number for each of the {rows} rows of X, got shape {values.shape}"
        )
    require_finite(values, name)
    return np.array(values)


def insist_flag(intercept: Any) -> None:
    """Raise where an intercept is neither wanted nor not.

    >>> insist_flag(True)
    """
    if not isinstance(intercept, (bool, np.bool_)):
        raise DataError(
            f"intercept must be True or False, got {intercept!r}; to hold its value give fixed={{'intercept': ...}}"
        )


def insist_no_words(y: Any, called: str) -> None:
    """Raise where y holds words, which only some models take.

    >>> insist_no_words([0, 1], "Bernoulli")
    """
    if isinstance(y, (list, tuple)):
        maybe = any(isinstance(item, str) for item in y)
    else:  # without making an array of numbers
        maybe = getattr(getattr(y, "dtype", None), "kind", "") in ("U", "O", "T")
    labels = np.ravel(np.asarray(y, dtype=object)).tolist() if maybe else []
    if not labels or not all(isinstance(label, str) for label in labels):
        return
    some = sorted(set(labels))
    if all(is_number(label) for label in some):
        return
    needs = (
        "0 and 1" if called in ("Bernoulli", "LogisticRegression") else "numbers, such as 0 and 1"
    )
    raise DataError(
        f"y holds words, {', '.join(map(repr, some[:3]))}: {called} needs {needs}, as y == {some[-1]!r} gives them for an "
        "array; SoftmaxRegression takes words as they are"
    )


def called_by(argument: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given to an argument by what messages call it: the argument, and of several each with its key.

    >>> called_by("fixed", {"n": 20, "x1": 0})
    {"fixed['n']": 20, "fixed['x1']": 0}
    """
    if argument == "offset" and len(given) == 1:  # one alone needs no name
        return {argument: next(iter(given.values()))}
    return {f"{argument}[{name!r}]": value for name, value in given.items()}


@dataclass(frozen=True, eq=False)
class Observations(Statistic):
    """The rows of a regression, which are their own statistic.

    y has shape (n,), weights (n,) or None; `designs` are what the linear predictors follow from, `classes` those of y, and
    `labels` those that pandas has for the rows, or None.

    >>> from mlecore import LogisticRegression
    >>> LogisticRegression.statistics(([[0.0], [1.0]], [0, 1])).names
    ('x1',)
    """

    y: Any
    weights: Array | None
    designs: tuple[Design, ...]
    classes: Array | None = None
    labels: Any = None

    @classmethod
    def of(
        cls,
        designs: tuple[Design, ...],
        y: Any,
        weights: ArrayLike | None,
        classes: Array | None = None,
        labels: Any = None,
    ) -> Self:
        """Check y and the weights against the rows of X, which are kept as they are; of the others copies."""
        rows = len(designs[0].X)
        if np.ndim(y) != 1 or len(y) != rows:
            raise DataError(
                f"y must be one-dimensional, one value for each of the {rows} rows of X; got shape {np.shape(y)}"
            )
        w = None if weights is None else _weights(weights, (rows,))
        if w is not None and not w.all():  # a row of weight zero is no observation
            seen = w > 0
            share = seen / seen.sum()
            designs = tuple(replace(d.take(seen), center=share @ d.X) for d in designs)
            y, w = y[seen], w[seen]
            labels = labels if labels is None else labels[seen]
            if classes is not None:
                left = np.unique(y)
                y, classes = np.searchsorted(left, y), classes[left]
        n = float(len(y)) if w is None else float(w.sum())
        # The caller's arrays may change, a fit may not.
        return cls(n, y.copy(), None if w is None else w.copy(), designs, classes, labels)

    @property
    def X(self) -> Array:
        """The columns of the first predictor."""
        return self.designs[0].X

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns of the first predictor."""
        return self.designs[0].names

    @property
    def intercept(self) -> bool:
        """Whether the first predictor has an intercept."""
        return self.designs[0].intercept

    @property
    def center(self) -> Array:
        """Where the columns of the first predictor lie, roughly."""
        return self.designs[0].center

    @property
    def model(self) -> Any:
        """The family whose parameters follow, its links, and which parameters are the same in all rows."""
        return self.y.model

    @property
    def known(self) -> Mapping[str, Array]:
        """What is known of each row."""
        return self.y.known

    @property
    def wide(self) -> int:
        """How many columns the widest predictor has."""
        return max(d.X.shape[1] for d in self.designs)

    def blocks(self) -> Any:
        """Cut the rows into slices that fit the cache."""
        return row_blocks(max((d.X for d in self.designs), key=lambda X: X.shape[1]))

    @property
    def width(self) -> int:
        return len(self.y)

    @property
    def coefficients(self) -> tuple[str, ...]:
        """The names of the first predictor's coefficients."""
        return self.designs[0].coefficients

    def isfinite(self) -> bool:
        return True

    def sum(self, terms: Array) -> Array:
        """Add up one term for each row, weighted."""
        return self.weighted(terms).sum(axis=-1)

    def weighted(self, values: Array, part: slice = slice(None)) -> Array:
        """Multiply values at some rows, which lie on the last axis, by the weights of these rows."""
        return values if self.weights is None else values * self.weights[part]

    def take(self, rows: Any) -> Self:
        """Return some of the rows."""
        w = None if self.weights is None else self.weights[rows]
        n = float(len(self.y[rows])) if w is None else w.sum()
        designs = _each_once(self.designs, lambda d: d.take(rows))
        return replace(self, n=n, designs=designs, y=self.y[rows], weights=w, labels=None)

    def counts(self) -> Array:
        """Return how many observations each row stands for."""
        return np.ones(len(self.y)) if self.weights is None else self.weights

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        mine, theirs = ([d.coefficients for d in rows.designs] for rows in (self, other))
        if mine != theirs or not np.array_equal(self.classes, other.classes):
            raise DataError("these rows have other columns or classes, and cannot be merged")
        weights = None
        if self.weights is not None or other.weights is not None:
            weights = np.concatenate([self.counts(), other.counts()])
        share = self.width / (self.width + other.width)
        pairs = zip(self.designs, other.designs, strict=True)
        return replace(
            self,
            n=self.n + other.n,
            designs=tuple(one.joined(two, share) for one, two in pairs),
            y=np.concatenate([self.y, other.y]),
            weights=weights,
            labels=None,
        )


def _each_once(
    designs: tuple[Design, ...], change: Callable[[Design], Design]
) -> tuple[Design, ...]:
    """Change each design, one that several predictors share only once."""
    changed = {id(d): change(d) for d in designs}
    return tuple(changed[id(d)] for d in designs)


def _weights(weights: ArrayLike, shape: tuple[int, ...]) -> Array:
    """Return frequency weights as floats, or say what is wrong with them."""
    w = numeric(weights, "weights")
    if w.shape != shape:
        raise DataError(f"weights must have shape {shape}, one for each row of X; got {w.shape}")
    require_weights(w)
    return w
