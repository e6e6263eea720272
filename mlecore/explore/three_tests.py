"""Chapter 13: drag the null along a log-likelihood, and three tests answer."""

from __future__ import annotations

from mlecore.explore.checks import require
from mlecore.explore.explorable import Explorable

__all__ = ["three_tests"]


def three_tests(successes: int, trials: int) -> Explorable:
    """Drag the null along the log-likelihood of a proportion: distance, drop and slope, and their p-values.

    Wald's statistic is (p - p0)^2 over its estimated variance, the likelihood ratio's twice the drop, the score's the squared
    slope over the information at p0. The same share of 4 and of 16 times as many trials shows them come together.

    Parameters
    ----------
    successes : how many successes, more than none and fewer than all.
    trials : of how many trials, 5 to 1,000.

    Raises
    ------
    DataError : counts outside those ranges.

    Source: Rao (1948), *Mathematical Proceedings of the Cambridge Philosophical Society* 44.

    >>> three_tests(successes=26, trials=32)
    <explorable three_tests: drag the null against 26 of 32>
    """
    whole = int(successes) == successes and int(trials) == trials
    require(whole and 5 <= trials <= 1000, f"trials must be whole, from 5 to 1000, not {trials}")
    require(0 < successes < trials, f"successes must be 1 to {int(trials) - 1}, not {successes}")
    return Explorable(
        "three_tests",
        f"drag the null against {int(successes)} of {int(trials)}",
        "You would see the log-likelihood of a proportion with a null to drag along it: how far it lies from the estimate, how "
        "much lower the curve is there and how steep, and the p-values of the Wald, likelihood-ratio and score tests.",
        {"successes": int(successes), "trials": int(trials)},
    )
