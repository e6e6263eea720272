"""How a family reads a source of chunks, and how the sample that is too long for memory is fitted in passes.

A statistic that stays small is added up, in one pass. Where the values are their own statistic and many, the fit begins
at the estimate of a pilot, values drawn from all along the source, and climbs from there, one pass a step.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..climbing import look
from ..errors import DataError, Interrupted, RegularityError, interruptible
from ..inference.regularity import refusal
from ..likelihood import Likelihood
from ..observations import PartlySeen, Piece, Seal, Source, Tree
from ..products import blocks
from ..statistics import HELD, Statistic, Streamed, Sums, added, both, insist_alike, present
from .terms import Array, Solution

__all__ = ["read_source", "streamed_top", "told_apart"]

# A start that is lower than the pilot's own by no more than this many nats, as its values tell, is as good.
_AS_GOOD = 10.0
# What runs to a limit has reached it there, and another climb begins here.
_LIMIT, _BEFORE = 1e5, 20.0
# A logarithm with a greater standard error than this is not known at all.
_MOST = 10.0
# The inverse square of a number beyond this is near the ends of what a double holds.
_LEAST = 1e-140


def read_source(family: Any, source: Source) -> Statistic:
    """Return the statistic of all that a source gives, read once.

    Raises
    ------
    DataError : for a source that gives nothing, and a one-shot generator where one pass does not suffice.
    Interrupted : with the statistic of what had been read.

    >>> from mlecore import Normal, chunks
    >>> float(read_source(Normal, chunks([[1.0], [3.0]])).mean)
    2.0
    """
    if source.spread:
        return _read_elsewhere(family, source)
    sums, streamed, n, pilots = Sums(), False, 0.0, list[_Pilot]()
    guess, found = None, Tree(added)
    seal, again = Seal(), True  # whether the source may be read again, to find the same
    try:
        for piece in _pieces(family, source):
            if again:
                seal += Seal.of(piece)
            t = _statistic(family, piece)
            if t is None:
                continue
            n += float(t.n)
            if not streamed:
                sums.add(t)
            again = bool(sums.held) or piece.partly is not None
            if again:
                pilots = [_Pilot.joined([*pilots, _Pilot(piece, float(t.n))])]
            if not streamed and not sums.fits():
                _insist_repeatable(family, source)
                streamed, t = True, sums.total()
                guess = _guess(family, pilots[0].statistic(family))
            if guess is not None:
                with np.errstate(all="ignore"):
                    found.add(t.terms(guess))
    except KeyboardInterrupt as stop:
        some = None if not n else pilots[0].statistic(family) if streamed else sums.total()
        what = "of some of them, with the weight of all" if streamed else "theirs"
        raise Interrupted(
            f"interrupted after {n:,.15g} observations; .statistic is {what}, and {family.__name__}.fit takes it",
            statistic=some,
        ) from stop
    if not n:
        raise DataError("the source gave no observations")
    if not streamed:
        return sums.total().of_family(family)
    t = _streamed(family, source, pilots[0], seal)
    if guess is not None:
        with np.errstate(all="ignore"):
            t.remember(guess, found.total())
    return t


def _pieces(family: Any, source: Source) -> Iterator[Piece]:
    """Yield the pieces of a source; those of plain counts as one at its end, each weighed by how often it was seen.

    An interruption is such an end too.
    """
    seen = None
    try:
        for piece in source.pieces():
            plain = piece.weights is None and piece.partly is None
            bins = family._bins(piece.values) if plain else None
            if bins is None:
                yield piece
            else:
                seen = bins if seen is None else both(seen, bins)
    except KeyboardInterrupt:
        if seen is not None:
            yield Piece(*present(seen), counted=True)
        raise
    if seen is not None:
        yield Piece(*present(seen), counted=True)


def _streamed(family: Any, source: Source, pilot: _Pilot, seal: Seal) -> Streamed:
    n, make = np.float64(pilot.n), partial(_cut, family)
    return Streamed(n, pilot.statistic(family), source, make, seal).of_family(family)


class _Digest(NamedTuple):
    """What is told of some pieces: their statistic while it is small, and a pilot where it keeps values."""

    sums: Sums | None
    pilot: _Pilot | None

    @classmethod
    def of(cls, family: Any, piece: Piece) -> _Digest | None:
        t, sums = _statistic(family, piece), Sums()
        if t is None:
            return None
        sums.add(t)
        keeps = sums.held or piece.partly is not None
        return cls(sums, _Pilot.joined([_Pilot(piece, float(t.n))]) if keeps else None)

    @classmethod
    def joined(cls, parts: list[_Digest]) -> _Digest:
        pilots = [part.pilot for part in parts if part.pilot is not None]
        sums: Sums | None = Sums()
        for part in parts:
            if part.sums is None or sums is None:
                sums = None
            else:
                sums.add(part.sums.total())
        if sums is not None and not sums.fits():
            sums = None
        return cls(sums, _Pilot.joined(pilots) if pilots else None)


def _read_elsewhere(family: Any, source: Source) -> Statistic:
    """Return the statistic of a source whose chunks lie elsewhere, where each is summarised: only that travels."""
    with interruptible():
        seal, few = source.sealed(partial(_Digest.of, family), _Digest.joined)
    if few is None:
        raise DataError("the source gave no observations")
    few = _Digest.joined([few])
    if few.sums is None:
        return _streamed(family, source, few.pilot, seal)
    return few.sums.total().of_family(family)


def _insist_repeatable(family: Any, source: Source) -> None:
    if source.once:
        raise DataError(
            f"the statistic of a {family.__name__} is the sample itself, so that its fit reads the source several times, "
            "and a generator gives its values once: give chunks a function that makes it anew"
        )


def _rows(piece: Piece) -> int:
    return len(piece.values if piece.partly is None else piece.partly)


def _part(piece: Piece, rows: Any) -> Piece:
    """Return some rows of a piece."""
    if piece.partly is not None:
        return Piece(values=None, weights=None, partly=piece.partly[rows])
    weights = None if piece.weights is None else piece.weights[rows]
    return Piece(values=piece.values[rows], weights=weights, partly=None)


def _statistic(family: Any, piece: Piece) -> Any:
    """Return the statistic of a piece; None where it holds no observation."""
    w = piece.weights if piece.partly is None else piece.partly.weights
    if not _rows(piece) or (w is not None and not np.any(w)):
        return None
    try:
        if piece.partly is not None:
            return family.statistics(piece.partly)
        return family.statistics(piece.values, w)
    except DataError as error:
        raise piece.place.told(error) from error


def _cut(family: Any, piece: Piece, size: int | None) -> Iterator[Statistic]:
    """Yield the statistics of a piece, of no more than so many rows each."""
    rows = _rows(piece)
    for part in blocks(rows, size or max(1, rows)):
        t = _statistic(family, piece if size is None else _part(piece, part))
        if t is not None:
            yield t


class _Pilot:
    """Values drawn from all along a source, as many as may be held, and its smallest and largest value.

    Every value has the same chance: all are taken at first, then one of two, one of four ...
    """

    def __init__(self, piece: Piece, n: float) -> None:
        self.drawn, self.step, self.n, self.rows = piece, 1, n, _rows(piece)
        self.ends = None if piece.partly is not None else _ends(piece)

    @classmethod
    def joined(cls, pilots: list[_Pilot]) -> _Pilot:
        """Return the pilot of several parts of a source; the same one from the same parts."""
        rng = np.random.default_rng(sum(p.rows for p in pilots))
        whole = copy.copy(pilots[0])
        whole.step = max(p.step for p in pilots)
        whole.n, whole.rows = sum(p.n for p in pilots), sum(p.rows for p in pilots)
        whole.drawn = _joined([_thinned(p.drawn, p.step / whole.step, rng) for p in pilots])
        if whole.ends is not None:
            whole.ends = _ends(_joined([p.ends for p in pilots]))
        while _rows(whole.drawn) > HELD:
            whole.drawn, whole.step = _thinned(whole.drawn, 0.5, rng), 2 * whole.step
        return whole

    def statistic(self, family: Any) -> Any:
        """Return the statistic of what was drawn, weighed as all are."""
        n, drawn, seen = self.n, self.drawn, self.drawn.partly
        if seen is not None:
            w = np.ones(len(seen)) if seen.weights is None else seen.weights
            return family.statistics(replace(seen, weights=w * (n / w.sum())))
        if self.step == 1:
            return family.statistics(drawn.values, drawn.weights)
        w, least = (
            np.ones(_rows(p)) if p.weights is None else p.weights for p in (drawn, self.ends)
        )
        w = w * ((n - least.sum()) / w.sum())
        values = np.concatenate([drawn.values, self.ends.values])
        return family.statistics(values, np.concatenate([w, least]))


def _thinned(piece: Piece, share: float, rng: np.random.Generator) -> Piece:
    if share == 1:
        return piece
    return _part(piece, np.flatnonzero(rng.random(_rows(piece)) < share))


def _ends(piece: Piece) -> Piece:
    seen = piece if piece.weights is None else _part(piece, np.flatnonzero(piece.weights > 0))
    return _part(seen, np.array([seen.values.argmin(), seen.values.argmax()]))


def _joined(parts: list[Piece]) -> Piece:
    """Return the rows of several pieces as one."""
    if len(parts) == 1:
        return parts[0]
    insist_alike(part.partly is not None for part in parts)
    if parts[0].partly is not None:
        seen = [part.partly for part in parts]
        columns = {f.name: [getattr(one, f.name) for one in seen] for f in fields(PartlySeen)}
        if any(w is not None for w in columns["weights"]):
            columns["weights"] = [
                np.ones(len(one)) if one.weights is None else one.weights for one in seen
            ]
        columns.pop("labels")
        whole = {k: None if v[0] is None else np.concatenate(v) for k, v in columns.items()}
        return Piece(values=None, weights=None, partly=PartlySeen(**whole))
    values = np.concatenate([part.values for part in parts])
    if all(part.weights is None for part in parts):
        return Piece(values=values, weights=None, partly=None)
    weights = [np.ones(_rows(p)) if p.weights is None else p.weights for p in parts]
    return Piece(values=values, weights=np.concatenate(weights), partly=None)


def _guess(family: Any, t: Statistic) -> Any:
    """Return the member that the first values look like, where nothing else must be known of it; else None."""
    likelihood = Likelihood(family, t)
    if likelihood.layout.known_domains or family.corners:
        return None
    try:
        theta = likelihood.highest().theta
    except ValueError:
        return None
    if not (np.isfinite(theta).all() and likelihood.layout.contains(theta)):
        return None
    return likelihood.distribution(theta)


def streamed_top(likelihood: Any, near: Array | None = None) -> tuple[Solution, Array]:
    """Return the solution of a sample that is read in passes: a climb from the pilot's, or from `near`."""
    family, t = likelihood.family, likelihood.statistic
    corners = set(family.corners) & set(likelihood.names)
    if corners:
        gigabytes = 8e-9 * float(t.n)
        raise RegularityError(
            f"the estimate of {', '.join(sorted(corners))} lies at one of the values, and is looked for among all of them: "
            f"give them as one array, which needs about {gigabytes:.2g} GB, or hold it by fixed="
        )
    said: tuple[str, ...] = ()
    if near is None:
        few = copy.copy(likelihood)
        few.statistic = t.pilot
        solution, near = family._find(few)
        said = solution.notes
        near = np.array(near, dtype=float)
        if not np.isfinite(near).all():  # the pilot has no maximum, and all values may have one
            with np.errstate(all="ignore"):
                near = likelihood.layout.flatten_all(family._start(t.pilot, **likelihood.known))
            near = likelihood._holding(
                np.broadcast_to(near, (*likelihood.batch_shape, near.shape[-1]))
            )
        limits = [
            likelihood.layout.index(name) for name in family._limits if name in likelihood.names
        ]
        # Where the pilot has run away no slope leads back, and all values may have a maximum before.
        near[limits] = np.where(near[limits] < _LIMIT, near[limits], _BEFORE)
        t.state["start"] = near
        first = t.state["params"]
        if first is not None and not likelihood.batch_shape and not likelihood.held:
            begun = likelihood.layout.flatten_all(first)
            with np.errstate(all="ignore"):
                drop = few.log_likelihood(near) - few.log_likelihood(begun)
            good = not drop * HELD > _AS_GOOD * float(t.n) and bool((begun[limits] < _LIMIT).all())
            near = begun if good else near
    _insist_moderate(near)
    top = likelihood._climbed_from(near)
    below = _below_least(likelihood, top.theta)
    if below:  # the estimate is the highest that may be, as in memory
        return streamed_top(likelihood.given(below), top.theta)
    theta = top.theta
    if theta.ndim == 1 and top.converged and likelihood.free.size and not likelihood.penalised:
        if (there := _last_step(likelihood, theta)) is None:  # the error is not what was foretold
            top = likelihood._climbed_from(theta)
            theta, there = top.theta, _last_step(likelihood, top.theta)
        theta = theta if there is None else there
    return Solution({}, top.iterations, top.converged, said), theta


