"""Chapter 10: the log-likelihood per observation settles on its limit, and the estimate on the truth."""

from __future__ import annotations

from mlecore.explore.explorable import Explorable

__all__ = ["consistency"]


def consistency() -> Explorable:
    """Grow a sample and watch the log-likelihood per observation settle on its limit.

    The models are Exponential, Uniform(0, theta), a Cauchy's location, and Normal(a + b, 1), whose a
    is not identified.

    Source: Wald (1949), *Annals of Mathematical Statistics* 20.

    >>> consistency()
    <explorable consistency: grow a sample from 1 to 5000>
    """
    return Explorable(
        "consistency",
        "grow a sample from 1 to 5000",
        "You would see the log-likelihood per observation approach a fixed curve as the sample grows, and "
        "the estimate approach the truth: like 1/n for the Uniform, like the root of that for the "
        "Exponential and the Cauchy; where the model is not identified the curve settles on a ridge.",
        {},
    )
