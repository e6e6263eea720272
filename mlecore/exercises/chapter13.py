"""Chapter 13, *Three tests on one curve*."""

from __future__ import annotations

import math

import numpy as np

from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import agrees, resembles

_SIZE, _POWER = 1.959964, 0.841621


def _two_rates(deaths: np.ndarray, years: np.ndarray) -> float:
    deaths, years = np.asarray(deaths, dtype=float), np.asarray(years, dtype=float)
    return float(2 * np.sum(deaths * np.log(deaths / years * years.sum() / deaths.sum())))


@exercise(
    "two-rates",
    praise="The statistic grows with the amount of data at a given ratio of rates: that is power.",
)
def _(answer: object) -> None:
    on = [([122, 74], [200, 80]), ([9, 4], [3.0, 5.0]), ([30, 31], [10, 12])]

    def expected(deaths: list[float], years: list[float]) -> np.ndarray:
        return np.sum(deaths) * np.asarray(years) / np.sum(years)

    def pearson(deaths: list[float], years: list[float]) -> float:
        e = expected(deaths, years)
        return float(np.sum((np.asarray(deaths) - e) ** 2 / e))

    def unweighted(deaths: list[float], years: list[float]) -> float:
        rates = np.asarray(deaths) / np.asarray(years)
        return float(2 * np.sum(np.asarray(deaths) * np.log(rates / rates.mean())))

    def without_years(deaths: list[float], years: list[float]) -> float:
        d = np.asarray(deaths)
        return float(2 * np.sum(d * np.log(d / d.mean())))

    def wald(deaths: list[float], years: list[float]) -> float:
        d, t = np.asarray(deaths), np.asarray(years)
        return float((d[0] / t[0] - d[1] / t[1]) ** 2 / np.sum(d / t**2))

    resembles(
        answer,
        lambda d, t: _two_rates(d, t) / 2,
        "That is the drop of the log-likelihood. The statistic is twice the drop.",
        on=on,
    )
    resembles(
        answer,
        lambda d, t: -_two_rates(d, t),
        "The sign is the wrong way round: the null cannot be higher than the alternative.",
        on=on,
    )
    resembles(
        answer,
        unweighted,
        "Under the null you took the mean of the two rates. The best common rate is all deaths over all years.",
        on=on,
    )
    resembles(
        answer,
        without_years,
        "You compared the deaths as if both groups had been watched equally long: use the years.",
        on=on,
    )
    resembles(
        answer,
        pearson,
        "That is the score statistic, Pearson's. It is close; the question is the drop.",
        on=on,
    )
    resembles(
        answer,
        wald,
        "That is Wald's statistic for the difference of the rates. The question is the drop.",
        on=on,
    )
    resembles(
        answer,
        lambda d, t: np.log(d[0] / t[0] / d[1] * t[1]) ** 2 / (1 / d[0] + 1 / d[1]),
        "That is Wald's statistic for the logarithm of the ratio. The question is the drop.",
        on=on,
    )
    resembles(
        answer,
        lambda d, t: 2 * d[0] * np.log(d[0] / t[0] * np.sum(t) / np.sum(d)),
        "That is the first group's term. Both groups drop: add the second's.",
        on=on,
    )
    resembles(
        answer,
        lambda d, t: math.erfc(math.sqrt(_two_rates(d, t) / 2)),
        "That is the p-value. Return the statistic.",
        on=on,
    )
    agrees(
        answer,
        _two_rates,
        on=on,
        otherwise="For 122 and 74 deaths in 200 and 80 years it should be what `lr_test` gave in the text.",
    )


def _normal_mean(x: np.ndarray, mu0: float) -> float:
    return float(len(x) * np.log(np.mean((np.asarray(x) - mu0) ** 2) / np.var(x)))


