"""Chapter 4's exercises: the solution, and the mistakes that students make."""

from __future__ import annotations

import math

import numpy as np
from exercise_cases import Case, sweep

import mlecore as mle


def starter(*arguments: object):
    return ...


def score(m: float, x: np.ndarray) -> float:
    return -len(x) / m + np.sum(x) / m**2


def ratio(N: int, M: int, n: int, k: int) -> float:
    return (N - M) * (N - n) / ((N - M - n + k) * N)


def by_binomials(N: int, M: int, n: int, k: int) -> float:
    def likelihood(size: int) -> float:
        return math.comb(M, k) * math.comb(size - M, n - k) / math.comb(size, n)

    return likelihood(N) / likelihood(N - 1)


def by_large_logarithms(N: int, M: int, n: int, k: int) -> float:
    def log_comb(size: int, chosen: int) -> float:
        return math.lgamma(size + 1) - math.lgamma(chosen + 1) - math.lgamma(size - chosen + 1)

    def log_likelihood(size: int) -> float:
        return log_comb(size - M, n - k) - log_comb(size, n)

    return math.exp(log_likelihood(N) - log_likelihood(N - 1))


def lake(M: int, n: int, k: int):
    """The likelihood of N fish, up to a factor without N."""
    return lambda N: math.comb(N - M, n - k) / math.comb(N, n)


DIVISORS = {"unbiased": 4, "maximum likelihood": 5, "smallest squared error": 6}
PLACES = {"top": 0.8, "flat": 0.0, "second derivative at flat": 0.0, "kind of flat": "neither"}

TestChapter04 = sweep(
    4,
    {
        "exponential-score": Case(
            solution=lambda rate, x: len(x) / rate - np.sum(x),
            starter=starter,
            also_right=[
                lambda rate, x: np.sum(1 / rate - x),
            ],
            wrong=[
                (
                    lambda rate, x: mle.Likelihood(mle.Exponential, x).score(rate=rate)[0],
                    "asks `mlecore`",
                ),
                (lambda rate, x: len(x) * np.log(rate) - rate * np.sum(x), "log-likelihood itself"),
                (lambda rate, x: 1 / rate - np.sum(x), "the n got lost"),
                (lambda rate, x: 1 / rate - np.mean(x), "per observation"),
                (lambda rate, x: 1 / rate - x, "single observations"),
                (lambda rate, x: score(1 / rate, x), "slope in the mean"),
                (lambda rate, x: np.sum(x) - len(x) / rate, "wrong sign"),
            ],
        ),
        "exponential-mean-score": Case(
            solution=score,
            starter=starter,
            also_right=[
                lambda m, x: np.sum((x - m) / m**2),
                lambda m, x: -mle.Likelihood(mle.Exponential, x).score(rate=1 / m)[0] / m**2,
            ],
            wrong=[
                (lambda m, x: len(x) / m - np.sum(x), "with m written in its place"),
                (lambda m, x: len(x) * m - np.sum(x), "chain rule"),
                (lambda m, x: -1 / m + np.sum(x) / m**2, "the n got lost"),
                (lambda m, x: -len(x) / m - np.sum(x) / m**2, "sign of the second term"),
                (lambda m, x: -len(x) / m + np.sum(x) / m, "grows by one"),
                (lambda m, x: -len(x) * np.log(m) - np.sum(x) / m, "log-likelihood itself"),
                (lambda m, x: score(m, x) / len(x), "per observation"),
                (lambda m, x: -1 / m + x / m**2, "single observations"),
                (lambda m, x: -score(m, x), "wrong sign"),
            ],
        ),
        "variance-divisors": Case(
            solution=DIVISORS,
            starter=dict.fromkeys(DIVISORS, ...),
            also_right=[{k: float(v) for k, v in DIVISORS.items()}],
            wrong=[
                (DIVISORS | {"unbiased": 5, "maximum likelihood": 4}, "changed places"),
                (DIVISORS | {"unbiased": 6}, "right on average"),
                (DIVISORS | {"maximum likelihood": 6}, "slope in sigma"),
                (DIVISORS | {"smallest squared error": 4}, "squared bias plus the variance"),
                (DIVISORS | {"smallest squared error": 5}, "one further"),
                (DIVISORS | {"smallest squared error": 8}, "too far"),
                ([4, 5, 6], "Give a dictionary"),
            ],
        ),
        "flat-spot": Case(
            solution=PLACES,
            starter=dict.fromkeys(PLACES, ...),
            also_right=[PLACES | {"top": 0.512 ** (1 / 3), "kind of flat": "Neither"}],
            wrong=[
                (PLACES | {"top": 0.512}, "best *mean*"),
                (PLACES | {"top": 0.512**3}, "You cubed"),
                (PLACES | {"top": 0.0, "flat": 0.8}, "changed places"),
                (PLACES | {"top": 0.7}, "theta**3, is the mean of the data"),
                (PLACES | {"flat": 1.0}, "two factors"),
                (PLACES | {"second derivative at flat": 12.288}, "factor theta is missing"),
                (PLACES | {"second derivative at flat": -14.75}, "keeps a theta"),
                (PLACES | {"kind of flat": "maximum"}, "little to the right"),
                (PLACES | {"kind of flat": "minimum"}, "falls before it rises"),
                (PLACES | {"kind of flat": "saddle"}, "should be one of"),
                (0.8, "Give a dictionary"),
            ],
        ),
        "fish-ratio": Case(
            solution=ratio,
            starter=starter,
            wrong=[
                (by_binomials, "grows with the lake"),
                (by_large_logarithms, "lose their digits"),
                (lambda N, M, n, k: 1 / ratio(N, M, n, k), "Upside down"),
                (lambda N, M, n, k: ratio(N + 1, M, n, k), "One step too far"),
                (lambda N, M, n, k: (N - M) / (N - M - n + k), "depends on N too"),
                (
                    lambda N, M, n, k: (N - M) * N / ((N - M - n + k) * (N - n)),
                    "turned over",
                ),
                (
                    lambda N, M, n, k: (N - M) * (N - n) / ((N - M - n - k) * N),
                    "left unmarked",
                ),
                (lambda N: N, "called with 4 arguments"),
            ],
        ),
        "fish-estimate": Case(
            solution=lambda M, n, k: M * n // k,
            starter=starter,
            also_right=[
                lambda M, n, k: math.floor(M * n / k),
                lambda M, n, k: max(range(M + n - k, 9 * M * n // k), key=lake(M, n, k)),
            ],
            wrong=[
                (lambda M, n, k: M * n / k, "a whole number"),
                (lambda M, n, k: round(M * n / k), "nearer one"),
                (lambda M, n, k: math.ceil(M * n / k), "wrong side"),
                (lambda M, n, k: M + n - k, "held in your hands"),
                (lambda M, n, k: M * k, "M is to N"),
                (lambda M, n, k: M * n // k - 1, "One too few"),
                (lambda M, n, k: 428, "At (100, 40, 9), your function gives 428"),
                (428, "asks for a function"),
            ],
        ),
    },
)
