"""Chapter 14: slide the shape of a Gamma and compare maximum likelihood with the method of moments."""

from __future__ import annotations

from mlecore.explore.explorable import Explorable

__all__ = ["gamma_efficiency"]


def gamma_efficiency() -> Explorable:
    """Slide the shape of a Gamma: how much does the method of moments lose against maximum likelihood?

    For large samples n Var of the shape is shape / (shape trigamma(shape) - 1) by maximum likelihood and
    2 shape (shape + 1) by moments; the efficiency is their ratio.

    Source: Fisher (1922), *Philosophical Transactions A* 222, section 10.

    >>> gamma_efficiency()
    <explorable gamma_efficiency: slide the shape from 0.1 to 30>
    """
    return Explorable(
        "gamma_efficiency",
        "slide the shape from 0.1 to 30",
        "You would see the efficiency of the moments estimator rise from near nothing at small shapes "
        "towards one at large ones, and the two estimators' distributions in simulated samples.",
        {},
    )
