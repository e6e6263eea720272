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

from .domains import broadcast_shape, numeric
from .errors import DataError
from .numerics import blocks
from .statistics import Statistic

__all__ = ["Likelihood", "Maximum", "climb"]

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
        self.family = family
        self.data, self.weights, self.axis = (
            (None, None, None) if isinstance(data, Statistic) else (data, weights, axis)
        )
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
        one = self._evaluate_full(full, "_information_matrix", 2, with_statistic=False)
        return (np.asarray(self.n)[..., None, None] * one)[..., self.free[:, None], self.free]

    def score_products(self, theta: Array) -> Array:
        """Return sum_i w_i u_i u_i', with u_i the score of observation i: the middle of the sandwich.

        It needs the observations themselves, so a likelihood made from a statistic cannot give it.

        >>> from mlecore import Poisson
        >>> Likelihood(Poisson, [2, 4]).score_products(np.array([2.0]))
        array([[1.]])
        """
        x, w = self.observations()
        full = self._full(theta)
        known = {name: np.asarray(v)[..., None] for name, v in self.known.items()}
        u = self.layout.distribution(full[..., None, :], known).score(x)[..., self.free]
        return np.swapaxes(u if w is None else u * w[..., None], -1, -2) @ u

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
            method = getattr(self.layout.distribution(full, self.known), formula)
            value = method(self.statistic) if with_statistic else method()
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
        """Climb to the maximum by damped Newton steps on transformed parameters.

        Positive parameters are climbed in their logarithm and probabilities in their logit, so no step leaves the
        domain. Where the log-likelihood is not concave, the curvature's eigenvalues are taken by absolute value,
        so every step is uphill; steps are halved until the log-likelihood rises. A whole batch climbs at once.

        Parameters
        ----------
        fixed : more parameters to hold, with values that may be arrays (a grid, for a profile).
        start : full vectors to start from; by default the family's rough estimate.

        >>> from mlecore import Normal
        >>> Likelihood(Normal, [1.0, 3.0]).maximize(fixed={"mu": 2.0}).params["sigma"]
        1.0
        """
        here = self.given(fixed)
        with np.errstate(all="ignore"):
            closed = here._by_formula()
            if start is None and closed is None:
                start = here.layout.flatten_all(here.family._start(here.statistic, **here.known))
        if closed is not None:
            return here._maximum_at(here.layout.flatten_all(closed.params))
        start = np.asarray(start, dtype=float)
        batch = here.batch_shape
        count = int(np.prod(batch))
        start = np.broadcast_to(start, (*batch, start.shape[-1])).reshape(count, -1)[:, here.free]
        flat = here._flat(batch)
        size = max(1, _TERMS_AT_ONCE // here.statistic.width)
        climbs = [climb(flat.at(part), start[part], max_iterations) for part in blocks(count, size)]
        columns = [np.concatenate(column) for column in zip(*climbs, strict=True)]
        theta, value, converged, iterations = (c.reshape(batch + c.shape[1:]) for c in columns)
        full = here._full(theta)
        dist = here.layout.distribution(full, here.known)
        return Maximum(dist.params, value[()], converged[()], iterations[()], full, dist)

    def _by_formula(self) -> Any:
        """Return the family's own solution where a climb cannot reach the maximum; None where it can."""
        if self.held:
            return self.family._mle_given(self.statistic, self.held, **self.known)
        family = self.family
        if family.irregular or family.only_by_formula:
            return family._mle(self.statistic, **self.known)
        return None

    def _maximum_at(self, full: Array) -> Maximum:
        """Return the maximum that a formula gave."""
        batch = self.batch_shape
        full = np.broadcast_to(full, (*batch, full.shape[-1])).copy()
        value = self.log_likelihood(full[..., self.free])
        dist = self.layout.distribution(full, self.known)
        return Maximum(
            dist.params, value, np.isfinite(value)[()], np.zeros(batch, dtype=int)[()], full, dist
        )

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

        >>> from mlecore import Normal
        >>> L = Likelihood(Normal, [1.0, 3.0])
        >>> bool(L.profile("mu", [2.0])[0] == L.maximize().log_likelihood)
        True
        """
        grid = np.asarray(grid, dtype=float)
        if self.statistic.batch_shape:
            raise DataError("profile takes one sample; take one out of the batch with .at(index)")
        index = self.layout.index(name)
        top = self.maximize().theta
        start = self.layout.moved(np.broadcast_to(top, (*grid.shape, top.size)), index, grid)
        valid = self.layout.contains(start)
        values = np.full(grid.shape, np.nan)
        if valid.any():
            values[valid] = self.maximize(
                fixed={name: grid[valid]}, start=start[valid]
            ).log_likelihood
        return values[()]


def _is_all(index: Any, count: int) -> bool:
    """Say whether an index selects the whole of an axis, in order."""
    return (
        isinstance(index, np.ndarray)
        and index.shape == (count,)
        and index.dtype.kind == "i"
        and bool((index == np.arange(count)).all())
    )


def climb(
    likelihood: Likelihood, start: Array, max_iterations: int
) -> tuple[Array, Array, Array, Array]:
    """Climb every row of a flat batch from its free scalars; return (theta, log-likelihood, converged, iterations).

    >>> from mlecore import Exponential
    >>> theta, *_ = climb(Likelihood(Exponential, [[1.0, 3.0]], axis=1), np.array([[1.0]]), 50)
    >>> theta
    array([[0.5]])
    """
    layout, free = likelihood.layout, likelihood.free
    count, p = start.shape
    theta = start.copy()
    value = (
        np.broadcast_to(likelihood._evaluate(theta, "_log_likelihood", 0), (count,))
        .astype(float)
        .copy()
    )
    converged = np.full(count, p == 0)
    iterations = np.zeros(count, dtype=int)
    active = np.flatnonzero(~converged)
    for _ in range(max_iterations):
        if active.size == 0:
            break
        part = likelihood.at(active)
        u, slope, curvature = _in_real_coordinates(part, theta[active])
        step, gain = _uphill(slope, curvature)
        longest = layout.longest_step(free)
        step *= np.minimum(1.0, np.min(longest / np.maximum(np.abs(step), 1e-300), axis=-1))[
            :, None
        ]
        # A gain of 1e-16 is a step of 1e-8 standard errors: after it Newton's error is far below rounding.
        last = gain <= 1e-16
        near = (
            gain <= 1e-9
        )  # here differences of log-likelihoods are lost in rounding, so the step is trusted
        size = np.ones(active.size)
        trying = np.arange(active.size)
        for _halving in range(60):
            proposal = layout.from_real(u[trying] + size[trying, None] * step[trying], free)[0]
            new = np.broadcast_to(
                part.at(trying)._evaluate(proposal, "_log_likelihood", 0), trying.shape
            )
            old = value[active[trying]]
            good = np.isfinite(new) & (
                (new >= old) | (near[trying] & (new >= old - 1e-9 * (1.0 + np.abs(old))))
            )
            rows = active[trying[good]]
            theta[rows], value[rows] = proposal[good], new[good]
            trying = trying[~good]
            if trying.size == 0:
                break
            size[trying] *= 0.5
        iterations[active] += 1
        stuck = np.zeros(active.size, dtype=bool)
        stuck[trying] = True
        converged[active] = (last | (stuck & near)) & np.isfinite(value[active])
        active = active[~(last | stuck)]
    return theta, value, converged, iterations


def _in_real_coordinates(likelihood: Likelihood, theta: Array) -> tuple[Array, Array, Array]:
    """Return u, and the slope and Hessian of l with respect to it."""
    layout, free = likelihood.layout, likelihood.free
    u = layout.to_real(theta, free)
    _, first, second = layout.from_real(u, free)
    slope = np.broadcast_to(likelihood._evaluate(theta, "_score_vector", 1)[..., free], theta.shape)
    hessian = likelihood._evaluate(theta, "_hessian_matrix", 2)[..., free[:, None], free]
    curvature = first[..., :, None] * hessian * first[..., None, :]
    diagonal = np.arange(free.size)
    curvature[..., diagonal, diagonal] += slope * second
    return u, slope * first, curvature


def _uphill(slope: Array, curvature: Array) -> tuple[Array, Array]:
    """Return Newton's step, made uphill, and the gain it promises (twice the rise of the quadratic)."""
    diagonal = np.abs(np.diagonal(curvature, axis1=-2, axis2=-1))
    scale = 1.0 / np.sqrt(np.where((diagonal > 0) & np.isfinite(diagonal), diagonal, 1.0))
    scaled = -curvature * scale[..., :, None] * scale[..., None, :]
    bad = ~np.isfinite(scaled).all(axis=(-2, -1))
    scaled[bad] = np.eye(slope.shape[-1])
    values, vectors = np.linalg.eigh(scaled)
    values = np.maximum(np.abs(values), 1e-10)
    along = np.einsum("...ji,...j->...i", vectors, np.where(bad[..., None], 0.0, slope * scale))
    step = scale * np.einsum("...ij,...j->...i", vectors, along / values)
    return step, (along * along / values).sum(axis=-1)
