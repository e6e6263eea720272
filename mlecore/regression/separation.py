"""Separation: the question whether the likelihood has a maximum, put to a linear programme.

Is there a direction of the coefficients along which no observation's probability ever falls, and
some observation's rises? If there is, the coefficients run to infinity along it.

Source: Albert and Anderson (1984); for the linear programme, Konis (2007).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import SeparationError
from .problem import Problem
from .sparse import Sparse

__all__ = ["Cone", "recession", "refuse_lone_columns", "refuse_separation", "terms"]

Array = np.ndarray

# How many coefficients of a direction an error names, and how many seconds a linear programme may take.
_NAMED, _PATIENCE = 12, 60.0


@dataclass(frozen=True, eq=False)
class Cone:
    """The conditions on a direction under which no observation's probability falls.

    Parameters
    ----------
    margins : a function of the direction that returns one number for each condition; each must be at
        least 0, and exactly 0 where `tight`.
    rows : a function of an array of condition numbers that returns their matrix.
    total : the sum of all conditions that are not tight.
    tight : which conditions are equalities.
    place : which of all coefficients a direction is of; the others are held.
    """

    margins: Callable[[Array], Array]
    rows: Callable[[Array], Array]
    total: Array
    tight: Array
    place: slice = field(default_factory=lambda: slice(None))


def recession(
    cone: Cone,
    guess: Array,
    *,
    strict: bool = False,
    search: bool = True,
    rounding: float = 1e-9,
) -> Array | None:
    """Return a direction of the cone along which some condition is positive, or None if there is none.

    With `strict` every condition must be positive; without `search` only the guess is tried. The programme
    is: maximise the sum of the conditions (strict: the smallest) over directions with coordinates in
    [-1, 1]. It is solved for a few conditions first, those that `guess` meets worst; conditions that its
    solution violates are added until none is left, which proves the direction, or until nothing is gained
    on the few, which proves that there is none. All this holds up to `rounding`, on columns of size 1.

    Source: Albert and Anderson (1984); Konis (2007).

    >>> z = np.array([[1.0, -1.0], [1.0, 2.0]]) * [[-1.0], [1.0]]
    >>> cone = Cone(lambda d: z @ d, lambda i: z[i], z.sum(axis=0), np.zeros(2, dtype=bool))
    >>> direction = recession(cone, np.zeros(2))
    >>> bool((z @ direction >= 0).all())
    True
    """
    if strict and cone.tight.any():
        return None
    length = float(np.abs(guess).max(initial=0.0))
    margins = cone.margins(guess / length if length > 0 else guess)
    if not cone.tight.any() and margins.min() > rounding:
        return guess / length  # the climb has found a separating direction itself
    if not search:
        return None
    some = min(cone.tight.size, 200 + 10 * cone.total.size)
    used = np.union1d(
        np.argpartition(np.where(cone.tight, -np.abs(margins), margins), some - 1)[:some],
        np.linspace(0, cone.tight.size - 1, some).astype(int),
    )
    for _ in range(200):
        direction, gain = _programme(cone, used, strict=strict)
        if gain <= rounding:
            return None
        direction /= np.abs(direction).max()
        margins = cone.margins(direction)
        least = gain if strict else 0.0
        violation = np.where(cone.tight, np.abs(margins), 0.5 * least - margins)
        violation[used] = 0.0
        worst = np.flatnonzero(violation > rounding)
        if worst.size == 0:
            direction[np.abs(direction) < 1e-12] = 0.0
            return direction
        if worst.size > some:
            worst = worst[np.argpartition(violation[worst], -some)[-some:]]
        used = np.union1d(used, worst)
    return None


def _programme(cone: Cone, used: Array, *, strict: bool) -> tuple[Array, float]:
    """Solve the programme of `recession` on some conditions: the direction and what it gains, 0 for none."""
    from scipy import (
        optimize,  # here, as most fits need no linear programme
        sparse,
    )

    M, tight = cone.rows(used), cone.tight[used]
    M = M.tocsr() if sparse.issparse(M) else M
    loose, size = -M[~tight], cone.total.size
    objective = -cone.total / max(float(np.abs(cone.total).max(initial=0.0)), 1.0)
    bounds = [(-1.0, 1.0)] * size
    if strict:
        ones = np.ones((loose.shape[0], 1))
        beside = sparse.hstack if sparse.issparse(loose) else np.hstack
        loose = beside([loose, ones])
        objective = np.append(np.zeros(size), -1.0)
        bounds = [*bounds, (0.0, 1.0)]
    solution = optimize.linprog(
        objective,
        A_ub=loose if loose.shape[0] else None,
        b_ub=np.zeros(loose.shape[0]) if loose.shape[0] else None,
        A_eq=M[tight] if tight.any() else None,
        b_eq=np.zeros(int(tight.sum())) if tight.any() else None,
        bounds=bounds,
        method="highs",
        options={
            "primal_feasibility_tolerance": 1e-10,
            "dual_feasibility_tolerance": 1e-10,
            "time_limit": _PATIENCE,
        },
    )
    if solution.status != 0:
        return np.zeros(size), 0.0
    return solution.x[:size], float(-solution.fun)


def refuse_separation(
    problem: Problem,
    gamma: Array,
    *,
    prove: bool = True,
    cone: Cone | None = None,
    because: str = "",
) -> None:
    """Raise a SeparationError if a direction along which nothing falls exists; `because` goes before what it says."""
    cone = problem.family._cone(problem) if cone is None else cone
    direction = recession(cone, gamma[cone.place], search=prove)
    if direction is None:
        return
    kind, margins = "completely", cone.margins(direction)
    if margins.min() <= 64 * np.finfo(float).eps * np.abs(margins).max():
        complete = recession(cone, direction, strict=True)
        kind, direction = (
            (kind, complete) if complete is not None else ("quasi-completely", direction)
        )
    whole = np.zeros(gamma.size)
    whole[cone.place] = direction
    theta = problem.theta(whole, np.zeros(len(problem.names)))
    theta = problem.without_rounding(theta / np.abs(theta).max())
    why = because + problem.family._separated.format(kind=kind)
    raise SeparationError(
        f"{problem.family._called(problem.rows)} has no maximum likelihood estimate: {why} "
        f"along {_in_words(problem, cone, theta, kind)}; the coefficients run to infinity along it. "
        "Drop a column, merge classes, gather more data, or hold a coefficient with fixed={...}",
        direction=theta,
    )


def refuse_lone_columns(
    model: Any, rows: Any, free: Array, ends: list[tuple[float, float]]
) -> None:
    """Raise where single columns separate: y is at an end in every row where they are not zero, as of an empty category.

    `ends` are the ends of y that are reached at infinity, each with the sign of the predictor there. Of sparse columns
    that costs one product; dense ones are left to the linear programme.
    """
    X, first = rows.X, int(rows.intercept)
    if not isinstance(X, Sparse):
        return
    low, high = X.ends()
    sign = np.where(low >= 0, 1.0, np.where(high <= 0, -1.0, 0.0)) * (low < high)
    theta, said = np.zeros(len(rows.coefficients)), []
    for end, way in ends:
        alone = (sign != 0) & (sign * ((rows.y != end).astype(float) @ X) == 0)
        alone &= np.isin(np.arange(first, first + sign.size), free)
        theta[first:][alone] = (way * sign)[alone]
        if alone.any():
            index = np.flatnonzero(alone)
            names = ", ".join(rows.names[j] for j in index[:_NAMED])
            more = f" and {index.size - _NAMED} more" if index.size > _NAMED else ""
            said.append(
                f"y is {end:g} wherever {names}{more} {'is' if index.size == 1 else 'are'} not 0"
            )
    if said:
        raise SeparationError(
            f"{model.__name__} has no maximum likelihood estimate: {'; '.join(said)}, so that these coefficients run to "
            "infinity, as those of categories without an event do. Merge such categories, leave out their rows, hold the "
            "coefficients with fixed={...}, or give them a prior",
            direction=theta,
        )


def _in_words(problem: Problem, cone: Cone, theta: Array, kind: str) -> str:
    """Return a direction in as few coefficients and digits as still separate, largest effects first."""
    effect = np.abs(theta) * problem.reach()
    order = [int(i) for i in np.argsort(-effect, kind="stable") if theta[i] != 0]
    shortest = range(1, min(len(order), _NAMED) + 1)
    # In the unit of one of its coefficients a direction may have round numbers.
    units = [1.0, *np.abs(theta[order[:3]])]
    for digits, size, unit in itertools.product((3, 6, 15), shortest, units):
        short = np.zeros_like(theta)
        for i in order[:size]:
            short[i] = float(f"{theta[i] / unit:.{digits}g}")
        if _separates(cone, problem.gamma(short), strictly=kind == "completely"):
            return f"the direction {terms(problem, short, order[:size], digits)}"
    return (
        f"a direction of {len(order)} coefficients, the error's .direction, whose largest parts over the spread of "
        f"the columns are {terms(problem, theta, order[:_NAMED], 3)}"
    )


def _separates(cone: Cone, gamma: Array, *, strictly: bool) -> bool:
    """Say whether along a direction no condition falls, and some rises, or all do."""
    margins = cone.margins(gamma[cone.place])
    rounding = 64 * np.finfo(float).eps * np.abs(margins).max(initial=0.0)
    held = np.where(cone.tight, -np.abs(margins), margins)
    least = rounding if strictly else -rounding
    return bool(held.min() >= least and margins.max() > rounding)


def terms(problem: Problem, theta: Array, index: list[int], digits: int) -> str:
    """Return some coefficients with their names."""
    return " ".join(f"{theta[i]:+.{digits}g} {problem.names[i]}" for i in sorted(index))
