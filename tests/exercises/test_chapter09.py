"""Chapter 9's exercises: the starters, the solutions, and the mistakes that readers make."""

from __future__ import annotations

import math

import numpy as np
from exercise_cases import Case, sweep
from scipy import special

import mlecore as mle


def merge(n1, mean1, sd1, n2, mean2, sd2):
    n = n1 + n2
    mean = (n1 * mean1 + n2 * mean2) / n
    squares = n1 * (sd1**2 + mean1**2) + n2 * (sd2**2 + mean2**2)
    return [mean, np.sqrt(squares / n - mean**2)]


def merge_by_statistics(n1, mean1, sd1, n2, mean2, sd2):
    """As mlecore does it: two points stand for each laboratory."""
    one, two = (
        mle.Normal.statistics([mean - sd, mean + sd], weights=[n / 2, n / 2])
        for n, mean, sd in ((n1, mean1, sd1), (n2, mean2, sd2))
    )
    both = one + two
    return [both.mean, both.sd]


def inside(n1, mean1, sd1, n2, mean2, sd2):
    return [
        merge(n1, mean1, sd1, n2, mean2, sd2)[0],
        np.sqrt((n1 * sd1**2 + n2 * sd2**2) / (n1 + n2)),
    ]


def added(n1, mean1, sd1, n2, mean2, sd2):
    return [merge(n1, mean1, sd1, n2, mean2, sd2)[0], (n1 * sd1 + n2 * sd2) / (n1 + n2)]


def variance(*reports):
    mean, sd = merge(*reports)
    return [mean, sd**2]


TestChapter09 = sweep(
    9,
    {
        "first-given-total": Case(
            solution=lambda k, t, n: mle.Binomial(n=t, p=1 / n).pmf(k),
            starter=lambda k, t, n: ...,
            also_right=[lambda k, t, n: math.comb(t, k) * (n - 1) ** (t - k) / n**t],
            wrong=[
                (lambda k, t, n: mle.Poisson(t / n).pmf(k), "as if the total were not known"),
                (lambda k, t, n: mle.Binomial(n=t, p=0.5).pmf(k), "two boxes"),
                (lambda k, t, n: (1 / n) ** k * (1 - 1 / n) ** (t - k), "one way to do it"),
                (lambda k, t, n: 1 / (t + 1), "not equally probable"),
            ],
        ),
        "gamma-natural-means": Case(
            solution=lambda shape, rate: [special.digamma(shape) - np.log(rate), shape / rate],
            starter=lambda shape, rate: [..., ...],
            wrong=[
                (lambda a, b: [np.log(a / b), a / b], "logarithm of the mean"),
                (lambda a, b: [special.digamma(a), a / b], "lacks a term"),
                (lambda a, b: [special.digamma(a) - np.log(b), -a / b], "wrong sign"),
                (lambda a, b: [special.digamma(a) + np.log(b), a / b], "sign of the logarithm"),
                (lambda a, b: [a / b, special.digamma(a) - np.log(b)], "other way round"),
            ],
        ),
        "merge-laboratories": Case(
            solution=merge,
            starter=lambda n1, mean1, sd1, n2, mean2, sd2: [..., ...],
            also_right=[merge_by_statistics],
            wrong=[
                (lambda n1, m1, s1, n2, m2, s2: [(m1 + m2) / 2, (s1 + s2) / 2], "average of the"),
                (inside, "inside the laboratories"),
                (added, "squares do"),
                (variance, "Take its root"),
            ],
        ),
        "unbiased-absurdity": Case(
            solution=lambda x: (-1.0) ** x,
            starter=lambda x: ...,
            also_right=[lambda x: 1 - 2 * (x % 2)],
            wrong=[
                (lambda x: np.exp(-2.0 * x), "That is the MLE"),
                (lambda x: float(x == 0), "P(X = 0)"),
                (lambda x: np.exp(-1.0 * x), "not unbiased for that"),
                (lambda x: (-1.0) ** x / math.factorial(x), "1/x!"),
                (lambda x: (-2.0) ** x, "Multiply both sides"),
            ],
        ),
    },
)
