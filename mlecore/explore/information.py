"""Chapter 11: the curvature of the log-likelihood against the spread of its maximum."""

from __future__ import annotations

from mlecore.explore.explorable import Explorable

__all__ = ["information"]


def information() -> Explorable:
    """See the curvature of the log-likelihood beside the spread of its maximum and of its score.

    n I(theta) is the variance of the score, the mean of -l'' and nearly one over the estimate's variance.

    Source: Fisher (1925), *Mathematical Proceedings of the Cambridge Philosophical Society* 22.

    >>> information()
    <explorable information: slide the sample size and the truth over 1000 samples>
    """
    return Explorable(
        "information",
        "slide the sample size and the truth over 1000 samples",
        "You would see forty log-likelihoods with their tops: as the sample grows the curves become "
        "sharper, their tops draw together, and the scores at the truth spread out.",
        {},
    )
