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
    both = _Both.of(start, G, f)
    return both.value, both.law, both.pairs() * G


class _Both(NamedTuple):
    """The laws forwards and backwards, (..., T, K), each scaled at each time."""

    value: Array
    #: of the state, given the values up to it
    ahead: Array
    #: what the values from each on say of its state, times their densities in it; and without that value's own
    later: Array
    back: Array
    #: of the state, given all values
    law: Array
    #: the sums of ahead_i G_ij later_j, from each time to the next
    size: Array

    @classmethod
    def of(cls, start: Array, G: Array, f: Array) -> _Both:
        value, ahead = filtered(start, G, f)
        turned = np.swapaxes(G, -1, -2)
        # Backwards it is the same recursion, with G turned round.
        later = filtered(np.ones(f.shape[-1]), turned, f[..., ::-1, :])[1][..., ::-1, :]
        back = np.concatenate([later[..., 1:, :] @ turned, np.ones_like(later[..., :1, :])], -2)
        law = ahead * back
        law /= law.sum(axis=-1, keepdims=True)
        size = (ahead[..., :-1, :] * back[..., :-1, :]).sum(axis=-1, keepdims=True)
        return cls(value, ahead, later, back, law, size)

    def pairs(self) -> Array:
        """Return how often each transition is expected, over its probability."""
        return np.swapaxes(self.ahead[..., :-1, :] / self.size, -1, -2) @ self.later[..., 1:, :]


class Emission(NamedTuple):
    """How the log-densities of one state move with its parameters, which stand at `places` among all of them."""

    places: Array
    #: d log f, (..., T, q)
    slope: Array
    #: dd log f, (..., T, q, q)
    bend: Array


def log_likelihood_terms(
    start: Sequence[Array],
    G: Array,
    moves: Array,
    f: Array,
    emissions: Sequence[Emission],
) -> tuple[Array, ...]:
    """Return log L with its slope and, where `start` has a second derivative, its Hessian in p parameters.

    The slope is the mean, over all paths of states given the values, of the slope were the path known (Fisher's identity):
    a sum over times of laws times slopes. The Hessian is the derivative of that sum, so the laws are differentiated once.

    Parameters
    ----------
    start : the law of the first state, (..., K), with its derivatives (..., p, K) and (..., p, p, K).
    G : transition probabilities, (..., K, K).
    moves : the first parameters are G[i, j] for the rows (i, j) of this table, at the cost of G[i, i].
    f : densities, (..., T, K).
    emissions : one for each state.
    """
    batch = np.broadcast_shapes(start[0].shape[:-1], G.shape[:-2], f.shape[:-2])

    def rows(x: Array, axes: int) -> Array:
        own = x.shape[x.ndim - axes :]
        return np.broadcast_to(x, (*batch, *own)).reshape(-1, *own)

    order, p = len(start) - 1, start[1].shape[-2]
    f, G = rows(f, 2), rows(G, 2)
    start = [rows(x, i + 1) for i, x in enumerate(start)]
    told = [
        Emission(e.places, rows(e.slope, 2), rows(e.bend, 3) if order > 1 else e.bend)
        for e in emissions
    ]
    both = _Both.of(start[0], G, f)
    i, j = moves.T
    height = (start[0] * both.later[:, 0]).sum(axis=-1)[:, None]
    opening = np.einsum("npk,nk->np", start[1], both.later[:, 0]) / height
    pairs = both.pairs()
    slope = opening.copy()
    slope[:, : len(moves)] += pairs[:, i, j] - pairs[:, i, i]
    for k, e in enumerate(told):
        slope[:, e.places] += np.einsum("nt,ntq->nq", both.law[..., k], e.slope)
    terms = [both.value.reshape(batch), slope.reshape(*batch, p)]
    if order > 1:
        bend = _bend(start, opening, G, moves, f, told, both)
        terms.append(bend.reshape(*batch, p, p))
    return tuple(terms)


