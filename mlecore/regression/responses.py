"""What was seen at each row of a regression, as a family takes it, and what the family says of each row."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from ..arrays import numeric, present, require_finite
from ..censoring import limits_of, to_ends
from ..errors import DataError, RegularityError, SupportError
from ..links import Link
from ..mass import log_mass, mass_terms
from ..observations import PartlySeen
from ..residuals import Rows
from .observations import insist_no_words

__all__ = ["Model", "Responses"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Model:
    """A family, the link of each of its parameters that is estimated, and which of these are the same in all rows."""

    family: Any
    links: tuple[Link, ...]
    constant: tuple[bool, ...]

    @property
    def layout(self) -> Any:
        """How the family's parameters, all of them numbers, lie in a vector."""
        return self.family._layout(None)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that have predictors."""
        return self.layout.names

    @property
    def followed(self) -> tuple[str, ...]:
        """The parameters that follow from covariates."""
        return tuple(
            name for name, same in zip(self.parameters, self.constant, strict=True) if not same
        )

    def values(self, eta: Array) -> list[tuple[Array, Array, Array]]:
        """Return each parameter with its first two derivatives in its predictor; eta has shape (..., q, rows)."""
        # One number serves all rows where a parameter is the same in all.
        rows = [eta[..., k, :1] if same else eta[..., k, :] for k, same in enumerate(self.constant)]
        return [link.back(row) for link, row in zip(self.links, rows, strict=True)]


@dataclass(frozen=True, eq=False)
class Responses:
    """The responses of a regression: row by row a value, or an event within a window, and what is known there.

    >>> from mlecore import Poisson
    >>> from mlecore.links import LINKS
    >>> y = Responses.of(Model(Poisson, (LINKS["log"],), (False,)), [2, 4], None, {})
    >>> y.log_prob([np.array([2.0, 4.0])]).round(4)
    array([-1.3069, -1.6329])
    """

    model: Model
    #: the values, something harmless in rows that were not seen exactly
    x: Array
    seen: PartlySeen | None = None
    known: Mapping[str, Array] = field(default_factory=dict)

    ndim = 1

    @classmethod
    def of(cls, model: Any, y: Any, w: Array | None, known: Mapping[str, Array]) -> Self:
        """Check responses against the support of a family.

        Raises
        ------
        DataError, SupportError : for what are no numbers, or a value that the family cannot produce.
        """
        family, support = model.family, model.family.support
        if isinstance(y, PartlySeen):
            exact = y.exact
            inside = support.contains(y.lower[exact])
            _insist_inside(family, y.lower[exact], inside, np.flatnonzero(exact))
            return cls(model, np.where(exact, y.lower, _harmless(family)), y, known)
        insist_no_words(y, family.__name__)
        x = present(numeric(y, "y"), w)
        if x.ndim != 1:
            column = "" if x.shape[1:] != (1,) else "; of one column give numpy.ravel(y)"
            raise DataError(
                f"y must be one-dimensional, one value a row; got shape {x.shape}{column}"
            )
        require_finite(x, "y")
        _insist_inside(family, x, support.contains(x), np.arange(x.size))
        return cls(model, np.array(x), None, known)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a column of these."""
        return self.x.shape

    @property
    def size(self) -> int:
        """How many rows there are."""
        return self.x.size

    def __len__(self) -> int:
        return self.x.size

    def table(self) -> Array:
        """Return what was seen as numbers, one row for each, to be told from other data."""
        return self.x if self.seen is None else self.seen.table()

    def copy(self) -> Self:
        """Return itself, as nothing of it changes."""
        return self

    def __getitem__(self, part: Any) -> Self:
        other = copy.copy(self)
        known = {name: value[part] for name, value in self.known.items()}
        seen = None if self.seen is None else self.seen[part]
        for name, value in (("x", self.x[part]), ("seen", seen), ("known", known)):
            object.__setattr__(other, name, value)
        vars(other).pop("_limits", None)
        if "_ones" in vars(self):
            vars(other)["_ones"] = self._ones[part]
        return other

    @cached_property
    def _ones(self) -> Any:
        """The statistics of the single values, a batch of samples of size one."""
        with np.errstate(all="ignore"):
            return self.model.family._statistics(self.x[:, None], None)

    @cached_property
    def _limits(self) -> tuple[Array, Array, Array, Array, Array] | None:
        """Which rows are events, within which limits; and their windows. None where all was seen, and all could be."""
        if self.seen is None:
            return None
        family = self.model.family
        events, windows = limits_of(family, self.seen)
        return (~self.seen.exact, *to_ends(family, *events), *to_ends(family, *windows))

    def ready(self) -> Self:
        """Return itself, its statistics made: parts of it then need not make their own."""
        _ = self._ones
        return self

    # -- what the family says ----------------------------------------------------------------------

    def _members(self, params: list[Array], rows: Any = slice(None)) -> tuple[Any, Array]:
        """Return a member of the family for each row, and where the parameters are possible."""
        family, valid, given = self.model.family, np.True_, {}
        layout = self.model.layout
        for k, (name, value) in enumerate(zip(layout.names, params, strict=True)):
            inside = layout.domain(k).contains(value)
            if not inside.all():
                value = np.where(inside, value, layout.interior[k])
            given[name] = value if value.shape[-1] == 1 else value[..., rows]
            valid = valid & (inside if inside.shape[-1] == 1 else inside[..., rows])
        constraint = family._constraint(given)
        if constraint is not None and not np.all(constraint[0]):
            valid = valid & constraint[0]
        known = {name: value[rows] for name, value in self.known.items()}
        return family._unchecked(**known, **given), valid

    def log_prob(self, params: list[Array]) -> Array:
        """Return log f of each row, -inf where the parameters are impossible; parameters have shape (..., rows)."""
        with np.errstate(all="ignore"):
            d, valid = self._members(params)
            value = self._ones.evaluate(d, "_log_likelihood")
            shape = np.broadcast_shapes(np.shape(value), d.batch_shape, self.shape)
            value = np.where(d._inside(self.x) & valid, value, -np.inf)
            if self._limits is not None:
                event, low, high, first, last = self._limits
                value = np.array(np.broadcast_to(value, shape))
                some, possible = self._members(params, event)
                value[..., event] = np.where(
                    possible, log_mass(some, low[event], high[event]), -np.inf
                )
                if np.isfinite(first).any() or np.isfinite(last).any():
                    value = value - log_mass(d, first, last)
        return np.broadcast_to(value, shape)

    def terms(self, params: list[Array]) -> tuple[Array, Array, Array]:
        """Return log f of each row, with slope and Hessian in the parameters on the first axes."""
        with np.errstate(all="ignore"):
            d, valid = self._members(params)
            value, slope, hessian = self._ones.terms(d)
            value = np.where(d._inside(self.x) & valid, value, -np.inf)
            value = np.broadcast_to(value, self.shape)
            slope, hessian = np.moveaxis(slope, -1, 0), np.moveaxis(hessian, (-2, -1), (0, 1))
            if self._limits is None:
                return value, slope, hessian
            event, low, high, first, last = self._limits
            value = np.array(value)
            slope = np.array(np.broadcast_to(slope, (*slope.shape[:1], *self.shape)))
            hessian = np.array(np.broadcast_to(hessian, (*hessian.shape[:2], *self.shape)))
            if event.any():
                some, possible = self._members(params, event)
                part = mass_terms(some, low[event], high[event])
                value[event] = np.where(possible, part.value, -np.inf)
                slope[:, event] = np.moveaxis(part.slope, -1, 0)
                hessian[..., event] = np.moveaxis(part.curvature, (-2, -1), (0, 1))
            if np.isfinite(first).any() or np.isfinite(last).any():
                window = mass_terms(d, first, last)
                value -= window.value
                slope -= np.moveaxis(window.slope, -1, 0)
                hessian -= np.moveaxis(window.curvature, (-2, -1), (0, 1))
        return value, slope, hessian

    def rough(self, w: Array | None) -> dict[str, Array]:
        """Return the parameters that the family would begin with for all rows alike; inside their domains."""
        family, layout = self.model.family, self.model.layout
        known = {k: np.asarray(v.max()) for k, v in self.known.items() if k not in layout.names}
        data = self.x if self.seen is None else self.seen.unweighted()
        start = dict(zip(layout.names, layout.interior, strict=True))
        try:
            with np.errstate(all="ignore"):
                found = family._rough(family.statistics(data, w), known)
        except (ValueError, ArithmeticError):
            found = {}
        for k, name in enumerate(layout.names):
            value = np.asarray(found.get(name, np.nan), dtype=float)
            if value.ndim == 0 and np.isfinite(value) and layout.domain(k).contains(value):
                start[name] = float(value)
            if layout.domain(k).at_edge(np.asarray([start[name]]))[0]:
                start[name] = abs(float(start[name]) - 0.01)
        return start

    def rows(self, w: Array | None) -> Rows:
        """Return what each row says, as residuals ask for it."""
        x, whole = self.x, self.model.family.support.whole
        if self.seen is None:
            everything = np.full(x.shape, np.inf)
            return Rows(x, x - 1.0 if whole else x, x, -everything, everything, w)
        exact = np.where(self.seen.exact, x, np.nan)
        return Rows(exact, *self.seen.events(whole), *self.seen.windows(whole), w)

    def again(self, x: Array) -> Self:
        """Return other values in the same rows.

        Raises
        ------
        RegularityError : where rows were seen in part: what else would have been seen is not known.
        """
        if self.seen is not None:
            raise RegularityError(
                "new responses would have to be seen in part as these were, and how that came about is not known; use "
                "parametric=False"
            )
        return replace(self, x=np.asarray(x, dtype=float)).ready()


def _harmless(family: Any) -> float:
    return float(np.ravel(family._example()[0])[0])


def _insist_inside(family: Any, x: Array, inside: Array, place: Array) -> None:
    """Raise where the family cannot produce a response, with what may be done."""
    if inside.all():
        return
    support, k = family.support, int(np.argmin(inside))
    ends = [e for e in (support.low, support.high) if (x[~inside] == e).any()]
    advice = support.advice(x)
    if ends and not support.whole:
        where = " and at ".join(f"{e:g}" for e in ends)
        advice = (
            f"Values at {where} have density 0 or infinity in it: if they are zeros of their own, Hurdle({family.__name__}) "
            "gives them a probability; if they were rounded, say between which limits they lie, with mlecore.interval"
            if ends == [0.0]
            else f"Values at {where} were perhaps rounded: say between which limits they lie, with mlecore.interval"
        )
    raise SupportError(
        f"{family.__name__} needs {support.text}; y[{place[k]}] = {x[k]:g} is outside ({int((~inside).sum())} of {x.size} "
        f"values are). {advice}"
    )
