"""The way to the maximum: a family's own where it has one, else a climb."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import numpy as np

from ..censoring import notes, rough, top_of_few
from ..corners import cornered
from ..errors import interruptible
from ..existence import to_edge
from ..likelihood import Likelihood
from ..observations import PartlySeen
from ..priors import MODE
from ..searching import best_places, searched
from ..statistics import Events, Parts, Sample, Statistic, Streamed
from .in_passes import pilot_in_doubt, searched_in_passes
from .refusing import Refusing
from .sourced import streamed_top, told_apart
from .terms import Array, Solution

__all__ = ["Solving"]


class Solving(Refusing):
    """A family with the way to its maximum: its own where it has one, else a climb."""

    @classmethod
    def _found(cls, likelihood: Likelihood, near: Array | None = None) -> tuple[Solution, Array]:
        """Return the solution as `_find` does; of a sample that is read in passes by climbing."""
        t = likelihood.statistic
        if not isinstance(t, Streamed):
            return cls._find(likelihood, near)
        with interruptible(t.interrupted):
            return cls._found_in_passes(likelihood, t, near)

    @classmethod
    def _found_in_passes(
        cls, likelihood: Likelihood, t: Streamed, near: Array | None
    ) -> tuple[Solution, Array]:
        if cls._median_leads and not likelihood.penalised:
            return cls._find(likelihood, near)
        searches = cls._in_doubt.__func__ is not Solving._in_doubt.__func__
        plain = searches and isinstance(t.pilot, Sample) and not likelihood.penalised
        if not plain or near is not None or set(likelihood.held) - cls._searches_with:
            return streamed_top(likelihood, near)
        if not pilot_in_doubt(likelihood):
            solution, full = streamed_top(likelihood)
            if solution.converged and told_apart(likelihood, full):
                return solution, full
        return searched_in_passes(likelihood)

    @classmethod
    def _in_doubt(cls, t: Sample, full: Array, share: float) -> bool:
        """Say whether what is found in part of a source, a share of it, may be another top than the highest of all."""
        return False

    @classmethod
    def _find(cls, likelihood: Likelihood, near: Array | None = None) -> tuple[Solution, Array]:
        """Return the solution as `_solve` does; of partly seen data by climbing, whatever the family."""
        if likelihood.penalised:
            top = likelihood.mode(near)
            return Solution({}, top.iterations, top.converged, MODE), top.theta
        single = not likelihood.batch_shape
        cornered_here = single and cls.corners and set(cls.corners) & set(likelihood.names)
        events = isinstance(likelihood.statistic, Events)
        if not events and not (cls._writes_density and cornered_here):
            return cls._solve(likelihood, near)
        said = notes(likelihood.data) if isinstance(likelihood.data, PartlySeen) else ()
        if events and cls._absorbs(likelihood.statistic):
            whole = copy(likelihood)
            whole.statistic = likelihood.statistic.exact
            solution, theta = cls._solve(whole, near)
            if np.all(solution.converged) and np.isfinite(theta).all():
                return solution._replace(notes=said), theta
        if cornered_here:
            theta, _, converged = cornered(likelihood)
            iterations = 0
            if not events:
                return Solution({}, iterations, converged), theta
        else:
            top = likelihood.climbed(top_of_few(likelihood) if near is None else near)
            iterations = top.iterations
            theta, _, converged = to_edge(likelihood, top.theta, top.log_likelihood, top.converged)
        return Solution({}, iterations, converged, said), theta

    @classmethod
    def _solve(cls, likelihood: Likelihood, near: Array | None = None) -> tuple[Solution, Array]:
        """Return the solution and its vector of all free scalars: by the family's own way, else by climbing.

        `near` are vectors from which a climb may begin.
        """
        t, known = likelihood.statistic, likelihood.known
        if likelihood.held:
            solution = cls._mle_given(t, likelihood.held, **known)
        elif cls._climbs():
            solution = None
        else:
            solution = cls._mle(t, **known)
        if solution is not None:
            return solution, likelihood.layout.flatten_all(solution.params)
        blind = isinstance(t, Sample) and cls._start.__func__ is Solving._start.__func__
        top = searched(likelihood, near) if blind else likelihood.climbed(near)
        return Solution(top.params, top.iterations, top.converged), top.theta

    @classmethod
    def _mle(cls, t: Any, *args: Any, **known: Any) -> Solution:
        """Return the maximum; families with a closed form or a faster way override this."""
        top = Likelihood(cls, t, fixed=known).climbed()
        return Solution(
            {name: top.params[name] for name in cls.parameters}, top.iterations, top.converged
        )

    @classmethod
    def _mle_given(
        cls, t: Any, held: Mapping[int, Array], *args: Any, **known: Any
    ) -> Solution | None:
        """Return the maximum with the free scalars at some positions held, where it has a closed form; else None."""
        return None

    @classmethod
    def _start(cls, t: Any, *args: Any, **known: Any) -> dict[str, Any]:
        """Return a rough estimate to climb from: the family's own maximum where it has one, else the best of a search."""
        if not cls._climbs():
            return cls._mle(t, **known).params
        likelihood = Likelihood(cls, t, fixed=known)
        return likelihood.layout.unflatten(best_places(likelihood)[0])

    @classmethod
    def _rough(cls, t: Statistic, known: Mapping[str, Any]) -> dict[str, Any]:
        """Return an estimate to climb from."""
        t = t.pilot if isinstance(t, Streamed) else t
        return rough(cls, t, known) if isinstance(t, Events) else cls._start(t, **known)

    @classmethod
    def _absorb(cls, exact: Any, seen: Parts, windows: Parts) -> tuple[Any, Parts, Parts]:
        """Put into the statistic of the values seen exactly what it can hold of the others."""
        return exact, seen, windows

    @classmethod
    def _absorbs(cls, t: Events) -> bool:
        """Say whether the family's own statistic, with its own way to the maximum, holds all that was seen."""
        whole = t.exact is not None and t.seen.size == t.windows.size == 0
        return whole and cls._absorb.__func__ is not Solving._absorb.__func__

    @classmethod
    def _climbs(cls) -> bool:
        """Say whether the family has no way of its own to the maximum."""
        return cls._mle.__func__ is Solving._mle.__func__
