"""Whether two fits have seen the same data: asked only when it matters, from the data that the fits keep.

A fingerprint is a sum over the observations, weight times a number in -1 .. 1 that the bits of the observation decide
as if at random. So neither the order of the observations changes it, nor whether equal ones are counted or repeated,
and one value among a million that differs does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .observations import PartlySeen
from .statistics import total

__all__ = ["Fingerprint", "same_data", "same_together"]

Array = np.ndarray

# So many independent sums: that all miss a difference is as likely as winning three lotteries.
_SUMS = 4
# What rounding makes of a sum, relative to the sum of sizes.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What a fit has seen: the values y, in whatever order and in their own; in regressions X, and the pairs (X, y).

    >>> a, b = np.array([1.0, 1.0, 2.0]), np.array([2.0, 1.0])
    >>> Fingerprint.of(a, None).same(Fingerprint.of(b, np.array([1.0, 2.0])))
    True
    """

    n: float
    values: Array
    order: Array | None = None
    columns: Array | None = None
    rows: Array | None = None

    @classmethod
    def of(cls, y: Array, w: Array | None, X: Array | None = None, first: int = 0) -> Fingerprint:
        """Take the fingerprint of observations y, (n,) or (n, d), with the rows of X that they belong to.

        `first` is the place of the first one, of several parts that are added up by `joined`.
        """
        w = np.ones(len(y)) if w is None else np.asarray(w, dtype=float)
        y, X, w = y[w > 0], None if X is None else X[w > 0], w[w > 0]
        y = y.reshape(len(y), -1)
        bits = _bits(y)
        n, values = float(w.sum()), _sums(bits, w)
        if X is None:
            return cls(n, values)
        place = np.arange(first, first + len(y), dtype=np.uint64)[:, None]
        order = _sums(_mixed(bits ^ _mixed(place)), w)
        return cls(n, values, order, _sums(_bits(X), w), _sums(_bits(np.column_stack([y, X])), w))

    @classmethod
    def joined(cls, parts: Sequence[Fingerprint]) -> Fingerprint:
        """Return the fingerprint of several parts together."""
        columns = zip(*((p.n, p.values, p.order, p.columns, p.rows) for p in parts), strict=True)
        return cls(*(None if c[0] is None else sum(c) for c in columns))

    def same(self, other: Fingerprint) -> bool:
        """Say whether both have seen the same data.

        Two regressions on the same rows of X must pair them with the same y. Those on different columns have seen the
        same data if they have the same y row by row.
        """
        if not self._near(self.values, other.values):
            return False
        if self.rows is None or other.rows is None:
            return True
        if self._near(self.columns, other.columns):
            return self._near(self.rows, other.rows)
        return self._near(self.order, other.order)

    def _near(self, one: Array, other: Array) -> bool:
        return bool((np.abs(one - other) <= _ROUNDING * max(self.n, 1e-300)).all())


