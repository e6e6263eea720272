"""The likelihood as a function: its values, slope and curvature at points and over grids."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import broadcast_shape, numeric
from ..errors import DataError, listed
from ..observations import PartlySeen, Source, as_source
from ..products import blocks
from ..statistics import Events, Statistic, Streamed

__all__ = ["TERMS_AT_ONCE", "Curve"]

Array = np.ndarray

# How many terms one evaluation over a grid may hold in memory at once: 32 MB of doubles.
TERMS_AT_ONCE = 2**22
# What data have become that were read, or will be in pieces.
_READ = (Statistic, Source)


class Curve:
    """A family and a statistic: the likelihood can be evaluated, with its derivatives."""

    #: whether priors take part, as in `mlecore.priors`
    penalised = False
    #: what the data are read from, in chunks, where they are not in memory
    source: Any = None

    def __init__(
        self,
        family: Any,
        data: Any,
        *,
        weights: ArrayLike | None = None,
        axis: int | None = None,
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(family, type) or not hasattr(family, "statistics"):
            own = isinstance(family, type) or not hasattr(type(family), "statistics")
            raise DataError(
                "Likelihood takes a family first, such as Gamma"
                + (
                    f"; got {family!r}"
                    if own
                    else f": {type(family).__name__}, not one member of it"
                )
            )
        self.family = family
        self.source = as_source(data, weights, axis, getattr(family, "event_ndim", 0))
        if self.source is not None and self.source is not data:
            data, weights = self.source, None
        raw = not isinstance(data, _READ)
        self.data: Any = data if raw else None
        self.weights: Any = weights if raw else None
        self.axis: int | None = axis if raw else None
        self.statistic = family.statistics(data, weights=weights, axis=axis)
        # Counted where the passes are made; a sum is made in one, and copies of this likelihood share the count.
        self._reading = getattr(self.statistic, "state", {"passes": int(self.source is not None)})
        self.layout = family._layout(self.statistic)
        self.known: dict[str, Array] = {}
        self.held: dict[int, Array] = {}
        self.free = self.layout.everything
        if fixed:
            self._hold(fixed)
        elif fixed is not None:
            self.layout.split(fixed)  # what is no dict is refused

    def _hold(self, fixed: Mapping[str, Any]) -> None:
        known, held = self.layout.split(fixed)
        self.known = {**self.known, **known}
        self.held = {**self.held, **held}
        everything = self.layout.everything
        self.free = np.delete(everything, list(self.held)) if self.held else everything

    def given(self, fixed: Mapping[str, Any] | None) -> Self:
        """Return the same likelihood with some parameters held at given values.

        >>> from mlecore import Likelihood, Normal
        >>> Likelihood(Normal, [1.0, 3.0]).given({"mu": 2.0}).names
        ('sigma',)
        """
        other = copy.copy(self)
        other._hold({} if fixed is None else fixed)
        return other

    def at(self, index: Any) -> Self:
        """Return the likelihood of one sample, or of several, out of a batch.

        >>> from mlecore import Exponential, Likelihood
        >>> float(
        ...     Likelihood(Exponential, [[1.0, 3.0], [2.0, 8.0]], axis=1)
        ...     .at(1)
        ...     .maximize()
        ...     .params["rate"]
        ... )
        0.2
        """
        other = copy.copy(self)
        other.data = other.weights = other.axis = other.source = None
        shape = self.statistic.batch_shape
        if shape and not _is_all(index, shape[0]):  # selecting copies, and a sample may be large
            other.statistic = self.statistic[index]
        other.known = {name: v[index] if np.ndim(v) else v for name, v in self.known.items()}
        other.held = {i: v[index] if np.ndim(v) else v for i, v in self.held.items()}
        return other

    def pieces(self) -> Iterator[Self]:
        """Read the source once more, and yield the likelihood of each of its pieces; without a source, itself.

        >>> from mlecore import Likelihood, Poisson, chunks
        >>> [float(one.n) for one in Likelihood(Poisson, chunks([[1, 2], [3]])).pieces()]
        [2.0, 1.0]
        """
        if self.source is None:
            yield self
            return
        self._reading["passes"] += 1
        for piece in self.source.pieces():
            one = copy.copy(self)
            one.source, one.data, one.weights = None, piece.partly, None
            if piece.partly is None:
                one.data, one.weights = piece.values, piece.weights
            one.statistic = self.family.statistics(one.data, one.weights)
            yield one

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the free scalars, in the order of the vector."""
        return tuple(self.layout.names[i] for i in self.free)

    @property
    def held_by_name(self) -> dict[str, Any]:
        """The scalars that are held at given values, by name."""
        return {self.layout.names[i]: value for i, value in self.held.items()}

    @property
    def fixed(self) -> dict[str, Any]:
        """All that is given, by name: what is known, and what is held.

        >>> from mlecore import Binomial, Likelihood
        >>> Likelihood(Binomial, [3, 4], fixed={"n": 20}).fixed
        {'n': array(20.)}
        """
        return {**self.known, **self.held_by_name} if self.known or self.held else {}

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the batch of samples and given values together: () for a single sample."""
        if not (self.held or self.known):
            return self.statistic.batch_shape
        given = (*self.held.values(), *self.known.values())
        shapes = [np.shape(v) for v in given]
        try:
            return np.broadcast_shapes(self.statistic.batch_shape, *shapes)
        except ValueError as error:
            batch = self.statistic.batch_shape
            raise DataError(
                f"the given values, of shape {', '.join(map(str, shapes))}, do not match the batch of samples, of shape {batch}"
            ) from error

    @property
    def called(self) -> str:
        """What messages call the model: the name of the family, or how a model with settings calls itself."""
        named = getattr(self.family, "_called", None)
        return named(self.statistic) if named else self.family.__name__

    @property
    def n(self) -> Any:
        """The size of the sample: the sum of the weights."""
        return self.statistic.n

    def __repr__(self) -> str:
        batch = (
            f", batch of {self.statistic.batch_shape}"
            if self.statistic.batch_shape
            else f", n = {float(self.n):g}"
        )
        return f"Likelihood({self.family.__name__}{batch}; free: {listed(self.names, 'nothing')})"

    # -- evaluation ----------------------------------------------------------------------------------------------

    def log_likelihood(self, *vector: ArrayLike, **params: ArrayLike) -> Any:
        """Return l(theta) = sum_i w_i log f(x_i; theta), NaN outside the parameters' domain.

        Give the parameters by name, or one array with the free scalars on its last axis. Grids broadcast.

        >>> from mlecore import Likelihood, Poisson
        >>> Likelihood(Poisson, [0, 0]).log_likelihood(rate=[1.0, 2.0])
        array([-2., -4.])
        """
        return self._evaluate(self._vector(vector, params), "_log_likelihood", 0)

    def likelihood(self, *vector: ArrayLike, **params: ArrayLike) -> Any:
        """Return L(theta), the product itself: it under- or overflows where float64 does.

        >>> from mlecore import Bernoulli, Likelihood
        >>> round(float(Likelihood(Bernoulli, [1, 1, 0]).likelihood(p=0.5)), 12)
        0.125
        """
        # exp of a large sum is where the product ends in 0 or inf: that is the honest answer, so no warning.
        with np.errstate(over="ignore", under="ignore"):
            return np.exp(self.log_likelihood(*vector, **params))

    def nll(self, *vector: ArrayLike, **params: ArrayLike) -> Any:
        """Return -l(theta), the sum; `mlecore.nll(d, x)` averages, as losses do.

        >>> from mlecore import Likelihood, Poisson
        >>> float(Likelihood(Poisson, [0, 0]).nll(rate=2.0))
        4.0
        """
        return -self.log_likelihood(*vector, **params)

    def score(self, *vector: ArrayLike, **params: ArrayLike) -> Array:
        """Return the slope of l, with the free scalars on the last axis.

        >>> from mlecore import Exponential, Likelihood
        >>> Likelihood(Exponential, [1.0, 3.0]).score(rate=0.5)
        array([0.])
        """
        return self._evaluate(self._vector(vector, params), "_score_vector", 1)[..., self.free]

    def hessian(self, *vector: ArrayLike, **params: ArrayLike) -> Array:
        """Return the second derivatives of l, with the free scalars on the last two axes.

        >>> from mlecore import Exponential, Likelihood
        >>> Likelihood(Exponential, [1.0, 3.0]).hessian(rate=0.5)
        array([[-8.]])
        """
        h = self._evaluate(self._vector(vector, params), "_hessian_matrix", 2)
        return h[..., self.free[:, None], self.free]

    def distribution(self, theta: ArrayLike) -> Any:
        """Return the member of the family at a vector of free scalars, unchecked.

        >>> from mlecore import Likelihood, Poisson
        >>> Likelihood(Poisson, [2, 4]).distribution([3.0])
        Poisson(rate=3)
        """
        return self.layout.distribution(self._full(np.asarray(theta, dtype=float)), self.known)

    def _vector(self, vector: tuple, params: Mapping[str, ArrayLike]) -> Array:
        if len(vector) > 1 or (vector and params):
            raise DataError(
                "give the parameters by name, or as one array with the free scalars on its last axis"
            )
        if vector:
            theta = numeric(vector[0], "the vector of parameters")
            if theta.ndim == 0 and self.free.size == 1:
                theta = theta[None]
            if theta.ndim == 0 or theta.shape[-1] != self.free.size:
                raise DataError(
                    f"the last axis must hold {self.free.size} free parameter(s) {self.names}, got shape {theta.shape}"
                )
            return theta
        return self.layout.flatten(params, self.free, self.held)

    def _full(self, theta: Array) -> Array:
        """Put the held scalars beside the free ones."""
        if not self.held:
            return theta
        shape = np.broadcast_shapes(theta.shape[:-1], *(np.shape(v) for v in self.held.values()))
        full = np.empty((*shape, len(self.layout.names)))
        full[..., self.free] = theta
        for i, value in self.held.items():
            full[..., i] = value
        return full

    def _holding(self, full: Array) -> Array:
        """Return vectors of all scalars with the held ones at their values, and what depends on them moved along."""
        for i, value in self.held.items():
            shape = np.broadcast_shapes(np.shape(value), full.shape[:-1])
            full = np.array(np.broadcast_to(full, (*shape, full.shape[-1])))
            full = self.layout.moved(full, i, np.broadcast_to(value, shape))
        return full

    def _evaluate(self, theta: Array, formula: str, trailing: int) -> Any:
        return self._evaluate_full(self._full(theta), formula, trailing)

    def _evaluate_full(
        self, full: Array, formula: str, trailing: int, with_statistic: bool = True
    ) -> Any:
        """Evaluate a formula of the distribution, in blocks when the grid is large."""
        grid, width = full.shape[:-1], self.statistic.width
        if with_statistic and grid and self.statistic.batch_shape:
            broadcast_shape("the parameters and the samples", grid, self.statistic.batch_shape)
        count = int(np.prod(grid))
        if (
            self.statistic.batch_shape
            or self.known_is_batch
            or count <= 1
            or count * width <= TERMS_AT_ONCE
        ):
            return self._evaluate_block(full, formula, trailing, with_statistic)
        rows = full.reshape(count, -1)
        parts = [
            self._evaluate_block(rows[part], formula, trailing, with_statistic)
            for part in blocks(count, max(1, TERMS_AT_ONCE // width))
        ]
        whole = np.concatenate(parts)
        return whole.reshape(grid + whole.shape[1:])

    def corner_values(self) -> Array:
        """Return the values that were seen exactly, of partly seen data; their span where they are not kept."""
        if isinstance(self.data, PartlySeen):
            return self.data.lower[self.data.exact]
        return np.asarray(self.statistic.span)

    @property
    def in_one_pass(self) -> bool:
        """Whether the log-likelihood, its slope and its Hessian are to be had together."""
        return isinstance(self.statistic, Events | Streamed) or self.family._one_pass()

    @property
    def passes(self) -> int:
        """How often the data have been read from their source; 0 where they are in memory."""
        return self._reading["passes"]

    @property
    def costly(self) -> bool:
        """Whether each evaluation reads all the data from their source."""
        return isinstance(self.statistic, Streamed) and not self.penalised

    def _terms(self, theta: Array) -> tuple[Array, Array, Array]:
        """Return the log-likelihood, slope and Hessian in the free scalars, NaN outside the domain; of no large grid."""
        full = self._full(theta)
        valid = np.asarray(self.layout.contains(full))
        safe = full if valid.all() else np.where(valid[..., None], full, self.layout.interior)
        with np.errstate(all="ignore"):
            terms = self.statistic.terms(self.layout.distribution(safe, self.known))
        if not valid.all():
            terms = tuple(
                np.where(valid.reshape(valid.shape + (1,) * trailing), term, np.nan)
                for trailing, term in enumerate(terms)
            )
        value, slope, hessian = terms
        return value, slope[..., self.free], hessian[..., self.free[:, None], self.free]

    def _derivatives(self, theta: Array) -> tuple[Array, Array]:
        """Return slope and Hessian in the free scalars; in one go where that saves work."""
        # The Hessian of a sequence brings its slope along.
        if self.in_one_pass or getattr(self.statistic, "in_order", False):
            return self._terms(theta)[1:]
        slope = self._evaluate(theta, "_score_vector", 1)
        hessian = self._evaluate(theta, "_hessian_matrix", 2)
        return slope[..., self.free], hessian[..., self.free[:, None], self.free]

    @property
    def known_is_batch(self) -> bool:
        """Whether a known parameter differs from sample to sample."""
        return any(np.ndim(v) for v in self.known.values())

    def _evaluate_block(
        self, full: Array, formula: str, trailing: int, with_statistic: bool
    ) -> Any:
        valid = self.layout.contains(full)
        if not trailing and not np.any(valid):
            return np.full(np.broadcast_shapes(np.shape(valid), self.batch_shape), np.nan)[()]
        if not np.all(valid):
            full = np.where(valid[..., None], full, self.layout.interior)
        with np.errstate(all="ignore"):
            d = self.layout.distribution(full, self.known)
            value = self.statistic.evaluate(d, formula) if with_statistic else getattr(d, formula)()
        if not np.all(valid):
            value = np.where(valid.reshape(valid.shape + (1,) * trailing), value, np.nan)
        return value[()]


def _is_all(index: Any, count: int) -> bool:
    """Say whether an index selects the whole of an axis, in order."""
    return (
        isinstance(index, np.ndarray)
        and index.shape == (count,)
        and index.dtype.kind == "i"
        and bool((index == np.arange(count)).all())
    )
