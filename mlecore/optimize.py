"""Four ways to climb a likelihood, each of which leaves a trace.

They minimise f, so give them a negative log-likelihood; `fisher_scoring` takes the likelihood
itself. Gradient descent follows the slope, stochastic gradients follow the slope of a few rows at a
time, Newton divides the slope by the curvature, and Fisher scoring divides it by the curvature that
is expected. A `Trace` keeps every point that was visited and says in words how the climb ended: a
run that did not arrive is never reported as converged.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .errors import DataError
from .progress import Progress, ticker

__all__ = [
    "GradientCheck",
    "Trace",
    "check_gradient",
    "fisher_scoring",
    "gradient_descent",
    "newton",
    "sgd",
]

Array = np.ndarray
Rate = float | Callable[[int], float]

_FLAT = 1e-6  # the slope that counts as zero, as a part of the steepest one on the way
_SADDLE = -1e-8  # a scaled eigenvalue of the Hessian below this is no rounding of zero
_NOT_A_MINIMUM = (
    "the slope is zero, but the curvature is not positive in every direction: "
    "a saddle or a maximum, not a minimum"
)
_STILL_FALLS = (
    "the slope is nearly zero, but f is lower a little further on: a saddle, a gradient that is not f's own "
    "(see check_gradient), or an f that falls for ever (of a classifier: separated data)"
)
_RUNS_ON = (
    "the slope is nearly zero, but the steps have not become shorter: f may fall for ever (of a classifier: "
    "separated data), or have a bottom without curvature"
)
_SHRINKS = (
    0.3  # near a minimum with curvature each of Newton's steps is a small part of the one before
)
_PROBE = 1e-3  # how far a little further is, as a part of the way come, or of where one is
_MOST_PROBES = 100


@dataclass(frozen=True, eq=False)
class Trace:
    """The points that an optimiser visited, and how it ended.

    Attributes
    ----------
    x : the points, shape (rows, p): the start first, the end last, one row a step (`sgd` may
        keep fewer).
    f : the objective at each point, shape (rows,); NaN where `sgd` was given no f.
    grad_norm : the Euclidean norm of the gradient at each point, shape (rows,).
    step : the number of steps taken before each row, shape (rows,).
    converged : whether the end is a minimum as far as the method can tell.
    message : how the run ended, in words.
    method : the optimiser's name.

    >>> trace = gradient_descent(lambda x: x @ x, lambda x: 2 * x, [1.0, 1.0], steps=3)
    >>> trace.x.shape, trace.converged
    ((4, 2), False)
    """

    x: Array
    f: Array
    grad_norm: Array
    step: Array
    converged: bool
    message: str
    method: str

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return int(self.step[-1])

    @property
    def minimizer(self) -> Array:
        """The last point, shape (p,); of a run that did not converge, the lowest point it saw."""
        if self.converged or np.isnan(self.f).all():
            return self.x[-1]
        return self.x[np.nanargmin(self.f)]

    @property
    def minimum(self) -> float:
        """The objective at the minimizer; NaN where `sgd` was given no f."""
        if self.converged or np.isnan(self.f).all():
            return float(self.f[-1])
        return float(np.nanmin(self.f))

    def __repr__(self) -> str:
        verdict = "converged" if self.converged else "not converged"
        f = f"  f          {self.f[0]:.4g} -> {self.f[-1]:.4g}\n"
        return (
            f"Trace of {self.method}: {self.steps} step{'s' * (self.steps != 1)}, {verdict}\n"
            f"{'' if np.isnan(self.f).all() else f}"
            f"  |gradient| {self.grad_norm[0]:.4g} -> {self.grad_norm[-1]:.4g}\n"
            f"  minimizer  {_brief(self.minimizer)}\n"
            f"  {self.message}"
        )

    def _repr_html_(self) -> str:
        rows = len(self.x)
        shown = range(rows) if rows <= 8 else [0, 1, 2, 3, rows - 3, rows - 2, rows - 1]
        body, before = "", -1
        for i in shown:
            if i > before + 1:
                body += '<tr><td colspan="4">&#8942;</td></tr>'
            body += (
                f"<tr><td>{self.step[i]}</td><td>{_brief(self.x[i])}</td>"
                f"<td>{self.f[i]:.4g}</td><td>{self.grad_norm[i]:.4g}</td></tr>"
            )
            before = i
        return (
            f"<table><caption>{html.escape(self.method)}: {html.escape(self.message)}</caption>"
            '<thead><tr><th scope="col">step</th><th scope="col">x</th><th scope="col">f</th>'
            f'<th scope="col">|gradient|</th></tr></thead><tbody>{body}</tbody></table>'
        )


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """A gradient beside the finite differences of its function.

    Attributes
    ----------
    analytic, numeric : the two gradients, shape (p,).
    error : the largest relative disagreement of a component, beyond the rounding of f.
    worst : the index of that component.
    agrees : whether the error is within the tolerance.

    >>> bool(check_gradient(lambda x: float(x @ x), lambda x: 3 * x, [1.0, 2.0]))
    False
    """

    analytic: Array
    numeric: Array
    error: float
    worst: int
    agrees: bool

    def __bool__(self) -> bool:
        return self.agrees

    def __repr__(self) -> str:
        if self.agrees:
            return f"The gradient agrees with finite differences (relative error {self.error:.1g})."
        return (
            f"The gradient is wrong: component {self.worst} is {self.analytic[self.worst]:.6g}, "
            f"and finite differences give {self.numeric[self.worst]:.6g}."
        )


# -- the optimisers --------------------------------------------------------------------------------


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
    steps, rate = _whole("steps", steps), _rate(learning_rate)
    climb, tick = _Recorder(f, grad, x0), ticker(progress, steps, "gradient descent")
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
        enough = max(_FLAT * max(climb.norms), unseen)
    if climb.norm <= enough:
        if climb.falls_beside():
            return climb.trace("gradient_descent", False, _STILL_FALLS)
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
        _whole("n_rows", n_rows, least=1),
        _whole("batch_size", batch_size, least=1),
    )
    epochs = _whole("epochs", epochs, least=1)
    record_every = _whole("record_every", record_every, least=1)
    start = _point("x0", x0)
    x, shape = start.ravel().copy(), start.shape
    rng = np.random.default_rng(rng)
    rate, tick = _rate(learning_rate), ticker(progress, epochs, "stochastic gradients, epochs")
    points, values, norms, when = [], [], [], []

    def slope(rows: Array) -> Array:
        return _gradient(grad_on_rows(x.reshape(shape)[()], rows), shape, "grad_on_rows")

    def record(step: int, norm: float) -> None:
        points.append(x.copy())
        values.append(np.nan if f is None else _value(f(x.reshape(shape)[()])))
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
        _frozen(points), _frozen(values), _frozen(norms), _frozen(when), converged, problem, "sgd"
    )


def newton(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any],
    hess: Callable[[Any], Any],
    x0: ArrayLike,
    *,
    tolerance: float = 1e-14,
    steps: int = 100,
    progress: Progress = False,
) -> Trace:
    """Take damped Newton steps x <- x - t H(x)^-1 grad(x) until the fall they promise is nothing.

    The squared Newton decrement grad' H^-1 grad is twice the fall in f that the local quadratic
    promises. If f is a negative log-likelihood, its root is the distance to the maximum in standard
    errors: a stopping rule that knows no units. Where H is not positive definite the eigenvalues'
    absolute values stand in, so that every step points downhill; a step is halved until f falls.

    A stationary point does not count as converged where the Hessian shows a saddle or a maximum.

    Parameters
    ----------
    f, grad, hess : the objective, its gradient (in the shape of x0) and its Hessian (p, p).
    x0 : the start, p numbers.
    tolerance : stop after the step whose squared decrement is no larger.
    steps : how many steps to take at most.
    progress : True for a line on the standard error, or a function of (done, total).

    Raises
    ------
    DataError : x0, or f, its gradient or its Hessian at x0, is not finite; shapes that do not
        match.

    Source: Boyd and Vandenberghe (2004), section 9.5.

    >>> trace = newton(lambda x: x - np.log(x), lambda x: 1 - 1 / x, lambda x: 1 / x**2, 0.1)
    >>> trace.minimizer.round(9), trace.converged
    (array([1.]), True)
    """
    return _newton("newton", f, grad, hess, x0, tolerance, steps, progress)


def fisher_scoring(
    L: Any,
    theta0: ArrayLike | Mapping[str, float],
    *,
    tolerance: float = 1e-14,
    steps: int = 200,
    progress: Progress = False,
) -> Trace:
    """Climb the likelihood L by theta <- theta + t I(theta)^-1 score(theta).

    I is the expected information, which is never negative: so the step is uphill wherever it is
    taken, and needs no second derivatives. Where the observed information does not depend on the
    data (a canonical link, an exponential family in its natural parameter) this is Newton's method.

    The trace's `f` is the negative log-likelihood, in nats; a step that would leave the parameters'
    domain is halved.

    Parameters
    ----------
    L : a `Likelihood`, or whatever has `log_likelihood`, `score` and `expected_information`.
    theta0 : the start: the free parameters in declared order, or a dict by name.
    tolerance : stop after the step whose squared decrement score' I^-1 score is no larger.
    steps : how many steps to take at most.
    progress : True for a line on the standard error, or a function of (done, total).

    Raises
    ------
    DataError : theta0 outside the parameters' domain, or of the wrong length.

    Source: Fisher (1925); Rao (1948).

    >>> from mlecore import Likelihood, Poisson
    >>> fisher_scoring(Likelihood(Poisson, [1, 2, 6]), {"rate": 1.0}).minimizer
    array([3.])
    """
    if isinstance(theta0, Mapping):
        unknown = [name for name in theta0 if name not in L.names]
        missing = [name for name in L.names if name not in theta0]
        if unknown or missing:
            raise DataError(f"theta0 must name {', '.join(L.names)}, and names {', '.join(theta0)}")
        theta0 = [theta0[name] for name in L.names]
    theta0 = np.atleast_1d(_point("theta0", theta0))
    return _newton(
        "fisher_scoring",
        lambda theta: -L.log_likelihood(theta),
        lambda theta: -L.score(theta),
        L.expected_information,
        theta0,
        tolerance,
        steps,
        progress,
    )


def check_gradient(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any],
    x: ArrayLike,
    *,
    tolerance: float = 1e-6,
) -> GradientCheck:
    """Compare a gradient with central differences of its function at x, component by component.

    The differences are of fourth order, [8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))] / (12 h), with
    h about 7e-4 of the component, which leaves an error near 1e-12; of the largest component where
    so short a step would move f by rounding alone. A disagreement that the rounding of f explains
    is none. The result is true or false as the two agree, and its text names the worst component.

    Parameters
    ----------
    f, grad : the function and its gradient, in the shape of x.
    x : where to look.
    tolerance : the largest relative disagreement to pass, relative to the component or to a
        thousandth of the largest one.

    Raises
    ------
    DataError : x, or f or its gradient there, is not finite; or shapes that do not match.

    Source: Fornberg (1988), table 1.

    >>> check_gradient(lambda x: x @ x, lambda x: [2 * x[0], x[1]], [1.0, 2.0])
    The gradient is wrong: component 1 is 2, and finite differences give 4.
    """
    point = _point("x", x)
    shape, flat = point.shape, point.ravel()
    analytic = _gradient(grad(point[()]), shape, "grad")
    if not np.isfinite(analytic).all():
        raise DataError(f"the gradient is not finite at x: {_brief(analytic)}")
    numeric, rounding = np.empty_like(flat), np.empty_like(flat)
    # What a component must be told apart from, if the comparison is to mean anything.
    fine = tolerance * np.maximum(np.abs(analytic), 1e-3 * np.abs(analytic).max())
    for i in range(flat.size):

        def along(component: float, i: int = i) -> float:
            moved = flat.copy()
            moved[i] = component
            return _value(f(moved.reshape(shape)[()]))

        slope, noise, bend = _difference(along, flat[i], abs(flat[i]) or 1.0)
        if noise > fine[i] and abs(flat[i]) < np.abs(flat).max():
            # Beside larger components this one is nearly zero, and so short a step moves f by
            # rounding alone. A longer step is better, unless f bends along it.
            longer = _difference(along, flat[i], np.abs(flat).max())
            if longer[1] + longer[2] < noise + bend:
                slope, noise, _ = longer
        numeric[i], rounding[i] = slope, noise
    if not np.isfinite(numeric).all():
        raise DataError("f is not finite near x: move x away from the edge of f's domain")
    size = np.maximum(np.abs(analytic), np.abs(numeric))
    scale = np.maximum(size, 1e-3 * size.max(initial=0.0))
    gap = np.abs(analytic - numeric)
    gap[(gap > tolerance * scale) & (gap <= rounding)] = 0.0  # no disagreement: f is no more exact
    error = np.divide(gap, scale, out=np.zeros_like(scale), where=scale > 0)
    worst = int(np.argmax(error)) if error.size else 0
    largest = float(error.max(initial=0.0))
    return GradientCheck(analytic, numeric, largest, worst, largest <= tolerance)


# -- the machinery ---------------------------------------------------------------------------------


def _difference(f: Callable[[float], float], x: float, unit: float) -> tuple[float, float, float]:
    """Return the slope of f at x, how much of it may be rounding, and how far f bends the estimate.

    The step is the one that balances rounding and bending for an f that varies over `unit`.
    """
    h = np.finfo(float).eps ** 0.2 * unit
    a, b, c, d = (f(x + multiple * h) for multiple in (-2, -1, 1, 2))
    slope = (8 * (c - b) - (d - a)) / (12 * h)
    rounding = 10 * np.finfo(float).eps * max(map(abs, (a, b, c, d))) / h
    return slope, rounding, abs(slope - (c - b) / (2 * h))


class _Recorder:
    """A point that moves, and remembers where it was."""

    def __init__(self, f: Callable, grad: Callable, x0: ArrayLike) -> None:
        start = _point("x0", x0)
        self.shape, self.x = start.shape, start.ravel().copy()
        self._f, self._grad = f, grad
        self.rows: list[Array] = []
        self.values: list[float] = []
        self.norms: list[float] = []
        self.value, self.slope = self.f(self.x), self.grad(self.x)
        if not np.isfinite(self.value):
            raise DataError(f"f is {self.value} at x0: start where it is finite")
        if not np.isfinite(self.slope).all():
            raise DataError(f"the gradient is {_brief(self.slope)} at x0: start where it is finite")
        self._keep()

    @np.errstate(all="ignore")
    def f(self, x: Array) -> float:
        return _value(self._f(x.reshape(self.shape)[()]))

    @np.errstate(all="ignore")
    def grad(self, x: Array) -> Array:
        return _gradient(self._grad(x.reshape(self.shape)[()]), self.shape, "grad")

    @property
    def taken(self) -> int:
        return len(self.rows) - 1

    @property
    def norm(self) -> float:
        return self.norms[-1]

    def step(self, by: Array, enough: float) -> bool:
        """Go further by a step if f is no more than `enough` there, and say whether it was."""
        x = self.x + by
        value = self.f(x)
        return value <= enough and self.move(x, value)

    def move(self, x: Array, value: float | None = None) -> bool:
        """Go to x, and say whether everything is finite there; otherwise stay."""
        if not np.isfinite(x).all():
            return False
        value = self.f(x) if value is None else value
        slope = self.grad(x)
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            return False
        self.x, self.value, self.slope = x, value, slope
        self._keep()
        return True

    def runs_on(self) -> bool:
        """Say whether the last steps were about as long as those before them, up to rounding of where they led."""
        lengths = [float(np.abs(b - a).max()) for a, b in pairwise(self.rows)]
        seen = [n for n in lengths if n > 1e-12 * np.abs(self.x).max(initial=0.0)]
        last = seen[-4:]
        return len(last) == 4 and all(b > _SHRINKS * a for a, b in pairwise(last))

    def falls_beside(self, *directions: Array) -> bool:
        """Say whether f is lower a little further along an axis, or along a direction.

        A little is a thousandth of the way come. Rounding is measured against f where it stands, so an f that falls
        towards zero for ever is found out however small it has become.
        """
        way = np.abs(self.x - self.rows[0])
        size = np.where(way > 0, way, np.where(self.x != 0, np.abs(self.x), 1.0))
        axes = np.flatnonzero(np.ones(self.x.size))[:_MOST_PROBES]
        steps = [_PROBE * size[i] * np.eye(self.x.size)[i] for i in axes]
        steps += [_PROBE * direction for direction in directions]
        least = self.value - 64 * np.finfo(float).eps * abs(self.value)
        return any(self.f(self.x + sign * step) < least for step in steps for sign in (1, -1))

    def _keep(self) -> None:
        self.rows.append(self.x.copy())
        self.values.append(self.value)
        with np.errstate(over="ignore"):
            self.norms.append(float(np.linalg.norm(self.slope)))

    def diverged(self, name: str, value: float) -> str:
        return (
            f"diverged at step {self.taken + 1}: f or its gradient is no longer finite; "
            f"try a smaller {name} (it was {value:.4g})"
        )

    def trace(self, method: str, converged: bool, message: str) -> Trace:
        return Trace(
            _frozen(self.rows),
            _frozen(self.values),
            _frozen(self.norms),
            _frozen(np.arange(len(self.rows))),
            converged,
            message,
            method,
        )


@np.errstate(all="ignore")
def _newton(
    method: str,
    f: Callable,
    grad: Callable,
    hess: Callable,
    x0: ArrayLike,
    tolerance: float,
    steps: int,
    progress: Progress,
) -> Trace:
    """Newton's loop; `hess` may be the Hessian or what stands in for it."""
    steps, climb = _whole("steps", steps), _Recorder(f, grad, x0)
    tick = ticker(progress, steps, method.replace("_", " "))

    def end(converged: bool, message: str) -> Trace:
        if converged and lowest < _SADDLE:
            converged, message = False, _NOT_A_MINIMUM
        elif converged and climb.runs_on():
            converged, message = False, _RUNS_ON
        elif converged and climb.falls_beside(climb.x - climb.rows[0]):
            converged, message = False, _STILL_FALLS
        tick(steps if converged else climb.taken, stopped=not converged)
        return climb.trace(method, converged, message)

    promised = lowest = np.inf
    for k in range(steps + 1):
        curvature = _curvature(hess, climb)
        if not np.isfinite(curvature).all():
            if k == 0:
                raise DataError("the Hessian is not finite at x0: start where it is finite")
            return end(False, f"the Hessian is no longer finite at step {k}")
        before = promised
        direction, promised, lowest = _downhill(climb.slope, curvature)
        # Closer than this the differences of f are rounding, and Newton's step is trusted as it is.
        rounding = 1e-12 * (1.0 + abs(climb.value))
        if promised <= tolerance:
            # The last step costs nothing more and squares the error that is left.
            if promised > 0 and k < steps:
                climb.step(direction, climb.value + rounding)
            return end(True, f"the next step would lower f by {promised / 2:.2g}")
        if lowest >= _SADDLE and before <= promised <= rounding:
            # A trusted step has come no closer: the slope is rounding, too.
            return end(True, "f cannot fall further: the rest is rounding")
        if k == steps:
            break
        if not _line_search(climb, direction, promised, rounding):
            if promised <= rounding:
                return end(True, "f cannot fall further: the rest is rounding")
            return end(
                False,
                f"no step along Newton's direction lowers f after step {k}: f may be unbounded "
                "or discontinuous, or its gradient wrong (see check_gradient)",
            )
        tick(k + 1)
    return end(
        False, f"stopped after {steps} steps; the next would still lower f by {promised / 2:.2g}"
    )


