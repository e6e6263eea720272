"""Columns of which most entries are zero: kept so, with what a regression asks of its columns.

Products of columns stay sparse, so that a design of thousands of ones and zeros costs as much as its ones. Nothing is
centred, as that would fill the zeros: a centre is taken off by algebra.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import linalg

from ..arrays import numeric
from ..errors import DataError
from ..products import blocks, one_thread_to_factor

__all__ = ["MOST_ENTRIES", "Sparse", "below", "inverted", "solver"]

Array = np.ndarray

# So many entries of a sparse matrix are laid out in full: 1.6 GB of doubles.
MOST_ENTRIES = 2e8
# Fewer entries than these, or a larger share of them that is not zero, are faster laid out.
_FEW, _SHARE = 2e6, 0.1


class Sparse:
    """The columns of a design as a sparse matrix, which answers as an array does where a regression asks.

    >>> X = Sparse(np.array([[0.0, 2.0], [1.0, 0.0], [0.0, 0.0]]))
    >>> X @ np.array([1.0, 10.0]), np.ones(3) @ X, X[1:].shape
    (array([20.,  1.,  0.]), array([1., 2.]), (2, 2))
    """

    ndim = 2
    base = None
    __array_ufunc__ = None  # so that `array @ sparse` asks here

    def __init__(self, matrix: Any) -> None:
        from scipy import sparse  # here, as most designs are not

        numeric(np.zeros(1, matrix.dtype), "X")  # refuses complex numbers
        self.matrix = sparse.csr_array(matrix, dtype=float)

    @staticmethod
    def worthwhile(X: Any) -> bool:
        """Say whether a sparse matrix of SciPy is better kept than laid out in full."""
        if len(X.shape) != 2:
            return False
        rows, columns = X.shape
        entries = float(rows) * columns
        can = (
            columns <= rows and float(columns) ** 2 <= MOST_ENTRIES
        )  # their covariances fit in memory
        return can and entries > _FEW and X.nnz < _SHARE * entries

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.matrix.shape

    def __len__(self) -> int:
        return self.matrix.shape[0]

    def __getitem__(self, index: Any) -> Sparse:
        return Sparse(self.matrix[index])

    def __matmul__(self, b: Array) -> Array:
        return self.matrix @ b

    def __rmatmul__(self, v: Array) -> Array:
        flat = (self.matrix.T @ v.reshape(-1, v.shape[-1]).T).T
        return np.reshape(flat, (*v.shape[:-1], flat.shape[-1]))

    def __sub__(self, center: Array) -> _Centred:
        return _Centred(self, center)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        if np.prod(self.shape, dtype=float) > MOST_ENTRIES:
            raise DataError(
                f"X is sparse, and its {self.shape[0]:,} x {self.shape[1]:,} entries do not fit in memory when laid out in "
                "full, as this needs; take fewer columns, or rows"
            )
        return self.matrix.toarray().astype(dtype or float)

    def copy(self) -> Sparse:
        """Return a copy."""
        return Sparse(self.matrix.copy())

    def squares(self) -> Array:
        """Return the sum of the squares of each column."""
        return np.asarray(self.matrix.multiply(self.matrix).sum(axis=0)).ravel()

    def ends(self) -> tuple[Array, Array]:
        """Return the smallest and the largest value of each column."""
        return self.matrix.min(axis=0).toarray().ravel(), self.matrix.max(axis=0).toarray().ravel()

    def products(self, v: Array, ones: bool) -> Any:
        """Return M' diag(v) M, sparse, with M these columns, after a column of ones where there is one."""
        from scipy import sparse

        X = self.matrix
        middle = X.T @ sparse.csr_array(
            (X.data * np.repeat(v, np.diff(X.indptr)), X.indices, X.indptr), X.shape
        )
        if not ones:
            return middle.tocsr()
        first = sparse.csr_array((X.T @ v)[None])
        return sparse.block_array([[np.array([[v.sum()]]), first], [first.T, middle]], format="csr")

    def with_ones(self, ones: bool) -> Any:
        """Return the sparse matrix of the columns, after one of ones where there is one."""
        from scipy import sparse

        return (
            sparse.hstack([np.ones((len(self), 1)), self.matrix], format="csr")
            if ones
            else self.matrix
        )


def below(one: Any, other: Any) -> Any:
    """Return the rows of both, sparse where one of them is."""
    if not (isinstance(one, Sparse) or isinstance(other, Sparse)):
        return np.concatenate([one, other])
    from scipy import sparse

    return Sparse(sparse.vstack([getattr(X, "matrix", X) for X in (one, other)]))


class _Centred:
    """Sparse columns less a number each."""

    def __init__(self, X: Sparse, center: Array) -> None:
        self.X, self.center = X, center

    __array_ufunc__ = None

    def __matmul__(self, b: Array) -> Array:
        return self.X @ b - self.center @ b

    def __rmatmul__(self, v: Array) -> Array:
        return v @ self.X - v.sum(axis=-1, keepdims=True) * self.center


def inverted(matrix: Array, least: float) -> Array | None:
    """Return the inverse of a positive definite matrix, which is overwritten; None where it is not.

    Nor where what the other rows leave of a diagonal entry is no more than its share `least`.

    >>> inverted(np.diag([2.0, 4.0]), 1e-6)
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    diagonal = np.diagonal(matrix).copy()
    # The matrix is symmetric: its transpose is laid out as LAPACK wants it, and no copy is made.
    with one_thread_to_factor(len(matrix)):
        factor, failed = linalg.lapack.dpotrf(matrix.T, lower=1, overwrite_a=1)
        if failed or not np.isfinite(diagonal).all():
            return None
        if not (np.diagonal(factor) ** 2 > least * diagonal).all():
            return None
        inverse, failed = linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed:
        return None
    for part in blocks(len(inverse), 256):
        inverse[part, part.start :] = inverse[part.start :, part].T
        own = inverse[part, part]
        own[...] = np.tril(own.T) + np.tril(own.T, -1).T
    return inverse


def solver(curvature: Any) -> Callable[[Array], Array]:
    """Return what solves with a positive definite matrix: by Cholesky's factors, or a sparse one by conjugate gradients.

    Raises
    ------
    LinAlgError : for a matrix that is not positive definite.

    >>> solver(np.diag([2.0, 4.0]))(np.array([2.0, 2.0]))
    array([1. , 0.5])
    """
    if isinstance(curvature, np.ndarray):
        with one_thread_to_factor(len(curvature)):
            factor = linalg.cho_factor(curvature)
        return lambda v: linalg.cho_solve(factor, v)
    from scipy.sparse import linalg as iterative

    size = curvature.diagonal()
    if not (np.isfinite(size).all() and (size > 0).all()):
        raise linalg.LinAlgError("the diagonal is not positive")
    nearly = iterative.LinearOperator(curvature.shape, matvec=lambda v: v.ravel() / size)

    def solve(v: Array) -> Array:
        found, left = iterative.cg(curvature, v, rtol=1e-11, maxiter=2000, M=nearly)
        return linalg.cho_solve(linalg.cho_factor(curvature.toarray()), v) if left else found

    return solve
