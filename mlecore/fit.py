"""A fit: a frozen fact. It holds the distribution, the likelihood that it maximises and how it got there.

Inference is lazy: nothing is computed before it is asked for.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import inference
from .errors import RegularityError

__all__ = ["Fit"]

Array = np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """The result of fitting a family to data; a batch when many samples were fitted at once.

    `dist` is the fitted distribution, `theta` the vector of free scalars, `problems` says by row of a batch why there
    is no estimate, `notes` what else should be known.

    >>> from mlecore import Poisson
    >>> Poisson.fit([2, 4]).params
    {'rate': 3.0}
    """

    dist: Any
    likelihood: Any
    theta: Array
    log_likelihood: Any
    n: Any
    converged: Any
    iterations: Any
    problems: Mapping[Any, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    method: str = "mle"

    @property
    def params(self) -> dict[str, Any]:
        """All parameters by name, fixed ones included."""
        return self.dist.params

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the free scalars, in the order of `cov`."""
        return self.likelihood.names

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the batch; () for a single fit."""
        return self.theta.shape[:-1]

    # -- information criteria ----------------------------------------------------------------------------------------

    @property
    def aic(self) -> Any:
        """Akaike's criterion, 2k - 2l; k counts the free scalars (Akaike 1974)."""
        self._needs_maximum("AIC")
        return 2.0 * len(self.names) - 2.0 * self.log_likelihood

    @property
    def aicc(self) -> Any:
        """AIC with the correction for small samples, 2k(k+1)/(n-k-1); infinite when n <= k + 1 (Hurvich and Tsai 1989)."""
        k = len(self.names)
        room = np.asarray(self.n, dtype=float) - k - 1
        with np.errstate(divide="ignore"):
            return (
                self.aic
                + np.where(room > 0, 2.0 * k * (k + 1) / np.where(room > 0, room, 1.0), np.inf)
            )[()]

    @property
    def bic(self) -> Any:
        """Schwarz's criterion, k log n - 2l (Schwarz 1978)."""
        self._needs_maximum("BIC")
        return len(self.names) * np.log(self.n) - 2.0 * self.log_likelihood

    def _needs_maximum(self, what: str) -> None:
        if self.method != "mle":
            raise RegularityError(
                f"{what} belongs to a maximum of the likelihood; this fit is by {self.method}. Use method='mle', or bootstrap"
            )

    # -- inference ---------------------------------------------------------------------------------------------------

    def covariance(self, kind: str = "observed") -> Array:
        """Return the covariance matrix of the free scalars: "observed", "expected" or "sandwich" information."""
        self._needs_maximum("a covariance from the information")
        return inference.covariance(self.likelihood, self.theta, kind)

    @property
    def cov(self) -> Array:
        """The covariance matrix of the free scalars, by the observed information."""
        return self.covariance()

    @property
    def se(self) -> dict[str, Any]:
        """The standard errors of the free scalars by name, by the observed information."""
        self._needs_maximum("a standard error from the information")
        values = inference.standard_errors(self.likelihood, self.theta)
        return {name: values[..., k] for k, name in enumerate(self.names)}

    def ci(
        self, level: float = 0.95, method: str = "wald", *, scale: str = "identity"
    ) -> dict[str, tuple[Any, Any]]:
        """Return intervals at the given level, {name: (low, high)}."""
        self._needs_maximum("an interval from the likelihood")
        low, high = inference.wald_interval(self.likelihood, self.theta, level, scale)
        return {name: (low[..., k], high[..., k]) for k, name in enumerate(self.names)}

    # -- display -----------------------------------------------------------------------------------------------------

    def _rows(self) -> list[list[str]]:
        """Return the table of a single fit: name, estimate, standard error, interval."""
        try:
            se, ci = self.se, self.ci()
        except RegularityError:
            se, ci = {}, {}
        rows = []
        for name, value in zip(self.names, self.theta, strict=True):
            low, high = ci.get(name, (np.nan, np.nan))
            rows.append(
                [
                    name,
                    _four(value),
                    _four(se.get(name)),
                    _four(low) if name in ci else "–",
                    _four(high) if name in ci else "–",
                ]
            )
        free = {self.likelihood.layout.owner[i] for i in self.likelihood.free}
        rows += [
            [name, _four(value), "fixed", "", ""]
            for name, value in self.params.items()
            if name not in free
        ]
        return rows

    def _caption(self) -> str:
        family = type(self.dist).__name__
        how = "" if self.method == "mle" else f" by {self.method}"
        if self.batch_shape:
            return f"{family}: {int(np.prod(self.batch_shape))} fits{how}, {len(self.problems)} with problems"
        aic = f", AIC {_four(self.aic)}" if self.method == "mle" else ""
        return f"{family} fitted{how} to n = {float(self.n):g}: log-likelihood {_four(self.log_likelihood)}{aic}"

    def _remarks(self) -> list[str]:
        remarks = list(self.notes)
        if not self.batch_shape and self.method == "mle":
            try:
                self.se
            except RegularityError as error:
                remarks.append(f"no standard errors: {error}")
        return remarks

    def summary(self) -> str:
        """Return the fit as a text table with four significant digits."""
        if self.batch_shape:
            return self._caption()
        table = [["", "estimate", "std. error", "95% low", "95% high"], *self._rows()]
        widths = [max(len(row[k]) for row in table) for k in range(5)]
        lines = [self._caption()]
        for row in table:
            lines.append(
                "  ".join(
                    cell.ljust(w) if k == 0 else cell.rjust(w)
                    for k, (cell, w) in enumerate(zip(row, widths, strict=True))
                ).rstrip()
            )
        return "\n".join(lines + [f"note: {remark}" for remark in self._remarks()])

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        caption = f"<caption>{html.escape(self._caption())}</caption>"
        if self.batch_shape:
            return f'<table class="mle-fit">{caption}</table>'
        head = "".join(
            f'<th scope="col">{h}</th>'
            for h in ("parameter", "estimate", "std. error", "95% low", "95% high")
        )
        body = ""
        for name, *cells in self._rows():
            body += (
                f'<tr><th scope="row">{html.escape(name)}</th>'
                + "".join(f"<td>{html.escape(c)}</td>" for c in cells)
                + "</tr>"
            )
        notes = "".join(f"<p>{html.escape(remark)}</p>" for remark in self._remarks())
        return f'<table class="mle-fit">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}'


def _four(value: Any) -> str:
    """Return four significant digits."""
    if value is None:
        return "–"
    return (
        np.array2string(np.asarray(value), precision=4) if np.ndim(value) else f"{float(value):.4g}"
    )
