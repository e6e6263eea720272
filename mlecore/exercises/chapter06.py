"""Chapter 6, *Climbing the likelihood*."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import digamma, polygamma

from mlecore import datasets
from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import Hint, agrees, number, own_work, resembles
from mlecore.losses import bce_with_logits
from mlecore.optimize import gradient_descent, newton

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class _Slope:
    """The slope curvature * theta - offset of a bowl, which names itself in a hint."""

    name: str
    curvature: Any
    offset: Any

    def __call__(self, theta: Any) -> Any:
        return self.curvature * theta - self.offset

    def __str__(self) -> str:
        return f"slope {self.name}"


@exercise(
    "gradient-walk",
    praise="One line in a loop, and it feels its way to every estimate in this book.",
)
def _(answer: object) -> None:
    own_work(answer)
    bowl = _Slope("2 (theta - 3)", 2.0, 6.0)
    valley = _Slope("(1, 4) theta - (1, 2)", np.array([1.0, 4.0]), np.array([1.0, 2.0]))
    on: list[Any] = [
        (bowl, 0.0, 0.1, 3),
        (bowl, 10.0, 0.3, 2),
        (valley, np.array([1.5, -1.0]), 0.2, 5),
        (bowl, 1.0, 0.1, 1),
    ]

    def walk(slope: Callable, start: Any, rate: float, steps: int, sign: int = -1) -> Any:
        theta = start
        for _ in range(steps):
            theta = theta + sign * rate * slope(theta)
        return theta

    resembles(
        answer,
        lambda slope, start, rate, steps: walk(slope, start, rate, steps, sign=1),
        "You walk uphill: the slope points to where the loss rises. Go against it.",
        on=on,
    )
    resembles(
        answer,
        lambda slope, start, rate, steps: start - rate * slope(start),
        "That is the point after one step. Is a `return` inside the loop, or the start never moved?",
        on=on,
    )
    resembles(
        answer,
        lambda slope, start, rate, steps: start - steps * rate * slope(start),
        "Every one of your steps uses the slope at the start. Feel it anew at each point.",
        on=on,
    )
    resembles(
        answer,
        lambda slope, start, rate, steps: walk(slope, start, rate, steps - 1),
        "One step is missing: `range(steps)` makes as many turns as it says.",
        on=on,
    )
    resembles(
        answer,
        lambda slope, start, rate, steps: walk(slope, start, rate, steps + 1),
        "You take one step too many.",
        on=on,
    )
    resembles(
        answer,
        lambda slope, start, rate, steps: walk(slope, start, 1.0, steps),
        "The learning rate plays no part: multiply the slope by it.",
        on=on,
    )
    agrees(answer, walk, on=on, otherwise="Do the first two steps by hand.")


def _gamma_slope(theta: Array, x: Array) -> Array:
    """The slope of a Gamma's log-likelihood per observation, in shape and rate."""
    a, b = theta
    return np.array([np.log(b) - digamma(a) + np.mean(np.log(x)), a / b - np.mean(x)])


def _gamma_curvature(theta: Array, x: Array) -> Array:
    """Minus its second derivatives, which contain no observation."""
    a, b = theta
    return np.array([[polygamma(1, a), -1 / b], [-1 / b, a / b**2]])


def _jumps(
    x: Array,
    start: Any,
    steps: int,
    jump: Callable[[Array, Array], Array] = np.linalg.solve,
    curvature: Callable[[Array, Array], Array] = _gamma_curvature,
) -> Array:
    theta = np.array(start, dtype=float)
    for _ in range(steps):
        theta = theta + jump(curvature(theta, x), _gamma_slope(theta, x))
    return theta


