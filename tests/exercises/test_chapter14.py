"""Chapter 14's exercises: the starters, the solutions, and the mistakes that readers make."""

from __future__ import annotations

import numpy as np
from exercise_cases import Case, sweep

BOTH = {
    "shape by likelihood": 0.706493,
    "shape by moments": 0.686669,
    "failures that moments need": 39.8539,
}
TAXIS = {
    "maximum likelihood": 183,
    "moments": 178.2,
    "corrected": 218.6,
    "impossible": "moments",
}


def starter_stretch(n):
    return ...


def starter_shrink(x):
    return ...


def shrink(x):
    deviations = x - np.mean(x)
    return np.mean(x) + (1 - (len(x) - 3) / np.sum(deviations**2)) * deviations


def towards_zero(x):
    return (1 - (len(x) - 3) / np.sum(x**2)) * x


def without_mean(x):
    return shrink(x) - np.mean(x)


def two_lost(x):
    deviations = x - np.mean(x)
    return np.mean(x) + (1 - (len(x) - 2) / np.sum(deviations**2)) * deviations


def by_variance(x):
    return np.mean(x) + (1 - (len(x) - 3) / np.var(x)) * (x - np.mean(x))


TestChapter14 = sweep(
    14,
    {
        "gamma-by-both": Case(
            solution=BOTH,
            starter=dict.fromkeys(BOTH, ...),
            also_right=[{**BOTH, "failures that moments need": 40}],
            wrong=[
                (
                    {**BOTH, "shape by likelihood": 0.686669, "shape by moments": 0.706493},
                    "swapped",
                ),
                ({**BOTH, "shape by likelihood": 0.00653656}, "rate"),
                ({**BOTH, "shape by moments": 0.629446}, "n - 1"),
                ({**BOTH, "shape by moments": 0.00635314}, "rate by moments"),
                ({**BOTH, "failures that moments need": 39.2}, "too small"),
                ({**BOTH, "failures that moments need": 39}, "too small"),
                ({**BOTH, "failures that moments need": 3.6132}, "other way round"),
                ({**BOTH, "failures that moments need": 0.3011}, "efficiency"),
            ],
        ),
        "taxis": Case(
            solution=TAXIS,
            starter=dict.fromkeys(TAXIS, ...),
            also_right=[
                {**TAXIS, "impossible": "Moments"},
                {**TAXIS, "moments": 178, "corrected": 219},
            ],
            wrong=[
                ({**TAXIS, "maximum likelihood": 5}, "how many taxis"),
                ({**TAXIS, "moments": 179.2}, "start at 1"),
                ({**TAXIS, "moments": 89.6}, "mean itself"),
                ({**TAXIS, "corrected": 219.6}, "One too many"),
                ({**TAXIS, "impossible": "corrected"}, "too few"),
                ({**TAXIS, "impossible": "maximum likelihood"}, "bold"),
            ],
        ),
        "best-stretch": Case(
            solution=lambda n: (n + 2) / (n + 1),
            starter=starter_stretch,
            wrong=[
                (lambda n: 1, "maximum likelihood"),
                (lambda n: (n + 1) / n, "unbiased"),
                (lambda n: (n + 1) / (n + 2), "Upside down"),
                (lambda n: ((n + 2) / n) ** 0.5, "mean *square*"),
            ],
        ),
        "shrink-to-mean": Case(
            solution=shrink,
            starter=starter_shrink,
            wrong=[
                (towards_zero, "towards zero"),
                (without_mean, "Add the mean again"),
                (two_lost, "d - 3"),
                (by_variance, "not their average"),
                (lambda x: x, "nothing is shrunken"),
                (
                    lambda x: np.mean(x) + (1 - (len(x) - 3) / np.sum(x**2)) * (x - np.mean(x)),
                    "not of the measurements",
                ),
            ],
        ),
    },
)
