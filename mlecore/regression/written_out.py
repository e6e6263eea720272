"""Log-probabilities written out in the predictors, with slope and curvature in one fused pass.

The chain rule serves every family and link. What is used most on many rows has its formulas here: a few operations a row
instead of some forty. A formula returns None where it would lose digits; then the family's own are taken.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from ..families import NegativeBinomial, Normal
from ..numerics import LOG_2PI

__all__ = ["Terms", "written_out"]

Array = np.ndarray
#: log f of each row, its slopes in the predictors, and minus its curvature in two of them
Terms = tuple[Array, Array, Callable[[int, int], Array]]

# Up to such counts k log(mu) and log(k!) cancel too few digits to matter; up to such sizes so do sums of 1 / (size + j).
_MOST_COUNTED, _LARGEST_SIZE = 1000.0, 1e4


def written_out(family: Any, links: tuple[str, ...]) -> Callable[[Array, Array], Terms | None]:
    """Return the formulas of a family in predictors with these links, all parameters but the first the same in all rows.

    >>> from mlecore import Normal
    >>> written_out(Normal, ("identity", "identity"))(np.ones((2, 1)), np.array([2.0]))[0].round(4)
    array([-1.4189])
    """
    return _FORMULAS.get((family, links), lambda eta, y: None)


def _normal(eta: Array, y: Array) -> Terms:
    s = float(eta[1, 0])
    z = (y - eta[0]) / s
    square = z * z

    def weight(a: int, b: int) -> Array:
        if a != b:
            return (2.0 / (s * s)) * z
        return (3.0 * square - 1.0) / (s * s) if a else np.full(z.size, 1.0 / (s * s))

    value = -0.5 * square - (np.log(s) + 0.5 * LOG_2PI)
    return value, np.stack([z / s, (square - 1.0) / s]), weight


def _negative_binomial(eta: Array, k: Array) -> Terms | None:
    r, most = float(eta[1, 0]), float(k.max(initial=0.0))
    if not (0.0 < r <= _LARGEST_SIZE and most <= min(_MOST_COUNTED, k.size)):
        return None
    count = k.astype(np.intp)
    own, one, two = _sums(r, 1 << int(most).bit_length())
    ratio = np.exp(eta[0]) / r
    near = 1.0 / (1.0 + ratio)  # size / (size + mu)
    share = ratio * near
    step = k * near / r - share  # (k - mu) / (size + mu)
    spread = -np.log(near)
    value = own[count] + k * eta[0] - (k + r) * spread

    def weight(a: int, b: int) -> Array:
        if a != b:
            return -share * step
        if a == 0:
            return (k + r) * share * near
        return two[count] - share / r - step * near / r

    return value, np.stack([r * step, one[count] - spread - step]), weight


@functools.lru_cache(maxsize=4)
def _sums(r: float, most: int) -> tuple[Array, Array, Array]:
    """Return what depends on a count k and the size alone: sums over j < k, for the counts up to `most`.

    Of log(1 + j/r), less log(k!): the powers of r in Gamma(k + r) / Gamma(r) and in (mu / r)^k have cancelled. Of 1 / (r + j)
    and of its square: the first two derivatives of log Gamma(k + r) - log Gamma(r).
    """
    j = np.arange(float(most))
    rising, one, two = (
        np.concatenate([[0.0], np.cumsum(term)])
        for term in (np.log1p(j / r), 1.0 / (r + j), 1.0 / (r + j) ** 2)
    )
    return rising - special.gammaln(np.arange(most + 1.0) + 1.0), one, two


_FORMULAS: dict[tuple[Any, tuple[str, ...]], Callable[[Array, Array], Terms | None]] = {
    (Normal, ("identity", "identity")): _normal,
    (NegativeBinomial, ("log", "identity")): _negative_binomial,
}
