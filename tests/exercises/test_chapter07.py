"""Chapter 7's exercises: the solution, and the mistakes that students make."""

from __future__ import annotations

import numpy as np
from exercise_cases import Case, sweep
from scipy import optimize

import mlecore as mle
from mlecore.exercises import check


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def terms(y, p):
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def report(y, p):
    price = terms(y, p).mean()
    return {"loss": price, "log_likelihood": -len(y) * price, "typical": np.exp(-price)}


def report_starter(y, p):
    return {"loss": ..., "log_likelihood": ..., "typical": ...}


def invented(loss, log_likelihood, typical):
    """Numbers copied from a page, whatever the labels."""
    return lambda y, p: {"loss": loss, "log_likelihood": log_likelihood, "typical": typical}


def but(**wrong):
    """The right report, but for these entries."""
    return lambda y, p: report(y, p) | {key: value(y, p) for key, value in wrong.items()}


def slopes(
    X, y, W, c, v, b, *, squeeze=sigmoid, bend=lambda h: h * (1 - h), down=lambda v: v, mean=True
):
    h = squeeze(X @ W + c)
    miss = (sigmoid(h @ v + b) - y) / (len(y) if mean else 1)
    back = np.outer(miss, down(v)) * bend(h)
    return X.T @ back, back.sum(axis=0), h.T @ miss, miss.sum()


def slopes_starter(X, y, W, c, v, b):
    return ..., ..., ..., ...


def decayed(theta, slope, rate, tau, n):
    return theta - rate * (slope + theta / (n * tau**2))


def pulled(pull):
    """A step with another strength of the prior."""
    return lambda theta, slope, rate, tau, n: theta - rate * (slope + pull(tau, n) * theta)


def best(price):
    """The factor that makes a price smallest."""

    def factor(y, z):
        found = optimize.minimize_scalar(
            lambda a: price(y, a * z),
            bounds=(1e-3, 30),
            method="bounded",
            options={"xatol": 1e-9},
        )
        return found.x

    return factor


sharpness = best(mle.bce_with_logits)


def step_starter(theta, slope, rate, tau, n):
    return ...


def sharpness_starter(y, z):
    return ...


TestChapter07 = sweep(
    7,
    {
        "network-nll": Case(
            solution=report,
            starter=report_starter,
            also_right=[
                lambda y, p: report(y, p) | {"loss": mle.bce(y, p)},
                lambda y, p: report(y, p) | {"log_likelihood": mle.Bernoulli(p).log_prob(y).sum()},
            ],
            wrong=[
                ({"loss": 0.19, "log_likelihood": -76, "typical": 0.83}, "asks for a function"),
                (invented(0.19, -76.0, 0.827), "Your loss"),
                (invented(0.23, -92.0, 0.795), "Your loss, 0.23"),
                (but(loss=lambda y, p: -terms(y, p).mean()), "not negative"),
                (but(loss=lambda y, p: terms(y, p).sum()), "mle.bce averages"),
                (but(loss=lambda y, p: terms(1 - y, p).mean()), "did not happen"),
                (but(log_likelihood=lambda y, p: terms(y, p).sum()), "so is the sum"),
                (but(log_likelihood=lambda y, p: -terms(y, p).mean()), "It is the sum."),
                (but(log_likelihood=lambda y, p: -3.0), "Your log-likelihood"),
                (but(typical=lambda y, p: np.exp(-terms(y, p).sum())), "its root"),
                (but(typical=lambda y, p: 1 - terms(y, p).mean()), "series"),
                (but(typical=lambda y, p: 1 - np.exp(-terms(y, p).mean())), "what did not happen"),
                (but(typical=lambda y, p: np.exp(-terms(y, p)).mean()), "the arithmetic mean"),
                (but(typical=lambda y, p: 0.9), "Your typical probability, 0.9, is too large"),
                (lambda y, p: {"loss": 0.1}, 'lacks "log_likelihood"'),
                (lambda y, p: 0.19, "return a dictionary"),
            ],
        ),
        "backpropagation": Case(
            solution=slopes,
            starter=slopes_starter,
            also_right=[
                lambda *given: list(slopes(*given)),
                lambda X, y, W, c, v, b: tuple(
                    sum(parts) / len(y)
                    for parts in zip(
                        *(slopes(X[i : i + 1], y[i : i + 1], W, c, v, b) for i in range(len(y))),
                        strict=True,
                    )
                ),
            ],
            wrong=[
                (lambda *given: slopes(*given, mean=False), "The loss is their mean"),
                (lambda *given: tuple(-part for part in slopes(*given)), "is the score"),
                (lambda *given: slopes(*given, bend=lambda h: 1 - h**2), "the slope of tanh"),
                (lambda *given: slopes(*given, bend=np.ones_like), "Step 5"),
                (lambda *given: slopes(*given, down=np.ones_like), "Step 4"),
                (lambda *given: slopes(*given)[::-1], "The slope of b"),
                (lambda *given: slopes(*given, squeeze=np.tanh), "Step 1 as well"),
                (lambda *given: slopes(*given)[:3], "Return four slopes"),
                (
                    lambda *given: (slopes(*given)[0].T, *slopes(*given)[1:]),
                    "The slope of W should be of shape (2, 3)",
                ),
                (
                    lambda *given: (*slopes(*given)[:2], 2 * slopes(*given)[2], slopes(*given)[3]),
                    "Each weight meets its hidden value",
                ),
            ],
        ),
        "weight-decay": Case(
            solution=decayed,
            starter=step_starter,
            also_right=[
                lambda theta, slope, rate, tau, n: (1 - rate / (n * tau**2)) * theta - rate * slope
            ],
            wrong=[
                (pulled(lambda tau, n: 0), "without a prior"),
                (pulled(lambda tau, n: 1 / tau**2), "divide the prior's part by n"),
                (pulled(lambda tau, n: 1 / (n * tau)), "the square of tau"),
                (pulled(lambda tau, n: 1 / (2 * n * tau**2)), "the 2 cancels"),
                (pulled(lambda tau, n: -1 / (n * tau**2)), "away from 0"),
                (
                    lambda theta, slope, rate, tau, n: theta - rate * slope - theta / (n * tau**2),
                    "both parts",
                ),
                (
                    lambda theta, slope, rate, tau, n: (
                        theta + rate * (slope + theta / (n * tau**2))
                    ),
                    "uphill",
                ),
                (
                    lambda theta, slope, rate, tau, n: slope + theta / (n * tau**2),
                    "Take the step",
                ),
            ],
        ),
        "sharpness": Case(
            solution=sharpness,
            starter=sharpness_starter,
            also_right=[
                lambda y, z: optimize.brentq(lambda a: np.sum((sigmoid(a * z) - y) * z), 1e-3, 30)
            ],
            wrong=[
                (lambda y, z: 1 / sharpness(y, z), "divided by"),
                (lambda y, z: 1.0, "leaves the logits"),
                (lambda y, z: np.mean((z > 0) == y), "share of right decisions"),
                (best(lambda y, z: np.mean((sigmoid(z) - y) ** 2)), "squared error"),
                (
                    lambda y, z: mle.LogisticRegression.fit(z, y).params["x1"],
                    "You fitted an intercept too",
                ),
                (lambda y, z: 0.41, "the sum of (p - y) z is zero"),
            ],
        ),
    },
)


def test_a_wrong_typical_probability_is_not_called_an_arithmetic_mean() -> None:
    for value in (0.1, 0.3, 0.9):
        message = check("network-nll", but(typical=lambda y, p, value=value: value)).message
        assert "That is the arithmetic mean" not in message
