"""The stationary law of a chain, pi P = pi, and its slope and curvature in the entries of P."""

from __future__ import annotations

import numpy as np

__all__ = ["stationary", "stationary_terms"]

Array = np.ndarray


def stationary(P: Array) -> Array:
    """Return the stationary distribution of transition matrices P, shape (..., K, K); not finite where it is not unique.

    >>> stationary(np.array([[0.9, 0.1], [0.3, 0.7]])).round(12)
    array([0.75, 0.25])
    """
    return _solved(_matrix(P), np.ones(P.shape[:-1]) / P.shape[-1])


def stationary_terms(P: Array, dP: Array) -> tuple[Array, Array, Array]:
    """Return pi with its first and second derivatives in parameters of which P is a linear function.

    From pi (I - P) = 0 follow dpi_a (I - P) = pi dP_a and ddpi_ab (I - P) = dpi_a dP_b + dpi_b dP_a, where the sums of all
    derivatives are zero.

    Parameters
    ----------
    P : shape (..., K, K).
    dP : the derivatives of P, shape (p, K, K).

    Returns
    -------
    Arrays of shape (..., K), (..., p, K) and (..., p, p, K).

    >>> P, dP = np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([[[-1.0, 1.0], [0.0, 0.0]]])
    >>> stationary_terms(P, dP)[1].round(12)
    array([[-1.875,  1.875]])
    """
    M = _matrix(P)
    pi = _solved(M, np.ones(P.shape[:-1]) / P.shape[-1])
    first = _solved(M[..., None, :, :], np.einsum("...i,aij->...aj", pi, dP))
    crossed = np.einsum("...ai,bij->...abj", first, dP)
    both = crossed + np.swapaxes(crossed, -3, -2)
    return pi, first, _solved(M[..., None, None, :, :], both)


def _matrix(P: Array) -> Array:
    """Return I - P + 1 1'/K: its rows tell distributions apart, and v M = v (I - P) for every v that adds up to zero."""
    K = P.shape[-1]
    return np.eye(K) - P + 1.0 / K


def _solved(M: Array, right: Array) -> Array:
    """Return v with v M = right, for matrices and rows that broadcast; NaN where a matrix is singular."""
    M = np.broadcast_to(M, (*right.shape, M.shape[-1]))
    try:
        return np.linalg.solve(np.swapaxes(M, -1, -2), right[..., None])[..., 0]
    except np.linalg.LinAlgError:
        lost = np.linalg.cond(M) > 1e14
        safe = np.where(lost[..., None, None], np.eye(M.shape[-1]), np.swapaxes(M, -1, -2))
        return np.where(lost[..., None], np.nan, np.linalg.solve(safe, right[..., None])[..., 0])