def _curvature(hess: Callable, climb: _Recorder) -> Array:
    """Return the Hessian where the climb stands, as a square matrix."""
    p = climb.x.size
    curvature = np.asarray(hess(climb.x.reshape(climb.shape)[()]), dtype=float)
    if curvature.size != p * p:
        raise DataError(
            f"the Hessian has shape {curvature.shape}, and x has {p} numbers: "
            f"it must have shape {(p, p)}"
        )
    return curvature.reshape(p, p)


def _line_search(climb: _Recorder, direction: Array, promised: float, rounding: float) -> bool:
    """Halve the step until f falls enough (Armijo 1966), go there, and say whether it did."""
    size = 1.0
    for _ in range(60):
        enough = climb.value - 1e-4 * size * promised
        if promised <= rounding:
            enough = climb.value + rounding
        elif enough == climb.value:  # too little to be seen: then a fall that can be seen is enough
            enough = np.nextafter(enough, -np.inf)
        if climb.step(size * direction, enough):
            return True
        size *= 0.5
    return False


def _downhill(slope: Array, curvature: Array) -> tuple[Array, float, float]:
    """Return Newton's direction, the squared decrement, and the lowest scaled eigenvalue.

    Variables are scaled to unit curvature first, so that a parameter in millions beside one in
    millionths does not look flat.
    """
    diagonal = np.abs(np.diagonal(curvature))
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = curvature * scale[:, None] * scale
    values, vectors = np.linalg.eigh(0.5 * (scaled + scaled.T))
    steepest = np.abs(values).max(initial=0.0)
    # Without any curvature the step is the slope itself.
    size = np.maximum(np.abs(values), 1e-12 * steepest if steepest > 0 else 1.0)
    along = vectors.T @ (slope * scale)
    direction = -scale * (vectors @ (along / size))
    return direction, float(along @ (along / size)), float(values.min(initial=np.inf))


