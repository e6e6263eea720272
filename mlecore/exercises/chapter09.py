"""Chapter 9, *What the data boil down to*."""

from __future__ import annotations

import numpy as np
from scipy import special

from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import agrees, resembles


@exercise(
    "first-given-total",
    praise="A Binomial with t trials and p = 1/n: the rate has cancelled, so the total is sufficient.",
)
def _(answer: object) -> None:
    on = [(0, 20, 10), (3, 12, 3), (5, 9, 2), (1, 1, 7)]

    def binomial(k: int, t: int, p: float) -> float:
        return float(special.comb(t, k) * p**k * (1 - p) ** (t - k))

    resembles(
        answer,
        lambda k, t, n: np.exp(special.xlogy(k, t / n) - t / n - special.gammaln(k + 1)),
        "That is a Poisson with the mean t/n, as if the total were not known. It could exceed t.",
        on=on,
    )
    resembles(
        answer,
        lambda k, t, n: binomial(k, t, 0.5),
        "One half would be right for two boxes. Here are n, all alike.",
        on=on,
    )
    resembles(
        answer,
        lambda k, t, n: (1 / n) ** k * (1 - 1 / n) ** (t - k),
        "That is the probability of one way to do it. Which k of the t balls go into the first box?",
        on=on,
    )
    resembles(
        answer,
        lambda k, t, n: 1 / (t + 1),
        "The counts from 0 to t are not equally probable: the balls are, ball by ball.",
        on=on,
    )
    agrees(
        answer,
        lambda k, t, n: binomial(k, t, 1 / n),
        on=on,
        otherwise="Each of t balls lands in the first of n boxes with probability 1/n.",
    )


@exercise(
    "gamma-natural-means",
    praise="The gradient of A. The maximum sets these two equal to the means of log x and x.",
)
def _(answer: object) -> None:
    on = [(2.0, 3.0), (0.5, 0.1), (4.7, 0.135), (30.0, 2.0)]
    resembles(
        answer,
        lambda shape, rate: np.array([np.log(shape / rate), shape / rate]),
        "The first is the logarithm of the mean. The mean of the logarithm is smaller: differentiate A.",
        on=on,
    )
    resembles(
        answer,
        lambda shape, rate: np.array([special.digamma(shape), shape / rate]),
        "The first lacks a term: A has a second summand with the shape in it.",
        on=on,
    )
    resembles(
        answer,
        lambda shape, rate: np.array([special.digamma(shape) - np.log(rate), -shape / rate]),
        "The second has the wrong sign: the natural parameter is minus the rate.",
        on=on,
    )
    resembles(
        answer,
        lambda shape, rate: np.array([special.digamma(shape) + np.log(rate), shape / rate]),
        "Look at the sign of the logarithm of the rate: a larger rate makes x smaller.",
        on=on,
    )
    resembles(
        answer,
        lambda shape, rate: np.array([shape / rate, special.digamma(shape) - np.log(rate)]),
        "Right, and the other way round: first the mean of log x, then that of x.",
        on=on,
    )
    agrees(
        answer,
        lambda shape, rate: np.array([special.digamma(shape) - np.log(rate), shape / rate]),
        on=on,
        otherwise="Differentiate A by the shape, and by minus the rate.",
    )


@exercise(
    "merge-laboratories",
    praise="Sums and sums of squares add; the distance of the two means goes into the scatter of all.",
)
def _(answer: object) -> None:
    on = [
        (3.0, 2.0, 1.0, 5.0, 4.0, 1.0),
        (10.0, -1.0, 2.0, 2.0, 7.0, 0.5),
        (4.0, 3.0, 0.0, 6.0, 3.5, 2.0),
    ]

    def merged(n1: float, m1: float, s1: float, n2: float, m2: float, s2: float) -> np.ndarray:
        mean = (n1 * m1 + n2 * m2) / (n1 + n2)
        inside = n1 * (s1**2 + (m1 - mean) ** 2) + n2 * (s2**2 + (m2 - mean) ** 2)
        return np.array([mean, np.sqrt(inside / (n1 + n2))])

    def mean_of(n1: float, m1: float, n2: float, m2: float) -> float:
        return (n1 * m1 + n2 * m2) / (n1 + n2)

    resembles(
        answer,
        lambda n1, m1, s1, n2, m2, s2: np.array([(m1 + m2) / 2, (s1 + s2) / 2]),
        "That is the average of the reports. The larger laboratory has more to say.",
        on=on,
    )
    resembles(
        answer,
        lambda n1, m1, s1, n2, m2, s2: np.array(
            [mean_of(n1, m1, n2, m2), np.sqrt((n1 * s1**2 + n2 * s2**2) / (n1 + n2))]
        ),
        "The mean is right. The standard deviation is that inside the laboratories: their means differ as well.",
        on=on,
    )
    resembles(
        answer,
        lambda n1, m1, s1, n2, m2, s2: np.array(
            [mean_of(n1, m1, n2, m2), (n1 * s1 + n2 * s2) / (n1 + n2)]
        ),
        "The mean is right. Standard deviations do not add, and squares do.",
        on=on,
    )
    resembles(
        answer,
        lambda *reports: merged(*reports) ** np.array([1, 2]),
        "The second is the variance. Take its root.",
        on=on,
    )
    agrees(
        answer,
        merged,
        on=on,
        otherwise="Add the sums of x and of x squared, then divide by the number of all.",
    )


@exercise(
    "unbiased-absurdity",
    praise="Plus or minus one for a probability: unbiased, the best of the unbiased, and useless.",
)
def _(answer: object) -> None:
    on = [(0,), (1,), (2,), (3,), (7,)]
    resembles(
        answer,
        lambda x: np.exp(-2.0 * x),
        "That is the MLE, and its mean is too large. Compare the coefficients of a power series.",
        on=on,
    )
    resembles(
        answer,
        lambda x: float(x == 0),
        "That has the mean P(X = 0), which is exp(-rate). You need exp(-2 rate).",
        on=on,
    )
    resembles(
        answer,
        lambda x: np.exp(-float(x)),
        "That is an estimate of exp(-rate), and not unbiased for that either.",
        on=on,
    )
    resembles(
        answer,
        lambda x: (-1.0) ** x / special.factorial(x),
        "You have the coefficient with its 1/x!. The mass has that already.",
        on=on,
    )
    resembles(
        answer,
        lambda x: (-2.0) ** x,
        "You expanded exp(-2 rate). Multiply both sides by exp(rate) first.",
        on=on,
    )
    agrees(
        answer,
        lambda x: (-1.0) ** x,
        on=on,
        otherwise="Its mean, a sum over all counts, must be exp(-2 rate) for every rate.",
    )
