"""The coefficients of a recursion: its partial autocorrelations, its roots, and where they are stationary.

Whatever values between -1 and 1 the partial autocorrelations r_1 .. r_p have, they are those of one stationary recursion.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy

__all__ = [
    "coefficients",
    "ends",
    "is_stationary",
    "log_det_terms",
    "on_circle",
    "partial_autocorrelations",
    "recursion",
    "roots",
    "starts",
    "with_room",
]

Array = np.ndarray


def partial_autocorrelations(phi: Array) -> Array:
    """Return r_1 .. r_p of coefficients phi_1 .. phi_p on the last axis: all within -1 and 1 where they are stationary.

    Source: Barndorff-Nielsen and Schou (1973).

    >>> partial_autocorrelations(np.array([0.5, 0.2])).round(4)
    array([0.625, 0.2  ])
    """
    phi = np.array(phi, dtype=float)
    r = np.empty_like(phi)
    with np.errstate(all="ignore"):
        for k in range(phi.shape[-1], 0, -1):
            r[..., k - 1] = last = phi[..., k - 1]
            shorter = phi[..., : k - 1]
            phi = (shorter + last[..., None] * shorter[..., ::-1]) / (1.0 - last * last)[..., None]
    return r


def coefficients(r: Array) -> Array:
    """Return phi_1 .. phi_p of partial autocorrelations: the other way round (Durbin and Levinson).

    >>> coefficients(np.array([0.625, 0.2])).round(4)
    array([0.5, 0.2])
    """
    phi = r[..., :0]
    for k in range(r.shape[-1]):
        last = r[..., k : k + 1]
        phi = np.concatenate([phi - last * phi[..., ::-1], last], axis=-1)
    return phi


def is_stationary(phi: Array) -> Array:
    """Say whether a recursion forgets where it began: all partial autocorrelations lie within -1 and 1.

    >>> is_stationary(np.array([[0.5, 0.2], [0.9, 0.2]]))
    array([ True, False])
    """
    return (np.abs(partial_autocorrelations(phi)) < 1.0).all(axis=-1)


def starts(phi: Array) -> list[tuple[Array, float]]:
    """Return, for each of the first p values, the coefficients of those before it and its spread in units of sigma."""
    r = partial_autocorrelations(phi)
    return [
        (coefficients(r[:t]), float(np.prod(1.0 / np.sqrt(1.0 - r[t:] ** 2))))
        for t in range(r.size)
    ]


@lru_cache(maxsize=32)
def _shifts(p: int) -> tuple[Array, Array]:
    """Return the matrices whose sums, with weights a_0 .. a_p, are the triangles A and B."""
    S = np.array([np.eye(p, k=-j) for j in range(p)] + [np.zeros((p, p))])
    T = np.array([np.zeros((p, p))] + [np.eye(p, k=-(p - j)) for j in range(1, p + 1)])
    return S, T


def log_det_terms(a: Array) -> tuple[Array, Array]:
    """Return the slope and the Hessian of log |A A' - B B'| in a_0 .. a_p."""
    S, T = _shifts(a.shape[-1] - 1)
    A, B = np.einsum("...j,jik->...ik", a, S), np.einsum("...j,jik->...ik", a, T)
    M = A @ np.swapaxes(A, -1, -2) - B @ np.swapaxes(B, -1, -2)
    bad = ~np.isfinite(M).all(axis=(-2, -1)) | (np.linalg.slogdet(M)[0] <= 0)
    N = np.linalg.inv(np.where(bad[..., None, None], np.eye(M.shape[-1]), M))
    C = np.einsum("jab,...cb->...jac", S, A) - np.einsum("jab,...cb->...jac", T, B)
    ND = N[..., None, :, :] @ (C + np.swapaxes(C, -1, -2))
    first = np.einsum("...jaa->...j", ND)
    second = 2.0 * (
        np.einsum("...ab,ibc,jac->...ij", N, S, S) - np.einsum("...ab,ibc,jac->...ij", N, T, T)
    ) - np.einsum("...iab,...jba->...ij", ND, ND)
    return first, second


def recursion(phi: Array, noise: Array, before: Array) -> Array:
    """Return y_t = phi_1 y_t-1 + .. + phi_p y_t-p + noise_t after p values: a triangular band is solved."""
    p, n = phi.size, noise.size
    right = np.array(noise, dtype=float)
    for t in range(min(p, n)):
        right[t] += phi[t:] @ before[::-1][: p - t]
    width = min(p, n - 1)
    band = np.zeros((width + 1, n), order="F")
    band[0] = 1.0
    for k in range(1, width + 1):
        band[k] = -phi[k - 1]
    return scipy.linalg.blas.dtbsv(width, band, right, lower=1, diag=1)


def roots(phi: Array) -> Array:
    """Return the roots of z^p - phi_1 z^(p-1) - .. - phi_p: inside the unit circle where the recursion is stationary."""
    return np.roots(np.concatenate([[1.0], -phi]))


def on_circle(phi: Array) -> bool:
    """Say whether a recursion swings on for ever about its mean: all roots on the unit circle, and none at 1 itself."""
    z = roots(phi)
    return bool((np.abs(np.abs(z) - 1.0) < 1e-6).all() and (np.abs(z - 1.0) > 1e-6).all())


# -- the region of stationary coefficients ---------------------------------------------------------


def ends(p: int, k: int) -> tuple[float, float]:
    """Return the least and the largest phi_k of any stationary recursion of order p."""
    most = float(scipy.special.comb(p, k))
    step = k & -k  # the largest power of two in k
    return -most, float(scipy.special.comb(p // step, k // step))


def with_room(phi: Array, k: int) -> Array:
    """Return stationary coefficients with the k-th (from 0) as it is and the others as near as a line leads to them."""
    p, lag, value = phi.size, k + 1, phi[k]
    low, high = ends(p, lag)
    step = lag & -lag if value > 0 else 1
    most = high if value > 0 else -low
    if not 0 < abs(value) < most:
        return phi if value else np.zeros(p)
    size = (abs(value) / most) ** (step / lag)
    size *= (np.sign(value) if lag % 2 else (1.0 if phi[0] >= 0 else -1.0)) if step == 1 else 1.0
    power = np.arange(p // step + 1)
    inside = np.zeros(p + 1)
    inside[::step][: power.size] = -scipy.special.comb(p // step, power) * (-size) ** power
    share = np.linspace(0.0, 1.0, 65)[:, None]
    line = (1.0 - share) * phi + share * inside[1:]
    line[:, k] = value
    good = np.flatnonzero(is_stationary(line))
    return line[good[min(1, good.size - 1)]] if good.size else phi
