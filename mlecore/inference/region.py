"""Joint regions of two parameters: the pairs that a likelihood-ratio test on two degrees of freedom would not reject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..domains import Real
from ..errors import ConvergenceError, DataError, RegularityError, listed
from .crossing import crossing
from .information import scaled_covariance
from .intervals import normal_quantile
from .regularity import insist_positive, insist_regular

__all__ = ["likelihood_region"]

Array = np.ndarray

# A logarithm or a logit so far from that of the estimate, a factor of 1e13, has met no end that means anything.
_FARTHEST = 30.0


def likelihood_region(
    likelihood: Any, theta: Array, names: Sequence[str], level: float = 0.95, points: int = 200
) -> Array:
    """Return the closed contour on which the profile of two free scalars has dropped by chi2(2; level) / 2.

    The other scalars are at their best everywhere. The contour is walked to from the estimate along rays, in coordinates
    (logarithms of what is positive, logits of probabilities) in which the region is nearly a disc; a region that is not
    seen whole from the estimate is cut where a ray first leaves it.

    Parameters
    ----------
    likelihood : a `Likelihood` of one sample.
    theta : its free scalars at the maximum, shape (p,).
    names : of two free scalars.
    level : the share of samples whose region should cover both true values.
    points : how many points the contour has.

    Returns
    -------
    contour : shape (points + 1, 2), in the order of `names`; the last point is the first.

    Raises
    ------
    DataError : for names that are not two free scalars, or a level outside (0, 1).
    RegularityError : for a parameter that moves the support, an estimate on the boundary, or a region without end.
    ConvergenceError : where the profile cannot be followed.

    Source: Cox and Hinkley (1974), section 9.3.

    >>> from mlecore import Likelihood, Normal
    >>> L = Likelihood(Normal, [1.0, 3.0, 5.0])
    >>> contour = likelihood_region(L, L.maximize().theta, ("mu", "sigma"), points=4)
    >>> drops = L.maximize().log_likelihood - L.log_likelihood(contour)
    >>> bool(np.allclose(drops, -np.log(0.05)))
    True
    """
    normal_quantile(level)  # refuses a level that is none
    pair = [] if isinstance(names, str) else list(names)
    if len(set(pair)) != 2 or not set(pair) <= set(likelihood.names):
        raise DataError(
            f"a region is of two different free scalars out of {listed(likelihood.names)}; got {names!r}"
        )
    insist_regular(likelihood, "a likelihood-ratio region")
    if theta.ndim > 1:
        raise DataError("a region takes a single fit; fit one sample of the batch alone")
    insist_positive(likelihood, theta)
    rays = _Rays(likelihood, theta, pair, points)
    z = float(np.sqrt(-2.0 * np.log1p(-level)))
    reach = crossing(rays, np.ones(points), z)
    if rays.gone(reach).any():
        raise RegularityError(
            f"the region of {pair[0]} and {pair[1]} has no end: in some direction the likelihood never falls so far. Ask "
            "for a lower level, or for the intervals by method='lr'"
        )
    if np.isnan(reach).any():
        raise ConvergenceError(
            f"the region of {pair[0]} and {pair[1]} could not be followed to its end; plot likelihood.profile to see why"
        )
    contour = rays.values(reach, np.arange(points))[0]
    return np.concatenate([contour, contour[:1]])


class _Rays:
    """The signed root of a profile of two scalars along rays from the maximum, for `crossing`."""

    def __init__(self, likelihood: Any, theta: Array, names: list[str], points: int) -> None:
        self.likelihood, self.layout, self.names = likelihood, likelihood.layout, names
        self.places = [self.layout.index(name) for name in names]
        self.domains = [self.layout.domain(i) for i in self.places]
        index = np.array([likelihood.names.index(name) for name in names])
        size, unit = scaled_covariance(likelihood, theta).block(index)
        own = theta[index]
        self.middle = np.array([d.to_real(v) for d, v in zip(self.domains, own, strict=True)])
        first = [d.from_real(u)[1] for d, u in zip(self.domains, self.middle, strict=True)]
        axes = (size / np.array(first))[:, None] * np.linalg.cholesky(unit)
        angles = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
        self.ways = np.stack([np.cos(angles), np.sin(angles)], axis=-1) @ axes.T
        self.top = float(likelihood.log_likelihood(theta))
        self.full = np.tile(likelihood._full(theta), (points, 1))
        self.domain = Real()
        self.center, self.step = np.zeros(points), np.ones(points)
        self.step_known = np.ones(points, dtype=bool)
        self.noise = np.full(points, 4 * np.finfo(float).eps * (1.0 + abs(self.top)))

    def gone(self, t: Array) -> Array:
        """Say which rays have met no end, or none that means anything."""
        bounded = np.array([np.isfinite(d.longest_step) for d in self.domains])
        return np.isinf(t) | ((np.abs(t[:, None] * self.ways) > _FARTHEST) & bounded).any(axis=-1)

    def values(self, t: Array, rows: Array) -> tuple[Array, Array]:
        """Return the two scalars at distances t along rays, and how fast they move there."""
        u = self.middle + t[:, None] * self.ways[rows]
        parts = [d.from_real(u[:, k]) for k, d in enumerate(self.domains)]
        value, first = (np.stack([part[i] for part in parts], axis=-1) for i in (0, 1))
        return value, first * self.ways[rows]

    def __call__(self, t: Array, rows: Array) -> tuple[Array, Array]:
        """Return r = sqrt(2 (l_max - l)) and dr/dt: infinite outside the domain, NaN where it is lost."""
        value, speed = self.values(t, rows)
        start = self.full[rows]
        for k, place in enumerate(self.places):
            start = self.layout.moved(start, place, value[:, k])
        start[:, self.places] = value  # moving the second may have moved the first
        possible = self.layout.contains(start)
        root, slope = np.full(len(rows), np.inf), np.full(len(rows), np.nan)
        if possible.any():
            fixed = {name: value[possible, k] for k, name in enumerate(self.names)}
            here = self.likelihood.given(fixed)
            top = here.highest(start[possible])
            r = np.sqrt(np.maximum(2.0 * (self.top - top.log_likelihood), 0.0))
            root[possible] = np.where(top.converged, r, np.nan)
            # The other parameters are at their best, so moving them adds nothing (the envelope theorem).
            score = here._evaluate_full(top.theta, "_score_vector", 1)[..., self.places]
            with np.errstate(all="ignore"):
                slope[possible] = -(score * speed[possible]).sum(axis=-1) / r
            self.full[rows[possible][top.converged]] = top.theta[top.converged]
        return root, slope
