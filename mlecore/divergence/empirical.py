"""The distribution of the data themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import numeric, require_finite
from ..errors import DataError
from ..losses import nll
from ..numerics import deviance
from .batches import each, log_prob, shape_of

__all__ = [
    "Empirical",
    "empirical_cross_entropy",
    "empirical_divergence",
    "insist_space",
    "is_discrete",
]

Array = np.ndarray


class Empirical:
    """The distribution of the data themselves: each observation with probability weight / total.

    It is discrete, so its KL divergence to a density is infinite; its cross-entropy to one is finite, and is the
    negative log-likelihood per observation. x may be one-dimensional, or have one row an observation.

    Raises
    ------
    DataError : empty data, NaN or infinity, or impossible weights.

    Source: van der Vaart (1998), chapter 19.

    >>> Empirical([1.0, 1.0, 3.0]).log_prob([1.0, 2.0]).round(4)
    array([-0.4055,     -inf])
    """

    batch_shape: tuple[int, ...] = ()

    def __init__(self, x: ArrayLike, weights: ArrayLike | None = None) -> None:
        x = np.array(numeric(x, "x"))
        if x.ndim not in (1, 2) or x.size == 0:
            raise DataError(
                f"x must hold observations, or one row an observation; got shape {x.shape}"
            )
        require_finite(x, "x")
        self.x, self.weights = x, None
        counts = np.ones(len(x))
        if weights is not None:
            counts = np.array(numeric(weights, "weights"))
            if counts.shape != x.shape[:1]:
                raise DataError(f"weights must have the shape {x.shape[:1]}, got {counts.shape}")
            require_finite(counts, "weights")
            if (counts < 0).any() or not counts.sum() > 0:
                raise DataError("weights must not be negative, nor all zero")
            self.weights = counts
        self.atoms, where = np.unique(x[counts > 0], axis=0, return_inverse=True)
        totals = np.bincount(np.ravel(where), counts[counts > 0])
        self.n = float(counts.sum())
        self.shares = totals / self.n
        for array in (self.x, self.atoms, self.shares, counts):
            array.flags.writeable = False

    def log_prob(self, x: ArrayLike) -> Any:
        """Return the logarithm of the share of each value: -inf for one that was not seen."""
        x = numeric(x, "x")
        if self.atoms.ndim == 1:
            index = np.minimum(np.searchsorted(self.atoms, x), len(self.atoms) - 1)
            seen = self.atoms[index] == x
        else:
            equal = (x[..., None, :] == self.atoms).all(axis=-1)
            index, seen = equal.argmax(axis=-1), equal.any(axis=-1)
        return np.where(seen, np.log(self.shares[index]), -np.inf)[()]

    @property
    def mean(self) -> Any:
        """The mean of the data."""
        return (self.shares @ self.atoms)[()]

    @property
    def var(self) -> Any:
        """The variance of the data, dividing by n."""
        return (self.shares @ (self.atoms - self.mean) ** 2)[()]

    def sample(
        self, n: int | tuple[int, ...] = (), *, rng: np.random.Generator | int | None = None
    ) -> Array:
        """Draw observations with replacement, as the bootstrap does."""
        rng = np.random.default_rng(rng)
        return self.atoms[rng.choice(len(self.atoms), size=n, p=self.shares)]

    def __repr__(self) -> str:
        return f"Empirical(n={self.n:g}, {len(self.atoms)} distinct values)"


def empirical_cross_entropy(p: Empirical, q: Any) -> Any:
    """Return -E_p log q, the negative log-likelihood of q per observation.

    >>> from mlecore import Bernoulli
    >>> float(empirical_cross_entropy(Empirical([0.0, 1.0]), Bernoulli(p=0.5)) / np.log(2.0))
    1.0
    """
    if shape_of(q):
        return each(lambda b: empirical_cross_entropy(p, b), q)
    if p.weights is None:
        return nll(q, p.x)
    seen = p.weights > 0
    losses = nll(q, p.x[seen], reduction="none")
    return float((p.weights[seen] * losses).sum() / p.n)


def empirical_divergence(p: Empirical, q: Any) -> Any:
    """Return KL from data to a discrete distribution: no term is negative, so nothing cancels.

    >>> from mlecore import Bernoulli
    >>> empirical_divergence(Empirical([0.0, 1.0]), Bernoulli(p=0.5))
    0.0
    """
    if shape_of(q):
        return each(lambda b: empirical_divergence(p, b), q)
    there = np.exp(log_prob(q, p.atoms))
    return float(deviance(p.shares, there).sum() + max(1.0 - there.sum(), 0.0))


def insist_space(p: Empirical, q: Any) -> None:
    """Raise where the data are rows and q has numbers, or the other way round.

    >>> from mlecore import Poisson
    >>> insist_space(Empirical([1.0, 2.0]), Poisson(rate=1.0))
    """
    rows = p.x.ndim - 1
    if (q.x.ndim - 1 if isinstance(q, Empirical) else getattr(q, "event_ndim", 0)) != rows:
        words = ("numbers", "rows of numbers")
        raise DataError(
            f"the data are {words[rows]}, and {type(q).__name__} is a distribution of {words[1 - rows]}: "
            "choose one column, or a distribution of rows"
        )


def is_discrete(p: Any) -> bool:
    """Say whether p has probabilities, rather than a density.

    >>> from mlecore import Poisson
    >>> is_discrete(Poisson(rate=2.0))
    True
    """
    return isinstance(p, Empirical) or p.support.whole
