"""Whether a gradient is that of its function, by differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError
from .asked import Array, as_gradient, as_number, as_point, brief

__all__ = ["GradientCheck", "check_gradient"]


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
    point = as_point("x", x)
    shape, flat = point.shape, point.ravel()
    analytic = as_gradient(grad(point[()]), shape, "grad")
    if not np.isfinite(analytic).all():
        raise DataError(f"the gradient is not finite at x: {brief(analytic)}")
    numeric, rounding = np.empty_like(flat), np.empty_like(flat)
    # What a component must be told apart from, if the comparison is to mean anything.
    fine = tolerance * np.maximum(np.abs(analytic), 1e-3 * np.abs(analytic).max())
    for i in range(flat.size):

        def along(component: float, i: int = i) -> float:
            moved = flat.copy()
            moved[i] = component
            return as_number(f(moved.reshape(shape)[()]))

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


def _difference(f: Callable[[float], float], x: float, unit: float) -> tuple[float, float, float]:
    """Return the slope of f at x, how much of it may be rounding, and how far f bends the estimate.

    The step is the one that balances rounding and bending for an f that varies over `unit`.
    """
    h = np.finfo(float).eps ** 0.2 * unit
    a, b, c, d = (f(x + multiple * h) for multiple in (-2, -1, 1, 2))
    slope = (8 * (c - b) - (d - a)) / (12 * h)
    rounding = 10 * np.finfo(float).eps * max(map(abs, (a, b, c, d))) / h
    return slope, rounding, abs(slope - (c - b) / (2 * h))
