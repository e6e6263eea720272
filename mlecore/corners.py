"""Parameters whose likelihood has a corner or an end at the values seen: no slope leads to such a place, so it is looked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from .statistics import Events

__all__ = ["cornered"]

Array = np.ndarray

# Of so many values of a complete sample a corner is looked for, before it is looked for between them.
_CANDIDATES = 512
_BRIEF = 5


def cornered(likelihood: Any) -> tuple[Array, Array, Array]:
    """Return all scalars, the log-likelihood and whether it is a maximum, for a family with corners or moving ends.

    The likelihood of a Laplace has a corner at each exact value, and that of a Uniform ends there: no slope leads to
    such a place. Each such parameter is looked for among the values and limits, and between those beside the best,
    the others at their best each time.
    """
    family, layout, t = likelihood.family, likelihood.layout, likelihood.statistic
    places = [i for i in likelihood.free if layout.names[i] in family.corners]
    # A climb of all scalars ends beside a corner: a few steps give the other scalars a place to begin.
    theta = np.array(likelihood.climbed(max_iterations=_BRIEF).theta)
    limits = (
        np.concatenate([t.seen.low, t.seen.high, likelihood.corner_values()])
        if isinstance(t, Events)
        else t.thinned(_CANDIDATES).values
    )
    limits = np.unique(limits[np.isfinite(limits)])
    best = -np.inf
    for _ in range(6):
        before = best
        for i in places:
            theta, best = _line_search(likelihood, theta, i, limits)
        if not best > before + 1e-12 * (1.0 + abs(best)):
            break
    return theta, np.float64(best), np.isfinite(best)


def _line_search(likelihood: Any, theta: Array, i: int, candidates: Array) -> tuple[Array, float]:
    """Return the best vector with scalar i anywhere, the other corners held and the rest at their best."""
    layout = likelihood.layout
    name, corners = layout.names[i], likelihood.family.corners
    held = {
        layout.names[j]: theta[j] for j in likelihood.free if layout.names[j] in corners and j != i
    }

    def profile(values: Array) -> Any:
        values = values[layout.domain(i).contains(values)]
        grid = likelihood.given(
            {**{k: np.broadcast_to(v, values.shape) for k, v in held.items()}, name: values}
        )
        return grid.climbed(
            layout.moved(np.broadcast_to(theta, (values.size, theta.size)), i, values)
        )

    grid = np.unique(np.concatenate([candidates, theta[i : i + 1]]))
    for _ in range(30):
        top = profile(grid)
        height = np.where(np.isnan(top.log_likelihood), -np.inf, top.log_likelihood)
        k = int(np.argmax(height))
        x = top.theta[:, i]
        low, high = x[max(k - 1, 0)], x[min(k + 1, x.size - 1)]
        if high - low <= 1e-13 * max(abs(low), abs(high)):
            break
        grid = np.unique(np.concatenate([np.linspace(low, high, 17), x[k : k + 1]]))
    return np.array(top.theta[k]), float(height[k])
