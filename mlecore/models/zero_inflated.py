"""Zero inflation: some zeros arise by themselves, beside those of a family of counts."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ..errors import DataError, NoMLEError
from ..family import Array, Family, Refusal, Solution
from ..likelihood import Likelihood
from ..statistics import Events, Statistic
from .made import make
from .truncated import Truncated
from .zero_apart import Apart, ZeroApart, domains_with_zero, part

__all__ = ["ZeroInflated"]


def ZeroInflated(family: type[Family]) -> type[Family]:
    """Return the family of counts that are 0 with probability `zero`, and else of a given family, zeros among them.

    P(X = 0) = zero + (1 - zero) f(0), P(X = k) = (1 - zero) f(k). Its parameters are `zero`, then those of the family.
    Where a sample has no more zeros than the family predicts, `zero` is estimated as 0, the boundary: standard errors
    and Wald intervals refuse there, likelihood-ratio ones do not. Source: Lambert (1992).

    Raises
    ------
    DataError : for a family that never is 0 (see `Hurdle`), of 0 and 1 alone, or of vectors.

    >>> from mlecore import Poisson
    >>> f = ZeroInflated(Poisson).fit([0, 0, 0, 0, 1, 2, 3])
    >>> {name: round(value, 3) for name, value in f.params.items()}
    {'zero': 0.462, 'rate': 1.594}
    """
    domains = domains_with_zero("ZeroInflated", family)
    support = family.support
    if not support.whole or support.low != 0:
        raise DataError(
            f"{family.__name__} ({support.text}) has no zeros to inflate: use Hurdle({family.__name__})"
        )
    if support.high < 2:
        raise DataError(
            f"{family.__name__} has the values 0 and 1 alone, and no data could tell its zeros from others"
        )
    return make(
        ZeroInflatedFamily,
        ZeroInflated,
        (family,),
        f"ZeroInflated({family.__name__})",
        domains,
        {
            "_base": family,
            "_positive": Truncated(family, low=1),
            "_zero_too": True,
            "support": support,
            "irregular": family.irregular,
        },
    )


class ZeroInflatedFamily(ZeroApart):
    """Counts with zeros beside those of a family: zero [x = 0] + (1 - zero) f(x). See `ZeroInflated`."""

    _positive: ClassVar[type[Family]]

    @classmethod
    def _solve(cls, likelihood: Likelihood, near: Array | None = None) -> tuple[Solution, Array]:
        """Return the maximum from that of the positive counts, where it is inside; else without inflation.

        With q = (1 - zero)(1 - f(0)) in place of zero the likelihood is a product of one in q and one in the other
        parameters, which is that of the positive counts. Where zero comes out below 0 the maximum is at 0.
        """
        t = likelihood.statistic
        if not cls._free_zero(likelihood):
            top = likelihood.climbed(near)
            return Solution({}, top.iterations, top.converged), top.theta
        rest = None if near is None else near[..., 1:]
        solution, full = cls._positive._find(part(likelihood, cls._positive, t.rest), rest)
        full = np.broadcast_to(full, (*likelihood.batch_shape, full.shape[-1]))
        full = cls._whole(likelihood, cls._left(likelihood, full), full)
        inside = (full[..., 0] > 0) & np.isfinite(full).all(axis=-1)
        if np.all(inside & solution.converged):
            return solution._replace(params={}), full
        plain = part(likelihood, cls._base, cls._everything(t))
        edge, there = cls._base._find(plain, rest)
        there = cls._whole(likelihood, 0.0, there)
        # At the boundary no slope may lead inside, nor may a climb that ended nowhere have been higher.
        with np.errstate(all="ignore"):
            height, level = (
                likelihood.log_likelihood(v[..., likelihood.free]) for v in (full, there)
            )
            rise = likelihood.score(there[..., likelihood.free])[..., 0]
        top = ~(rise > 1e-7 * t.n) & ~(inside & (height > level + 1e-9 * np.abs(level)))
        for refusal in cls._base._refusals(plain):
            top = top & ~refusal.where
        found = inside & solution.converged
        return Solution(
            {},
            solution.iterations + edge.iterations,
            np.where(found, True, edge.converged & top)[()],
        ), np.where(found[..., None], full, there)

    @classmethod
    def _whole(cls, likelihood: Likelihood, zero: Array | float, rest: Array) -> Array:
        full = np.empty((*likelihood.batch_shape, rest.shape[-1] + 1))
        full[..., 0], full[..., 1:] = zero, rest
        return full

    @classmethod
    def _left(cls, likelihood: Likelihood, rest: Array) -> Array:
        """Return 1 - q / (1 - f(0)), the zeros that the other parameters leave."""
        t = likelihood.statistic
        d = cls._base._layout(t.rest).distribution(rest, likelihood.known)
        with np.errstate(all="ignore"):
            return 1.0 - (t.others / t.n) / -np.expm1(d.log_prob(np.zeros(d.batch_shape)))

    @classmethod
    def _everything(cls, t: Apart) -> Statistic:
        """Return the statistic of the whole sample, as the family without inflation knows it."""
        zeros = np.maximum(t.zeros, 1e-300)[..., None]
        return cls._base._statistics(np.zeros(zeros.shape), zeros) + t.rest

    @classmethod
    def _refusals(cls, likelihood: Likelihood) -> list[Refusal]:
        if isinstance(likelihood.statistic, Events):
            return super()._refusals(likelihood)
        instead = ": zero = 1 does as well whatever they are" * cls._free_zero(likelihood)
        some = likelihood.free.size > cls._free_zero(likelihood)
        return [cls._all_zero(likelihood, instead)] if some and cls._free_zero(likelihood) else []

    @classmethod
    def _insist_held(cls, likelihood: Likelihood, full: Array, arrived: bool) -> None:
        t = likelihood.statistic
        if isinstance(t, Events) or not cls._free_zero(likelihood):
            return super()._insist_held(likelihood, full, arrived)
        positive = part(likelihood, cls._positive, t.rest)
        if full[0] > 0:
            return cls._insist_rest(cls._positive, positive, full[1:], arrived)
        for refusal in cls._base._refusals(part(likelihood, cls._base, cls._everything(t))):
            if np.any(refusal.where):
                raise NoMLEError(
                    f"{cls.__name__} has no maximum likelihood estimate here: zeros are no more than without inflation, "
                    f"and then {refusal.reason}"
                )
        if not arrived:
            cls._insist_rest(cls._positive, positive, cls._positive._find(positive)[1], False)
        return None

    @classmethod
    def _remarks(cls, likelihood: Likelihood, full: Array) -> tuple[str, ...]:
        if full.ndim > 1 or full[0] > 0 or not cls._free_zero(likelihood):
            return ()
        t, name = likelihood.statistic, cls._base.__name__
        d = cls._base._layout(t.rest).distribution(full[1:], likelihood.known)
        return (
            f"zeros: {float(t.zeros):g} seen, {float(t.n * d.pmf(0)):.4g} predicted by the {name} alone; they are no more than "
            "it has, so zero is estimated as 0, the boundary of its domain",
        )
