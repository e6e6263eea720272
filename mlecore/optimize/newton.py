"""The slope divided by the curvature: as it is, or as it is expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError
from ..progress import Progress, ticker
from .asked import Array, as_point, as_whole
from .trace import STILL_FALLS, Recorder, Trace

__all__ = ["fisher_scoring", "newton"]

_SADDLE = -1e-8  # a scaled eigenvalue of the Hessian below this is no rounding of zero
_NOT_A_MINIMUM = (
    "the slope is zero, but the curvature is not positive in every direction: "
    "a saddle or a maximum, not a minimum"
)
_RUNS_ON = (
    "the slope is nearly zero, but the steps have not become shorter: f may fall for ever (of a classifier: "
    "separated data), or have a bottom without curvature"
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
    theta0 = np.atleast_1d(as_point("theta0", theta0))
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
    steps, climb = as_whole("steps", steps), Recorder(f, grad, x0)
    tick = ticker(progress, steps, method.replace("_", " "))

    def end(converged: bool, message: str) -> Trace:
        if converged and lowest < _SADDLE:
            converged, message = False, _NOT_A_MINIMUM
        elif converged and climb.runs_on():
            converged, message = False, _RUNS_ON
        elif converged and climb.falls_beside(climb.x - climb.rows[0]):
            converged, message = False, STILL_FALLS
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


def _curvature(hess: Callable, climb: Recorder) -> Array:
    """Return the Hessian where the climb stands, as a square matrix."""
    p = climb.x.size
    curvature = np.asarray(hess(climb.x.reshape(climb.shape)[()]), dtype=float)
    if curvature.size != p * p:
        raise DataError(
            f"the Hessian has shape {curvature.shape}, and x has {p} numbers: "
            f"it must have shape {(p, p)}"
        )
    return curvature.reshape(p, p)


def _line_search(climb: Recorder, direction: Array, promised: float, rounding: float) -> bool:
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
