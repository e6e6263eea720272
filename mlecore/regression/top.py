"""Whether the top of a climb is a maximum: parameters and coefficients that run away are found and named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..domains import Positive, Unit
from ..errors import ConvergenceError, NoMLEError
from ..likelihood import Maximum
from ..priors import MODE
from .ascent import ascend
from .irls import evaluate
from .problem import Problem
from .separation import Cone, refuse_separation, terms
from .sparse import Sparse

__all__ = ["looked_at"]

Array = np.ndarray

# A logarithm or a logit as large as this may be on its way to infinity.
_FAR = 9.0
# Probabilities so near to 0 or 1, positive parameters so many times as large as others, or climbs that took so many
# steps may follow a direction without end.
_CERTAIN, _WIDE, _LONG = 1e-5, 1e5, 15
_SHARE = 1e-9
# A direction in which the logarithm or logit has a standard error beyond ten, and how far on it is followed.
_LEVEL, _ON = 1e-2, 8.0
# The links whose predictors have the unit of the parameter, or a power of it.
_WITH_UNITS = ("identity", "inverse", "sqrt")


def looked_at(
    likelihood: Any, limit: Callable[[str], Any] = lambda name: None
) -> tuple[Maximum, tuple[str, ...]]:
    """Return the maximum of a regression and what should be known of it, or say why there is none.

    `limit` maps a parameter that is the same in all rows, and grows without end, to the fit of what the family becomes.

    Raises
    ------
    SeparationError : where a direction never lowers the probability of any row: with the direction.
    NoMLEError : where a parameter runs away, or a direction of the coefficients is flat or rises for ever.
    """
    if likelihood.penalised:
        top = likelihood.maximize()
        if not top.converged:
            raise ConvergenceError(
                f"{top.dist.called} with priors did not converge in {top.iterations} steps; it stopped at {top.params}"
                + likelihood.at_ends(top.theta)
            )
        return top, MODE
    _refuse_one_sided(likelihood)
    top = likelihood.maximize()
    if isinstance(likelihood.statistic.X, Sparse) and top.converged:
        return top, ()  # concave, and its climb has looked for directions without end
    problem, _ = likelihood._problem()
    level = _level(problem, top)
    if not top.converged or top.iterations >= _LONG or _saturated(top.dist) or len(level):
        _refuse_cones(problem, top.dist, problem.gamma(top.theta))
    for k in likelihood.free:
        if likelihood.layout.names[k] in problem.rows.y.model.parameters:
            edge = _beyond(likelihood, top, int(k), limit)
            if edge is not None:
                return edge
    _refuse_without_end(problem, top, level)
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


def _refuse_one_sided(likelihood: Any) -> None:
    """Raise where all that was seen are bounds on one side, and a direction moves the rows away beyond them."""
    rows = likelihood.statistic
    seen = rows.y.seen
    if seen is None or likelihood.free.size == 0:
        return
    counted = np.ones(len(seen), dtype=bool) if rows.weights is None else rows.weights > 0
    if (seen.exact & counted).any():
        return
    low, high = seen.events(rows.y.model.family.support.whole)
    for side, away in (("right", high == np.inf), ("left", low == -np.inf)):
        if away[counted].all():
            problem, _ = likelihood._problem()
            held = np.zeros(len(likelihood.layout.names))
            for i, value in likelihood.held.items():
                held[i] = value
            gamma = problem.family._first_guess(problem, problem.offsets(held))
            member = likelihood.layout.distribution(problem.theta(gamma, held), {})
            _refuse_cones(problem, member, gamma, f"every value is {side}-censored, so that ")


def _refuse_cones(problem: Problem, member: Any, gamma: Array, because: str = "") -> None:
    """Raise where in one parameter that follows from columns, the others held, a direction lets no row's probability fall."""
    for name in member.followed:
        cone = _cone(problem, member, member.model.parameters.index(name))
        if cone is not None:
            refuse_separation(problem, np.nan_to_num(gamma), cone=cone, because=because)


def _cone(problem: Problem, member: Any, k: int) -> Cone | None:
    """Return the directions of one parameter, the others held, in which no row's probability falls."""
    basis = problem.bases[k]
    way = member._paths(k)
    tight, sign = way == 0, np.where(way == 0, 1.0, way)
    if tight.all() or not basis.size:
        return None

    def rows(index: Array) -> Array:
        return basis.rows(index) * sign[index, None]

    return Cone(lambda d: sign * basis.apply(d), rows, basis.gather(way), tight, problem.cuts[k])


