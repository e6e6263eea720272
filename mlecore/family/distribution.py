"""What a distribution says of single values: densities, scores, moments, samples."""

from __future__ import annotations

import numbers
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import broadcast_shape, numeric
from ..errors import DataError
from ..statistics import Statistic
from .member import Member
from .terms import Array

__all__ = ["Distribution"]


class Distribution(Member):
    """A member that tells the density of a value, its slope, and what SciPy tells."""

    def log_prob(self, x: ArrayLike) -> Any:
        """Return log f(x), the log-density or log-mass: -inf outside the support, NaN for NaN.

        Parameters and x broadcast as NumPy arrays do.

        >>> from mlecore import Exponential
        >>> Exponential(rate=2.0).log_prob([-1.0, 0.0])
        array([      -inf, 0.69314718])
        """
        return self._of_each(x, "_log_likelihood", outside=-np.inf, trailing=0)

    def score(self, x: ArrayLike) -> Any:
        """Return d log f(x) / d parameters, the free scalars on the last axis; NaN outside the support.

        >>> from mlecore import Poisson
        >>> Poisson(rate=2.0).score([2, 4])
        array([[0.],
               [1.]])
        """
        return self._of_each(x, "_score_vector", outside=np.nan, trailing=1)

    def _of_each(self, x: ArrayLike, formula: str, outside: float, trailing: int) -> Any:
        """Evaluate a formula on each observation as a sample of size one."""
        x = numeric(x, "x")
        own = x.shape[: x.ndim - self.event_ndim]
        shape = broadcast_shape("x and the parameters", own, self.batch_shape)
        inside = self._inside(x)
        safe = np.where(self._event(inside), x, self._harmless(x)) if not np.all(inside) else x
        with np.errstate(all="ignore"):
            one = self._statistics(
                safe[..., None] if not self.event_ndim else safe[..., None, :], None
            )
            value = np.asarray(getattr(self, formula)(self._fitting(one)))
        value = np.broadcast_to(value, shape + value.shape[value.ndim - trailing :])
        expand = (...,) + (None,) * trailing
        unknown = np.isnan(x).any(axis=-1) if self.event_ndim else np.isnan(x)
        value = np.where(np.broadcast_to(inside, shape)[expand], value, outside)
        return np.where(np.broadcast_to(unknown, shape)[expand], np.nan, value)[()]

    def _inside(self, x: Array) -> Array:
        """Say which observations lie in the support of this member of the family."""
        return self.support.contains(x)

    def _event(self, mask: Array) -> Array:
        return mask[..., None] if self.event_ndim else mask

    def _harmless(self, x: Array) -> Any:
        """Return some value inside the support, to stand in for those outside."""
        low, high = self.support.low, self.support.high
        if np.isfinite(low) and np.isfinite(high):
            return low if self.support.whole else 0.5 * (low + high)
        return low + 1.0 if np.isfinite(low) else 0.0

    def _fitting(self, t: Any) -> Any:
        """Adapt a statistic to this member's dimension."""
        return t

    def pdf(self, x: ArrayLike) -> Any:
        """Return the density f(x); a discrete family has `pmf` instead.

        >>> from mlecore import Uniform
        >>> float(Uniform(low=0.0, high=0.5).pdf(0.2))
        2.0
        """
        if self.support.whole:
            raise AttributeError(
                f"{type(self).__name__} is discrete: it has probabilities, pmf(x), and no density"
            )
        return np.exp(self.log_prob(x))

    def pmf(self, x: ArrayLike) -> Any:
        """Return the probability of x; a continuous family has `pdf` instead.

        >>> from mlecore import Bernoulli
        >>> float(Bernoulli(p=0.25).pmf(1))
        0.25
        """
        if not self.support.whole:
            raise AttributeError(
                f"{type(self).__name__} is continuous: it has a density, pdf(x), and no probabilities of points"
            )
        return np.exp(self.log_prob(x))

    def cdf(self, x: ArrayLike) -> Any:
        """Return P(X <= x), by SciPy.

        >>> from mlecore import Uniform
        >>> float(Uniform(low=0.0, high=4.0).cdf(1.0))
        0.25
        """
        points = self._points(x, "x")
        with np.errstate(all="ignore"):  # far out, x in units of the scale overflows
            return self.scipy().cdf(points)

    def ppf(self, q: ArrayLike) -> Any:
        """Return the q-quantile, by SciPy.

        >>> from mlecore import Uniform
        >>> float(Uniform(low=0.0, high=4.0).ppf(0.25))
        1.0
        """
        points = self._points(q, "q")
        with np.errstate(all="ignore"):
            return self.scipy().ppf(points)

    def _points(self, x: ArrayLike, name: str) -> Array:
        """Return points for SciPy as numbers that broadcast against the parameters."""
        points = numeric(x, name)
        if self.event_ndim and points.shape[points.ndim - self.event_ndim :] != self._event_shape():
            raise DataError(
                f"the last axis of {name} must hold the {self._dimension()} coordinates, got shape {points.shape}"
            )
        own = points.shape[: points.ndim - self.event_ndim]
        broadcast_shape(f"{name} and the parameters", own, self.batch_shape)
        return points

    def _event_shape(self) -> tuple[int, ...]:
        """Return the shape of one observation."""
        return (self._dimension(),) * self.event_ndim

    def scipy(self) -> Any:
        """Return the same distribution as a frozen `scipy.stats` object.

        >>> from mlecore import Exponential
        >>> float(Exponential(rate=0.5).scipy().mean())
        2.0
        """
        raise TypeError(f"SciPy has no distribution for {type(self).__name__}")

    @property
    def mean(self) -> Any:
        """The expectation; NaN where there is none."""
        return self.scipy().mean()

    @property
    def var(self) -> Any:
        """The variance; infinite or NaN where there is none."""
        return self.scipy().var()

    def sample(
        self, n: int | tuple[int, ...] = (), *, rng: np.random.Generator | int | None = None
    ) -> Array:
        """Draw n observations (or an array of shape n); a batch of distributions adds its own axes at the end.

        >>> from mlecore import Poisson
        >>> Poisson(rate=3.0).sample(4, rng=0).shape
        (4,)
        """
        size = (n,) if isinstance(n, numbers.Integral) else n
        size = tuple(size) if isinstance(size, list) else size
        if not isinstance(size, tuple) or not all(
            isinstance(k, numbers.Integral) and k >= 0 for k in size
        ):
            raise DataError(f"n must be a whole number >= 0, or a shape such as (3, 5); got {n!r}")
        return self._draw(np.random.default_rng(rng), size + self.batch_shape)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return self.scipy().rvs(size=size, random_state=rng)

    def information(self) -> Array:
        """Return the expected Fisher information of one observation, the free scalars on the last two axes.

        I(theta) = E[score score'] = -E[Hessian of log f].

        >>> from mlecore import Poisson
        >>> Poisson(rate=4.0).information()
        array([[0.25]])
        """
        with np.errstate(all="ignore"):
            return self._information_matrix()

    def _irregular_where(self, free: Collection[str]) -> tuple[Array, str]:
        """Say at which members of a family, regular elsewhere, the large-sample theory of what is free fails, and why."""
        return np.zeros(self.batch_shape, dtype=bool), ""

    def _at_edge_where(self, free: Collection[str]) -> tuple[Any, str]:
        """Say where several parameters together are on the boundary of their domain, none of them alone, and why."""
        return False, ""

    def _exact(self, n: Array, free: frozenset[str], tail: float) -> dict[str, Any] | None:
        """Return the equal-tailed exact limits of the free parameters, this being the fit to n values; else None."""
        return None

    def _canonical(self, free: frozenset[str]) -> dict[str, Any] | None:
        """Return, for each free parameter, a component of the canonical parameter and its slope; None if some is none."""
        return None

    @classmethod
    def _knows_information(cls) -> bool:
        """Say whether the family writes its expected information."""
        return hasattr(cls, "_information")

    def _hessian_of_each(self, x: Array) -> Array:
        """Return the Hessian of log f of each observation."""
        return self._of_each(x, "_hessian_matrix", outside=np.nan, trailing=2)

    def _together(self, t: Any) -> tuple[Array, Array, Array] | None:
        """Return the log-likelihood, its slope as a vector and its Hessian, where one pass gives all; else None."""
        return None

    @classmethod
    def _one_pass(cls) -> bool:
        return cls._together is not Distribution._together

    def _score_vector(self, t: Statistic) -> Array:
        slope = self._slope(t)
        return np.stack(np.broadcast_arrays(*slope), axis=-1) if isinstance(slope, tuple) else slope

    def _hessian_matrix(self, t: Statistic) -> Array:
        return self._curvature(t)

    def _information_matrix(self) -> Array:
        return self._information()
