"""What a part of a distribution holds: log P(a < X <= b), and what a family writes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import numeric
from ..mass import MassTerms, log_mass, log_tails
from .distribution import Distribution
from .terms import Array

__all__ = ["Mass"]


class Mass(Distribution):
    """A distribution that tells the probability of an interval, in either tail."""

    def log_cdf(self, x: ArrayLike) -> Any:
        """Return log P(X <= x), accurate however small the probability.

        >>> from mlecore import Exponential
        >>> round(float(Exponential(rate=1.0).log_cdf(1e-20)), 4)
        -46.0517
        """
        x = self._limit(x, "x")
        return np.where(np.isnan(x), np.nan, log_tails(self, x)[0])[()]

    def log_sf(self, x: ArrayLike) -> Any:
        """Return log P(X > x), accurate however small the probability.

        >>> from mlecore import Exponential
        >>> float(Exponential(rate=2.0).log_sf(1000.0))
        -2000.0
        """
        x = self._limit(x, "x")
        return np.where(np.isnan(x), np.nan, log_tails(self, x)[1])[()]

    def sf(self, x: ArrayLike) -> Any:
        """Return P(X > x), the survival function.

        >>> from mlecore import Uniform
        >>> float(Uniform(low=0.0, high=4.0).sf(1.0))
        0.75
        """
        return np.exp(self.log_sf(x))

    def log_mass(self, a: ArrayLike, b: ArrayLike) -> Any:
        """Return log P(a < X <= b), accurate in both tails and for intervals of any width.

        >>> from mlecore import Exponential
        >>> round(float(np.exp(Exponential(rate=1.0).log_mass(0.0, np.log(2.0)))), 12)
        0.5
        """
        a, b = self._limit(a, "a"), self._limit(b, "b")
        return log_mass(self, a, b)[()]

    def _limit(self, x: ArrayLike, name: str) -> Array:
        """Return a limit as numbers, of a family whose observations are numbers and whose density is one.

        Of a density of one's own that is none, a share of something that is not one would be no probability.
        """
        if self._writes_density and not self._complete:
            self._insist_complete()
        if self.event_ndim:
            raise TypeError(
                f"{type(self).__name__} is a family of vectors, and what lies between limits is told of numbers: take the "
                "distribution of one coordinate"
            )
        return numeric(x, name)

    def _log_tails(self, x: Array) -> tuple[Array, Array] | None:
        """Return log P(X <= x) and log P(X > x) inside the support, where they are known; else None."""
        return None

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array] | None:
        """Return how x moves with each free scalar while P(X <= x) is held, and the derivatives of that; else None.

        For a discrete family: minus the derivative of P(X <= x) by each free scalar, over P(X = x).
        """
        return None

    def _beyond(self, x: Array) -> tuple[Array, Array, Array] | None:
        """Return log P(X > x), its slope as a vector and its Hessian, where they are short; else None."""
        return None

    @classmethod
    def _tails_known(cls) -> bool:
        return cls._log_tails is not Mass._log_tails

    @classmethod
    def _flow_known(cls) -> bool:
        return cls._flow is not Mass._flow

    def _smooth_between(self, a: Array, b: Array) -> Any:
        """Say where the density is smooth in the parameters between two limits, with no end or corner that moves."""
        return True

    def _log_between(self, a: Array, b: Array) -> Array:
        """Return log P(a < X <= b) where it is not smooth; only asked of families that say where that is."""
        raise TypeError(f"{type(self).__name__} does not say what lies about its corners")

    def _own_log_mass(self, a: Array, b: Array) -> Array:
        """Return log P(a < X <= b), where the family `_tells_mass`."""
        raise NotImplementedError

    def _own_mass_terms(self, a: Array, b: Array) -> MassTerms:
        """Return log P(a < X <= b) with its slope and Hessian, where the family `_tells_mass`."""
        raise NotImplementedError

    def _ends(self) -> tuple[Any, Any]:
        """Return the ends of the support of this member."""
        return self.support.low, self.support.high

    def _turned(self, x: Array) -> Array:
        """Return observations where the distribution function counts them: angles are turned to between `_ends`."""
        return x

    def _pieces(self, a: Array, b: Array) -> tuple[tuple[Array, Array], ...]:
        """Return the pieces between `_ends` that lie between two limits: of angles, an arc may go round the end."""
        return ((a, b),)

    @classmethod
    def _of_angles(cls) -> bool:
        """Say whether the values come round again, so that none lies beyond another."""
        return any(np.isfinite(getattr(domain, "turn", np.inf)) for domain in cls.domains.values())

    def _place(self) -> tuple[Array, Array]:
        """Return where the density is high and about how wide, for a search of its highest place to begin."""
        shape = self.batch_shape
        with np.errstate(all="ignore"):
            center = np.broadcast_to(np.asarray(self.mean, dtype=float), shape)
        low = self.support.low
        middle = low + 1.0 if np.isfinite(low) else 0.0
        return np.where(np.isfinite(center), center, middle), np.ones(shape)
