"""Chapter 3: the product of densities dies in finite precision, the sum of their logarithms does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlecore.explore.checks import sample
from mlecore.explore.explorable import Explorable

__all__ = ["underflow"]


def underflow(log_terms: ArrayLike | None = None, *, density: bool = True) -> Explorable:
    """Slide n and the precision: the product of the terms dies, the sum of their logarithms does not.

    The product is rounded after each factor as `np.cumprod` rounds it, in float64, float32 or float16.

    Parameters
    ----------
    log_terms : the log-density of each observation, shape (n,), n from 2 to 5000, as `d.log_prob(x)`
        gives them; None takes 1200 draws of a standard Normal.
    density : False where the terms are probabilities, which have no unit of measurement to change.

    Raises
    ------
    DataError : the log-densities are not that many finite numbers.

    Source: IEEE 754-2019 for the three formats.

    >>> underflow([-1.0, -2.0])
    <explorable underflow: slide the sample size up to 2 and the precision>
    """
    if log_terms is None:
        z = np.random.default_rng(1922).normal(size=1200)
        log_terms = -0.5 * z**2 - 0.5 * np.log(2 * np.pi)
    terms = sample("log_terms", log_terms, least=2, most=5000)
    return Explorable(
        "underflow",
        f"slide the sample size up to {terms.size} and the precision",
        "You would see the running product of the densities fall along a straight line on a logarithmic "
        "axis until the machine's smallest number, where it becomes 0, and beside it the sum of the "
        "logarithms, which goes on.",
        {"terms": terms.tolist(), "density": bool(density)},
    )
