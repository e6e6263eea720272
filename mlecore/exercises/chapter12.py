"""Chapter 12, *How sure are you?*."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import Hint, agrees, array, call, resembles
from mlecore.families import Binomial

_Z = 1.959964


@exercise(
    "se-log-odds-ratio",
    praise="The slope 1/(p(1-p)) meets a standard error with p(1-p) under its root, and variances add.",
)
def _(answer: object) -> None:
    # The first group scatters more, so that a difference of variances has a root to be found out by.
    on = [(0.5, 20, 0.4, 30), (0.3, 100, 0.76, 556), (0.1, 50, 0.2, 80)]

    def both(one: Any) -> Any:
        """The variances of two groups, added, under a root."""
        return lambda p, n, q, m: np.sqrt(one(p, n) + one(q, m))

    def right(p: float, n: int) -> float:
        return 1 / (n * p * (1 - p))

    resembles(
        answer,
        both(lambda p, n: p * (1 - p) / n),
        "That is for the difference of the proportions. Multiply each error by the slope of its log odds.",
        on=on,
    )
    resembles(
        answer,
        lambda p, n, q, m: right(p, n) + right(q, m),
        "That is the variance. A standard error is its square root.",
        on=on,
    )
    resembles(
        answer,
        lambda p, n, q, m: np.sqrt(right(p, n)) + np.sqrt(right(q, m)),
        "You added the standard errors. The groups are independent: their variances add.",
        on=on,
    )
    resembles(
        answer,
        lambda p, n, q, m: np.sqrt(right(p, n) - right(q, m)),
        "You took the variances' difference. The slope is squared, and the minus sign with it: they add.",
        on=on,
    )
    resembles(
        answer,
        both(lambda p, n: p / (1 - p) ** 3 / n),
        "That is for the odds, p/(1-p). The question is about their logarithm.",
        on=on,
    )
    resembles(
        answer,
        both(lambda p, n: (1 - p) / (n * p)),
        "That is for log(p). The log odds have log(1-p) in them too, and its slope adds.",
        on=on,
    )
    agrees(
        answer,
        both(right),
        on=on,
        otherwise="For p = q = 0.5 and n = m = 200 it should be 0.2.",
    )


def _log_scale(x: np.ndarray) -> list[float]:
    rate, factor = 1 / np.mean(x), np.exp(_Z / np.sqrt(len(x)))
    return [rate / factor, rate * factor]


@exercise(
    "log-scale-interval",
    praise="The estimate divided and multiplied by one factor: it cannot leave the positive numbers.",
)
def _(answer: object) -> None:
    on = [(np.array([3.0, 5.0, 100.0]),), (np.array([0.2, 0.1, 0.9, 0.4, 0.1]),)]
    loose = {"on": on, "rtol": 1e-3}  # 1.96 is as good as 1.959964

    def identity(x: np.ndarray) -> list[float]:
        rate = 1 / np.mean(x)
        return [rate - _Z * rate / np.sqrt(len(x)), rate + _Z * rate / np.sqrt(len(x))]

    def logarithms(x: np.ndarray) -> list[float]:
        return list(np.log(_log_scale(x)))

    def wrong_error(x: np.ndarray) -> list[float]:
        rate = 1 / np.mean(x)
        factor = np.exp(_Z * rate / np.sqrt(len(x)))
        return [rate / factor, rate * factor]

    def for_mean(x: np.ndarray) -> list[float]:
        return [1 / end for end in _log_scale(x)[::-1]]

    def swapped(x: np.ndarray) -> list[float]:
        return _log_scale(x)[::-1]

    resembles(answer, identity, "That is the Wald interval for the rate itself.", **loose)
    resembles(answer, logarithms, "These are the ends for log(rate): turn them back.", **loose)
    resembles(
        answer,
        wrong_error,
        "You used the standard error of the rate. That of its logarithm is se/rate, 1/sqrt(n).",
        **loose,
    )
    resembles(answer, for_mean, "That is the interval for the mean, 1/rate.", **loose)
    resembles(answer, swapped, "The ends are the wrong way round: low first.", **loose)
    agrees(
        answer,
        _log_scale,
        **loose,
        otherwise="The ratio of each end to the estimate should be exp(-z/sqrt(n)) and exp(z/sqrt(n)).",
    )


def _wald(n: int, p: float, *, ends: bool = False, z: float = _Z) -> float:
    k = np.arange(n + 1)
    share = k / n
    reach = z * np.sqrt(share * (1 - share) / n)
    held = (share - reach <= p) & (p <= share + reach)
    if ends:
        held[[0, n]] = True
    else:
        held[[0, n]] = False
    return float(np.sum(Binomial(n=n, p=p).pmf(k)[held]))


@exercise(
    "wald-coverage",
    praise="No simulation, no error bar: the n + 1 counts are all there are.",
)
def _(answer: object) -> None:
    on = [(20, 0.1), (20, 0.2), (36, 0.2), (50, 0.03)]

    def share_of_counts(n: int, p: float) -> float:
        k = np.arange(n + 1)
        share = k / n
        reach = _Z * np.sqrt(share * (1 - share) / n)
        held = (share - reach <= p) & (p <= share + reach)
        return float(np.mean(held))

    def fixed_error(n: int, p: float) -> float:
        k = np.arange(n + 1)
        held = np.abs(k / n - p) <= _Z * np.sqrt(p * (1 - p) / n)
        return float(np.sum(Binomial(n=n, p=p).pmf(k)[held]))

    resembles(
        answer,
        lambda n, p: 0.95,
        "That is the nominal level. Add up the probabilities of the counts that keep the promise.",
        on=on,
    )
    resembles(
        answer,
        lambda n, p: 1 - _wald(n, p),
        "That is the probability of missing. Add up where the interval holds p.",
        on=on,
    )
    resembles(
        answer,
        share_of_counts,
        "You counted the counts. They are not equally likely: weigh each by its mass.",
        on=on,
    )
    resembles(
        answer,
        lambda n, p: _wald(n, p, ends=True),
        "You let the samples without a success, or with nothing else, pass for hits.",
        on=on,
    )
    resembles(
        answer,
        fixed_error,
        "You used the true p in the standard error: that is the score interval. Wald uses k/n.",
        on=on,
    )
    agrees(answer, _wald, on=on, otherwise="For n = 20 and p = 0.1 the text has 0.876.", rtol=1e-6)


@exercise(
    "bootstrap-medians",
    praise="No formula, and samples without end: but what is not in your sample can never be drawn.",
)
def _(answer: object) -> None:
    x = np.array([1.0, 2.0, 6.0])
    replicates = 20_000
    drawn = array(
        call(answer, x, replicates, np.random.default_rng(10)),
        what="What your function returns",
    )
    if drawn.size == 1:
        raise Hint(
            "Your function returns one number. Return all the medians, one a bootstrap sample: "
            "their spread comes afterwards."
        )
    if drawn.shape == (3,):
        raise Hint("One median for each observation: the median went down the columns. Use axis=1.")
    if drawn.shape == (replicates, 3):
        raise Hint("These are the bootstrap samples. Return the median of each.")
    if drawn.shape != (replicates,):
        raise Hint(f"It should be {replicates} medians in one row; the shape is {drawn.shape}.")
    if np.all(drawn == 2.0):
        # Of two values, without replacement, it would lie half-way.
        two = array(call(answer, x[:2], 9, np.random.default_rng(10)), (9,))
        raise Hint(
            "Every median is that of the data: draw *with* replacement."
            if np.all(two == 1.5)
            else "Every median is that of the data: your bootstrap samples are far larger than the data."
        )
    if not np.isin(drawn, x).all():
        if np.isin(np.round(3 * drawn).astype(int), [3, 4, 5, 6, 8, 9, 10, 13, 14, 18]).all():
            raise Hint("Those look like means of bootstrap samples. The question is the median.")
        raise Hint(
            "Some medians are none of the data's values, though the sample is of odd size: "
            "draw from the data themselves, and as many as there are."
        )
    # The median of three draws is the middle value with probability 13/27, an end with 7/27 each.
    shares = [np.mean(drawn == value) for value in x]
    if np.abs(np.array(shares) - 1 / 3).max() < 0.02:
        raise Hint("Those are single draws. A bootstrap sample is as large as the data.")
    if np.abs(np.array(shares) - np.array([7, 13, 7]) / 27).max() > 0.02:
        raise Hint(
            "The medians of the data 1, 2, 6 should be 2 in 13 of 27 cases: draw each "
            "bootstrap sample as large as the data, each value with the same probability."
        )
    # Another size: the median of five draws from five values is at most the j-th with probability
    # P(Binomial(5, j/5) >= 3).
    x = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    drawn = array(
        call(answer, x, replicates, np.random.default_rng(11)),
        (replicates,),
        what="What your function returns for five observations",
    )
    below = [np.sum(Binomial(n=5, p=j / 5).pmf(np.arange(3, 6))) for j in range(6)]
    shares = [np.mean(drawn == value) for value in x]
    if np.abs(np.array(shares) - np.diff(below)).max() > 0.02:
        raise Hint(
            "For three observations that is right, for five it is not: each bootstrap sample has as many "
            "draws as the data, `len(x)`."
        )
    once, again, other = (
        array(call(answer, x, 50, np.random.default_rng(seed)), (50,)) for seed in (1, 1, 2)
    )
    if np.any(once != again):
        raise Hint("Right, but not the same from the same generator: draw with the given `rng`.")
    if np.all(once == other):
        raise Hint("Right, but the same from another generator too: draw with the given `rng`.")
