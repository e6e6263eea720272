"""Chapter 8's exercises: the starters, the solutions, and the mistakes that readers make."""

from __future__ import annotations

import numpy as np
from exercise_cases import Case, sweep

import mlecore as mle


def starter_coins(p, q):
    return ...


def starter_normals(mu1, sigma1, mu2, sigma2):
    return ...


def coins(p, q):
    return p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))


def normals(mu1, sigma1, mu2, sigma2):
    return np.log(sigma2 / sigma1) + (sigma1**2 + (mu1 - mu2) ** 2) / (2 * sigma2**2) - 0.5


KICKS = mle.datasets.load("horse_kicks")
DATA = mle.Empirical(KICKS.values, weights=KICKS.frequencies)
MODEL = mle.Poisson.fit(KICKS.values, weights=KICKS.frequencies).dist
STACK = {
    "entropy": mle.entropy(DATA),
    "kl": mle.kl_divergence(DATA, MODEL),
    "cross-entropy": mle.cross_entropy(DATA, MODEL),
}
PAIRS = {
    "Normal(0, 1) and Normal(3, 1)": True,
    "Normal(0, 1) and Normal(0, 3)": False,
    "Bernoulli(0.2) and Bernoulli(0.8)": True,
    "Poisson(2) and Poisson(5)": False,
    "Cauchy(0, 1) and Cauchy(2, 3)": True,
}

TestChapter08 = sweep(
    8,
    {
        "coin-divergence": Case(
            solution=coins,
            starter=starter_coins,
            wrong=[
                (lambda p, q: coins(q, p), "the other way"),
                (lambda p, q: p * np.log(p / q), "Tails are an outcome too"),
                (lambda p, q: -p * np.log(q) - (1 - p) * np.log(1 - q), "cross-entropy"),
                (lambda p, q: coins(p, q) / np.log(2), "bits"),
                (lambda p, q: -coins(q, p), "the second coin's"),
                (lambda p, q: -p * np.log(p) - (1 - p) * np.log(1 - p), "the floor"),
                (lambda p, q: 2 * p * np.log(p / q) - coins(p, q), "comes with a plus"),
                (lambda p, q: coins(p, q) + 0.1, "At p = q it must be zero"),
            ],
        ),
        "horse-kicks-stacked": Case(
            solution=STACK,
            starter={"entropy": ..., "kl": ..., "cross-entropy": ...},
            also_right=[{k: float(f"{v:.4g}") for k, v in STACK.items()}],
            wrong=[
                ({**STACK, "cross-entropy": 200 * STACK["cross-entropy"]}, "all 200 corps-years"),
                ({**STACK, "entropy": np.log(5)}, "each counted once"),
                ({**STACK, "entropy": mle.entropy(MODEL)}, "entropy of the fitted Poisson"),
                ({**STACK, "kl": -STACK["kl"]}, "never negative"),
                ({**STACK, "entropy": 1.029}, "four significant digits"),
                ({**STACK, "cross-entropy": 1.029}, "four significant digits"),
                ({**STACK, "kl": 0.00218}, "four significant digits"),
                ({**STACK, "kl": 0.0022}, "leave two digits"),
                ({**STACK, "kl": 1.031 - 1.028}, "Subtract, then round"),
                ({**STACK, "kl": np.inf}, "data first"),
                ({**STACK, "entropy": 1.03}, "Some have three digits"),
                ({name: value / np.log(2) for name, value in STACK.items()}, "bits"),
                (
                    {
                        **STACK,
                        "entropy": STACK["cross-entropy"],
                        "cross-entropy": STACK["entropy"],
                    },
                    "swapped",
                ),
            ],
        ),
        "normal-divergence": Case(
            solution=normals,
            starter=starter_normals,
            wrong=[
                (lambda a, b, c, d: normals(c, d, a, b), "changed places"),
                (lambda a, b, c, d: normals(a, b, c, d) + 0.5, "from itself is 0"),
                (lambda a, b, c, d: normals(a, b, a, d), "means are missing"),
                (lambda a, b, c, d: normals(a, b, c, d) + 2 * np.log(b / d), "upside down"),
                (lambda a, b, c, d: normals(a, b, c, d) + np.log(d / b), "twice too large"),
                (
                    lambda a, b, c, d: np.log(d / b) + (b**2 + (a - c) ** 2) / d**2 - 0.5,
                    "lacks its factor",
                ),
                (
                    lambda a, b, c, d: np.log(d / b) + (b**2 + (a - c) ** 2) / (2 * d) - 0.5,
                    "sigma2 is squared",
                ),
                (
                    lambda a, b, c, d: (
                        np.log(d) + 0.5 * np.log(2 * np.pi) + (b**2 + (a - c) ** 2) / (2 * d**2)
                    ),
                    "cross-entropy",
                ),
            ],
        ),
        "symmetric-divergence": Case(
            solution=PAIRS,
            starter=dict.fromkeys(PAIRS, ...),
            wrong=[
                ({**PAIRS, "Normal(0, 1) and Normal(3, 1)": False}, "Reflect about 1.5"),
                ({**PAIRS, "Normal(0, 1) and Normal(0, 3)": True}, "narrow model of wide data"),
                ({**PAIRS, "Bernoulli(0.2) and Bernoulli(0.8)": False}, "heads and tails"),
                ({**PAIRS, "Poisson(2) and Poisson(5)": True}, "two Poissons"),
                ({**PAIRS, "Cauchy(0, 1) and Cauchy(2, 3)": False}, "Cauchys may surprise"),
            ],
        ),
    },
)
