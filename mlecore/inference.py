"""Inference from a likelihood and its maximum: standard errors, intervals, tests.

Every function takes the likelihood and the vector of its free scalars at the maximum. Both may be a batch. What has
no meaning is refused with the reason: on a boundary, for a parameter that moves the support, or where the
information matrix is singular. In a batch the refused rows are NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from .errors import DataError, RegularityError

__all__ = ["covariance", "refusal", "standard_errors", "wald_interval"]

Array = np.ndarray


def refusal(likelihood: Any, theta: Array) -> tuple[Array, str]:
    """Return which fits of a batch are not regular, and why in words ("" when all are).

    >>> from mlecore import Likelihood, Uniform
    >>> refusal(Likelihood(Uniform, [1.0, 2.0]), np.array([1.0, 2.0]))[1]
    'low, high of Uniform move the support, so the likelihood is not smooth at its maximum'
    """
    family, layout, free = likelihood.family, likelihood.layout, likelihood.free
    name = family.__name__
    irregular = [layout.names[i] for i in free if layout.owner[i] in family.irregular]
    if irregular:
        words = f"{', '.join(irregular)} of {name} move{'s' if len(irregular) == 1 else ''} the support, so the likelihood is not smooth at its maximum"
        return np.ones(theta.shape[:-1], dtype=bool), words
    edge = layout.at_edge(likelihood._full(theta))[..., free]
    if edge.any():
        where = ", ".join(layout.names[i] for k, i in enumerate(free) if edge[..., k].any())
        return edge.any(
            axis=-1
        ), f"{where} of {name} lies on the boundary of its domain, where the slope need not be zero"
    return np.zeros(theta.shape[:-1], dtype=bool), ""


def _insist(refused: Array, reason: str) -> None:
    """Raise for a single fit that is refused; a batch goes on with NaN."""
    if np.ndim(refused) == 0 and refused:
        raise RegularityError(
            f"{reason}. Use a bootstrap, or for a boundary method='lr' or 'score'"
        )


def covariance(likelihood: Any, theta: Array, kind: str = "observed") -> Array:
    """Return the estimated covariance matrix of the free scalars.

    kind "observed" inverts minus the Hessian; "expected" inverts n times the Fisher information; "sandwich" is
    H^-1 (sum of w u u') H^-1, with u the scores of single observations, which holds when the model is wrong too
    (White 1982).

    Raises
    ------
    RegularityError : at a boundary, for an irregular parameter, or where the information is singular.
    DataError : "sandwich" of a likelihood made from a statistic, which has no single observations.

    >>> from mlecore import Likelihood, Poisson
    >>> covariance(Likelihood(Poisson, [2, 4]), np.array([3.0]))
    array([[1.5]])
    """
    refused, reason = refusal(likelihood, theta)
    _insist(refused, reason)
    if kind not in ("observed", "expected", "sandwich"):
        raise DataError(f"kind must be 'observed', 'expected' or 'sandwich', got {kind!r}")
    only = likelihood.family.information_only_expected
    if kind == "expected" or (kind == "observed" and only):
        information = likelihood.expected_information(theta)
    elif only:
        raise RegularityError(
            f"the sandwich needs second derivatives, but {only}; use covariance('expected')"
        )
    else:
        information = likelihood.observed_information(theta)
    inverse = _inverse(information, refused | np.isnan(theta).any(axis=-1))
    if kind != "sandwich":
        return inverse
    return inverse @ likelihood.score_products(theta) @ inverse


def _inverse(information: Array, skip: Array) -> Array:
    """Invert a positive definite information matrix; a singular or indefinite one is refused."""
    size = information.shape[-1]
    if size == 0:
        return information
    diagonal = np.diagonal(information, axis1=-2, axis2=-1)
    with np.errstate(all="ignore"):
        scale = 1.0 / np.sqrt(diagonal)
        unit = information * scale[..., :, None] * scale[..., None, :]
    bad = skip | ~np.isfinite(unit).all(axis=(-2, -1))
    unit = np.where(bad[..., None, None], np.eye(size), unit)
    bad = bad | (np.linalg.eigvalsh(unit)[..., 0] < 1e-14)
    if np.ndim(bad) == 0 and bad:
        raise RegularityError(
            "the information matrix is singular: the data do not determine all free parameters together; fix one of them, or choose a smaller family"
        )
    unit = np.where(bad[..., None, None], np.eye(size), unit)
    inverse = np.linalg.inv(unit) * scale[..., :, None] * scale[..., None, :]
    return np.where(bad[..., None, None], np.nan, inverse)


def standard_errors(likelihood: Any, theta: Array, kind: str = "observed") -> Array:
    """Return the square roots of the diagonal of the covariance matrix.

    >>> from mlecore import Likelihood, Poisson
    >>> standard_errors(Likelihood(Poisson, [4]), np.array([4.0]))
    array([2.])
    """
    return np.sqrt(np.diagonal(covariance(likelihood, theta, kind), axis1=-2, axis2=-1))


def wald_interval(
    likelihood: Any,
    theta: Array,
    level: float = 0.95,
    scale: str = "identity",
    kind: str = "observed",
) -> tuple[Array, Array]:
    """Return estimate -+ z se, on the parameter's own scale or its natural one (log, logit), for each free scalar.

    >>> from mlecore import Likelihood, Poisson
    >>> low, high = wald_interval(Likelihood(Poisson, [4]), np.array([4.0]))
    >>> low.round(2), high.round(2)
    (array([0.08]), array([7.92]))
    """
    z = normal_quantile(level)
    se = standard_errors(likelihood, theta, kind)
    if scale == "identity":
        return theta - z * se, theta + z * se
    if scale != "natural":
        raise DataError(f"scale must be 'identity' or 'natural', got {scale!r}")
    layout, free = likelihood.layout, likelihood.free
    u = layout.to_real(theta, free)
    _, first, _ = layout.from_real(u, free)
    with np.errstate(invalid="ignore"):
        half = z * se / first
    return layout.from_real(u - half, free)[0], layout.from_real(u + half, free)[0]


def normal_quantile(level: float) -> float:
    """Return z such that a standard Normal lies within -z .. z with probability `level`.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    if not 0 < level < 1:
        raise DataError(f"level must lie between 0 and 1, such as 0.95; got {level!r}")
    return float(special.ndtri(0.5 + level / 2))
