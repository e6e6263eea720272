"""Chapter 12's exercises: the starters, the solutions, and the mistakes that readers make."""

from __future__ import annotations

import numpy as np
from exercise_cases import Case, sweep

import mlecore as mle

Z = 1.959964


def log_odds_ratio(p, n, q, m):
    return np.sqrt(1 / (n * p * (1 - p)) + 1 / (m * q * (1 - q)))


def log_scale(x):
    rate, n = 1 / np.mean(x), len(x)
    return rate * np.exp(-Z / np.sqrt(n)), rate * np.exp(Z / np.sqrt(n))


def identity_scale(x):
    rate, n = 1 / np.mean(x), len(x)
    return rate - Z * rate / np.sqrt(n), rate + Z * rate / np.sqrt(n)


def unscaled_error(x):
    rate, n = 1 / np.mean(x), len(x)
    return rate * np.exp(-Z * rate / np.sqrt(n)), rate * np.exp(Z * rate / np.sqrt(n))


def wald_held(n, p):
    k = np.arange(n + 1)
    share = k / n
    reach = Z * np.sqrt(share * (1 - share) / n)
    return (share - reach <= p) & (p <= share + reach)


def pmf(n, p):
    return mle.Binomial(n=n, p=p).pmf(np.arange(n + 1))


def wald_coverage(n, p):
    held = wald_held(n, p)
    held[[0, n]] = False
    return np.sum(pmf(n, p)[held])


def ends_pass(n, p):
    held = wald_held(n, p)
    held[[0, n]] = True
    return np.sum(pmf(n, p)[held])


def score_coverage(n, p):
    held = np.abs(np.arange(n + 1) / n - p) <= Z * np.sqrt(p * (1 - p) / n)
    return np.sum(pmf(n, p)[held])


def medians(x, replicates, rng):
    return np.median(rng.choice(x, size=(replicates, len(x))), axis=1)


def starter_one(x):
    return ...


def starter_two(n, p):
    return ...


def starter_three(x, replicates, rng):
    x = np.asarray(x)
    return ...


TestChapter12 = sweep(
    12,
    {
        "se-log-odds-ratio": Case(
            solution=log_odds_ratio,
            starter=lambda p, n, q, m: ...,
            also_right=[
                lambda p, n, q, m: np.sqrt(
                    1 / (n * p) + 1 / (n * (1 - p)) + 1 / (m * q) + 1 / (m * (1 - q))
                )
            ],
            wrong=[
                (lambda p, n, q, m: np.sqrt(p * (1 - p) / n + q * (1 - q) / m), "proportions"),
                (lambda p, n, q, m: log_odds_ratio(p, n, q, m) ** 2, "That is the variance"),
                (
                    lambda p, n, q, m: (n * p * (1 - p)) ** -0.5 + (m * q * (1 - q)) ** -0.5,
                    "variances add",
                ),
                (
                    lambda p, n, q, m: np.sqrt(1 / (n * p * (1 - p)) - 1 / (m * q * (1 - q))),
                    "minus sign",
                ),
                (
                    lambda p, n, q, m: np.sqrt(p / (1 - p) ** 3 / n + q / (1 - q) ** 3 / m),
                    "for the odds",
                ),
                (lambda p, n, q, m: np.sqrt((1 - p) / (n * p) + (1 - q) / (m * q)), "for log(p)"),
            ],
        ),
        "log-scale-interval": Case(
            solution=log_scale,
            starter=starter_one,
            also_right=[
                lambda x: mle.Exponential.fit(x).ci(method="wald", scale="natural")["rate"]
            ],
            wrong=[
                (identity_scale, "rate itself"),
                (lambda x: tuple(np.log(log_scale(x))), "turn them back"),
                (unscaled_error, "That of its logarithm"),
                (lambda x: (1 / log_scale(x)[1], 1 / log_scale(x)[0]), "for the mean"),
                (lambda x: log_scale(x)[::-1], "low first"),
            ],
        ),
        "wald-coverage": Case(
            solution=wald_coverage,
            starter=starter_two,
            wrong=[
                (lambda n, p: 0.95, "nominal"),
                (lambda n, p: 1 - wald_coverage(n, p), "missing"),
                (lambda n, p: np.mean(wald_held(n, p)), "counted the counts"),
                (ends_pass, "pass for hits"),
                (score_coverage, "score interval"),
            ],
        ),
        "bootstrap-medians": Case(
            solution=medians,
            starter=starter_three,
            also_right=[
                lambda x, replicates, rng: [
                    np.median(rng.choice(x, len(x))) for _ in range(replicates)
                ]
            ],
            wrong=[
                (lambda x, r, rng: medians(x, r, rng).std(), "one number"),
                (
                    lambda x, r, rng: np.median(rng.choice(x, size=(r, len(x))), axis=0),
                    "axis=1",
                ),
                (lambda x, r, rng: rng.choice(x, size=(r, len(x))), "median of each"),
                (
                    lambda x, r, rng: np.array(
                        [np.median(rng.choice(x, len(x), replace=False)) for _ in range(r)]
                    ),
                    "*with* replacement",
                ),
                (
                    lambda x, r, rng: rng.choice(x, size=(r, len(x))).mean(axis=1),
                    "means of bootstrap samples",
                ),
                (
                    lambda x, r, rng: np.array([np.median(rng.choice(x, 999)) for _ in range(r)]),
                    "far larger",
                ),
                (
                    lambda x, r, rng: medians(x, r, np.random.default_rng(3)),
                    "from another generator",
                ),
                (
                    lambda x, r, rng: medians(x, r, np.random.default_rng()),
                    "from the same generator",
                ),
                (lambda x, r, rng: rng.choice(x, size=r), "single draws"),
                (
                    lambda x, r, rng: np.median(rng.choice(x, size=(r, 3)), axis=1),
                    "as many draws as the data",
                ),
                (
                    lambda x, r, rng: np.median(rng.normal(3.0, 2.0, (r, len(x))), axis=1),
                    "data themselves",
                ),
            ],
        ),
    },
)
