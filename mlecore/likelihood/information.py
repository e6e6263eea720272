"""What a likelihood tells of its parameters' precision: the observed and the expected information, and the scores' spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..censoring import row_scores
from ..errors import DataError, RegularityError
from ..observations import PartlySeen
from ..products import gram
from ..statistics import Events
from .curve import Array, Curve

__all__ = ["Informative"]


class Informative(Curve):
    """A likelihood that tells how precisely its parameters are known."""

    def observed_information(self, *vector: ArrayLike, **params: ArrayLike) -> Array:
        """Return minus the Hessian.

        >>> from mlecore import Exponential, Likelihood
        >>> Likelihood(Exponential, [1.0, 3.0]).observed_information(rate=0.5)
        array([[8.]])
        """
        return -self.hessian(*vector, **params)

    def expected_information(self, *vector: ArrayLike, **params: ArrayLike) -> Array:
        """Return n times the expected Fisher information of one observation.

        >>> from mlecore import Likelihood, Poisson
        >>> Likelihood(Poisson, [2, 4]).expected_information(rate=2.0)
        array([[1.]])
        """
        full = self._full(self._vector(vector, params))
        return self._expected_at(full)

    @property
    def has_expected_information(self) -> bool:
        """Whether the expected information is known: not of partly seen data, nor of a family that leaves it out."""
        return not isinstance(self.statistic, Events) and self.family._knows_information()

    def _expected_at(self, full: Array) -> Array:
        if isinstance(self.statistic, Events):
            raise RegularityError(
                "there is no expected information of partly seen data: what else might have been seen depends on how "
                "values came to be censored, which is not known. Use the observed one, or method='lr'"
            )
        if hasattr(self.family, "_information_of"):
            # Of a sequence it is no multiple of one value's.
            whole = self._evaluate_full(full, "_information_of", 2)
            return whole[..., self.free[:, None], self.free]
        one = self._evaluate_full(full, "_information_matrix", 2, with_statistic=False)
        return (np.asarray(self.n)[..., None, None] * one)[..., self.free[:, None], self.free]

    def expected_in_units(self, theta: Array) -> tuple[Array, Array]:
        """Return a unit for each free scalar, and the expected information with data and parameters in such units.

        The entries of the information itself, of order 1 / theta^2, may be no doubles where these are.

        >>> from mlecore import Exponential, Likelihood
        >>> unit, information = Likelihood(Exponential, [1.0, 3.0]).expected_in_units(
        ...     np.array([1e-200])
        ... )
        >>> unit, information
        (array([1.e-200]), array([[2.]]))
        """
        full = self._full(np.asarray(theta, dtype=float))
        powers = np.array([self.family.units.get(name, 0) for name in self.layout.names])
        moving = powers != 0
        if not moving.any():
            return np.ones(full.shape[:-1] + self.free.shape), self._expected_at(full)
        size = (np.abs(full[..., moving]) ** (1.0 / powers[moving])).max(axis=-1)
        unit = np.where(size > 0, size, 1.0)[..., None] ** powers
        return unit[..., self.free], self._expected_at(full / unit)

    def score_products(self, theta: Array) -> Array:
        """Return sum_i w_i u_i u_i', with u_i the score of observation i: the middle of the sandwich.

        It needs the observations themselves, so a likelihood made from a statistic cannot give it.

        >>> from mlecore import Likelihood, Poisson
        >>> Likelihood(Poisson, [2, 4]).score_products(np.array([2.0]))
        array([[1.]])
        """
        if self.source is not None:
            return sum(one.score_products(theta) for one in self.pieces())
        full = self._full(theta)
        if isinstance(self.data, PartlySeen):
            u, w = row_scores(self, self.layout.distribution(full, self.known))
            u = u[..., self.free]
            return gram(u * w[:, None], u)
        x, w = self.observations()
        known = {name: np.asarray(v)[..., None] for name, v in self.known.items()}
        u = self.layout.distribution(full[..., None, :], known).score(x)[..., self.free]
        return gram(u if w is None else u * w[..., None], u)

    def observations(self) -> tuple[Array, Array | None]:
        """Return the single observations and their weights, None where all are one.

        Raises
        ------
        DataError : where there are none, because the likelihood was made from a statistic, or where the caller's
            array has been changed since.
        RegularityError : for a sequence, whose values are no single observations.

        >>> from mlecore import Likelihood, Poisson
        >>> Likelihood(Poisson, [2, 4]).observations()
        (array([2., 4.]), None)
        """
        if getattr(self.statistic, "in_order", False):
            raise RegularityError(
                f"this needs observations that are independent of each other, and the values of {self.called} follow on each "
                "other: sums of their scores say nothing of a wrong model. Use covariance('observed'), or a bootstrap"
            )
        if self.source is not None:
            raise DataError(
                "this needs the single observations in memory, and they are read from their source in chunks: fit some of "
                "them, given as an array"
            )
        if self.data is None:
            raise DataError(
                "this needs single observations, and the likelihood was made from a statistic; fit the data themselves"
            )
        given = self.data, self.weights
        if not self.family.statistics(*given, axis=self.axis).close_to(self.statistic):
            raise DataError(
                "the data were changed after the fit; fit them again, or give the fit a copy"
            )
        return self.family._observations(*given, self.axis)
