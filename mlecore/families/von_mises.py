"""The VonMises family: directions and times of day, the Normal of the circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike

from ..domains import Parameter, Positive, Real, Support, parameter
from ..family import Array, Family, Refusal, Solution, symmetric
from ..numerics import some
from ..roots import newton_1d
from ..statistics import Directions

# 1 - I1(k)/I0(k) = sum of these over k, k^2, k^3 ...; they follow from the ratio's own differential equation
# A' = 1 - A/k - A^2 (Abramowitz and Stegun 9.6.26). From k = 50 on fourteen terms are exact to rounding.
_SERIES_FROM = 50.0
_SERIES = [0.5]
for _m in range(2, 15):
    _square = sum(_SERIES[_i] * _SERIES[_m - 2 - _i] for _i in range(_m - 1))
    _SERIES.append(0.5 * ((_m - 2) * _SERIES[-1] + _square))

# Angles are known to the rounding of their sines: nearer to 1, or to 0, no mean resultant length can be told.
_ALL_EQUAL = 1e-30
_NO_DIRECTION = 1e-15


@dataclass(frozen=True, eq=False, repr=False)
class VonMises(Family):
    """VonMises(mu, kappa): f(x) = exp(kappa cos(x - mu)) / (2 pi I0(kappa)), x an angle in radians.

    Angles that differ by whole turns are the same; samples, moments and distribution function are those on mu - pi ..
    mu + pi, and two limits are the ends of an arc, wherever it lies. mu is the mean direction, in -pi .. pi when fitted,
    and kappa the concentration, a pure number; for large kappa the distribution is nearly Normal with variance 1/kappa.
    When the angles cancel, kappa is 0 and mu is arbitrary.
    Source: Mardia and Jupp (2000), sections 3.5.4 and 5.3.1.

    >>> round(float(VonMises.fit([0.0, 1.0]).params["mu"]), 12)
    0.5
    """

    mu: Parameter = parameter(Real(turn=2.0 * np.pi))
    kappa: Parameter = parameter(Positive(zero=True))
    support = Support(text="angles in radians")

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Directions:
        return Directions.of(x, w)

    def _shortfall(self, t: Directions) -> Array:
        """Return the mean of 1 - cos(x - mu)."""
        return t.deficit + (1.0 - t.deficit) * 2.0 * np.sin(0.5 * (t.direction - self.mu)) ** 2

    def _log_likelihood(self, t: Directions) -> Array:
        # exp(-kappa) belongs to both factors: what is left of it, 1 - cos, keeps its digits at any concentration.
        k = self.kappa
        return -t.n * (k * self._shortfall(t) + np.log(2.0 * np.pi * scipy.special.i0e(k)))

    def _slope(self, t: Directions) -> tuple[Array, ...]:
        across = (1.0 - t.deficit) * np.sin(t.direction - self.mu)
        return t.n * self.kappa * across, t.n * (_ratio_shortfall(self.kappa) - self._shortfall(t))

    def _curvature(self, t: Directions) -> Array:
        length, angle = 1.0 - t.deficit, t.direction - self.mu
        along, across = length * np.cos(angle), length * np.sin(angle)
        return symmetric(-t.n * self.kappa * along, t.n * across, -t.n * _ratio_slope(self.kappa))

    def _information(self) -> Array:
        k = np.asarray(self.kappa) + 0.0 * self.mu
        return symmetric(k * (1.0 - _ratio_shortfall(k)), 0.0 * k, _ratio_slope(k))

    @classmethod
    def _no_mle(cls, t: Directions, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        if "kappa" not in fixed:
            mu = fixed.get("mu", t.direction)
            yield Refusal(
                cls._unchecked(mu=mu)._shortfall(t) <= _ALL_EQUAL,
                "all angles are equal, so the density at them grows without bound with kappa",
            )

    @classmethod
    def _mle(cls, t: Directions) -> Solution:
        scattered = t.deficit >= 1.0 - _NO_DIRECTION
        kappa, converged, iterations = _concentration(np.where(scattered, 1.0, t.deficit))
        mu = np.where(scattered, 0.0, _wrapped(t.direction))[()]
        return Solution({"mu": mu, "kappa": kappa}, iterations, converged)

    @classmethod
    def _remarks(cls, likelihood: Any, full: Array) -> tuple[str, ...]:
        scattered = not likelihood.held and some(full[..., 1] == 0.0)
        note = "the angles have no mean direction: kappa is 0, and every mu does equally well"
        return (note,) if scattered else ()

    @classmethod
    def _mle_given(cls, t: Directions, held: Mapping[int, Array]) -> Solution:
        mu = held.get(0, _wrapped(t.direction))
        if 1 in held:
            return Solution({"mu": mu, "kappa": held[1]})
        kappa, converged, iterations = _concentration(cls._unchecked(mu=mu)._shortfall(t))
        return Solution({"mu": mu, "kappa": kappa}, iterations, converged)

    @classmethod
    def _moments_of(cls, x: Array, w: Array | None) -> Directions:
        return Directions.of(x, w)

    @classmethod
    def _moments(cls, m: Directions) -> dict[str, Any]:
        # The first trigonometric moment has direction mu and length I1/I0: the same equations as the likelihood's.
        return cls._mle(m).params

    def _ends(self) -> tuple[Array, Array]:
        return self.mu - np.pi, self.mu + np.pi

    def _turned(self, x: Array) -> Array:
        return self.mu + _wrapped(x - self.mu)

    def _pieces(self, a: Array, b: Array) -> tuple[tuple[Array, Array], ...]:
        # Two finite limits are the ends of an arc, wherever it lies: what of it goes round the end of the turn is
        # found again at the beginning.
        (first, last), arc, width = self._ends(), np.isfinite(a) & np.isfinite(b), b - a
        whole = arc & (width >= 2.0 * np.pi)
        start = self._turned(np.where(arc, a, 0.0))
        end = start + np.where(arc, width, 0.0)
        a = np.where(whole, -np.inf, np.where(arc, start, a))
        b = np.where(whole, np.inf, np.where(arc, np.minimum(end, last), b))
        round_the_end = arc & ~whole & (end > last)
        if not round_the_end.any():
            return ((a, b),)
        return (a, b), (first + 0.0 * end, np.where(round_the_end, end - (last - first), first))

    def _place(self) -> tuple[Array, Array]:
        return tuple(np.broadcast_arrays(self.mu, 1.0 / np.sqrt(1.0 + np.asarray(self.kappa))))

    @property
    def mean(self) -> Any:
        """The mean direction mu."""
        return self.mu + 0.0 * self.kappa

    @property
    def var(self) -> Any:
        """The variance of the angle on mu - pi .. mu + pi, by Gauss-Legendre quadrature."""
        nodes, weights = np.polynomial.legendre.leggauss(120)
        k = np.asarray(self.kappa)[..., None]
        end = np.minimum(
            np.pi, 12.0 / np.sqrt(np.maximum(k, 1.0))
        )  # beyond it less than 1e-20 is left
        x = 0.5 * end * (nodes + 1.0)
        f = weights * np.exp(-2.0 * k * np.sin(0.5 * x) ** 2)
        return ((f * x * x).sum(axis=-1) / f.sum(axis=-1) + 0.0 * self.mu)[()]

    def cdf(self, x: ArrayLike) -> Any:
        """Return P(X <= x) of the angle on mu - pi .. mu + pi, by SciPy, which goes on counting turns beyond.

        >>> float(VonMises(mu=0.0, kappa=1.0).cdf(4.0))
        1.0
        """
        return np.clip(super().cdf(x), 0.0, 1.0)

    def scipy(self) -> Any:
        from scipy import stats

        return stats.vonmises(self.kappa, loc=self.mu)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return self.mu + rng.vonmises(0.0, self.kappa, size)


def _wrapped(angle: Array) -> Array:
    """Return the same direction between -pi and pi."""
    turn = 2.0 * np.pi
    return angle - turn * np.round(angle / turn)


def _ratio_shortfall(k: Array) -> Array:
    """Return 1 - I1(k)/I0(k), which is about 1/(2k) for large k."""
    return np.where(
        k < _SERIES_FROM,
        (scipy.special.i0e(k) - scipy.special.i1e(k)) / scipy.special.i0e(k),
        _series(k)[0],
    )


def _ratio_slope(k: Array) -> Array:
    """Return the derivative of I1(k)/I0(k): the variance of cos(x - mu)."""
    a = scipy.special.i1e(k) / scipy.special.i0e(k)
    with np.errstate(all="ignore"):
        direct = np.where(k == 0, 0.5, 1.0 - a / np.where(k == 0, 1.0, k) - a * a)
    return np.where(k < _SERIES_FROM, direct, _series(k)[1])


def _series(k: Array) -> tuple[Array, Array]:
    """Return the series of 1 - I1/I0 in 1/k, and minus its derivative."""
    r = 1.0 / np.maximum(k, _SERIES_FROM)
    value = slope = 0.0
    for j in range(len(_SERIES), 0, -1):
        value, slope = (value + _SERIES[j - 1]) * r, (slope + j * _SERIES[j - 1]) * r
    return value, slope * r


def _concentration(shortfall: Array) -> tuple[Array, Array, Array]:
    """Solve 1 - I1(k)/I0(k) = shortfall; a shortfall of 1 or more has the boundary k = 0."""
    v = np.asarray(shortfall, dtype=float)
    inside = v < 1.0
    v = np.where(inside, v, 0.5)
    r = 1.0 - v
    # The approximations of Best and Fisher (1981).
    start = np.where(
        r < 0.53,
        2.0 * r + r**3 + 5.0 * r**5 / 6.0,
        np.where(r < 0.85, -0.4 + 1.39 * r + 0.43 / v, 1.0 / (r * v * (2.0 + v))),
    )
    flat = v.ravel()

    def equation(k: Array, i: Array) -> tuple[Array, Array]:
        # For a short resultant compare the ratio itself, for a long one what it lacks of 1.
        short = (1.0 - flat[i]) - scipy.special.i1e(k) / scipy.special.i0e(k)
        value = np.where(flat[i] > 0.5, short, _ratio_shortfall(k) - flat[i])
        return value, -_ratio_slope(k)

    k, converged, iterations = newton_1d(equation, start)
    return np.where(inside, k, 0.0)[()], converged, iterations
