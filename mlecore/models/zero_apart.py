"""What zero inflation and hurdles share: zeros with a probability of their own, beside another family.

With z the probability `zero`, k = 1 for an event that holds 0 and k = 0 for one that does not, and M the probability of
the event in the other family, P = z k + (1 - z) M. The derivatives are expectations over where a value came from: with
r = (1 - z) M / P the share of the other family, the slope in its parameters is r times that of log M.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from ..domains import Domain, Support, Unit
from ..errors import DataError, NoMLEError
from ..family import Array, Family, Refusal, Solution
from ..likelihood import Likelihood
from ..mass import MassTerms, log_mass, mass_terms
from ..own import COMPLETIONS
from ..statistics import Events, Statistic, beside
from .made import Altered, Finding, insist_family, insist_scalar, sharing

__all__ = ["Apart", "WithZero", "ZeroApart", "beside_first", "block", "domains_with_zero", "part"]

# The weight of a value that stands in where a sample has zeros alone: so that sums stay sums, and nothing changes.
_NEARLY_NOTHING = 1e-300


@dataclass(frozen=True)
class WithZero(Support):
    """Zero, and what another family can produce.

    >>> support = WithZero(2.0, 9.0, "0, or from 2 to 9", rest=Support(2.0, 9.0))
    >>> support.contains(np.array([0.0, 1.0, 3.0]))
    array([ True, False,  True])
    """

    rest: Support = field(default_factory=Support)
    atoms: ClassVar[bool] = True

    def contains(self, x: Array) -> Array:
        return self.rest.contains(x) | (x == 0)

    def holds(self, x: Array, always: bool = True) -> bool:
        return bool(np.all(self.contains(x)))


@dataclass(frozen=True, eq=False)
class Apart(Statistic):
    """The weight of the zeros of a sample, and the statistic of its other values.

    >>> from mlecore import Hurdle, Gamma
    >>> t = Hurdle(Gamma).statistics([0.0, 1.0, 3.0])
    >>> float(t.zeros), float(t.rest.mean)
    (1.0, 2.0)
    """

    zeros: Array
    rest: Statistic

    def fault(self, support: Any) -> str | None:
        if not np.all((self.zeros >= 0) & (self.zeros <= self.n) & np.isfinite(self.n)):
            return f"zeros is {np.min(self.zeros):g}, and lies between 0 and n, which is {np.max(self.n):g}"
        return self.rest.fault(Support())

    @property
    def others(self) -> Array:
        """The weight of the values that are not zero."""
        return np.where(self.rest.n > 1.0 / 2**900, self.rest.n, 0.0)[()]

    @property
    def width(self) -> int:
        return self.rest.width

    def _like(self, n: Array, zeros: Array, rest: Statistic) -> Self:
        return type(self)(n, zeros, rest).of_family(self.family)

    def __getitem__(self, index: Any) -> Self:
        return self._like(self.n[index], self.zeros[index], self.rest[index])

    def lifted(self) -> Self:
        n, zeros = (np.expand_dims(value, -1) for value in (self.n, self.zeros))
        return self._like(n, zeros, self.rest.lifted())

    @classmethod
    def join(cls, parts: list[Self]) -> Self:
        n, zeros = (np.concatenate([getattr(p, k) for p in parts], axis=-1) for k in ("n", "zeros"))
        rests = [p.rest for p in parts]
        return cls(n, zeros, type(rests[0]).join(rests))

    def pool(self) -> Self:
        return self._like(self.n.sum(axis=-1), self.zeros.sum(axis=-1), self.rest.pool())

    @classmethod
    def beside(cls, parts: list[Self]) -> Self:
        """Lay batches one after the other."""
        n, zeros = (np.concatenate([getattr(p, k) for p in parts]) for k in ("n", "zeros"))
        return parts[0]._like(n, zeros, beside([p.rest for p in parts]))

    def isfinite(self) -> bool:
        return bool(np.all(np.isfinite(self.n))) and self.rest.isfinite()

    def without(self, rows: Array) -> Self:
        n, zeros = (np.where(rows, np.nan, value) for value in (self.n, self.zeros))
        return self._like(n, zeros, self.rest.without(rows))

    def repeated(self, batch: tuple[int, ...]) -> Self:
        n, zeros = (np.broadcast_to(value, batch) for value in (self.n, self.zeros))
        return self._like(n, zeros, self.rest.repeated(batch))

    def close_to(self, other: Any, tolerance: float = 1e-9) -> bool:
        """Say whether two statistics agree up to rounding."""
        return (
            np.shape(self.n) == np.shape(other.n)
            and np.allclose(self.n, other.n, rtol=tolerance, equal_nan=True)
            and np.allclose(self.zeros, other.zeros, rtol=tolerance, equal_nan=True)
            and self.rest.close_to(other.rest, tolerance)
        )


def domains_with_zero(maker: str, family: type[Family]) -> dict[str, Domain]:
    """Return the parameters of a family with zeros apart, after checking that it may have them."""
    insist_family(maker, family)
    insist_scalar(maker, family)
    if "zero" in family.domains:
        raise DataError(
            f"{family.__name__} has a parameter zero already: {maker} would give it a second probability of the same "
            "zeros, which no data could tell from the first"
        )
    return {"zero": Unit(), **family.domains}


def part(likelihood: Likelihood, family: type[Family], statistic: Statistic) -> Likelihood:
    """Return the likelihood of the other parameters alone, those given held."""
    other = copy.copy(likelihood)
    other.family, other.statistic = family, statistic
    other.data = other.weights = other.axis = None
    other.layout = family._layout(statistic)
    other.held = {i - 1: value for i, value in likelihood.held.items() if i}
    other.free = np.delete(other.layout.everything, list(other.held))
    if likelihood.penalised:
        other.prior = {k: d for k, d in likelihood.prior.items() if k in other.layout.names}
    return other


class ZeroApart(Finding, Altered):
    """Zeros with a probability of their own: z [x = 0] + (1 - z) f(x)."""

    #: whether zeros are among the values of the base, the family of those that are not zeros by themselves
    _zero_too: ClassVar[bool]
    _tells_mass = True

    # -- the sample --------------------------------------------------------------------------------

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Apart:
        is_zero = x == 0
        weights = np.broadcast_to(1.0, x.shape) if w is None else w
        zeros, n = np.where(is_zero, weights, 0.0).sum(axis=-1), weights.sum(axis=-1)
        if x.ndim == 1 and not is_zero.all() and (w is None or w[~is_zero].any()):
            return Apart(
                n, zeros, cls._base._statistics(*(v if v is None else v[~is_zero] for v in (x, w)))
            )
        # In a batch, other values of the sample stand in for its zeros with weight 0.
        w = np.where(is_zero, 0.0, weights)
        empty = ~(w.sum(axis=-1) > 0)[..., None]
        w = np.where(empty, _NEARLY_NOTHING, w)
        largest = np.take_along_axis(x, np.abs(x).argmax(axis=-1)[..., None], axis=-1)
        largest = np.where(largest == 0, cls._base._example()[0], largest)
        return Apart(n, zeros, cls._base._statistics(np.where(is_zero, largest, x), w))

    @classmethod
    def _in_parts(cls, x: Array) -> bool:
        return False

    @classmethod
    def _check_known(cls, likelihood: Likelihood) -> None:
        bare = likelihood.data is None and isinstance(likelihood.statistic, Apart)
        super()._check_known(
            part(likelihood, cls._base, likelihood.statistic.rest) if bare else likelihood
        )

    # -- the log-likelihood ------------------------------------------------------------------------

    def _other(self) -> Any:
        """Return the member of the other family."""
        return sharing(self, self._base)

    def _at_zero(self) -> tuple[Array, Array, Array]:
        """Return log f(0) of the other family, with slope and Hessian; -inf where it has no zeros."""
        other, p = self._other(), len(self._own_layout().names) - 1
        shape = other.batch_shape
        if not self._zero_too:
            return np.full(shape, -np.inf), np.zeros((*shape, p)), np.zeros((*shape, p, p))
        at = np.zeros(shape)
        return np.asarray(other.log_prob(at)), other.score(at), other._hessian_of_each(at)

    def _zero_terms(self) -> MassTerms:
        """Return log P(X = 0), its slope and its Hessian."""
        return self._with_zero(np.True_, *self._at_zero())

    def _with_zero(self, holds: Array, log_m: Array, slope: Array, curvature: Array) -> MassTerms:
        """Return log P of an event that holds zero or not, from log M of the other family."""
        z = np.asarray(self.zero)
        with np.errstate(all="ignore"):
            own = np.where(holds, np.log(z), -np.inf)
            other = np.log1p(-z) + log_m
            value = np.logaddexp(own, other)
            share = np.where(np.isneginf(log_m), 0.0, np.exp(other - value))
            m = np.exp(log_m)
            by_zero = np.where(holds, -np.expm1(log_m) / np.exp(value), -np.exp(log_m - value))
            mixed = np.where(holds, -np.exp(log_m - 2.0 * value), 0.0)
            mixed = np.where(m > 0, mixed, 0.0)
        shape = value.shape
        slope = np.where(share[..., None] > 0, slope, 0.0)
        curvature = np.where(share[..., None, None] > 0, curvature, 0.0)
        r = share[..., None]
        first = np.concatenate(
            [by_zero[..., None], np.broadcast_to(r * slope, (*shape, slope.shape[-1]))], axis=-1
        )
        second = np.empty((*first.shape, first.shape[-1]))
        second[..., 0, 0] = -(by_zero**2)
        second[..., 0, 1:] = second[..., 1:, 0] = mixed[..., None] * slope
        r = r[..., None]
        outer = slope[..., :, None] * slope[..., None, :]
        second[..., 1:, 1:] = r * curvature + r * (1.0 - r) * outer
        return MassTerms(value, first, second)

    def _log_likelihood(self, t: Apart) -> Array:
        z, others = np.asarray(self.zero), t.others
        own = t.zeros * self._zero_terms().value
        rest = others * np.log1p(-z) + self._other()._log_likelihood(t.rest)
        return np.where(t.zeros > 0, own, 0.0) + np.where(others > 0, rest, 0.0)

    def _slope(self, t: Apart) -> Array:
        own = np.asarray(t.zeros)[..., None] * self._zero_terms().slope
        some = np.asarray(t.others > 0)[..., None]
        rest = np.where(some, self._other()._score_vector(t.rest), 0.0)
        by_zero = np.where(
            some, -np.asarray(t.others / (1.0 - np.asarray(self.zero)))[..., None], 0.0
        )
        rest = beside_first(by_zero, rest)
        return np.where(np.asarray(t.zeros > 0)[..., None], own, 0.0) + rest

    def _curvature(self, t: Apart) -> Array:
        own = np.asarray(t.zeros)[..., None, None] * self._zero_terms().curvature
        some = np.asarray(t.others > 0)[..., None, None]
        rest = np.where(some, self._other()._hessian_matrix(t.rest), 0.0)
        by_zero = -np.asarray(t.others / (1.0 - np.asarray(self.zero)) ** 2)[..., None, None]
        rest = block(np.where(some, by_zero, 0.0), rest)
        return np.where(np.asarray(t.zeros > 0)[..., None, None], own, 0.0) + rest

    def _information(self) -> Array:
        z = np.asarray(self.zero)[..., None]
        log_f, slope, _ = self._at_zero()
        f = np.where(np.isneginf(log_f), 0.0, np.exp(log_f))[..., None]
        at = self._zero_terms()
        u = np.where(np.isfinite(at.slope), at.slope, 0.0)
        zero = np.exp(at.value)[..., None, None] * u[..., :, None] * u[..., None, :]
        left = (
            self._other()._information_matrix()
            - f[..., None] * slope[..., :, None] * slope[..., None, :]
        )
        rest = block(((1.0 - f) / (1.0 - z))[..., None], (1.0 - z)[..., None] * left)
        rest[..., 0, 1:] = rest[..., 1:, 0] = f * slope
        return zero + rest

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _free_zero(cls, likelihood: Likelihood) -> bool:
        return 0 not in likelihood.held

    @classmethod
    def _find(cls, likelihood: Likelihood, near: Array | None = None) -> tuple[Solution, Array]:
        if not isinstance(likelihood.statistic, Events) and not likelihood.penalised:
            return cls._solve(likelihood, near)
        solution, full = super()._find(likelihood, near)
        if not cls._free_zero(likelihood):
            return solution, full
        # The maximum may lie where there are no zeros apart, which no climb reaches.
        edge = likelihood.given({"zero": 0.0}).climbed(_moved(full, 0.0))
        with np.errstate(all="ignore"):
            height = likelihood.log_likelihood(full[..., likelihood.free])
        better = edge.converged & ~(solution.converged & (height > edge.log_likelihood))
        full = np.where(np.asarray(better)[..., None], edge.theta, full)
        return solution._replace(converged=solution.converged | better), full

    @classmethod
    def _start(cls, t: Any, *args: Any, **known: Any) -> dict[str, Any]:
        share = np.clip(t.zeros / t.n, 0.01, 0.99)
        return {"zero": (1.0 - cls._zero_too * 0.5) * share, **cls._base._rough(t.rest, known)}

    @classmethod
    def _all_zero(cls, likelihood: Likelihood, instead: str) -> Refusal:
        names = ", ".join(likelihood.names[1:] if cls._free_zero(likelihood) else likelihood.names)
        reason = f"all values are 0, and nothing is left to estimate {names}{instead}"
        return Refusal(~(likelihood.statistic.others > 0), reason)

    @classmethod
    def _insist_rest(
        cls, family: type[Family], inner: Likelihood, full: Array, arrived: bool
    ) -> None:
        """Raise, in the name of this family, where the other one has no maximum."""
        try:
            family._insist_held(inner, full, arrived)
        except NoMLEError as error:
            reason = error.reason.partition(" here: ")[2] or error.reason
            raise NoMLEError(
                f"{cls.__name__} has no maximum likelihood estimate here: {reason}"
            ) from error

    # -- what a distribution says ------------------------------------------------------------------

    def _inside(self, x: Array) -> Array:
        return (x == 0) | self._other()._inside(x)

    def _harmless(self, x: Array) -> Any:
        return self._other()._harmless(x)

    def _ends(self) -> tuple[Any, Any]:
        low, high = self._other()._ends()
        return np.minimum(low, 0.0), np.maximum(high, 0.0)

    def _place(self) -> tuple[Array, Array]:
        return self._other()._place()

    def _own_log_mass(self, a: Array, b: Array) -> Array:
        z = np.asarray(self.zero)
        with np.errstate(all="ignore"):
            own = np.where((a < 0) & (b >= 0), np.log(z), -np.inf)
            return np.minimum(np.logaddexp(own, np.log1p(-z) + log_mass(self._other(), a, b)), 0.0)

    def _own_mass_terms(self, a: Array, b: Array) -> MassTerms:
        return self._with_zero((a < 0) & (b >= 0), *mass_terms(self._other(), a, b))

    @property
    def mean(self) -> Any:
        """The expectation, (1 - zero) times that of the other values."""
        return ((1.0 - np.asarray(self.zero)) * self._other().mean)[()]

    @property
    def var(self) -> Any:
        """The variance, (1 - zero) (v + zero m^2) with mean m and variance v of the other values."""
        z, other = np.asarray(self.zero), self._other()
        return ((1.0 - z) * (other.var + z * np.asarray(other.mean) ** 2))[()]

    cdf = COMPLETIONS["cdf"]

    def ppf(self, q: Any) -> Any:
        """Return the q-quantile, by inversion of the distribution function."""
        x = COMPLETIONS["ppf"](self, q)
        below = np.exp(self.log_mass(-np.inf, -np.finfo(float).tiny))
        return np.where((np.asarray(q) > below) & (q <= self.cdf(0.0)), 0.0, x)[()]

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        apart = rng.random(size) < self.zero
        return np.where(apart, 0.0, self._other()._draw(rng, size))


def _moved(full: Array, zero: Any) -> Array:
    full = np.array(full)
    full[..., 0] = zero
    return full


def beside_first(first: Array, rest: Array) -> Array:
    shape = np.broadcast_shapes(first.shape[:-1], rest.shape[:-1])
    return np.concatenate(
        [np.broadcast_to(v, (*shape, v.shape[-1])) for v in (first, rest)], axis=-1
    )


def block(first: Array, rest: Array) -> Array:
    """Return matrices with one number in the first corner and another matrix in the other."""
    shape = np.broadcast_shapes(first.shape[:-2], rest.shape[:-2])
    size = rest.shape[-1] + 1
    whole = np.zeros((*shape, size, size))
    whole[..., 0, 0] = first[..., 0, 0]
    whole[..., 1:, 1:] = rest
    return whole
