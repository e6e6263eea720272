"""Chapter 7, *A network learns by likelihood*."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import optimize

from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import Hint, NotDone, agrees, array, call, number, resembles
from mlecore.regression.logistic import LogisticRegression

Array = np.ndarray


def _sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


@exercise(
    "network-nll",
    praise="One number in three coats: the loss, minus n times the loss, and the exponential of "
    "minus the loss.",
)
def _(answer: object) -> None:
    rng = np.random.default_rng(1986)
    for n in (5, 40):  # labels and probabilities of the checker's own: no number can be typed in
        p = rng.uniform(0.05, 0.95, n)
        _three_numbers(answer, (rng.random(n) < p).astype(int), p)


def _three_numbers(answer: object, y: Array, p: Array) -> None:
    """Compare the reader's report on one set of labels and probabilities with the truth."""
    given = call(answer, y, p)
    keys = ("loss", "log_likelihood", "typical")
    if not isinstance(given, Mapping):
        raise Hint('Let the function return a dictionary: "loss", "log_likelihood" and "typical".')
    missing = [key for key in keys if key not in given]
    if missing:
        raise Hint(f'The report still lacks "{missing[0]}".')
    if any(given[key] is ... for key in keys):
        raise NotDone
    loss = number(given["loss"], "Your loss")
    total = number(given["log_likelihood"], "Your log-likelihood")
    typical = number(given["typical"], "Your typical probability")
    masses = np.where(y == 1, p, 1 - p)
    logs = np.log(masses)
    resembles(loss, logs.mean(), "A loss is minus a logarithm of a probability, and not negative.")
    resembles(loss, -logs.sum(), "Your loss is the total over the points; mle.bce averages.")
    resembles(
        loss,
        -np.log(1 - masses).mean(),
        "Your loss charges for what did not happen: give mle.bce the labels first.",
    )
    agrees(loss, -logs.mean(), what="Your loss", otherwise="It is minus the mean of log f.")
    resembles(
        total,
        -logs.sum(),
        "The masses are below 1, so their logarithms are negative, and so is the sum.",
    )
    resembles(total, logs.mean(), "Your log-likelihood is the mean over the points. It is the sum.")
    agrees(total, logs.sum(), what="Your log-likelihood", otherwise="One is -n times the other.")
    resembles(
        typical,
        np.exp(logs.sum()),
        "That is the likelihood of all points together. The typical factor is its root.",
    )
    resembles(
        typical, 1 + logs.mean(), "1 - loss is only the beginning of the series of exp(-loss)."
    )
    resembles(
        typical,
        1 - np.exp(logs.mean()),
        "That is the typical probability of what did not happen.",
    )
    resembles(
        typical,
        masses.mean(),
        "That is the arithmetic mean of the masses. The geometric mean is the exponential of the "
        "mean of their logarithms.",
    )
    agrees(
        typical,
        np.exp(logs.mean()),
        what="Your typical probability",
        otherwise="It is the exponential of the mean of the logarithms of the masses.",
    )


@exercise(
    "backpropagation",
    praise="The same four lines, with the new squeeze and, where its slope was, the new slope.",
)
def _(answer: object) -> None:
    rng = np.random.default_rng(1986)
    for n, m in ((5, 3), (8, 2)):
        X, y = rng.normal(size=(n, 2)), rng.integers(0, 2, n)
        W, c, v, b = rng.normal(size=(2, m)), rng.normal(size=m), rng.normal(size=m), 0.3
        _slopes(answer, X, y, W, c, v, b)


def _slopes(answer: object, X: Array, y: Array, W: Array, c: Array, v: Array, b: float) -> None:
    """Compare the reader's four slopes on one network with the truth."""
    given = call(answer, X, y, W, c, v, b)
    if not isinstance(given, tuple | list) or len(given) != 4:
        raise Hint("Return four slopes, in this order: those of W, of c, of v and of b.")
    if any(part is ... for part in given):
        raise NotDone
    h = _sigmoid(X @ W + c)
    miss = (_sigmoid(h @ v + b) - y) / len(y)
    bend = h * (1 - h)

    def first(back: Array) -> tuple[Array, Array]:
        return X.T @ back, back.sum(axis=0)

    bent = np.tanh(X @ W + c)
    off = (_sigmoid(bent @ v + b) - y) / len(y)
    resembles(
        array(given[2], v.shape, what="The slope of v"),
        bent.T @ off,
        "That is the network with tanh. These units are squeezed by the sigmoid: Step 1 as well.",
    )
    total = number(given[3], "The slope of b")
    resembles(total, len(y) * miss.sum(), "Those add up over the points. The loss is their mean.")
    resembles(
        total, -miss.sum(), "Label minus probability is the score. The loss falls where it rises."
    )
    agrees(total, miss.sum(), what="The slope of b", otherwise="It is the mean of p - y.")
    dv = array(given[2], v.shape, what="The slope of v")
    agrees(dv, h.T @ miss, what="The slope of v", otherwise="Each weight meets its hidden value.")
    dW = array(given[0], W.shape, what="The slope of W")
    dc = array(given[1], c.shape, what="The slope of c")
    mistakes: list[tuple[Array, str]] = [
        (
            np.outer(miss, v) * (1 - h**2),
            "1 - h^2 is the slope of tanh. These units are squeezed by the sigmoid.",
        ),
        (
            np.outer(miss, v),
            "The slope went through the squeezing as if it were not there: Step 5.",
        ),
        (
            np.outer(miss, np.ones_like(v)) * bend,
            "On its way down the slope passes the weights v: Step 4.",
        ),
    ]
    for back, hint in mistakes:
        resembles(dc, first(back)[1], hint)
        resembles(dW, first(back)[0], hint)
    wanted = first(np.outer(miss, v) * bend)
    agrees(dc, wanted[1], what="The slope of c", otherwise="It is the slope in a, added up.")
    agrees(dW, wanted[0], what="The slope of W", otherwise="It is X.T times the slope in a.")


