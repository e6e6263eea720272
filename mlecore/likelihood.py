"""The likelihood: data held fixed, the parameter moves.

A family here is whatever has the formulas; nothing is imported from the floors above. A parameter point is a vector
of free scalars on the last axis, in the family's declared order, and everything broadcasts: a grid of parameters
against one sample, or a batch of parameters against a batch of samples.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .arrays import broadcast_shape, numeric
from .censoring import row_scores
from .climbing import climb
from .errors import ConvergenceError, DataError, NoMLEError, RegularityError
from .numerics import blocks, gram
from .observations import PartlySeen
from .statistics import Events, Statistic

__all__ = ["Likelihood", "Maximum"]

Array = np.ndarray

# How many terms one evaluation over a grid may hold in memory at once: 32 MB of doubles.
_TERMS_AT_ONCE = 2**22


@dataclass(frozen=True)
class Maximum:
    """The top of a likelihood and how it was reached; arrays when the likelihood is a batch.

    >>> from mlecore import Exponential
    >>> Likelihood(Exponential, [1.0, 3.0]).maximize().params
    {'rate': 0.5}
    """

    params: dict[str, Any]
    log_likelihood: Any
    converged: Any
    iterations: Any
    theta: Array = field(repr=False)
    dist: Any = field(repr=False)


class Likelihood:
    """The likelihood of a family's parameters, given data or a statistic of them.

    L(theta) = prod_i f(x_i; theta)^w_i. `fixed` holds parameters at given values: they leave the free vector.

    Parameters
    ----------
    family : a `Family`, such as `Gamma`.
    data : one-dimensional observations (give `axis` for a batch of samples), or a statistic of the family.
    weights : frequency weights, shaped as the data.
    fixed : parameters held at given values, such as `{"n": 20}` for a Binomial.

    Raises
    ------
    DataError, SupportError : for data that the family cannot take.

    >>> from mlecore import Poisson
    >>> float(Likelihood(Poisson, [2, 4]).score(rate=2.0)[0])
    1.0
    """

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
        raw = not isinstance(data, Statistic)
        self.data: Any = data if raw else None
        self.weights: Any = weights if raw else None
        self.axis: int | None = axis if raw else None
        self.statistic = family.statistics(data, weights=weights, axis=axis)
        self.layout = family._layout(self.statistic)
        self.known: dict[str, Array] = {}
        self.held: dict[int, Array] = {}
        self._hold({} if fixed is None else fixed)

    def _hold(self, fixed: Mapping[str, Any]) -> None:
        known, held = self.layout.split(fixed)
        self.known = {**self.known, **known}
        self.held = {**self.held, **held}
        everything = self.layout.everything
        self.free = np.delete(everything, list(self.held)) if self.held else everything

    def given(self, fixed: Mapping[str, Any] | None) -> Self:
        """Return the same likelihood with some parameters held at given values.

        >>> from mlecore import Normal
        >>> Likelihood(Normal, [1.0, 3.0]).given({"mu": 2.0}).names
        ('sigma',)
        """
        other = copy.copy(self)
        other._hold({} if fixed is None else fixed)
        return other

    def at(self, index: Any) -> Self:
        """Return the likelihood of one sample, or of several, out of a batch.

        >>> from mlecore import Exponential
        >>> float(
        ...     Likelihood(Exponential, [[1.0, 3.0], [2.0, 8.0]], axis=1)
        ...     .at(1)
        ...     .maximize()
        ...     .params["rate"]
        ... )
        0.2
        """
        other = copy.copy(self)
        other.data = other.weights = other.axis = None
        shape = self.statistic.batch_shape
        if shape and not _is_all(index, shape[0]):  # selecting copies, and a sample may be large
            other.statistic = self.statistic[index]
        other.known = {name: v[index] if np.ndim(v) else v for name, v in self.known.items()}
        other.held = {i: v[index] if np.ndim(v) else v for i, v in self.held.items()}
        return other

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the free scalars, in the order of the vector."""
        return tuple(self.layout.names[i] for i in self.free)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the batch of samples and given values together: () for a single sample."""
        given = (*self.held.values(), *self.known.values())
        if not given:
            return self.statistic.batch_shape
        shapes = [np.shape(v) for v in given]
        try:
            return np.broadcast_shapes(self.statistic.batch_shape, *shapes)
        except ValueError as error:
            batch = self.statistic.batch_shape
            raise DataError(
                f"the given values, of shape {', '.join(map(str, shapes))}, do not match the batch of samples, of shape {batch}"
            ) from error

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
        return (
            f"Likelihood({self.family.__name__}{batch}; free: {', '.join(self.names) or 'nothing'})"
        )

    # -- evaluation ----------------------------------------------------------------------------------------------

    def log_likelihood(self, *vector: ArrayLike, **params: ArrayLike) -> Any:
        """Return l(theta) = sum_i w_i log f(x_i; theta), NaN outside the parameters' domain.

        Give the parameters by name, or one array with the free scalars on its last axis. Grids broadcast.

        >>> from mlecore import Poisson
        >>> Likelihood(Poisson, [0, 0]).log_likelihood(rate=[1.0, 2.0])
        array([-2., -4.])
        """
        return self._evaluate(self._vector(vector, params), "_log_likelihood", 0)

    def likelihood(self, *vector: ArrayLike, **params: ArrayLike) -> Any:
        """Return L(theta), the product itself: it under- or overflows where float64 does.

        >>> from mlecore import Bernoulli
        >>> round(float(Likelihood(Bernoulli, [1, 1, 0]).likelihood(p=0.5)), 12)
        0.125
        """
        # exp of a large sum is where the product ends in 0 or inf: that is the honest answer, so no warning.
        with np.errstate(over="ignore", under="ignore"):
            return np.exp(self.log_likelihood(*vector, **params))

    def nll(self, *vector: ArrayLike, **params: ArrayLike) -> Any:
        """Return -l(theta), the sum; `mlecore.nll(d, x)` averages, as losses do.

        >>> from mlecore import Poisson
        >>> float(Likelihood(Poisson, [0, 0]).nll(rate=2.0))
        4.0
        """
        return -self.log_likelihood(*vector, **params)

    def score(self, *vector: ArrayLike, **params: ArrayLike) -> Array:
        """Return the slope of l, with the free scalars on the last axis.

        >>> from mlecore import Exponential
        >>> Likelihood(Exponential, [1.0, 3.0]).score(rate=0.5)
        array([0.])
        """
        return self._evaluate(self._vector(vector, params), "_score_vector", 1)[..., self.free]

    def hessian(self, *vector: ArrayLike, **params: ArrayLike) -> Array:
        """Return the second derivatives of l, with the free scalars on the last two axes.

        >>> from mlecore import Exponential
        >>> Likelihood(Exponential, [1.0, 3.0]).hessian(rate=0.5)
        array([[-8.]])
        """
        h = self._evaluate(self._vector(vector, params), "_hessian_matrix", 2)
        return h[..., self.free[:, None], self.free]

    def observed_information(self, *vector: ArrayLike, **params: ArrayLike) -> Array:
        """Return minus the Hessian.

        >>> from mlecore import Exponential
        >>> Likelihood(Exponential, [1.0, 3.0]).observed_information(rate=0.5)
        array([[8.]])
        """
        return -self.hessian(*vector, **params)

    def expected_information(self, *vector: ArrayLike, **params: ArrayLike) -> Array:
        """Return n times the expected Fisher information of one observation.

        >>> from mlecore import Poisson
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
        one = self._evaluate_full(full, "_information_matrix", 2, with_statistic=False)
        return (np.asarray(self.n)[..., None, None] * one)[..., self.free[:, None], self.free]

    def expected_in_units(self, theta: Array) -> tuple[Array, Array]:
        """Return a unit for each free scalar, and the expected information with data and parameters in such units.

        The entries of the information itself, of order 1 / theta^2, may be no doubles where these are.

        >>> from mlecore import Exponential
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

        >>> from mlecore import Poisson
        >>> Likelihood(Poisson, [2, 4]).score_products(np.array([2.0]))
        array([[1.]])
        """
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

        >>> from mlecore import Poisson
        >>> Likelihood(Poisson, [2, 4]).observations()
        (array([2., 4.]), None)
        """
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

    def distribution(self, theta: ArrayLike) -> Any:
        """Return the member of the family at a vector of free scalars, unchecked.

        >>> from mlecore import Poisson
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
            or count * width <= _TERMS_AT_ONCE
        ):
            return self._evaluate_block(full, formula, trailing, with_statistic)
        rows = full.reshape(count, -1)
        parts = [
            self._evaluate_block(rows[part], formula, trailing, with_statistic)
            for part in blocks(count, max(1, _TERMS_AT_ONCE // width))
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
        return isinstance(self.statistic, Events) or self.family._one_pass()

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
        if self.in_one_pass:
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
        if not np.all(valid):
            full = np.where(valid[..., None], full, self.layout.interior)
        with np.errstate(all="ignore"):
            d = self.layout.distribution(full, self.known)
            value = self.statistic.evaluate(d, formula) if with_statistic else getattr(d, formula)()
        if not np.all(valid):
            value = np.where(valid.reshape(valid.shape + (1,) * trailing), value, np.nan)
        return value[()]

    # -- maximisation --------------------------------------------------------------------------------------------

    def maximize(
        self,
        *,
        fixed: Mapping[str, Any] | None = None,
        start: ArrayLike | None = None,
        max_iterations: int = 200,
    ) -> Maximum:
        """Return the maximum: by the family's own search where it has one, else by a climb; see `mlecore.climbing`.

        A whole batch is maximised at once. In a batch, a row without a maximum is NaN and not converged.

        Parameters
        ----------
        fixed : more parameters to hold, with values that may be arrays (a grid, for a profile).
        start : full vectors, all free and held scalars of each row, to climb from instead; what is found is then the
            maximum of that hill.
        max_iterations : of a climb.

        Raises
        ------
        NoMLEError : where the likelihood of a single sample has no maximum.
        ConvergenceError : where the climb of a single sample ended elsewhere than at a maximum.

        >>> from mlecore import Normal
        >>> Likelihood(Normal, [1.0, 3.0]).maximize(fixed={"mu": 2.0}).params["sigma"]
        1.0
        """
        here = self.given(fixed)
        refused = here.family._without_mle(here)
        if start is not None:
            top = here._climbed_from(here._full_start(start), max_iterations)
        else:
            top = here.highest()
        impossible = here.family._impossible(here, top.theta)
        if np.any(impossible):
            if not here.batch_shape:
                raise NoMLEError(f"{here!r} has no maximum: {here.family._cannot_have_made(here)}")
            refused = impossible if refused is None else refused | impossible
        if refused is not None:
            theta = np.where(refused[..., None], np.nan, top.theta)
            value = np.where(refused, np.nan, top.log_likelihood)
            return here._maximum(theta, value, top.converged & ~refused, top.iterations)
        if not np.ndim(top.converged) and not top.converged:
            raise ConvergenceError(
                f"the climb to the maximum of {here!r} ended at {top.dist}, which is none: the likelihood may rise "
                "without end there. Plot its profile, start elsewhere, or fix a parameter"
            )
        return top

    def highest(self, near: Array | None = None) -> Maximum:
        """Return the highest maximum known: by the family's own search where it has one, else by climbs.

        Nothing is refused and nothing raised: what has not converged says so. `near` are full vectors to climb from,
        beside the family's own rough estimate.

        >>> from mlecore import Exponential
        >>> Likelihood(Exponential, [1.0, 3.0]).highest().params
        {'rate': 0.5}
        """
        solution, full = self.family._find(self, near)
        batch = self.batch_shape
        full = np.broadcast_to(full, (*batch, np.shape(full)[-1]))
        with np.errstate(all="ignore"):
            value = np.broadcast_to(self.log_likelihood(full[..., self.free]), batch)
        # Minus infinity is an answer too: no member left could have made the data.
        sound = np.broadcast_to(solution.converged, batch) & (value < np.inf)
        return self._maximum(full, value, sound, np.broadcast_to(solution.iterations, batch))

    def climbed(self, near: Array | None = None) -> Maximum:
        """Climb from `near`, and where that leads nowhere or is not given, from the family's rough estimate.

        >>> from mlecore import Exponential
        >>> Likelihood(Exponential, [1.0, 3.0]).climbed().params
        {'rate': 0.5}
        """
        top = None if near is None else self._climbed_from(np.asarray(near, dtype=float))
        if top is not None and np.all(top.converged):
            return top
        with np.errstate(all="ignore"):
            rough = self.layout.flatten_all(self.family._rough(self.statistic, self.known))
            for i, value in self.held.items():
                shape = np.broadcast_shapes(np.shape(value), rough.shape[:-1])
                rough = np.array(np.broadcast_to(rough, (*shape, rough.shape[-1])))
                rough = self.layout.moved(rough, i, np.broadcast_to(value, shape))
        other = self._climbed_from(rough)
        return other if top is None else self._better(top, other)

    def _better(self, one: Maximum, other: Maximum) -> Maximum:
        """Return, row by row, the higher of two maxima; one that has not converged only where neither has."""
        a, b = (
            np.where(np.isnan(t.log_likelihood), -np.inf, t.log_likelihood) for t in (one, other)
        )
        sound, again = np.asarray(one.converged), np.asarray(other.converged)
        second = np.where(sound == again, b > a, again)
        return self._maximum(
            *(
                np.where(second.reshape(second.shape + (1,) * (np.ndim(y) - second.ndim)), y, x)
                for x, y in zip(
                    (one.theta, one.log_likelihood, one.converged, one.iterations),
                    (other.theta, other.log_likelihood, other.converged, other.iterations),
                    strict=True,
                )
            )
        )

    def _full_start(self, start: ArrayLike) -> Array:
        """Return a start as full vectors, after checking their length and that they lie in the domain."""
        start = numeric(start, "start")
        size = len(self.layout.names)
        if start.ndim == 0 or start.shape[-1] != size:
            raise DataError(
                f"start must hold all {size} scalars {self.layout.names} on its last axis, got shape {start.shape}"
            )
        if not np.all(self.layout.contains(start)):
            raise DataError(f"start lies outside the domain of {', '.join(self.layout.names)}")
        if start.ndim > 1:
            broadcast_shape("start and the samples", start.shape[:-1], self.batch_shape)
        return start

    def _climbed_from(self, start: Array, max_iterations: int = 200) -> Maximum:
        """Climb every row from a full vector."""
        batch = self.batch_shape
        count = int(np.prod(batch))
        start = np.broadcast_to(start, (*batch, start.shape[-1])).reshape(count, -1)[:, self.free]
        flat = self._flat(batch)
        size = max(1, _TERMS_AT_ONCE // self.statistic.width)
        climbs = [climb(flat.at(part), start[part], max_iterations) for part in blocks(count, size)]
        theta, *rest = (np.concatenate(column) for column in zip(*climbs, strict=True))
        full = self._full(theta.reshape(*batch, -1))
        return self._maximum(full, *(column.reshape(batch) for column in rest))

    def _maximum(self, full: Array, value: Array, converged: Array, iterations: Array) -> Maximum:
        full = np.array(full)
        dist = self.layout.distribution(full, self.known)
        value, converged, iterations = (np.asarray(c)[()] for c in (value, converged, iterations))
        return Maximum(dist.params, value, converged, iterations, full, dist)

    def _flat(self, batch: tuple[int, ...]) -> Self:
        """Lay a batch of any shape out along one axis; a single sample stays single and serves every row."""
        own, count = self.statistic.batch_shape, int(np.prod(batch))
        other = copy.copy(self)
        if own and (own != batch or len(own) > 1):
            position = np.broadcast_to(np.arange(int(np.prod(own))).reshape(own), batch).ravel()
            other.statistic = self.statistic[np.unravel_index(position, own)]
        other.held = {i: np.broadcast_to(v, batch).reshape(count) for i, v in self.held.items()}
        other.known = {
            k: np.broadcast_to(v, batch).reshape(count) if np.ndim(v) else v
            for k, v in self.known.items()
        }
        return other

    def profile(self, name: str, grid: ArrayLike) -> Array:
        """Return max l over the other parameters, at each value of one parameter; NaN outside its domain.

        Raises
        ------
        ConvergenceError : where no maximum over the others was found.

        >>> from mlecore import Normal
        >>> L = Likelihood(Normal, [1.0, 3.0])
        >>> bool(L.profile("mu", [2.0])[0] == L.maximize().log_likelihood)
        True
        """
        grid = np.asarray(grid, dtype=float)
        if self.statistic.batch_shape:
            raise DataError("profile takes one sample; take one out of the batch with .at(index)")
        index = self.layout.index(name)
        top = self.highest().theta
        near = self.layout.moved(np.broadcast_to(top, (*grid.shape, top.size)), index, grid)
        valid = self.layout.contains(near)
        values = np.full(grid.shape, np.nan)
        if valid.any():
            best = self.given({name: grid[valid]}).highest(near[valid])
            values[valid] = np.where(best.converged, best.log_likelihood, np.nan)
        lost = valid & np.isnan(values)
        if lost.any():
            first = grid[lost][0] if grid.ndim else grid
            raise ConvergenceError(
                f"the likelihood could not be maximised with {name} held at {float(first):g} "
                f"({int(lost.sum())} of {grid.size} values): it may rise without end there"
            )
        return values[()]


def _is_all(index: Any, count: int) -> bool:
    """Say whether an index selects the whole of an axis, in order."""
    return (
        isinstance(index, np.ndarray)
        and index.shape == (count,)
        and index.dtype.kind == "i"
        and bool((index == np.arange(count)).all())
    )
