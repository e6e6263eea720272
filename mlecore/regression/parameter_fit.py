"""The fit of a regression of any parameters of any family: what it predicts, and row by row its member of the family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arrays import insist_one_index, numeric
from ..errors import DataError
from ..habits import refuse_names
from ..inference import Delta, normal_quantile
from .fit import RegressionFit
from .observations import called_by
from .problem import cuts

__all__ = ["ParameterFit"]

Array = np.ndarray

# How far a predictor is moved for the slope of a mean.
_STEP = 1e-4


class ParameterFit(RegressionFit):
    """A fit by `Family.regress`: a `Fit` that predicts.

    >>> from mlecore import Exponential
    >>> Exponential.regress([1.0, 3.0, 4.0], rate=[0.0, 0.0, 1.0]).names
    ('intercept', 'x1')
    """

    @property
    def equations(self) -> list[str]:
        """What each parameter that follows from columns is, through its link: an intercept and columns, coefficients left out.

        >>> from mlecore import Exponential
        >>> Exponential.regress([1.0, 3.0, 4.0], rate=[0.0, 0.0, 1.0]).equations
        ['log(rate) = intercept + x1']
        """
        return self.dist.equations

    def _equations(self) -> list[str]:
        return self.equations

    def distribution(
        self,
        X: Any = None,
        *,
        offset: Any = None,
        fixed: Mapping[str, Any] | None = None,
        **columns: Any,
    ) -> Any:
        """Return the fitted member of the family at each row, as one batch: of new rows where they are given.

        Parameters
        ----------
        X : new rows of columns, where one parameter follows from columns; else these by name, `rate=X, shape=Z`.
        offset : at the new rows, where the fit had one; by name where several parameters follow from columns.
        fixed : what is known at the new rows, where the fit was given one number a row.

        Raises
        ------
        DataError : for columns that are not those of the fit, an offset that is missing, or several fits at once.

        >>> from mlecore import Exponential
        >>> m = Exponential.regress([1.0, 3.0, 4.0], rate=[0.0, 0.0, 1.0])
        >>> m.distribution([1.0]).rate
        array([0.25])
        """
        if X is None and not columns:
            return self.dist.distribution()
        _designs, eta, fixed = self._at(X, offset, fixed, columns)
        return self._members(eta, len(eta[0]), fixed)

    def predict(
        self,
        X: Any = None,
        kind: str = "response",
        *,
        level: float | None = None,
        offset: Any = None,
        fixed: Mapping[str, Any] | None = None,
        **columns: Any,
    ) -> Any:
        """Return the mean of y at each new row, or its linear predictor; with a level, its error and interval too.

        Parameters
        ----------
        X, offset, fixed, columns : as in `distribution`; where none is given, the rows of the fit are meant.
        kind : "response", the mean of the distribution; "linear", the linear predictor.
        level : of an interval for the mean, or the predictor, by the delta method: then the answer is
            `estimate, se, (low, high)`. Where the mean depends on one predictor alone the ends are those of its interval, mapped
            to the mean.

        Raises
        ------
        DataError : for columns that are not those of the fit, an offset that is missing, or an unknown kind.

        >>> from mlecore import Exponential
        >>> m = Exponential.regress([1.0, 3.0, 4.0], rate=[0.0, 0.0, 1.0])
        >>> m.predict([0.0, 1.0]), m.predict([0.0], "linear").round(4)
        (array([2., 4.]), array([-0.6931]))
        """
        if kind not in ("response", "linear"):
            raise DataError(f"kind must be 'response' or 'linear', got {kind!r}")
        rows, eta, fixed = self._at(X, offset, fixed, columns)
        count = len(eta[0])
        model = self.dist.model
        k = model.parameters.index(model.followed[0])
        if kind == "linear" and len(model.followed) > 1:
            raise DataError(
                f"{' and '.join(model.followed)} have a linear predictor each: ask for the parameters, with "
                "m.distribution(...)"
            )
        if kind == "linear":
            estimate, slopes = eta[k], {k: np.ones(count)}
        else:
            estimate = self._mean(eta, count, fixed)
            slopes = self._slopes(eta, count, fixed) if level is not None else {}
        if level is None:
            return estimate
        z = normal_quantile(level)
        se = self._errors(rows, slopes)
        if kind == "response" and len(slopes) == 1:
            (one,) = slopes
            own = self._errors(rows, {one: np.ones(count)})
            ends = np.array(
                [self._mean(_moved(eta, one, s * z * own), count, fixed) for s in (-1, 1)]
            )
            low, high = ends.min(axis=0), ends.max(axis=0)
        else:
            low, high = estimate - z * se, estimate + z * se
        return Delta(estimate, se, (low, high))

    def _at(
        self, X: Any, offset: Any, fixed: Any, columns: dict[str, Any]
    ) -> tuple[list[Array], list[Array], Any]:
        """Return, for each parameter, its columns at new rows and its predictor there; and what is known there."""
        if self.batch_shape:
            raise DataError("this takes a single fit; take one of the batch")
        model, designs = self.dist.model, self.dist.rows.designs
        if X is None and offset is None and not fixed and not columns:
            return [d.columns() for d in designs], [*self.dist.eta()], self.dist.rows.known
        if X is not None:
            if len(model.followed) > 1:
                wanted = ", ".join(f"{name}=..." for name in model.followed)
                raise DataError(f"several parameters follow from columns: give predict({wanted})")
            columns = {model.followed[0]: X, **columns}
        given = offset if isinstance(offset, Mapping) else {model.followed[0]: offset}
        widths = {
            name: d for name, d in zip(model.parameters, designs, strict=True) if d.X.shape[1]
        }
        for name in columns:
            if name not in widths:
                raise DataError(
                    f"{name} follows from no columns in this fit; there are {', '.join(widths) or 'none'}"
                )
        missing = [name for name in widths if name not in columns]
        if missing:
            raise DataError(f"give the columns of {', '.join(missing)}: {missing[0]}=X")
        if not (fixed is None or isinstance(fixed, Mapping)):
            raise DataError(f"fixed must be a dict such as {{'n': 20}}, got {fixed!r}")
        own = {
            name
            for name, d in zip(model.parameters, designs, strict=True)
            if name not in model.followed and d.offset is not None
        }
        for name in {*(fixed or {})} - {*self.dist.rows.known} - own:
            raise DataError(f"{name} is nothing that this fit was given as known, row by row")
        leads = called_by("offset", {k: v for k, v in given.items() if v is not None})
        insist_one_index({**columns, **leads, **called_by("fixed", fixed or {})})
        count = self._count({**columns, **leads})
        rows, eta = [], []
        for name, d, cut in zip(model.parameters, designs, cuts(designs), strict=True):
            b = self.dist.theta[cut]
            if name in model.followed:
                table = columns.get(name, np.zeros((count, 0)))
                eta.append(d.linear_at(b, table, given.get(name)))
                rows.append(d.columns_of(table))
            else:
                lead = 0.0 if d.offset is None else self._known_at(name, d.offset, fixed, count)
                eta.append(np.full(count, b[0] if b.size else 0.0) + lead)
                rows.append(np.ones((count, b.size)))
        return rows, eta, fixed

    def _count(self, tables: Mapping[str, Any]) -> int:
        for name, value in tables.items():
            refuse_names(value)
            if not np.ndim(value):
                raise DataError(
                    f"{name} must have one row for each new row, got {value!r}; for a single row give a list, as in [{value!r}]"
                )
        sizes = {t.shape[0] if hasattr(t, "shape") else len(t) for t in tables.values()}
        if len(sizes) > 1:
            raise DataError(f"the new rows are {' and '.join(map(str, sorted(sizes)))} in number")
        return sizes.pop() if sizes else 1

    def _known_at(self, name: str, own: Array, fixed: Any, count: int) -> Array:
        """Return what is known at new rows."""
        if fixed and name in fixed:
            value = numeric(fixed[name], f"fixed {name}")
            if value.shape not in ((), (count,)):
                raise DataError(
                    f"fixed {name} must be one number, or one for each of the {count} new rows; got shape {value.shape}"
                )
            return np.broadcast_to(value, count)
        if np.ptp(own) > 0:
            raise DataError(
                f"the fit was given one {name} a row: give those of the new rows, fixed={{{name!r}: ...}}"
            )
        return np.full(count, own[0])

    def _members(self, eta: Any, count: int, fixed: Any) -> Any:
        model, known = self.dist.model, self.dist.rows.known
        with np.errstate(all="ignore"):
            given = {
                name: link.back(value)[0]
                for name, link, value in zip(model.parameters, model.links, eta, strict=True)
            }
        known = {name: self._known_at(name, own, fixed, count) for name, own in known.items()}
        return model.family(**known, **given)

    def _mean(self, eta: Any, count: int, fixed: Any) -> Array:
        return np.broadcast_to(self._members(eta, count, fixed).mean, count).copy()

    def _slopes(self, eta: list[Array], count: int, fixed: Any) -> dict[int, Array]:
        """Return the slopes of the mean in the predictors that it depends on."""
        slopes = {}
        for k, own in enumerate(eta):
            h = _STEP * np.where(self.dist.model.constant[k], np.abs(own), 1.0)
            up, down = (self._mean(_moved(eta, k, s * h), count, fixed) for s in (1, -1))
            slope = (up - down) / (2.0 * h)
            if (np.abs(slope * h) > 1e-13 * np.abs(up)).any():
                slopes[k] = slope
        return slopes

    def _errors(self, rows: list[Array], slopes: Mapping[int, Array]) -> Array:
        """Return the standard errors of a function of the predictors with given slopes."""
        places, names = cuts(self.dist.rows.designs), self.likelihood.layout.names
        J = np.zeros((len(rows[0]), len(names)))
        for k, slope in slopes.items():
            J[:, places[k]] = rows[k] * slope[:, None]
        J = J[:, self.likelihood.free]
        return np.sqrt(np.einsum("ij,jk,ik->i", J, self.cov, J))


def _moved(eta: list[Array], k: int, by: Array) -> list[Array]:
    return [value + by if i == k else value for i, value in enumerate(eta)]
