"""Chapter 2: take hold of the data, or of the parameter, and watch the product of the stems."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlecore.explore.checks import require, sample
from mlecore.explore.explorable import Explorable

__all__ = ["likelihood_stems"]


def likelihood_stems(x: ArrayLike, family: type | None = None) -> Explorable:
    """Take hold of the data, or of the parameter, and watch the product of the stems.

    Each observation has a stem of height f(x_i; theta), and L(theta) is their product.

    Parameters
    ----------
    x : the observations, shape (n,), n from 2 to 40.
    family : `Normal` (its mean moves, and its spread), `Exponential` or `Bernoulli`; None is `Normal`.

    Raises
    ------
    DataError : the observations do not suit the family, or there is no such view.

    Source: Fisher (1922), *Philosophical Transactions A* 222, section 6.

    >>> from mlecore import Bernoulli
    >>> likelihood_stems([1, 1, 0, 1], Bernoulli)
    <explorable likelihood_stems: drag 4 observations or the parameter of a Bernoulli>
    """
    name = "Normal" if family is None else getattr(family, "__name__", str(family))
    require(
        name in ("Normal", "Exponential", "Bernoulli"),
        f"there is no view of {name}; use Normal, Exponential or Bernoulli",
    )
    x = sample("x", x, least=2, most=40)
    if name == "Bernoulli":
        require(np.all((x == 0) | (x == 1)), "x must hold zeros and ones for Bernoulli")
    if name == "Exponential":
        require(np.all(x >= 0) and x.max() > 0, "x must be at least 0, and not all 0")
    if name == "Normal":
        require(x.min() < x.max(), "all values of x are equal, so a Normal has no maximum")
    return Explorable(
        "likelihood_stems",
        f"drag {x.size} observations or the parameter of a {name}",
        "You would see one stem for each observation, as high as the model's density there, and the "
        "product of the stems as a point on the likelihood; either the data or the parameter moves.",
        {"x": x.tolist(), "family": name},
    )
