"""The three questions: entropy, cross-entropy and divergence.

The formulas are imported when one is first asked, so `import mlecore` stays quick.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy

from ..errors import DataError, RegularityError
from ..families import VonMises
from .batches import each, shape_of
from .empirical import (
    Empirical,
    empirical_cross_entropy,
    empirical_divergence,
    insist_space,
    is_discrete,
)

__all__ = ["cross_entropy", "entropy", "kl_divergence"]


def entropy(p: Any) -> Any:
    """Return -E_p log p, in nats: for a density the differential entropy, which may be negative.

    Raises
    ------
    ConvergenceError : where neither a closed form nor the numerical one can be trusted.

    Source: Cover and Thomas (2006), chapters 2 and 8.

    >>> from mlecore import Bernoulli
    >>> round(float(entropy(Bernoulli(p=0.5)) / np.log(2)), 12)
    1.0
    """
    _insist_distribution(p)
    if isinstance(p, Empirical):
        return float(scipy.special.entr(p.shares).sum())
    _insist_one_kind(p)
    from .entropies import closed_entropy
    from .numerical import numerical_entropy

    closed = closed_entropy(p)
    return each(numerical_entropy, p) if closed is None else closed


def cross_entropy(p: Any, q: Any) -> Any:
    """Return -E_p log q, in nats; infinite where p gives weight to what q excludes.

    `cross_entropy(Empirical(x), q)` is `nll(q, x)`. Batches of distributions broadcast.

    Raises
    ------
    ConvergenceError : where neither a closed form nor the numerical one can be trusted.
    DataError : for a pair without a common space, such as angles and real numbers.

    Source: Cover and Thomas (2006), chapter 2.

    >>> from mlecore import Normal, nll
    >>> x = [0.3, 1.1, -0.4]
    >>> d = Normal(mu=0.0, sigma=1.0)
    >>> bool(cross_entropy(Empirical(x), d) == nll(d, x))
    True
    """
    _insist_pair(p, q)
    if isinstance(p, Empirical):
        return empirical_cross_entropy(p, q)
    if not is_discrete(p) and is_discrete(q):
        # A density gives no weight to the values that q allows.
        return np.full(shape_of(p, q), np.inf)[()]
    from .closed_forms import closed_divergence
    from .entropies import closed_entropy
    from .numerical import numerical_cross_entropy

    own = closed_entropy(p)
    divergence = None if own is None else closed_divergence(p, q)
    return each(numerical_cross_entropy, p, q) if divergence is None else own + divergence


def kl_divergence(p: Any, q: Any) -> Any:
    """Return E_p log(p / q) >= 0, in nats; infinite where p gives weight to what q excludes. Not symmetric.

    Batches of distributions broadcast. The relative error is below 1e-8 also for parameters that differ by 1e-6.

    Raises
    ------
    ConvergenceError : where neither a closed form nor the numerical one can be trusted.
    DataError : for a pair without a common space, such as angles and real numbers.

    Source: Kullback and Leibler (1951).

    >>> from mlecore import Normal
    >>> float(kl_divergence(Normal(mu=0.0, sigma=1.0), Normal(mu=3.0, sigma=1.0)))
    4.5
    """
    _insist_pair(p, q)
    if is_discrete(p) != is_discrete(q):
        return np.full(shape_of(p, q), np.inf)[()]
    if isinstance(p, Empirical):
        return empirical_divergence(p, q)
    from .closed_forms import closed_divergence
    from .numerical import numerical_divergence

    divergence = closed_divergence(p, q)
    return each(numerical_divergence, p, q) if divergence is None else divergence


def _insist_distribution(p: Any) -> None:
    """Raise unless p is a distribution."""
    if isinstance(p, type):
        raise DataError(
            f"this needs a distribution, a member of a family, and got the class {p.__name__}: give its parameters, "
            f"{p.__name__}(...)"
        )
    if hasattr(p, "dist"):
        raise DataError("this needs a distribution, and got a fit: give its distribution, fit.dist")
    if not callable(getattr(p, "log_prob", None)) or not hasattr(p, "batch_shape"):
        raise DataError(
            f"this needs a distribution, such as Normal(mu=0, sigma=1), and got {p!r}; a density of your own becomes one "
            "as a subclass of Family, and data as Empirical(x)"
        )


def _insist_one_kind(p: Any) -> None:
    """Raise where a distribution has both a density and a value with a probability."""
    support = getattr(p, "support", None)
    if getattr(support, "atoms", False) and not support.whole:
        raise RegularityError(
            f"{type(p).__name__} has a probability at 0 beside a density elsewhere, and an entropy or a divergence is of one "
            "kind: take the zeros, a Bernoulli, and the other values apart"
        )


def _insist_pair(p: Any, q: Any) -> None:
    """Raise unless p and q are distributions of one space."""
    _insist_distribution(p)
    _insist_distribution(q)
    if isinstance(p, Empirical) or isinstance(q, Empirical):
        data, other = (p, q) if isinstance(p, Empirical) else (q, p)
        insist_space(data, other)
        return
    _insist_one_kind(p)
    _insist_one_kind(q)
    if isinstance(p, VonMises) != isinstance(q, VonMises):
        raise DataError(
            "angles and real numbers are different spaces: a VonMises is compared with another VonMises only"
        )
    if getattr(p, "event_ndim", 0) != getattr(q, "event_ndim", 0):
        raise DataError(
            f"{type(p).__name__} and {type(q).__name__} are distributions of different spaces"
        )