def _below_least(likelihood: Any, theta: Array) -> dict[str, float]:
    """Return the least values of the parameters that a climb has taken below them."""
    layout = likelihood.layout
    least = {i: getattr(layout.domain(i), "least", -np.inf) for i in likelihood.free}
    if theta.ndim > 1:
        return {}
    return {layout.names[i]: value for i, value in least.items() if theta[i] < value}


def _insist_moderate(theta: Array) -> None:
    """Raise for parameters whose inverse squares, of which the curvature is made, no double holds.

    A sample in memory is brought to a moderate scale first; what is read anew in each pass comes as it is.
    """
    sizes = np.abs(theta[np.isfinite(theta) & (theta != 0)])
    if sizes.size and not (sizes.min() > _LEAST and sizes.max() < 1.0 / _LEAST):
        least = sizes.min() < _LEAST
        size = sizes.min() if least else sizes.max()
        raise DataError(
            f"the values of the source are so {'small' if least else 'large'}, about {size:.0e}, that the curvature of the "
            f"likelihood is beyond a double: divide each chunk by {size:.0e}, and multiply what has the unit of x by it"
        )


def _last_step(likelihood: Any, full: Array) -> Array | None:
    """Take Newton's last step, so short that what it changes follows from the latest pass and needs none of its own.

    None where it is longer than a ten-millionth of a value's standard deviation.
    """
    t, free, moved = likelihood.statistic, likelihood.free, np.zeros_like(full)
    value, slope, hessian = t.terms(likelihood.layout.distribution(full, likelihood.known))
    step = -np.linalg.solve(hessian[np.ix_(free, free)], slope[free])
    moved[free] = step
    if not slope[free] @ step <= 1e-14 * float(t.n):
        return None
    there = likelihood.layout.distribution(full + moved, likelihood.known)
    t.remember(there, (value + 0.5 * slope[free] @ step, slope + hessian @ moved, hessian))
    return full + moved


def told_apart(likelihood: Any, full: Array) -> bool:
    """Say whether a maximum is one that the data tell from its surroundings: regular, and no plain that is all but level.

    The standard error of a logarithm, or a logit, is then no more than a few.
    """
    layout, free = likelihood.layout, likelihood.free
    if refusal(likelihood, full[free])[1]:
        return False
    u = layout.to_real(full[None, free], free)
    known = [term[None] for term in likelihood._terms(full[free])[1:]]
    curvature = look(likelihood, u, known).curvature[0]
    try:
        variances = -np.diagonal(np.linalg.inv(curvature))
    except np.linalg.LinAlgError:
        return False
    shapes = np.isfinite(layout.longest_step(free))
    return bool((variances > 0).all() and (variances[shapes] < _MOST**2).all())
