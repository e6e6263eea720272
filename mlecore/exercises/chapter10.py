"""Chapter 10, *Consistency*."""

from __future__ import annotations

import numpy as np

from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import Hint, agrees, matching, number, resembles, same


@exercise(
    "intervals-needed",
    praise="Only the number of particles counts: n times the rate is 1 / precision squared.",
)
def _(answer: object) -> None:
    on = [(3.87, 0.01), (0.7, 0.1), (40.0, 0.03)]  # none of them needs a whole number
    resembles(
        answer,
        lambda rate, precision: rate / precision**2,
        "The rate stands on the wrong side: a strong source needs fewer intervals, not more.",
        on=on,
    )
    resembles(
        answer,
        lambda rate, precision: 1 / (rate * precision),
        "The standard error is a square root: square both sides before you solve for n.",
        on=on,
    )
    resembles(
        answer,
        lambda rate, precision: 1 / precision**2,
        "That many *particles* are needed. How many intervals bring them?",
        on=on,
    )
    resembles(
        answer,
        lambda rate, precision: rate / (rate * precision) ** 2 * 2,
        "Twice too many: one standard error is asked for, and it needs no factor.",
        on=on,
    )
    resembles(
        answer,
        lambda rate, precision: 10_000 / rate,
        "That is for one per cent, whatever the precision asked for. Use `precision`.",
        on=on,
    )
    for whole in (np.ceil, np.round, np.floor):
        resembles(
            answer,
            lambda rate, precision, whole=whole: whole(1 / (rate * precision**2)),
            "Right, and rounded to a whole number. Return the number itself.",
            on=on,
        )
    agrees(
        answer,
        lambda rate, precision: 1 / (rate * precision**2),
        on=on,
        otherwise="For a rate of 4 and one per cent it should be 2,500.",
    )


@exercise(
    "hundredfold",
    praise="Slope -1/2 over two decades of n is one decade of error; slope -1 is two.",
)
def _(answer: object) -> None:
    truth = {
        "mean of a Normal sample": 10,
        "mean of a Cauchy sample": 1,
        "MLE of a Cauchy's location": 10,
        "largest of a Uniform sample": 100,
        "sigma of a Normal by maximum likelihood": 10,
    }
    normal, heavy, location, largest, sigma = truth
    if not isinstance(answer, dict) or set(answer) != set(truth):
        raise Hint("Give a dictionary with the five names of the starter as keys.")
    given = {name: number(answer[name], what=f"Your factor for the {name}") for name in truth}
    if same([given[name] for name in truth], [1 / value for value in truth.values()], rtol=1e-3):
        raise Hint(
            "Upside down: an error of a tenth has shrunk by the factor 10. Give the old error over the new."
        )
    if given[normal] == 100:
        raise Hint("Data grow a hundredfold, errors of a mean shrink by the square root of that.")
    if given[heavy] != 1:
        raise Hint("The mean of a Cauchy sample is distributed like a single observation.")
    if given[location] == 1:
        raise Hint("The Cauchy's mean is hopeless, its likelihood is not: look at its line again.")
    if given[largest] != 100:
        raise Hint("The Uniform has an edge: its line has slope -1, so the factor is n's own.")
    if given[sigma] == 100:
        raise Hint("The bias of sigma shrinks like 1/n; its scatter, which is larger, does not.")
    for name, value in truth.items():
        agrees(given[name], value, otherwise=f"That is about the {name}.")


@exercise(
    "identified-or-not",
    praise="One pair of parameters with the same distribution is enough to say no.",
)
def _(answer: object) -> None:
    right = {
        "Normal with mean a + b and sigma 1, parameters a and b": "False",
        "Normal with mean a and standard deviation b > 0": "True",
        "Bernoulli with p = q^2, q between -1 and 1": "False",
        "Poisson with rate exp(c), any real c": "True",
        "Normal with mean a and standard deviation |b|, b not 0": "False",
    }
    ridge, plain, square, link, sign = right
    given = answer
    if isinstance(answer, dict):
        given = {
            name: str(v) if isinstance(v, bool | np.bool_) else v for name, v in answer.items()
        }
    hints = {
        (ridge, "True"): "Compare a = 0, b = 1 with a = 1, b = 0.",
        (plain, "False"): "Two Normals with different means or different widths are different.",
        (square, "True"): "What do q = 0.5 and q = -0.5 have in common?",
        (link, "False"): "exp is one-to-one: different c give different rates.",
        (sign, "True"): "The sign of b is lost: b = 2 and b = -2 give the same Normal.",
    }
    matching(given, right, hints=hints)


@exercise(
    "uniform-gap",
    praise="n points cut the stretch into n + 1 gaps, all alike on average: the rate is n.",
)
def _(answer: object) -> None:
    on = [(1, 1.0), (9, 2.0), (50, 0.3)]
    resembles(
        answer,
        lambda n, b: b / n,
        "Close for large n. But one observation is b/2 away on average, and yours says b.",
        on=on,
    )
    resembles(
        answer,
        lambda n, b: b * n / (n + 1),
        "That is where the largest lies on average. The question is its distance from b.",
        on=on,
    )
    resembles(
        answer,
        lambda n, b: 1 / (n + 1),
        "Right for a stretch of length 1. A stretch twice as long has gaps twice as long.",
        on=on,
    )
    resembles(
        answer,
        lambda n, b: b / np.sqrt(n),
        "That is how a mean behaves. The largest is much closer to its end: integrate (x/b)^n.",
        on=on,
    )
    agrees(answer, lambda n, b: b / (n + 1), on=on, otherwise="Try n = 1: the mean of one is b/2.")
