"""Chapter 11, *Information and efficiency*."""

from __future__ import annotations

import numpy as np

from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import Hint, agrees, number, resembles, same


@exercise(
    "poisson-three-ways",
    praise="One over the rate, three times: a high rate is known less well in counts, and better in per cent.",
)
def _(answer: object) -> None:
    on = [(0.5,), (3.87,), (12.0,)]
    step = {"on": on, "rtol": 1e-4}  # the second difference is an approximation
    resembles(
        answer,
        lambda rate: np.full(3, rate),
        "That is the variance of the counts. The score is k/rate - 1, not k.",
        **step,
    )
    resembles(
        answer,
        lambda rate: np.array([1, -1, 1]) / rate,
        "The middle one is the mean of u' itself. Curvature counts downwards: the mean of -u'.",
        **step,
    )
    resembles(
        answer,
        lambda rate: np.array([0, 1, 1]) / rate,
        "The first is the mean of the score, which is zero. Its variance is the mean of u**2.",
        **step,
    )
    resembles(
        answer,
        lambda rate: np.array([1, 1, 0.5]) / rate,
        "The third is half of what it should be: the divergence is h**2/2 times its curvature, "
        "so both sides, up and down, go into the second difference.",
        on=on,
        rtol=2e-3,
    )
    resembles(
        answer,
        lambda rate: np.array([1 / rate, 1 / rate, 1e-3]),
        "The third is divided by h once. A second difference is divided by h**2.",
        on=on,
        rtol=2e-3,
    )
    unweighted = np.var(np.arange(200.0))
    for middle in (lambda rate: 1 / rate, lambda rate: 99.5 / rate**2):
        resembles(
            answer,
            lambda rate, middle=middle: np.array([unweighted / rate**2, middle(rate), 1 / rate]),
            "Your variance takes all counts as equally probable. Weigh each with its `mass`.",
            **step,
        )
    # A second difference is never the curvature to the last digit: steps or rounding show in it.
    resembles(
        answer,
        lambda rate: np.full(3, 1 / rate),
        "The value is right, and the same formula three times. Compute it from three sides: two sums "
        "over the counts, and a second difference of the divergence.",
        on=on,
        rtol=1e-11,
        atol=0.0,
    )
    agrees(
        answer,
        lambda rate: np.full(3, 1 / rate),
        **step,
        otherwise="Return three numbers; for a rate of 2 each should be near one half.",
    )


@exercise(
    "median-efficiency",
    praise="The height of the density at its centre decides: the Laplace's cusp makes the median its MLE.",
)
def _(answer: object) -> None:
    truth = {
        "Normal": 2 / np.pi,
        "Logistic": 0.75,
        "Laplace": 1.0,
        "Cauchy": 8 / np.pi**2,
    }
    variance = {"Normal": np.pi / 2, "Logistic": 4.0, "Laplace": 1.0, "Cauchy": np.pi**2 / 4}
    if not isinstance(answer, dict) or set(answer) != set(truth):
        raise Hint("Give a dictionary with the four names of the starter as keys.")
    given = {name: number(answer[name], what=f"Your efficiency for the {name}") for name in truth}
    everything = list(given.values())

    def all_are(values: list[float]) -> bool:
        return same(everything, values, rtol=1e-2)

    if all_are([100 * value for value in truth.values()]):
        raise Hint("Right in per cent. Give fractions: an efficient estimator has 1.")
    if all_are([1 / value for value in truth.values()]):
        raise Hint("Upside down: an efficiency is bound over variance, so it is at most 1 here.")
    if all_are(list(variance.values())):
        raise Hint("Those are n times the variances. Divide the bound by them.")
    if all_are([value / 4 for value in truth.values()]):
        raise Hint("A quarter of it: the 4 in 1 / (4 f(m)**2) goes to the top.")
    if all_are([np.sqrt(value) for value in truth.values()]):
        raise Hint("That compares standard errors. Efficiency compares variances: square it.")
    for name, value in truth.items():
        agrees(
            given[name],
            value,
            otherwise=f"That is about the {name}: 4 f(m)**2 over the information.",
            what=f"Your efficiency for the {name}",
        )


@exercise(
    "best-divisor",
    praise="Larger than both: a little bias, always downwards, buys more variance than it costs.",
)
def _(answer: object) -> None:
    on = [(2,), (10,), (57,)]
    resembles(
        answer,
        lambda n: n - 1,
        "That makes it unbiased, which is not the same as near. Minimise variance plus bias squared.",
        on=on,
    )
    resembles(
        answer,
        lambda n: n,
        "That is the MLE. It beats n - 1, and it is not the end: try n = 10 with 9, 10, 11 and 12.",
        on=on,
    )
    resembles(
        answer,
        lambda n: 1 / (n + 1),
        "That is the factor a = 1/c. The question is the divisor c.",
        on=on,
    )
    resembles(
        answer,
        lambda n: n + 2,
        "One too far: set the slope of 2(n-1)a^2 + ((n-1)a - 1)^2 to zero, with care for the 2.",
        on=on,
    )
    agrees(
        answer,
        lambda n: n + 1,
        on=on,
        otherwise="Minimise 2(n-1)a^2 + ((n-1)a - 1)^2 over a = 1/c.",
    )


@exercise(
    "information-about-mean",
    praise="The number changes with the name; relative to the parameter the bound is 1/sqrt(n) for both.",
)
def _(answer: object) -> None:
    on = [(0.25,), (1.0,), (3.0,), (108.0,)]
    resembles(
        answer,
        lambda m: m**2,
        "You put 1/m for the rate, and left the slope unchanged. The score gets a factor d(rate)/dm.",
        on=on,
    )
    resembles(
        answer,
        lambda m: np.ones_like(m),
        "The score gets the factor 1/m**2, so the information gets its square.",
        on=on,
    )
    resembles(
        answer,
        lambda m: 1 / m**4,
        "That is the square of the factor. Multiply it by the information about the rate.",
        on=on,
    )
    resembles(
        answer,
        lambda m: m**6,
        "The factor is d(rate)/dm, and you used dm/d(rate) = -m**2.",
        on=on,
    )
    agrees(
        answer,
        lambda m: 1 / m**2,
        on=on,
        otherwise="The bound it gives, one over it, should be the variance of one observation.",
    )
