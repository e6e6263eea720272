"""How a fit shows itself: a table with four significant digits, as text and in a notebook, and what else should be known."""

from __future__ import annotations

import html
from typing import Any

import numpy as np

from . import inference
from .domains import Positive, Unit
from .errors import RegularityError

__all__ = ["Summary", "four"]

Array = np.ndarray

# Of a table with more rows than this only the first ones are shown.
_MOST, _FIRST = 200, 20


class Summary:
    """What a fit prints of itself."""

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
                    four(value),
                    four(se.get(name)),
                    four(low) if name in ci else "–",
                    four(high) if name in ci else "–",
                ]
            )
        free = {self.likelihood.layout.owner[i] for i in self.likelihood.free}
        rows += [
            [name, four(value), "fixed", "", ""]
            for name, value in self.params.items()
            if name not in free
        ]
        if len(rows) > _MOST:
            rest = f"... and {len(rows) - _FIRST} more, in params"
            rows = [*rows[:_FIRST], [rest, "", "", "", ""]]
        return rows

    def _caption(self) -> str:
        family = getattr(self.dist, "called", type(self.dist).__name__)
        how = "" if self.method == "mle" else f" by {self.method}"
        if self.batch_shape:
            return f"{family}: {int(np.prod(self.batch_shape))} fits{how}, {len(self.problems)} with problems"
        aic = f", AIC {four(self.aic)}" if self.method == "mle" and not self.penalised else ""
        return f"{family} fitted{how} to n = {float(self.n):g}: log-likelihood {four(self.log_likelihood)}{aic}"

    def _equations(self) -> list[str]:
        """Return what parameters follow from: nothing, but in regressions."""
        return []

    def _remarks(self) -> list[str]:
        remarks = list(self.notes)
        if self.passes:
            remarks.append(f"read from its source in {self.passes} pass{'es' * (self.passes > 1)}")
        if self.method != "mle":
            return remarks
        try:
            se = np.stack(list(self.se.values()), axis=-1) if self.names else np.zeros(0)
        except RegularityError as error:
            return [*remarks, f"no standard errors: {error}"]
        return [*remarks, *(self._rows_without(se) if self.batch_shape else self._beyond())]

    def _rows_without(self, se: Array) -> list[str]:
        """Say which samples of a batch have an estimate, but no standard error."""
        lost = np.argwhere(np.isnan(se).any(axis=-1) & ~np.isnan(self.theta).any(axis=-1))
        if not len(lost):
            return []
        rows = [str(tuple(map(int, row)) if len(row) > 1 else int(row[0])) for row in lost[:6]]
        _, reason = inference.refusal(self.likelihood, self.theta)
        return [
            f"no standard errors in {len(lost)} row(s), {', '.join(rows)}{' ...' * (len(lost) > 6)}: "
            + (reason or "the information is singular there")
        ]

    def _beyond(self) -> list[str]:
        """Say which Wald intervals leave the domain of their parameter."""
        layout, free = self.likelihood.layout, self.likelihood.free
        beyond = []
        for name, (low, high), i in zip(self.names, self.ci().values(), free, strict=True):
            domain = layout.domain(i)
            if isinstance(domain, Positive) and low < 0:
                beyond.append(f"the lower end of {name} lies below 0")
            if isinstance(domain, Unit) and (low < 0 or high > 1):
                beyond.append(f"the interval of {name} leaves 0 to 1")
        return [
            f"{', '.join(beyond)}, where there is no value: ci(scale='natural') stays inside, as method='lr' does"
        ] * bool(beyond)

    def summary(self) -> str:
        """Return the fit as a text table with four significant digits.

        >>> from mlecore import Poisson
        >>> print(Poisson.fit([2, 4]).summary())
        Poisson fitted to n = 2: log-likelihood -3.28, AIC 8.559
              estimate  std. error  95% low  95% high
        rate         3       1.225   0.5995       5.4
        """
        if self.batch_shape:
            return "\n".join([self._caption(), *(f"note: {remark}" for remark in self._remarks())])
        table = [["", "estimate", "std. error", "95% low", "95% high"], *self._rows()]
        widths = [max(len(row[k]) for row in table) for k in range(5)]
        lines = [self._caption(), *self._equations()]
        for name, *cells in table:
            aligned = [cell.rjust(w) for cell, w in zip(cells, widths[1:], strict=True)]
            lines += ["  ".join([name.ljust(widths[0]), *aligned]).rstrip()]
        return "\n".join(lines + [f"note: {remark}" for remark in self._remarks()])

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        said = map(html.escape, (self._caption(), *self._equations()))
        caption = f"<caption>{'<br>'.join(said)}</caption>"
        notes = "".join(f"<p>{html.escape(remark)}</p>" for remark in self._remarks())
        if self.batch_shape:
            return f'<table class="mle-fit">{caption}</table>{notes}'
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
        return f'<table class="mle-fit">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}'


def four(value: Any) -> str:
    """Return four significant digits."""
    if value is None:
        return "–"
    return (
        np.array2string(np.asarray(value), precision=4) if np.ndim(value) else f"{float(value):.4g}"
    )
