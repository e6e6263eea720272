"""Chapter 1's exercises: the solution, and the mistakes that students make."""

from __future__ import annotations

import math

import numpy as np
from exercise_cases import Case, sweep
from scipy import stats

import mlecore as mle
from mlecore.exercises import check


def mass(k: int, rate: float) -> float:
    return rate**k * math.exp(-rate) / math.factorial(k)


def starter(k: int, rate: float):
    return ...


def half_filled(k: int, rate: float):
    return rate**k * ... / math.factorial(k)


def printing(k: int, rate: float) -> None:
    print(mass(k, rate))  # noqa: T201


MATCH = {
    "horse_kicks": "Poisson",
    "air_conditioning": "Exponential",
    "challenger": "Bernoulli",
    "blood_groups": "Categorical",
    "bearings": "Gamma",
    "michelson": "Normal",
}
KICKS = mle.datasets.load("horse_kicks")
EXPECTED = 200 * stats.poisson.pmf(np.arange(5), 0.61)

TestChapter01 = sweep(
    1,
    {
        "poisson-mass": Case(
            solution=mass,
            starter=starter,
            also_right=[
                stats.poisson.pmf,
                lambda k, rate: math.exp(k * math.log(rate) - rate - math.lgamma(k + 1)),
            ],
            wrong=[
                (lambda k, rate: rate**k * math.exp(-rate), "factorial is missing"),
                (lambda k, rate: rate**k / math.factorial(k), "`math.exp(-rate)` is missing"),
                (lambda k, rate: rate**k * math.exp(rate) / math.factorial(k), "sign in the exp"),
                (stats.poisson.logpmf, "chapter 3"),
                (lambda k, rate: k**rate * math.exp(-k) / math.gamma(rate + 1), "changed places"),
                (lambda k, rate: 2 * mass(k, rate), "2 times what it should be"),
                (lambda k, rate: -mass(k, rate), "wrong sign"),
                (lambda k, rate: mass(k, rate) + 0.25, "same amount every time: 0.25"),
                (
                    lambda k, rate: stats.norm.pdf(k, rate, rate**0.5),
                    "At (0, 0.5), your function gives",
                ),
                (printing, "printed its value, and returned `None`"),
                (lambda k: k, "called with 2 arguments, and takes 1"),
                (lambda k, rate: math.factorial(rate), "stopped with TypeError"),
                (0.2, "asks for a function"),
                (lambda k, rate: mle.Poisson(rate).pmf(k), "asks `mlecore`"),
            ],
        ),
        "normal-by-eye": Case(
            solution={"mu": 35, "sigma": 14},
            starter={"mu": ..., "sigma": ...},
            also_right=[{"mu": 36, "sigma": 13}, {"mu": 34.89, "sigma": 13.61}],
            wrong=[
                ({"mu": 38, "sigma": 10}, "tall bars"),
                ({"mu": 14, "sigma": 35}, "changed places"),
                ({"mu": 35, "sigma": 187.9}, "square inches"),
                ({"mu": 35, "sigma": 60}, "whole picture"),
                ({"mu": 42, "sigma": 15}, "too far to the right"),
                ({"mu": 27, "sigma": 15}, "too far to the left"),
                ({"mu": 35, "sigma": 11}, "too narrow"),
                ({"mu": 35, "sigma": 25}, "too wide"),
                ({"mu": 35, "sigma": 1e-300}, "less than 1 of 100"),
                ({"mu": 35, "sigma": -14}, "positive"),
                ({"mu": "35", "sigma": 14}, "drop the quotes"),
                ({"mu": 35, "sigma": ...}, 'Still to fill in: "sigma"'),
                ((35, 14), "Give a dictionary"),
            ],
        ),
        "match-families": Case(
            solution=MATCH,
            starter=dict.fromkeys(MATCH, ...),
            also_right=[{k: type(v, (), {}) for k, v in MATCH.items()}],
            wrong=[
                (MATCH | {"air_conditioning": "Normal"}, "below zero hours"),
                (MATCH | {"air_conditioning": "Poisson"}, "What is the wait?"),
                (MATCH | {"bearings": "Exponential", "air_conditioning": "Gamma"}, "rise before"),
                (MATCH | {"air_conditioning": "Gamma"}, "one of its members"),
                (MATCH | {"bearings": "Normal"}, "before they are mounted"),
                (MATCH | {"bearings": "Poisson"}, "fractional part"),
                (MATCH | {"michelson": "Poisson"}, "rounded"),
                (MATCH | {"michelson": "Exponential"}, "heap around 850"),
                (MATCH | {"michelson": "Gamma"}, "only a convention"),
                (MATCH | {"horse_kicks": "Normal"}, "values between"),
                (MATCH | {"horse_kicks": "Categorical"}, "without an upper end"),
                (MATCH | {"horse_kicks": "Exponential"}, "0.4 deaths"),
                (MATCH | {"challenger": "Poisson"}, "cannot score 2"),
                (MATCH | {"challenger": "Categorical"}, "family of their own"),
                (MATCH | {"blood_groups": "Poisson"}, "shuffle"),
                (MATCH | {"blood_groups": "Bernoulli"}, "four groups"),
                (MATCH | {"horse_kicks": "Bernoulli"}, "5 of 6 are right"),
                (MATCH | {"challenger": "Bernouli"}, 'Did you mean "Bernoulli"?'),
                (MATCH | {"bearings": "Weibull"}, "should be one of"),
                (MATCH | {"challenger": ...}, 'Still to fill in: "challenger"'),
                ({k: v for k, v in MATCH.items() if k != "challenger"}, "Still without a match"),
                (MATCH | {"rain": "Normal"}, "nothing here called"),
                (list(MATCH.values()), "Give a dictionary"),
            ],
        ),
        "horse-kicks-rate": Case(
            solution=mle.Poisson.fit(KICKS.values, weights=KICKS.frequencies),
            also_right=[mle.Poisson.fit(KICKS.sample)],
            wrong=[
                (0.61, "the fit itself"),
                (mle.Poisson(0.61), "the fit itself"),
                (mle.Normal.fit(KICKS.sample), "of the family Normal"),
                (mle.Poisson.fit(KICKS.values), "Weight each value"),
                (mle.Poisson.fit(KICKS.frequencies), "fitted the frequencies"),
                (mle.Poisson.fit(KICKS.frequencies, weights=KICKS.values), "changed places"),
                (mle.Poisson.fit(KICKS.values, weights=[144, 91, 32, 11, 2]), "fourteen"),
                (mle.Poisson.fit(KICKS.values[1:], weights=KICKS.frequencies[1:]), "too large"),
                (mle.Poisson.fit(KICKS.values, weights=KICKS.frequencies / 200), "fit of shares"),
            ],
        ),
        "horse-kicks-expected": Case(
            solution=EXPECTED,
            starter=[...] * 5,
            also_right=[[108.7, 66.3, 20.2, 4.1, 0.6], list(EXPECTED), EXPECTED[:, None]],
            wrong=[
                ([109, 65, 22, 3, 1], "observed"),
                ([109, 66, 20, 4, 1], "rounded"),
                (EXPECTED / 200, "How many of 200"),
                (EXPECTED * 122 / 200, "122 deaths"),
                ([*EXPECTED[:4], 200 - EXPECTED[:4].sum()], "4 or more"),
                (EXPECTED[:4], "shape is (4,)"),
                (200 * stats.norm.pdf(np.arange(5), 0.61, 0.61**0.5), "too small"),
            ],
        ),
    },
)


def test_a_starter_with_a_blank_inside_a_formula_is_not_done() -> None:
    assert check("poisson-mass", half_filled).status == "not done"