@exercise(
    "newton-in-two",
    praise="Slope divided by curvature, a vector by a matrix: that is all of Newton's method.",
)
def _(answer: object) -> None:
    x = np.array([7.0, 31.0, 39.1, 42.5, 59.8])
    on: list[Any] = [
        (x / 20, (1.2, 0.4), 2),
        (x / 40, (1.6, 1.6), 2),
        (x / 40, (1.2, 1.4), 1),
    ]

    def table(**entry: Callable[[float, float], float]) -> Callable[[Array, Array], Array]:
        """The curvature with an entry replaced: "shape", "mixed" or "rate"."""

        def curvature(theta: Array, x: Array) -> Array:
            right = _gamma_curvature(theta, x)
            for k, name in enumerate(("shape", "mixed", "rate")):
                if name in entry:
                    right[[k // 2, (k + 1) // 2], [(k + 1) // 2, k // 2]] = entry[name](*theta)
            return right

        return curvature

    def frozen(x: Array, start: Any, steps: int) -> Array:
        return _jumps(x, start, steps, curvature=lambda _, x: _gamma_curvature(start, x))

    mistakes: list[tuple[Callable, str]] = [
        (
            lambda x, start, steps: _jumps(x, start, steps, lambda H, u: -np.linalg.solve(H, u)),
            "You jump away from the top: with the slope of the log-likelihood and minus its second "
            "derivatives, add the quotient.",
        ),
        (
            lambda x, start, steps: _jumps(x, start, steps, lambda H, u: u),
            "That adds the slope alone, a gradient step of rate 1. Divide it by the curvature.",
        ),
        (
            lambda x, start, steps: _jumps(x, start, steps, np.matmul),
            "You multiplied by the curvature. Newton divides: `np.linalg.solve(H, slope)`.",
        ),
        (
            lambda x, start, steps: _jumps(x, start, steps, lambda H, u: u / np.diag(H)),
            "Each slope is divided by its own second derivative. The two parameters move together: "
            "the mixed derivative counts too.",
        ),
        (
            lambda x, start, steps: _jumps(
                x, start, steps, curvature=table(mixed=lambda a, b: 1 / b)
            ),
            "Look at the sign of the mixed derivative: the slope in the shape has log(rate) in it.",
        ),
        (
            lambda x, start, steps: _jumps(
                x, start, steps, curvature=table(rate=lambda a, b: a / b)
            ),
            "The derivative of a / b by b has b squared below the line.",
        ),
        (
            lambda x, start, steps: _jumps(
                x, start, steps, curvature=table(shape=lambda a, b: digamma(a))
            ),
            "In the corner of the shape stands digamma itself. Its derivative is polygamma(1, a).",
        ),
        (
            frozen,
            "The curvature is that at the start in every jump. Compute it anew where you stand.",
        ),
        (
            lambda x, start, steps: np.asarray(start),
            "That is the start: no jump was made. Add each one to `a, b`, and go on from there.",
        ),
        (
            lambda x, start, steps: _jumps(x, start, 1),
            "That is the place after one jump. Is a `return` inside the loop?",
        ),
        (
            lambda x, start, steps: _jumps(x, start, steps - 1),
            "One jump is missing: `range(steps)` makes as many turns as it says.",
        ),
        (lambda x, start, steps: _jumps(x, start, steps + 1), "You take one jump too many."),
        (
            lambda x, start, steps: _jumps(x, start, steps)[::-1],
            "Both are right, in the other order: shape first.",
        ),
    ]
    for mistake, hint in mistakes:
        resembles(answer, mistake, hint, on=on)
    agrees(
        answer,
        lambda x, start, steps: _jumps(x, start, steps),
        on=on,
        otherwise="Compare your curvature with `mle.Gamma(shape, rate).information()`.",
    )


def _o_rings() -> tuple[Callable, Callable, Callable]:
    """The loss of the O-rings on standardised temperatures, its slope and its curvature."""
    data = datasets.load("challenger")
    y, t = data["distress"], data["temperature"].astype(float)
    X = np.column_stack([np.ones(t.size), (t - t.mean()) / t.std()])

    def p(theta: Array) -> Array:
        return 1 / (1 + np.exp(-(X @ theta)))

    return (
        lambda theta: bce_with_logits(y, X @ theta),
        lambda theta: X.T @ (p(theta) - y) / t.size,
        lambda theta: X.T @ (X * (p(theta) * (1 - p(theta)))[:, None]) / t.size,
    )


@exercise(
    "learning-rates",
    praise="The border is two over the largest curvature at the top, where the walk has to end.",
)
def _(answer: object) -> None:
    if not isinstance(answer, Mapping) or not {"breaks", "mends"} <= set(answer):
        raise Hint('Give a dictionary with the two rates, "breaks" and "mends".')
    rates = {key: number(answer[key], f'The rate that "{key}"') for key in ("breaks", "mends")}
    for key, rate in rates.items():
        if rate <= 0:
            raise Hint(f'The rate that "{key}" must be positive: the step goes against the slope.')
    if rates["breaks"] < rates["mends"]:
        raise Hint("The two have changed places, or one breaks by being too small: break by size.")
    f, slope, curvature = _o_rings()
    least = newton(f, slope, curvature, [0.0, 0.0]).minimum

    def gap(rate: float, steps: int) -> float:
        trace = gradient_descent(f, slope, [0.0, 0.0], learning_rate=rate, steps=steps)
        return np.inf if trace.steps < steps else float(trace.f[-1] - least)

    # The walk may end in a cycle: two neighbouring steps, so that neither is low by chance.
    if max(gap(rates["breaks"], 199), gap(rates["breaks"], 200)) < 0.01:
        raise Hint(
            "The rate that should break the walk still brings it within 0.01 nats of the top in 200 "
            "steps. Go well beyond two over the largest curvature there."
        )
    if gap(rates["mends"], 20) >= 1e-6:
        if rates["mends"] < 4:
            raise Hint(
                "The rate that should mend is too timid: after 20 steps it is still on its way."
            )
        raise Hint(
            "The rate that should mend is so large that the walk swings to and fro and loses time."
        )


@exercise(
    "back-to-raw",
    praise="One curve, two sets of coordinates: the estimate does not care which you climb in.",
)
def _(answer: object) -> None:
    on: list[Any] = [(-1.1, -1.6, 69.6, 6.9), (0.5, 2.0, -3.0, 0.25)]
    resembles(
        answer,
        lambda a, v, mean, sd: (a, v / sd),
        "The weight is right. The intercept moves too: at x = mean the logit must still be a.",
        on=on,
    )
    resembles(
        answer,
        lambda a, v, mean, sd: (a + v * mean / sd, v / sd),
        "The intercept went the wrong way: (x - mean) brings v * mean / sd with a minus.",
        on=on,
    )
    resembles(
        answer,
        lambda a, v, mean, sd: (a - v * mean, v * sd),
        "Multiply or divide? One standard deviation of x changes the logit by v, so one degree "
        "changes it by v / sd.",
        on=on,
    )
    resembles(
        answer,
        lambda a, v, mean, sd: (a + v * mean, v * sd),
        "That is the way there. Now the way back, from standardised coordinates to raw ones.",
        on=on,
    )
    resembles(
        answer,
        lambda a, v, mean, sd: (a - v * mean, v / sd),
        "The weight is right. In the intercept a division by sd got lost.",
        on=on,
    )
    resembles(
        answer,
        lambda a, v, mean, sd: (v / sd, a - v * mean / sd),
        "Both are right, in the other order: intercept first.",
        on=on,
    )
    agrees(
        answer,
        lambda a, v, mean, sd: (a - v * mean / sd, v / sd),
        on=on,
        otherwise="Draw both lines at x = mean and at x = mean + sd.",
    )


@exercise(
    "mended-gradient",
    praise="Now the equation that the walk solves is the one that you meant.",
)
def _(answer: object) -> None:
    x = np.array([7.0, 31.0, 39.1, 42.5, 59.8])
    on: list[Any] = [(np.array([0.0, -3.0]), x), (np.array([1.5, -2.0]), x / 10)]

    def slopes(u: Array, x: Array, psi: Callable = digamma) -> tuple[float, float]:
        a, b = np.exp(u)
        return np.log(b) - psi(a) + np.mean(np.log(x)), a / b - np.mean(x)

    def gradient(u: Array, x: Array) -> Array:
        return -np.exp(u) * np.array(slopes(u, x))

    resembles(
        answer,
        lambda u, x: -np.exp(u) * slopes(u, x, lambda a: np.log(a) - 1 / (2 * a)),
        "That is the colleague's. Ask mle.check_gradient which of the two slopes is wrong.",
        on=on,
    )
    resembles(
        answer,
        lambda u, x: -np.exp(u) * slopes(u, x, np.log),
        "The logarithm alone is a worse stand-in than the colleague's. The derivative of gammaln "
        "has a name.",
        on=on,
    )
    resembles(
        answer,
        lambda u, x: -np.exp(u) * slopes(u, x, lambda a: digamma(a + 1)),
        "digamma(a + 1) belongs to log a!, and the density has Gamma(a).",
        on=on,
    )
    resembles(
        answer,
        lambda u, x: -np.array(slopes(u, x)),
        "Those are the slopes in shape and rate. In their logarithms the chain rule brings a factor.",
        on=on,
    )
    resembles(
        answer,
        lambda u, x: -gradient(u, x),
        "That is the slope of the log-likelihood. The loss is its negative.",
        on=on,
    )
    resembles(
        answer,
        lambda u, x: x.size * gradient(u, x),
        "That is the slope of the total. The loss is a mean over the sample.",
        on=on,
    )
    agrees(answer, gradient, on=on, otherwise="Ask mle.check_gradient which slope is off.")
