"""Pictures of a likelihood near its maximum: the profile of one parameter, the contours of two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy

from ..errors import DataError
from .drawing import LIKELIHOOD, MUTED, mark, own_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["contour", "profile"]

Array = np.ndarray

_POINTS = 300
# How many places a side of the grid under a contour has; fewer where each needs a climb over other parameters.
_SIDE, _SIDE_OF_CLIMBS = 60, 20


def profile(fit: Any, name: str, ax: Axes | None = None, *, level: float = 0.95) -> Axes:
    """The profile log-likelihood of one parameter below its maximum, with the interval that it cuts out.

    Raises
    ------
    DataError : for a name that is no free parameter.
    RegularityError : where there is no such interval, with the reason.

    >>> from mlecore import Exponential
    >>> from mlecore.plotting import describe
    >>> describe(profile(Exponential.fit([1.0, 3.0]), "rate"))
    'log-likelihood below its maximum against rate, 0.003343 to 2.031: profile, 95% interval'
    """
    _insist_free(fit, [name])
    ends = low, high = fit.ci(level, "lr")[name]
    best, ax = fit.theta[fit.names.index(name)], own_axes(ax)
    grid = np.unique(np.concatenate([_around(fit, name, ends), [best]]))
    drop = fit.likelihood.profile(name, grid) - float(fit.log_likelihood)
    cut = -0.5 * scipy.special.chdtri(1, 1.0 - level)
    ax.plot(grid, drop, color=LIKELIHOOD, label="profile")
    ax.plot([low, high], [cut, cut], color=MUTED, label=f"{100 * level:g}% interval")
    mark(best, ax, f"{best:.4g}")
    ax.set_ylim(float(drop.min()), -0.15 * float(drop.min()))  # room for the number above the top
    ax.set(xlabel=name, ylabel="log-likelihood below its maximum")
    return ax


def contour(
    fit: Any,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
    *,
    levels: Sequence[float] = (0.5, 0.9, 0.95, 0.99),
) -> Axes:
    """The likelihood of two parameters, others at their best: the edges of joint regions at each of the levels.

    A region holds the pairs whose log-likelihood lies less than half a chi-square quantile, with two degrees of
    freedom, below the maximum.

    Raises
    ------
    DataError : for names that are not two free parameters.
    RegularityError : where the parameters have no likelihood-ratio intervals, with the reason.

    >>> from mlecore import Gamma
    >>> from mlecore.plotting import describe
    >>> describe(contour(Gamma.fit([1.0, 3.0, 0.5, 2.0])))[:35]
    'rate against shape, 0.07128 to 12.9'
    """
    names = tuple(fit.names if names is None else names)
    if len(names) != 2:
        raise DataError(f"a contour is of two parameters: name two of {', '.join(fit.names)}")
    _insist_free(fit, names)
    ax = own_axes(ax)
    ends = fit.ci(max(levels), "lr")
    side = _SIDE if len(fit.names) == 2 else _SIDE_OF_CLIMBS
    across, up = (_around(fit, name, ends[name], side) for name in names)
    at = dict(zip(names, np.meshgrid(across, up), strict=True))
    likelihood = fit.likelihood
    if len(fit.names) == 2:
        height = likelihood.log_likelihood(**at)
    else:
        height = likelihood.maximize(fixed=at).log_likelihood
    cuts = -0.5 * scipy.special.chdtri(2, 1.0 - np.sort(levels)[::-1])
    lines = ax.contour(
        across, up, height - float(fit.log_likelihood), cuts, colors=LIKELIHOOD, linestyles="solid"
    )
    words = {
        cut: f"{100 * level:g}%" for cut, level in zip(cuts, np.sort(levels)[::-1], strict=True)
    }
    ax.clabel(lines, fmt=words)
    best = [fit.theta[fit.names.index(name)] for name in names]
    ax.plot(*best, "o", color=LIKELIHOOD, label="estimate")
    ax.set(xlabel=names[0], ylabel=names[1])
    return ax


def _insist_free(fit: Any, names: Sequence[str]) -> None:
    wrong = [name for name in names if name not in fit.names]
    if wrong:
        raise DataError(f"{wrong[0]!r} is no free parameter: there are {', '.join(fit.names)}")


def _around(fit: Any, name: str, ends: tuple[float, float], points: int = _POINTS) -> Array:
    """Return a grid that reaches beyond an interval by a third of it, and not beyond the domain."""
    low, high = ends
    best = fit.theta[fit.names.index(name)]
    low, high = (end if np.isfinite(end) else best for end in (low, high))
    likelihood = fit.likelihood
    place = int(likelihood.free[fit.names.index(name)])
    domain = likelihood.layout.domain(place)
    wide = (high - low) / 3.0 or 1.0
    grid = np.linspace(low - wide, high + wide, points)
    return grid[domain.contains(grid)]
