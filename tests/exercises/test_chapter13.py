"""Chapter 13's exercises: the starters, the solutions, and the mistakes that readers make."""

from __future__ import annotations

import numpy as np
from exercise_cases import Case, sweep
from scipy import stats

import mlecore as mle

SIZE, POWER = 1.959964, 0.841621


def two_rates(deaths, years):
    deaths, years = np.asarray(deaths), np.asarray(years)
    return 2 * np.sum(deaths * np.log(deaths / years / (deaths.sum() / years.sum())))


def from_fits(deaths, years):
    """The same from log-likelihoods of Poissons whose means are the rates times the years."""
    tops = mle.Poisson(np.asarray(deaths, dtype=float)).log_prob(deaths).sum()
    together = np.sum(deaths) / np.sum(years) * np.asarray(years)
    return 2 * (tops - mle.Poisson(together).log_prob(deaths).sum())


def mean_of_rates(deaths, years):
    rates = np.divide(deaths, years)
    return 2 * np.sum(deaths * np.log(rates / rates.mean()))


def pearson(deaths, years):
    e = np.sum(deaths) * np.divide(years, np.sum(years))
    return np.sum((deaths - e) ** 2 / e)


def normal_mean(x, mu0):
    return len(x) * np.log(np.mean((x - mu0) ** 2) / np.var(x))


def from_t(x, mu0):
    n = len(x)
    t = (np.mean(x) - mu0) / np.std(x, ddof=1) * np.sqrt(n)
    return n * np.log(1 + t**2 / (n - 1))


def t_squared(x, mu0, ddof=1):
    return len(x) * (np.mean(x) - mu0) ** 2 / np.var(x, ddof=ddof)


def peas(null, truth, size=SIZE):
    spread = size * np.sqrt(null * (1 - null)) + POWER * np.sqrt(truth * (1 - truth))
    return (spread / (truth - null)) ** 2


def root(theta):
    return theta / 2 + np.sqrt(theta**2 / 4 + 1)


def starter_rates(deaths, years):
    deaths, years = np.asarray(deaths), np.asarray(years)
    return ...


def starter_mean(x, mu0):
    x = np.asarray(x)
    return ...


def starter_peas(null, truth):
    return ...


def starter_loudest(theta):
    return ...


TestChapter13 = sweep(
    13,
    {
        "two-rates": Case(
            solution=two_rates,
            starter=starter_rates,
            also_right=[from_fits],
            wrong=[
                (lambda d, t: two_rates(d, t) / 2, "twice the drop"),
                (lambda d, t: -two_rates(d, t), "cannot be higher"),
                (
                    lambda d, t: np.log(d[0] / t[0] / d[1] * t[1]) ** 2 / (1 / d[0] + 1 / d[1]),
                    "logarithm of the ratio",
                ),
                (
                    lambda d, t: 2 * d[0] * np.log(d[0] / t[0] / (sum(d) / sum(t))),
                    "add the second's",
                ),
                (mean_of_rates, "all deaths over all years"),
                (lambda d, t: two_rates(d, np.ones(2)), "equally long"),
                (pearson, "Pearson's"),
                (
                    lambda d, t: (d[0] / t[0] - d[1] / t[1]) ** 2 / np.sum(d / np.square(t)),
                    "Wald's",
                ),
                (lambda d, t: stats.chi2.sf(two_rates(d, t), 1), "p-value"),
            ],
        ),
        "normal-mean": Case(
            solution=normal_mean,
            starter=starter_mean,
            also_right=[from_t, lambda x, mu0: mle.Normal.fit(x).test(mu=mu0).statistic],
            wrong=[
                (lambda x, mu0: normal_mean(x, mu0) / 2, "twice the drop"),
                (lambda x, mu0: -normal_mean(x, mu0), "Upside down"),
                (lambda x, mu0: normal_mean(x, mu0) / len(x), "of one observation"),
                (lambda x, mu0: normal_mean(x, mu0) * (1 - 1 / len(x)), "n - 1 times"),
                (lambda x, mu0: np.exp(normal_mean(x, mu0) / len(x)), "n times its logarithm"),
                (lambda x, mu0: stats.chi2.sf(normal_mean(x, mu0), 1), "That is a p-value"),
                (lambda x, mu0: t_squared(x, mu0, 0), "held sigma"),
                (t_squared, "t squared"),
                (lambda x, mu0: stats.ttest_1samp(x, mu0).statistic, "Student's t."),
                (
                    lambda x, mu0: len(x) * (np.mean(x) - mu0) ** 2 / np.mean((x - mu0) ** 2),
                    "score statistic",
                ),
                (
                    lambda x, mu0: len(x) * np.log(np.mean((x - mu0) ** 2) / np.var(x, ddof=1)),
                    "divides by n",
                ),
            ],
        ),
        "peas-needed": Case(
            solution=peas,
            starter=starter_peas,
            also_right=[lambda null, truth: peas(null, truth, 1.96)],
            wrong=[
                (lambda a, b: SIZE**2 * a * (1 - a) / (b - a) ** 2, "half of the time"),
                (lambda a, b: peas(a, b) * abs(b - a), "distance is squared"),
                (
                    lambda a, b: ((SIZE * a * (1 - a) + POWER * b * (1 - b)) / (b - a)) ** 2,
                    "without the root",
                ),
                (
                    lambda a, b: (SIZE + POWER) ** 2 * (a + b) * (2 - a - b) / (2 * (b - a)) ** 2,
                    "one spread",
                ),
                (lambda a, b: (SIZE + POWER) ** 2 * a * (1 - a) / (b - a) ** 2, "the truth's"),
                (lambda a, b: (SIZE + POWER) ** 2 * b * (1 - b) / (b - a) ** 2, "the null ruled"),
                (lambda a, b: peas(b, a), "swapped"),
                (
                    lambda a, b: (
                        ((SIZE * (a - a * a) ** 0.5 - POWER * (b - b * b) ** 0.5) / (b - a)) ** 2
                    ),
                    "end to end",
                ),
                (lambda a, b: np.ceil(peas(a, b)), "Leave the digits"),
                (lambda a, b: np.sqrt(peas(a, b)), "Square it"),
                (lambda a, b: peas(a, b, 1.644854), "one side"),
                (
                    lambda a, b: (SIZE**2 * a * (1 - a) + POWER**2 * b * (1 - b)) / (b - a) ** 2,
                    "not variances",
                ),
            ],
        ),
        "loudest": Case(
            solution=root,
            starter=starter_loudest,
            wrong=[
                (lambda theta: np.inf, "either centre"),
                (lambda theta: (theta / 2 + np.sqrt(theta**2 / 4 + 1)) ** 2, "Return the x"),
                (lambda theta: theta / 2 - np.sqrt(theta**2 / 4 + 1), "other root"),
                (lambda theta: theta, "farther out"),
                (lambda theta: theta / 2, "Half-way"),
                (lambda theta: theta / 2 + np.sqrt(theta**2 + 4), "divided by 2"),
            ],
        ),
    },
)
