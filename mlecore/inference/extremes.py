"""The likelihood-ratio interval of a function of the parameters: its least and greatest value over a likelihood region.

The region holds the parameters whose log-likelihood is within z^2 / 2 of the maximum. The values that g takes on it are
those whose own profile, max l subject to g(theta) = c, has dropped by no more: so the interval needs no other parameters
in which g is one. Its ends are where g' and l' are parallel on the region's rim (Lagrange), found by Newton's steps in
coordinates in which the log-likelihood is nearly a ball of radius z.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..climbing import look
from ..errors import ConvergenceError, DataError, RegularityError
from .information import scaled_covariance
from .intervals import likelihood_ratio_interval, normal_quantile
from .regularity import insist_regular

__all__ = ["function_interval"]

Array = np.ndarray
Function = Callable[[Array], Array]

# Differences of g are taken over this part of a standard error: what they miss moves an end by its square.
_STEP = 1e-3
# A side whose function is followed in radii smaller than this part of the whole is given up.
_SMALLEST = 1 / 64
# Beside the largest curvature one this small is none.
_FLAT = 1e-6
# Of one parameter the function is looked at in so many places, then more closely around the best, so many times.
_PLACES, _LOOKS = 65, 5
# Where a logarithm or a logit is taken for its end.
_FARTHEST = 700.0


def function_interval(
    likelihood: Any, theta: Array, function: Function, level: float = 0.95
) -> tuple[float, float]:
    """Return the values that a function takes where the log-likelihood is within z^2 / 2 of its maximum.

    Being a set of values it is the same however model and function are written. Should the likelihood have several
    peaks, it belongs to the one of the estimate.

    Parameters
    ----------
    likelihood : a `Likelihood` of one sample.
    theta : its free scalars at the maximum, shape (p,).
    function : of free scalars, shape (rows, p); it returns one number a row.
    level : the share of samples whose interval should cover the truth.

    Raises
    ------
    RegularityError : for a parameter that moves the support; with several parameters also on a boundary, or for a
        function that is flat at the estimate.
    DataError : for a function that is not finite there.
    ConvergenceError : where the function cannot be followed to the rim of the region.

    Source: Cox and Hinkley (1974), section 9.3; Venzon and Moolgavkar (1988) for such a search.

    >>> from mlecore import Exponential, Likelihood
    >>> L, top = Likelihood(Exponential, [1.0, 3.0]), np.array([0.5])
    >>> low, high = function_interval(L, top, lambda theta: 1.0 / theta[:, 0])
    >>> bool(np.isclose(L.log_likelihood(rate=1.0 / high), L.log_likelihood(rate=1.0 / low)))
    True
    """
    insist_regular(likelihood, "a likelihood-ratio interval")
    z = normal_quantile(level)
    if theta.size == 1:
        return _along_interval(likelihood, theta, function, level)
    ball = _Ball(likelihood, theta, function)
    return ball.end(-1.0, z), ball.end(1.0, z)


# -- one parameter -----------------------------------------------------------------------------------


def _along_interval(
    likelihood: Any, theta: Array, function: Function, level: float
) -> tuple[float, float]:
    """Return the least and the greatest value of the function over the interval of its only parameter."""
    ends = np.concatenate(likelihood_ratio_interval(likelihood, theta, level))
    domain = likelihood.layout.domain(int(likelihood.free[0]))
    with np.errstate(all="ignore"):
        u = np.clip(domain.to_real(ends), -_FARTHEST, _FARTHEST)
        if not np.isfinite(domain.longest_step):
            u = np.clip(ends, -1e300, 1e300)
        at_ends = function(ends[:, None])
        return tuple(
            sign * max(_peak(lambda v, s=sign: s * function(domain.from_real(v)[0][:, None]), *u),
                       np.max(sign * at_ends, initial=-np.inf, where=~np.isnan(at_ends)))
            for sign in (-1.0, 1.0)
        )  # fmt: skip


def _peak(function: Function, low: float, high: float) -> float:
    """Return the greatest value of a function of a number, looked at more and more closely."""
    for _ in range(_LOOKS):
        places = np.linspace(low, high, _PLACES)
        values = function(places)
        if np.isnan(values).all():
            raise DataError("the function is not a number anywhere in the parameter's interval")
        best = int(np.nanargmax(values))
        low, high = places[max(best - 1, 0)], places[min(best + 1, _PLACES - 1)]
    return float(values[best])


# -- several -----------------------------------------------------------------------------------------


class _Rim(NamedTuple):
    """A place on a rim: in the coordinates of the ball, its multiplier and the value of the function."""

    v: Array
    multiplier: float
    value: float


class _Ball:
    """A log-likelihood and a function around the maximum, in coordinates in which the former is about -|v|^2 / 2."""

    def __init__(self, likelihood: Any, theta: Array, function: Function) -> None:
        self.likelihood, self.function = likelihood, function
        self.layout, self.free = likelihood.layout, likelihood.free
        size, unit = scaled_covariance(likelihood, theta)
        self.u = self.layout.to_real(theta, self.free)
        first = self.layout.from_real(self.u, self.free)[1]
        self.axes = (size / first)[:, None] * np.linalg.cholesky(unit)
        self.top = float(likelihood.log_likelihood(theta))
        self.noise = 1e-10 + 16 * np.finfo(float).eps * abs(self.top)
        p = theta.size
        pairs = [(i, j) for i in range(p) for j in range(i)]
        self.pairs, eye = pairs, np.eye(p)
        moves = [np.zeros(p), *eye, *-eye]
        moves += [a * eye[i] + b * eye[j] for i, j in pairs for a in (1, -1) for b in (1, -1)]
        self.moves = _STEP * np.array(moves)
        self.slope = self.of_function(np.zeros(p))[1]
        if not np.isfinite(self.slope).all():
            raise DataError(
                "the function is not finite around the estimate; its values within a few standard errors are needed"
            )
        if not self.slope.any():
            raise RegularityError(
                "the function is flat at the estimate, so no side of its interval has a direction to begin in; "
                "use method='bootstrap'"
            )

    def theta(self, v: Array) -> Array:
        """Return free scalars."""
        return self.layout.from_real(self.u + v @ self.axes.T, self.free)[0]

    def of_likelihood(self, v: Array) -> tuple[float, Array, Array]:
        """Return how far the log-likelihood lies below the maximum, its slope and its curvature."""
        with np.errstate(all="ignore"):
            u = self.u + self.axes @ v
            height = float(self.likelihood.log_likelihood(self.theta(v)))
            slope, curvature = look(self.likelihood, u[None])
        return height - self.top, slope[0] @ self.axes, self.axes.T @ curvature[0] @ self.axes

    def of_function(self, v: Array) -> tuple[float, Array, Array]:
        """Return the function, its slope and its curvature, by central differences."""
        p = v.size
        with np.errstate(all="ignore"):
            g = self.function(self.theta(v + self.moves))
            ahead, behind = g[1 : p + 1], g[p + 1 : 2 * p + 1]
            curvature = np.diag((ahead + behind - 2.0 * g[0]) / _STEP**2)
            for (i, j), part in zip(self.pairs, g[2 * p + 1 :].reshape(-1, 4), strict=True):
                mixed = (part[0] - part[1] - part[2] + part[3]) / (4.0 * _STEP**2)
                curvature[i, j] = curvature[j, i] = mixed
        return float(g[0]), (ahead - behind) / (2.0 * _STEP), curvature

    def end(self, sign: float, z: float) -> float:
        """Follow the extreme of the function from the maximum outwards to the rim of radius z."""
        pull = float(np.linalg.norm(self.slope))
        radius, step = 0.0, z
        here = _Rim(np.zeros_like(self.slope), np.inf, float(self.function(self.theta(np.zeros((1, self.slope.size))))[0]))  # fmt: skip
        while radius < z:
            target = min(z, radius + step)
            guess = here.v * (target / radius) if radius else sign * target * self.slope / pull
            multiplier = here.multiplier * radius / target if radius else pull / target
            found = self.on_rim(sign, target, guess, multiplier)
            if found is not None and sign * (found.value - here.value) >= 0:
                here, radius, step = found, target, 2.0 * step
                continue
            step *= 0.5
            if step < _SMALLEST * z:
                return self.inside(sign, z, here.v)
        return here.value

    def on_rim(self, sign: float, radius: float, v: Array, multiplier: float) -> _Rim | None:
        """Solve sign g' + multiplier l' = 0 on the rim by Newton's steps; None where they do not arrive at an extreme."""
        p = v.size
        system = np.zeros((p + 1, p + 1))
        for _ in range(40):
            drop, slope, curvature = self.of_likelihood(v)
            value, g, bend = self.of_function(v)
            system[:p, :p] = sign * bend + multiplier * curvature
            system[:p, p] = system[p, :p] = slope
            away = drop + 0.5 * radius**2
            right = -np.append(sign * g + multiplier * slope, away)
            if not (np.isfinite(system).all() and np.isfinite(right).all()):
                return None
            # The equations in units of the function's slope.
            pull = max(float(np.linalg.norm(g)), np.finfo(float).tiny)
            scale = np.append(np.full(p, np.sqrt(pull)), 1.0 / np.sqrt(pull))
            try:
                move = np.linalg.solve(system / scale[:, None] / scale, right / scale) / scale
            except np.linalg.LinAlgError:
                return None
            size = float(np.linalg.norm(move[:p]))
            if size < 1e-7 * (1.0 + radius) and abs(away) < self.noise:
                return self.if_extreme(system, slope, _Rim(v, multiplier, value))
            shorter = min(1.0, 0.5 * (radius + 1.0) / size)
            v, multiplier = v + shorter * move[:p], multiplier + shorter * float(move[p])
        return None

    def if_extreme(self, system: Array, slope: Array, rim: _Rim) -> _Rim | None:
        """Return the place if the function has its greatest value of the rim nearby."""
        across = np.linalg.svd(slope[None])[2][1:]
        bend = across @ system[:-1, :-1] @ across.T
        good = rim.multiplier > 0 and np.linalg.eigvalsh(bend)[-1] < _FLAT * abs(bend).max()
        return rim if good else None

    def inside(self, sign: float, z: float, v: Array) -> float:
        """Return the extreme of a function that has one within the region, as a square has at zero."""
        for _ in range(40):
            value, g, bend = self.of_function(v)
            if not np.isfinite(bend).all():
                break
            curved, axes = np.linalg.eigh(sign * bend)
            if curved[-1] > _FLAT * abs(curved).max():
                break
            # Where the function is flat, as in a parameter that it does not depend on, there is nowhere to go.
            bent = curved < -_FLAT * abs(curved).max()
            along = np.where(bent, sign * g @ axes / np.where(bent, curved, 1.0), 0.0)
            size, left = float(np.linalg.norm(along)), float(np.linalg.norm(g))
            if size < 1e-5 and left < 1e-4 * np.linalg.norm(self.slope):
                if self.of_likelihood(v)[0] < -0.5 * z**2:
                    break
                return value
            v = v - min(1.0, z / max(size, 1e-300)) * (axes @ along)
        raise ConvergenceError(
            f"the {'upper' if sign > 0 else 'lower'} end of the function's interval could not be followed: the likelihood "
            "may stay high without end in some direction, or the function have a corner. Use method='bootstrap'"
        )
