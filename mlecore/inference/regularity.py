"""Where the large-sample theory holds: at a maximum inside the domain, of parameters that leave the support alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import RegularityError, listed

__all__ = ["at_maximum", "insist_positive", "insist_regular", "refusal"]

Array = np.ndarray


def refusal(likelihood: Any, theta: Array) -> tuple[Array, str]:
    """Return which fits of a batch are not regular, and why in words ("" when all are).

    Parameters
    ----------
    likelihood : a `Likelihood`, of one sample or of a batch.
    theta : its free scalars at the maximum, on the last axis.

    >>> from mlecore import Likelihood, Uniform
    >>> refusal(Likelihood(Uniform, [1.0, 2.0]), np.array([1.0, 2.0]))[1]
    'low, high of Uniform move the support, so the likelihood is not smooth at its maximum'
    """
    irregular = _irregular(likelihood)
    if irregular:
        return np.ones(theta.shape[:-1], dtype=bool), irregular
    stopped, reason = _stopped(likelihood, theta)
    if stopped.any():
        return stopped, reason
    edge = likelihood.layout.at_edge(likelihood._full(theta))[..., likelihood.free]
    if not edge.any():
        with np.errstate(invalid="ignore"):
            beside, why = likelihood.distribution(theta)._at_edge_where(likelihood.names)
        together = np.broadcast_to(beside, theta.shape[:-1])
        return together, why if together.any() else ""
    where = _names(likelihood, edge)
    lies = "lie" if "," in where else "lies"
    return edge.any(axis=-1), (
        f"{where} of {likelihood.called} {lies} on the boundary of its domain, "
        "where the slope need not be zero"
    )


def insist_regular(likelihood: Any, what: str) -> None:
    """Raise where a free parameter moves the support, which rules out `what`.

    Parameters
    ----------
    likelihood : a `Likelihood`.
    what : what was asked for, such as "a Wald test".

    Raises
    ------
    RegularityError : with the names of the parameters that move the support.

    >>> from mlecore import Likelihood, Normal
    >>> insist_regular(Likelihood(Normal, [1.0, 2.0]), "a Wald test")
    """
    reason = _irregular(likelihood)
    if reason:
        raise RegularityError(
            f"{what} has no meaning here: {reason}. Hold what moves the support fixed if it is known"
        )


def insist_positive(likelihood: Any, theta: Array) -> None:
    """Raise where the likelihood is zero even at its estimate: there is nothing to take ratios of."""
    if theta.ndim == 1 and np.isneginf(likelihood.log_likelihood(theta)):
        raise RegularityError(
            "a likelihood ratio has no meaning here: some observation has density 0 whatever the parameters, "
            "so every likelihood is 0. Use method='wald'"
        )


def at_maximum(likelihood: Any, theta: Array) -> Array:
    """Return the estimates, NaN where one was stopped short of a maximum; a single such fit raises."""
    stopped, reason = _stopped(likelihood, theta)
    if np.ndim(stopped) == 0 and stopped:
        raise RegularityError(reason)
    return np.where(stopped[..., None], np.nan, theta) if stopped.any() else theta


def _irregular(likelihood: Any) -> str:
    """Return why the family's large-sample theory does not hold, "" when it does."""
    family, layout = likelihood.family, likelihood.layout
    names = [layout.names[i] for i in likelihood.free if layout.owner[i] in family.irregular]
    if not names:
        return ""
    move = "moves" if len(names) == 1 else "move"
    return (
        f"{listed(names)} of {likelihood.called} {move} the support, "
        "so the likelihood is not smooth at its maximum"
    )


def _stopped(likelihood: Any, theta: Array) -> tuple[Array, str]:
    """Return which fits are no regular maxima, such as those stopped at the least value allowed, and why."""
    with np.errstate(invalid="ignore"):
        odd, why = likelihood.distribution(theta)._irregular_where(likelihood.names)
    if np.any(odd):
        return np.broadcast_to(odd, theta.shape[:-1]), why
    where = likelihood.layout.stopped(likelihood._full(theta))[..., likelihood.free]
    names = _names(likelihood, where)
    reason = (
        f"{names} of {likelihood.called} was stopped at the least value that an estimate may have, and the "
        f"likelihood is higher below it. Hold {names} fixed, or use a bootstrap"
    )
    return where.any(axis=-1), reason if names else ""


def _names(likelihood: Any, where: Array) -> str:
    """Return the names of the free scalars that are marked in some row."""
    return listed((name for k, name in enumerate(likelihood.names) if where[..., k].any()), "")
