"""The rows of regressions beside glum: narrow, wide and sparse columns, standard errors included."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import sparse

import mlecore as mle

from .measure import Work
from .quiet import quiet

#: glum's gradient tolerance at which its log-likelihood is within 1e-9 of the maximum in these rows
_TOLERANCE = 1e-4


def classes(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return columns and the classes that follow from them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, columns))
    eta = X @ (rng.normal(size=columns) * 1.5 / np.sqrt(columns)) - 0.5
    return X, (rng.random(rows) < 1 / (1 + np.exp(-eta))).astype(float)


def ones(rows: int, levels: tuple[int, ...]) -> tuple[sparse.csr_array, np.ndarray]:
    """Return columns of zeros and ones for the levels of factors but the first of each, and counts that follow from them."""
    rng = np.random.default_rng(20260104)
    parts, eta = [], np.full(rows, 1.3)
    for count in levels:
        level = rng.integers(0, count, rows)
        eta += rng.normal(0.0, 0.4, count)[level]
        place = (np.arange(rows), level)
        parts.append(sparse.csr_array((np.ones(rows), place), shape=(rows, count))[:, 1:])
    return sparse.hstack(parts, format="csr"), rng.poisson(np.exp(eta)).astype(float)


def _of_glum(family: str, X: Any, y: np.ndarray, *, errors: bool) -> tuple[Any, np.ndarray]:
    from glum import GeneralizedLinearRegressor

    model = GeneralizedLinearRegressor(family=family, alpha=0.0, gradient_tol=_TOLERANCE)
    model.fit(X, y)
    if errors:
        model.std_errors(X, y, robust=False, expected_information=True)
    return model, X @ model.coef_ + model.intercept_


def logistic(rows: int, columns: int, asked: float) -> Work:
    """Logistic regression with standard errors."""
    X, y = classes(rows, columns)
    _, eta = _of_glum("binomial", X, y, errors=False)
    return Work(
        f"logistic with standard errors, n = {rows:,}, p = {columns}",
        f"glum `binomial`, gradient_tol={_TOLERANCE:g}",
        lambda: mle.LogisticRegression.fit(X, y).se,
        quiet(lambda: _of_glum("binomial", X, y, errors=True)),
        asked,
        our_height=float(mle.LogisticRegression.fit(X, y).log_likelihood),
        their_height=-float(mle.bce_with_logits(y, eta, reduction="sum")),
    )


def one_hot(rows: int, levels: tuple[int, ...], asked: float) -> Work:
    """Poisson regression on the levels of factors, sparse, with standard errors, which glum takes from dense matrices."""
    X, y = ones(rows, levels)
    theirs = sparse.csc_matrix(X)
    _, eta = _of_glum("poisson", theirs, y, errors=False)
    return Work(
        f"sparse Poisson with standard errors, n = {rows:,}, p = {X.shape[1]:,}",
        f"glum `poisson`, gradient_tol={_TOLERANCE:g}, its fit alone",
        lambda: mle.PoissonRegression.fit(X, y).se,
        quiet(lambda: _of_glum("poisson", theirs, y, errors=False)),
        asked,
        our_height=float(mle.PoissonRegression.fit(X, y).log_likelihood),
        their_height=float(np.sum(mle.Poisson(rate=np.exp(eta)).log_prob(y))),
    )


def regressions() -> Iterator[tuple[str, Callable[[], Work]]]:
    """The rows; those that take minutes or gigabytes are called large."""
    yield "logistic glum", functools.partial(logistic, 100_000, 20, 1)
    yield "sparse Poisson glum", functools.partial(one_hot, 20_000, (900, 80, 21), 1.5)
    yield "large logistic glum, p = 500", functools.partial(logistic, 100_000, 500, 2)
    yield "large logistic glum, n = 1,000,000", functools.partial(logistic, 1_000_000, 50, 1)
    yield "large sparse Poisson glum", functools.partial(one_hot, 100_000, (3000, 1900, 102), 1.5)
