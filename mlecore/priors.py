"""Priors on parameters: the likelihood times the density of some of them, whose highest point is the mode.

A prior is on the parameter as named, without a Jacobian, so the mode depends on which parameter carries it. Inference
that cuts a curve, or measures its curvature, takes that of the product.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from .errors import DataError, RegularityError, listed
from .likelihood import Likelihood, Maximum

__all__ = ["MODE", "Penalised"]

Array = np.ndarray

#: what the notes of a fit say of priors
MODE = ("the estimate is the mode of the likelihood times the priors",)
# How far apart, in units of the prior's width or of the way to its end, its logarithm is looked at for its slope; for
# its curvature, whose differences lose twice as many digits, farther.
_STEP, _STEP_OF_CURVATURE = 1e-3, 5e-3


class Penalised(Likelihood):
    """A likelihood times priors on some of its free scalars; made by `Family.fit(x, prior=...)`.

    >>> from mlecore import Bernoulli, Beta, Likelihood
    >>> L = Penalised.of(Likelihood(Bernoulli, [0, 0, 1]), {"p": Beta(2, 2)})
    >>> round(float(L.maximize().params["p"]), 12)
    0.4
    """

    penalised = True
    prior: dict[str, Any]
    #: how wide each prior is, between its quartiles
    widths: dict[str, float]

    @classmethod
    def of(cls, likelihood: Likelihood, prior: Mapping[str, Any]) -> Self:
        """Return a likelihood times priors, {name: distribution}.

        Raises
        ------
        DataError : for a name that is no free scalar, or what is no continuous distribution of a number.
        RegularityError : for a family whose likelihood has corners or ends, to which no slope leads.
        """
        if not isinstance(prior, Mapping) or not prior:
            raise DataError(
                f"prior takes distributions by the names of parameters, as in {{'p': Beta(2, 2)}}; got {prior!r}"
            )
        family, layout = likelihood.family, likelihood.layout
        for name, d in prior.items():
            if name not in layout.names:
                raise DataError(
                    f"there is no free parameter named {name!r} to have a prior; there are {listed(layout.names)}"
                )
            if layout.index(name) in likelihood.held:
                raise DataError(
                    f"{name} is fixed, and has a prior: it is either known or estimated. Leave out one of the two"
                )
            _insist_density(name, d)
        corners = {*family.corners, *family.irregular} & set(likelihood.names)
        if corners:
            raise RegularityError(
                f"the likelihood of {family.__name__} has a corner or an end in {', '.join(sorted(corners))}, to which no "
                "slope leads: with a prior, hold such parameters fixed"
            )
        self = copy.copy(likelihood)
        self.__class__ = cls
        self.prior = dict(prior)
        self.widths = {name: float(d.ppf(0.75) - d.ppf(0.25)) for name, d in prior.items()}
        return self

    @property
    def bare(self) -> Likelihood:
        """The likelihood without the priors."""
        other = copy.copy(self)
        other.__class__ = Likelihood
        return other

    def _evaluate_full(
        self, full: Array, formula: str, trailing: int, with_statistic: bool = True
    ) -> Any:
        value = super()._evaluate_full(full, formula, trailing, with_statistic)
        return value + self._of_priors(full, trailing) if with_statistic else value

    def _of_priors(self, full: Array, trailing: int) -> Array:
        """Return the sum of the log-densities of the priors, its slope or its Hessian: 0, 1 or 2 trailing axes."""
        p = full.shape[-1]
        total = np.zeros(full.shape[:-1] + (p,) * trailing)
        with np.errstate(all="ignore"):
            for name, d in self.prior.items():
                i = self.layout.index(name)
                total[(..., *(i,) * trailing)] += _log_density(
                    d, full[..., i], trailing, self.widths[name]
                )
        return total

    def _terms(self, theta: Array) -> tuple[Array, Array, Array]:
        # Of families that tell all three in one pass a climb asks for these.
        value = self.bare._terms(theta)[0] + self._of_priors(self._full(theta), 0)
        return value, *self._derivatives(theta)

    def _derivatives(self, theta: Array) -> tuple[Array, Array]:
        slope, hessian = self.bare._derivatives(theta)
        full = self._full(theta)
        first = self._of_priors(full, 1)[..., self.free]
        second = self._of_priors(full, 2)[..., self.free[:, None], self.free]
        return slope + first, hessian + second

    def _expected_at(self, full: Array) -> Array:
        curvature = self._of_priors(full, 2)[..., self.free[:, None], self.free]
        return super()._expected_at(full) - curvature

    def expected_in_units(self, theta: Array) -> tuple[Array, Array]:
        full = self._full(np.asarray(theta, dtype=float))
        return np.ones(full.shape[:-1] + self.free.shape), self._expected_at(full)

    def mode(self, near: Array | None = None) -> Maximum:
        """Return the highest point reached from the family's own estimate, and from the middle of the priors."""
        shape = (*self.batch_shape, len(self.layout.names))
        middle = np.array(np.broadcast_to(self.layout.interior, shape))
        try:
            with np.errstate(all="ignore"):
                rough = self.layout.flatten_all(self.family._rough(self.statistic, self.known))
            rough = np.array(np.broadcast_to(rough, shape))
        except (ValueError, ArithmeticError):
            rough = middle.copy()
        # An estimate on the edge, or none at all, is no place to climb from.
        off = ~np.isfinite(rough) | self.layout.at_edge(rough)
        rough = np.where(off, middle, rough)
        central = rough.copy()
        for name, d in self.prior.items():
            central[..., self.layout.index(name)] = d.ppf(0.5)
        starts = [rough, central] if near is None else [near]
        best: Maximum | None = None
        for start in starts:
            start = self._holding(start)
            inside = np.broadcast_to(self.layout.contains(start)[..., None], start.shape)
            top = self._climbed_from(np.where(inside, start, middle))
            best = top if best is None else self._better(best, top)
        return best


def _insist_density(name: str, d: Any) -> None:
    if isinstance(d, type) or not hasattr(d, "log_prob"):
        raise DataError(
            f"the prior of {name} must be a distribution, such as Beta(2, 2); got {d!r}"
        )
    if d.batch_shape or d.event_ndim or d.support.whole:
        raise DataError(
            f"the prior of {name} must be one continuous distribution of a number; got {d!r}"
        )


def _log_density(d: Any, x: Array, order: int, width: float) -> Array:
    """Return log f(x) of a prior, or its first or second derivative in x, by differences of the fourth order.

    The width of the prior, between its quartiles, says how wide the differences are.
    """
    if order == 0:
        return d.log_prob(x)
    low, high = d._ends()
    step = _STEP if order == 1 else _STEP_OF_CURVATURE
    h = step * np.minimum(width, np.minimum(x - low, high - x))
    left2, left, here, right, right2 = (d.log_prob(x + k * h) for k in (-2, -1, 0, 1, 2))
    if order == 1:
        return (8.0 * (right - left) - (right2 - left2)) / (12.0 * h)
    return (16.0 * (right + left) - (right2 + left2) - 30.0 * here) / (12.0 * h * h)
