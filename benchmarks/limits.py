"""The limit first: a fit of a million values beside the passes over them that nobody can avoid.

These are one read of the data where their sum is all that is needed, the count of each whole number, the logarithms, the
squares; each done by NumPy in one call.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import mlecore as mle

from .measure import Work

N = 1_000_000


def ends_and_sum(x: np.ndarray) -> None:
    """Look at both ends of the support, and add up."""
    x.min()
    x.max()
    x.sum()


def least_and_sum(x: np.ndarray) -> None:
    """Look at the one end of the support, and add up; a sum shows what is not finite."""
    x.min()
    x.sum()


def squares_and_logarithms(x: np.ndarray) -> None:
    """Add up squares, and take one logarithm for each eight values."""
    x.min()
    np.vecdot(x, x)
    rows = x.reshape(8, -1)
    np.log(np.multiply.reduce(rows, axis=0)).sum()


def distances(x: np.ndarray) -> None:
    """Add up the distances from a center."""
    np.abs(x - 1.0).sum()


def products(x: np.ndarray) -> None:
    """Add up the products of columns."""
    x.sum(axis=0)
    for part in np.array_split(x, 250):
        part.T @ part


def limits() -> Iterator[tuple[str, Callable[[], Work]]]:
    """One row a family: data as NumPy draws them, what cannot be avoided and its name, and how many times that is asked."""
    plan: list[tuple[Any, Callable[[np.random.Generator], np.ndarray], Callable, str, float]] = [
        (mle.Bernoulli, lambda r: r.integers(0, 2, N), ends_and_sum, "least, greatest, sum", 2),
        (mle.Binomial, lambda r: r.binomial(20, 0.3, N), np.bincount, "`np.bincount`", 2),
        (mle.Geometric, lambda r: r.geometric(0.3, N), np.bincount, "`np.bincount`", 2),
        (
            mle.NegativeBinomial,
            lambda r: r.negative_binomial(2.5, 0.4, N),
            np.bincount,
            "`np.bincount`",
            2,
        ),
        (mle.Poisson, lambda r: r.poisson(3.0, N), np.bincount, "`np.bincount`", 2),
        (mle.Exponential, lambda r: r.exponential(2.0, N), least_and_sum, "least, sum", 2),
        (
            mle.Rayleigh,
            lambda r: r.rayleigh(2.0, N),
            squares_and_logarithms,
            "least, squares, logarithms",
            2,
        ),
        (mle.Laplace, lambda r: r.laplace(1.0, 2.0, N), distances, "distances from a center", 3),
        (
            mle.MultivariateNormal,
            lambda r: r.normal(size=(N, 3)),
            products,
            "sums and products",
            3,
        ),
    ]
    for family, draw, passes, label, asked in plan:
        yield (
            f"{family.__name__} limit",
            functools.partial(beside, family, draw, passes, label, asked),
        )


def beside(family: Any, draw: Callable, passes: Callable, label: str, asked: float) -> Work:
    """Set a family's fit beside the passes over its data."""
    x = draw(np.random.default_rng(20260104))
    fixed = {"n": 20} if family is mle.Binomial else None
    return Work(
        f"{family.__name__}, n = {N:,}",
        label,
        lambda: family.fit(x, fixed=fixed),
        lambda: passes(x),
        asked,
        at_most=True,
    )
