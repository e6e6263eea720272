"""What a sequence says of an autoregression: a triangle, and the places to climb from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from ..products import blocks
from .coefficients import coefficients, is_stationary
from .series import Series

__all__ = [
    "NO_PULL",
    "Lagged",
    "at_best_scale",
    "lagged_rows",
    "least_squares",
    "least_squares_start",
    "places",
    "yule_walker",
]

Array = np.ndarray

# So many rows of lagged values are decomposed at once.
_ROWS = 20_000
# How many partial autocorrelations are looked at in each of the p directions, and how many of the best are climbed from.
_LOOKS, _BEST = 64, 4
# A sum of coefficients so near to 1 leaves no mean.
NO_PULL = 1e-12


class Lagged(NamedTuple):
    """The exponent is minus half of sum_m sign_m g_m^2 / sigma^2, g = G a - (mu - centre) H a."""

    G: Array
    H: Array
    sign: Array
    centre: float


def lagged_rows(series: Series) -> Lagged:
    """Return the triangle of a sequence, and what its first values add to it; made once."""
    return series.once("_rows", lambda: _decomposed(series))


def _decomposed(series: Series) -> Lagged:
    """Decompose the lagged values, and add what the first p values of each sequence say of a stationary start."""
    p, given = series.setting.order, series.given
    centre = float(series.values.mean())
    R = np.zeros((0, p + 2))
    plus, minus = [], []
    for x in series.pieces():
        y = x - centre
        lagged = np.lib.stride_tricks.sliding_window_view(y[max(given - p, 0) :], p + 1)[:, ::-1]
        for part in blocks(len(lagged), _ROWS):
            rows = np.column_stack([lagged[part], np.ones(len(lagged[part]))])
            R = np.linalg.qr(np.vstack([R, rows]), mode="r")
        if not given:
            for k in range(p):
                first, last = np.zeros((2, p + 1)), np.zeros((2, p + 1))
                first[:, : p - k] = y[k:p], np.ones(p - k)
                last[:, k + 1 :] = y[k:p][::-1], np.ones(p - k)
                plus.append(first)
                minus.append(last)
    G, H = R[:, :-1], np.repeat(R[:, -1:], p + 1, axis=1)
    if plus:
        pairs = np.array(plus + minus)
        G, H = np.vstack([G, pairs[:, 0]]), np.vstack([H, pairs[:, 1]])
    sign = np.concatenate([np.ones(len(R) + len(plus)), -np.ones(len(minus))])
    return Lagged(G, H, sign, centre)


def least_squares(series: Series) -> tuple[Array, float, float]:
    """Return the coefficients and the mean of least squares, given the first values, and the root of the sum of squares left.

    That is NaN where lagged values do not determine the coefficients.
    """
    p, rows = series.setting.order, lagged_rows(series)
    lagged = len(rows.G) - (0 if series.given else 2 * p * len(series.lengths))
    R = np.column_stack([rows.G[:lagged], rows.H[:lagged, 0]])
    size = np.linalg.norm(R, axis=0)
    size = np.where(size > 0, size, 1.0)
    unit, _, rank, _ = np.linalg.lstsq(R[:, 1:] / size[1:], R[:, 0] / size[0], rcond=1e-11)
    best = unit * size[0] / size[1:]
    rest = float(np.linalg.norm(R[:, 0] - R[:, 1:] @ best))
    pull = 1.0 - best[:-1].sum()
    with np.errstate(all="ignore"):
        mean = rows.centre + best[-1] / pull if abs(pull) > NO_PULL else np.inf
    return best[:-1], float(mean), rest if rank > p else np.nan


def least_squares_start(series: Series) -> Array:
    """Return the full vector of least squares, mu infinite where the recursion has a unit root."""
    phi, mean, rest = least_squares(series)
    return np.concatenate([[mean], phi, [np.nan_to_num(rest, nan=1.0) / np.sqrt(series.n)]])


def yule_walker(series: Series) -> Array:
    """Return the coefficients with the autocorrelations of the sample, which are stationary always."""
    p = series.setting.order
    y = [x - series.values.mean() for x in series.pieces()]
    c = np.array([sum(float(v[k:] @ v[: len(v) - k]) for v in y) for k in range(p + 1)])
    return scipy.linalg.solve_toeplitz(c[:-1], c[1:])


def at_best_scale(series: Series, phi: Array) -> Array:
    """Return full vectors with the best mean and sigma for coefficients, shape (places, p)."""
    rows = lagged_rows(series)
    a = np.concatenate([np.ones((len(phi), 1)), -phi], axis=1)
    g, ones = a @ rows.G.T, a @ rows.H.T
    with np.errstate(all="ignore"):
        shift = (rows.sign * g * ones).sum(axis=1) / (rows.sign * ones * ones).sum(axis=1)
        g = g - shift[:, None] * ones
        sigma = np.sqrt((rows.sign * g * g).sum(axis=1) / series.n)
    return np.column_stack([rows.centre + shift, phi, sigma])


def places(series: Series) -> Array:
    """Return full vectors to climb from, made once; see `_looked_for`."""
    return series.once("_places", lambda: _looked_for(series))


def _looked_for(series: Series) -> Array:
    """Look for places to climb from: least squares, the sample's autocorrelations, and the best of many."""
    p = series.setting.order
    if series.setting.start == "given":
        return np.nan_to_num(least_squares_start(series), posinf=float(series.values.mean()))[None]
    # Evenly spread partial autocorrelations, more of them near the ends (a Kronecker sequence).
    k = np.arange(_LOOKS * p)[:, None]
    spread = (0.5 + (k + 0.5) * np.sqrt(_primes(p))) % 1.0 if p > 1 else (k + 0.5) / _LOOKS
    r = np.sin(np.pi * (spread - 0.5))
    looks = at_best_scale(series, coefficients(r))
    one = least_squares(series)[0]
    one = one if is_stationary(one) else np.zeros(p)
    sure = at_best_scale(series, np.array([one, yule_walker(series)]))
    with np.errstate(all="ignore"):
        of_start = (np.arange(1, p + 1) * np.log1p(-r * r)).sum(axis=1)
        height = 0.5 * len(series.lengths) * of_start - series.n * np.log(looks[:, -1])
    height = np.nan_to_num(height, nan=-np.inf)
    if p == 1:
        height = np.where(_is_peak(height), height, -np.inf)
    found = np.concatenate([sure, looks[np.argsort(-height)[:_BEST]]])
    lost = ~(np.isfinite(found).all(axis=1) & (found[:, -1] > 0))
    found[lost] = [series.values.mean(), *np.zeros(p), float(series.values.std()) or 1.0]
    return found


def _is_peak(height: Array) -> Array:
    padded = np.concatenate([[-np.inf], height, [-np.inf]])
    return (height >= padded[:-2]) & (height >= padded[2:])


def _primes(count: int) -> Array:
    found: list[int] = []
    k = 2
    while len(found) < count:
        if all(k % q for q in found):
            found.append(k)
        k += 1
    return np.array(found, dtype=float)
