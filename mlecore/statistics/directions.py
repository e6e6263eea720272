"""The statistic of directions: the mean of unit vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from ..numerics import some
from .averages import heaviest, mean_of, size_of
from .pieces import by_rows
from .statistic import Statistic

__all__ = ["Directions"]

Array = np.ndarray

# Angles beyond this have lost digits that their sine still has.
_MANY_TURNS = 100.0


@dataclass(frozen=True, eq=False)
class Directions(Statistic):
    """Size, mean direction, and how far the mean resultant length falls short of 1: all that a von Mises needs.

    `direction` and the angles are in radians; `deficit` = 1 - R is the mean of 2 sin^2((x - direction)/2), which keeps
    its digits when all angles nearly agree.

    >>> float(Directions.of(np.array([0.0, np.pi / 2])).direction * 4 / np.pi)
    1.0
    """

    direction: Array
    deficit: Array
    _ends: ClassVar[dict[str, tuple[float, float]]] = {"deficit": (0.0, 1.0)}

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Self:
        """Summarise the last axis of x, in radians."""
        if np.abs(x).max(initial=0.0) > _MANY_TURNS:
            # The sine and the cosine know an angle of 1e300; its difference from another does not.
            x = np.arctan2(np.sin(x), np.cos(x))
        if x.shape[-1] == 1:
            return cls(size_of(x, weights), x[..., 0].copy()[()], np.zeros_like(x[..., 0]))
        return cls(size_of(x, weights), *_resultant(x, None, weights))

    def _pooled(self) -> tuple[Array, ...]:
        return _resultant(self.direction, self.deficit, self.n)


def _resultant(x: Array, deficit: Array | None, weights: Array | None) -> tuple[Array, Array]:
    """Return the direction and the deficit of the mean of vectors of length 1 - deficit at the angles x."""
    direction, short = by_rows(_mean_vector, x, deficit, weights)
    if some(short < 1e-3):
        (short,) = by_rows(_shortfall, x, direction, deficit, weights)
    return direction, short


def _mean_vector(x: Array, deficit: Array | None, weights: Array | None) -> tuple[Array, Array]:
    """Return the direction of the mean vector, and how far its length falls short of 1, to 1e-16."""
    pivot = heaviest(x, weights)
    turn, length = x - pivot, 1.0 if deficit is None else 1.0 - deficit
    sine, cosine = mean_of(length * np.sin(turn), weights), mean_of(length * np.cos(turn), weights)
    return pivot[..., 0] + np.arctan2(sine, cosine), 1.0 - np.hypot(sine, cosine)


def _shortfall(
    x: Array, direction: Array, deficit: Array | None, weights: Array | None
) -> tuple[Array]:
    """Return how far the mean vector, of known direction, falls short of 1, with all its digits where that is little."""
    square = np.sin(0.5 * (x - np.asarray(direction)[..., None])) ** 2
    if deficit is None:
        return (mean_of(2.0 * square, weights),)
    return (mean_of(deficit + (1.0 - deficit) * 2.0 * square, weights),)
