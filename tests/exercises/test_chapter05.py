"""Chapter 5's exercises: the solution, and the mistakes that students make."""

from __future__ import annotations

import numpy as np
from exercise_cases import Case, sweep

import mlecore as mle
from mlecore.exercises import check


def price_starter(y, p):
    return ...


def gradient_starter(X, y, w):
    return ...


def stable_starter(y, z):
    return ...


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def terms(y, p):
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def gradient(X, y, w):
    return X.T @ (sigmoid(X @ w) - y)


def stable(y, z):
    return (1 - y) * np.maximum(z, 0) + y * np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z)))


def through_clipped_probability(y, z):
    return terms(y, np.clip(sigmoid(z), 1e-15, 1 - 1e-15))


TestChapter05 = sweep(
    5,
    {
        "mean-bce": Case(
            solution=lambda y, p: terms(y, p).mean(),
            starter=price_starter,
            also_right=[lambda y, p: -np.log(np.where(y == 1, p, 1 - p)).mean()],
            wrong=[
                (mle.bce, "asks `mlecore`"),
                (lambda y, p: -terms(y, p).mean(), "a price is positive"),
                (lambda y, p: terms(y, p).sum(), "Average it"),
                (terms, "single forecasts"),
                (lambda y, p: -np.mean(y * np.log(p)), "go free"),
                (lambda y, p: terms(y, p).mean() / np.log(2), "bits"),
                (lambda y, p: np.mean((p - y) ** 2), "squared error"),
                (lambda y, p: terms(1 - y, p).mean(), "changed places"),
                (lambda y, p: terms(p, y).mean(), "not of the label"),
            ],
        ),
        "logistic-gradient": Case(
            solution=gradient,
            starter=gradient_starter,
            also_right=[lambda X, y, w: (sigmoid(X @ w) - y) @ X],
            wrong=[
                (lambda X, y, w: -gradient(X, y, w), "That is the score"),
                (lambda X, y, w: X @ (sigmoid(X @ w) - y), "which of X and X.T"),
                (lambda X, y, w: X.T @ (X @ w - y), "through the sigmoid"),
                (
                    lambda X, y, w: (
                        X.T @ ((sigmoid(X @ w) - y) * sigmoid(X @ w) * (1 - sigmoid(X @ w)))
                    ),
                    "p(1 - p) too many",
                ),
                (lambda X, y, w: gradient(X, y, w) / len(y), "slope of the mean"),
                (lambda X, y, w: sigmoid(X @ w) - y, "one for each weight"),
            ],
        ),
        "stable-bce": Case(
            solution=stable,
            starter=stable_starter,
            also_right=[
                lambda y, z: np.logaddexp(0, np.where(y == 1, -z, z)),
            ],
            wrong=[
                (lambda y, z: mle.bce_with_logits(y, z, reduction="none"), "asks `mlecore`"),
                (lambda y, z: np.log(1 + np.exp(z)) - y * z, "overflows"),
                (through_clipped_probability, "clipping"),
                (
                    lambda y, z: np.maximum(z, 0) - y * z + np.log(1 + np.exp(-np.abs(z))),
                    "np.log1p keeps it",
                ),
                (lambda y, z: stable(y, z).mean(), "one loss for each observation"),
                (lambda y, z: stable(1 - y, z), "changed places"),
                (lambda y, z: np.log1p(np.exp(-np.abs(z))), "large ones are missing"),
                (
                    lambda y, z: np.maximum(z, 0) + y * z + np.log1p(np.exp(-np.abs(z))),
                    "the sign of y z",
                ),
            ],
        ),
    },
)


def test_calling_the_function_of_the_package_inside_ones_own_is_noticed_too() -> None:
    result = check("mean-bce", lambda y, p: mle.bce(y, p))
    assert result.status == "hint"
    assert "with NumPy alone" in result.message
