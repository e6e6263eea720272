"""The points that an optimiser visited, and how it ended."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError
from .asked import Array, as_gradient, as_number, as_point, brief, frozen

__all__ = ["FLAT", "STILL_FALLS", "Recorder", "Trace"]

FLAT = 1e-6  # the slope that counts as zero, as a part of the steepest one on the way
STILL_FALLS = (
    "the slope is nearly zero, but f is lower a little further on: a saddle, a gradient that is not f's own "
    "(see check_gradient), or an f that falls for ever (of a classifier: separated data)"
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

    >>> from mlecore import gradient_descent
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
            f"  minimizer  {brief(self.minimizer)}\n"
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
                f"<tr><td>{self.step[i]}</td><td>{brief(self.x[i])}</td>"
                f"<td>{self.f[i]:.4g}</td><td>{self.grad_norm[i]:.4g}</td></tr>"
            )
            before = i
        return (
            f"<table><caption>{html.escape(self.method)}: {html.escape(self.message)}</caption>"
            '<thead><tr><th scope="col">step</th><th scope="col">x</th><th scope="col">f</th>'
            f'<th scope="col">|gradient|</th></tr></thead><tbody>{body}</tbody></table>'
        )


class Recorder:
    """A point that moves, and remembers where it was."""

    def __init__(self, f: Callable, grad: Callable, x0: ArrayLike) -> None:
        start = as_point("x0", x0)
        self.shape, self.x = start.shape, start.ravel().copy()
        self._f, self._grad = f, grad
        self.rows: list[Array] = []
        self.values: list[float] = []
        self.norms: list[float] = []
        self.value, self.slope = self.f(self.x), self.grad(self.x)
        if not np.isfinite(self.value):
            raise DataError(f"f is {self.value} at x0: start where it is finite")
        if not np.isfinite(self.slope).all():
            raise DataError(f"the gradient is {brief(self.slope)} at x0: start where it is finite")
        self._keep()

    @np.errstate(all="ignore")
    def f(self, x: Array) -> float:
        return as_number(self._f(x.reshape(self.shape)[()]))

    @np.errstate(all="ignore")
    def grad(self, x: Array) -> Array:
        return as_gradient(self._grad(x.reshape(self.shape)[()]), self.shape, "grad")

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
            frozen(self.rows),
            frozen(self.values),
            frozen(self.norms),
            frozen(np.arange(len(self.rows))),
            converged,
            message,
            method,
        )