@exercise(
    "weight-decay",
    praise="The prior pulls every weight towards 0, in proportion, and the more data the less.",
)
def _(answer: object) -> None:
    theta, slope = np.array([2.0, -1.0, 0.5]), np.array([0.1, 0.3, -0.2])
    on: list[Any] = [
        (theta, slope, 0.5, 2.0, 60),
        (np.array([1.0, -4.0]), np.array([0.0, 0.2]), 1.0, 0.5, 25),
    ]

    def step(pull: Callable[[float, int], float]) -> Callable[..., Array]:
        def one(theta: Array, slope: Array, rate: float, tau: float, n: int) -> Array:
            return theta - rate * (slope + pull(tau, n) * theta)

        return one

    mistakes: list[tuple[Callable[..., Array], str]] = [
        (step(lambda tau, n: 0.0), "That is the step without a prior."),
        (
            step(lambda tau, n: 1 / tau**2),
            "The loss is a mean over n points; divide the prior's part by n as well.",
        ),
        (step(lambda tau, n: 1 / (n * tau)), "The Normal's exponent has the square of tau."),
        (
            step(lambda tau, n: 0.5 / (n * tau**2)),
            "The slope of theta^2 / 2 is theta; the 2 cancels.",
        ),
        (
            step(lambda tau, n: -1 / (n * tau**2)),
            "That pushes the weights away from 0: check the sign of minus the logarithm.",
        ),
        (
            lambda theta, slope, rate, tau, n: theta + rate * (slope + theta / (n * tau**2)),
            "The loss falls against its slope: you walk uphill.",
        ),
        (
            lambda theta, slope, rate, tau, n: theta - rate * slope - theta / (n * tau**2),
            "The learning rate belongs to both parts of the slope.",
        ),
        (
            lambda theta, slope, rate, tau, n: slope + theta / (n * tau**2),
            "That is the slope. Take the step: theta minus the rate times it.",
        ),
    ]
    for wrong, hint in mistakes:
        resembles(answer, wrong, hint, on=on)
    agrees(
        answer, step(lambda tau, n: 1 / (n * tau**2)), on=on, otherwise="Differentiate the penalty."
    )


@exercise(
    "sharpness",
    praise="One parameter, fitted by likelihood, gives back what too much confidence had cost.",
)
def _(answer: object) -> None:
    rng = np.random.default_rng(2017)
    on: list[Any] = []
    for scale in (0.3, 1.8):
        z = rng.normal(0.3, 2.0, 150)
        on.append(((rng.random(150) < _sigmoid(scale * z)).astype(int), z))

    def best(slope: Callable[[float, Array, Array], float]) -> Callable[[Array, Array], float]:
        return lambda y, z: float(optimize.brentq(lambda a: slope(a, y, z), 1e-3, 30))

    def likelihood(a: float, y: Array, z: Array) -> float:
        return float(np.mean((_sigmoid(a * z) - y) * z))

    def squared(a: float, y: Array, z: Array) -> float:
        p = _sigmoid(a * z)
        return float(np.mean((p - y) * p * (1 - p) * z))

    def beside_an_intercept(y: Array, z: Array) -> float:
        return LogisticRegression.fit(z, y).params["x1"]

    factor = best(likelihood)
    loose = {"on": on, "rtol": 2e-3}
    resembles(
        answer,
        lambda y, z: 1 / factor(y, z),
        "That is what the logits are divided by. Return what they are multiplied by.",
        **loose,
    )
    resembles(answer, lambda y, z: 1.0, "1 leaves the logits as they are.", **loose)
    resembles(
        answer,
        lambda y, z: np.mean(y == (z > 0)),
        "That is the share of right decisions, which no positive factor changes.",
        **loose,
    )
    resembles(
        answer,
        best(squared),
        "That minimises the squared error of the probability. It is proper as well, but it is not "
        "the likelihood.",
        **loose,
    )
    resembles(
        answer,
        beside_an_intercept,
        "You fitted an intercept too: one factor, and no more.",
        **loose,
    )
    agrees(
        answer,
        factor,
        otherwise="At the best factor the sum of (p - y) z is zero.",
        **loose,
    )
