"""How the parameters of a family lie in the vector of its free scalars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import broadcast_shape, numeric
from ..errors import DataError, listed
from .domain import Array, Domain

__all__ = ["Layout"]


class Layout:
    """How a family's parameters lie in the vector of free scalars, for a given dimension.

    >>> from mlecore import Normal
    >>> Layout(Normal.domains, 1).names
    ('mu', 'sigma')
    """

    def __init__(self, domains: Mapping[str, Domain], dimension: int, family: Any = None) -> None:
        self.family, self.dimension = family, dimension
        self.parameters = tuple(domains)
        self.known_domains = {name: d for name, d in domains.items() if d.known}
        self.domains = {name: d for name, d in domains.items() if not d.known}
        self.slices: dict[str, slice] = {}
        names: list[str] = []
        self.owner: list[str] = []
        for name, domain in self.domains.items():
            first = len(names)
            names += domain.names(name, dimension)
            self.slices[name] = slice(first, len(names))
            self.owner += [name] * (len(names) - first)
        self.names = tuple(names)
        self.plain = all(not domain.event_ndim for domain in self.domains.values())
        self.everything = np.arange(len(names))
        parts = [d.interior(dimension) for d in self.domains.values()]
        self.interior = np.concatenate(parts) if parts else np.zeros(0)

    def index(self, name: str) -> int:
        """Return the position of a free scalar."""
        if name not in self.names:
            raise DataError(
                f"there is no free scalar named {name!r}; there are {listed(self.names)}"
            )
        return self.names.index(name)

    def domain(self, i: int) -> Domain:
        """Return the domain that the scalar at position i belongs to."""
        return self.domains[self.owner[i]]

    def split(
        self, fixed: Mapping[str, Any], word: str = "fixed "
    ) -> tuple[dict[str, Array], dict[int, Array]]:
        """Part given values into known parameters and held free scalars, checking each against its domain.

        Messages put `word` before a name.
        """
        if not isinstance(fixed, Mapping):
            example = f"{{{next(iter([*self.known_domains, *self.names]), '')!r}: ...}}"
            raise DataError(f"fixed must be a dict such as {example}, got {fixed!r}")
        known: dict[str, Array] = {}
        held: dict[int, Array] = {}
        for name, value in fixed.items():
            domain = self.known_domains.get(name) or self.domains.get(name)
            if domain is None and name not in self.names:
                names = dict.fromkeys([*self.known_domains, *self.domains, *self.names])
                raise DataError(f"there is no parameter {name!r} to fix; there are {listed(names)}")
            value = np.array(numeric(value, name))  # a copy: the caller's array may change
            if value.size == 0:
                raise DataError(f"{word}{name} is empty; give a number, or one for each sample")
            if domain is None:
                held[self.index(name)] = value
                continue
            self._insist_shape(name, domain, value)
            inside = np.asarray(domain.contains(value))
            if not inside.all():
                first = value[tuple(np.argwhere(~inside)[0])] if inside.ndim else value
                raise DataError(
                    f"{word}{name} must be {domain.describe()}, {domain.complaint(first)}"
                )
            if domain.known:
                known[name] = value
                continue
            scalars = domain.flatten(value)
            held.update(
                {
                    i: scalars[..., k]
                    for k, i in enumerate(range(*self.slices[name].indices(len(self.names))))
                }
            )
        return known, held

    def _insist_shape(self, name: str, domain: Domain, value: Array) -> None:
        """Raise where a vector or a matrix has not the length of the data: what is too long would lose its end."""
        shape = domain.shape(self.dimension)
        if value.shape[max(0, value.ndim - len(shape)) :] != shape:
            raise DataError(
                f"{name} must be {domain.describe()} of shape {shape} for these data, got shape {value.shape}"
            )

    def flatten_all(self, params: Mapping[str, ArrayLike]) -> Array:
        """Return the vector of all free scalars."""
        if self.plain:
            values = [params[name] for name in self.domains]
            if not sum([getattr(value, "ndim", 0) for value in values]):
                return np.array(values, dtype=float)
        return _side_by_side(
            [
                domain.flatten(np.asarray(params[name], dtype=float))
                for name, domain in self.domains.items()
            ]
        )

    def flatten(
        self, params: Mapping[str, ArrayLike], free: Array, held: Mapping[int, Any]
    ) -> Array:
        """Return the vector of the scalars that are free, from parameters given by name."""
        wanted = dict.fromkeys(self.owner[i] for i in free)
        whole = {name: numeric(value, name) for name, value in params.items()}
        if set(whole) == {self.names[i] for i in free} and set(whole) != set(wanted):
            return _side_by_side([whole[self.names[i]][..., None] for i in free])
        if set(whole) != set(wanted):
            raise DataError(
                f"give exactly the free parameters {listed(wanted)}; got {listed(whole, 'none')}"
            )
        if not wanted:
            return np.zeros(0)
        parts = []
        for name in wanted:
            self._insist_shape(name, self.domains[name], whole[name])
            scalars = self.domains[name].flatten(whole[name])
            keep = [i - self.slices[name].start for i in free if self.owner[i] == name]
            # A simplex that does not sum to one cannot be told from its free part alone.
            inside = self.domains[name].contains(whole[name])
            parts.append(np.where(np.asarray(inside)[..., None], scalars, np.nan)[..., keep])
        return _side_by_side(parts)

    def unflatten(self, theta: Array) -> dict[str, Array]:
        """Return the parameters by name from the vector of all free scalars."""
        if self.plain:  # of one vector plain numbers, which cost a tenth of an array's bookkeeping
            if theta.ndim == 1:
                return {name: theta[k] for k, name in enumerate(self.names)}
            return {name: theta[..., k] for k, name in enumerate(self.names)}
        return {
            name: d.unflatten(theta[..., self.slices[name]], self.dimension)
            for name, d in self.domains.items()
        }

    def contains(self, theta: Array) -> Array:
        """Say which points of a grid lie in the domain of every parameter."""
        inside = np.ones(theta.shape[:-1], dtype=bool)
        params = self.unflatten(theta)
        for name, value in params.items():
            inside &= self.domains[name].contains(value)
        constraint = self.family._constraint(params) if self.family else None
        return inside if constraint is None else inside & constraint[0]

    def distribution(self, theta: Array, known: Mapping[str, Array]) -> Any:
        """Return the member of the family at a vector of all free scalars, unchecked."""
        params = {**known, **self.unflatten(theta)}
        missing = [name for name in self.known_domains if name not in params]
        if missing:
            raise DataError(
                f"{', '.join(missing)} must be known: give fixed={{{missing[0]!r}: ...}}"
            )
        return self.family._unchecked(**params)

    def moved(self, theta: Array, i: int, value: Array) -> Array:
        """Return vectors of all free scalars with the i-th at a new value, still inside the domain where possible."""
        name = self.owner[i]
        part = self.slices[name]
        before, theta = theta[..., i], theta.copy()
        theta[..., part] = self.domains[name].moved(
            theta[..., part], i - part.start, value, self.dimension
        )
        # Parameters that share a constraint, such as the weights of a mixture, make room for it.
        make_room = getattr(self.family, "_make_room", None)
        return theta if make_room is None else make_room(theta, name, before)

    def stopped(self, theta: Array) -> Array:
        """Say which free scalars are where their family stops its estimates."""
        parts = [d.stopped(theta[..., self.slices[name]]) for name, d in self.domains.items()]
        return np.concatenate(parts, axis=-1) if parts else np.zeros(theta.shape, dtype=bool)

    def at_edge(self, theta: Array) -> Array:
        """Say which free scalars lie on the boundary of their domain."""
        parts = [d.at_edge(theta[..., self.slices[name]]) for name, d in self.domains.items()]
        return np.concatenate(parts, axis=-1) if parts else np.zeros(theta.shape, dtype=bool)

    def near(self, theta: Array, other: Array, free: Array) -> Array:
        """Return the scalars at some positions, angles by as many whole turns away as brings them nearest to others."""
        columns = [self.domain(i).near(theta[..., k], other[..., k]) for k, i in enumerate(free)]
        return np.stack(np.broadcast_arrays(*columns), axis=-1)

    def longest_step(self, free: Array) -> Array:
        """Return the longest step that the optimiser may take in each real coordinate."""
        return np.array([self.domain(i).longest_step for i in free])

    def to_real(self, theta: Array, free: Array) -> Array:
        """Map the free scalars to the real line."""
        u = np.empty(theta.shape)
        for k, i in enumerate(free):
            u[..., k] = self.domain(i).to_real(theta[..., k])
        return u

    def from_real(self, u: Array, free: Array) -> tuple[Array, Array, Array]:
        """Return the free scalars and their first two derivatives with respect to u."""
        theta, first, second = np.empty((3, *u.shape))
        for k, i in enumerate(free):
            theta[..., k], first[..., k], second[..., k] = self.domain(i).from_real(u[..., k])
        return theta, first, second


def _side_by_side(parts: list[Array]) -> Array:
    """Join vectors along the last axis, their batches broadcast against each other."""
    if len({part.shape[:-1] for part in parts}) > 1:
        batch = broadcast_shape("the parameters", *(part.shape[:-1] for part in parts))
        parts = [np.broadcast_to(part, batch + part.shape[-1:]) for part in parts]
    return np.concatenate(parts, axis=-1)
