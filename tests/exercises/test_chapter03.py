"""Chapter 3's exercises: the solution, and the mistakes that students make."""

from __future__ import annotations

import math

import numpy as np
from exercise_cases import Case, sweep
from scipy import special, stats

import mlecore as mle


def starter(*arguments: object):
    return ...


def death(mass: float, bits: int) -> int:
    return math.ceil((bits + 1) / -math.log2(mass))


def log_mass(k: int, rate: float) -> float:
    return k * math.log(rate) - rate - math.lgamma(k + 1)


def log_sum_exp(a: np.ndarray) -> float:
    largest = np.max(a)
    if largest == -np.inf:
        return -np.inf
    return largest + np.log(np.sum(np.exp(a - largest)))


def without_the_case_of_zeros(a: np.ndarray) -> float:
    return np.max(a) + np.log(np.sum(np.exp(a - np.max(a))))


def by_the_mean(a: np.ndarray) -> float:
    return np.mean(a) + np.log(np.sum(np.exp(a - np.mean(a))))


FATE = {
    "earthquakes, float64": "number",
    "alpha particles, float64": "zero",
    "speed in 1000 km/s, float64": "number",
    "speed in 10^6 km/s, float64": "infinite",
    "horse kicks, float32": "zero",
    "speed in 1000 km/s, float32": "infinite",
}

TestChapter03 = sweep(
    3,
    {
        "death-of-a-product": Case(
            solution=death,
            starter=starter,
            also_right=[lambda mass, bits: np.ceil((bits + 1) * np.log(2) / -np.log(mass))],
            wrong=[
                (lambda m, b: math.ceil(b / -math.log2(m)), "0.5**1074"),
                (lambda m, b: b / -math.log2(m), "n is a whole number"),
                (lambda m, b: math.floor((b + 1) / -math.log2(m)), "not yet at the limit"),
                (lambda m, b: (b + 1) / -math.log2(m), "curve crosses the limit"),
                (lambda m, b: math.floor((b + 1) / -math.log2(m)) + 1, "the tie goes to zero"),
                (lambda m, b: math.ceil((b + 1) / -math.log(m)), "`math.log2`"),
                (lambda m, b: b + 1, "each factor counts twice"),
                (lambda m, b: math.ceil((b + 1) / math.log2(m)), "turn the sign round"),
                (1075, "asks for a function"),
            ],
        ),
        "dead-or-alive": Case(
            solution=FATE,
            starter=dict.fromkeys(FATE, ...),
            wrong=[
                (FATE | {"earthquakes, float64": "zero"}, "some 392 in all"),
                (FATE | {"alpha particles, float64": "number"}, "compare with 745"),
                (FATE | {"speed in 1000 km/s, float64": "zero"}, "the product grows"),
                (FATE | {"speed in 1000 km/s, float64": "infinite"}, "49 digits"),
                (FATE | {"speed in 10^6 km/s, float64": "number"}, "709.78"),
                (FATE | {"speed in 10^6 km/s, float64": "zero"}, "*larger* densities"),
                (FATE | {"horse kicks, float32": "number"}, "1e-45"),
                (FATE | {"speed in 1000 km/s, float32": "number"}, "3.4e38"),
                (FATE | {"speed in 1000 km/s, float32": "zero"}, "5 of 6"),
                (FATE | {"horse kicks, float32": 0.0}, "should be one of"),
            ],
        ),
        "log-poisson-mass": Case(
            solution=log_mass,
            starter=starter,
            also_right=[
                stats.poisson.logpmf,
                lambda k, rate: special.xlogy(k, rate) - rate - special.gammaln(k + 1),
            ],
            wrong=[
                (lambda k, rate: mle.Poisson(rate).log_prob(k), "asks `mlecore`"),
                (lambda k, rate: k * math.log(rate) - rate - math.lgamma(k), "Off by one"),
                (lambda k, rate: k * math.log(rate) - rate, "factorial is still missing"),
                (lambda k, rate: k * math.log(rate) - math.lgamma(k + 1), "it is -rate"),
                (lambda k, rate: k * math.log(rate) - rate + math.lgamma(k + 1), "denominator"),
                (
                    lambda k, rate: k * math.log(rate) - rate - (k * math.log(k) - k if k else 0.0),
                    "rough approximation",
                ),
                (stats.poisson.pmf, "mass itself"),
                (
                    lambda k, rate: k * math.log(rate) - rate - math.log(math.factorial(k)),
                    "grows with k",
                ),
                (
                    lambda k, rate: math.log(rate**k * math.exp(-rate) / math.factorial(k)),
                    "the logarithm of each of the three",
                ),
            ],
        ),
        "log-sum-exp": Case(
            solution=log_sum_exp,
            starter=starter,
            also_right=[special.logsumexp, np.logaddexp.reduce],
            wrong=[
                (lambda a: np.log(np.sum(np.exp(a))), "works for tame numbers"),
                (lambda a: np.log(np.sum(np.exp(a - np.max(a)))), "put it back"),
                (lambda a: np.sum(np.exp(a)), "sum itself"),
                (np.sum, "logarithm of the *product*"),
                (np.max, "two equal terms add log 2"),
                (by_the_mean, "the last is still far above it"),
                (without_the_case_of_zeros, "inf - inf"),
                (
                    lambda a: np.max(a) + np.log(np.mean(np.exp(a - np.max(a)))),
                    "too small",
                ),
            ],
        ),
    },
)