@exercise(
    "normal-mean",
    praise="A function of Student's t and of nothing else: the t-test is this test, with an exact table.",
)
def _(answer: object) -> None:
    on = [
        (np.array([3.0, 5.0, 10.0]), 4.0),
        (np.array([0.2, -0.1, 0.9, 0.4, 0.1]), 0.0),
        (np.array([7.0, 9.0, 8.0, 6.0]), 6.5),
    ]

    def held(x: np.ndarray, mu0: float, ddof: int = 0) -> float:
        return float(len(x) * (np.mean(x) - mu0) ** 2 / np.var(x, ddof=ddof))

    def under_null(x: np.ndarray, mu0: float) -> float:
        return float(len(x) * (np.mean(x) - mu0) ** 2 / np.mean((x - mu0) ** 2))

    def divisor(x: np.ndarray, mu0: float) -> float:
        return float(len(x) * np.log(np.mean((x - mu0) ** 2) / np.var(x, ddof=1)))

    resembles(
        answer,
        lambda x, mu0: _normal_mean(x, mu0) / 2,
        "That is the drop of the log-likelihood, or you took sigma for sigma squared: twice the drop.",
        on=on,
    )
    resembles(
        answer,
        lambda x, mu0: -_normal_mean(x, mu0),
        "Upside down: the variance about the null stands over the variance about the mean.",
        on=on,
    )
    resembles(
        answer,
        held,
        "You held sigma at its estimate, which is Wald's statistic. Under the null sigma gets its best value too.",
        on=on,
    )
    resembles(
        answer,
        lambda x, mu0: held(x, mu0, 1),
        "That is t squared. The statistic is a function of it, with a logarithm.",
        on=on,
    )
    resembles(
        answer,
        lambda x, mu0: np.sqrt(held(x, mu0, 1)),
        "That is Student's t. Compare with it later; the statistic is twice the drop of the profile.",
        on=on,
    )
    resembles(
        answer,
        under_null,
        "That is the score statistic. The question is twice the drop of the profile.",
        on=on,
    )
    resembles(
        answer,
        divisor,
        "You divided by n - 1. The best sigma squared under either hypothesis divides by n.",
        on=on,
    )
    resembles(
        answer,
        lambda x, mu0: _normal_mean(x, mu0) / len(x),
        "That is the statistic of one observation. A log-likelihood adds up n of them.",
        on=on,
    )
    resembles(
        answer,
        lambda x, mu0: _normal_mean(x, mu0) * (len(x) - 1) / len(x),
        "You have n - 1 times the logarithm. The log-likelihood is a sum over all n.",
        on=on,
    )
    resembles(
        answer,
        lambda x, mu0: np.mean((x - mu0) ** 2) / np.var(x),
        "That is the ratio of the two variances. The statistic is n times its logarithm.",
        on=on,
    )
    resembles(
        answer,
        lambda x, mu0: math.erfc(math.sqrt(_normal_mean(x, mu0) / 2)),
        "That is a p-value. Return the statistic.",
        on=on,
    )
    agrees(
        answer,
        _normal_mean,
        on=on,
        otherwise="For the data 3, 5, 10 and the null 6 it should be 0.",
    )


def _peas(null: float, truth: float) -> float:
    spread = _SIZE * np.sqrt(null * (1 - null)) + _POWER * np.sqrt(truth * (1 - truth))
    return float((spread / (truth - null)) ** 2)