def _bend(
    start: Sequence[Array],
    opening: Array,
    G: Array,
    moves: Array,
    f: Array,
    told: Sequence[Emission],
    both: _Both,
) -> Array:
    """Return the Hessian, (N, p, p): the derivative of each summand of the slope. From here on times come last."""
    (i, j), m = moves.T, len(moves)
    ahead, later, back, law = (np.swapaxes(x, 1, 2) for x in both[1:5])
    (N, K), p = law.shape[:2], opening.shape[1]
    densities, turned = np.swapaxes(f, 1, 2), np.swapaxes(G, 1, 2)
    d_start = np.swapaxes(start[1], 1, 2)
    # Of scaled laws the derivatives lack what is proportional to the laws themselves; so do all quotients below.
    d_ahead = _directions(start[0], d_start, G, (i, j, i), densities, ahead, told)
    backwards = [e._replace(slope=e.slope[:, ::-1]) for e in told]
    d_later = _directions(
        np.ones((N, K)),
        np.zeros((N, K, p)),
        turned,
        (j, i, i),
        densities[..., ::-1],
        later[..., ::-1],
        backwards,
    )[..., ::-1]
    height = (start[0] * later[..., 0]).sum(axis=1)[:, None]
    towards = np.einsum("nkp,nk->np", d_start, later[..., 0])
    towards += np.einsum("nk,nkp->np", start[0], d_later[..., 0])
    bend = np.einsum("npqk,nk->npq", start[2], later[..., 0]) / height[..., None]
    bend += np.einsum("nkp,nkq->npq", d_start, d_later[..., 0]) / height[..., None]
    bend -= opening[:, :, None] * (towards / height)[:, None, :]
    # What the next values say of each state, and how that moves.
    next_, d_next = later[..., 1:], d_later[..., 1:]
    d_back = np.zeros_like(d_ahead)
    d_back[..., :-1] = (G @ d_next.reshape(N, K, -1)).reshape(d_next.shape)
    d_back[:, i, np.arange(m), :-1] += next_[:, j] - next_[:, i]
    d_law = d_ahead * back[:, :, None] + ahead[:, :, None] * d_back
    total = (ahead * back).sum(axis=1)
    share = d_law.sum(axis=1) / total[:, None]
    # The transitions: of sum_t ahead_i later_j / size.
    size = both.size[..., 0][:, None]
    now, d_now = ahead[..., :-1] / size, d_ahead[..., :-1] / size[:, None]
    d_next = d_next - next_[:, :, None] * share[:, None, :, :-1]
    d_pairs = (d_now.reshape(N, K * p, -1) @ np.swapaxes(next_, 1, 2)).reshape(N, K, p, K)
    d_pairs += np.moveaxis(
        (now @ np.swapaxes(d_next.reshape(N, K * p, -1), 1, 2)).reshape(N, K, K, p), 3, 2
    )
    bend[:, :m] += d_pairs[:, i, :, j].swapaxes(0, 1) - d_pairs[:, i, :, i].swapaxes(0, 1)
    # The values: of sum_t law_k slope.
    d_law /= total[:, None, None]
    d_law -= law[:, :, None] * share[:, None]
    for k, e in enumerate(told):
        bend[:, e.places] += np.swapaxes(d_law[:, k] @ e.slope, 1, 2)
        bend[np.ix_(np.arange(N), e.places, e.places)] += np.einsum(
            "nt,ntqr->nqr", law[:, k], e.bend
        )
    return 0.5 * (bend + np.swapaxes(bend, 1, 2))


def _directions(
    start: Array,
    d_start: Array,
    G: Array,
    moves: tuple[Array, Array, Array],
    f: Array,
    law: Array,
    told: Sequence[Emission],
) -> Array:
    """Return how filtered laws, (N, K, T), move with each parameter, but for multiples of themselves: (N, K, p, T).

    From law_t ~ (law_t-1 G) f_t follows d law_t ~ (d law_t-1 G + law_t-1 dG) f_t + law_t d log f_t, where dG is 1 at
    (row, column) and -1 at (stays, stays) for each of `moves`.
    """
    (N, K, T), p = law.shape, d_start.shape[-1]
    turned, (i, j, stays) = np.swapaxes(G, 1, 2), moves
    expected = np.concatenate([start[..., None], turned @ law[..., :-1]], axis=-1)
    size = (expected * f).sum(axis=1, keepdims=True)
    g = f / np.where(size > 0, size, 1.0)
    d, m = np.zeros((N, K, p, T)), np.arange(len(i))
    d[..., 0] = d_start * g[..., :1]
    d[:, j, m, 1:] += law[:, i, :-1] * g[:, j, 1:]
    d[:, stays, m, 1:] -= law[:, stays, :-1] * g[:, stays, 1:]
    for k, e in enumerate(told):
        d[:, k, e.places] += law[:, k, None] * np.swapaxes(e.slope, 1, 2)
    return _carried(turned, g, d)


def _carried(turned: Array, g: Array, d: Array) -> Array:
    """Add to each d_t what comes from before, (d_t-1 G) g_t, in place: in blocks of times, side by side."""
    N, K, p, T = d.shape

    def through(v: Array) -> Array:
        return (turned @ v.reshape(N, K, -1)).reshape(v.shape)

    blocks, length = _cut(T - 1)
    if blocks:
        cut = slice(1, 1 + blocks * length)
        own = np.moveaxis(d[..., cut].reshape(N, K, p, blocks, length), -1, 0).copy()
        by = np.moveaxis(g[..., cut].reshape(N, K, 1, blocks, length), -1, 0).copy()
        alone = np.zeros((N, K, p, blocks))
        M = np.array(np.broadcast_to(np.eye(K)[..., None], (N, K, K, blocks)))
        for t in range(length):
            alone = through(alone) * by[t] + own[t]
            M = through(M) * by[t]
        begin, here = np.empty_like(alone), d[..., 0]
        for b in range(blocks):
            begin[..., b] = here
            here = M[..., b] @ here + alone[..., b]
        for t in range(length):
            own[t] += through(begin) * by[t]
            begin = own[t]
        d[..., cut] = np.moveaxis(own, 0, -1).reshape(N, K, p, -1)
    for t in range(1 + blocks * length, T):
        d[..., t] += through(d[..., t - 1]) * g[:, :, None, t]
    return d


def _through_matrix(G: Array, batch: tuple[int, ...]) -> Callable[[Array], Array]:
    """Return what takes laws, the states on the first axis and (N, blocks) on the last two, through the transitions."""
    K, N = G.shape[-1], int(np.prod(batch))
    if G.ndim == 2 or N == 1:
        turned = np.ascontiguousarray(G.reshape(K, K).T)
        return lambda v: (turned @ v.reshape(K, -1)).reshape(v.shape)
    each = np.broadcast_to(G, (*batch, K, K)).reshape(N, K, K).transpose(1, 2, 0)[..., None].copy()

    def through(v: Array) -> Array:
        rows = [each[i].reshape(K, *(1,) * (v.ndim - 3), N, 1) for i in range(K)]
        return sum((v[i] * rows[i] for i in range(1, K)), v[0] * rows[0])

    return through


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
