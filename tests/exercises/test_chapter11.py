"""Chapter 11's exercises: the starters, the solutions, and the mistakes that readers make."""

from __future__ import annotations

import numpy as np
from exercise_cases import Case, sweep

import mlecore as mle

EFFICIENCY = {"Normal": 2 / np.pi, "Logistic": 0.75, "Laplace": 1.0, "Cauchy": 8 / np.pi**2}


def three_ways(rate):
    k = np.arange(200)
    mass = mle.Poisson(rate).pmf(k)
    h = 1e-3 * rate
    truth, up, down = mle.Poisson(rate), mle.Poisson(rate + h), mle.Poisson(rate - h)
    both = mle.kl_divergence(truth, up) + mle.kl_divergence(truth, down)
    return np.sum(mass * (k / rate - 1) ** 2), np.sum(mass * k / rate**2), both / h**2


def equally(rate):
    """Every count taken as often as any other."""
    k = np.arange(200)
    return np.var(k / rate - 1), np.mean(k / rate**2), 1 / rate


def one_sided(rate):
    """Only the step upwards, so half of the second difference."""
    scatter, curvature, _ = three_ways(rate)
    h = 1e-3 * rate
    up = mle.kl_divergence(mle.Poisson(rate), mle.Poisson(rate + h))
    return scatter, curvature, up / h**2


def three_starter(rate):
    return [..., ..., ...]


def starter(n):
    return ...


def changed(function):
    return {name: function(value) for name, value in EFFICIENCY.items()}


TestChapter11 = sweep(
    11,
    {
        "poisson-three-ways": Case(
            solution=three_ways,
            starter=three_starter,
            wrong=[
                (lambda rate: [1 / rate] * 3, "the same formula three times"),
                (lambda rate: (rate, rate, rate), "variance of the counts"),
                (lambda rate: (1 / rate, -1 / rate, 1 / rate), "mean of -u'"),
                (lambda rate: (0.0, 1 / rate, 1 / rate), "which is zero"),
                (one_sided, "up and down"),
                (lambda rate: (1 / rate, 1 / rate, 1e-3), "divided by h once"),
                (equally, "its `mass`"),
                (lambda rate: 1 / rate, "shape"),
            ],
        ),
        "median-efficiency": Case(
            solution=EFFICIENCY,
            starter=dict.fromkeys(EFFICIENCY, ...),
            wrong=[
                (changed(lambda value: 100 * value), "per cent"),
                (changed(lambda value: 1 / value), "Upside down"),
                (
                    {"Normal": np.pi / 2, "Logistic": 4, "Laplace": 1, "Cauchy": np.pi**2 / 4},
                    "n times the variances",
                ),
                (changed(lambda value: value / 4), "A quarter"),
                (changed(np.sqrt), "standard errors"),
                ({**EFFICIENCY, "Laplace": 0.5}, "about the Laplace"),
            ],
        ),
        "best-divisor": Case(
            solution=lambda n: n + 1,
            starter=starter,
            wrong=[
                (lambda n: n - 1, "unbiased"),
                (lambda n: n, "MLE"),
                (lambda n: 1 / (n + 1), "divisor c"),
                (lambda n: n + 2, "One too far"),
            ],
        ),
        "information-about-mean": Case(
            solution=lambda m: 1 / m**2,
            starter=starter,
            wrong=[
                (lambda m: m**2, "left the slope unchanged"),
                (lambda m: 1.0, "factor 1/m**2"),
                (lambda m: 1 / m**4, "square of the factor"),
                (lambda m: m**6, "dm/d(rate)"),
            ],
        ),
    },
)
