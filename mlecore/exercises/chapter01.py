"""Chapter 1, *Which distribution made this?*"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mlecore import datasets
from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import (
    Hint,
    NotDone,
    agrees,
    array,
    describe,
    matching,
    number,
    own_work,
    resembles,
)
from mlecore.families import Poisson
from mlecore.fit import Fit


@exercise(
    "poisson-mass",
    praise="A power, a factorial to pay for the order that does not matter, and a factor that "
    "makes the sum over all counts equal 1.",
)
def _(answer: object) -> None:
    on = [(0, 0.5), (1, 0.5), (3, 2.0), (4, 3.8715), (9, 3.8715)]

    def mass(k: int, rate: float) -> float:
        return rate**k * math.exp(-rate) / math.factorial(k)

    own_work(answer, "`math`")
    resembles(
        answer,
        lambda k, rate: rate**k * math.exp(-rate),
        "The factorial is missing: `math.factorial(k)` belongs in the denominator. Without it the "
        "values of all counts add up to more than 1.",
        on=on,
    )
    resembles(
        answer,
        lambda k, rate: rate**k / math.factorial(k),
        "The factor `math.exp(-rate)` is missing, so the values of all counts add up to "
        "`math.exp(rate)` and not to 1.",
        on=on,
    )
    resembles(
        answer,
        lambda k, rate: rate**k * math.exp(rate) / math.factorial(k),
        "Look at the sign in the exponential: probabilities above 1 come from `exp(+rate)`.",
        on=on,
    )
    resembles(
        answer,
        lambda k, rate: math.log(mass(k, rate)),
        "That is the logarithm of the probability. It will be the hero of chapter 3; here, give "
        "the probability itself.",
        on=on,
    )
    resembles(
        answer,
        lambda k, rate: k**rate * math.exp(-k) / math.gamma(rate + 1),
        "The count and the rate have changed places: your function is called as `(k, rate)`.",
        on=on,
    )
    agrees(answer, mass, on=on, otherwise="Try it by hand for k = 0: one factor is left.")


@exercise("normal-by-eye", praise="")
def _(answer: object) -> str:
    if not isinstance(answer, Mapping) or set(answer) != {"mu", "sigma"}:
        raise Hint(f'Give a dictionary with "mu" and "sigma"; your answer is {describe(answer)}.')
    rain = datasets.load("precipitation").sample
    mu, sigma = number(answer["mu"], "Your mu"), number(answer["sigma"], "Your sigma")
    best_mu, best_sigma = rain.mean(), rain.std()
    if not 0 < sigma < math.inf or not abs(mu) < math.inf:
        raise Hint("Sigma is a width and mu a place: sigma is positive, and both are finite.")
    if 0.8 < mu / best_sigma < 1.2 and 0.8 < sigma / best_mu < 1.2:
        raise Hint("Mu and sigma have changed places: mu is the centre, sigma the half-width.")
    if 0.6 < sigma / best_sigma**2 < 1.6:
        raise Hint("That sigma is a variance, in square inches. Its square root is in inches.")
    if 0.85 < sigma / np.ptp(rain) < 1.2:
        raise Hint("Your sigma is the width of the whole picture. Two thirds lie within one sigma.")
    if 36 <= mu <= 41 and sigma < 11:
        raise Hint(
            "You fitted the tall bars. The dry cities on the left belong to the sample too: they "
            "pull the centre down and the width up."
        )
    # The ratio of the two products of 70 densities; the products themselves are near 1e-123.
    standard, best = (rain - mu) / sigma, (rain - best_mu) / best_sigma
    gap = 0.5 * np.sum(standard**2 - best**2) + rain.size * math.log(sigma / best_sigma)
    score = 100 * math.exp(-min(gap, 700.0))
    if score < 20:
        share = f"{score:.0f}" if score >= 1 else "less than 1"
        if abs(mu - best_mu) / best_sigma > abs(math.log(sigma / best_sigma)):
            way = f"centre is too far to the {'right' if mu > best_mu else 'left'}"
        else:
            way = f"curve is too {'wide' if sigma > best_sigma else 'narrow'}"
        raise Hint(f"You score {share} of 100: the {way}. Draw your Normal over the bars.")
    return (
        f"You score {score:.0f} of 100: the product of your 70 densities is {score:.0f}% of the "
        f"best Normal's, whose mu is {best_mu:.4g} and sigma {best_sigma:.4g}."
    )


@exercise(
    "match-families",
    praise="You looked at what can occur before you looked at the shape. The support rules out "
    "most families at once.",
)
def _(answer: object) -> None:
    matching(
        answer,
        {
            "horse_kicks": "Poisson",
            "air_conditioning": "Exponential",
            "challenger": "Bernoulli",
            "blood_groups": "Categorical",
            "bearings": "Gamma",
            "michelson": "Normal",
        },
        hints=_CONFUSIONS,
    )


_CONFUSIONS = {
    ("bearings", "Exponential"): "An Exponential is highest at zero: most bearings would fail at "
    "once. These bars rise before they fall.",
    (
        "air_conditioning",
        "Gamma",
    ): "A Gamma would serve, for the Exponential is one of its members. "
    "But each family is used once: which of the two sets of times must rise before it falls?",
    ("bearings", "Normal"): "A lifetime is never negative, and the bars trail off to the right. "
    "A Normal expects some bearings to fail before they are mounted.",
    ("air_conditioning", "Normal"): "Hours between failures are never negative; most are short and "
    "a few very long. A Normal would put a fifth of its area below zero hours.",
    ("air_conditioning", "Poisson"): "Hours between failures are a measured time, not a count. If "
    "failures come at a steady rate, their number in a week is Poisson. What is the wait?",
    ("bearings", "Poisson"): "Millions of revolutions are measured, with a fractional part. "
    "A Poisson gives whole numbers.",
    ("michelson", "Poisson"): "Michelson's values look like whole numbers, but they are measured "
    "speeds, rounded. Nothing is counted.",
    ("michelson", "Exponential"): "An Exponential is highest at zero and falls from there. "
    "Michelson's values heap around 850, to both sides.",
    ("michelson", "Gamma"): "Michelson's values lie on both sides of a centre, evenly; the zero of "
    "the scale, 299,000 km/s, is only a convention. Which set of times needs the Gamma?",
    ("horse_kicks", "Normal"): "Deaths are 0, 1, 2, ...: a density spreads its area over the "
    "values between, which cannot occur.",
    ("horse_kicks", "Categorical"): "A Categorical has one free number for each bar but the last, "
    "and ends at 4 deaths. A count without an upper end has a family of its own.",
    ("horse_kicks", "Exponential"): "The bars fall, as an Exponential does, but deaths are counted "
    "and not measured: 0.4 deaths cannot occur.",
    ("challenger", "Poisson"): "Distress is recorded as 0 or 1: a flight cannot score 2.",
    ("challenger", "Categorical"): "Two outcomes, yes and no, have a family of their own.",
    ("blood_groups", "Poisson"): "Blood groups are names. You could shuffle the four bars, and a "
    "family of counts would notice.",
    ("blood_groups", "Bernoulli"): "There are four groups, and a Bernoulli has two outcomes.",
}


@exercise(
    "horse-kicks-rate",
    praise="122 deaths in 200 corps-years: 0.61 deaths a corps-year.",
)
def _(answer: object) -> None:
    kicks = datasets.load("horse_kicks")
    if answer is ...:
        raise NotDone
    if isinstance(answer, Fit) and not isinstance(answer.dist, Poisson):
        family = type(answer.dist).__name__
        raise Hint(f"Your fit is of the family {family}. The exercise asks for a Poisson.")
    if not isinstance(answer, Fit):
        raise Hint(
            "Give the fit itself, what `mle.Poisson.fit` returns: the rate is one of the things that "
            f"it knows. Your answer is {describe(answer)}."
        )
    rate = answer.params["rate"]
    resembles(
        rate,
        kicks.values.mean(),
        "You fitted the column 0, 1, 2, 3, 4 as if each had been seen once, and got its mean, 2. "
        "Weight each value by how often it occurred.",
    )
    resembles(
        rate,
        kicks.frequencies.mean(),
        "You fitted the frequencies, as if they were the counts. The counts are the values.",
    )
    resembles(
        rate,
        np.average(kicks.frequencies, weights=np.maximum(kicks.values, 1e-12)),
        "The values and their weights have changed places.",
    )
    resembles(
        rate,
        196 / 280,
        "That is the rate with all fourteen corps. The table here leaves four of them out.",
    )
    agrees(
        rate,
        kicks.sample.mean(),
        what="The rate of your fit",
        otherwise="The counts are `kicks.values`, and each was seen `kicks.frequencies` times.",
    )
    agrees(
        answer.n,
        kicks.n,
        what="The number of corps-years in your fit",
        otherwise="Use the frequencies as they are: a fit of shares knows the rate and no error.",
    )


@exercise(
    "horse-kicks-expected",
    praise="Expected 108.7, 66.3, 20.2, 4.1, 0.6 beside observed 109, 65, 22, 3, 1: one number, "
    "the rate, has laid out the whole table.",
)
def _(answer: object) -> None:
    kicks = datasets.load("horse_kicks")
    rate = kicks.sample.mean()
    mass = np.array([rate**k * math.exp(-rate) / math.factorial(k) for k in kicks.values])
    # Five numbers that somebody may have typed with one decimal: half a unit of it is near enough.
    typed = {"rtol": 0.0, "atol": 0.0501}
    values = array(answer, mass.shape, what="Your list of expected numbers")
    resembles(
        values,
        kicks.frequencies,
        "Those are the observed numbers. What would the Poisson with rate 0.61 lead you to expect?",
    )
    resembles(
        values,
        mass,
        "Those are the probabilities. How many of 200 corps-years do they make?",
        rtol=0.0,
        atol=1e-3,
    )
    resembles(
        values,
        mass * kicks.sample.sum(),
        "You multiplied by the 122 deaths. The probabilities are shared out over corps-years.",
        **typed,
    )
    at_least_four = np.append(mass[:-1], 1 - mass[:-1].sum())
    resembles(
        values,
        at_least_four * kicks.n,
        "All but the last are right. Your last value is for 4 or more; give that for exactly 4.",
        rtol=0.0,
        atol=0.02,
    )
    agrees(values, kicks.n * mass, otherwise="The probability of each number, times 200.", **typed)
