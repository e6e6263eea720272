"""Whether the top of a climb is a maximum: parameters and coefficients that run away are found and named."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..domains import Positive, Unit
from ..errors import ConvergenceError, NoMLEError
from ..likelihood import Maximum
from ..priors import MODE
from .problem import Problem
from .separation import Cone, refuse_separation, terms

__all__ = ["looked_at"]

Array = np.ndarray

# A logarithm or a logit as large as this may be on its way to infinity.
_FAR = 9.0
# Probabilities so near to 0 or 1, positive parameters so many times as large as others, or climbs that took so many
# steps may follow a direction without end.
_CERTAIN, _WIDE, _LONG = 1e-5, 1e5, 15
_SHARE = 1e-9


def looked_at(likelihood: Any) -> tuple[Maximum, tuple[str, ...]]:
    """Return the maximum of a regression and what should be known of it, or say why there is none.

    Raises
    ------
    SeparationError : where a direction never lowers the probability of any row: with the direction.
    NoMLEError : where a parameter runs away, or a direction of the coefficients is flat or rises for ever.
    """
    top = likelihood.maximize()
    if likelihood.penalised:
        if not top.converged:
            raise ConvergenceError(
                f"{top.dist.called} with priors did not converge in {top.iterations} steps; it stopped at {top.params}"
            )
        return top, MODE
    problem, _ = likelihood._problem()
    wide = _saturated(top.dist)
    if not top.converged or top.iterations >= _LONG or wide:
        cone = _cone(problem, top.dist)
        if cone is not None:
            with np.errstate(all="ignore"):
                gamma = np.nan_to_num(problem.gamma(top.theta))
            refuse_separation(problem, gamma, cone=cone)
    for k in likelihood.free:
        if likelihood.layout.names[k] in problem.rows.y.model.parameters:
            edge = _beyond(likelihood, top, int(k))
            if edge is not None:
                return edge
    if not top.converged:
        raise NoMLEError(
            f"{top.dist.called} has no maximum likelihood estimate that could be found: "
            f"{_in_words(problem, top)}"
        )
    return top, ()


def _saturated(member: Any) -> bool:
    """Say whether a parameter that follows from columns is all but at the ends of its domain in some rows."""
    d = member.distribution_unchecked()
    for name in member.followed:
        domain, value = d.domains[name], np.asarray(getattr(d, name))
        if isinstance(domain, Unit) and np.minimum(value, 1.0 - value).min() < _CERTAIN:
            return True
        if isinstance(domain, Positive) and not value.max() < _WIDE * value.min():
            return True
    return False


def _cone(problem: Problem, member: Any) -> Cone | None:
    """Return the directions in which no row's probability falls, where one parameter follows from columns."""
    model = member.model
    if len(model.followed) != 1:
        return None
    k = model.parameters.index(model.followed[0])
    basis, cut, size = problem.bases[k], problem.cuts[k], problem.cuts[-1].stop
    way = member._paths()
    tight, sign = way == 0, np.where(way == 0, 1.0, way)
    if tight.all() or not basis.size:
        return None

    def rows(index: Array) -> Array:
        matrix = np.zeros((len(index), size))
        matrix[:, cut] = basis.rows(index) * sign[index, None]
        return matrix

    total = np.zeros(size)
    total[cut] = basis.gather(way)
    return Cone(lambda d: sign * basis.apply(d[cut]), rows, total, tight)


def _beyond(likelihood: Any, top: Maximum, k: int) -> tuple[Maximum, tuple[str, ...]] | None:
    """Return the maximum on the boundary where a parameter has run there; raise where there is no boundary."""
    layout, value = likelihood.layout, top.theta[k]
    name, domain = layout.names[k], layout.domain(k)
    u = float(domain.to_real(np.asarray(value)))
    if not np.isfinite(domain.longest_step) or (np.isfinite(u) and abs(u) < _FAR):
        return None
    way = 1.0 if u > 0 else -1.0
    edge = float(domain.from_real(np.asarray(way * np.inf))[0])
    bounded = bool(domain.contains(np.asarray(edge)))
    further = edge if bounded else float(domain.from_real(np.asarray(u + 2.0 * way))[0])
    height = float(top.log_likelihood)
    there = likelihood.maximize(fixed={name: further})
    if not (there.log_likelihood >= height - _SHARE * (1.0 + abs(height))):
        return None
    if bounded:
        return there, (
            f"{name} is estimated as {edge:g}, the boundary of its domain: what was seen does not ask for more",
        )
    family = likelihood.statistic.y.model.family
    goes = "grows" if way > 0 else "falls to 0"
    limit = family._limits.get(name) if way > 0 else None
    raise NoMLEError(
        f"{top.dist.called} has no maximum likelihood estimate: the likelihood keeps rising as {name} {goes} (followed to "
        f"{value:.3g})"
        + (f", and the {family.__name__} becomes {limit}" if limit else "")
        + (
            ", as it does where the columns fit y exactly"
            if name in family.units and way < 0
            else ""
        )
        + f"; hold it with fixed={{{name!r}: ...}}, or choose another family"
    )


def _in_words(problem: Problem, top: Maximum) -> str:
    """Name the direction in which the climb was still going, the largest moves over the spread of the columns first."""
    move = problem.without_rounding(top.theta)
    effect = np.abs(move) * problem.reach()
    order = [int(i) for i in np.argsort(-effect, kind="stable") if move[i] != 0][:6]
    return (
        f"the climb ended after {top.iterations} steps where the likelihood is flat or still rises, its largest coefficients "
        f"over the spread of the columns being {terms(problem, move, order, 3)}. Drop a column, gather more data, hold one "
        "with fixed={...}, or give it a prior"
    )
