"""Down the slope: all of it, or that of a few rows at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..progress import Progress, ticker
from .asked import Array, Rate, as_gradient, as_number, as_point, as_rate, as_whole, frozen
from .trace import FLAT, STILL_FALLS, Recorder, Trace

__all__ = ["gradient_descent", "sgd"]


def gradient_descent(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any],
    x0: ArrayLike,
    learning_rate: Rate = 0.1,
    steps: int = 100,
    *,
    tolerance: float | None = None,
    progress: Progress = False,
) -> Trace:
    """Take `steps` steps x <- x - learning_rate * grad(x), and return the `Trace`.

    A run that overflows stops there: `converged` is False and `message` says at which step.

    Parameters
    ----------
    f : the objective, a function of x; its unit is the trace's.
    grad : its gradient, in the shape of x0.
    x0 : the start; `f` and `grad` are called with points of its shape.
    learning_rate : the factor of the gradient, a number or a function of the step 0, 1, 2, ...
    steps : how many steps to take.
    tolerance : stop as soon as the gradient's norm is no larger. By default every step is taken,
        and the end counts as converged when the norm is at most 1e-6 of the largest one on the way,
        or a step could lower f by rounding alone: rules that know no units. Either way f must not
        be lower a little further along any axis, or the end is a saddle.
    progress : True for a line on the standard error, or a function of (done, total).

    Raises
    ------
    DataError : x0, or f or its gradient at x0, is not finite; or shapes that do not match.

    Source: Cauchy (1847).

    >>> trace = gradient_descent(lambda x: (x - 3) ** 2, lambda x: 2 * (x - 3), 0.0)
    >>> trace.minimizer.round(6)
    array([3.])
    """
    steps, rate = as_whole("steps", steps), as_rate(learning_rate)
    climb, tick = Recorder(f, grad, x0), ticker(progress, steps, "gradient descent")
    largest_rate = rate(0)
    for k in range(steps):
        if tolerance is not None and climb.norm <= tolerance:
            tick(steps)
            break
        factor = rate(k)
        largest_rate = max(largest_rate, factor)
        with np.errstate(over="ignore"):
            proposal = climb.x - factor * climb.slope
        if not climb.move(proposal):
            tick(k, stopped=True)
            return climb.trace("gradient_descent", False, climb.diverged("learning_rate", factor))
        tick(k + 1)
    enough = tolerance
    if tolerance is None:
        # A step lowers f by about rate |slope|^2: below rounding that is nothing.
        rounding = 4 * np.finfo(float).eps * abs(climb.value)
        unseen = np.sqrt(rounding / largest_rate) if largest_rate > 0 else 0.0
        enough = max(FLAT * max(climb.norms), unseen)
    if climb.norm <= enough:
        if climb.falls_beside():
            return climb.trace("gradient_descent", False, STILL_FALLS)
        return climb.trace("gradient_descent", True, f"the slope is flat: norm {climb.norm:.2g}")
    return climb.trace(
        "gradient_descent",
        False,
        f"stopped after {climb.taken} steps where the slope is not flat: "
        f"norm {climb.norm:.2g}, and {enough:.2g} was asked for",
    )


def sgd(
    grad_on_rows: Callable[[Any, Array], Any],
    x0: ArrayLike,
    n_rows: int,
    batch_size: int = 32,
    learning_rate: Rate = 0.1,
    epochs: int = 10,
    rng: Any = None,
    *,
    f: Callable[[Any], Any] | None = None,
    record_every: int = 1,
    tolerance: float = 1e-3,
    progress: Progress = False,
) -> Trace:
    """Descend by the gradients of mini-batches: each epoch visits every row once, in random order.

    The step is x <- x - learning_rate * grad_on_rows(x, rows). With a constant learning rate the
    path does not settle: it ends in a cloud around the minimum whose width shrinks with the rate. A
    rate that falls like 1/step lets it settle.

    In the trace `grad_norm` is the norm over the mini-batch, and over all rows in the last row.

    Parameters
    ----------
    grad_on_rows : a function of x and an integer array of rows, which returns the mean gradient
        of these rows.
    x0 : the start.
    n_rows : how many rows there are.
    batch_size : rows a step; the last batch of an epoch may be smaller.
    learning_rate : a number, or a function of the step 0, 1, 2, ...
    epochs : how often to go through all rows.
    rng : a `numpy.random.Generator`, or a seed.
    f : the objective over all rows. If given, it is evaluated at every row of the trace.
    record_every : keep one point in so many; the start and the end are always kept.
    tolerance : the run counts as converged if the gradient over all rows, taken once at the end,
        has a norm no larger than this part of the largest mini-batch gradient on the way: a rule
        that knows no units.
    progress : True for a line on the standard error, or a function of (done, total).

    Raises
    ------
    DataError : sizes below one, x0 not finite, or shapes that do not match.

    Source: Robbins and Monro (1951).

    >>> x = np.array([1.0, 2.0, 6.0])
    >>> trace = sgd(lambda m, rows: m - x[rows].mean(), 0.0, 3, 1, lambda k: 1 / (k + 1), 5, rng=1)
    >>> trace.minimizer.round(6)
    array([3.])
    """
    n_rows, batch_size = (
        as_whole("n_rows", n_rows, least=1),
        as_whole("batch_size", batch_size, least=1),
    )
    epochs = as_whole("epochs", epochs, least=1)
    record_every = as_whole("record_every", record_every, least=1)
    start = as_point("x0", x0)
    x, shape = start.ravel().copy(), start.shape
    rng = np.random.default_rng(rng)
    rate, tick = as_rate(learning_rate), ticker(progress, epochs, "stochastic gradients, epochs")
    points, values, norms, when = [], [], [], []

    def slope(rows: Array) -> Array:
        return as_gradient(grad_on_rows(x.reshape(shape)[()], rows), shape, "grad_on_rows")

    def record(step: int, norm: float) -> None:
        points.append(x.copy())
        values.append(np.nan if f is None else as_number(f(x.reshape(shape)[()])))
        norms.append(norm)
        when.append(step)

    step, problem = 0, None
    with np.errstate(all="ignore"):
        for epoch in range(epochs):
            order = rng.permutation(n_rows)
            for first in range(0, n_rows, batch_size):
                g = slope(order[first : first + batch_size])
                if step % record_every == 0:
                    record(step, float(np.linalg.norm(g)))
                proposal = x - rate(step) * g
                if not np.isfinite(proposal).all():
                    problem = f"diverged at step {step + 1}; try a smaller learning_rate"
                    break
                x = proposal
                step += 1
            if problem:
                tick(epoch, stopped=True)
                break
            tick(epoch + 1)
        norm = float(np.linalg.norm(slope(np.arange(n_rows))))
        if when and when[-1] == step:  # a divergence on a recorded step: keep that row once
            points.pop(), values.pop(), norms.pop(), when.pop()
        record(step, norm)
    if problem is None and f is not None and not np.isfinite(values[-1]):
        problem = f"diverged: f is {values[-1]} at the end; try a smaller learning_rate"
    converged = problem is None and norm <= tolerance * max(norms)
    if problem is None:
        flat = "flat" if converged else "not flat"
        problem = f"{epochs} epochs; the slope over all rows is {flat}: norm {norm:.2g}"
    return Trace(
        frozen(points), frozen(values), frozen(norms), frozen(when), converged, problem, "sgd"
    )
