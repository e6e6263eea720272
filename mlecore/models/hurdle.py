"""Hurdles: whether a value is zero is one question, how large it is otherwise another."""

from __future__ import annotations

import numpy as np

from ..errors import DataError
from ..family import Array, Family, Refusal, Solution
from ..likelihood import Likelihood
from ..statistics import Events
from .made import make
from .truncated import Truncated
from .zero_apart import WithZero, ZeroApart, domains_with_zero, part

__all__ = ["Hurdle"]

# Zero itself carries probability: intervals that begin at it do not hold it.
_BELOW_ZERO = -np.finfo(float).smallest_subnormal


def Hurdle(family: type[Family]) -> type[Family]:
    """Return the family whose zeros have the probability `zero`, and whose other values are of a given family.

    P(X = 0) = zero, and otherwise (1 - zero) f(x): of counts f is truncated to 1, 2, ...; a continuous f never is 0.
    Its parameters are `zero`, then those of the family; the likelihood is a product of one in `zero` and one in the
    others. At 0 `log_prob` is the logarithm of a probability, elsewhere that of a density. Source: Mullahy (1986).

    Raises
    ------
    DataError : for a family of vectors, or one that has zeros apart already.

    >>> from mlecore import Gamma
    >>> Hurdle(Gamma).fit([0.0, 0.0, 1.0, 2.0]).params["zero"]
    0.5
    """
    domains = domains_with_zero("Hurdle", family)
    support = family.support
    has_zero = support.whole and support.low <= 0 <= support.high
    if support.whole and support.low < 0:
        raise DataError(f"Hurdle takes counts 0, 1, 2, ..., and {family.__name__} reaches below 0")
    if support.whole and support.high < 2:
        raise DataError(
            f"{family.__name__} has the values 0 and 1 alone: with zeros apart nothing is left to estimate"
        )
    rest = Truncated(family, low=1) if has_zero else family
    low = 0.0 if support.whole else min(support.low, _BELOW_ZERO)
    words = support.text if has_zero else f"0, or {support.text}"
    return make(
        HurdleFamily,
        Hurdle,
        (family,),
        f"Hurdle({family.__name__})",
        domains,
        {
            "_base": rest,
            "_zero_too": False,
            "support": WithZero(
                low, max(support.high, 0.0), words, whole=support.whole, rest=rest.support
            ),
            "irregular": family.irregular,
            "corners": family.corners,
            "units": {} if support.whole else family.units,
            "information_only_expected": family.information_only_expected,
        },
    )


class HurdleFamily(ZeroApart):
    """Zeros apart from a family that has none: zero [x = 0] + (1 - zero) f(x) [x != 0]. See `Hurdle`."""

    @classmethod
    def _solve(cls, likelihood: Likelihood, near: Array | None = None) -> tuple[Solution, Array]:
        # The likelihood is a product: one factor knows of zeros alone, the other of the other values.
        t = likelihood.statistic
        inner = part(likelihood, cls._base, t.rest)
        zero = likelihood.held.get(0, t.zeros / t.n)
        solution, rest = cls._base._find(inner, None if near is None else near[..., 1:])
        shape = np.broadcast_shapes(np.shape(zero), rest.shape[:-1])
        full = np.empty((*shape, rest.shape[-1] + 1))
        full[..., 0], full[..., 1:] = zero, rest
        return solution._replace(params={}), full

    @classmethod
    def _refusals(cls, likelihood: Likelihood) -> list[Refusal]:
        t = likelihood.statistic
        if isinstance(t, Events):
            return super()._refusals(likelihood)
        inner = part(likelihood, cls._base, t.rest)
        if not inner.free.size:
            return []
        few = cls._base._refusals(inner)
        return [
            cls._all_zero(likelihood, ""),
            *(Refusal(r.where, f"of the values that are not 0, {r.reason}") for r in few),
        ]

    @classmethod
    def _insist_held(cls, likelihood: Likelihood, full: Array, arrived: bool) -> None:
        if isinstance(likelihood.statistic, Events):
            return super()._insist_held(likelihood, full, arrived)
        inner = part(likelihood, cls._base, likelihood.statistic.rest)
        return cls._insist_rest(cls._base, inner, full[1:], arrived)

    @classmethod
    def _remarks(cls, likelihood: Likelihood, full: Array) -> tuple[str, ...]:
        if full.ndim > 1 or full[0] > 0 or not cls._free_zero(likelihood):
            return ()
        return ("no value is 0, so zero is estimated as 0, the boundary of its domain",)
