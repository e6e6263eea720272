"""Pictures of what was fitted: the data and the model in their colours, with words beside the lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .drawing import DATA, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["survival"]


def _axes(ax: Axes | None) -> Axes:
    """Return the Axes given, or new ones in the book's style."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    with style():
        return plt.subplots()[1]


def survival(
    estimate: Any, ax: Axes | None = None, *, level: float = 0.95, **settings: Any
) -> Axes:
    """The steps of a Kaplan-Meier estimate with their intervals, and a tick where something was lost from sight.

    The band begins at the first failure and ends where S is 0, outside of which there is no interval.

    >>> from mlecore import kaplan_meier
    >>> survival(kaplan_meier([1.0, 2.0, 4.0])).get_xlabel()
    'time'
    """
    ax = _axes(ax)
    settings = {"color": DATA} | settings
    begin = min(0.0, float(estimate.times[0]))
    x = np.concatenate([[begin], estimate.times, [estimate.last]])
    ax.step(x, estimate.sf(x), where="post", **settings)
    low, high = estimate.ci(level, at=x)
    ax.fill_between(x, low, high, step="post", alpha=0.15, linewidth=0, color=settings["color"])
    lost = estimate.censored
    ax.plot(lost, estimate.sf(lost), linestyle="none", marker="|", color=settings["color"], ms=9)
    ax.set(ylim=(0.0, 1.05), xlabel="time", ylabel="share surviving")
    return ax
