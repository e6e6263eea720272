"""Softmax regression: the log-odds of each class against the first are linear in the columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from ..arrays import numeric, present, refuse_masks, require_finite
from ..errors import DataError, NoMLEError
from .climbed import Climbed
from .observations import Design, Observations
from .problem import Problem
from .separation import Cone

__all__ = ["SoftmaxRegression"]

Array = np.ndarray


class SoftmaxRegression(Climbed):
    """P(y = k | x) is proportional to exp(b0_k + x'b_k), with the first class's coefficients zero.

    y holds the classes, numbers or words; sorted, the first is the one that the others are compared
    with. Coefficients are called name_class. The score is X'(one-hot y - p).
    Source: Bridle (1990); McFadden (1974).

    >>> m = SoftmaxRegression.fit([0.0, 1.0, 2.0, 1.5, 0.5, 1.0], ["a", "b", "c", "a", "b", "c"])
    >>> list(m.params)
    ['intercept_b', 'x1_b', 'intercept_c', 'x1_c']
    """

    _separated = "the columns {kind} separate some classes of y from others"
    _whole = True

    @classmethod
    def _response(cls, y: Any, w: Array | None) -> tuple[Array, Array | None]:
        refuse_masks(y, "y")
        try:
            values = present(np.asarray(y), w)
        except ValueError as error:
            raise DataError("y has rows of different lengths") from error
        if values.dtype.kind in "iufb":
            require_finite(values.astype(float), "y")
        elif values.dtype.kind not in "USO":
            raise DataError(f"y must hold class labels, numbers or words; got dtype {values.dtype}")
        elif values.dtype.kind == "O":
            numbers = [v if isinstance(v, float) else 0.0 for v in values.ravel()]
            require_finite(np.reshape(numbers, values.shape), "y")  # NaN among labels is no class
        try:
            classes, codes = np.unique(values, return_inverse=True)
        except TypeError as error:
            raise DataError("y mixes labels of different kinds, which have no order") from error
        if values.dtype.kind == "f" and classes.size > 20 and classes.size > values.size // 2:
            raise DataError(
                f"y has {classes.size} different values in {values.size} rows: these are measurements, not classes"
            )
        return codes.reshape(values.shape), classes

    @classmethod
    def _designs(cls, rows: Observations) -> tuple[Design, ...]:
        design, others = rows.designs[0], max(rows.classes.size - 1, 0)
        if design.offset is None:
            return (design,) * others
        if np.shape(design.offset) != (len(design.X), others):
            raise DataError(
                f"offset must have one column for each class but the first, shape ({len(design.X)}, {others}); "
                f"got {np.shape(design.offset)}"
            )
        return tuple(replace(design, offset=column) for column in design.offset.T)

    @classmethod
    def _coefficient_names(cls, rows: Observations) -> tuple[str, ...]:
        return tuple(f"{name}_{label}" for label in rows.classes[1:] for name in rows.coefficients)

    @classmethod
    def _check_estimable(cls, rows: Observations, free: Array) -> None:
        if rows.classes.size < 2:
            raise NoMLEError(
                f"SoftmaxRegression has no maximum likelihood estimate: y is {rows.classes[0]} in every row; a model of classes needs "
                "rows of at least two"
            )

    def _derivatives(self, eta: Array, y: Array) -> tuple[Array, Array, Any]:
        top = np.maximum(eta.max(axis=0), 0.0)
        e, first = np.exp(eta - top), np.exp(-top)
        total = e.sum(axis=0) + first
        p = e / total
        seen = y == np.arange(1, len(eta) + 1)[:, None]
        term = np.where(seen, eta, 0.0).sum(axis=0) - top - np.log(total)
        # 1 - p is the sum of the other probabilities: the difference would vanish from eta = 37 on, where
        # classes that are separated would pass for fitted.
        missed = first / total + np.where(seen, 0.0, p).sum(axis=0)
        return term, np.where(seen, missed, -p), lambda a, b: p[a] * ((a == b) - p[b])

    def _information_roots(self, part: slice) -> Array:
        # diag(p) - pp' is the sum over the classes c of p_c (e_c - p)(e_c - p)'.
        eta, M = self.eta(part), self.rows.designs[0].columns(part)
        full = special.softmax(_all_classes(eta), axis=0)
        return np.vstack(
            [
                np.hstack([M * (root * ((a == c) - p))[:, None] for a, p in enumerate(full[1:], 1)])
                for c, root in enumerate(np.sqrt(self.rows.weighted(full, part)))
            ]
        )

    def _log_prob_rows(self, eta: Array, y: Array) -> Array:
        full = _all_classes(eta)
        shortfall = full.max(axis=-2, keepdims=True) - full
        others = np.exp(-shortfall)
        np.put_along_axis(others, full.argmax(axis=-2)[..., None, :], 0.0, axis=-2)
        picked = np.take_along_axis(
            shortfall, np.broadcast_to(y, (*eta.shape[:-2], 1, y.size)), axis=-2
        )
        return -(picked[..., 0, :] + np.log1p(others.sum(axis=-2)))

    @classmethod
    def _cone(cls, problem: Problem) -> Cone:
        """One condition for each row and each class that it is not in: its own predictor rises no less."""
        y, cuts, bases = problem.rows.y, problem.cuts, problem.bases
        K, n = len(bases) + 1, y.size
        row = np.repeat(np.arange(n), K - 1)
        other = np.tile(np.arange(K - 1), n)
        other = other + (other >= y[row])

        def margins(d: Array) -> Array:
            rise = (basis.apply(d[cut]) for basis, cut in zip(bases, cuts, strict=True))
            v = np.vstack([np.zeros(n), *rise])
            return v[y[row], row] - v[other, row]

        def rows(index: Array) -> Array:
            M = np.zeros((len(index), cuts[-1].stop))
            for a, (basis, cut) in enumerate(zip(bases, cuts, strict=True)):
                sign = (y[row[index]] == a + 1) * 1.0 - (other[index] == a + 1)
                M[:, cut] = basis.rows(row[index]) * sign[:, None]
            return M

        total = np.concatenate([b.gather(K * (y == a + 1) - 1.0) for a, b in enumerate(bases)])
        return Cone(margins, rows, total, np.zeros(row.size, dtype=bool))

    def _draw(self, rng: np.random.Generator) -> Array:
        edges = np.cumsum(self._shares(self.eta()), axis=1)[:, :-1]
        return (rng.random(self.rows.y.size)[:, None] >= edges).sum(axis=1)

    def _offsets_at(self, offset: Any) -> list[Any]:
        classes = len(self._designs(self.rows))
        return list(np.reshape(numeric(offset, "offset"), (-1, classes)).T)

    def _shares(self, eta: Array) -> Array:
        """Return the probability of each class: shape (n, K)."""
        return np.swapaxes(special.softmax(_all_classes(eta), axis=-2), -1, -2)

    def predict_proba(self, X: Any, offset: Any = None) -> Array:
        """Return the probability of each class, in sorted order, at each row of X: shape (n, K)."""
        return self._shares(self.eta_at(X, offset))

    def predict(self, X: Any, offset: Any = None) -> Array:
        """Return the likeliest class at each row of X, as it was called in y."""
        return self.rows.classes[self.predict_proba(X, offset).argmax(axis=-1)]


def _all_classes(eta: Array) -> Array:
    """Return the predictors of all classes, that of the first being 0."""
    return np.concatenate([np.zeros((*eta.shape[:-2], 1, eta.shape[-1])), eta], axis=-2)
