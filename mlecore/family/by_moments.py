"""The method of moments: the member whose moments are those of the sample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import DataError, NoMLEError, RegularityError
from ..likelihood import Likelihood
from ..statistics import Events, Moments, Statistic, Sums
from .solving import Solving
from .terms import Array, row_name

__all__ = ["ByMoments"]


class ByMoments(Solving):
    """A family that can be fitted by the method of moments, where its moments exist."""

    @classmethod
    def _by_moments(
        cls, likelihood: Likelihood, unread: Mapping[int, str]
    ) -> tuple[Array, Any, dict[Any, str]]:
        """Return vectors of all free scalars, which samples have such a member, and why the others have none."""
        if isinstance(likelihood.statistic, Events):
            raise DataError(
                "the method of moments needs the values themselves, and these were partly seen; use method='mle'"
            )
        if likelihood.data is None and likelihood.source is None:
            raise DataError(
                "the method of moments needs the data, not a statistic made for the likelihood"
            )
        if likelihood.held:
            raise DataError(
                "the method of moments takes no fixed parameters beyond the known ones; use method='mle'"
            )
        with np.errstate(all="ignore"):
            each = (
                cls._moments_of(*cls._observations(one.data, one.weights, one.axis))
                for one in likelihood.pieces()
            )
            moments = next(each) if likelihood.source is None else cls._added(each)
            params = cls._moments(moments, **likelihood.known)
        full = likelihood.layout.flatten_all(params)
        inside = likelihood.layout.contains(full)
        batch = likelihood.statistic.batch_shape
        problems: dict[Any, str] = {}
        if not np.all(inside):
            reason = f"the moments of the sample are not those of any {cls.__name__}"
            if not batch:
                raise NoMLEError(f"{reason}: they would need {params}")
            problems = {row_name(row): reason for row in np.argwhere(~inside)}
        for row, complaint in unread.items():
            index = np.unravel_index(row, batch)
            problems[row_name(index)], inside[index] = complaint, False
        full = np.where(np.asarray(inside)[..., None], full, np.nan)
        converged = inside if batch else True
        return full, converged, problems

    @classmethod
    def _added(cls, each: Iterable[Any]) -> Any:
        """Return the moments of all chunks of a source."""
        sums = Sums()
        for moments in each:
            if not isinstance(moments, Statistic):
                raise DataError(
                    f"the moments of {cls.__name__} do not add up from chunk to chunk; use method='mle'"
                )
            sums.add(moments)
        return sums.total()

    @classmethod
    def _moments_of(cls, x: Array, w: Array | None) -> Any:
        """Return what `_moments` needs of the data: mean and standard deviation, unless a family wants more."""
        return Moments.of(x, w)

    @classmethod
    def _moments(cls, m: Any, *args: Any, **known: Any) -> dict[str, Any]:
        raise RegularityError(
            f"{cls.__name__} has no estimate by the method of moments: use method='mle'"
        )
