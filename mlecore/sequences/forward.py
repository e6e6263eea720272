"""The forward recursion of hidden Markov models: scaled, with its slope and curvature, and in blocks.

With G the transition probabilities and f_t the densities of x_t in each state, the likelihood is the sum of the entries of
start diag(f_1) G diag(f_2) G ... diag(f_T). A product can be cut anywhere: the sequence falls into about sqrt(T) blocks,
whose products are made side by side, so that Python counts 3 sqrt(T) steps and not T. All numbers are scaled by plain
factors on the way, whose logarithms add up; a factor that is a mere number has no derivative.

Inside, states lie on the first axis and blocks on the last, along which NumPy is quick.

Source: Baum et al. (1970), and for the derivatives along the recursion Lystig and Hughes (2002).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["Emission", "filtered", "log_likelihood_terms", "smoothed"]

Array = np.ndarray


def filtered(start: Array, G: Array, f: Array, every: bool = True) -> tuple[Array, Array]:
    """Return log L, and if `every` the law of the state at each time given the values up to it, shape (..., T, K).

    Parameters
    ----------
    start : the law of the first state, (..., K).
    G : transition probabilities, (..., K, K).
    f : densities, (..., T, K), scaled by any factor for each time.

    >>> G, f = np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([[0.2, 0.4], [0.1, 0.5]])
    >>> value, law = filtered(np.array([0.5, 0.5]), G, f)
    >>> round(float(np.exp(value)), 6)
    0.09
    """
    T, K = f.shape[-2:]
    batch = np.broadcast_shapes(start.shape[:-1], G.shape[:-2], f.shape[:-2])
    N = int(np.prod(batch))
    f = np.broadcast_to(f, (*batch, T, K)).reshape(N, T, K)
    through = _through_matrix(G, batch)
    blocks, length = _cut(T - 1)
    out = np.empty((N, T, K)) if every else np.empty(0)
    # The last axis is that of blocks, of which there is one to begin with.
    first = np.moveaxis(np.broadcast_to(start, (*batch, K)).reshape(N, K), -1, 0)
    a, total = _scaled(first[..., None] * _times(f[:, :1]))
    total = total[..., 0]
    if every:
        out[:, 0] = a[..., 0].T
    if blocks:
        cut = (
            f[:, 1 : 1 + blocks * length].reshape(N, blocks, length, K).transpose(3, 2, 0, 1).copy()
        )
        M = np.array(np.broadcast_to(np.eye(K)[..., None, None], (K, K, N, blocks)))
        size = np.zeros((K, N, blocks))
        for t in range(length):
            M, more = _scaled(through(M) * cut[:, None, t])
            size += more
        top = _top(size)
        M *= np.exp(size - top)
        begin = np.empty((K, N, blocks))
        for b in range(blocks):
            begin[..., b] = a[..., 0]
            a, more = _scaled((M[..., b] * a[None, :, :, 0]).sum(axis=1)[..., None])
            total = total + more[..., 0] + top[..., b]
        if every:
            law = np.empty_like(cut)
            for t in range(length):
                begin, _ = _scaled(through(begin) * cut[:, t])
                law[:, t] = begin
            out[:, 1 : 1 + blocks * length] = law.transpose(2, 3, 1, 0).reshape(N, -1, K)
    for t in range(1 + blocks * length, T):
        a, more = _scaled(through(a) * _times(f[:, t : t + 1]))
        total = total + more[..., 0]
        if every:
            out[:, t] = a[..., 0].T
    return total.reshape(batch)[()], out.reshape(*batch, T, K) if every else out


def smoothed(start: Array, G: Array, f: Array) -> tuple[Array, Array, Array]:
    """Return log L, the law of each state given all values, and how often each transition is expected.

    >>> G, f = np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([[0.2, 0.4], [0.1, 0.5]])
    >>> _, law, moves = smoothed(np.array([0.5, 0.5]), G, f)
    >>> law.round(4).tolist(), moves.sum().round(12)
    ([[0.1556, 0.8444], [0.1667, 0.8333]], np.float64(1.0))
    """
    value, forward = filtered(start, G, f)
    # Backwards it is the same recursion, with G turned round.
    _, w = filtered(np.ones(f.shape[-1]), np.swapaxes(G, -1, -2), f[..., ::-1, :])
    w = w[..., ::-1, :]
    back = np.concatenate(
        [w[..., 1:, :] @ np.swapaxes(G, -1, -2), np.ones_like(w[..., :1, :])], axis=-2
    )
    law = forward * back
    law /= law.sum(axis=-1, keepdims=True)
    ahead, later = forward[..., :-1, :], w[..., 1:, :]
    size = ((ahead @ G) * later).sum(axis=-1, keepdims=True)
    moves = np.swapaxes(ahead / size, -1, -2) @ later * G
    return value, law, moves


class Emission(NamedTuple):
    """How the densities of one state move with its parameters, which stand at `places` among all of them."""

    places: Array
    #: d f / f, (..., T, q)
    slope: Array
    #: dd f / f, (..., T, q, q)
    bend: Array


def log_likelihood_terms(
    start: Sequence[Array],
    G: Array,
    moves: Array,
    f: Array,
    emissions: Sequence[Emission],
) -> tuple[Array, ...]:
    """Return log L with its slope and, where `start` has a second derivative, its Hessian in p parameters.

    Parameters
    ----------
    start : the law of the first state, (..., K), with its derivatives (..., p, K) and (..., p, p, K).
    G : transition probabilities, (..., K, K).
    moves : the first parameters are G[i, j] for the rows (i, j) of this table, at the cost of G[i, i].
    f : densities, (..., T, K).
    emissions : one for each state.
    """
    T, K = f.shape[-2:]
    order, p = len(start) - 1, start[1].shape[-2]
    batch = np.broadcast_shapes(start[0].shape[:-1], G.shape[:-2], f.shape[:-2])
    N = int(np.prod(batch))
    # The states, or the parameters of one, first and times last: those of all blocks are then a slice.
    densities = _turned(f, batch, T, 1)
    told = [
        (
            e.places,
            np.ix_(e.places, e.places),
            _turned(e.slope, batch, T, 1),
            _turned(e.bend, batch, T, 2) if order > 1 else None,
        )
        for e in emissions
    ]
    through = _through_matrix(G, batch)

    def step(v: list[Array]) -> list[Array]:
        """Take laws and their derivatives, (K, .. N, blocks), (K, p, ..) and (K, p, p, ..), through the transitions."""
        u = [through(x) for x in v]
        for a, (i, j) in enumerate(moves):
            u[1][j, a] += v[0][i]
            u[1][i, a] -= v[0][i]
            if order > 1:
                u[2][j, a] += v[1][i]
                u[2][i, a] -= v[1][i]
                u[2][j, :, a] += v[1][i]
                u[2][i, :, a] -= v[1][i]
        return u

    def seen(u: list[Array], when: slice, units: bool) -> tuple[list[Array], Array]:
        """Multiply by the densities of one time in each block, and scale so that the law adds up to one."""
        index = (slice(None), None, ..., when) if units else (..., when)
        for k, (places, block, slope, bend) in enumerate(told):
            s = slope[index]
            if order > 1:
                crossed = u[1][k][:, None] * s
                u[2][k][:, places] += crossed
                u[2][k][places] += np.swapaxes(crossed, 0, 1)
                h = bend[(slice(None), *index)] if units else bend[index]
                u[2][k][block] += u[0][k] * h
            u[1][k][places] += u[0][k] * s
        here = densities[index]
        return _all_scaled(
            [x * here.reshape(K, *(1,) * i, *here.shape[1:]) for i, x in enumerate(u)]
        )

    first = [
        np.moveaxis(np.broadcast_to(x, (*batch, *x.shape[x.ndim - 1 - i :])), -1, 0).copy()
        for i, x in enumerate(start)
    ]
    v = [
        np.moveaxis(x.reshape(K, N, *(p,) * i), 1, -1)[..., None].copy()
        for i, x in enumerate(first)
    ]
    v, total = seen(v, slice(0, 1), False)
    total = total[..., 0]
    blocks, length = _cut(T - 1)
    if blocks:
        rows = (K, N, blocks)
        M = [np.array(np.broadcast_to(np.eye(K)[..., None, None], (K, *rows)))]
        M += [np.zeros((K, *(p,) * i, *rows)) for i in range(1, order + 1)]
        size = np.zeros(rows)
        for t in range(length):
            M, more = seen(step(M), slice(1 + t, 1 + blocks * length, length), True)
            size += more
        top = _top(size)
        M = [x * np.exp(size - top) for x in M]
        for b in range(blocks):
            v, more = _all_scaled(
                [x[..., None] for x in _past([x[..., 0] for x in v], [x[..., b] for x in M])]
            )
            total = total + more[..., 0] + top[..., b]
    for t in range(1 + blocks * length, T):
        v, more = seen(step(v), slice(t, t + 1), False)
        total = total + more[..., 0]
    # The scaled law adds up to one.
    slope = v[1][..., 0].sum(axis=0).T
    terms = [total.reshape(batch), slope.reshape(*batch, p)]
    if order > 1:
        bend = np.moveaxis(v[2][..., 0].sum(axis=0), -1, 0)
        bend = bend - slope[:, :, None] * slope[:, None, :]
        terms.append(bend.reshape(*batch, p, p))
    return tuple(terms)


def _past(v: list[Array], M: list[Array]) -> list[Array]:
    """Take a law with its derivatives, (K, .., N), past a block: M has the states after it first, those before it after p."""
    new = [np.einsum("in,jin->jn", v[0], M[0])]
    new.append(np.einsum("ian,jin->jan", v[1], M[0]) + np.einsum("in,jain->jan", v[0], M[1]))
    if len(v) > 2:
        crossed = np.einsum("ian,jbin->jabn", v[1], M[1])
        new.append(
            np.einsum("iabn,jin->jabn", v[2], M[0])
            + crossed
            + np.swapaxes(crossed, 1, 2)
            + np.einsum("in,jabin->jabn", v[0], M[2])
        )
    return new


def _through_matrix(G: Array, batch: tuple[int, ...]) -> Callable[[Array], Array]:
    """Return what takes laws, the states on the first axis and (N, blocks) on the last two, through the transitions."""
    K, N = G.shape[-1], int(np.prod(batch))
    if G.ndim == 2 or N == 1:
        turned = np.ascontiguousarray(G.reshape(K, K).T)
        return lambda v: (turned @ v.reshape(K, -1)).reshape(v.shape)
    each = np.broadcast_to(G, (*batch, K, K)).reshape(N, K, K).transpose(1, 2, 0)[..., None].copy()
    return lambda v: np.stack(
        [sum((v[i] * each[i, j] for i in range(1, K)), v[0] * each[0, j]) for j in range(K)]
    )


def _turned(x: Array, batch: tuple[int, ...], T: int, axes: int) -> Array:
    """Return numbers of each time, (..., T, and as many axes), with the axes first: (axes, N, T)."""
    own = x.shape[x.ndim - axes :]
    x = np.broadcast_to(x, (*batch, T, *own)).reshape(-1, T, *own)
    return np.moveaxis(x, tuple(range(2, 2 + axes)), tuple(range(axes))).copy()


def _times(f: Array) -> Array:
    """Return densities of some times, (N, times, K), with the states first: (K, N, times)."""
    return np.moveaxis(f, -1, 0)


def _cut(steps: int) -> tuple[int, int]:
    """Return into how many blocks, and how long ones, so many steps are cut; what is left over is done by itself."""
    length = max(1, int(np.sqrt(steps)))
    blocks = steps // length
    return (blocks, length) if blocks > 1 else (0, length)


def _top(size: Array) -> Array:
    """Return the largest logarithm of each block; 0 for one that nothing can pass."""
    top = size.max(axis=0)
    return np.where(np.isfinite(top), top, 0.0)


def _scaled(v: Array) -> tuple[Array, Array]:
    """Return laws, along the first axis, that add up to one, and the logarithm of their sums."""
    total = v.sum(axis=0)
    with np.errstate(divide="ignore"):
        return v / np.where(total > 0, total, 1.0), np.log(total)


def _all_scaled(v: list[Array]) -> tuple[list[Array], Array]:
    total = v[0].sum(axis=0)
    factor = 1.0 / np.where(total > 0, total, 1.0)
    with np.errstate(divide="ignore"):
        return [x * factor for x in v], np.log(total)