def _point(name: str, x: ArrayLike) -> Array:
    try:
        point = np.array(x, dtype=float)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must be numbers, and is {x!r}") from error
    if point.size == 0 or not np.isfinite(point).all():
        raise DataError(f"{name} must be finite numbers, and is {point}")
    return point


def _value(value: Any) -> float:
    array = np.asarray(value)
    if array.size != 1:
        raise DataError(f"f must return one number, and returned an array of shape {array.shape}")
    try:
        return float(array.reshape(()))
    except (TypeError, ValueError) as error:
        raise DataError(f"f must return one number, and returned {value!r}") from error


def _gradient(value: Any, shape: tuple[int, ...], name: str) -> Array:
    value = np.asarray(value, dtype=float)
    axes, expected = ([n for n in s if n != 1] for s in (value.shape, shape))
    if value.size != int(np.prod(shape)) or (axes != expected and len(axes) > 1 < len(expected)):
        raise DataError(f"{name} returned shape {value.shape}, and x has shape {shape}")
    return value.ravel()


def _rate(rate: Rate) -> Callable[[int], float]:
    """Return the learning rate as a function of the step; a schedule may end at zero."""
    if not callable(rate):
        if not _is_rate(rate) or rate == 0:
            raise DataError(f"learning_rate must be a positive number, and is {rate!r}")
        return lambda step: rate

    def checked(step: int) -> float:
        value = rate(step)
        if not _is_rate(value):
            raise DataError(
                f"learning_rate must be a positive number, and is {value!r} at step {step}"
            )
        return value

    return checked


def _is_rate(rate: Any) -> bool:
    number = np.asarray(rate)
    return number.ndim == 0 and number.dtype.kind in "biuf" and 0 <= number < np.inf


def _whole(name: str, value: int, least: int = 0) -> int:
    try:
        whole = int(value)
    except (TypeError, ValueError, OverflowError):
        whole = None
    if whole is None or whole != value or whole < least:
        raise DataError(f"{name} must be a whole number of at least {least}, and is {value!r}")
    return whole


def _frozen(values: ArrayLike) -> Array:
    array = np.array(values)
    array.flags.writeable = False
    return array


def _brief(x: Array, most: int = 6) -> str:
    shown = ", ".join(f"{v:.4g}" for v in x[:most])
    return f"[{shown}{', ...' if len(x) > most else ''}]"
