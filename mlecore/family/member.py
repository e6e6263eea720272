"""A member of a family: parameters that were checked once and do not change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, ClassVar, Self

import numpy as np

from ..arrays import numeric
from ..domains import Domain, Layout, Support
from ..errors import DataError
from ..statistics import Events, Statistic
from .terms import Array

__all__ = ["Member"]


@cache
def _layout_of(family: type[Member], dimension: int) -> Layout:
    """Return the layout of a family's free scalars, made once for each dimension."""
    return Layout(family.domains, dimension, family)


class Member:
    """What every distribution is made of: what its family declares, and its parameters."""

    support: ClassVar[Support] = Support()
    domains: ClassVar[dict[str, Domain]] = {}
    parameters: ClassVar[tuple[str, ...]] = ()
    #: parameters that move the support, so that the usual large-sample inference does not hold for them
    irregular: ClassVar[tuple[str, ...]] = ()
    #: parameters at whose estimates the likelihood has a corner or an end, so that no slope leads there
    corners: ClassVar[tuple[str, ...]] = ()
    #: whether a climb cannot reach every maximum, because some lie on the boundary of a vector parameter
    only_by_formula: ClassVar[bool] = False
    #: which parameters carry each observation as a vector rather than a number
    event_ndim: ClassVar[int] = 0
    #: whether a value outside the support leaves the statistic of two values or more infinite or NaN, as its
    #: logarithm does: then no pass over the data looks for one beforehand
    shows_outsiders: ClassVar[bool] = False
    # Where what its statistic records lies, if not where the values do: the logarithms of positive values, say.
    _told_in: ClassVar[Support | None] = None
    #: with which power of the unit of x a parameter changes: 1 for a scale, -1 for a rate; others are left out
    units: ClassVar[Mapping[str, int]] = {}
    #: whether the maximum follows from the median of the values, which is to be had of a sample read in passes too
    _median_leads: ClassVar[bool] = False
    #: which scalars may be held where it searches a source for the highest of several tops
    _searches_with: ClassVar[frozenset[int]] = frozenset()
    #: whether the family was found to say all that it must
    _complete: ClassVar[bool] = False
    #: whether the family writes its log-density and leaves the rest to `mlecore.own`
    _writes_density: ClassVar[bool] = False
    #: whether what lies between two limits follows from other families, by `_own_log_mass` and `_own_mass_terms`
    _tells_mass: ClassVar[bool] = False
    #: what a member becomes, in words, as a parameter grows, by the name of the parameter
    _limits: ClassVar[Mapping[str, str]] = {}
    #: the family of that limit, and what the other parameters are called there, where they keep their values
    _becomes: ClassVar[Mapping[str, tuple[type, Mapping[str, str]]]] = {}
    #: families that this one contains where its information is singular and a likelihood ratio a chi-square all the same,
    #: unless `_no_chi_square` says otherwise, with the values that make them
    _contains: ClassVar[Mapping[type, Mapping[str, float]]] = {}
    #: why the observed information is not to be used, when it is not
    information_only_expected: ClassVar[str] = ""

    def __post_init__(self) -> None:
        values = {f.name: numeric(getattr(self, f.name), f.name) for f in fields(self)}
        for name, value in values.items():
            domain = self.domains[name]
            if value.ndim < domain.event_ndim or value.size == 0:
                raise DataError(
                    f"{name} of {type(self).__name__} must be {domain.describe()}, got shape {value.shape}"
                )
            inside = np.asarray(domain.contains(value))
            if not inside.all():
                first = value[tuple(np.argwhere(~inside)[0])] if inside.ndim else value
                raise DataError(
                    f"{name} of {type(self).__name__} must be {domain.describe()}, {domain.complaint(first)}"
                )
        constraint = self._constraint(values)
        if constraint is not None and not np.all(constraint[0]):
            raise DataError(f"{type(self).__name__} needs {constraint[1]}, got {values}")
        try:
            np.broadcast_shapes(
                *(v.shape[: v.ndim - self.domains[name].event_ndim] for name, v in values.items())
            )
        except ValueError as error:
            shapes = {name: v.shape for name, v in values.items()}
            raise DataError(
                f"the parameters of {type(self).__name__} do not broadcast: {shapes}"
            ) from error
        self._freeze(values)

    def _freeze(self, values: Mapping[str, Array]) -> None:
        for name, value in values.items():
            if getattr(value, "ndim", 0):
                # A copy: the caller's array may change, a distribution may not.
                value = np.array(value, dtype=float)
                value.flags.writeable = False
            else:
                value = np.float64(value)
            object.__setattr__(self, name, value)

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._freeze(state)  # a copy or a pickle brings arrays that can be written to

    @classmethod
    def _unchecked(cls, **params: Any) -> Self:
        """Make a distribution from parameters known to be valid, without copies: for inner loops."""
        self = object.__new__(cls)
        for name, value in params.items():
            object.__setattr__(self, name, value)
        return self

    @classmethod
    def _constraint(cls, params: Mapping[str, Array]) -> tuple[Array, str] | None:
        """Return what the parameters must satisfy together, and its words; None when each stands alone."""
        return None

    @classmethod
    def _no_chi_square(cls, null: Mapping[str, Any], free: Collection[str]) -> str:
        """Return why the likelihood ratio of a hypothesis is no chi-square though inside the domain, "" where it is one.

        `free` are the names of the scalars that are free, those of the hypothesis among them.
        """
        return ""

    @property
    def params(self) -> dict[str, Any]:
        """The parameters by name: floats, or read-only arrays."""
        values = {name: getattr(self, name) for name in self.parameters}
        return {name: v if np.ndim(v) else float(v) for name, v in values.items()}

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the batch of distributions: () for a single one."""
        return np.broadcast_shapes(
            *(
                np.shape(getattr(self, name))[: np.ndim(getattr(self, name)) - domain.event_ndim]
                for name, domain in self.domains.items()
            )
        )

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """One name for each free scalar."""
        return self._own_layout().names

    def _dimension(self) -> int:
        """Return the length of a vector parameter; 1 where all parameters are numbers."""
        for name, domain in self.domains.items():
            if domain.event_ndim:
                return np.shape(getattr(self, name))[-1]
        return 1

    def _own_layout(self) -> Layout:
        return _layout_of(type(self), self._dimension())

    @classmethod
    def _layout(cls, t: Statistic) -> Layout:
        if isinstance(t, Events):
            return _layout_of(cls, cls._dimension_of_events(t))
        return _layout_of(cls, cls._dimension_of(t))

    @classmethod
    def _dimension_of(cls, t: Any) -> int:
        return 1

    @classmethod
    def _dimension_of_events(cls, t: Events) -> int:
        """Return the length of a vector parameter that partly seen values call for."""
        return 1

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(
            np.array_equal(a, b)
            for a, b in zip(self.params.values(), other.params.values(), strict=True)
        )

    def __repr__(self) -> str:
        if not self.batch_shape and not any(np.ndim(v) for v in self.params.values()):
            inside = ", ".join(f"{name}={float(value):.6g}" for name, value in self.params.items())
        else:
            inside = ", ".join(
                f"{name}={np.array2string(np.asarray(v), precision=6, threshold=8)}"
                for name, v in self.params.items()
            )
        return f"{type(self).__name__}({inside})"
