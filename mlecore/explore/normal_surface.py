"""Chapter 4: the surface over (mu, sigma), the slope along one parameter, and the Uniform's maximum on an edge."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mlecore.explore.checks import require, sample
from mlecore.explore.explorable import Explorable

__all__ = ["normal_surface"]


def normal_surface(x: ArrayLike) -> Explorable:
    """Drag a point over the log-likelihood of a Normal's (mu, sigma), and the tangent along its slope.

    The log-likelihood is -n log sigma - sum (x_i - mu)^2 / (2 sigma^2) and a constant; a second view
    shows the Uniform, whose maximum sits on an edge. The reader may guess where the slope along sigma
    is zero, which is where sigma^2 = (1/n) sum (x_i - mu)^2, and sees the line beside the guess.

    Parameters
    ----------
    x : the observations, shape (n,), n from 3 to 200, in any unit.

    Raises
    ------
    DataError : too few, too many or equal observations.

    Source: Fisher (1922), *Philosophical Transactions A* 222.

    >>> normal_surface([850.0, 740.0, 900.0])
    <explorable normal_surface: drag mu and sigma of a Normal under 3 observations>
    """
    x = sample("x", x, least=3, most=200)
    require(x.min() < x.max(), "all values of x are equal, so there is no maximum")
    return Explorable(
        "normal_surface",
        f"drag mu and sigma of a Normal under {x.size} observations",
        "You would see the contours of the log-likelihood over the mean and the spread, the density with "
        "a stem for each observation, and the log-likelihood along one parameter with its tangent, whose "
        "slope crosses zero at the top; for a Uniform the maximum sits on an edge instead.",
        {"x": x.tolist()},
    )