@exercise(
    "peas-needed",
    praise="Half the distance needs about four times as many: better known before the garden is sown.",
)
def _(answer: object) -> None:
    on = [(0.75, 0.76), (0.75, 0.6), (0.1, 0.2)]
    loose = {"on": on, "rtol": 1e-3}  # 1.96 and 0.84 are good enough

    def no_power(null: float, truth: float) -> float:
        return float(_SIZE**2 * null * (1 - null) / (truth - null) ** 2)

    def one_spread(null: float, truth: float) -> float:
        return float((_SIZE + _POWER) ** 2 * null * (1 - null) / (truth - null) ** 2)

    def one_truth(null: float, truth: float) -> float:
        return float((_SIZE + _POWER) ** 2 * truth * (1 - truth) / (truth - null) ** 2)

    def swapped(null: float, truth: float) -> float:
        spread = _POWER * np.sqrt(null * (1 - null)) + _SIZE * np.sqrt(truth * (1 - truth))
        return float((spread / (truth - null)) ** 2)

    def minus(null: float, truth: float) -> float:
        spread = _SIZE * np.sqrt(null * (1 - null)) - _POWER * np.sqrt(truth * (1 - truth))
        return float((spread / (truth - null)) ** 2)

    def unsquared(null: float, truth: float) -> float:
        return float(np.sqrt(_peas(null, truth)))

    def one_sided(null: float, truth: float) -> float:
        spread = 1.644854 * np.sqrt(null * (1 - null)) + _POWER * np.sqrt(truth * (1 - truth))
        return float((spread / (truth - null)) ** 2)

    def variances(null: float, truth: float) -> float:
        spread = _SIZE**2 * null * (1 - null) + _POWER**2 * truth * (1 - truth)
        return float(spread / (truth - null) ** 2)

    resembles(
        answer,
        no_power,
        "With so many peas the truth stands on the line itself, and the test notices half of the time.",
        **loose,
    )
    resembles(
        answer,
        one_spread,
        "You used the null's standard deviation for both. Where the truth rules, it is the truth's.",
        **loose,
    )
    resembles(
        answer,
        one_truth,
        "You used the truth's standard deviation for both. The line is set as if the null ruled.",
        **loose,
    )
    resembles(
        answer,
        swapped,
        "The two are swapped: 1.96 belongs to the null's spread, and 0.84 to the truth's.",
        **loose,
    )
    resembles(
        answer,
        minus,
        "The two stretches lie end to end between null and truth: add them.",
        **loose,
    )
    for whole in (np.ceil, np.round, np.floor):
        resembles(
            answer,
            lambda null, truth, whole=whole: whole(_peas(null, truth)),
            "Right, and rounded. Leave the digits.",
            on=on,
        )
    resembles(answer, unsquared, "That is the square root of n. Square it.", **loose)
    resembles(
        answer,
        lambda null, truth: _peas(null, truth) * abs(truth - null),
        "The distance is squared as well, as everything is.",
        **loose,
    )
    resembles(
        answer,
        lambda null, truth: (
            ((_SIZE * null * (1 - null) + _POWER * truth * (1 - truth)) / (truth - null)) ** 2
        ),
        "A standard deviation is the root of p(1-p)/n. Yours are without the root.",
        **loose,
    )
    resembles(
        answer,
        lambda null, truth: (
            (_SIZE + _POWER) ** 2 * (null + truth) * (2 - null - truth) / (2 * (truth - null)) ** 2
        ),
        "You used one spread, at the middle of the two. Each stretch has its own.",
        **loose,
    )
    resembles(
        answer,
        one_sided,
        "That is for a test that looks at one side. A two-sided one at 5 % has 1.96.",
        **loose,
    )
    resembles(
        answer,
        variances,
        "Distances add up here, and not variances: the one stretch begins where the other ends.",
        **loose,
    )
    agrees(
        answer,
        _peas,
        on=on,
        rtol=2e-3,
        otherwise="For 0.5 against 0.6 it should be 193.8.",
    )


@exercise(
    "loudest",
    praise="For theta = 1 the golden ratio; beyond it the evidence falls, and far out there is none.",
)
def _(answer: object) -> None:
    on = [1.0, 0.3, 2.5]
    resembles(
        answer,
        lambda theta: np.inf,
        "Far out the ratio goes to one: either centre throws such values. It is largest somewhere near.",
        on=on,
    )
    resembles(
        answer,
        lambda theta: theta / 2 - np.sqrt(theta**2 / 4 + 1),
        "That is the other root, where the ratio is smallest: the loudest observation for 0.",
        on=on,
    )
    resembles(
        answer,
        lambda theta: theta,
        "At theta the density of the alternative is largest. The ratio is largest farther out, where the null's has fallen.",
        on=on,
    )
    resembles(
        answer,
        lambda theta: theta / 2,
        "Half-way both densities are equal: the ratio is one there.",
        on=on,
    )
    resembles(
        answer,
        lambda theta: theta / 2 + np.sqrt(theta**2 + 4),
        "The root of the quadratic is divided by 2 as well.",
        on=on,
    )
    resembles(
        answer,
        lambda theta: (theta / 2 + np.sqrt(theta**2 / 4 + 1)) ** 2,
        "That is how large the ratio gets. Return the x at which it does.",
        on=on,
    )
    agrees(
        answer,
        lambda theta: theta / 2 + np.sqrt(theta**2 / 4 + 1),
        on=on,
        otherwise="It solves x**2 - theta x - 1 = 0.",
        rtol=1e-4,
    )
