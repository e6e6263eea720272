"""The profile of a SkewNormal's shape, and its highest top.

With the shape held, the log-likelihood is concave in (1/scale, loc/scale), so each shape has one best location and scale,
and the likelihood has as many tops as their profile. Far out the profile rises, to the likelihood of a HalfNormal that
begins at the smallest value, or of its mirror image. Where it is level in a shape a > 0, n z-bar = a sum m(a z) and
sum z m(a z) = 0, with m = phi/Phi: so the smallest z is below zero, where m is above sqrt(2/pi), and z-bar is at most 1.
No top lies beyond a = n sqrt(pi/2), then, and the highest up to there is compared with the limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import scipy

from ..family import SURE, Array
from ..roots import newton_1d
from ..statistics import LONG, Sample, piecewise
from ..tails import inverse_mills, standard
from .rescaled import Rescaled
from .ties import share_at

__all__ = ["ZERO", "Tops", "skew_sums", "tops_of_profile"]

# Tops nearer to 0 than this are at 0.
ZERO = 1e-3
# Where the profile is looked at beyond; from the last on, each time at so many times the one before.
_SHAPES, _RATIO = (0.25, 0.6, 1.3, 2.5, 5.0, 12.0), 3.5
# The gains, of an observation, from which on a step of Newton's is the last: in a search, and at a top.
_ROUGH, _FINE, _LAST = 1e-7, 1e-13, 1e-15
# Log-likelihoods that differ by less, relative to their size, are equally high.
_TIE = 1e-12
# So many values of a long sample show where its profile turns, unless it is nearer to 0 than this.
_PART, _NEAR_ZERO = 2048, 0.05


class Tops(NamedTuple):
    """The highest top of each sample; `limit` is 1 or -1 where the limit of large or of small shapes is higher.

    `ties` has a row (loc, scale, shape) for each top that is as high.
    """

    loc: Array
    scale: Array
    shape: Array
    limit: Array
    converged: Array
    iterations: Array
    ties: Array

    def rows(self, index: Any) -> Self:
        """Return the tops of some samples of a batch."""
        return self._replace(**{name: getattr(self, name)[index] for name in self._fields[:6]})


@piecewise
def skew_sums(at: tuple[Array, Array, Array], t: Sample) -> tuple[Array, ...]:
    """Return the sums of z, z^2, m, z m, q, z q and z^2 q: m = phi/Phi at shape z, q its slope.

    >>> t = Sample.of(np.array([1.0, 3.0]))
    >>> [float(s) for s in skew_sums((np.array(1.0), np.array(2.0), np.array(0.0)), t)[:2]]
    [1.0, 1.0]
    """
    loc, scale, shape = (np.asarray(v)[..., None] for v in at)
    z = standard(t.values, loc, scale)
    m, q = inverse_mills(shape * z)
    zq = z * q
    return t.sum(z), t.sum(z * z), t.sum(m), t.sum(z * m), t.sum(q), t.sum(zq), t.sum(z * zq)


class _Profiles(NamedTuple):
    """Profiles that are looked at together: of which row of the sample each is, and whether the scale is free."""

    t: Sample
    row: Array
    free: bool

    def at(self, k: Array) -> Self:
        return self._replace(row=self.row[k])

    @property
    def n(self) -> Array:
        return self.t.n[self.row]

    @property
    def samples(self) -> Sample:
        """The sample of each; one alone serves all."""
        return self.t if self.t.n.size == 1 else self.t[self.row]

    def sums(self, loc: Array, scale: Array, a: Array) -> Array:
        return np.stack(np.broadcast_arrays(*skew_sums((loc, scale, a), self.samples)))


class _Peaks(NamedTuple):
    """The best location and scale beside each shape, and the slope and curvature of the profile there."""

    loc: Array
    scale: Array
    slope: Array
    bend: Array


def _newton(p: _Profiles, a: Array, sums: Array) -> tuple[Array, ...]:
    """Return Newton's step (alpha, beta), the gain it promises, and slope and curvature of the profile at its end.

    1/scale grows by the part alpha and loc by beta scales: both move z by alpha z - beta, so that all derivatives are
    sums over z.
    """
    n = p.n
    z, zz, m, zm, q, zq, zzq = sums
    slope = n - zz + a * zm, z - a * m
    aa, ab, bb = n + zz - a * a * zzq, a * a * zq - z, n - a * a * q
    mixed = zm + a * zzq, -(m + a * zq)

    def solved(first: Array, second: Array) -> tuple[Array, Array]:
        if not p.free:
            return 0.0 * first, second / bb
        det = aa * bb - ab * ab
        return (bb * first - ab * second) / det, (aa * second - ab * first) / det

    step, turn = solved(*slope), solved(*mixed)
    gain = slope[0] * step[0] + slope[1] * step[1]
    ahead = zm + mixed[0] * step[0] + mixed[1] * step[1]
    return *step, gain, ahead, zzq + mixed[0] * turn[0] + mixed[1] * turn[1]


def _peaks(p: _Profiles, a: Array, loc: Array, scale: Array, gain_left: float = _LAST) -> _Peaks:
    """Climb to the best (loc, scale) beside each shape.

    A step is halved while it overshoots, which the slope at its end tells: it points back.
    """
    loc, scale = loc.copy(), scale.copy()
    slope, bend = np.full((2, a.size), np.nan)
    sums = p.sums(loc, scale, a)
    active = np.arange(a.size)
    for _ in range(200):
        if active.size == 0:
            break
        part = p.at(active)
        step = _newton(part, a[active], sums[:, active])
        alpha, beta, gain, slope[active], bend[active] = step
        # Newton squares the error, so the step of a gain as small as this is the last, and its end is known.
        last = ~(gain > gain_left * part.n)
        scale[active[last]] /= 1.0 + alpha[last]
        loc[active[last]] += beta[last] * scale[active[last]]
        active, alpha, beta, gain = active[~last], alpha[~last], beta[~last], gain[~last]
        size = np.minimum(1.0, -0.8 / np.minimum(alpha, -1e-300))
        trying = np.arange(active.size)
        for _halving in range(60):
            if trying.size == 0:
                break
            k, part_a, part_b = active[trying], size[trying] * alpha[trying], beta[trying]
            new_scale = scale[k] / (1.0 + part_a)
            new_loc = loc[k] + size[trying] * part_b * new_scale
            few = p.at(k)
            new = few.sums(new_loc, new_scale, a[k])
            z, zz, m, zm = new[:4]
            ahead = (few.n - zz + a[k] * zm) * alpha[trying] + (z - a[k] * m) * part_b
            good = ahead >= -0.1 * gain[trying] * (1.0 + part_a)
            kept = k[good]
            loc[kept], scale[kept], sums[:, kept] = new_loc[good], new_scale[good], new[:, good]
            trying = trying[~good]
            size[trying] *= 0.5
        active = np.delete(active, trying)  # no step helps
    return _Peaks(loc, scale, slope, bend)


class _Found(NamedTuple):
    """Tops of some samples, each with the row of its sample."""

    row: Array
    loc: Array
    scale: Array
    shape: Array
    converged: Array
    iterations: Array


def _refined(p: _Profiles, ends: Array, shape: Array, loc: Array, scale: Array) -> _Found:
    """Return the tops of the profiles between two shapes of one sign each, from a guess."""
    loc, scale, sign = loc.copy(), scale.copy(), np.sign(shape)

    def fall(x: Array, i: Array) -> tuple[Array, Array]:
        size = np.exp(x - 100.0)
        # What the last step leaves is squared in the next place: in the end it is rounding.
        peak = _peaks(p.at(i), sign[i] * size, loc[i], scale[i], _FINE)
        loc[i], scale[i] = peak.loc, peak.scale
        # At 0 the profile has a slope of zero whatever the data: over the square of the shape it has not.
        slope, weight = sign[i] * peak.slope, 1.0 + 1.0 / size**2
        return weight * slope, size * weight * peak.bend - 2.0 * slope / size**2

    # The logarithm is shifted by 100, so that a relative tolerance is one of the shape.
    low, high, start = (100.0 + np.log(np.abs(v)) for v in (*ends, shape))
    x, converged, iterations = newton_1d(fall, start, low=low, high=high, tolerance=1e-13)
    return _Found(p.row, loc, scale, sign * np.exp(x - 100.0), converged, iterations)


def _along(p: _Profiles, sign: Array, sizes: Sequence[float], width: Array) -> list[_Peaks]:
    """Return the peaks beside shapes of growing size, each climbed from the one before."""
    peaks = [_peaks(p, sign * sizes[0], 0.0 * width, width)]
    for size in sizes[1:]:
        peaks.append(_peaks(p, sign * size, peaks[-1].loc, peaks[-1].scale, _ROUGH))
    return peaks


def _in_one_go(p: _Profiles, sign: Array, sizes: Sequence[float], width: Array) -> list[_Peaks]:
    """Return the peaks beside all shapes, climbed at once, a pass a step, from those of the part of a source in memory.

    Where that part leaves a shape no chance to be the highest, its own slope tells enough.
    """
    part = p._replace(t=p.t.thinned(p.t.width))
    near = _along(part, sign, sizes, width)
    a = np.concatenate([sign * size for size in sizes])
    loc, scale, slope, bend = (np.concatenate(column) for column in zip(*near, strict=True))
    one = _Found(np.zeros(a.size, dtype=int), loc, scale, a, a, a)
    height = _exponents(one, part.t) - part.t.n * np.log(scale)
    lead = SURE * p.t.width / part.t.width
    likely = (height > height.max() - lead).reshape(len(sizes), -1).any(axis=1)
    # A top lies between a likely shape and the next one on either side.
    likely |= np.append(likely[1:], False) | np.append(False, likely[:-1])
    k = np.flatnonzero(np.repeat(likely, sign.size))
    top = _peaks(_Profiles(p.t, one.row[k], p.free), a[k], loc[k], scale[k])
    loc[k], scale[k], slope[k], bend[k] = top
    columns = (np.split(column, len(sizes)) for column in (loc, scale, slope, bend))
    return [_Peaks(*peak) for peak in zip(*columns, strict=True)]


def _tops_beside_zero(t: Sample, free: bool, width: Array, far: Array) -> _Found:
    """Return the tops of both signs, up to the farthest that there can be, and those at 0."""
    count = width.size
    p = _Profiles(t, np.tile(np.arange(count), 2), free)
    sign, width = np.repeat([1.0, -1.0], count), np.tile(width, 2)
    shapes = list(_SHAPES)
    while shapes[-1] < far.max():
        shapes.append(_RATIO * shapes[-1])
    places = (ZERO, *shapes)
    peaks = _in_one_go(p, sign, places, width) if t.in_passes else _along(p, sign, places, width)
    falls = ~(sign * peaks[0].slope > 0).reshape(2, count).any(axis=0)
    found: list[tuple[Array, ...]] = []
    for before, size, start, peak in zip(places, shapes, peaks, peaks[1:], strict=False):
        slope, after = sign * start.slope, sign * peak.slope
        k = np.flatnonzero((slope > 0) & ~(after > 0))
        # Where a line through both ends would turn, as in `_refined`; near 0 the profile is no line.
        rise, fall = slope[k] * (1.0 + 1.0 / before**2), -after[k] * (1.0 + 1.0 / size**2)
        share = rise / (rise + fall) if before > ZERO else np.full(k.size, 0.9)
        guess = sign[k] * before * (size / before) ** share
        ends = np.full((2, k.size), [[before], [size]])
        found.append((k, *ends, guess, peak.loc[k], peak.scale[k]))
    k, low, high, *guess = (np.concatenate(column) for column in zip(*found, strict=True))
    tops = _refined(p.at(k), np.stack([low, high]), *guess)
    level = np.flatnonzero(falls)
    zero = np.zeros(level.size)
    at_zero = _Found(level, zero, width[level], zero, zero == 0, zero.astype(int))
    return _Found(*(np.concatenate(pair) for pair in zip(tops, at_zero, strict=True)))


def tops_of_profile(t: Sample, scale: Any = None) -> Tops:
    """Return the highest top of the profile of the shape of each sample, the scale free or held.

    >>> top = tops_of_profile(Sample.of(np.array([-9.0, -1.0, -0.5, 0.0, 0.5, 1.0, 9.0])))
    >>> int(top.limit), round(float(top.shape), 3)
    (0, 0.576)
    """
    shape = np.broadcast_shapes(t.batch_shape, np.shape(scale))
    start = None
    if not shape and t.width > 8 * _PART:
        part = tops_of_profile(t.thinned(_PART), scale)
        start = part if part.limit == 0 and abs(part.shape) > _NEAR_ZERO else None
    rows = (t if t.batch_shape == shape else t.repeated(shape)).as_rows()
    m = rows.moments()
    free = scale is None
    given = np.broadcast_to(1.0 if free else np.asarray(scale, dtype=float), shape).ravel()
    usable = (m.sd > 0) if free else np.isfinite(m.sd)
    if not usable.all():
        return _of_the_others(rows, usable, None if free else given, shape)
    unit = np.where(m.sd > 0, m.sd, given)
    y = Rescaled(rows, m.mean, unit)
    if unit.size > 1 or (rows.width < LONG and not t.in_passes):
        y = Sample.of(y.values, rows.weights if t.weighted else None)
    width = np.ones_like(unit) if free else given / unit
    with np.errstate(all="ignore"):
        far, limits = _limits(y, m.sd / unit, width, free)
        if start is not None:
            p = _Profiles(y, np.zeros(1, dtype=int), free)
            loc, lean = (start.loc - m.mean) / unit, np.atleast_1d(start.shape)
            ends = np.outer([0.3, 3.0], lean)
            tops = _highest(y, _refined(p, ends, lean, loc, start.scale / unit), limits)
            if tops.limit[0] == 0 and 0.31 < tops.shape[0] / lean[0] < 2.9:
                return _in_units(tops, m.mean, unit, shape)
        tops = _highest(y, _tops_beside_zero(y, free, width, far), limits)
    return _in_units(tops, m.mean, unit, shape)


def _of_the_others(
    rows: Sample, usable: Array, scale: Array | None, shape: tuple[int, ...]
) -> Tops:
    """Return the tops of the samples that have any, NaN in the place of the others."""
    none = np.full(0, np.nan)
    found = Tops(none, none, none, none, none, none, np.zeros((0, 3)))
    if usable.any():
        few = rows[usable] if rows.weighted else Sample.of(rows.values[usable])
        found = tops_of_profile(few, None if scale is None else scale[usable])
    columns = np.full((6, usable.size), np.nan)
    columns[:, usable] = np.stack([c.astype(float) for c in found[:6]])
    loc, scale, lean, limit, converged, iterations = (c.reshape(shape)[()] for c in columns)
    limit, iterations = (np.nan_to_num(c).astype(int) for c in (limit, iterations))
    return Tops(loc, scale, lean, limit, converged == 1.0, iterations, found.ties)


def _limits(t: Sample, sd: Array, width: Array, free: bool) -> tuple[Array, Array]:
    """Return beyond which shape no top lies, and the log-likelihoods of both limits, but for the Normal's constant."""
    low, high = t.extremes()
    square = np.array([sd * sd + low * low, sd * sd + high * high])
    size = np.sqrt(square) if free else np.broadcast_to(width, square.shape)
    reach = 1.0 if free else (high - low) / width
    far = np.sqrt(0.5 * np.pi) * reach / np.minimum(share_at(low, t), share_at(high, t))
    return far, t.n * (np.log(2.0) - np.log(size) - 0.5 * square / size / size)


