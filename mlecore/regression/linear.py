"""Linear regression: the mean of a Normal is linear in the columns."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy import linalg

from ..errors import DataError, NoMLEError
from ..families import Normal
from ..numerics import LOG_2PI
from .basis import Basis
from .columns import row_blocks
from .model import Regression
from .observations import Observations
from .problem import Problem

__all__ = ["LinearRegression"]

Array = np.ndarray


class LinearRegression(Regression):
    """y | x is Normal with mean b0 + x'b and standard deviation sigma: least squares as a likelihood.

    sigma^2 is estimated by RSS / n, the maximum of the likelihood, which is too small on average by
    the factor (n - k) / n for k coefficients; standard errors follow it.
    Source: Gauss (1809); Seber and Lee (2003), chapter 3.

    >>> round(LinearRegression.fit([0.0, 1.0, 2.0], [1.0, 2.9, 5.0]).params["x1"], 6)
    2.0
    """

    followed = ("mu",)
    whole = False
    others = ("sigma",)

    @classmethod
    def fit(
        cls, X: Any, y: Any = None, weights: Any = None, *, prior: Any = None, **how: Any
    ) -> Any:
        """Return the least-squares fit as `Regression.fit` does; with a prior that of `Normal.regress`.

        >>> from mlecore import Normal
        >>> m = LinearRegression.fit([0.0, 1.0, 2.0], [1.0, 2.9, 5.0], prior={"x1": Normal(0, 1)})
        >>> m.penalised
        True
        """
        if prior is None:
            return super().fit(X, y, weights, **how)
        return Normal.regress(y, mu=X, weights=weights, prior=prior, **how)

    @property
    def _scale(self) -> Array:
        return self.theta[..., -1]

    @classmethod
    def _reach(
        cls, problem: Problem, theta: Array, guess: Array | None, max_iterations: int
    ) -> tuple[Array, bool, int, None, None]:
        rows, basis = problem.rows, problem.bases[0]
        offsets = problem.offsets(theta)
        target = rows.y if offsets is None else rows.y - offsets[0]
        size = float(np.abs(target).max())
        if size > 1e140 or 0 < size < 1e-140:
            raise DataError(
                f"the values of y reach {size:.1g}, whose square no float holds: give y in another unit"
            )
        w = rows.counts()
        gamma = _least_squares(basis, w, target)
        residual = target - basis.apply(gamma) if gamma.size else target
        rss = float(residual @ (w * residual))
        theta = problem.theta(gamma, theta)
        if "sigma" in problem.names and theta[-1] == 0.0:
            sigma = np.sqrt(rss / rows.n)
            if sigma <= 64 * np.finfo(float).eps * size:
                raise NoMLEError(
                    "LinearRegression has no maximum likelihood estimate: the columns fit y exactly, so the likelihood grows "
                    "without bound as sigma goes to 0; use more rows or fewer columns, or hold sigma with fixed={'sigma': ...}"
                )
            theta[-1] = sigma
        return theta, True, 1, None, None

    def _derivatives(self, eta: Array, y: Array) -> tuple[Array, Array, Any]:
        s = self._scale
        r = (y - eta[0]) / s
        return -0.5 * r * r, (r / s)[None], lambda a, b: np.full(y.size, 1.0 / (s * s))

    def _log_prob_rows(self, eta: Array, y: Array) -> Array:
        s = self._scale[..., None]
        r = (y - eta[..., 0, :]) / s
        return -0.5 * (r * r + LOG_2PI) - np.log(s)

    def _row_scores(self) -> Array:
        r = (self.rows.y - self.eta()[0]) / self._scale
        return np.column_stack([super()._row_scores(), (r * r - 1.0) / self._scale])

    def _other_information(self, kind: str) -> Array:
        n, s = self.rows.n, self._scale
        if kind == "expected":
            return np.array([2.0 * n / s**2])
        r = (self.rows.y - self.eta()[0]) / s
        return np.array([(3.0 * self.rows.sum(r * r) - n) / s**2])

    def _score_vector(self, rows: Observations) -> Array:
        r = (rows.y - self.eta()[..., 0, :]) / self._scale[..., None]
        last = (rows.sum(r * r) - rows.n) / self._scale
        return np.concatenate([super()._score_vector(rows), last[..., None]], axis=-1)

    def _hessian_matrix(self, rows: Observations) -> Array:
        def hessian(member: Self) -> Array:
            s = member._scale
            r = (rows.y - member.eta()[0]) / s
            cross = -2.0 * (member._score_vector(rows)[:-1]) / s
            corner = (rows.n - 3.0 * rows.sum(r * r)) / s**2
            return np.block([[-member._information_sum(), cross[:, None]], [cross[None], corner]])

        return self._each(hessian)

    def _information_matrix(self) -> Array:
        def information(member: Self) -> Array:
            beta = member._information_sum() / member.rows.n
            return linalg.block_diag(beta, np.full((1, 1), 2.0 / member._scale**2))

        return self._each(information)

    def _draw(self, rng: np.random.Generator) -> Array:
        return rng.normal(self.eta()[0], self._scale)

    def distribution(self) -> Normal:
        """Return the Normal at each row, as one batch."""
        eta = self.eta()[..., 0, :]
        return Normal(mu=eta, sigma=self._scale)

    def predict(self, X: Any, offset: Any = None) -> Array:
        """Return the mean of y at each row of X."""
        return self.eta_at(X, offset)[..., 0, :]


def _least_squares(basis: Basis, w: Array, target: Array) -> Array:
    """Return gamma with Z gamma nearest to the target, by the weights w.

    Normal equations on standardised columns, then once more on what they leave: as exact as an orthogonal
    decomposition, several times faster, and without a copy.
    """
    gamma = np.zeros(basis.size)
    if not gamma.size:
        return gamma
    gram = np.zeros((basis.size,) * 2)
    for part in row_blocks(basis.X):
        Z = basis.rows(part) * np.sqrt(w[part])[:, None]
        gram += Z.T @ Z
    try:
        factor = linalg.cho_factor(gram)
    except linalg.LinAlgError as error:
        raise DataError(
            f"the weights lie between {w.min():.1g} and {w.max():.1g}: in floating point the rows of large "
            "weight leave nothing of the others, and alone they do not determine the coefficients; drop "
            "columns, or give weights that are nearer to each other"
        ) from error
    gamma = linalg.cho_solve(factor, basis.gather(w * target))
    return gamma + linalg.cho_solve(factor, basis.gather(w * (target - basis.apply(gamma))))
