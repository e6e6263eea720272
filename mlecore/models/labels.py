"""Expectations over labels that were not seen: which component a value came from.

With s and H the score and Hessian of a value whose label is known, the score of the mixture is E[s | x] and its Hessian
E[H + s s' | x] - E[s | x] E[s | x]'. The same holds of the probability of an interval in place of the density at a point.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..family import Array
from ..mass import MassTerms
from ..members import lifted
from ..nodes import all_nodes
from ..quadrature import Nodes

__all__ = ["mixed", "mixture_nodes"]

# Panels of an expectation end at every so many nodes of the components, and have so many of their own.
_EDGE, _ORDER = 4, 10
# A sum over more counts than this takes every m-th one.
_MOST_VALUES = 2**18


def mixed(
    log_weights: list[Array], log_f: list[Array], slopes: list[Array], bends: list[Array] | None
) -> MassTerms:
    """Return log f = log sum_k w_k f_k with its slope and, where the components' are given, its Hessian.

    Each list has one entry a component. The free scalars, on the last axes, are all weights but the last, then those of
    each component.

    >>> half, f = [np.log(0.5)] * 2, [np.log([0.2]), np.log([0.6])]
    >>> mixed(half, f, [np.ones((1, 1)), np.ones((1, 1))], None).slope.round(12)
    array([[-1.  ,  0.25,  0.75]])
    """
    logs = np.broadcast_arrays(*log_f, *log_weights)[: len(log_f)]
    value = np.logaddexp.reduce([w + g for w, g in zip(log_weights, logs, strict=True)])
    ratio = [np.exp(g - value) for g in logs]
    share = [np.exp(w + g - value) for w, g in zip(log_weights, logs, strict=True)]
    possible = [g > -np.inf for g in logs]
    slopes = [np.where(p[..., None], s, 0.0) for p, s in zip(possible, slopes, strict=True)]
    columns = [np.stack([q - ratio[-1] for q in ratio[:-1]], axis=-1)]
    columns += [r[..., None] * s for r, s in zip(share, slopes, strict=True)]
    slope = np.concatenate(columns, axis=-1)
    if bends is None:
        return MassTerms(value, slope, np.empty(0))
    bend = -slope[..., :, None] * slope[..., None, :]
    first, last = len(slopes) - 1, len(slopes) - 1
    for k, (s, h) in enumerate(zip(slopes, bends, strict=True)):
        here = slice(first, first + s.shape[-1])
        h = np.where(possible[k][..., None, None], h, 0.0)
        bend[..., here, here] += share[k][..., None, None] * (h + s[..., :, None] * s[..., None, :])
        crossed = ratio[k][..., None] * s
        for j, sign in [(k, 1.0)] if k < last else [(j, -1.0) for j in range(last)]:
            bend[..., j, here] += sign * crossed
            bend[..., here, j] += sign * crossed
        first = here.stop
    return MassTerms(value, slope, bend)


def mixture_nodes(d: Any) -> Nodes:
    """Return nodes for expectations over mixtures, one a row: panels between the nodes of all components, or all counts."""
    places = np.concatenate([all_nodes(m).places for m in d.members], axis=-1)
    if d.support.whole:
        first, last = places.min(axis=-1, keepdims=True), places.max(axis=-1, keepdims=True)
        step = max(1.0, np.ceil(float((last - first).max()) / _MOST_VALUES))
        places = first + step * np.arange(float((last - first).max()) // step + 1.0)
        log_width: Any = np.log(step)
    else:
        edges = np.sort(np.where(np.isfinite(places), places, places[:, :1]), axis=-1)[:, ::_EDGE]
        x, w = np.polynomial.legendre.leggauss(_ORDER)
        half, middle = 0.5 * np.diff(edges), 0.5 * (edges[:, 1:] + edges[:, :-1])
        places = (middle[..., None] + half[..., None] * x).reshape(len(edges), -1)
        log_width = np.log(half[..., None] * w).reshape(len(edges), -1)
    return Nodes(places, lifted(d).log_prob(places) + log_width)