def _mixed(bits: Array) -> Array:
    """Scatter 64 bits over 64 bits, one to one (the finaliser of SplitMix64: Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return bits ^ (bits >> np.uint64(31))


def _bits(table: Array) -> Array:
    """Return 64 bits for each row of a table, which depend on every entry and its column; shape (n, 1)."""
    bits = np.zeros((len(table), 1), dtype=np.uint64)
    for column in table.T:
        same = np.ascontiguousarray(column, dtype=float) + 0.0  # -0 is 0
        bits = _mixed(bits + np.uint64(0x9E3779B97F4A7C15) ^ same.view(np.uint64)[:, None])
    return bits


def _sums(bits: Array, w: Array) -> Array:
    """Add up, for several scatterings of the bits to -1 .. 1, weight times what they give."""
    seeds = _mixed(np.arange(1, _SUMS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    sums = []
    for seed in seeds:
        unit = _mixed(bits[:, 0] ^ seed).astype(float) * 2.0**-63 - 1.0
        sums.append((w * unit).sum())
    return np.array(sums)


def same_data(first: Any, second: Any) -> bool | None:
    """Say whether two likelihoods hold the same data; None where that cannot be known.

    Of likelihoods made from statistics, those of one family hold the same data if the statistics agree; one beside
    data is compared with what its family makes of these.

    >>> from mlecore import Gamma, Likelihood, Normal
    >>> same_data(Likelihood(Gamma, [1.0, 2.0]), Likelihood(Normal, [2.0, 1.0]))
    True
    """
    same = first.data is second.data and first.weights is second.weights
    if first.source is not None and first.source is second.source:
        return True
    if same and first.data is not None and first.axis == second.axis:
        return True
    one, other = _fingerprint(first), _fingerprint(second)
    if one is not None and other is not None:
        return one.same(other)
    if one is None and other is None and first.family is not second.family:
        return None
    bare, full = (first, second) if one is None else (second, first)
    if full.data is None and full.source is None:
        return full.family is bare.family and bare.statistic.close_to(full.statistic)
    try:
        given = (full.source,) if full.source is not None else full.observations()
        return bare.family.statistics(*given).close_to(bare.statistic)
    except ValueError:  # data that the other family could not have seen
        return False


def same_together(first: Sequence[Any], second: Sequence[Any]) -> bool | None:
    """Say whether two lists of likelihoods hold the same data, each list put together; None where it cannot be known.

    >>> from mlecore import Likelihood, Normal
    >>> whole, parts = [[1.0, 2.0, 3.0]], [[3.0], [2.0, 1.0]]
    >>> same_together(*([Likelihood(Normal, x) for x in xs] for xs in (whole, parts)))
    True
    """
    if len(first) == len(second) == 1:
        return same_data(first[0], second[0])
    prints = [[_fingerprint(one) for one in side] for side in (first, second)]
    if all(p is not None for side in prints for p in side):
        one, other = (
            Fingerprint(sum(p.n for p in side), np.sum([p.values for p in side], axis=0))
            for side in prints
        )
        return bool(np.isclose(one.n, other.n, rtol=_ROUNDING)) and one.same(other)
    if len({one.family for one in [*first, *second]}) > 1:
        return None
    one, other = (total([one.statistic for one in side]) for side in (first, second))
    return one.close_to(other)


def _of_rows(rows: Any, first: int = 0) -> Fingerprint:
    """Return the fingerprint of the rows of a regression."""
    y = rows.y.table() if hasattr(rows.y, "table") else rows.y
    if rows.classes is not None and rows.classes.dtype.kind in "iufb":
        y = rows.classes.astype(float)[np.asarray(y, dtype=np.intp)]
    return Fingerprint.of(np.asarray(y, dtype=float), rows.weights, rows.X, first)


def _fingerprint(likelihood: Any) -> Fingerprint | None:
    """Return the fingerprint of what a likelihood has kept, or None where that is a bare statistic."""
    rows = likelihood.statistic
    if hasattr(rows, "each_piece"):  # of a regression, read from a source
        found, first = list[Fingerprint](), 0
        for piece in rows.each_piece():
            found.append(_of_rows(piece, first))
            first += len(piece.y) if piece.weights is None else int((piece.weights > 0).sum())
        return Fingerprint.joined(found)
    if hasattr(rows, "X"):
        return _of_rows(rows)
    if getattr(rows, "in_order", False):
        values, places = rows.ordered()
        return Fingerprint.of(values, None, places)
    if likelihood.source is not None:
        parts = (_fingerprint(one) for one in likelihood.pieces())
        return Fingerprint.joined([part for part in parts if part is not None])
    if likelihood.data is None:
        return None
    if isinstance(likelihood.data, PartlySeen):
        weights = likelihood.data.weights
        w = likelihood.weights if weights is None else weights
        return Fingerprint.of(likelihood.data.table(), w)
    return Fingerprint.of(*likelihood.observations())
