"""The multivariate normal family: several measurements that vary together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Parameter, PositiveDefinite, RealVector, parameter
from ..errors import DataError
from ..family import Array, Family, Refusal, Solution
from ..numerics import LOG_2PI
from ..statistics import MultivariateMoments

# A correlation matrix whose smallest eigenvalue is below this, times its size, is singular up to rounding.
_SINGULAR = 1e-15


@dataclass(frozen=True, eq=False, repr=False)
class MultivariateNormal(Family):
    """MultivariateNormal(mu, cov): f(x) = exp(-(x - mu)' cov^-1 (x - mu) / 2) / sqrt(det(2 pi cov)), x of length d.

    Data are rows, of shape (n, d). The free scalars are mu1 .. mud and the lower triangle of cov, row by row: cov11,
    cov21, cov22, ... The MLE of cov divides by n. Source: Anderson (2003), ch. 3.

    >>> MultivariateNormal.fit([[0.0, 0.0], [2.0, 0.0], [1.0, 3.0]]).params["mu"]
    array([1., 1.])
    """

    mu: Parameter = parameter(RealVector())
    cov: Parameter = parameter(PositiveDefinite())
    event_ndim = 1

    @classmethod
    def _constraint(cls, params: Mapping[str, Array]) -> tuple[Array, str]:
        mu, cov = np.shape(params["mu"])[-1], np.shape(params["cov"])[-2:]
        return np.asarray(cov == (mu, mu)), f"a cov of shape ({mu}, {mu}) for a mu of length {mu}"

    @classmethod
    def _dimension_of(cls, t: MultivariateMoments) -> int:
        return t.mean.shape[-1]

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> MultivariateMoments:
        return MultivariateMoments.of(x, w)

    def _inside(self, x: Array) -> Array:
        d = self.mu.shape[-1]
        if x.ndim == 0 or x.shape[-1] != d:
            raise DataError(
                f"the last axis of x must hold the {d} coordinates, got shape {x.shape}"
            )
        return np.isfinite(x).all(axis=-1)

    def _whitener(self) -> Array:
        """Return the inverse of the Cholesky factor of cov: it maps deviations to uncorrelated ones of unit size."""
        return np.linalg.inv(np.linalg.cholesky(self.cov))

    def _precision(self) -> Array:
        """Return the inverse of cov."""
        w = self._whitener()
        return np.swapaxes(w, -1, -2) @ w

    def _log_likelihood(self, t: MultivariateMoments) -> Array:
        w = self._whitener()
        d = (w @ (t.mean - self.mu)[..., None])[..., 0]
        distance = (d * d).sum(axis=-1) + ((w @ t.cov) * w).sum(axis=(-2, -1))
        half_log_det = -np.log(np.diagonal(w, axis1=-2, axis2=-1)).sum(axis=-1)
        return -t.n * (0.5 * (d.shape[-1] * LOG_2PI + distance) + half_log_det)

    def _slope(self, t: MultivariateMoments) -> Array:
        p = self._precision()
        d, spread = _spread(t, self.mu)
        cov = 0.5 * np.einsum("...ij,qij->...q", p @ spread @ p - p, _basis(p.shape[-1]))
        return np.asarray(t.n)[..., None] * _side_by_side((p @ d[..., None])[..., 0], cov)

    def _curvature(self, t: MultivariateMoments) -> Array:
        p = self._precision()
        d, spread = _spread(t, self.mu)
        # Along a symmetric matrix E the inverse P of cov changes by -P E P.
        cross = -np.einsum("...ij,qjk,...kl,...l->...iq", p, _basis(p.shape[-1]), p, d)
        cov = _second_order(0.5 * p - p @ spread @ p, p)
        return np.asarray(t.n)[..., None, None] * _four_blocks(-p, cross, cov)

    def _information(self) -> Array:
        p = self._precision() + 0.0 * np.asarray(self.mu)[..., None]
        cross = np.zeros((*p.shape[:-1], len(_basis(p.shape[-1]))))
        return _four_blocks(p, cross, _second_order(0.5 * p, p))

    # -- fitting -----------------------------------------------------------------------------------

    @classmethod
    def _no_mle(cls, t: MultivariateMoments, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        size = t.mean.shape[-1]
        names = cls._layout(t).names
        held = {names.index(name): value for name, value in fixed.items() if name in names}
        if not held:
            yield Refusal(
                t.n <= size,
                f"{size} coordinates need more than {size} observations, or the ellipsoid that holds them is flat",
            )
        flat = _flat_directions(t.cov) > 0 if not held else cls._flat_given(t, held)
        yield Refusal(
            flat,
            "the observations lie in a hyperplane (all equal in some direction), or so near one that their covariance has "
            "no digits there, so the density grows without bound as cov flattens; drop a coordinate that the others "
            "determine",
        )

    @classmethod
    def _flat_given(cls, t: MultivariateMoments, held: Mapping[int, Array]) -> Array:
        """Say where cov could flatten without end, given what is held."""
        size = t.mean.shape[-1]
        means, spreads = _coordinates(size, held)
        mu = np.stack(
            np.broadcast_arrays(*(held.get(i, t.mean[..., i]) for i in range(size))), axis=-1
        )
        spread, some = _spread(t, mu)[1], sorted(means | spreads)
        # The other coordinates may be flat given those that something is held of; or these, where no size is held.
        flat = _flat_directions(t.cov) > _flat_directions(t.cov, some)
        return flat | (_flat_directions(spread, some) > _flat_directions(spread, sorted(spreads)))

    @classmethod
    def _height_from_data(cls, likelihood: Any) -> Any:
        # Of nearly dependent columns the covariance matrix has few digits left, and their own triangle has all.
        t = likelihood.statistic
        scale = np.sqrt(np.diagonal(t.cov))
        if (
            likelihood.held
            or likelihood.data is None
            or not _nearly_flat(t.cov / np.outer(scale, scale))
        ):
            return None
        x, w = likelihood.observations()
        rows = (x - t.mean) / scale
        rows = rows if w is None else rows * np.sqrt(w)[:, None]
        triangle = np.linalg.qr(rows, mode="r")
        size = len(scale)
        half_log_det = (
            np.log(np.abs(np.diagonal(triangle))).sum()
            + np.log(scale).sum()
            - 0.5 * size * np.log(t.n)
        )
        return -t.n * (0.5 * size * (LOG_2PI + 1.0) + half_log_det)

    @classmethod
    def _mle(cls, t: MultivariateMoments) -> Solution:
        return Solution({"mu": t.mean, "cov": t.cov})

    @classmethod
    def _mle_given(
        cls, t: MultivariateMoments, held: Mapping[int, Array], **known: Any
    ) -> Solution | None:
        params = _top_given(t, held)
        if params is None:
            return None
        return Solution(params, converged=_positive(params["cov"]))

    @classmethod
    def _solve(cls, likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
        """Solve in units in which each coordinate has mean 0 and variance 1, or products leave the range of doubles."""
        if not likelihood.held:
            return super()._solve(likelihood, near)
        t = likelihood.statistic
        size = np.sqrt(np.diagonal(t.cov, axis1=-2, axis2=-1))
        scale = np.where((size > 0) & np.isfinite(size), size, 1.0)
        unit = copy(likelihood)
        unit.statistic = type(t)(
            t.n, np.zeros_like(t.mean), t.cov / scale[..., :, None] / scale[..., None, :]
        )
        rows, columns = np.tril_indices(t.mean.shape[-1])
        center = _side_by_side(t.mean, np.zeros((*t.mean.shape[:-1], rows.size)))
        one, other = (
            _side_by_side(first, scale[..., second])
            for first, second in ((scale, rows), (np.ones_like(scale), columns))
        )
        unit.held = {
            i: (v - center[..., i]) / one[..., i] / other[..., i]
            for i, v in likelihood.held.items()
        }
        near = None if near is None else (near - center) / one / other
        solution, full = super()._solve(unit, near)
        full = center + one * full * other
        for i, value in likelihood.held.items():  # as they were given, to the last digit
            full[..., i] = value
        return solution._replace(params={}), full

    @classmethod
    def _moments_of(cls, x: Array, w: Array | None) -> MultivariateMoments:
        return MultivariateMoments.of(x, w)

    @classmethod
    def _moments(cls, m: MultivariateMoments) -> dict[str, Any]:
        return {"mu": m.mean, "cov": m.cov}

    # -- facts -------------------------------------------------------------------------------------

    @property
    def mean(self) -> Any:
        return self.mu + 0.0 * self.cov[..., 0]

    @property
    def var(self) -> Any:
        """The variance of each coordinate; the whole matrix is `cov`."""
        return np.diagonal(self.cov, axis1=-2, axis2=-1) + 0.0 * self.mu

    def scipy(self) -> Any:
        from scipy import stats

        if self.batch_shape:
            raise DataError(
                "SciPy has no batches of multivariate normals; take one member at a time"
            )
        return stats.multivariate_normal(self.mu, self.cov)

    def ppf(self, q: Any) -> Any:
        """Raise: in several dimensions no point has a given share of the probability below it."""
        raise TypeError(
            "MultivariateNormal has no quantile function; use that of a coordinate, Normal(mu_i, sqrt(cov_ii))"
        )

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        z = rng.standard_normal((*size, np.shape(self.mu)[-1]))
        return self.mu + (np.linalg.cholesky(self.cov) @ z[..., None])[..., 0]


def _coordinates(size: int, held: Iterable[int]) -> tuple[set[int], set[int]]:
    """Return the coordinates whose means are held, and those that a covariance held has to do with.

    >>> _coordinates(2, [1, 2])
    ({1}, {0})
    """
    rows, columns = np.tril_indices(size)
    entries = [i - size for i in held if i >= size]
    return {i for i in held if i < size}, {
        int(side[k]) for side in (rows, columns) for k in entries
    }


def _positive(cov: Array) -> Array:
    """Say which matrices are positive definite, whatever the units of the coordinates."""
    size = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    unit = cov / size[..., :, None] / size[..., None, :]
    lost = ~np.isfinite(unit).all(axis=(-2, -1))
    unit = np.where(lost[..., None, None], np.eye(cov.shape[-1]), unit)
    return (np.linalg.eigvalsh(unit)[..., 0] > 0) & ~lost


def _flat_directions(cov: Array, some: Iterable[int] | None = None) -> Array:
    """Count the directions of some coordinates, by default of all, in which a covariance matrix has no spread.

    >>> int(_flat_directions(np.array([[1.0, 2.0], [2.0, 4.0]])))
    1
    """
    index = list(range(cov.shape[-1]) if some is None else some)
    part = cov[(..., *np.ix_(index, index))]
    size = np.sqrt(np.diagonal(part, axis1=-2, axis2=-1))
    size = np.where(size > 0, size, 1.0)
    unit = part / size[..., :, None] / size[..., None, :]
    lost = ~np.isfinite(unit).all(axis=(-2, -1))
    unit = np.where(lost[..., None, None], np.eye(len(index)), unit)
    count = (np.linalg.eigvalsh(unit) <= cov.shape[-1] * _SINGULAR).sum(axis=-1)
    return np.where(lost, len(index), count)


def _top_given(t: MultivariateMoments, held: Mapping[int, Array]) -> dict[str, Array] | None:
    """Return the maximum where all that is held are the means of some coordinates, their covariances, or both.

    The density is that of these coordinates times that of the others given them. What is held says nothing of the
    latter, so the others keep their regression on these (Anderson 2003, section 4.3). None where more is held, or less.
    """
    size = t.mean.shape[-1]
    means, spreads = _coordinates(size, held)
    some = sorted(means | spreads)
    rest = [i for i in range(size) if i not in some]
    rows, columns = (list(map(int, side)) for side in np.tril_indices(size))
    block = [size + k for k in range(len(rows)) if {rows[k], columns[k]} <= set(some)]
    if (means and means != set(some)) or (spreads and not set(block) <= set(held)):
        return None
    value = {i: np.asarray(v)[..., None] for i, v in held.items()}
    inner, across = t.cov[(..., *np.ix_(some, some))], t.cov[(..., *np.ix_(rest, some))]
    beta = across @ np.linalg.pinv(inner, hermitian=True)
    away = 0.0 * t.mean[..., some]
    if means:
        away = _side_by_side(*(value[i] for i in some)) - t.mean[..., some]
    within = inner + away[..., :, None] * away[..., None, :]
    if spreads:
        scalars = _side_by_side(*(value[i] for i in block))
        within = MultivariateNormal.domains["cov"].unflatten(scalars, len(some))
    moved = (beta @ away[..., None])[..., 0]
    mean = _side_by_side(t.mean[..., some] + away, t.mean[..., rest] + moved)
    mixed = beta @ within
    left = t.cov[(..., *np.ix_(rest, rest))] - beta @ np.swapaxes(across, -1, -2)
    cov = _four_blocks(within, np.swapaxes(mixed, -1, -2), left + mixed @ np.swapaxes(beta, -1, -2))
    order = np.argsort(some + rest)
    return {"mu": mean[..., order], "cov": cov[(..., *np.ix_(order, order))]}


def _spread(t: MultivariateMoments, mu: Array) -> tuple[Array, Array]:
    """Return mean - mu, and the mean of (x - mu)(x - mu)'."""
    d = t.mean - mu
    return d, t.cov + d[..., :, None] * d[..., None, :]


def _basis(size: int) -> Array:
    """Return, for each entry of the lower triangle, the symmetric matrix that it alone changes.

    >>> _basis(2)[1]
    array([[0., 1.],
           [1., 0.]])
    """
    rows, columns = np.tril_indices(size)
    entry = np.arange(rows.size)
    basis = np.zeros((rows.size, size, size))
    basis[entry, rows, columns] = basis[entry, columns, rows] = 1.0
    return basis


def _second_order(a: Array, b: Array) -> Array:
    """Return tr(a E_r b E_q) for every pair q, r of the basis."""
    basis = _basis(a.shape[-1])
    inner = a[..., None, :, :] @ basis @ b[..., None, :, :]
    return np.einsum("...rij,qji->...qr", inner, basis)


def _side_by_side(*columns: Array) -> Array:
    """Lay vectors of a common batch end to end."""
    batch = np.broadcast_shapes(*(c.shape[:-1] for c in columns))
    return np.concatenate([np.broadcast_to(c, batch + c.shape[-1:]) for c in columns], axis=-1)


def _four_blocks(mu: Array, cross: Array, cov: Array) -> Array:
    """Return the symmetric matrix with these blocks for mu, for mu against cov, and for cov."""
    batch = np.broadcast_shapes(*(m.shape[:-2] for m in (mu, cross, cov)))
    mu, cross, cov = (np.broadcast_to(m, batch + m.shape[-2:]) for m in (mu, cross, cov))
    upper = np.concatenate([mu, cross], axis=-1)
    lower = np.concatenate([np.swapaxes(cross, -1, -2), cov], axis=-1)
    return np.concatenate([upper, lower], axis=-2)


def _nearly_flat(unit: Array) -> bool:
    """Say whether correlations are so close to dependent that half of the digits of their determinant are lost."""
    return bool(np.linalg.eigvalsh(unit)[0] < 1e-8)
