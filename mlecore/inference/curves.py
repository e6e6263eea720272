"""The two curves whose crossings are the ends of intervals: the signed root of a profile, and of the score statistic.

Both are zero at the maximum and rise by about 1 with each standard error. They are functions of the real coordinate of
one free scalar: its logarithm, its logit or itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..domains import Simplex
from .information import invert, scaled_information, usable

__all__ = ["ProfileDrop", "ScoreRoot", "standard_steps"]

Array = np.ndarray

# Information below this has lost digits.
_LEAST = 1e-305


def standard_steps(likelihood: Any, theta: Array) -> Array:
    """Return one standard error of each free scalar in its real coordinate, shape (rows, p); NaN where unknown."""
    layout, free = likelihood.layout, likelihood.free
    shape = (*theta.shape, theta.shape[-1])
    with np.errstate(all="ignore"):
        observed = np.broadcast_to(likelihood.observed_information(theta), shape)
        information, good = observed, usable(observed)
        if not good.all() and likelihood.has_expected_information:
            information = np.where(
                good[:, None, None], observed, likelihood.expected_information(theta)
            )
        first = layout.from_real(layout.to_real(theta, free), free)[1]
        scaled = scaled_information(likelihood, theta, information)
        return invert(scaled, np.zeros(len(theta), dtype=bool)).errors() / first


class _Curve:
    """What the search needs to know: where the maximum lies, and how far to step."""

    def __init__(self, likelihood: Any, theta: Array, k: int, steps: Array) -> None:
        self.likelihood, self.layout = likelihood, likelihood.layout
        self.position = int(likelihood.free[k])
        self.domain = self.layout.domain(self.position)
        self.center = self.domain.to_real(theta[:, k])
        self.step_known = np.isfinite(steps[:, k]) & (steps[:, k] > 0)
        self.step = np.where(self.step_known, steps[:, k], self._stride())

    def _stride(self) -> Any:
        """Return a length to begin with where no standard error is known."""
        if np.isfinite(self.domain.longest_step):
            return 1.0  # of a logarithm or a logit
        if isinstance(self.domain, Simplex):
            return 1e-3  # of a probability, such as that of an empty class
        turn = getattr(self.domain, "turn", np.inf)
        return turn if np.isfinite(turn) else 1e-8 * np.maximum(np.abs(self.center), 1e-290)


class ProfileDrop(_Curve):
    """The signed root of a profile: how far, in standard errors, the log-likelihood drops at each value."""

    def __init__(self, likelihood: Any, theta: Array, k: int, steps: Array) -> None:
        super().__init__(likelihood, theta, k, steps)
        self.top = np.broadcast_to(likelihood.log_likelihood(theta), len(theta))
        # What rounding leaves of a difference of log-likelihoods.
        self.noise = 4 * np.finfo(float).eps * (1.0 + np.abs(self.top))
        # Where the other parameters were at the last value: the next maximisation starts there.
        shape = (len(theta), len(self.layout.names))
        self.full = np.array(np.broadcast_to(likelihood._full(theta), shape))

    def __call__(self, u: Array, rows: Array) -> tuple[Array, Array]:
        """Return r = sqrt(2 (l_max - l)) and dr/du: infinite outside the domain, NaN where it is lost."""
        value, first, _ = self.domain.from_real(u)
        start = self.layout.moved(self.full[rows], self.position, value)
        possible = self.layout.contains(start)
        root, slope = np.full(len(rows), np.inf), np.full(len(rows), np.nan)
        if possible.any():
            inside = rows[possible]
            fixed = {self.layout.names[self.position]: value[possible]}
            here = self.likelihood.at(inside)
            top = here.given(fixed).highest(start[possible])
            r = np.sqrt(np.maximum(2.0 * (self.top[inside] - top.log_likelihood), 0.0))
            root[possible] = np.where(top.converged, r, np.nan)
            # The other parameters are at their best, so moving them adds nothing: the profile's slope is the
            # score of the value that is held (the envelope theorem).
            score = here._evaluate_full(top.theta, "_score_vector", 1)[..., self.position]
            with np.errstate(all="ignore"):
                slope[possible] = -score * first[possible] / r
            self.full[inside[top.converged]] = top.theta[top.converged]
        return root, slope


class ScoreRoot(_Curve):
    """|slope| / sqrt(n times the expected information) of a likelihood with one free scalar."""

    def __init__(self, likelihood: Any, theta: Array, k: int, steps: Array) -> None:
        super().__init__(likelihood, theta, k, steps)
        self.noise = np.full(len(theta), 1e-14)

    def __call__(self, u: Array, rows: Array) -> tuple[Array, Array]:
        """Return the root of the score statistic and its slope in u, by differences: steps need no more."""
        small = 1e-4 * self.step[rows]
        r, right = self._root(u, rows), self._root(u + small, rows)
        with np.errstate(all="ignore"):
            return r, (right - r) / small

    def _root(self, u: Array, rows: Array) -> Array:
        """Return the root: infinite outside the domain."""
        theta = self.domain.from_real(u)[0][:, None]
        here = self.likelihood.at(rows)
        possible = self.layout.contains(here._full(theta))
        with np.errstate(all="ignore"):
            slope = np.broadcast_to(here.score(theta)[..., 0], len(rows))
            unit, information = here.expected_in_units(theta)
            unit, information = (
                np.broadcast_to(v, len(rows)) for v in (unit[..., 0], information[..., 0, 0])
            )
            # Information that has all but underflowed has no digits left: there the root is lost.
            information = np.where(information > _LEAST, information, np.nan)
            # A level likelihood rejects nothing, though it has no information either.
            root = np.where(slope == 0, 0.0, np.abs(slope) * unit / np.sqrt(information))
            return np.where(possible, root, np.inf)
