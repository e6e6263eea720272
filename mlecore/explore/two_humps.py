"""Chapter 8: one Normal under two humps, fitted by forward or by reverse Kullback-Leibler divergence."""

from __future__ import annotations

from mlecore.explore.explorable import Explorable

__all__ = ["two_humps"]


def two_humps() -> Explorable:
    """Fit one Normal to two humps by forward or by reverse Kullback-Leibler divergence.

    P is 0.6 N(-d/2, 0.7) + 0.4 N(d/2, 0.7) and Q is N(mu, sigma); divergences in nats.

    Source: Kullback and Leibler (1951), *Annals of Mathematical Statistics* 22.

    >>> two_humps()
    <explorable two_humps: slide one Normal under two humps by forward or reverse KL>
    """
    return Explorable(
        "two_humps",
        "slide one Normal under two humps by forward or reverse KL",
        "You would see a density with two humps and one Normal: the least forward divergence spreads the "
        "Normal over both humps, the least reverse divergence puts it on one of them.",
        {},
    )
