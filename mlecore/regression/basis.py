"""Well-conditioned columns, and the refusal of columns that depend on each other, by name.

Coefficients are sought in coordinates where the columns have mean 0 and size 1, so that a column in
millions beside one in millionths, or years counted from the birth of Christ, cost no digits. Where
the columns are nearly dependent they are replaced by orthogonal ones; where they are dependent, the
error names them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg

from ..errors import DataError
from ..products import one_thread_to_factor
from .columns import row_blocks
from .sparse import Sparse, solver

__all__ = ["MANY_ROWS", "Basis"]

Array = np.ndarray

# From so many rows a copy of the columns, only to scale them, costs more than a few words of algebra.
MANY_ROWS = 20_000
# So many rows a column are asked whether the columns are independent.
_ROWS_EACH = 30
# So many columns that another follows from are named.
_NAMED = 12
# Below this smallest eigenvalue of the columns' correlations, Gram matrices lose too many digits.
_NEARLY_DEPENDENT = 1e-8


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

    X: Any
    ones: bool
    inner: Any
    T: Any

    @property
    def size(self) -> int:
        """How many coefficients there are."""
        return self.T.shape[1]

    def rows(self, index: Any = slice(None)) -> Array:
        """Return rows of Z."""
        X = self.X[index]
        if isinstance(X, Sparse):
            return X.with_ones(self.ones) @ self.inner
        return (np.column_stack([np.ones(len(X)), X]) if self.ones else X) @ self.inner

    def apply(self, gamma: Array, index: Any = slice(None)) -> Array:
        """Return Z gamma at some rows."""
        b = self.inner @ gamma
        return self.X[index] @ b[1:] + b[0] if self.ones else self.X[index] @ b

    def gather(self, v: Array, index: Any = slice(None)) -> Array:
        """Return Z'v over some rows."""
        sums = v @ self.X[index]
        return self.inner.T @ (np.concatenate([[v.sum()], sums]) if self.ones else sums)

    def least_squares(self, v: Array, weights: Array | None = None) -> Array:
        """Return gamma with Z gamma nearest to v."""
        if weights is None:
            return self._solve(self.gather(v))
        if isinstance(self.X, Sparse):
            products = self.inner @ self.X.products(weights, self.ones) @ self.inner
            return solver(products)(self.gather(weights * v))
        root, Z = np.sqrt(weights), self.rows()
        return np.linalg.lstsq(Z * root[:, None], v * root, rcond=None)[0]

    @cached_property
    def _solve(self) -> Callable[[Array], Array]:
        """What solves with Z'Z, which is well conditioned."""
        return solver(sum(self.rows(p).T @ self.rows(p) for p in row_blocks(self.X)))

    def undo(self, b: Array) -> Array:
        """Return gamma from the coefficients `T @ gamma` of M."""
        return b / self.T.diagonal() if isinstance(self.X, Sparse) else np.linalg.solve(self.T, b)

    def carry(self, matrix: Array) -> Array:
        """Return a covariance matrix of gamma as that of the coefficients of M."""
        if not isinstance(self.X, Sparse):
            return self.T @ matrix @ self.T.T
        size = self.T.diagonal()
        matrix *= size
        matrix *= size[:, None]
        return matrix

    def sample(self, step: int) -> Basis:
        """Return the basis of every step-th row, laid out anew, as they are read many times."""
        few = self.X[::step]
        return replace(self, X=few if isinstance(few, Sparse) else np.ascontiguousarray(few))

    @classmethod
    def of(cls, X: Array, names: tuple[str, ...], center: Array, *, intercept: bool) -> Basis:
        """Scale the columns of X, and replace them by orthogonal ones where they nearly depend.

        Raises
        ------
        DataError : for more columns than rows, a constant column, or columns that depend on each other
            linearly, by name.
        """
        n, p = X.shape
        if isinstance(X, Sparse):
            return cls._of_sparse(X, names, intercept=intercept)
        if p and n >= MANY_ROWS:
            quick = cls._without_copy(X, center if intercept else 0.0 * center, intercept=intercept)
            if quick is not None:
                return quick
        return cls._with_copy(X, names, center if intercept else 0.0 * center, intercept=intercept)

    @classmethod
    def _of_sparse(cls, X: Sparse, names: tuple[str, ...], *, intercept: bool) -> Basis:
        """Scale by algebra alone, and name what cannot be estimated."""
        from scipy import sparse

        _refuse_hopeless(X, names, intercept=intercept)
        size = np.sqrt(X.squares() / len(X))
        T = sparse.diags_array(np.concatenate([np.ones(int(intercept)), 1.0 / size]))
        basis = cls(X, intercept, T, T)
        Z = basis.rows()
        gram = (Z.T @ Z).toarray() / len(X)
        with one_thread_to_factor(len(gram)):
            R, order, rank, _ = linalg.lapack.dpstrf(gram, tol=_NEARLY_DEPENDENT, overwrite_a=True)
        if rank < len(gram):
            all_names = ("the intercept",) * intercept + names
            raise _collinear(np.triu(R), order - 1, rank, all_names, " to eight digits")
        return basis

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
        few = X[:: max(1, n // (_ROWS_EACH * len(size)))]
        M = np.column_stack([np.ones(len(few)), few]) if intercept else few
        # Rows that are left out can only add to the Gram matrix: the whole is no worse conditioned.
        return basis if _least_eigenvalue(T.T @ (M.T @ M) @ T / len(few)) > 1e-4 else None

    @classmethod
    def _with_copy(
        cls, X: Array, names: tuple[str, ...], center: Array, *, intercept: bool
    ) -> Basis:
        """Scale a copy, or name what cannot be estimated."""
        n, p = X.shape
        first = int(intercept)
        largest = _refuse_hopeless(X, names, intercept=intercept)
        Z = np.empty((n, p + first))
        Z[:, :first] = 1.0
        square = np.zeros(p)
        for part in row_blocks(Z):
            z = np.subtract(X[part], center, out=Z[part, first:])
            square += np.einsum("ij,ij->j", z, z)
        size = np.sqrt(square / n)
        gram = np.zeros((p + first,) * 2)
        for part in row_blocks(Z):
            z = Z[part]
            z[:, first:] /= size
            gram += z.T @ z
        T = _scaling(center, size, intercept=intercept)
        if p + first and _least_eigenvalue(gram / n) < _NEARLY_DEPENDENT:
            all_names = ("the intercept",) * first + names
            R = _triangle(Z, all_names, np.concatenate([np.ones(first), largest / size]))
            Z = linalg.solve_triangular(R, Z.T, trans="T", overwrite_b=True).T * np.sqrt(n)
            T = linalg.solve_triangular(R, T.T, trans="T").T * np.sqrt(n)
        return cls(Z, False, np.eye(p + first), T)


def _least_eigenvalue(matrix: Array) -> float:
    with one_thread_to_factor(len(matrix)):
        return float(np.linalg.eigvalsh(matrix)[0])


def _refuse_hopeless(X: Array, names: tuple[str, ...], *, intercept: bool) -> Array:
    """Refuse columns that no fit can use, and return the largest absolute value of each."""
    n, p = X.shape
    if p + intercept > n:
        ones = " and an intercept" if intercept else ""
        raise DataError(
            f"{p} column(s){ones} for {n} row(s): with more coefficients than observations the "
            "likelihood has no single maximum; drop columns, or gather more data"
        )
    low, high = X.ends() if isinstance(X, Sparse) else (X.min(axis=0), X.max(axis=0))
    largest = np.maximum(np.abs(low), np.abs(high))
    extreme = (largest > 1e140) | ((largest < 1e-140) & (largest > 0))
    if extreme.any():
        j = int(np.argmax(extreme))
        raise DataError(
            f"the values of column {names[j]!r} reach {largest[j]:.1g}, whose square no float "
            "holds: give the column in another unit"
        )
    # A column whose spread is the rounding of its values is a constant.
    flat = high - low <= 16 * np.finfo(float).eps * largest if intercept else largest == 0
    if flat.any():
        j = int(np.argmax(flat))
        what = (
            f"is {low[j]:g} in every row, as the intercept is 1"
            if intercept
            else "is 0 in every row"
        )
        raise DataError(f"column {names[j]!r} {what}: it says nothing of its own; drop it")
    return largest


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
    triangle = np.zeros((0, Z.shape[1]))
    for part in row_blocks(Z):  # one triangle after another: no copy of Z
        triangle = np.linalg.qr(np.vstack([triangle, Z[part]]), mode="r")
    R, order = linalg.qr(triangle, mode="r", pivoting=True)
    size = np.abs(np.diagonal(R))
    tolerance = 64 * np.finfo(float).eps * Z.shape[1] * max(1.0, float(np.max(magnified)))
    rank = int(np.count_nonzero(size > tolerance * size[0]))
    if rank == len(order):
        return triangle
    raise _collinear(R, order, rank, names)


def _collinear(
    R: Array, order: Array, rank: int, names: tuple[str, ...], how_far: str = ""
) -> DataError:
    """Return what is said of columns that follow from others; the triangle R is of the columns in this order."""
    kept, lost = order[:rank], order[rank:]
    share = linalg.solve_triangular(R[:rank, :rank], R[:rank, rank:])
    sentences = []
    for k, j in enumerate(lost):
        parts = sorted(zip(kept, share[:, k], strict=True))
        partners = [names[i] for i, c in parts if abs(c) > 1e-6 and names[i] != "the intercept"]
        if "the intercept" in names:
            partners.append("the intercept")
        told = list(dict.fromkeys(partners))
        if len(told) > 2 * _NAMED:
            told = [*told[:_NAMED], f"{len(told) - _NAMED} more"]
        sentences.append(f"{names[j]} follows from {', '.join(told)}")
    return DataError(
        f"the columns of X are collinear{how_far}: {'; '.join(sentences)}. "
        f"No data can tell their coefficients apart: drop {len(lost)} of these columns"
    )