@piecewise
def _exponents(at: _Found, t: Sample) -> Array:
    """Return the sums of log Phi(a z) - z^2/2."""
    z = (t.values - at.loc[:, None]) / at.scale[:, None]
    return t.sum(scipy.special.log_ndtr(at.shape[:, None] * z) - 0.5 * z * z)


def _highest(t: Sample, found: _Found, limits: Array) -> Tops:
    """Return the highest top of each row, and where a limit is higher."""
    p = _Profiles(t, found.row, True)
    height = _exponents(found, p.samples) + p.n * (np.log(2.0) - np.log(found.scale))
    best = np.full(t.n.size, -np.inf)
    np.fmax.at(best, found.row, height)
    equal = height >= (best - _TIE * (t.n + np.abs(best)))[found.row]
    # Of equally high ones the last is taken, that with the largest shape.
    order = np.argsort(found.shape, kind="stable")
    order = order[equal[order]]
    columns = np.full((5, t.n.size), np.nan)
    chosen = np.stack([c[order].astype(float) for c in found[1:]])
    columns[:, found.row[order]] = chosen
    towards = np.where(limits[0] >= limits[1], 1, -1)
    limit = np.where(limits.max(axis=0) >= best, towards, 0)
    iterations = np.nan_to_num(columns[4]).astype(int)
    loc, scale, lean, converged = columns[:4]
    return Tops(loc, scale, lean, limit, converged == 1.0, iterations, chosen[:3].T)


def _in_units(tops: Tops, center: Array, unit: Array, shape: tuple[int, ...]) -> Tops:
    """Return the tops in the units of the data, laid out as their batch."""
    tops = tops._replace(loc=center + unit * tops.loc, scale=unit * tops.scale)
    return tops._replace(**{k: getattr(tops, k).reshape(shape)[()] for k in tops._fields[:6]})
