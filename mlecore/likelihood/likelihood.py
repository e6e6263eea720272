"""The likelihood with the ways to its top: the family's own, a climb, a profile."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import broadcast_shape, numeric
from ..climbing import climb
from ..errors import ConvergenceError, DataError, NoMLEError, listed
from ..products import blocks
from .curve import TERMS_AT_ONCE, Array
from .information import Informative

__all__ = ["Likelihood", "Maximum"]


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


class Likelihood(Informative):
    """The likelihood of a family's parameters, given data or a statistic of them.

    L(theta) = prod_i f(x_i; theta)^w_i. `fixed` holds parameters at given values: they leave the free vector.

    Parameters
    ----------
    family : a `Family`, such as `Gamma`.
    data : one-dimensional observations (give `axis` for a batch of samples), `chunks(...)`, or a statistic of the family.
    weights : frequency weights, shaped as the data.
    fixed : parameters held at given values, such as `{"n": 20}` for a Binomial.

    Raises
    ------
    DataError, SupportError : for data that the family cannot take.

    >>> from mlecore import Poisson
    >>> float(Likelihood(Poisson, [2, 4]).score(rate=2.0)[0])
    1.0
    """

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
        with np.errstate(all="ignore"):
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
        batch = self.batch_shape
        with np.errstate(all="ignore"):
            solution, full = self.family._found(self, near)
            full = np.broadcast_to(full, (*batch, np.shape(full)[-1]))
            value = np.broadcast_to(self.log_likelihood(full[..., self.free]), batch)
        # Minus infinity is an answer too: no member left could have made the data.
        sound = np.broadcast_to(solution.converged, batch) & (value < np.inf)
        return self._maximum(full, value, sound, np.broadcast_to(solution.iterations, batch))

    def climbed(self, near: Array | None = None, max_iterations: int = 200) -> Maximum:
        """Climb from `near`, and where that leads nowhere or is not given, from the family's rough estimate.

        >>> from mlecore import Exponential
        >>> Likelihood(Exponential, [1.0, 3.0]).climbed().params
        {'rate': 0.5}
        """
        top = None
        if near is not None:
            top = self._climbed_from(np.asarray(near, dtype=float), max_iterations)
        if top is not None and np.all(top.converged):
            return top
        with np.errstate(all="ignore"):
            rough = self.layout.flatten_all(self.family._rough(self.statistic, self.known))
            rough = self._holding(rough)
        other = self._climbed_from(rough, max_iterations)
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
            raise DataError(f"start lies outside the domain of {listed(self.layout.names)}")
        if start.ndim > 1:
            broadcast_shape("start and the samples", start.shape[:-1], self.batch_shape)
        return start

    def _climbed_from(self, start: Array, max_iterations: int = 200) -> Maximum:
        """Climb every row from a full vector."""
        batch = self.batch_shape
        count = int(np.prod(batch))
        start = np.broadcast_to(start, (*batch, start.shape[-1])).reshape(count, -1)[:, self.free]
        flat = self._flat(batch)
        size = max(1, TERMS_AT_ONCE // self.statistic.width)
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
