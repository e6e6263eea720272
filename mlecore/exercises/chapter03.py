"""Chapter 3, *Products to sums*."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import agrees, matching, own_work, resembles, steady

Array = np.ndarray


@exercise(
    "death-of-a-product",
    praise="Half of the smallest number is where rounding turns to zero, and the logarithm to base "
    "2 counts how many factors lead there.",
)
def _(answer: object) -> None:
    on: list[Any] = [(0.5, 1074), (0.5, 149), (0.5, 24), (0.25, 1074)]
    on += [(0.1, 1074), (0.05, 149), (0.9, 1074), (0.01, 24)]

    def exact(mass: float, bits: int) -> float:
        return (bits + 1) / -math.log2(mass)

    resembles(
        answer,
        lambda mass, bits: math.ceil(bits / -math.log2(mass)),
        "At that n the result reaches the smallest positive number, and is still alive: 0.5**1074 "
        "is positive. What is rounded to zero is half of it.",
        on=on,
    )
    resembles(
        answer,
        lambda mass, bits: bits / -math.log2(mass),
        "At that n the result reaches the smallest positive number, and is still alive. Zero "
        "begins at half of it; and n is a whole number.",
        on=on,
    )
    resembles(
        answer,
        lambda mass, bits: math.floor(exact(mass, bits)),
        "Right but for the rounding: after a broken number of factors the product is not yet at "
        "the limit, so the next whole number kills it.",
        on=on,
    )
    resembles(
        answer,
        exact,
        "That is where the curve crosses the limit. A number of observations is whole: which one "
        "is the first at the limit or beyond?",
        on=on,
    )
    resembles(
        answer,
        lambda mass, bits: math.floor(exact(mass, bits)) + 1,
        "Right except where the limit is reached exactly: 2**-1075 lies half-way between 0 and the "
        "smallest number, and the tie goes to zero.",
        on=on,
    )
    resembles(
        answer,
        lambda mass, bits: math.ceil((bits + 1) / -math.log(mass)),
        "`bits` counts powers of two, and `math.log` is the natural logarithm. Use `math.log2`, or "
        "multiply by log 2.",
        on=on,
    )
    for wrong in (
        lambda mass, bits: -math.ceil(exact(mass, bits)),
        lambda mass, bits: math.ceil(-exact(mass, bits)),
    ):
        resembles(
            answer, wrong, "The logarithm of a probability is negative: turn the sign round.", on=on
        )
    resembles(
        answer,
        lambda mass, bits: bits + 1,
        "Right for the fair coin. With a mass of 1/4 each factor counts twice: the mass is not used.",
        on=on,
    )
    agrees(
        answer,
        lambda mass, bits: math.ceil(exact(mass, bits)),
        on=on,
        otherwise="The product mass**n is to be at most half of 2**-bits, which is 2**-(bits + 1). "
        "Take log2 of both sides, and mind that log2 of a mass is negative: n is not.",
    )


@exercise(
    "dead-or-alive",
    praise="The log-likelihood decides, and the format's two ends; the model has no say in it.",
)
def _(answer: object) -> None:
    matching(
        answer,
        {
            "earthquakes, float64": "number",
            "alpha particles, float64": "zero",
            "speed in 1000 km/s, float64": "number",
            "speed in 10^6 km/s, float64": "infinite",
            "horse kicks, float32": "zero",
            "speed in 1000 km/s, float32": "infinite",
        },
        hints={
            (
                "earthquakes, float64",
                "zero",
            ): "A bad fit is no reason to vanish: 107 years lose about 3.7 each, some 392 in all. "
            "How far is it to the floor of float64?",
            (
                "alpha particles, float64",
                "number",
            ): "2608 intervals lose about 2 each. Multiply, and compare with 745.",
            (
                "speed in 1000 km/s, float64",
                "zero",
            ): "In thousands of km/s the densities exceed 1, so the product grows.",
            (
                "speed in 1000 km/s, float64",
                "infinite",
            ): "It has 49 digits before the point. The largest number of float64 has 309.",
            (
                "speed in 10^6 km/s, float64",
                "number",
            ): "The log-likelihood is 803.2, and float64 ends at 709.78.",
            (
                "speed in 10^6 km/s, float64",
                "zero",
            ): "Smaller values in a larger unit, and so *larger* densities: the other end.",
            (
                "horse kicks, float32",
                "number",
            ): "In float64 it is 3e-90, a number. Single precision ends at about 1e-45.",
            (
                "speed in 1000 km/s, float32",
                "number",
            ): "6.7e48 is a number in float64. The largest number of float32 is 3.4e38.",
        },
    )


@exercise(
    "log-poisson-mass",
    praise="The factorial was never needed, only its logarithm, and `lgamma` gives that directly.",
)
def _(answer: object) -> None:
    on = [(0, 0.5), (1, 0.5), (3, 2.0), (170, 150.0), (171, 150.0), (1000, 900.0), (10**6, 1e6)]

    def log_mass(k: int, rate: float) -> float:
        return k * math.log(rate) - rate - math.lgamma(k + 1)

    own_work(answer, "`math`")
    steady(
        answer,
        [(10**power, 1e3) for power in (2, 3, 4, 5, 6)],
        "What it costs grows with k: a loop over k, or a factorial, of which a million has more than "
        "five million digits. `math.lgamma(k + 1)` is log k! and takes as long at a million as at 3.",
    )
    resembles(
        answer,
        lambda k, rate: k * math.log(rate) - rate - math.lgamma(k),
        "Off by one: `math.lgamma(k)` is log((k-1)!). The gamma function is one step behind.",
        on=on[1:],
    )
    resembles(
        answer,
        lambda k, rate: k * math.log(rate) - rate,
        "The factorial is still missing: subtract its logarithm.",
        on=on,
    )
    resembles(
        answer,
        lambda k, rate: k * math.log(rate) - math.lgamma(k + 1),
        "The factor exp(-rate) has a logarithm too: it is -rate.",
        on=on,
    )
    resembles(
        answer,
        lambda k, rate: k * math.log(rate) - rate + math.lgamma(k + 1),
        "Look at the sign of the factorial: it stands in the denominator, so its logarithm is "
        "subtracted.",
        on=on,
    )
    resembles(
        answer,
        lambda k, rate: k * math.log(rate) - rate - (k * math.log(k) - k),
        "k log k - k is a rough approximation of log k!: it is 1 off at k = 1 and 7.8 at a "
        "million. `math.lgamma` is exact to rounding.",
        on=on[1:],
    )
    resembles(
        answer,
        lambda k, rate: math.exp(log_mass(k, rate)),
        "That is the mass itself. Leave the logarithm as it is: exp would underflow.",
        on=on,
    )
    agrees(
        answer,
        log_mass,
        on=on,
        otherwise="Take the logarithm of each of the three factors, the power, the exponential and "
        "the factorial, and not of their product: any of them may leave float64 before it does.",
    )


@exercise(
    "log-sum-exp",
    praise="Take the largest out, add what is left, put it back; and where all are impossible, say "
    "so.",
)
def _(answer: object) -> None:
    ordinary = [np.array([0.0, 0.0]), np.array([-1.0, 0.5, 2.0])]
    extreme = [np.array([-1000.0, -1001.0]), np.array([1000.0, 999.0, 998.0])]
    extreme += [np.array([-2000.0, 0.0, 1500.0]), np.array([-np.inf, -2.0])]
    nothing = [np.array([-np.inf, -np.inf])]

    def stable(a: Array) -> float:
        largest = np.max(a)
        if largest == -np.inf:
            return -np.inf
        return float(largest + np.log(np.sum(np.exp(a - largest))))

    resembles(
        answer,
        lambda a: np.log(np.sum(np.exp(a))),
        "That is the definition, and it works for tame numbers. At -1000 every exponential is 0, "
        "at 1000 infinite. Take the largest out first.",
        on=ordinary + extreme + nothing,
    )
    resembles(
        answer,
        lambda a: np.log(np.sum(np.exp(a - np.max(a)))),
        "You took the largest out and did not put it back: add it at the end.",
        on=ordinary + extreme[:3],
    )
    resembles(
        answer,
        lambda a: np.sum(np.exp(a)),
        "That is the sum itself; its logarithm was asked for, and must not pass through it.",
        on=ordinary,
    )
    resembles(
        answer,
        np.sum,
        "You added the logarithms: that is the logarithm of the *product*.",
        on=ordinary,
    )
    resembles(
        answer,
        np.max,
        "The largest term alone is a good guess and no more: two equal terms add log 2 to it.",
        on=ordinary + extreme,
    )
    resembles(
        answer,
        lambda a: np.mean(a) + np.log(np.sum(np.exp(a - np.mean(a)))),
        "Taking out the mean, or the smallest, is allowed, but of -2000, 0 and 1500 the last is still "
        "far above it. Only the largest makes every other exponent negative.",
        on=ordinary + extreme[:3],
    )
    agrees(
        answer,
        stable,
        on=ordinary + extreme,
        otherwise="Take out the largest: what remains are exponentials between 0 and 1.",
    )
    agrees(
        answer,
        stable,
        on=nothing,
        otherwise="When every entry is -inf the sum is zero, and its logarithm is -inf.",
    )