def _pure(problem: Problem) -> Array:
    """Say which coefficients of the columns move predictors that are pure numbers: logarithms, logits and their like."""
    model = problem.rows.y.model
    pure = np.zeros(problem.cuts[-1].stop, dtype=bool)
    for link, same, cut in zip(model.links, model.constant, problem.cuts, strict=True):
        pure[cut] = not same and link.name not in _WITH_UNITS
    return pure


def _level(problem: Problem, top: Maximum) -> Array:
    """Return the directions of pure predictors in which the likelihood is all but level, or bends up; rows.

    The first is what the climb has moved along them all.
    """
    pure, none = _pure(problem), np.zeros((0, problem.cuts[-1].stop))
    with np.errstate(all="ignore"):
        gamma, offsets = problem.gamma(top.theta), problem.offsets(top.theta)
        information = problem.measured.get("curvature")
        if information is None:
            information = evaluate(problem, gamma, offsets)[2]
        size = np.sqrt(np.abs(np.diagonal(information)))
        size = np.where(pure | ~(size > 0), 1.0, size)
        scaled = information / size / size[:, None]
    if not pure.any() or not (np.isfinite(scaled).all() and np.isfinite(gamma).all()):
        return none
    bend, along = np.linalg.eigh(scaled)
    ways = along[:, bend < _LEVEL]
    if not ways.shape[1]:
        return none
    moved = (gamma - problem.family._first_guess(problem, offsets)) * size
    return np.vstack([ways @ (ways.T @ moved), ways.T, -ways.T]) / size * pure


def _refuse_without_end(problem: Problem, top: Maximum, level: Array) -> None:
    """Raise where far along a direction, and climbing on from there, the likelihood is as high as at the top.

    Then either it rises for ever, or it is level, and no point is the estimate.
    """
    if not len(level):
        return
    offsets = problem.offsets(top.theta)
    gamma, height = problem.gamma(top.theta), float(top.log_likelihood)
    lead = height - evaluate(problem, gamma, offsets, curvature=False)[0]  # constants left out
    for way in level:
        largest = problem.change(way)[0]
        if not largest > 0:
            continue
        with np.errstate(all="ignore"):
            there = ascend(problem, gamma + way * (_ON / largest), offsets, 30)
            move = np.where(_pure(problem), there.theta[0] - gamma, 0.0)
            as_high = there.log_likelihood[0] + lead >= height - _SHARE * (1.0 + abs(height))
        if as_high and np.isfinite(move).all() and problem.change(move)[0] > 0.5 * _ON:
            raise _without_end(problem, top, move)


def _without_end(problem: Problem, top: Maximum, move: Array) -> NoMLEError:
    """Return what is said of a direction that has no end, and of the parameter that runs in it."""
    theta = problem.theta(move, np.zeros(len(problem.names)))
    theta = problem.without_rounding(theta / np.abs(theta).max())
    effect = np.abs(theta) * problem.reach()
    order = [int(i) for i in np.argsort(-effect, kind="stable") if effect[i] > 1e-3 * effect.max()]
    model = problem.rows.y.model
    moves = [b.apply(move[c]) for b, c in zip(problem.bases, problem.cuts, strict=True)]
    k = int(np.argmax([np.abs(m).max() for m in moves]))
    name, far = model.parameters[k], moves[k][np.abs(moves[k]) > 0.5 * _ON]
    up = int((far > 0).sum())
    goes = " and ".join(
        f"{how} in {count} of {len(problem.rows.y)} rows"
        for how, count in (("grows", up), ("falls", far.size - up))
        if count
    )
    limit = model.family._limits.get(name) if up else None
    return NoMLEError(
        f"{top.dist.called} has no maximum likelihood estimate: the likelihood keeps rising, or is level, as {name} {goes}"
        + (f", where the {model.family.__name__} becomes {limit}" if limit else "")
        + f", along the direction {terms(problem, theta, order[:6], 3)}. Drop a column, let {name} be the same in all rows, "
        "hold a coefficient with fixed={...}, or give it a prior"
    )


def _beyond(
    likelihood: Any, top: Maximum, k: int, limit: Callable[[str], Any]
) -> tuple[Maximum, tuple[str, ...]] | None:
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
    becomes = family._limits.get(name) if way > 0 else None
    raise NoMLEError(
        f"{top.dist.called} has no maximum likelihood estimate: the likelihood keeps rising as {name} {goes} (followed to "
        f"{value:.3g})"
        + (f", and the {family.__name__} becomes {becomes}" if becomes else "")
        + (
            ", as it does where the columns fit y exactly"
            if name in family.units and way < 0
            else ""
        )
        + f"; hold it with fixed={{{name!r}: ...}}, or choose another family",
        limit(name) if way > 0 else None,
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
