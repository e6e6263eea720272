"""Chapter 4, *Set the slope to zero*."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import (
    Hint,
    agrees,
    choice,
    describe,
    number,
    own_work,
    resembles,
    same,
    steady,
)

Array = np.ndarray


@exercise(
    "exponential-score",
    praise="Zero at one over the mean of the data, positive below it and negative above.",
)
def _(answer: object) -> None:
    x = np.array([3.0, 43.0, 91.0, 230.0])
    on = [(rate, x) for rate in (0.002, 0.01, 0.05, 1.0)] + [(0.5, np.array([1.0, 6.0]))]
    own_work(answer)
    resembles(
        answer,
        lambda rate, x: x.size * np.log(rate) - rate * x.sum(),
        "That is the log-likelihood itself, and right. Now its slope in the rate.",
        on=on,
    )
    resembles(
        answer,
        lambda rate, x: 1 / rate - x.sum(),
        "The log of the rate occurs once for each observation, so 1/rate does too: the n got lost.",
        on=on,
    )
    resembles(
        answer,
        lambda rate, x: 1 / rate - x.mean(),
        "That is the score per observation. The score of the sample is the sum of them.",
        on=on,
    )
    resembles(
        answer,
        lambda rate, x: 1 / rate - x,
        "Those are the slopes of the single observations. Add them up.",
        on=on,
    )
    resembles(
        answer,
        lambda rate, x: -x.size * rate + x.sum() * rate**2,
        "That is the slope in the mean, written with the rate. Differentiate with respect to the rate.",
        on=on,
    )
    agrees(
        answer,
        lambda rate, x: x.size / rate - x.sum(),
        on=on,
        otherwise="Check it with (l(rate + h) - l(rate - h)) / (2h), l being the log-likelihood.",
    )


@exercise(
    "exponential-mean-score",
    praise="The top is at the mean of the data again. The shape is another: beyond twice the mean "
    "this curve bends upwards.",
)
def _(answer: object) -> None:
    x = np.array([3.0, 43.0, 91.0, 230.0])
    on = [(m, x) for m in (40.0, 91.75, 150.0, 300.0)] + [(2.0, np.array([1.0, 6.0]))]

    def score(m: float, x: Array) -> float:
        return float(-x.size / m + x.sum() / m**2)

    resembles(
        answer,
        lambda m, x: x.size / m - x.sum(),
        "That is the slope in the rate, with m written in its place. Write the log-likelihood in "
        "terms of m first: its density is exp(-x/m)/m.",
        on=on,
    )
    resembles(
        answer,
        lambda m, x: x.size * m - x.sum(),
        "That is the slope in the rate at 1/m. A slope in m needs the derivative with respect to "
        "m: by the chain rule a factor -1/m^2 is missing.",
        on=on,
    )
    resembles(
        answer,
        lambda m, x: -1 / m + x.sum() / m**2,
        "The -log m occurs once for each observation, so its derivative does too: the n got lost.",
        on=on,
    )
    resembles(
        answer,
        lambda m, x: -x.size / m - x.sum() / m**2,
        "Look at the sign of the second term: -x/m rises towards zero as m grows, so its slope is "
        "positive.",
        on=on,
    )
    resembles(
        answer,
        lambda m, x: -x.size / m + x.sum() / m,
        "The derivative of -x/m is not x/m: the exponent of m grows by one.",
        on=on,
    )
    resembles(
        answer,
        lambda m, x: -x.size * np.log(m) - x.sum() / m,
        "That is the log-likelihood itself, and right. Now its slope in m.",
        on=on,
    )
    resembles(
        answer,
        lambda m, x: score(m, x) / x.size,
        "That is the score per observation. The score of the sample is the sum of them.",
        on=on,
    )
    resembles(
        answer,
        lambda m, x: -1 / m + x / m**2,
        "Those are the slopes of the single observations. Add them up.",
        on=on,
    )
    agrees(
        answer,
        score,
        on=on,
        otherwise="Check it with (l(m + h) - l(m - h)) / (2h), l being the log-likelihood.",
    )


@exercise(
    "variance-divisors",
    praise="n - 1 is right on average, n explains the sample best, and n + 1 is nearest in squared "
    "error. Three aims, three answers.",
)
def _(answer: object) -> None:
    right = {"unbiased": 4.0, "maximum likelihood": 5.0, "smallest squared error": 6.0}
    if not isinstance(answer, Mapping) or set(answer) != set(right):
        raise Hint(
            'Give a dictionary with "unbiased", "maximum likelihood" and "smallest squared error"; '
            f"your answer is {describe(answer)}."
        )
    given = {name: number(answer[name], f"Your divisor for {name}") for name in right}
    if given["unbiased"] == 5 and given["maximum likelihood"] == 4:
        raise Hint(
            "The first two have changed places: the division by n came from the slope, and was too "
            "small on average."
        )
    if given["unbiased"] != 4:
        raise Hint(
            "Unbiased means right on average. The mean of the estimates with d = 5 was 0.8: which "
            "d brings it to 1?"
        )
    if given["maximum likelihood"] != 5:
        raise Hint(
            "Maximum likelihood divides by the number of observations: see the slope in sigma."
        )
    if given["smallest squared error"] == 4:
        raise Hint(
            "Freedom from bias is not the least error: the squared error is the squared bias plus "
            "the variance, and dividing by more makes the variance smaller."
        )
    if given["smallest squared error"] == 5:
        raise Hint(
            "Better than 4, and not the best: go on along the row of the simulation, one further."
        )
    if given["smallest squared error"] != 6:
        raise Hint(
            "That goes too far: the bias now costs more than the steadiness brings. Let the "
            "simulation decide between the whole numbers from 3 to 8."
        )


@exercise(
    "flat-spot",
    praise="Slope and second derivative are zero and the curve goes on rising: only the sign of "
    "the slope on both sides could tell.",
)
def _(answer: object) -> None:
    keys = ("top", "flat", "second derivative at flat", "kind of flat")
    if not isinstance(answer, Mapping) or set(answer) != set(keys):
        raise Hint(
            f'Give a dictionary with "{keys[0]}", "{keys[1]}", "{keys[2]}" and "{keys[3]}"; your '
            f"answer is {describe(answer)}."
        )
    top, flat, second = (number(answer[key], f'Your "{key}"') for key in keys[:3])
    if same(top, 0.512):
        raise Hint(
            "0.512 is the best *mean*. The mean is theta**3, and by invariance the best theta is "
            "its cube root."
        )
    if same(top, 0.512**3):
        raise Hint("You cubed where you should have taken the cube root: theta**3 is the mean.")
    if same(top, 0.0) or same(flat, 0.8):
        raise Hint("Top and flat have changed places: compare the log-likelihood at the two.")
    if not same(top, 0.8):
        raise Hint("At the top the mean of the model, theta**3, is the mean of the data.")
    if not same(flat, 0.0):
        raise Hint("The slope has two factors. The second is zero at the top; when is the first?")
    if same(second, 6 * 4 * 0.512):
        raise Hint("A factor theta is missing: every term of the second derivative has one.")
    if not same(second, 0.0):
        raise Hint(
            "Differentiate 3 theta^2 sum(x) - 3 n theta^5 once more, and put in theta = 0: every "
            "term keeps a theta."
        )
    kind = choice(answer["kind of flat"], ["maximum", "minimum", "neither"], what="The kind")
    if kind == "maximum":
        raise Hint(
            "The second derivative is not positive, and that is not enough: look at the slope a "
            "little to the right of 0."
        )
    if kind == "minimum":
        raise Hint("At a minimum the curve falls before it rises. What is the slope left of 0?")


@exercise(
    "fish-ratio",
    praise="All factorials are gone, and with them the question of their size.",
)
def _(answer: object) -> None:
    on = [(300, 60, 50, 7), (428, 60, 50, 7), (429, 60, 50, 7), (1000, 60, 50, 7), (40, 10, 8, 2)]

    def ratio(N: int, M: int, n: int, k: int) -> float:
        return (N - M) * (N - n) / ((N - M - n + k) * N)

    resembles(
        answer,
        lambda N, M, n, k: 1 / ratio(N, M, n, k),
        "Upside down: you have L(N - 1) / L(N).",
        on=on,
    )
    resembles(
        answer,
        lambda N, M, n, k: ratio(N + 1, M, n, k),
        "One step too far: that is L(N + 1) / L(N).",
        on=on,
    )
    resembles(
        answer,
        lambda N, M, n, k: (N - M) / (N - M - n + k),
        "The denominator of L depends on N too: the binomial coefficient of N and n.",
        on=on,
    )
    resembles(
        answer,
        lambda N, M, n, k: (N - M) * N / ((N - M - n + k) * (N - n)),
        "The coefficient of N and n stands in the denominator of L, so its ratio must be turned "
        "over.",
        on=on,
    )
    resembles(
        answer,
        lambda N, M, n, k: (N - M) * (N - n) / ((N - M - n - k) * N),
        "Look at what is left unmarked in the second catch: n - k fish, so N - M - (n - k).",
        on=on,
    )
    steady(
        answer,
        [(4 * s, s, s, s // 5) for s in (100, 1_000, 10_000, 50_000, 1_000_000)],
        "What it costs grows with the lake: somewhere a number of thousands of digits is built. Cancel "
        "the factorials by hand first; four numbers and a division are left.",
    )
    agrees(
        answer,
        ratio,
        on=on,
        otherwise="Try it with `math.comb` on numbers: comb(M, k) * comb(N - M, n - k) / comb(N, n).",
    )
    agrees(
        answer,
        ratio,
        on=[(4 * 10**12, 10**12, 10**12, 2 * 10**11)],
        otherwise="Right for a small lake. Differences of large logarithms lose their digits here: "
        "cancel the factorials by hand.",
    )


@exercise(
    "fish-estimate",
    praise="The likelihood rises as long as N is at most M n / k, and the last whole number of "
    "that kind is the best.",
)
def _(answer: object) -> None:
    on = [(60, 50, 7), (100, 40, 9), (23, 17, 5), (60, 50, 11)]
    resembles(
        answer,
        lambda M, n, k: M * n / k,
        "A lake holds a whole number of fish. Which of the two neighbours has the higher "
        "likelihood?",
        on=on,
    )
    resembles(
        answer,
        lambda M, n, k: round(M * n / k),
        "Rounded to the nearer one, which may be the wrong side: the ratio L(429) / L(428) of this "
        "lake is below 1.",
        on=on,
    )
    resembles(
        answer,
        lambda M, n, k: M * n // k + 1,
        "Rounded to the wrong side: the ratio L(429) / L(428) of this lake is below 1.",
        on=on,
    )
    resembles(
        answer,
        lambda M, n, k: M + n - k,
        "That is the number of different fish you have held in your hands: the least that the "
        "lake must hold, and not the best explanation.",
        on=on,
    )
    resembles(
        answer,
        lambda M, n, k: M * k,
        "M k is not in it: M is to N as k is to n.",
        on=on,
    )
    resembles(
        answer,
        lambda M, n, k: M * n // k - 1,
        "One too few: the ratio L(428) / L(427) of this lake is still above 1.",
        on=on,
    )
    agrees(
        answer,
        lambda M, n, k: M * n // k,
        on=on,
        rtol=1e-9,
        otherwise="Solve (N - M)(N - n) >= (N - M - n + k) N for N: most of it cancels.",
    )
