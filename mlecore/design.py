"""The columns of a regression: read, scaled, and tried for what no estimate can survive.

Coefficients are sought in coordinates where the columns have mean 0 and size 1, so that a column in
millions beside one in millionths, or years counted from the birth of Christ, cost no digits. Where
the columns are nearly dependent they are replaced by orthogonal ones; where they are dependent, the
error names them.

Separation is a question for a linear programme: is there a direction along which no observation's
probability ever falls? If there is, the coefficients run to infinity along it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .domains import numeric, require_finite
from .errors import DataError
from .numerics import blocks

__all__ = ["MANY_ROWS", "Basis", "Cone", "columns", "recession", "row_blocks"]

Array = np.ndarray

# Numbers that are worked on together: few enough to stay in the processor's second cache.
_CACHED = 80_000
# From so many rows a copy of the columns, only to scale them, costs more than a few words of algebra.
MANY_ROWS = 20_000
# Below this smallest eigenvalue of the columns' correlations, Gram matrices lose too many digits.
_NEARLY_DEPENDENT = 1e-8


def columns(X: Any, reserved: tuple[str, ...] = ()) -> tuple[Array, tuple[str, ...], Array]:
    """Return X as floats of shape (n, p), the names of its columns and their means.

    The names are x1 .. xp, or a DataFrame's own.

    One dimension is one column.

    Raises:
        DataError: not numbers, not finite, no rows, or names that occur twice or are `reserved`.

    >>> columns([[1, 2], [3, 4]])[1]
    ('x1', 'x2')
    """
    given = getattr(X, "columns", None)
    values = numeric(X, "X")
    if values.ndim == 1:
        values, given = values[:, None], None if getattr(X, "name", None) is None else [X.name]
    if values.ndim != 2:
        raise DataError(f"X must have shape (n, p), one row an observation; got {values.shape}")
    if len(values) == 0:
        raise DataError(f"X has no rows (shape {values.shape}): there is nothing to fit")
    with np.errstate(over="ignore", invalid="ignore"):
        center = np.full(len(values), 1.0 / len(values)) @ values
    if not np.isfinite(center).all():  # the sums are needed anyway, and tell of any NaN
        require_finite(values, "X")
    names = (
        tuple(f"x{j + 1}" for j in range(values.shape[1]))
        if given is None
        else tuple(map(str, given))
    )
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"two columns of X are called {name!r}: rename one")
        if name in reserved:
            raise DataError(
                f"a column of X is called {name!r}, which the model uses itself: rename it"
            )
    return np.ascontiguousarray(values), names, center


def row_blocks(X: Array) -> Iterator[slice]:
    """Cut the rows of X into slices that fit the cache.

    >>> len(list(row_blocks(np.zeros((10, 2)))))
    1
    """
    return blocks(len(X), max(256, _CACHED // max(X.shape[1], 1)))


@dataclass(frozen=True, eq=False)
class Basis:
    """Well-conditioned columns Z = M T, where M is X, with a column of ones first if wanted.

    Coefficients gamma of Z are `T @ gamma` of M. Z itself is made only where it has to be: it is held
    as columns X, whether a column of ones goes before them, and the matrix `inner` that turns gamma
    into the coefficients of these.

    >>> basis = Basis.of(np.array([[1e6], [1e6 + 2]]), ("x1",), np.array([1e6 + 1]), intercept=True)
    >>> basis.rows()
    array([[ 1., -1.],
           [ 1.,  1.]])
    """

    X: Array
    ones: bool
    inner: Array
    T: Array

    @property
    def size(self) -> int:
        """How many coefficients there are."""
        return self.T.shape[1]

    def rows(self, index: Any = slice(None)) -> Array:
        """Return rows of Z."""
        X = self.X[index]
        return (np.column_stack([np.ones(len(X)), X]) if self.ones else X) @ self.inner

    def apply(self, gamma: Array, index: Any = slice(None)) -> Array:
        """Return Z gamma at some rows."""
        b = self.inner @ gamma
        return self.X[index] @ b[1:] + b[0] if self.ones else self.X[index] @ b

    def gather(self, v: Array, index: Any = slice(None)) -> Array:
        """Return Z'v over some rows."""
        sums = v @ self.X[index]
        return self.inner.T @ (np.concatenate([[v.sum()], sums]) if self.ones else sums)

    def sample(self, step: int) -> Basis:
        """Return the basis of every step-th row."""
        return replace(self, X=self.X[::step])

    @classmethod
    def of(cls, X: Array, names: tuple[str, ...], center: Array, *, intercept: bool) -> Basis:
        """Scale the columns of X, and replace them by orthogonal ones where they nearly depend.

        Raises:
            DataError: more columns than rows, a constant column, or columns that depend on each
                other linearly, by name.
        """
        n, p = X.shape
        if p and n >= MANY_ROWS:
            quick = cls._without_copy(X, center if intercept else 0.0 * center, intercept=intercept)
            if quick is not None:
                return quick
        return cls._with_copy(X, names, center if intercept else 0.0 * center, intercept=intercept)

    @classmethod
    def _without_copy(cls, X: Array, center: Array, *, intercept: bool) -> Basis | None:
        """Scale by algebra alone, where the offsets are moderate and a few rows are independent."""
        n = len(X)
        with np.errstate(all="ignore"):
            square = np.einsum("ij,ij->j", X, X) / n
            size = np.sqrt(square - center * center)
            moderate = (size > 1e-2 * np.abs(center)) & (size > 1e-100) & (size < 1e100)
        if not moderate.all():
            return None
        T = _scaling(center, size, intercept=intercept)
        basis = cls(X, intercept, T, T)
        Z = basis.sample(max(1, n // (100 * len(size)))).rows()
        # Rows that are left out can only add to the Gram matrix: the whole is no worse conditioned.
        return basis if np.linalg.eigvalsh(Z.T @ Z / len(Z))[0] > 1e-4 else None

    @classmethod
    def _with_copy(
        cls, X: Array, names: tuple[str, ...], center: Array, *, intercept: bool
    ) -> Basis:
        """Scale a copy, or name what cannot be estimated."""
        from scipy import linalg  # here, so that importing mlecore stays quick

        n, p = X.shape
        first = int(intercept)
        if p + first > n:
            ones = " and an intercept" if intercept else ""
            raise DataError(
                f"{p} column(s){ones} for {n} row(s): with more coefficients than observations the "
                "likelihood has no single maximum; drop columns, or gather more data"
            )
        low, high = X.min(axis=0), X.max(axis=0)
        largest = np.maximum(np.abs(low), np.abs(high))
        extreme = (largest > 1e140) | ((largest < 1e-140) & (largest > 0))
        if extreme.any():
            j = int(np.argmax(extreme))
            raise DataError(
                f"the values of column {names[j]!r} reach {largest[j]:.1g}, whose square no float "
                "holds: give the column in another unit"
            )
        Z = np.empty((n, p + first))
        Z[:, :first] = 1.0
        square = np.zeros(p)
        for part in row_blocks(Z):
            z = np.subtract(X[part], center, out=Z[part, first:])
            square += np.einsum("ij,ij->j", z, z)
        size = np.sqrt(square / n)
        # A column whose spread is the rounding of its values is a constant.
        flat = high - low <= 16 * np.finfo(float).eps * largest if intercept else largest == 0
        if flat.any():
            j = int(np.argmax(flat))
            what = (
                f"is {X[0, j]:g} in every row, as the intercept is 1"
                if intercept
                else "is 0 in every row"
            )
            raise DataError(f"column {names[j]!r} {what}: it says nothing of its own; drop it")
        gram = np.zeros((p + first,) * 2)
        for part in row_blocks(Z):
            z = Z[part]
            z[:, first:] /= size
            gram += z.T @ z
        T = _scaling(center, size, intercept=intercept)
        if p + first and np.linalg.eigvalsh(gram / n)[0] < _NEARLY_DEPENDENT:
            all_names = ("the intercept",) * first + names
            R = _triangle(Z, all_names, np.concatenate([np.ones(first), largest / size]))
            Z = linalg.solve_triangular(R, Z.T, trans="T", overwrite_b=True).T * np.sqrt(n)
            T = linalg.solve_triangular(R, T.T, trans="T").T * np.sqrt(n)
        return cls(Z, False, np.eye(p + first), T)


def _scaling(center: Array, size: Array, *, intercept: bool) -> Array:
    """Return T such that M T has columns of mean 0 and size 1."""
    if not intercept:
        return np.diag(1.0 / size)
    T = np.diag(np.concatenate([[1.0], 1.0 / size]))
    T[0, 1:] = -center / size
    return T


def _triangle(Z: Array, names: tuple[str, ...], magnified: Array) -> Array:
    """Return R of Z = QR, or name the columns that depend on others.

    `magnified` says how much larger the values of each column are than their spread: rounding of
    the data makes a dependent column look independent at that relative size.
    """
    from scipy import linalg

    triangle = np.zeros((0, Z.shape[1]))
    for part in row_blocks(Z):  # one triangle after another: no copy of Z
        triangle = np.linalg.qr(np.vstack([triangle, Z[part]]), mode="r")
    R, order = linalg.qr(triangle, mode="r", pivoting=True)
    size = np.abs(np.diagonal(R))
    tolerance = 64 * np.finfo(float).eps * Z.shape[1] * max(1.0, float(np.max(magnified)))
    rank = int(np.count_nonzero(size > tolerance * size[0]))
    if rank == len(order):
        return triangle
    kept, lost = order[:rank], order[rank:]
    share = linalg.solve_triangular(R[:rank, :rank], R[:rank, rank:])
    sentences = []
    for k, j in enumerate(lost):
        parts = sorted(zip(kept, share[:, k], strict=True))
        partners = [names[i] for i, c in parts if abs(c) > 1e-6 and names[i] != "the intercept"]
        if "the intercept" in names:
            partners.append("the intercept")
        sentences.append(f"{names[j]} follows from {', '.join(dict.fromkeys(partners))}")
    raise DataError(
        f"the columns of X are collinear: {'; '.join(sentences)}. "
        f"No data can tell their coefficients apart: drop {len(lost)} of these columns"
    )


# -- separation ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Cone:
    """The conditions on a direction under which no observation's probability falls.

    margins: a function of the direction that returns one number for each condition; each must be
        at least 0, and exactly 0 where `tight`.
    rows: a function of an array of condition numbers that returns their matrix.
    total: the sum of all conditions that are not tight.
    tight: which conditions are equalities.
    """

    margins: Callable[[Array], Array]
    rows: Callable[[Array], Array]
    total: Array
    tight: Array


def recession(
    cone: Cone,
    guess: Array,
    *,
    strict: bool = False,
    search: bool = True,
    rounding: float = 1e-9,
) -> Array | None:
    """Return a direction of the cone along which some condition is positive, or None if there is none.

    With `strict` every condition must be positive; without `search` only the guess is tried. The programme is: maximise the sum of the
    conditions (strict: the smallest) over directions with coordinates in [-1, 1]. It is solved for a
    few conditions first, those that `guess` meets worst; conditions that its solution violates are
    added until none is left, which proves the direction, or until nothing is gained on the few, which
    proves that there is none.

    Source: Albert and Anderson (1984); Konis (2007).

    >>> z = np.array([[1.0, -1.0], [1.0, 2.0]]) * [[-1.0], [1.0]]
    >>> cone = Cone(lambda d: z @ d, lambda i: z[i], z.sum(axis=0), np.zeros(2, dtype=bool))
    >>> direction = recession(cone, np.zeros(2))
    >>> bool((z @ direction >= 0).all())
    True
    """
    from scipy import optimize

    if strict and cone.tight.any():
        return None
    count, d = cone.tight.size, cone.total.size
    length = float(np.abs(guess).max(initial=0.0))
    margins = cone.margins(guess / length if length > 0 else guess)
    if not cone.tight.any() and margins.min() > rounding:
        return guess / length  # the climb has found a separating direction itself
    if not search:
        return None
    some = min(count, 200 + 10 * d)
    used = np.union1d(
        np.argpartition(np.where(cone.tight, -np.abs(margins), margins), some - 1)[:some],
        np.linspace(0, count - 1, some).astype(int),
    )
    scale = max(float(np.abs(cone.total).max(initial=0.0)), 1.0)
    for _ in range(200):
        M, tight = cone.rows(used), cone.tight[used]
        loose = -M[~tight]
        objective, bounds = -cone.total / scale, [(-1.0, 1.0)] * d
        if strict:
            loose = np.column_stack([loose, np.ones(len(loose))])
            objective = np.append(np.zeros(d), -1.0)
            bounds = [*bounds, (0.0, 1.0)]
        solution = optimize.linprog(
            objective,
            A_ub=loose if len(loose) else None,
            b_ub=np.zeros(len(loose)) if len(loose) else None,
            A_eq=M[tight] if tight.any() else None,
            b_eq=np.zeros(int(tight.sum())) if tight.any() else None,
            bounds=bounds,
            method="highs",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if solution.status != 0 or -solution.fun <= rounding:
            return None
        direction = solution.x[:d] / np.abs(solution.x[:d]).max()
        margins = cone.margins(direction)
        least = -solution.fun if strict else 0.0
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
