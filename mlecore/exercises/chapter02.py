"""Chapter 2, *The likelihood function*."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlecore import datasets
from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import Hint, agrees, call, number, own_work, resembles, same

Array = np.ndarray
# Of a number that the reader is asked to compute: more digits than a page prints.
DIGITS = 1e-6


@exercise(
    "coin-likelihood",
    praise="A head brings a factor p, a tail a factor 1 - p, and independence lets you multiply.",
)
def _(answer: object) -> None:
    tosses = np.array([1, 0, 1, 1, 0])
    on: list[Any] = [(p, tosses) for p in (0.3, 0.6, 0.65)]
    on += [(0.0, tosses), (0.0, np.array([0, 0, 0])), (0.9, np.array([1, 1]))]

    def heights(p: float, x: Array) -> Array:
        return np.where(x == 1, p, 1 - p)

    def likelihood(p: float, x: Array) -> float:
        return float(np.prod(heights(p, x)))

    own_work(answer)
    resembles(
        answer,
        lambda p, x: math.comb(x.size, int(x.sum())) * likelihood(p, x),
        "That is the probability of the *number* of heads. The sequence has one order, so the "
        "binomial coefficient goes; Step 2 says that nothing else is lost with it.",
        on=on,
    )
    resembles(
        answer,
        lambda p, x: heights(p, x).sum(),
        "You added the masses. The probability that independent things all happen is a product.",
        on=on,
    )
    resembles(
        answer,
        lambda p, x: p ** x.sum(),
        "The heads are there and the tails are missing: each tail has a factor of its own.",
        on=on,
    )
    resembles(
        answer,
        lambda p, x: p ** (x.size - x.sum()) * (1 - p) ** x.sum(),
        "Heads and tails have changed places: a head is a 1 and has probability p.",
        on=on,
    )
    resembles(
        answer,
        heights,
        "Those are the masses of the single tosses. One step is left: multiply them.",
        on=on,
    )
    resembles(
        answer,
        lambda p, x: np.log(heights(p, x)).sum(),
        "That is the logarithm of the likelihood, which chapter 3 will need. Here, the product.",
        on=on,
    )
    _right_but_at_zero(answer, likelihood, inside=on[:3], edge=on[3:5])
    agrees(answer, likelihood, on=on, otherwise="Try it by hand with one head and one tail.")


def _right_but_at_zero(answer: object, truth: Any, inside: list[Any], edge: list[Any]) -> None:
    """Stop where the way by logarithms multiplies 0 by log 0, as for tails at p = 0."""
    try:
        right = same(answer, truth, on=inside)
        broken = right and np.isnan([np.max(call(answer, *arguments)) for arguments in edge]).any()
    except (Hint, TypeError, ValueError):
        return  # `agrees` says why
    if broken:
        raise Hint(
            "Right wherever p is between 0 and 1. At p = 0 your logarithms meet 0 * log 0, which the "
            "computer does not know to be 0: a tail has the factor 1 there, so pick the logarithm "
            "with np.where, or multiply the masses themselves."
        )


@exercise(
    "likelihood-area",
    praise="It is 1/21, and it is 1/21 for every number of heads: a likelihood need not enclose "
    "the area 1, and its area says nothing about the coin.",
)
def _(answer: object) -> None:
    sequence = math.gamma(14) * math.gamma(8) / math.gamma(22)
    resembles(
        answer,
        1.0,
        "Why should it be 1? A row of the table adds up to 1. You were asked about a column: "
        "let the computer add it up.",
    )
    resembles(
        answer,
        sequence,
        "That is the area for the sequence of tosses. The report of 13 heads has 77520 times "
        "as much: use `report`.",
    )
    resembles(
        answer,
        1 / 20,
        "There are 20 tosses, and one more possible number of heads than that. Add up the curve.",
    )
    resembles(
        answer,
        math.comb(20, 13) * 0.65**13 * 0.35**7,
        "That is the height of the top. The area takes all p from 0 to 1 into account.",
    )
    if number(answer) > 1:
        raise Hint(
            "The curve is at most 0.185 high and 1 long, so the area is far below 1. The steps have a "
            "width: hand the grid to `np.trapezoid` as well, after the heights."
        )
    way = "Let p run over the whole way from 0 to 1, in small steps."
    agrees(answer, 1 / 21, otherwise=way, rtol=DIGITS)


@exercise(
    "unit-likelihood",
    praise="A hundred densities, each multiplied by the unit: the unit that makes their product 1 "
    "is the hundredth root of its reciprocal, and a landmark of nothing.",
)
def _(answer: object) -> None:
    light = datasets.load("michelson").sample
    width = light.std()
    # log L of the best Normal is -n (log(sigma sqrt(2 pi)) + 1/2), and one n-th of it gives the unit.
    unit = width * math.sqrt(2 * math.pi * math.e)
    resembles(
        answer,
        1 / unit,
        "Upside down: larger units make larger densities, and in units of 1 km/s the product is "
        "far too small.",
    )
    resembles(
        answer,
        unit**100,
        "That factor raises the product to 1. It is the factor of a hundred densities together: "
        "how much belongs to each?",
    )
    resembles(
        answer,
        math.sqrt(1000.0),
        "Half-way between the units is not half-way between the likelihoods: their exponents are "
        "-252 and 48.",
    )
    resembles(
        answer,
        width,
        "You gave the sigma that fits best, in km/s. In that unit each density is lower than 1.",
    )
    agrees(answer, unit, otherwise="Solve c**100 * highest = 1 for c.", rtol=DIGITS)


@exercise(
    "likelihood-of-mean",
    praise="A new name for the parameter and nothing else: no derivative, no further factor.",
)
def _(answer: object) -> None:
    hours = np.array([3.0, 43.0, 91.0, 230.0])
    on = [(m, hours) for m in (50.0, 91.75, 200.0)] + [(2.0, np.array([1.0, 6.0]))]

    def likelihood(m: float, x: Array) -> float:
        return float(np.prod(np.exp(-x / m) / m))

    own_work(answer)
    resembles(
        answer,
        lambda m, x: likelihood(m, x) / m**2,
        "You brought the factor 1/m^2 that a density of the parameter would need. The likelihood "
        "is a density of the data, and x was not renamed.",
        on=on,
        atol=0,
    )
    resembles(
        answer,
        lambda m, x: likelihood(1 / m, x),
        "That is the likelihood of the rate with m written in its place. Where the rate stood "
        "there should be 1/m.",
        on=on,
        atol=0,
    )
    resembles(
        answer,
        lambda m, x: math.exp(-x.sum() / m) / m,
        "The factor 1/m occurs once for each observation, and you have it once in all.",
        on=on,
        atol=0,
    )
    resembles(
        answer,
        lambda m, x: np.exp(-x / m) / m,
        "Those are the densities of the single observations. Multiply them.",
        on=on,
        atol=0,
    )
    resembles(
        answer,
        lambda m, x: math.exp(-x.sum() / m),
        "The exponentials are right. Each density also has a factor in front, the rate 1/m.",
        on=on,
        atol=0,
    )
    agrees(
        answer,
        likelihood,
        on=on,
        atol=0,
        otherwise="Try it by hand for one observation and m = 2.",
    )
