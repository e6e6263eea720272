"""The forward recursion of hidden Markov models: scaled, with its slope and curvature, and in blocks.

With G the transition probabilities and f_t the densities of x_t in each state, the likelihood is the sum of the entries of
start diag(f_1) G diag(f_2) G ... diag(f_T). A product can be cut anywhere: the sequence falls into about sqrt(T) blocks,
whose products are made side by side, so that Python counts 3 sqrt(T) steps and not T. All numbers are scaled by plain
factors on the way, whose logarithms add up; a factor that is a mere number has no derivative.

Source: Baum et al. (1970), and for the derivatives along the recursion Lystig and Hughes (2002).
"""

from __future__ import annotations

import numpy as np

__all__ = ["filtered", "log_likelihood_terms", "smoothed"]

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
    0.1
    """
    T, K = f.shape[-2:]
    batch = np.broadcast_shapes(start.shape[:-1], G.shape[:-2], f.shape[:-2])
    f = np.broadcast_to(f, (*batch, T, K))
    a, total = _scaled(start * f[..., 0, :])
    a = np.array(np.broadcast_to(a, (*batch, K)))
    total = np.array(np.broadcast_to(total, batch))
    out = np.empty((*batch, T, K)) if every else np.empty(0)
    if every:
        out[..., 0, :] = a
    blocks, length = _cut(T - 1)
    if blocks > 1:
        cut = f[..., 1 : 1 + blocks * length, :].reshape(*batch, blocks, length, K)
        product = np.array(np.broadcast_to(np.eye(K), (*batch, blocks, K, K)))
        size = np.zeros((*batch, blocks, K))
        for t in range(length):
            product, more = _scaled((product @ G[..., None, :, :]) * cut[..., t, None, :])
            size += more
        top = _top(size)
        product *= np.exp(size - top[..., None])[..., None]
        first = np.empty((*batch, blocks, K))
        for b in range(blocks):
            first[..., b, :] = a
            a, more = _scaled((a[..., None, :] @ product[..., b, :, :])[..., 0, :])
            total += more + top[..., b]
        if every:
            v, law = first, np.empty((*batch, blocks, length, K))
            for t in range(length):
                v, _ = _scaled((v @ G) * cut[..., t, :])
                law[..., t, :] = v
            out[..., 1 : 1 + blocks * length, :] = law.reshape(*batch, blocks * length, K)
    else:
        blocks = 0
    for t in range(1 + blocks * length, T):
        a, more = _scaled((a[..., None, :] @ G)[..., 0, :] * f[..., t, :])
        total += more
        if every:
            out[..., t, :] = a
    return total, out


def smoothed(start: Array, G: Array, f: Array) -> tuple[Array, Array, Array]:
    """Return log L, the law of each state given all values, and how often each transition is expected.

    >>> G, f = np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([[0.2, 0.4], [0.1, 0.5]])
    >>> _, law, moves = smoothed(np.array([0.5, 0.5]), G, f)
    >>> law.round(4), moves.round(4)
    (array([[0.24, 0.76],
           [0.15, 0.85]]), array([[0.09, 0.15],
           [0.06, 0.7 ]]))
    """
    value, forward = filtered(start, G, f)
    # Backwards it is the same recursion, with G turned round.
    ones = np.ones(f.shape[-1])
    _, w = filtered(ones, np.swapaxes(G, -1, -2), f[..., ::-1, :])
    w = w[..., ::-1, :]
    back = np.concatenate(
        [w[..., 1:, :] @ np.swapaxes(G, -1, -2), np.ones_like(w[..., :1, :])], axis=-2
    )
    law = forward * back
    law /= law.sum(axis=-1, keepdims=True)
    ahead, later = forward[..., :-1, :], w[..., 1:, :]
    size = np.einsum("...ti,...ti->...t", ahead @ G, later)
    moves = np.einsum("...ti,...tj->...ij", ahead / size[..., None], later) * G
    return value, law, moves


def log_likelihood_terms(
    start: tuple[Array, ...], G: Array, dG: Array, f: Array, emission: tuple[Array, ...]
) -> tuple[Array, ...]:
    """Return log L with its slope and, where they are given, its Hessian in p parameters.

    Parameters
    ----------
    start : the law of the first state, (..., K), with its derivatives (..., p, K) and (..., p, p, K).
    G, dG : transition probabilities, (..., K, K), and their constant derivatives, (p, K, K).
    f : densities, (..., T, K).
    emission : d f / f of each time, (..., T, p, K), and a function that returns dd f / f at some times, which takes an index
        of the axis of times and returns (..., p, p, K).
    """
    T, K = f.shape[-2:]
    order = len(start) - 1
    S = emission[0]
    batch = np.broadcast_shapes(start[0].shape[:-1], G.shape[:-2], f.shape[:-2])
    p = dG.shape[0]
    flat_dG = np.moveaxis(dG, 0, 1).reshape(K, p * K)
    f = np.broadcast_to(f, (*batch, T, K))
    S = np.broadcast_to(S, (*batch, T, p, K))

    def step(v: list[Array], G: Array, now: tuple[Array, ...]) -> tuple[list[Array], Array]:
        """Take one step from a law and its derivatives, (..., K), (..., p, K), (..., p, p, K)."""
        u = [(v[0][..., None, :] @ G)[..., 0, :]]
        u.append(v[1] @ G + (v[0] @ flat_dG).reshape(*v[0].shape[:-1], p, K))
        if order > 1:
            crossed = (v[1] @ flat_dG).reshape(*v[1].shape[:-1], p, K)
            u.append(v[2] @ G[..., None, :, :] + crossed + np.swapaxes(crossed, -3, -2))
        return _seen(u, now)

    def at(t: Array | int) -> tuple[Array, ...]:
        return (f[..., t, :], S[..., t, :, :], *([emission[1](t)] if order > 1 else []))

    v, total = _seen(list(start), at(0))
    v = [
        np.array(np.broadcast_to(x, batch + x.shape[len(x.shape) - 1 - i :]))
        for i, x in enumerate(v)
    ]
    total = np.array(np.broadcast_to(total, batch))
    blocks, length = _cut(T - 1)
    if blocks > 1:
        firsts = 1 + length * np.arange(blocks)
        rows = (*batch, blocks, K)
        M = [np.array(np.broadcast_to(np.eye(K), (*rows, K)))]
        M += [np.zeros((*rows, *(p,) * i, K)) for i in range(1, order + 1)]
        size = np.zeros(rows)
        for t in range(length):
            now = tuple(np.expand_dims(x, -2 - i) for i, x in enumerate(at(firsts + t)))
            M, more = step(M, G[..., None, None, :, :], now)
            size += more
        top = _top(size)
        scale = np.exp(size - top[..., None])
        M = [x * scale.reshape(scale.shape + (1,) * (i + 1)) for i, x in enumerate(M)]
        for b in range(blocks):
            v, more = _through(v, [np.take(x, b, axis=len(batch)) for x in M])
            total += more + top[..., b]
    else:
        blocks = 0
    for t in range(1 + blocks * length, T):
        v, more = step(v, G, at(t))
        total += more
    # The scaled law adds up to one.
    with np.errstate(all="ignore"):
        slope = v[1].sum(axis=-1)
        terms = [total, slope]
        if order > 1:
            terms.append(v[2].sum(axis=-1) - slope[..., :, None] * slope[..., None, :])
    return tuple(terms)


def _seen(u: list[Array], now: tuple[Array, ...]) -> tuple[list[Array], Array]:
    """Multiply by the densities of one time, and scale so that the law adds up to one."""
    f, s = now[:2]
    v = [u[0] * f, (u[1] + u[0][..., None, :] * s) * f[..., None, :]]
    if len(u) > 2:
        crossed = u[1][..., :, None, :] * s[..., None, :, :]
        bend = u[2] + crossed + np.swapaxes(crossed, -3, -2) + u[0][..., None, None, :] * now[2]
        v.append(bend * f[..., None, None, :])
    return _all_scaled(v)


def _through(v: list[Array], M: list[Array]) -> tuple[list[Array], Array]:
    """Take a law with its derivatives through a block; M has the states before on the axis in front of derivatives."""
    new = [np.einsum("...i,...ij->...j", v[0], M[0])]
    new.append(
        np.einsum("...ai,...ij->...aj", v[1], M[0]) + np.einsum("...i,...iaj->...aj", v[0], M[1])
    )
    if len(v) > 2:
        crossed = np.einsum("...ai,...ibj->...abj", v[1], M[1])
        new.append(
            np.einsum("...abi,...ij->...abj", v[2], M[0])
            + crossed
            + np.swapaxes(crossed, -3, -2)
            + np.einsum("...i,...iabj->...abj", v[0], M[2])
        )
    return _all_scaled(new)


def _cut(steps: int) -> tuple[int, int]:
    """Return into how many blocks, and how long ones, so many steps are cut; what is left over is done by itself."""
    length = max(1, int(np.sqrt(steps)))
    return steps // length, length


def _top(size: Array) -> Array:
    """Return the largest logarithm of each block; 0 for one that nothing can pass."""
    top = size.max(axis=-1)
    return np.where(np.isfinite(top), top, 0.0)


def _scaled(v: Array) -> tuple[Array, Array]:
    """Return laws that add up to one, and the logarithm of their sums."""
    total = v.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore"):
        return v / np.where(total > 0, total, 1.0), np.log(total[..., 0])


def _all_scaled(v: list[Array]) -> tuple[list[Array], Array]:
    total = v[0].sum(axis=-1)
    safe = np.where(total > 0, total, 1.0)
    with np.errstate(divide="ignore"):
        size = np.log(total)
    return [x / safe.reshape(safe.shape + (1,) * (i + 1)) for i, x in enumerate(v)], size
