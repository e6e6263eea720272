"""The local level model: a level that walks at random, and is seen with noise.

Of a level that may start anywhere nothing is known before the first value, so the likelihood is that of the others given
it: of the differences of the values. Their covariance matrix is sigma2_level I + sigma2_irregular D, where D has 2 on its
diagonal and -1 beside it. The sine transform diagonalises D whatever the variances: the transformed differences z_j are
independent, z_j ~ Normal(0, sigma2_level + sigma2_irregular d_j) with d_j = 4 sin^2(pi j / (2 (m + 1))), j = 1 .. m. So the
likelihood and its derivatives are plain sums. The Kalman filter tells the same from value to value, and foretells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import scipy

from ..climbing import climb
from ..domains import Domain, Positive
from ..errors import DataError, NoMLEError
from ..families import Normal
from ..family import Solution
from ..habits import answering
from ..within import not_within
from .fit import SequenceFit
from .kalman import Level, kalman, smoothed
from .layout import in_units
from .sequence import Sequence, Terms
from .series import Series

__all__ = ["LocalLevel", "LocalLevelFit"]

Array = np.ndarray

# The profile is looked at in so many places a factor of ten of the ratio of the variances, over which it changes smoothly.
_PER_DECADE = 8
# The search needs the spectrum in no more pieces than these, each a narrow band of frequencies.
_BANDS = 4000
# So many of the highest places of the path are climbed from.
_PEAKS = 3
# A second peak that is lower by less than this is spoken of: half the 95 % quantile of a chi-square on one degree of freedom.
_NEARLY = 1.92
# Differences outside of this have squares that have lost digits, or are no doubles.
_SMALLEST, _LARGEST = 1e-140, 1e140


class LocalLevelFit(SequenceFit):
    """A fit of a local level model, which also knows where the level was."""

    def level(self) -> Level:
        """Return the level at the time of each value of the last sequence, given all of them, at the estimate.

        The standard errors are those of the level if the variances are as estimated.

        Source: Durbin and Koopman (2012), section 2.4.

        >>> f = LocalLevel.fit([3.0, 5.0, 3.5, 6.0, 4.5, 7.0, 6.5])
        >>> f.level().mean.round(2)
        array([3.82, 4.35, 4.46, 5.17, 5.36, 6.09, 6.25])
        """
        self._single("a level")
        return smoothed(self.series.last, *self.dist.theta)


class LocalLevel(Sequence):
    """x_t = level_t + Normal(0, sigma2_irregular), level_t+1 = level_t + Normal(0, sigma2_level).

    The parameters are variances, in the squared units of x. The start is diffuse: the likelihood is conditional on the first
    value. Packages that count the first value's own infinite variance as 1 differ by log(2 pi) / 2 = 0.9189 in it, and in
    nothing else.

    Source: Durbin and Koopman (2012), chapter 2; Harvey (1989), section 4.3, for the spectrum.

    >>> f = LocalLevel.fit([3.0, 5.0, 3.5, 6.0, 4.5, 7.0, 6.5])
    >>> f.predict(2).mean.round(4)
    array([6.2505, 6.2505])
    """

    units: ClassVar[Mapping[str, float]] = {"sigma2_irregular": 2.0, "sigma2_level": 2.0}
    _fits = LocalLevelFit

    def __init__(self, sigma2_irregular: float, sigma2_level: float) -> None:
        params = {"sigma2_irregular": sigma2_irregular, "sigma2_level": sigma2_level}
        vars(self).update(vars(self._checked(None, params)))

    @classmethod
    @answering
    def fit(
        cls,
        x: Any,
        *,
        fixed: Mapping[str, Any] | None = None,
        prior: Mapping[str, Any] | None = None,
    ) -> LocalLevelFit:
        """Return the fit: the highest of all maxima along the ratio of the variances, both ends of it included.

        Parameters
        ----------
        x : the values in their order, at equal distances in time; a list of arrays is several independent sequences.
        fixed, prior : as in the fit of any family. fixed={"sigma2_level": 0} is a level that stands still,
            {"sigma2_irregular": 0} a random walk.

        Raises
        ------
        DataError : for missing values, and where two variances are to be told from a single difference.
        NoMLEError : where all values of each sequence are equal, and no variance is held above 0.

        >>> f = LocalLevel.fit([1.0, 3.0, 2.0, 4.0], fixed={"sigma2_irregular": 0})
        >>> round(f.params["sigma2_level"], 6)  # the mean of 2^2, 1^2, 2^2
        3.0
        """
        return cls._fit(x, fixed=fixed, prior=prior)  # type: ignore[return-value]

    # -- reading -----------------------------------------------------------------------------------

    @classmethod
    def _domains(cls, setting: Any) -> dict[str, Domain]:
        return {"sigma2_irregular": Positive(zero=True), "sigma2_level": Positive(zero=True)}

    @classmethod
    def _constraint(cls, params: Mapping[str, Array]) -> tuple[Array, str]:
        return (
            params["sigma2_irregular"] + params["sigma2_level"] > 0,
            "two variances >= 0 that are not both 0",
        )

    @classmethod
    def _least(cls, setting: Any) -> int:
        return 1

    @classmethod
    def _start_note(cls, series: Series) -> str:
        return "the level starts diffuse: " + super()._start_note(series)

    @classmethod
    def _insist_estimable(cls, likelihood: Any) -> None:
        series, held = likelihood.statistic, [float(v) for v in likelihood.held.values()]
        if len(held) == 2 and not any(held):
            raise DataError("LocalLevel needs two variances that are not both 0")
        if series.given != 1:
            raise DataError(
                "a diffuse level is conditioned on one first value of each sequence: leave given out"
            )
        steps = np.abs(_differences(series)[0])
        if not steps.any() and not any(held):
            raise NoMLEError(
                "LocalLevel has no maximum likelihood estimate here: all values of each sequence are equal, so that the likelihood rises "
                "without end as both variances go to 0"
            )
        if steps.any() and not _SMALLEST < steps.max() < _LARGEST:
            raise DataError(
                f"values that differ by {steps.max():.3g} have squares that are no doubles: measure x in other units"
            )
        if steps.size < 2 and likelihood.free.size > 1:
            raise DataError(
                "two variances cannot be told from one difference of two values: give three values or more, or fix a variance"
            )

    # -- formulas ----------------------------------------------------------------------------------

    def _terms(self, series: Series, order: int) -> Terms:
        d, square = _spectrum(series)
        irregular, level = self.theta[..., :1], self.theta[..., 1:]
        variance = level + irregular * d
        ratio = square / variance
        terms = [-0.5 * (np.log(2.0 * np.pi * variance) + ratio).sum(axis=-1)]
        if order > 0:
            by = 0.5 * (ratio - 1.0) / variance
            terms.append(np.stack([(by * d).sum(axis=-1), by.sum(axis=-1)], axis=-1))
        if order > 1:
            terms.append(_moments((0.5 - ratio) / variance**2, d))
        return tuple(terms)

    def _information_of(self, series: Series) -> Array:
        """Return the expected information: 1/2 sum_j (d_j, 1)(d_j, 1)' / var_j^2."""
        d = _spectrum(series)[0]
        return _moments(0.5 / (self.theta[..., 1:] + self.theta[..., :1] * d) ** 2, d)

    @classmethod
    def _knows_information(cls) -> bool:
        return True

    def _one_step(self, series: Series) -> Normal:
        means, variances = zip(*(kalman(x, *self.theta)[:2] for x in series.pieces()), strict=True)
        return Normal(
            mu=np.concatenate(means), sigma=np.sqrt(np.concatenate(variances) + self.theta[0])
        )

    def _ahead(self, series: Series, steps: int) -> Normal:
        irregular, level = self.theta
        mean, variance = kalman(series.last, irregular, level)[2]
        k = np.arange(1, steps + 1)
        return Normal(mu=np.full(steps, mean), sigma=np.sqrt(variance + k * level + irregular))

    def _draw(self, rng: np.random.Generator, n: int, before: Array) -> Array:
        """Draw what comes after `before`; without it the level starts at 0."""
        irregular, level = self.theta
        mean, variance = kalman(before, irregular, level)[2] if before.size else (0.0, 0.0)
        start = mean + np.sqrt(variance) * rng.standard_normal()
        steps = np.sqrt(level) * rng.standard_normal(n)
        if not before.size:
            steps[0] = 0.0
        return start + np.cumsum(steps) + np.sqrt(irregular) * rng.standard_normal(n)

    def contains_independent(self, small: Any, held: Mapping[str, Any]) -> str:
        """Refuse: a level that stands still starts anywhere, and has no mean among its parameters."""
        why = ", whose level has no mean to estimate; whether it stands still, fit.test(sigma2_level=0, method='bootstrap') tests"
        raise not_within(small.called, self.called, why)

    # -- the highest maximum -----------------------------------------------------------------------

    @classmethod
    def _find(cls, likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
        if likelihood.penalised:
            return super()._find(likelihood, near)
        batch = likelihood.batch_shape
        flat = likelihood._flat(batch)
        found = [_highest(flat.at(k)) for k in range(int(np.prod(batch)))]
        full = np.array([f[0] for f in found]).reshape(*batch, 2)
        sound = np.array([f[1] for f in found]).reshape(batch)
        steps = np.array([f[2] for f in found]).reshape(batch)
        return Solution({}, steps[()], sound[()], () if batch else found[0][3]), full

    @classmethod
    def _guess(cls, series: Series) -> Array:
        size = _spectrum(series)[1].mean()
        return np.array([0.25 * size, 0.5 * size])


# -- the spectrum ----------------------------------------------------------------------------------


def _differences(series: Series) -> list[Array]:
    """Return the differences of all sequences end to end, and how many each has."""
    parts = [np.diff(x) for x in series.pieces()]
    return [np.concatenate(parts), np.array([part.size for part in parts])]


def _spectrum(series: Series) -> tuple[Array, Array]:
    """Return d_j, what each frequency has of the irregular's variance, and z_j^2, the squared sine transform."""
    return series.once("_spectrum", lambda: _transformed(series))


def _transformed(series: Series) -> tuple[Array, Array]:
    ds, squares = [], []
    for x in series.pieces():
        step = np.diff(x)
        m = step.size
        ds.append(4.0 * np.sin(0.5 * np.pi * np.arange(1, m + 1) / (m + 1)) ** 2)
        squares.append(scipy.fft.dst(step, type=1, norm="ortho") ** 2)
    return np.concatenate(ds), np.concatenate(squares)


def _moments(by: Array, d: Array) -> Array:
    """Return sum_j by_j (d_j, 1)(d_j, 1)'."""
    one, both, other = ((by * v).sum(axis=-1) for v in (d * d, d, 1.0))
    rows = [np.stack(row, axis=-1) for row in ((one, both), (both, other))]
    return np.stack(rows, axis=-2)


def _bands(series: Series) -> tuple[Array, Array, Array]:
    """Return the spectrum for a search: d, the sum of z^2 and the number of frequencies, of narrow bands if there are many."""
    d, square = _spectrum(series)
    if d.size <= _BANDS:
        return d, square, np.ones(d.size)
    where = np.log(d)
    low, high = where.min(), where.max()
    band = np.minimum(((where - low) / (high - low) * _BANDS).astype(int), _BANDS - 1)
    count = np.bincount(band, minlength=_BANDS)
    some = count > 0
    count = count[some]
    middle = np.exp(np.bincount(band, where, _BANDS)[some] / count)
    return middle, np.bincount(band, square, _BANDS)[some], count


# -- the search ------------------------------------------------------------------------------------


def _highest(likelihood: Any) -> tuple[Array, bool, int, tuple[str, ...]]:
    """Return the highest maximum of a single likelihood, whether it is one, the steps to it, and what to know of it.

    The search is made in units of the values' steps, as the squares of variances are no doubles in all units.
    """
    asked, unit = likelihood, _unit(likelihood.statistic)
    series = likelihood.statistic.in_units(0.0, np.sqrt(unit))
    likelihood = in_units(likelihood, series, 0.0, unit)
    bands = _bands(series)
    path = _path(likelihood, *bands)
    if len(path) == 1:
        return unit * path[0], True, 0, ()
    height = _heights(path, *bands)
    padded = np.concatenate([[-np.inf], height, [-np.inf]])
    top = np.flatnonzero((height >= padded[:-2]) & (height >= padded[2:]))
    inner = top[(top > 0) & (top < len(path) - 1)]
    inner = inner[np.argsort(-height[inner])][:_PEAKS]
    climbs = climb(likelihood, path[inner][:, likelihood.free], 200)
    # An end where a free variance is 0 belongs to the domain; another one stands for all that lies beyond.
    ends = [k for k in (0, len(path) - 1) if k in top and (path[k, likelihood.free] == 0).any()]
    peaks = np.concatenate([likelihood._full(climbs.theta[climbs.converged]), path[ends]])
    steps = int(climbs.iterations.max(initial=0))
    if not len(peaks):
        return unit * path[int(np.argmax(height))], False, steps, ()
    value = likelihood.log_likelihood(peaks[:, likelihood.free])
    order = np.argsort(-value)
    peaks = unit * peaks[order]
    return peaks[0], True, steps, _notes(asked, peaks, value[order])


def _unit(series: Series) -> float:
    """Return a power of 4, by which nothing is rounded, near the square of the largest difference."""
    largest = np.abs(_differences(series)[0]).max()
    return 4.0 ** np.round(np.log2(largest)) if largest > 0 else 1.0


def _path(likelihood: Any, d: Array, square: Array, count: Array) -> Array:
    """Return full vectors along which every maximum lies, from the irregular's end to the level's.

    With both variances free it is the ratio q = level / irregular, at each of which the best variances are known.
    """
    irregular, level = (likelihood.held.get(i) for i in (0, 1))
    if irregular is not None and level is not None:
        return np.array([[irregular, level]], dtype=float)
    if irregular is None and level is None:
        q = _between(1e-3 * d.min(), 1e3 * d.max())[:, None]
        size = (square / (q + d)).sum(axis=-1) / count.sum()
        still = (square / d).sum() / count.sum()
        walk = square.sum() / count.sum()
        inside = np.column_stack([size, q[:, 0] * size])
        return np.concatenate([[[still, 0.0]], inside, [[0.0, walk]]])
    if irregular is None:
        return _one_free(float(level), square / count, np.ones_like(d), d, 0)
    return _one_free(float(irregular), square / count, d, np.ones_like(d), 1)


def _one_free(given: float, mean: Array, own: Array, other: Array, free: int) -> Array:
    """Return vectors with one variance given: var_j = given own_j + theta other_j, theta between 0 and all it may be."""
    most = (mean / other).max()
    if given == 0:
        least = (mean / other).min()
        least = 0.5 * max(
            least, 1e-12 * most
        )  # below it all, so that one frequency has its peak inside
    else:
        least = 1e-3 * given * (own / other).min()
    if most <= least:
        theta = np.array([0.0, 2.0 * least])
    else:
        theta = np.concatenate([[0.0], _between(least, 2.0 * most)])
    path = np.full((theta.size, 2), given)
    path[:, free] = theta
    return path


def _between(low: float, high: float) -> Array:
    """Return values from low to high, equally many in each decade."""
    return np.geomspace(low, high, int(_PER_DECADE * np.log10(high / low)) + 2)


def _heights(path: Array, d: Array, square: Array, count: Array) -> Array:
    """Return the log-likelihood of the bands along a path, -inf where it is none."""
    with np.errstate(all="ignore"):
        variance = path[:, 1:] + path[:, :1] * d
        value = -0.5 * (count * np.log(variance) + square / variance).sum(axis=-1)
    return np.where(np.isfinite(value), value, -np.inf)


def _notes(likelihood: Any, peaks: Array, value: Array) -> tuple[str, ...]:
    """Say what should be known of the highest of some peaks: that it is on the boundary, or hardly above the next one."""
    notes, best = [], peaks[0]
    if best[1] == 0 and 1 in likelihood.free:
        notes.append(
            "the likelihood is highest where the level stands still: sigma2_level is on its boundary"
        )
    if best[0] == 0 and 0 in likelihood.free:
        notes.append(
            "the likelihood is highest for a random walk without noise: sigma2_irregular is on its boundary"
        )
    other = np.abs(peaks - best).max(axis=-1) > 1e-3 * best.max()
    if other.any():
        k = int(np.argmax(other))
        if value[0] - value[k] < _NEARLY:
            notes.append(
                f"the log-likelihood has another peak, {value[0] - value[k]:.2g} lower, at sigma2_irregular = "
                f"{peaks[k, 0]:.4g}, sigma2_level = {peaks[k, 1]:.4g}"
            )
    return tuple(notes)
