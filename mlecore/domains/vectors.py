"""Where a parameter that is several numbers lives: probabilities, vectors, covariance matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .domain import Array, Domain, Positive

__all__ = ["PositiveDefinite", "PositiveVector", "RealVector", "Simplex"]


@dataclass(frozen=True)
class Simplex(Domain):
    """Probabilities of the classes 0 .. K-1, which sum to one; the free scalars are p1 .. p(K-1)."""

    event_ndim: ClassVar[int] = 1

    def describe(self) -> str:
        return "probabilities that sum to 1"

    def contains(self, value: Array) -> Array:
        return ((value >= 0) & (value <= 1)).all(axis=-1) & (
            np.abs(value.sum(axis=-1) - 1.0) <= 1e-8
        )

    def complaint(self, value: Array) -> str:
        wrong = ~((value >= 0) & (value <= 1))
        if not np.isfinite(value).all():
            first = int(np.argmin(np.isfinite(value)))
            return f"got {value[first]:g} at index {first}"
        total = value.sum()
        if not wrong.any() or total > 1.0:
            size = "more" if total > 1.0 else "less"
            return (
                f"got {value.size} values that sum to {total:.6g}, {size} than 1: divide them by their sum. "
                "Observed classes go into Categorical.fit(x)"
            )
        first = int(np.argmax(wrong))
        return f"got {value[first]:g} at index {first}"

    def size(self, dimension: int) -> int:
        return dimension - 1

    def names(self, name: str, dimension: int) -> tuple[str, ...]:
        return tuple(f"p{k}" for k in range(1, dimension))

    def flatten(self, value: Array) -> Array:
        return np.asarray(value)[..., 1:]

    def unflatten(self, scalars: Array, dimension: int) -> Array:
        rest = 1.0 - scalars.sum(axis=-1, keepdims=True)
        # Beside an empty class 0 the sum misses one by rounding, and no probability lies below zero.
        rest = np.where(np.abs(rest) < 1e-15 * dimension, 0.0, rest)
        return np.concatenate([rest, scalars], axis=-1)

    def interior(self, dimension: int) -> Array:
        return np.full(dimension - 1, 1.0 / dimension)

    def moved(self, scalars: Array, k: int, value: Array, dimension: int) -> Array:
        # The other classes keep their proportions among themselves.
        with np.errstate(all="ignore"):
            shrink = (1.0 - value) / (1.0 - scalars[..., k])
        return super().moved(
            scalars * np.where(np.isfinite(shrink), shrink, 1.0)[..., None], k, value, dimension
        )

    def at_edge(self, scalars: Array) -> Array:
        # 1 - sum may miss zero by rounding; a share that small is no share.
        rest = 1.0 - scalars.sum(axis=-1, keepdims=True)
        return (scalars == 0) | (np.abs(rest) < 1e-12)


class _Entries(Domain):
    """A vector whose entries are its free scalars."""

    event_ndim: ClassVar[int] = 1

    def size(self, dimension: int) -> int:
        return dimension

    def names(self, name: str, dimension: int) -> tuple[str, ...]:
        return tuple(f"{name}{k}" for k in range(1, dimension + 1))

    def flatten(self, value: Array) -> Array:
        return np.asarray(value)

    def unflatten(self, scalars: Array, dimension: int) -> Array:
        return scalars


@dataclass(frozen=True)
class RealVector(_Entries):
    """A vector of finite numbers."""

    def describe(self) -> str:
        return "a vector of finite numbers"

    def contains(self, value: Array) -> Array:
        return np.isfinite(value).all(axis=-1)

    def interior(self, dimension: int) -> Array:
        return np.zeros(dimension)


@dataclass(frozen=True)
class PositiveVector(_Entries, Positive):
    """A vector of positive numbers. Natural scale: their logarithms."""

    def describe(self) -> str:
        return f"a vector of numbers that are {super().describe()}"

    def contains(self, value: Array) -> Array:
        return super().contains(value).all(axis=-1)

    def interior(self, dimension: int) -> Array:
        return np.ones(dimension)


@dataclass(frozen=True)
class PositiveDefinite(Domain):
    """A symmetric positive definite matrix; the free scalars are its lower triangle, row by row."""

    event_ndim: ClassVar[int] = 2

    def describe(self) -> str:
        return "a symmetric positive definite matrix"

    def contains(self, value: Array) -> Array:
        finite = np.isfinite(value).all(axis=(-2, -1))
        safe = np.where(finite[..., None, None], value, np.eye(value.shape[-1]))
        scale = np.sqrt(np.abs(np.diagonal(safe, axis1=-2, axis2=-1)))
        scale = np.where(scale > 0, scale, 1.0)
        unit = safe / scale[..., :, None] / scale[..., None, :]
        even = np.allclose(unit, np.swapaxes(unit, -1, -2), rtol=0, atol=1e-10)
        return finite & even & (np.linalg.eigvalsh(unit)[..., 0] > 0)

    def size(self, dimension: int) -> int:
        return dimension * (dimension + 1) // 2

    def names(self, name: str, dimension: int) -> tuple[str, ...]:
        separator = "_" if dimension > 9 else ""
        return tuple(
            f"{name}{i + 1}{separator}{j + 1}"
            for i, j in zip(*np.tril_indices(dimension), strict=True)
        )

    def flatten(self, value: Array) -> Array:
        value = np.asarray(value)
        return value[(..., *np.tril_indices(value.shape[-1]))]

    def unflatten(self, scalars: Array, dimension: int) -> Array:
        matrix = np.empty((*scalars.shape[:-1], dimension, dimension))
        rows, columns = np.tril_indices(dimension)
        matrix[..., rows, columns] = scalars
        matrix[..., columns, rows] = scalars
        return matrix

    def interior(self, dimension: int) -> Array:
        return self.flatten(np.eye(dimension))

    def moved(self, scalars: Array, k: int, value: Array, dimension: int) -> Array:
        matrix = self.unflatten(scalars, dimension)
        i, j = (int(side[k]) for side in np.tril_indices(dimension))
        with np.errstate(all="ignore"):
            if i == j:
                # A new variance scales its row and column, so that the correlations stay.
                factor = np.ones(matrix.shape[:-1])
                factor[..., i] = np.sqrt(value / matrix[..., i, i])
                matrix = matrix * factor[..., :, None] * factor[..., None, :]
            else:
                # A new covariance comes with a little more variance on both sides: what is added is positive
                # semidefinite, so the sum stays positive definite.
                more = np.abs(value - matrix[..., i, j])
                ratio = np.sqrt(matrix[..., i, i] / matrix[..., j, j])
                matrix[..., i, i] += more * ratio
                matrix[..., j, j] += more / ratio
                matrix[..., i, j] = matrix[..., j, i] = value
        return super().moved(self.flatten(matrix), k, value, dimension)
