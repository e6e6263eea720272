"""Chapter 2's exercises: the solution, and the mistakes that students make."""

from __future__ import annotations

import math

import numpy as np
from exercise_cases import Case, sweep
from scipy import stats

import mlecore as mle


def starter(p: float, x: np.ndarray):
    return ...


def coin(p: float, x: np.ndarray) -> float:
    return np.prod(np.where(x == 1, p, 1 - p))


def of_mean(m: float, x: np.ndarray) -> float:
    return np.prod(np.exp(-x / m) / m)


TestChapter02 = sweep(
    2,
    {
        "coin-likelihood": Case(
            solution=coin,
            starter=starter,
            also_right=[
                lambda p, x: p ** x.sum() * (1 - p) ** (x.size - x.sum()),
                lambda p, x: np.prod(stats.bernoulli.pmf(x, p)),
                lambda p, x: np.exp(np.log(np.where(x == 1, p, 1 - p)).sum()),
            ],
            wrong=[
                (
                    lambda p, x: np.exp(np.sum(x * np.log(p) + (1 - x) * np.log(1 - p))),
                    "0 * log 0",
                ),
                (
                    lambda p, x: mle.Likelihood(mle.Bernoulli, x).likelihood(p=p),
                    "asks `mlecore`",
                ),
                (lambda p, x: stats.binom.pmf(x.sum(), x.size, p), "binomial coefficient"),
                (lambda p, x: np.sum(np.where(x == 1, p, 1 - p)), "added the masses"),
                (lambda p, x: p ** x.sum(), "tails are missing"),
                (lambda p, x: np.prod(np.where(x == 1, 1 - p, p)), "changed places"),
                (lambda p, x: np.where(x == 1, p, 1 - p), "single tosses"),
                (lambda p, x: np.log(np.where(x == 1, p, 1 - p)).sum(), "chapter 3"),
                (lambda p, x: np.where(x == 1, p, 1 - p).mean() ** x.size, "At (0.3"),
                (lambda p: p, "called with 2 arguments"),
                (0.65, "asks for a function"),
            ],
        ),
        "likelihood-area": Case(
            solution=1 / 21,
            also_right=[np.float32(1 / 21)],
            wrong=[
                (1, "Why should it be 1?"),
                (6.1427e-07, "77520"),
                (0.05, "one more possible"),
                (0.1844, "height of the top"),
                (0.0238, "too small"),
                (4761.9, "hand the grid to"),
                (0.04762, "let Python carry the digits"),
            ],
        ),
        "unit-likelihood": Case(
            solution=6.6991e-252 ** (-1 / 100),
            also_right=[math.exp(-math.log(6.6991e-252) / 100)],
            wrong=[
                (6.6991e-252 ** (1 / 100), "Upside down"),
                (1 / 6.6991e-252, "how much belongs to each"),
                (31.62, "-252 and 48"),
                (78.61, "sigma that fits best"),
                (310.0, "too small"),
                (324.9, "let Python carry the digits"),
            ],
        ),
        "likelihood-of-mean": Case(
            solution=of_mean,
            starter=starter,
            also_right=[
                lambda m, x: math.exp(-x.sum() / m) / m**x.size,
            ],
            wrong=[
                (
                    lambda m, x: mle.Likelihood(mle.Exponential, x).likelihood(rate=1 / m),
                    "asks `mlecore`",
                ),
                (lambda m, x: of_mean(m, x) / m**2, "was not renamed"),
                (lambda m, x: np.prod(m * np.exp(-m * x)), "there should be 1/m"),
                (lambda m, x: np.exp(-x.sum() / m) / m, "once for each observation"),
                (lambda m, x: np.exp(-x / m) / m, "single observations"),
                (lambda m, x: np.exp(-x.sum() / m), "factor in front"),
                (lambda m, x: -of_mean(m, x), "wrong sign"),
            ],
        ),
    },
)
