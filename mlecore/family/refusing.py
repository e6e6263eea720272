"""Where a family has no estimate, or no arithmetic for one, and what it says then."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import ConvergenceError, DataError, NoMLEError
from ..existence import refusals, runaway
from ..likelihood import Likelihood
from ..numerics import some
from ..observations import PartlySeen
from ..statistics import Events, Sample, Streamed
from ..steps import corner_of
from .in_passes import insist_apart
from .reading import Reading
from .sourced import told_apart
from .terms import Array, Refusal

__all__ = ["Refusing"]

# Below this, and above its inverse, products of data and parameters leave the range of doubles.
_TINY, _HUGE = 1e-290, 1e290


class Refusing(Reading):
    """A family that knows which samples have no maximum of the likelihood, and which no numbers can hold."""

    @classmethod
    def _insist_known_shapes(cls, likelihood: Likelihood) -> None:
        """Raise where a known parameter has another shape than the batch of samples: each row is one sample."""
        own = likelihood.statistic.batch_shape
        for name, value in likelihood.known.items():
            if np.ndim(value) and np.shape(value) != own:
                raise DataError(
                    f"{name} has shape {np.shape(value)} for "
                    + (f"a batch of samples of shape {own}" if own else "a single sample")
                    + ": give one number, or one for each sample of a batch (axis=); one for each observation is known to a "
                    f"regression, {cls.__name__}.regress(y, ..., fixed={{{name!r}: ...}})"
                )

    @classmethod
    def _check_known(cls, likelihood: Likelihood) -> None:
        """Raise where the data contradict a known parameter."""

    @classmethod
    def _refused(cls, likelihood: Likelihood) -> list[Refusal]:
        """Return the refusals; of a sample that is read in passes none: the climb must have failed first."""
        return [] if isinstance(likelihood.statistic, Streamed) else cls._refusals(likelihood)

    @classmethod
    def _refusals(cls, likelihood: Likelihood) -> list[Refusal]:
        """Return which samples have no estimate, given what is known or held."""
        if likelihood.penalised:
            return []  # a prior may give a mode where the likelihood has none; a climb that fails says so
        if isinstance(likelihood.statistic, Events):
            return [Refusal(*refused) for refused in refusals(likelihood)]
        return list(cls._no_mle(likelihood.statistic, likelihood.fixed))

    @classmethod
    def _no_mle(cls, t: Any, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        """Yield the samples for which the likelihood has no maximum, given what is fixed."""
        yield from ()

    @classmethod
    def _without_mle(cls, likelihood: Likelihood) -> Array | None:
        """Raise where a single sample has no maximum; of a batch return which rows have none, None where all have."""
        batch = likelihood.batch_shape
        refused = np.zeros(batch, dtype=bool) if batch else None
        for refusal in cls._refused(likelihood):
            if refused is not None:
                refused |= refusal.where
            elif some(refusal.where):
                limit = refusal.limit() if refusal.limit is not None else None
                raise NoMLEError(
                    f"{cls.__name__} has no maximum likelihood estimate here: {refusal.reason}",
                    limit,
                )
        return refused if refused is not None and refused.any() else None

    @classmethod
    def _impossible(cls, likelihood: Likelihood, full: Array) -> Array:
        """Say which samples no member of the family with the held values could have made; none where all is held."""
        if not (likelihood.held and likelihood.free.size):
            return np.zeros(full.shape[:-1], dtype=bool)
        return likelihood.log_likelihood(full[..., likelihood.free]) == -np.inf

    @classmethod
    def _cannot_have_made(cls, likelihood: Likelihood) -> str:
        names = ", ".join(likelihood.layout.names[i] for i in likelihood.held)
        return f"with {names} held so, the log-likelihood is -infinity everywhere: no such member could have made the data"

    @classmethod
    def _insist_smooth(cls, likelihood: Likelihood, full: Array) -> None:
        """Raise where a family of one's own has a corner at its maximum and does not say so."""
        d = likelihood.layout.distribution(full, likelihood.known)
        name = corner_of(d, likelihood.statistic, likelihood.free)
        if name:
            raise ConvergenceError(
                f"the log-likelihood of {cls.__name__} has a corner or an end in {name} at its maximum, "
                f"{name} = {full[likelihood.layout.index(name)]:.6g}, so that no slope leads there. Say so in the class, "
                f"{cls._with_corners(name)}: it is then looked for among the values"
            )

    @classmethod
    def _with_corners(cls, name: str) -> str:
        return f'corners = ("{name}",)'

    @classmethod
    def _on_corners(cls) -> str:
        """Say how a family of one's own tells that its density has corners or ends that move."""
        if not cls._writes_density or cls.corners:
            return ""
        said = cls._with_corners(cls.parameters[0])
        return f". If its density has a corner or an end at a parameter, as |x - loc| has, name it in the class: {said}"

    @classmethod
    def _insist_within_range(cls, likelihood: Likelihood) -> None:
        """Raise where the data lie so near the ends of the range of doubles that no arithmetic is left for a fit."""
        if cls.event_ndim or likelihood.data is None or isinstance(likelihood.data, PartlySeen):
            return
        size = np.abs(np.asarray(likelihood.data, dtype=float))
        least, most = size[size > 0].min(initial=np.inf), size.max(initial=0.0)
        if least < _TINY or most > _HUGE:
            raise DataError(
                f"the data reach from {least:.3g} to {most:.3g} in size, too near an end of the range of doubles for this "
                "fit; measure them in other units, for instance divide them by their median"
            )

    @classmethod
    def _insist_finite(cls, likelihood: Likelihood, full: Array) -> None:
        """Raise where estimates near the ends of the range of doubles have a log-likelihood that is no double."""
        # Plain floats cost a tenth of an array's bookkeeping.
        sizes = [abs(value) for value in full.tolist()]
        if not sizes or (min(sizes) > _TINY and max(sizes) < _HUGE):
            return
        pairs = zip(likelihood.layout.names, sizes, strict=True)
        sizes = [size for name, size in pairs if name in cls.units]
        if not all(v == 0 or _TINY < v < _HUGE for v in sizes):
            value = likelihood.log_likelihood(full[likelihood.free])
            if not np.isfinite(value):
                cls._insist_within_range(likelihood)

    @classmethod
    def _insist_found(cls, likelihood: Likelihood, full: Array, arrived: bool) -> None:
        """Raise where the way to the maximum has led to none; of a sample read in passes as its pilot says why."""
        t = likelihood.statistic
        if not isinstance(t, Streamed):
            cls._insist_held(likelihood, full, arrived)
            return
        if t.state.get("searched") or (arrived and (cls._median_leads or not likelihood.free.size)):
            return
        few = copy.copy(likelihood)
        few.statistic = t.pilot
        reason, lost = "", bool(np.isnan(full).any())
        with np.errstate(all="ignore"):
            if not lost:
                # The pilot may have run away itself: what leads to a limit is far from 1 when it is large.
                start = likelihood.layout.unflatten(t.state["start"])
                start |= {k: 1.0 for k in cls._limits if k in start}
                reason = runaway(likelihood, full, start, arrived)
            if arrived and not reason and told_apart(likelihood, full):
                return
        try:
            cls._without_mle(few)
            if not lost:
                cls._insist_held(few, full, arrived)
        except NoMLEError as error:
            limit = error.limit
            if limit is not None:
                limit = type(limit.dist).fit(t.source, fixed=limit.likelihood.fixed or None)
            raise NoMLEError(error.reason, limit) from None
        if reason:
            raise NoMLEError(f"{cls.__name__} has no maximum likelihood estimate here: {reason}")
        if not arrived and isinstance(t.pilot, Sample):
            insist_apart(cls, t)

    @classmethod
    def _insist_held(cls, likelihood: Likelihood, full: Array, arrived: bool) -> None:
        """Raise where the climb over partly seen data has followed a parameter that runs away."""
        own = isinstance(likelihood.statistic, Sample) and cls._writes_density
        if not (own or isinstance(likelihood.statistic, Events)) or np.isnan(full).any():
            return
        if arrived and not own and cls._absorbs(likelihood.statistic):
            return  # nothing was climbed
        with np.errstate(all="ignore"):
            start = cls._rough(likelihood.statistic, likelihood.known)
            reason = runaway(likelihood, full, start, arrived)
        if reason:
            raise NoMLEError(f"{cls.__name__} has no maximum likelihood estimate here: {reason}")
