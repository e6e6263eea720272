"""Chapter 10's exercises: the starters, the solutions, and the mistakes that readers make."""

from __future__ import annotations

import numpy as np
from exercise_cases import Case, sweep


def starter_needed(rate, precision):
    return ...


def starter_gap(n, b):
    return ...


SHRINKS = {
    "mean of a Normal sample": 10,
    "mean of a Cauchy sample": 1,
    "MLE of a Cauchy's location": 10,
    "largest of a Uniform sample": 100,
    "sigma of a Normal by maximum likelihood": 10,
}
IDENTIFIED = {
    "Normal with mean a + b and sigma 1, parameters a and b": False,
    "Normal with mean a and standard deviation b > 0": True,
    "Bernoulli with p = q^2, q between -1 and 1": False,
    "Poisson with rate exp(c), any real c": True,
    "Normal with mean a and standard deviation |b|, b not 0": False,
}

TestChapter10 = sweep(
    10,
    {
        "intervals-needed": Case(
            solution=lambda rate, precision: 1 / (rate * precision**2),
            starter=starter_needed,
            wrong=[
                (lambda rate, precision: rate / precision**2, "wrong side"),
                (lambda rate, precision: 1 / (rate * precision), "square both sides"),
                (lambda rate, precision: 1 / precision**2, "particles"),
                (lambda rate, precision: 10_000 / rate, "Use `precision`"),
                (lambda rate, precision: 2 / (rate * precision**2), "Twice too many"),
                (lambda rate, precision: np.ceil(1 / (rate * precision**2)), "number itself"),
                (lambda rate, precision: 1.1 / (rate * precision**2), "rate of 4"),
            ],
        ),
        "hundredfold": Case(
            solution=SHRINKS,
            starter=dict.fromkeys(SHRINKS, ...),
            wrong=[
                ({**SHRINKS, "mean of a Normal sample": 100}, "square root"),
                ({name: 1 / factor for name, factor in SHRINKS.items()}, "Upside down"),
                ({**SHRINKS, "mean of a Cauchy sample": 10}, "single observation"),
                ({**SHRINKS, "MLE of a Cauchy's location": 1}, "likelihood is not"),
                ({**SHRINKS, "largest of a Uniform sample": 10}, "edge"),
                ({**SHRINKS, "sigma of a Normal by maximum likelihood": 100}, "scatter"),
            ],
        ),
        "identified-or-not": Case(
            solution=IDENTIFIED,
            starter=dict.fromkeys(IDENTIFIED, ...),
            wrong=[
                ({**IDENTIFIED, name: not value}, words)
                for (name, value), words in zip(
                    IDENTIFIED.items(),
                    ["a = 1, b = 0", "different widths", "q = -0.5", "one-to-one", "sign of b"],
                    strict=True,
                )
            ],
        ),
        "uniform-gap": Case(
            solution=lambda n, b: b / (n + 1),
            starter=starter_gap,
            wrong=[
                (lambda n, b: b / n, "large n"),
                (lambda n, b: b * n / (n + 1), "where the largest lies"),
                (lambda n, b: 1 / (n + 1), "length 1"),
                (lambda n, b: b / np.sqrt(n), "how a mean behaves"),
            ],
        ),
    },
)
