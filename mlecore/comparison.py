"""Comparing families on the same data by Akaike's criterion.

AIC estimates how badly each fit would predict new data from the same source, up to a constant that all share. Only
differences matter. A density and a probability have no common unit, so they are not compared.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .errors import ConvergenceError, DataError, NoMLEError, SupportError
from .fingerprint import same_data
from .fit import Fit

__all__ = ["Compared", "Comparison", "compare"]

Array = np.ndarray


@dataclass(frozen=True)
class Compared:
    """One line of a comparison: the fit and its criteria, or the reason why there is none.

    `k` counts the free scalars, `delta` is the AIC beyond the best one's, `weight` its Akaike weight.

    >>> from mlecore import Exponential
    >>> compare([Exponential], [1.0, 3.0])[0].weight
    1.0
    """

    name: str
    fit: Fit | None
    problem: str = ""
    k: int = 0
    log_likelihood: float = np.nan
    aic: float = np.nan
    delta: float = np.nan
    weight: float = np.nan
    aicc: float = np.nan
    bic: float = np.nan


@dataclass(frozen=True, repr=False)
class Comparison:
    """Fits of several families to the same data, the lowest AIC first; those without an estimate come last.

    `rows` has one `Compared` for each; iterating, `len` and indexing, by number or by name, reach them.

    >>> from mlecore import Exponential, Gamma
    >>> compare([Exponential, Gamma], [1.0, 3.0]).best.dist
    Exponential(rate=0.5)
    """

    rows: tuple[Compared, ...]
    n: float

    @property
    def best(self) -> Fit:
        """The fit with the lowest AIC."""
        return self.rows[0].fit

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Compared]:
        return iter(self.rows)

    def __getitem__(self, key: int | str) -> Compared:
        if isinstance(key, str):
            named = [row for row in self.rows if row.name == key]
            if not named:
                names = ", ".join(row.name for row in self.rows)
                raise KeyError(f"there is no {key!r} here; there are {names}")
            return named[0]
        return self.rows[key]

    def _caption(self) -> str:
        return f"{len(self)} models of n = {self.n:g} observations, by AIC"

    def _cells(self) -> list[list[str]]:
        return [
            [
                row.name,
                str(row.k),
                f"{row.log_likelihood:.2f}",
                f"{row.aic:.2f}",
                f"{row.delta:.2f}",
                f"{row.weight:.3f}",
                f"{row.aicc:.2f}",
                f"{row.bic:.2f}",
            ]
            for row in self.rows
            if row.fit is not None
        ]

    def _remarks(self) -> list[str]:
        again = "{} has no maximum likelihood estimate here: "
        remarks = [
            f"{row.name} has no fit: {row.problem.removeprefix(again.format(row.name))}"
            for row in self.rows
            if row.fit is None
        ]
        moving = [row.name for row in self.rows if row.fit is not None and _moves(row.fit)]
        if moving and len(self.rows) > 1:
            remarks.append(
                f"the support of {' and '.join(moving)} ends at an observation, wherever that lies. AIC's penalty of one "
                "for each parameter assumes a support that stays put, so it is too small there: judge such a fit "
                "on new data"
            )
        return remarks

    def __repr__(self) -> str:
        table = [list(_HEADS), *self._cells()]
        widths = [max(len(line[k]) for line in table) for k in range(len(_HEADS))]
        lines = [self._caption()]
        for name, *cells in table:
            aligned = [cell.rjust(w) for cell, w in zip(cells, widths[1:], strict=True)]
            lines += ["  ".join([name.ljust(widths[0]), *aligned]).rstrip()]
        return "\n".join([*lines, *(f"note: {remark}" for remark in self._remarks())])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{h or "model"}</th>' for h in _HEADS)
        body = ""
        for name, *cells in self._cells():
            body += f'<tr><th scope="row">{html.escape(name)}</th>'
            body += "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        notes = "".join(f"<p>{html.escape(remark)}</p>" for remark in self._remarks())
        return (
            f'<table class="mle-comparison"><caption>{html.escape(self._caption())}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
        )


def _moves(fit: Fit) -> bool:
    """Say whether a free parameter of a fit moves the support."""
    layout = fit.likelihood.layout
    return any(layout.owner[i] in fit.dist.irregular for i in fit.likelihood.free)


_HEADS = ("", "k", "log-likelihood", "AIC", "delta", "weight", "AICc", "BIC")


def compare(models: Iterable[Any], x: Any = None, weights: ArrayLike | None = None) -> Comparison:
    """Fit several families to the same data and return the table of their criteria, the lowest AIC first.

    The Akaike weight of a model is exp(-delta / 2), scaled so that the weights sum to one (Akaike 1978; Burnham and
    Anderson 2002, chapter 2). A family without an estimate, or whose support leaves a value out, is listed last with
    the reason.

    Parameters
    ----------
    models : families, such as `[Gamma, Weibull]`; or fits of the same data, where something is fixed, for instance.
    x, weights : the data, as in `Family.fit`; not needed when all models are fits.

    Raises
    ------
    DataError : nothing to compare, fits of different data, a batch, densities beside probabilities, or fits of
        different families to statistics, which do not show whether their data were the same.
    NoMLEError : when no model at all has an estimate.

    >>> from mlecore import Exponential, Gamma
    >>> [row.name for row in compare([Gamma, Exponential], [1.0, 3.0])]
    ['Exponential', 'Gamma']
    """
    if not isinstance(models, Iterable):
        raise DataError(f"compare takes a list of models, such as [Gamma, Weibull]; got {models!r}")
    models = list(models)
    if not models:
        raise DataError("there is nothing to compare: give families, such as [Gamma, Weibull]")
    rows = [_row(model, x, weights) for model in models]
    fitted = [row for row in rows if row.fit is not None]
    if not fitted:
        raise NoMLEError(
            "no model has an estimate: " + "; ".join(f"{r.name}: {r.problem}" for r in rows)
        )
    _insist_comparable([row.fit for row in fitted])
    lowest = min(row.aic for row in fitted)
    raw = np.array([np.exp(-0.5 * (row.aic - lowest)) for row in fitted])
    shares = raw / raw.sum()
    ranked = [
        Compared(**{**vars(row), "delta": row.aic - lowest, "weight": float(share)})
        for row, share in zip(fitted, shares, strict=True)
    ]
    ranked.sort(key=lambda row: row.aic)
    missing = [row for row in rows if row.fit is None]
    return Comparison(tuple(ranked + missing), float(fitted[0].fit.n))


def _row(model: Any, x: Any, weights: Any) -> Compared:
    """Fit a family, or take a fit as it is."""
    if isinstance(model, Fit):
        fit = model
    elif isinstance(model, type) and hasattr(model, "fit"):
        if x is None:
            raise DataError(f"give the data to fit {model.__name__} to: compare([...], x)")
        try:
            fit = model.fit(x) if weights is None else model.fit(x, weights=weights)
        except (NoMLEError, SupportError, ConvergenceError) as error:
            return Compared(model.__name__, None, str(error))
    else:
        raise DataError(f"compare takes families and fits, such as [Gamma, Weibull]; got {model!r}")
    if fit.batch_shape:
        raise DataError(
            "compare takes single fits, and one is a batch; compare its samples one by one"
        )
    layout, held = fit.likelihood.layout, fit.likelihood.held
    fixed = ", ".join(dict.fromkeys(layout.owner[i] for i in held))
    return Compared(
        name=getattr(fit.dist, "described", fit.likelihood.called)
        + (f" ({fixed} fixed)" if fixed else ""),
        fit=fit,
        k=len(fit.names),
        log_likelihood=float(fit.log_likelihood),
        aic=float(fit.aic),
        aicc=float(fit.aicc),
        bic=float(fit.bic),
    )


def _insist_comparable(fits: list[Fit]) -> None:
    sizes = {float(fit.n) for fit in fits}
    if np.ptp(list(sizes)) > 1e-9 * max(sizes):
        given = max(getattr(fit.likelihood.statistic, "given", 0) for fit in fits)
        why = (
            f": some are conditional on the first {given} value(s) of a sequence, which others count; give the others x[{given}:]"
            if given
            else ""
        )
        raise DataError(
            f"the fits are of different data: n is {', '.join(f'{n:g}' for n in sorted(sizes))}{why}"
        )
    for fit in fits[1:]:
        same = same_data(fits[0].likelihood, fit.likelihood)
        if same is None:
            raise DataError(
                f"{fits[0].likelihood.called} and {fit.likelihood.called} were fitted to statistics, from which "
                "nobody can tell whether the data were the same: fit both to the data"
            )
        if not same:
            raise DataError(
                "the fits are of different data: fit the same observations, transformed in the same way"
            )
    kinds = {getattr(fit.dist, "support", fit.dist).whole for fit in fits}
    if len(kinds) > 1:
        raise DataError(
            "densities and probabilities have different units, so their log-likelihoods cannot be compared; "
            "compare the discrete families among themselves, and the continuous ones"
        )
