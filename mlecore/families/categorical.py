"""The Categorical family: one of K classes, its probabilities free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from ..censoring import notes
from ..domains import Parameter, Simplex, Support, parameter
from ..errors import DataError
from ..family import Array, Family, Refusal, Solution
from ..observations import PartlySeen
from ..statistics import Events, Frequencies, Statistic
from .class_shares import Shares, shares_of_sets


@dataclass(frozen=True, eq=False, repr=False)
class Categorical(Family):
    """Categorical(probs p): P(X = k) = p_k for k = 0 .. K-1.

    The free scalars are p1 .. p(K-1); p0 is what remains. K is the largest value of the data plus one; to allow for
    empty classes at the end, give them with weight zero. Of partly seen classes K is as large as what was seen needs:
    "above 2" needs a class 3. Source: Agresti (2013), section 1.2.

    >>> Categorical.fit([0, 1, 1, 2]).params["probs"]
    array([0.25, 0.5 , 0.25])
    """

    probs: Parameter = parameter(Simplex())
    support = Support(low=0.0, whole=True, text="classes 0, 1, ..., K-1")
    only_by_formula = True

    @classmethod
    def _dimension_of(cls, t: Frequencies) -> int:
        return t.classes

    @classmethod
    def _dimension_of_events(cls, t: Events) -> int:
        own = 1 if t.exact is None else t.exact.classes
        ends = np.concatenate(
            [t.seen.low + 1.0, t.seen.high]
        )  # the classes of (low, high] begin with low + 1
        most = float(ends[np.isfinite(ends)].max(initial=0.0))
        _insist_few(most)
        return max(own, int(most) + 1)

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Frequencies:
        _insist_few(x.max())
        return Frequencies.of(x, w)

    def _inside(self, x: Array) -> Array:
        return self.support.contains(x) & (x < self.probs.shape[-1])

    def _harmless(self, x: Array) -> float:
        return 0.0

    def _fitting(self, t: Frequencies) -> Statistic:
        return t.with_classes(self.probs.shape[-1])

    def _log_likelihood(self, t: Frequencies) -> Array:
        return t.n * scipy.special.xlogy(t.shares, self.probs).sum(axis=-1)

    def _slope(self, t: Frequencies) -> Array:
        ratio = _ratio(t.shares, self.probs)
        return np.asarray(t.n)[..., None] * (ratio[..., 1:] - ratio[..., :1])

    def _curvature(self, t: Frequencies) -> Array:
        second = _ratio(_ratio(t.shares, self.probs), self.probs)
        return -np.asarray(t.n)[..., None, None] * _simplex_matrix(second)

    def _information(self) -> Array:
        return _simplex_matrix(1.0 / np.asarray(self.probs))

    @classmethod
    def _mle(cls, t: Frequencies) -> Solution:
        return Solution({"probs": t.shares})

    @classmethod
    def _mle_given(cls, t: Frequencies, held: Mapping[int, Array], **known: Any) -> Solution:
        # The classes that are not held share what is left in the proportions of their frequencies.
        classes = [i + 1 for i in held]
        values = np.stack(np.broadcast_arrays(*held.values()), axis=-1)
        left = 1.0 - values.sum(axis=-1, keepdims=True)
        rest = np.delete(np.arange(t.classes), classes)
        seen = t.shares[..., rest]
        total = seen.sum(axis=-1, keepdims=True)
        share = np.where(total > 0, seen / np.where(total > 0, total, 1.0), 1.0 / rest.size)
        probs = np.empty((*np.broadcast_shapes(left.shape[:-1], t.shares.shape[:-1]), t.classes))
        probs[..., classes], probs[..., rest] = values, left * share
        return Solution({"probs": probs}, converged=np.all(left >= 0))

    @classmethod
    def _refusals(cls, likelihood: Any) -> list[Refusal]:
        refusals = super()._refusals(likelihood)
        if not _partly(likelihood):
            return refusals
        rows = [
            (found.open, float(found.shares[found.open].sum())) for found in _shares(likelihood)
        ]
        undecided = np.array([len(classes) > 0 for classes, _ in rows])
        where = undecided.reshape(likelihood.batch_shape)
        if not undecided.any():
            return refusals
        classes, sum_of_them = rows[int(np.argmax(undecided))]
        reason = (
            f"what was seen does not tell the classes {', '.join(map(str, classes[:-1]))} and {classes[-1]} apart, so "
            f"other splits of the {sum_of_them:.4g} that they have together are as likely; merge them"
        )
        return [*refusals, Refusal(where[()], reason)]

    @classmethod
    def _find(cls, likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
        if not _partly(likelihood):
            return super()._find(likelihood, near)
        found = _shares(likelihood)
        shape = likelihood.batch_shape
        probs = np.array([one.shares for one in found]).reshape(*shape, -1)
        converged, iterations = (
            np.array([getattr(one, name) for one in found]).reshape(shape)[()]
            for name in ("converged", "iterations")
        )
        seen = notes(likelihood.data) if isinstance(likelihood.data, PartlySeen) else ()
        return Solution({"probs": probs}, iterations, converged, seen), probs[..., 1:]

    def _ends(self) -> tuple[float, float]:
        return 0.0, self.probs.shape[-1] - 1.0

    @property
    def mean(self) -> Any:
        return (self.probs * np.arange(self.probs.shape[-1])).sum(axis=-1)

    @property
    def var(self) -> Any:
        k = np.arange(self.probs.shape[-1])
        return (self.probs * (k - np.asarray(self.mean)[..., None]) ** 2).sum(axis=-1)

    def scipy(self) -> Any:
        from scipy import stats

        return stats.rv_discrete(values=(np.arange(self.probs.shape[-1]), self.probs))

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        u = rng.random(size)
        return (u[..., None] >= np.cumsum(self.probs, axis=-1)[..., :-1]).sum(axis=-1).astype(float)


def _insist_few(largest: float) -> None:
    if largest > 1e6:
        raise DataError(
            f"the largest class is {largest:g}; classes must be 0 .. K-1: recode them, e.g. with np.unique(x, return_inverse=True)"
        )


def _partly(likelihood: Any) -> bool:
    """Say whether nothing but what was seen in part decides the shares."""
    plain = not (likelihood.held or likelihood.penalised)
    return plain and isinstance(likelihood.statistic, Events)


def _shares(likelihood: Any) -> list[Shares]:
    """Return the most likely shares of each sample: what is seen exactly is a set of one class."""
    t: Any = likelihood.statistic
    k = np.arange(len(likelihood.layout.names) + 1)
    parts = (t.seen, t.windows)
    sets = [(p.low[:, None] < k) & (k <= p.high[:, None]) for p in parts]
    weights = [t.seen.weights, -t.windows.weights]
    if t.exact is not None:
        exact = t.exact.with_classes(k.size)
        sets.append(np.eye(k.size, dtype=bool))
        weights.append(exact.shares * np.asarray(exact.n)[..., None])
    rows = np.concatenate(weights, axis=-1).reshape(-1, sum(map(len, sets)))
    joined = np.concatenate(sets)
    return [shares_of_sets(joined[w != 0], w[w != 0]) for w in rows]


def _ratio(shares: Array, probs: Array) -> Array:
    """Return shares / probs, where an empty class of probability zero counts nothing."""
    shares, probs = np.broadcast_arrays(shares, probs)
    return np.divide(shares, probs, out=np.zeros(shares.shape), where=(shares != 0) | (probs != 0))


def _simplex_matrix(second: Array) -> Array:
    """Return diag(second[1:]) + second[0]: second derivatives where p0 = 1 - sum of the others."""
    matrix = np.broadcast_to(
        second[..., :1, None], second.shape[:-1] + (second.shape[-1] - 1,) * 2
    ).copy()
    diagonal = np.arange(second.shape[-1] - 1)
    matrix[..., diagonal, diagonal] += second[..., 1:]
    return matrix
