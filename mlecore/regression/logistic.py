"""Logistic regression: the logit of a probability is linear in the columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from ..errors import SeparationError
from ..families import Bernoulli
from .climbed import Climbed
from .observations import Observations, insist_no_words
from .problem import Problem
from .separation import Cone, refuse_lone_columns

__all__ = ["LogisticRegression"]

Array = np.ndarray


class LogisticRegression(Climbed):
    """P(y = 1 | x) = 1 / (1 + exp(-(b0 + x'b))): the Bernoulli whose logit is linear.

    y is 0 or 1 (or a proportion between them, with the number of trials as its weight). The score is
    X'(y - p) and the information X' diag(p (1 - p)) X. Coefficients are log odds ratios for one unit
    of their column. Source: Cox (1958); separation, Albert and Anderson (1984).

    >>> m = LogisticRegression.fit([0.0, 1.0, 2.0, 3.0], [0, 1, 0, 1])
    >>> round(m.params["x1"], 4)
    0.9082
    """

    _takes_sparse = True
    followed = ("p",)
    _support = "0 or 1, or a proportion between them"
    _separated = "the columns {kind} separate the zeros of y from the ones"
    _whole = True

    @classmethod
    def _possible(cls, y: Array) -> Array:
        return (y >= 0) & (y <= 1)

    @classmethod
    def _response(cls, y: Any, w: Array | None) -> tuple[Array, Array | None]:
        insist_no_words(y, cls.__name__)
        return super()._response(y, w)

    @classmethod
    def _advice(cls, y: Array) -> str:
        labels = np.unique(y)
        if labels.size == 2:
            return f"Give the two labels {labels[0]:g} and {labels[1]:g} as 0 and 1, such as y == {labels[1]:g}"
        if labels[0] >= 0 and labels[-1] <= 100 and (labels != np.round(labels)).any():
            return "Percentages become proportions when you divide them by 100"
        return "Recode y; for more than two classes there is SoftmaxRegression"

    @classmethod
    def _remarks(cls, rows: Observations) -> tuple[str, ...]:
        grouped = ((rows.y > 0) & (rows.y < 1)).any()
        left_out = (
            "y holds proportions: the log-likelihood and AIC are those of the single trials, without the binomial "
            "coefficients, which no coefficient of the model changes; compare them with such models only",
        )
        return (*super()._remarks(rows), *(left_out if grouped else ()))

    @classmethod
    def _check_estimable(cls, rows: Observations, free: Array) -> None:
        if rows.intercept and 0 in free and (rows.y == rows.y[0]).all() and rows.y[0] in (0.0, 1.0):
            direction = np.zeros(len(rows.coefficients))
            direction[0] = 1.0 if rows.y[0] else -1.0
            raise SeparationError(
                f"LogisticRegression has no maximum likelihood estimate: y is {rows.y[0]:g} in every row, so the "
                "intercept runs to infinity. A model of two classes needs rows of both",
                direction=direction,
            )
        refuse_lone_columns(cls, rows, free, [(0.0, -1.0), (1.0, 1.0)])

    def _derivatives(self, eta: Array, y: Array) -> tuple[Array, Array, Any]:
        eta = eta[0]
        small = np.exp(-np.abs(eta))
        total = 1.0 + small
        term = y * eta - np.maximum(eta, 0.0) - np.log(total)
        # y - p from the probability of the less likely value: the difference would vanish from eta = 37
        # on, where classes that are separated would pass for fitted.
        rare = small / total
        residual = (y - ~np.signbit(eta)) + np.copysign(rare, eta)
        return term, residual[None], lambda a, b: rare / total

    def _row_scores(self) -> Array:
        # A proportion stands for ones and zeros, whose squared scores are averaged, not their scores.
        p, y = special.expit(self.eta()[0]), self.rows.y
        return (
            self.rows.designs[0].columns() * np.sqrt(y * (1.0 - p) ** 2 + (1.0 - y) * p**2)[:, None]
        )

    def _log_prob_rows(self, eta: Array, y: Array) -> Array:
        eta = eta[..., 0, :]
        return -(np.where(eta > 0, 1.0 - y, y) * np.abs(eta) + np.log1p(np.exp(-np.abs(eta))))

    @classmethod
    def _cone(cls, problem: Problem) -> Cone:
        y, basis = problem.rows.y, problem.bases[0]
        sign = np.where(y > 0.5, 1.0, -1.0)
        tight = (y > 0) & (y < 1)
        return Cone(
            lambda d: sign * basis.apply(d),
            lambda i: basis.rows(i) * sign[i, None],
            basis.gather(np.where(tight, 0.0, sign)),
            tight,
        )

    def _draw(self, rng: np.random.Generator) -> Array:
        return (rng.random(self.rows.y.size) < special.expit(self.eta()[0])).astype(float)

    def _single_rows(self) -> Observations:
        rows = self.rows
        mixed = (rows.y > 0) & (rows.y < 1)
        if not mixed.any():
            return rows
        index = np.concatenate([np.arange(rows.y.size), np.flatnonzero(mixed)])
        y = np.concatenate([np.where(mixed, 1.0, rows.y), np.zeros(mixed.sum())])
        share = np.concatenate([np.where(mixed, rows.y, 1.0), 1.0 - rows.y[mixed]])
        counts = rows.counts()[index] * share
        near = np.round(counts)  # 6 of 59 is 59 * (6 / 59) up to rounding
        counts = np.where(np.abs(counts - near) < 1e-9 * (1.0 + near), near, counts)
        return replace(rows.take(index), n=rows.n, y=y, weights=counts)

    def predict_proba(self, X: Any, offset: Any = None) -> Array:
        """Return P(y = 1) at each row of X, shape (n,)."""
        return special.expit(self.eta_at(X, offset)[..., 0, :])

    def distribution(self) -> Bernoulli:
        """Return the Bernoulli at each row, as one batch."""
        eta = self.eta()[..., 0, :]
        return Bernoulli(p=special.expit(eta))

    def predict(self, X: Any, offset: Any = None) -> Array:
        """Return the likelier class, 0 or 1, at each row of X."""
        return (self.eta_at(X, offset)[..., 0, :] >= 0).astype(np.intp)
