"""Chapter 12: a hundred stacked intervals for a proportion, and the exact coverage behind them."""

from __future__ import annotations

from mlecore.explore.checks import require
from mlecore.explore.explorable import Explorable

__all__ = ["intervals"]


def intervals(n: int = 20, p: float = 0.1) -> Explorable:
    """Stack a hundred intervals for a proportion beside their exact coverage.

    Wald, score (Wilson) and likelihood-ratio intervals; the coverage sums the binomial probabilities of
    the counts whose interval holds p.

    Parameters
    ----------
    n : the sample size to start from, 5 to 100.
    p : the true proportion to start from, 0.01 to 0.99.

    Raises
    ------
    DataError : n or p outside those ranges.

    Source: Brown, Cai and DasGupta (2001), *Statistical Science* 16.

    >>> intervals(n=20, p=0.1)
    <explorable intervals: a hundred intervals at n = 20, p = 0.1>
    """
    require(int(n) == n and 5 <= n <= 100, f"n must be a whole number from 5 to 100, not {n}")
    require(0.01 <= p <= 0.99, f"p must lie between 0.01 and 0.99, not {p}")
    return Explorable(
        "intervals",
        f"a hundred intervals at n = {int(n)}, p = {p:g}",
        "You would see a hundred intervals, those that miss the truth marked, and beside them the exact "
        "coverage against the proportion: a sawtooth, for Wald's interval nearly always below its promise.",
        {"n": int(n), "p": float(p)},
    )
