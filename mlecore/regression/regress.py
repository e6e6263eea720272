"""`Family.regress`: the likelihood of rows is climbed, in memory or in passes over their source, and its top is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..arrays import shares_note
from ..censoring import notes
from ..errors import ConvergenceError, DataError
from ..observations import RowPiece, Source, chunks, is_dask
from .general import ParameterRegression
from .likelihood import RegressionLikelihood
from .observations import Observations
from .parameter_fit import ParameterFit
from .penalised import PenalisedRegression
from .reading import as_mapping, by_parameter, insist_numbers, read_rows
from .reread import apart
from .streamed import streamed
from .top import looked_at

__all__ = ["regress"]

Array = np.ndarray


def regress(
    family: Any,
    y: Any,
    X: Mapping[str, Any],
    *,
    weights: Any = None,
    offset: Any = None,
    link: Any = None,
    fixed: Mapping[str, Any] | None = None,
    prior: Mapping[str, Any] | str | None = None,
    intercept: bool = True,
) -> ParameterFit:
    """Return the fit of a family whose parameters follow from columns; see `Family.regress`.

    >>> from mlecore import Exponential
    >>> regress(Exponential, [1.0, 3.0, 4.0], {"rate": [0.0, 0.0, 1.0]}).predict([1.0])
    array([4.])
    """
    if any(isinstance(one, Source) or is_dask(one) for one in (y, *X.values())):
        if prior is not None:
            raise DataError("a fit from a source takes no prior; fit rows in memory")
        source, X = _source(y, X, weights)
        return _from_source(family, source, X, offset, link, fixed, intercept)
    rows, held = read_rows(family, y, X, weights, offset, link, fixed, intercept, prior is not None)
    likelihood = RegressionLikelihood(ParameterRegression, rows, fixed=held)
    if prior is not None:
        likelihood = PenalisedRegression.of(likelihood, prior)

    def limit(name: str) -> Any:
        if name not in family._becomes:
            return None
        return _limit(*family._becomes[name], y, X, weights, offset, link, fixed, intercept)

    top, remarks = looked_at(likelihood, limit)
    if not top.converged:
        raise ConvergenceError(
            f"{top.dist.called} did not converge in {top.iterations} steps; it stopped at {top.params}"
        )
    return ParameterFit.at(likelihood, top, (*_remarks(rows), *remarks))


def _remarks(rows: Observations) -> tuple[str, ...]:
    """Return what should be known of a fit to these rows."""
    seen = notes(rows.y.seen) if rows.y.seen is not None else ()
    return (*seen, *(() if rows.weights is None else shares_note(rows.weights, rows.n)))


def _limit(limit: Any, names: Mapping[str, str], y: Any, X: Any, *how: Any) -> Any:
    """Return the fit of the limiting family, its parameters under their own names; None where it has none either."""
    weights, *given, intercept = how
    renamed = [
        {names[k]: v for k, v in part.items() if k in names} if isinstance(part, Mapping) else part
        for part in (X, *given)
    ]
    keywords = dict(zip(("offset", "link", "fixed"), renamed[1:], strict=True))
    try:
        return regress(limit, y, renamed[0], weights=weights, intercept=intercept, **keywords)
    except (ValueError, ConvergenceError):
        return None


class _Making(NamedTuple):
    """What makes observations of the rows of a source: the columns of each parameter, by name, and those of other meaning."""

    family: Any
    X: Mapping[str, tuple[str, ...] | None]
    offset: Mapping[str, str]
    link: Any
    fixed: Mapping[str, Any]
    intercept: bool

    def __call__(self, piece: RowPiece) -> Observations:
        named = {name: value for name, value in self.fixed.items() if isinstance(value, str)}
        every, beside = apart(piece, [*self.offset.values(), *named.values()])
        rows, _ = read_rows(
            self.family,
            piece.y,
            {k: every if own is None else every.take(own) for k, own in self.X.items()},
            piece.weights,
            {name: beside[column] for name, column in self.offset.items()},
            self.link,
            {**self.fixed, **{name: beside[column] for name, column in named.items()}},
            self.intercept,
        )
        return rows


def _source(y: Any, X: Mapping[str, Any], weights: Any) -> tuple[Source, dict[str, Any]]:
    """Return the source of the rows, and which of its columns each parameter follows from: all of them where it is the source."""
    if not isinstance(y, Source):
        if len(X) > 1:
            raise DataError(
                "where several parameters follow from Dask's columns, give them as one frame: rows = chunks(frame, y=...), and "
                "the columns of each parameter by name"
            )
        ((name, columns),) = X.items()
        if not (is_dask(y) and is_dask(columns)):
            raise DataError(
                f"y and the columns of {name} come from one source: give rows = chunks(...), with the responses, and then "
                f"regress(rows, {name}=rows)"
            )
        source = chunks(columns, y=y, weights=weights)
        return source, {name: None}
    if weights is not None:
        raise DataError(
            "weights come with the rows of a source: chunks(path, y=, weights=), or chunks of (X, y, weights)"
        )
    chosen: dict[str, Any] = {}
    for name, columns in X.items():
        names = [columns] if isinstance(columns, str) else () if columns is None else columns
        if columns is y:
            chosen[name] = None
        elif isinstance(names, list | tuple) and all(isinstance(n, str) for n in names):
            chosen[name] = tuple(names)
        else:
            raise DataError(
                f"say from which columns of the source {name} follows: {name}=rows for all of chunks(...) as rows, or a list of "
                "names, which are x1, x2, ... where the source gives none"
            )
    return y, chosen


def _from_source(
    family: Any,
    source: Source,
    X: dict[str, Any],
    offset: Any,
    link: Any,
    fixed: Any,
    intercept: Any,
) -> ParameterFit:
    """Return the fit to the rows of a source, in passes over them."""
    names = insist_numbers(family)
    leads = by_parameter(family, names, X, offset, "offset")
    for name, lead in leads.items():
        if not isinstance(lead, str):
            raise DataError(
                f"the offset of rows from a source is a column of theirs: give its name, as offset={{{name!r}: 'log_exposure'}}"
            )
    fixed = dict(as_mapping(fixed, names))
    make = _Making(family, X, leads, link, fixed, intercept)
    held = {k: v for k, v in fixed.items() if not isinstance(v, str) and not _known(family, k)}
    likelihood, top = streamed(ParameterRegression, source, make, held)
    rows = likelihood.statistic
    pilot = rows.pilot
    counted = () if pilot.weights is None else shares_note(pilot.weights, rows.n)
    return ParameterFit.at(likelihood, top, counted)


def _known(family: Any, name: str) -> bool:
    """Say whether a parameter is known of each row, and never estimated."""
    return name in family.domains and family.domains[name].known
