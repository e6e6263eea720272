"""Chapter 5, *Which losses are likelihoods?*."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import (
    Hint,
    agrees,
    call,
    own_work,
    resembles,
    same,
)

Array = np.ndarray


def _sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


@exercise(
    "mean-bce",
    praise="The label picks one of two logarithms, and the average of what it picks is the loss.",
)
def _(answer: object) -> None:
    on: list[Any] = [
        (np.array([1, 0, 1, 1]), np.array([0.9, 0.2, 0.6, 0.3])),
        (np.array([0, 0, 1]), np.array([0.5, 0.25, 0.7])),
    ]

    def terms(y: Array, p: Array) -> Array:
        return -(y * np.log(p) + (1 - y) * np.log(1 - p))

    def bce(y: Array, p: Array) -> float:
        return float(np.mean(terms(y, p)))

    own_work(answer)
    resembles(
        answer,
        lambda y, p: -bce(y, p),
        "That is the mean log-likelihood. A loss is a price, and a price is positive: minus.",
        on=on,
    )
    resembles(
        answer,
        lambda y, p: terms(y, p).sum(),
        "That is the total. Average it, as losses do.",
        on=on,
    )
    resembles(
        answer, terms, "Those are the losses of the single forecasts. One step is left.", on=on
    )
    resembles(
        answer,
        lambda y, p: -np.mean(y * np.log(p)),
        "Forecasts for the label 0 go free: they pay the logarithm of 1 - p.",
        on=on,
    )
    resembles(
        answer,
        lambda y, p: bce(y, p) / np.log(2),
        "That counts in bits. The book's logarithm is the natural one, and its unit the nat.",
        on=on,
    )
    resembles(
        answer,
        lambda y, p: np.mean((p - y) ** 2),
        "That is the squared error of the probability. Take minus the log of the mass.",
        on=on,
    )
    resembles(
        answer,
        lambda y, p: np.inf,
        "The logarithm of 0: it is taken of the forecast, p, and not of the label.",
        on=on,
    )
    resembles(
        answer,
        lambda y, p: bce(1 - y, p),
        "Ones and zeros have changed places: p is the probability of a 1.",
        on=on,
    )
    agrees(answer, bce, on=on, otherwise="Try one forecast by hand.")


@exercise(
    "logistic-gradient",
    praise="Probability minus label, carried back to the weights by the transposed table.",
)
def _(answer: object) -> None:
    X = np.array([[1.0, 0.5], [1.0, -1.0], [1.0, 2.0], [1.0, 0.2]])
    y = np.array([1.0, 0.0, 0.0, 1.0])
    on: list[Any] = [(X, y, np.array([0.3, -0.8])), (2 * X, 1 - y, np.array([-1.0, 0.4]))]

    def gradient(X: Array, y: Array, w: Array) -> Array:
        return X.T @ (_sigmoid(X @ w) - y)

    try:
        call(answer, *on[0])
    except Hint as hint:
        if "matmul" not in str(hint):
            raise
        raise Hint(
            "The shapes do not match. X has a row for each observation: which of X and X.T makes one "
            "number for each weight out of one for each observation?"
        ) from None
    resembles(
        answer,
        lambda X, y, w: X.T @ (y - _sigmoid(X @ w)),
        "That is the score, the slope of the log-likelihood. The loss is its negative.",
        on=on,
    )
    resembles(
        answer,
        lambda X, y, w: X.T @ (X @ w - y),
        "You compared the label with the logit. Send the logit through the sigmoid first.",
        on=on,
    )
    resembles(
        answer,
        lambda X, y, w: X.T @ ((_sigmoid(X @ w) - y) * _sigmoid(X @ w) * (1 - _sigmoid(X @ w))),
        "There is a p(1 - p) too many: the derivative of the sigmoid cancels against the logarithm's.",
        on=on,
    )
    resembles(
        answer,
        lambda X, y, w: X.T @ (_sigmoid(X @ w) - y) / len(y),
        "That is the slope of the mean. The exercise asks for the total, without the 1/n.",
        on=on,
    )
    try:
        short = same(answer, lambda X, y, w: _sigmoid(X @ w) - y, on=on)
    except Hint:
        short = False
    if short:
        raise Hint(
            "That is one slope for each observation. X.T turns them into one for each weight."
        )
    agrees(
        answer,
        gradient,
        on=on,
        otherwise="Ask mle.check_gradient which weight disagrees.",
    )


@exercise(
    "stable-bce",
    praise="What is large is added exactly, what is small goes through log1p, and nothing cancels.",
)
def _(answer: object) -> None:
    z = np.array([-2.0, -0.5, 0.0, 1.5, 3.0])
    near: list[Any] = [(np.zeros(5), z), (np.ones(5), z)]
    z_far = np.array([-1000.0, -60.0, 1000.0, 40.0])
    far: list[Any] = [(np.zeros(4), z_far), (np.ones(4), z_far)]

    def loss(y: Array, z: Array) -> Array:
        return (1 - y) * np.maximum(z, 0) + y * np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z)))

    def naive(y: Array, z: Array) -> Array:
        return np.log(1 + np.exp(z)) - y * z

    own_work(answer)

    resembles(
        answer,
        lambda y, z: np.mean(loss(y, z)),
        "That is the mean. Return one loss for each observation.",
        on=near,
    )
    resembles(
        answer,
        lambda y, z: np.log1p(np.exp(-np.abs(z))),
        "The small term is there and the large ones are missing: a wrong forecast pays |z| as well.",
        on=near,
    )
    resembles(
        answer,
        lambda y, z: loss(1 - y, z),
        "The labels have changed places: with y = 1 a large z should be cheap.",
        on=near,
    )
    resembles(
        answer,
        lambda y, z: np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0) + y * z,
        "Check the sign of y z: with y = 1 and z = 3 the loss is below 0.05.",
        on=near,
    )
    agrees(answer, loss, on=near, otherwise="This is at moderate logits, before any overflow.")
    try:
        got = [np.asarray(answer(y, z), dtype=float) for y, z in far]  # type: ignore[operator, type-var]
    except Exception:
        agrees(answer, loss, on=far, rtol=1e-12, atol=0)
        raise
    want = [loss(y, z) for y, z in far]
    if not all(np.isfinite(g).all() for g in got):
        raise Hint(
            "Right where |z| is moderate. At z = 1000 or z = 40 something is infinite or NaN: either "
            "exp(z) overflows, or p has been rounded to 0 or 1 before the logarithm."
        )
    if max(float(g.max()) for g in got) < 999:
        raise Hint(
            "Right where |z| is moderate, and finite everywhere. But a forecast of z = -1000 that is "
            "wrong costs 1000: clipping p makes it cheap, and the slope there zero."
        )
    if any(((w > 0) & (g == 0)).any() for g, w in zip(got, want, strict=True)):
        raise Hint(
            "The large losses are right. The small ones, such as exp(-40), are rounded to zero: "
            "log(1 + tiny) loses the tiny, np.log1p keeps it, and a difference of two large numbers "
            "cannot."
        )
    agrees(answer, loss, on=far, rtol=1e-9, atol=0, otherwise="This is at |z| of 40 to 1000.")
