"""Draw the title page's picture: the alpha particles, the Poisson that fits them, and its likelihood.

    python tools/draw_cover.py        # writes book/_static/cover.svg

Letters are stored as outlines, so the picture is the same on every machine.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

import mlecore as mle
from mlecore import plotting

STATIC = Path(__file__).resolve().parent.parent / "book" / "_static"


def draw(file: Path) -> None:
    """Draw the cover into `file`."""
    alpha = mle.datasets.load("alpha_particles")
    fit = mle.Poisson.fit(alpha.values, weights=alpha.frequencies)
    best = fit.params["rate"]
    likelihood = mle.Likelihood(mle.Poisson, alpha.values, weights=alpha.frequencies)
    rates = np.linspace(3.6, 4.15, 120)
    heights = likelihood.log_likelihood(rate=rates)

    with plotting.style(), matplotlib.rc_context({"svg.hashsalt": "cover"}):
        fig, (left, right) = plt.subplots(1, 2, figsize=(7, 2.9), width_ratios=[3, 2])
        plotting.bars(alpha.values, alpha.frequencies, left, alpha=0.45)
        left.plot(
            alpha.values, fit.n * fit.dist.pmf(alpha.values), "o-", ms=4, color=plotting.MODEL
        )
        left.set(
            xlabel="alpha particles in 7.5 seconds", ylabel="intervals", xticks=range(0, 15, 2)
        )

        right.plot(rates, heights, color=plotting.LIKELIHOOD)
        right.plot(best, fit.log_likelihood, "o", ms=8, color=plotting.LIKELIHOOD)
        slope = {"color": plotting.SLOPE, "linestyle": "--", "linewidth": 1.5}
        right.plot([best - 0.11, best + 0.11], [fit.log_likelihood] * 2, **slope)
        span = fit.log_likelihood - heights.min()
        right.annotate(
            f"{best:.4g}", (best, fit.log_likelihood + 0.06 * span), ha="center", weight="bold"
        )
        right.set(xlabel="rate", ylabel="log-likelihood", yticks=[])
        right.set_ylim(heights.min() - 0.04 * span, fit.log_likelihood + 0.2 * span)
        fig.savefig(file, metadata={"Date": None, "Creator": None})
        plt.close(fig)


if __name__ == "__main__":
    draw(STATIC / "cover.svg")
