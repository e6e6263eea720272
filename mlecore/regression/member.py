"""A regression with given coefficients: what it says of each row, and its formulas summed over all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..errors import DataError
from ..products import one_thread
from ..regular import Regular
from ..residuals import Rows
from .columns import row_blocks
from .observations import Design, Observations
from .problem import cuts
from .sparse import Sparse

__all__ = ["Member"]

Array = np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Member(Regular):
    """A regression with a vector of parameters, conditioned on its rows; `Regression` says how these are read and fitted.

    >>> from mlecore import LinearRegression
    >>> LinearRegression.fit([0.0, 1.0, 2.0], [1.0, 2.9, 5.0]).dist.eta().round(4)
    array([[0.9667, 2.9667, 4.9667]])
    """

    rows: Observations
    theta: Array

    #: the parameters beside the coefficients
    others: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def _coefficient_names(cls, rows: Observations) -> tuple[str, ...]:
        return tuple(name for d in cls._designs(rows) for name in d.coefficients)

    @classmethod
    def _designs(cls, rows: Observations) -> tuple[Design, ...]:
        """Return what each linear predictor follows from."""
        if any(np.ndim(d.offset) > 1 for d in rows.designs):
            raise DataError(
                f"offset must have shape (n,), one number a row; got {np.shape(rows.designs[0].offset)}"
            )
        return rows.designs

    @property
    def params(self) -> dict[str, Any]:
        """The parameters by name."""
        names = (*self._coefficient_names(self.rows), *self.others)
        return {
            name: self.theta[..., i] if self.theta.ndim > 1 else float(self.theta[i])
            for i, name in enumerate(names)
        }

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """One name for each free scalar."""
        return (*self._coefficient_names(self.rows), *self.others)

    def may_lie_within(self, other: Any) -> bool:
        """Say whether another is of the same kind, so that it contains this one if its columns do."""
        return type(self) is type(other)

    def contains_alike(self, member: Any) -> bool:
        """Say whether a member of a family, the same in all rows, is one of these regressions."""
        return False

    def __repr__(self) -> str:
        inside = (
            ", ".join(f"{name}={value:.6g}" for name, value in self.params.items())
            if self.theta.ndim == 1
            else f"batch of {self.theta.shape[:-1]}"
        )
        return f"{type(self).__name__}({inside})"

    def _coefficients(self) -> Iterator[tuple[Design, slice, Array]]:
        """Yield, for each linear predictor, its design, where its coefficients lie in theta, and these."""
        designs = self._designs(self.rows)
        for design, cut in zip(designs, cuts(designs), strict=True):
            yield design, cut, self.theta[..., cut]

    def eta(self, part: slice = slice(None)) -> Array:
        """Return the linear predictors at some of the rows, shape (..., predictors, rows)."""
        with one_thread(self.rows.wide):
            return np.stack([d.linear(b, part) for d, _, b in self._coefficients()], axis=-2)

    def eta_at(self, X: Any, offset: Any = None) -> Array:
        """Return the linear predictors at new rows of X, which all of them follow from; without X at the rows of the fit."""
        if X is None and offset is None:
            return self.eta()
        every = [*self._coefficients()]
        given = [None] * len(every) if offset is None else self._offsets_at(offset)
        with one_thread(self.rows.wide):
            parts = [d.linear_at(b, X, o) for (d, _, b), o in zip(every, given, strict=True)]
        return np.stack(parts, axis=-2)

    def _offsets_at(self, offset: Any) -> list[Any]:
        """Return the offset of each predictor."""
        return [offset]

    # -- formulas: what Likelihood asks of a family ------------------------------------------------

    def _derivatives(self, eta: Array, y: Array) -> tuple[Array, Array, Any]:
        """Return log f(y), its slope and minus its curvature in eta.

        eta has shape (predictors, rows); the slope too; the curvature is indexed [a][b] by
        predictors.
        """
        raise NotImplementedError

    def _derivatives_in(self, part: slice, eta: Array) -> tuple[Array, Array, Any]:
        """Return the same of some of the rows."""
        return self._derivatives(eta, self.rows.y[part])

    def _log_likelihood(self, rows: Observations) -> Array:
        total = 0.0
        for part in rows.blocks():
            term = self._log_prob_rows(self.eta(part), rows.y[part])
            total = total + rows.weighted(term, part).sum(axis=-1)
        return total

    def _log_prob_rows(self, eta: Array, y: Array) -> Array:
        raise NotImplementedError

    def _each(self, formula: Any) -> Array:
        """Apply a formula of a single vector to each of a batch."""
        flat = self.theta.reshape(-1, self.theta.shape[-1])
        with one_thread(self.rows.wide):
            values = np.array([formula(type(self)(self.rows, theta)) for theta in flat])
        return values.reshape(self.theta.shape[:-1] + values.shape[1:])

    def _row_scores(self) -> Array:
        """Return the slope of each row's log-probability, shape (rows, scalars); for one vector only."""
        _, slope, _ = self._derivatives(self.eta(), self.rows.y)
        designs = self._designs(self.rows)
        return np.hstack([d.columns() * r[:, None] for d, r in zip(designs, slope, strict=True)])

    def _information_roots(self, part: slice) -> Array:
        """Return A with A'A the information of the coefficients in some rows."""
        rows = self.rows
        _, _, weight = self._derivatives(self.eta(part), rows.y[part])
        w = rows.weighted(weight(0, 0), part)
        return rows.designs[0].columns(part) * np.sqrt(w)[:, None]

    def _other_information(self, kind: str) -> Array:
        """Return the information of the parameters beside the coefficients, at a maximum."""
        return np.zeros(0)

    def _score_vector(self, rows: Observations) -> Array:
        return self._each(lambda member: member._score_sum(rows))

    def _score_sum(self, rows: Observations) -> Array:
        """Return the slope of the log-likelihood in the coefficients, for one vector."""
        _, slope, weight = self._derivatives(self.eta(), rows.y)
        sums = []
        for a, ((design, _, b), r) in enumerate(
            zip(self._coefficients(), rows.weighted(slope), strict=True)
        ):
            if not design.intercept:
                sums.append(r @ design.X)
                continue
            # X'r = (X - center)'r + center sum(r). At a maximum over the intercept sum(r) is zero but for the
            # rounding of the coefficients, which an offset of 1e9 would make the whole of X'r: so a sum that
            # this rounding explains counts as zero.
            X, center = design.X, design.center
            reach = np.abs(b) @ np.concatenate([[1.0], np.abs(center)])
            rounding = reach * np.abs(rows.sum(weight(a, a))) + np.abs(r).sum()
            total = r.sum()
            total = 0.0 if np.abs(total) <= 4 * np.finfo(float).eps * rounding else total
            centred = sum(r[part] @ (X[part] - center) for part in row_blocks(X))
            sums.append(np.concatenate([[total], centred + total * center]))
        return np.concatenate(sums)

    def _hessian_matrix(self, rows: Observations) -> Array:
        return self._each(lambda member: -member._information_sum())

    def _information_matrix(self) -> Array:
        return self._each(lambda member: member._information_sum()) / self.rows.n

    def _information_sum(self) -> Array:
        """Return the information in all rows, for one vector of coefficients."""
        rows, designs = self.rows, self._designs(self.rows)
        if isinstance(rows.X, Sparse):
            weight = self._derivatives(self.eta(), rows.y)[2]
            return rows.X.products(rows.weighted(weight(0, 0)), rows.intercept).toarray()
        places = cuts(designs)
        total = np.zeros((places[-1].stop,) * 2)
        for part in rows.blocks():
            _, _, weight = self._derivatives(self.eta(part), rows.y[part])
            M = [d.columns(part) for d in designs]
            for a, here in enumerate(places):
                for b, there in enumerate(places[: a + 1]):
                    w = rows.weighted(weight(a, b), part)
                    total[here, there] += M[a].T @ (M[b] * w[:, None])
                    if a != b:
                        total[there, here] = total[here, there].T
        return total

    def rows_seen(self) -> Rows:
        """Return what each row says, as residuals ask for it."""
        x = np.asarray(self.rows.y, dtype=float)
        below = x - 1.0 if self.distribution().support.whole else x
        everything = np.full(x.shape, np.inf)
        return Rows(x, below, x, -everything, everything, self.rows.weights)
