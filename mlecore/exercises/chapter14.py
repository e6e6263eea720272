"""Chapter 14, *Against the method of moments*."""

from __future__ import annotations

import numpy as np

from mlecore import datasets
from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import Hint, agrees, choice, number, resembles, same
from mlecore.families import Gamma


@exercise(
    "gamma-by-both",
    praise="Two answers that agree on one sample may scatter very differently over many.",
)
def _(answer: object) -> None:
    names = ("shape by likelihood", "shape by moments", "failures that moments need")
    given = _entries(answer, names)
    hours = datasets.load("air_conditioning").sample
    likely = Gamma.fit(hours)
    shape = likely.params["shape"]
    matched = hours.mean() ** 2 / hours.var()
    share = np.linalg.inv(likely.dist.information())[0, 0] / (2 * shape * (shape + 1))
    first, second, third = (number(given[name], what=f"Your {name}") for name in names)
    if same(first, matched) and same(second, shape):
        raise Hint('The two shapes are swapped: `method="moments"` gives the second.')
    resembles(first, likely.params["rate"], "That is the rate. The shape is the other parameter.")
    agrees(first, shape, otherwise="`mle.Gamma.fit(hours).params` holds it.")
    resembles(
        second,
        hours.mean() ** 2 / hours.var(ddof=1),
        "You divided the squares by n - 1. The recipe of Step 1 matches the variance with n.",
    )
    resembles(
        second,
        hours.mean() / hours.var(),
        "That is the rate by moments. The shape has the square of the mean above the line.",
    )
    agrees(second, matched, otherwise="It is the square of the mean over the variance.")
    resembles(
        third,
        12 * share,
        "The other way round: that many failures would do for the *likelihood* to be as precise "
        "as the moments are with twelve.",
    )
    resembles(third, share, "That is the efficiency. The question asks for a number of failures.")
    if third == np.ceil(12 / share):  # of whole failures so many are needed
        return
    agrees(third, 12 / share, otherwise="Twelve is the efficiency times the number you want.")


@exercise(
    "taxis",
    praise="The mean does not know that the numbers have an edge. The likelihood knows nothing else.",
)
def _(answer: object) -> None:
    names = ("maximum likelihood", "moments", "corrected")
    given = _entries(answer, (*names, "impossible"))
    first, second, third = (number(given[name], what=f"Your {name}") for name in names)
    resembles(first, 5, "Five is how many taxis you saw. N is the last number of the city.")
    agrees(first, 183, otherwise="The likelihood is highest at the largest number seen.")
    resembles(second, 2 * 89.6, "The numbers start at 1, so their mean is (N + 1)/2, not N/2.")
    resembles(second, 89.6, "That is the mean itself. Half of the taxis lie above it.")
    if second != 178:  # taxis are whole
        agrees(second, 2 * 89.6 - 1, otherwise="Solve (N + 1)/2 = mean for N.")
    resembles(
        third,
        183 * 6 / 5,
        "One too many: the average gap before a number, m/k, counts the number itself. Subtract 1.",
    )
    if third != 219:
        agrees(third, 183 * 6 / 5 - 1, otherwise="Add one average gap, m/k - 1, to the largest.")
    named = choice(given["impossible"], list(names))
    if named == "maximum likelihood":
        raise Hint("It says 183 taxis, and you saw none above 183. That is bold, but possible.")
    if named == "corrected":
        raise Hint("A city may well have more taxis than you have seen. Look for one with too few.")


@exercise(
    "best-stretch",
    praise="Neither the likelihood's factor nor the unbiased one: a little bias pays for itself.",
)
def _(answer: object) -> None:
    on = [(1,), (5,), (40,)]
    resembles(
        answer,
        lambda n: 1.0,
        "That is maximum likelihood, always too small. A little stretching must help.",
        on=on,
    )
    resembles(
        answer,
        lambda n: (n + 1) / n,
        "That one is unbiased. The mean squared error also counts the variance, which c multiplies.",
        on=on,
    )
    resembles(
        answer,
        lambda n: (n + 1) / (n + 2),
        "Upside down: that factor would shrink an estimate that is too small already.",
        on=on,
    )
    resembles(
        answer,
        lambda n: np.sqrt((n + 2) / n),
        "That makes the mean *square* right. Minimise the mean squared error: a parabola in c.",
        on=on,
    )
    agrees(
        answer,
        lambda n: (n + 2) / (n + 1),
        on=on,
        otherwise="For one observation the parabola is c^2/3 - c + 1, times b^2.",
    )


@exercise(
    "shrink-to-mean",
    praise="For four means or more the expected total error is smaller, whatever the means are.",
)
def _(answer: object) -> None:
    on = [
        (np.array([49.0, 50.5, 51.0, 48.0, 56.0]),),
        (np.array([-2.0, 0.5, 3.0, 7.0, 1.0, 4.5, -6.0]),),
    ]

    def factor(x: np.ndarray, lost: float) -> float:
        return 1 - (len(x) - lost) / float(np.sum((x - x.mean()) ** 2))

    resembles(
        answer,
        lambda x: (1 - (len(x) - 3) / np.sum(x**2)) * x,
        "That pulls towards zero. Take the deviations from the mean, and add the mean again.",
        on=on,
    )
    resembles(
        answer,
        lambda x: factor(x, 3) * (x - x.mean()),
        "Those are the shrunken deviations. Add the mean again.",
        on=on,
    )
    resembles(
        answer,
        lambda x: x.mean() + factor(x, 2) * (x - x.mean()),
        "The mean was estimated too, and costs one: d - 3, not d - 2.",
        on=on,
    )
    resembles(
        answer,
        lambda x: x.mean() + (1 - (len(x) - 3) / x.var()) * (x - x.mean()),
        "The sum of the squared deviations, not their average, stands below the line.",
        on=on,
    )
    resembles(answer, lambda x: x, "Those are the measurements: nothing is shrunken yet.", on=on)
    resembles(
        answer,
        lambda x: x.mean() + (1 - (len(x) - 3) / np.sum(x**2)) * (x - x.mean()),
        "The squares below the line are those of the deviations, not of the measurements.",
        on=on,
    )
    agrees(
        answer,
        lambda x: x.mean() + factor(x, 3) * (x - x.mean()),
        on=on,
        otherwise="For 0, 0, 1, 1 it should be 0.5 for all.",
    )


def _entries(answer: object, names: tuple[str, ...]) -> dict[str, object]:
    """Return the answer if it is a dictionary with the starter's keys."""
    if not isinstance(answer, dict) or set(answer) != set(names):
        raise Hint("Give a dictionary with the names of the starter as keys.")
    return answer
