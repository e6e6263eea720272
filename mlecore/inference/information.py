"""The information matrix and its inverse, the covariance matrix of the estimates.

Entries of the information have the units 1 / (theta_i theta_j), so they leave the range of doubles when estimates of
1e-160 or 1e160 are nothing unusual. A covariance matrix is therefore kept as two factors: a size for each scalar, and
a matrix in those sizes, whose entries are plain numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError, RegularityError
from ..habits import called_here
from .differences import five_point_slopes
from .regularity import at_maximum, insist_regular, refusal

__all__ = [
    "Scaled",
    "covariance",
    "in_own_units",
    "invert",
    "out_of_range",
    "scaled_covariance",
    "scaled_expected",
    "scaled_information",
    "standard_errors",
    "usable",
]

Array = np.ndarray

# Information above this, or below its inverse, has lost digits or all of itself ...
_MOST = 1e305
# ... which happens to estimates above this, or below its inverse.
_LARGE = 1e100


class Scaled(NamedTuple):
    """A symmetric matrix in two factors: its entries are size_i unit_ij size_j.

    >>> Scaled(np.array([2.0]), np.array([[0.25]])).errors()
    array([1.])
    """

    size: Array
    unit: Array

    def matrix(self) -> Array:
        """Return the matrix itself."""
        with np.errstate(over="ignore", under="ignore"):
            return self.unit * self.size[..., :, None] * self.size[..., None, :]

    def errors(self) -> Array:
        """Return the square roots of the diagonal."""
        return self.size * np.sqrt(np.diagonal(self.unit, axis1=-2, axis2=-1))

    def block(self, index: Array) -> Scaled:
        """Return the rows and columns of some scalars."""
        return Scaled(self.size[..., index], self.unit[..., index[:, None], index])


def covariance(likelihood: Any, theta: Array, kind: str | None = None) -> Array:
    """Return the estimated covariance matrix of the free scalars, shape (batch, p, p).

    Parameters
    ----------
    likelihood : a `Likelihood`, of one sample or of a batch.
    theta : its free scalars at the maximum, on the last axis.
    kind : "observed" inverts minus the Hessian; "expected" inverts n times the Fisher information; "sandwich" is
        H^-1 (sum of w u u') H^-1, with u the scores of single observations, which holds when the model is wrong too
        (White 1982). None is "observed", or "expected" where the log-likelihood has no curvature to observe
        (Laplace).

    Raises
    ------
    RegularityError : at a boundary, for an irregular parameter, where the information is singular, where the
        matrix leaves the range of doubles, or where "observed" or "sandwich" is asked of a log-likelihood without
        curvature.
    DataError : "sandwich" of a likelihood made from a statistic, which has no single observations.

    >>> from mlecore import Likelihood, Poisson
    >>> covariance(Likelihood(Poisson, [2, 4]), np.array([3.0]))
    array([[1.5]])
    """
    scaled = scaled_covariance(likelihood, theta, kind)
    cov = scaled.matrix()
    vanished = (np.diagonal(cov, axis1=-2, axis2=-1) == 0) & (scaled.errors() > 0)
    lost = np.isinf(cov).any(axis=(-2, -1)) | vanished.any(axis=-1)
    if np.ndim(lost) == 0 and lost:
        raise RegularityError(
            "the covariance matrix leaves the range of doubles, though the standard errors may not: ask for those, "
            "or measure the data in other units"
        )
    return np.where(lost[..., None, None], np.nan, cov) if lost.any() else cov


def standard_errors(likelihood: Any, theta: Array, kind: str | None = None) -> Array:
    """Return the standard errors of the free scalars: the roots of the diagonal of the covariance matrix.

    They follow the units of the data, even where the covariance matrix leaves the range of doubles.

    Parameters
    ----------
    likelihood, theta, kind : as in `covariance`.

    Raises
    ------
    RegularityError : where there is no covariance matrix.

    >>> from mlecore import Likelihood, Poisson
    >>> standard_errors(Likelihood(Poisson, [4]), np.array([4.0]))
    array([2.])
    """
    return scaled_covariance(likelihood, theta, kind).errors()


def scaled_covariance(likelihood: Any, theta: Array, kind: str | None = None) -> Scaled:
    """Return the covariance matrix in two factors; see `covariance`."""
    only = likelihood.family.information_only_expected
    if kind is None:
        kind = "expected" if only else "observed"
    kinds = ("observed", "expected", "sandwich")
    if kind not in kinds:
        raise DataError(
            f"kind must be 'observed', 'expected' or 'sandwich', got {kind!r}{called_here(kind, kinds)}"
        )
    insist_regular(likelihood, "a covariance matrix from the information")
    refused, reason = refusal(likelihood, theta)
    if np.ndim(refused) == 0 and refused:
        at_maximum(likelihood, theta)
        raise RegularityError(f"{reason}. Use method='lr' or 'score'")
    if hasattr(likelihood, "covariance"):
        # A regression inverts its columns rather than their products, and squares no condition number.
        cov = likelihood.covariance(theta, kind)
        return Scaled(np.ones(cov.shape[:-1]), cov)
    if kind != "expected" and only:
        needs = "the sandwich" if kind == "sandwich" else "the observed information"
        raise RegularityError(
            f"{needs} needs second derivatives, but {only}; use covariance('expected')"
        )
    skip = refused | np.isnan(theta).any(axis=-1)
    if kind == "expected":
        inverse = invert(scaled_expected(likelihood, theta), skip)
    else:
        inverse = invert(scaled_information(likelihood, theta), skip)
    if kind != "sandwich":
        return inverse
    with np.errstate(all="ignore"):
        products = likelihood.score_products(theta)
    lost = out_of_range(products, theta)[..., None, None]
    middle = Scaled(inverse.size, np.where(lost, np.nan, products)).matrix()
    return Scaled(inverse.size, inverse.unit @ middle @ inverse.unit)


def scaled_information(likelihood: Any, theta: Array, information: Array | None = None) -> Scaled:
    """Return sizes, about a standard error each, and the observed information in their units.

    `information` may be given in place of the observed one; rows that leave the range of doubles are done by
    differences of the score.
    """
    if information is None:
        information = likelihood.observed_information(theta)
    scaled = in_own_units(information)
    lost = ~usable(information) & _extreme(theta)
    if not lost.any():
        return scaled
    again = _by_differences(likelihood, theta)
    return Scaled(
        np.where(lost[..., None], again.size, scaled.size),
        np.where(lost[..., None, None], again.unit, scaled.unit),
    )


def scaled_expected(likelihood: Any, theta: Array) -> Scaled:
    """Return sizes, about a standard error each, and the expected information in their units."""
    unit, information = likelihood.expected_in_units(theta)
    size, matrix = in_own_units(information)
    return Scaled(size * unit, matrix)


def usable(information: Array) -> Array:
    """Say which matrices of a batch are finite, with a diagonal above zero and well inside the range of doubles."""
    diagonal = np.diagonal(information, axis1=-2, axis2=-1)
    inside = ((diagonal > 1.0 / _MOST) & (diagonal < _MOST)).all(axis=-1)
    return inside & np.isfinite(information).all(axis=(-2, -1))


def in_own_units(information: Array) -> Scaled:
    """Return 1 / sqrt(I_kk), the standard error of a scalar if it were alone, and the matrix in these sizes."""
    with np.errstate(all="ignore"):
        size = 1.0 / np.sqrt(np.diagonal(information, axis1=-2, axis2=-1))
        return Scaled(size, Scaled(size, information).matrix())


def _extreme(theta: Array) -> Array:
    """Say which estimates are so large or small that their inverse squares may be no doubles."""
    size = np.abs(theta)
    return ((size > _LARGE) | ((size < 1.0 / _LARGE) & (size > 0))).any(axis=-1)


def out_of_range(information: Array, theta: Array) -> Array:
    """Say where a matrix that cannot be had otherwise has left the range of doubles; a single one raises."""
    lost = ~usable(information) & _extreme(theta)
    if np.ndim(lost) == 0 and lost:
        raise RegularityError(
            "the information leaves the range of doubles, with estimates as large or as small as these; "
            "measure the data in other units"
        )
    return lost


def _by_differences(likelihood: Any, theta: Array) -> Scaled:
    """Return sizes and the observed information in them where its entries, of order size^-2, are no doubles.

    The score is of order size^-1 and still is one: in units its slope is the information. The sizes begin at the
    estimates and are corrected until the information of each scalar is near 1.
    """
    size = np.abs(theta)
    size = np.where(size > 0, size, size.max(axis=-1, keepdims=True, initial=0.0))
    with np.errstate(all="ignore"):
        for _ in range(40):
            unit = -_slopes_of_score(likelihood, theta, size)
            own = np.diagonal(unit, axis1=-2, axis2=-1)
            if (np.abs(own - 1.0) < 0.5).all():
                break
            size = np.where(own > 0, size / np.sqrt(own), 0.1 * size)
    return Scaled(size, 0.5 * (unit + np.swapaxes(unit, -1, -2)))


def _slopes_of_score(likelihood: Any, theta: Array, size: Array) -> Array:
    return five_point_slopes(lambda at: likelihood.score(at) * size, theta, size)


def invert(information: Scaled, skip: Array) -> Scaled:
    """Invert positive definite information in its own units; a singular or indefinite matrix is refused.

    Rows to `skip`, and in a batch the refused ones, are NaN.
    """
    size, unit = information
    if unit.shape[-1] == 0:
        return information
    eye = np.eye(unit.shape[-1])
    bad = skip | ~np.isfinite(unit).all(axis=(-2, -1))
    unit = np.where(bad[..., None, None], eye, unit)
    bad = bad | (np.linalg.eigvalsh(unit)[..., 0] < 1e-14)
    if np.ndim(bad) == 0 and bad:
        raise RegularityError(
            "the information matrix is singular: the data do not determine all free parameters "
            "together; fix one of them, or choose a smaller family"
        )
    inverse = np.linalg.inv(np.where(bad[..., None, None], eye, unit))
    return Scaled(
        np.where(bad[..., None], np.nan, size), np.where(bad[..., None, None], np.nan, inverse)
    )
