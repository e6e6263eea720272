"""Regressions whose rows are read from a source: Newton's method in a few passes, from the estimate of a part.

The columns are moved and scaled, piece by piece, by what a pilot says of them, so that the sums of their products keep their
digits. Each pass gives log-likelihood, slope and curvature together; of a Dask source only these travel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy import linalg

from ..errors import ConvergenceError, DataError, NoMLEError, RegularityError, SeparationError
from ..likelihood import Maximum
from ..observations import RowPiece, Seal, Source
from ..statistics import FORMULAS, Reread, added
from .fit import RegressionFit
from .likelihood import RegressionLikelihood
from .observations import Observations

__all__ = ["StreamedRegression", "StreamedRows", "fit_rows"]

Array = np.ndarray

# How many numbers of X the pilot keeps.
_PILOT = 2**18
# A step as small as this, in columns of size 1, leaves its square: no pass is needed to see it.
_SMALL = 1e-6
# After so many steps it is asked whether the classes are separated, and after so many the climb is given up.
_SUSPICIOUS, _MOST = 15, 40


class _Few(NamedTuple):
    """Rows drawn from all along a source, and what is known of all: their number, weight and distinct responses."""

    rows: RowPiece
    count: int
    weight: float
    step: int
    labels: Array | None

    @classmethod
    def of(cls, classes: bool, piece: RowPiece) -> _Few | None:
        w = piece.weights
        if w is not None and (w == 0).any():
            piece = _taken(piece, w != 0)
        if not len(piece.X):
            return None
        weight = float(len(piece.X) if piece.weights is None else piece.weights.sum())
        labels = np.unique(piece.y) if classes else None
        return cls.joined([cls(piece, len(piece.X), weight, 1, labels)])

    @classmethod
    def joined(cls, parts: list[_Few]) -> _Few:
        first = parts[0].rows
        for part in parts:
            _insist_columns(part.rows, first)
        rng, step = np.random.default_rng(0), max(part.step for part in parts)
        kept = [_thinned(part.rows, step // part.step, rng) for part in parts]
        weighted = any(rows.weights is not None for rows in kept)
        weights = [np.ones(len(r.X)) if r.weights is None else r.weights for r in kept]
        rows = RowPiece(
            np.vstack([r.X for r in kept]),
            np.concatenate([r.y for r in kept]),
            np.concatenate(weights) if weighted else None,
            first.names,
            first.place,
        )
        while rows.X.size > _PILOT and len(rows.X) > 100 * (rows.X.shape[1] + 1):
            rows, step = _thinned(rows, 2, rng), 2 * step
        labels = [part.labels for part in parts if part.labels is not None]
        return cls(
            rows,
            sum(part.count for part in parts),
            sum(part.weight for part in parts),
            step,
            np.unique(np.concatenate(labels)) if labels else None,
        )


def _insist_columns(rows: RowPiece, first: RowPiece) -> None:
    """Raise where some rows have other columns than the first ones, or in another order."""
    if (rows.names, rows.X.shape[1]) == (first.names, first.X.shape[1]):
        return
    one, other = (
        ", ".join(part.names) if part.names else f"{part.X.shape[1]} without names"
        for part in (rows, first)
    )
    raise DataError(
        f"the chunks have different columns: {rows.place} has {one}, and {first.place} {other}"
    )


def _taken(piece: RowPiece, rows: Any) -> RowPiece:
    w = None if piece.weights is None else piece.weights[rows]
    return piece._replace(X=piece.X[rows], y=piece.y[rows], weights=w)


def _thinned(piece: RowPiece, by: int, rng: np.random.Generator) -> RowPiece:
    return piece if by == 1 else _taken(piece, np.flatnonzero(rng.random(len(piece.X)) * by < 1.0))


class _Reader(NamedTuple):
    """What makes the observations of a piece, their columns moved by `center` and divided by `size`."""

    family: Any
    intercept: bool
    classes: Array | None
    center: Array
    size: Array

    def read(self, piece: RowPiece) -> Observations | None:
        """Check the rows of a piece; None where it holds no observation."""
        if not len(piece.X) or (piece.weights is not None and not np.any(piece.weights)):
            return None
        y = piece.y
        try:
            if self.classes is not None:
                y = np.searchsorted(self.classes, y).clip(0, len(self.classes) - 1)
                if not np.array_equal(self.classes[y], piece.y):
                    raise DataError(
                        "y holds a class that was not there when the source was read first"
                    )
            rows = self.family.statistics((piece.X, y), piece.weights, intercept=self.intercept)
        except DataError as error:
            raise piece.place.told(error) from error
        if self.classes is not None:
            codes = np.asarray(rows.classes)[rows.y]
            rows = replace(rows, y=codes, classes=self.classes)
        (design,) = rows.designs
        X = (design.X - self.center) / self.size
        return replace(rows, designs=(replace(design, X=X, center=np.zeros(len(self.size))),))

    def matrix(self, rows: Any) -> Array:
        """Return what turns the parameters into those of the moved and scaled columns."""
        one = np.diag(np.concatenate([[1.0] * self.intercept, self.size]))
        if self.intercept:
            one[0, 1:] = self.center
        others = len(self.family.others)
        return linalg.block_diag(*(one for _ in self.family._designs(rows)), np.eye(others))


def _terms(reader: _Reader, theta: Array, piece: RowPiece) -> tuple | None:
    """Return the log-likelihood of a piece, its slope and Hessian."""
    rows = reader.read(piece)
    if rows is None:
        return None
    member = reader.family(rows, theta)
    return tuple(getattr(member, formula)(rows) for formula in FORMULAS)


def _squares(reader: _Reader, theta: Array, piece: RowPiece) -> Array | None:
    rows = reader.read(piece)
    if rows is None:
        return None
    u = reader.family(rows, theta)._row_scores()
    return rows.weighted(u.T) @ u


def _margin(reader: _Reader, theta: Array, piece: RowPiece) -> float | None:
    """Return the smallest margin by which a direction tells the classes of a piece apart; of two classes."""
    rows = reader.read(piece)
    if rows is None:
        return None
    eta, y = reader.family(rows, theta).eta()[0], rows.y
    if ((y > 0) & (y < 1)).any():
        return -np.inf
    return float(np.where(y > 0.5, eta, -eta).min())


@dataclass(frozen=True, eq=False)
class StreamedRows(Reread):
    """The rows of a regression as a source gives them; `pilot` are some of them, and say which columns there are."""

    _gives = "rows"

    pilot: Observations
    source: Source
    reader: _Reader
    seal: Seal
    memory: dict[bytes, tuple] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=lambda: {"passes": 1, "params": None})

    def __getattr__(self, name: str) -> Any:
        if name in ("designs", "classes", "wide", "names", "intercept", "coefficients", "center"):
            return getattr(self.pilot, name)
        if name in ("y", "X", "weights", "counts", "take", "blocks"):
            raise DataError(
                "this needs the rows in memory, and they are read from their source in chunks: fit some of them, given as "
                "arrays, or give predict the rows that you mean"
            )
        raise AttributeError(name)

    def isfinite(self) -> bool:
        return True

    def terms(self, d: Any) -> tuple[Any, Any, Any]:
        if d.theta.ndim > 1:
            each = [self.terms(type(d)(self, t)) for t in d.theta.reshape(-1, d.theta.shape[-1])]
            lead = d.theta.shape[:-1]
            columns = (np.array(column) for column in zip(*each, strict=True))
            return tuple(column.reshape(lead + column.shape[1:]) for column in columns)
        A = self.reader.matrix(self.pilot)
        value, slope, hessian = self.scaled(A @ d.theta)
        return np.float64(value), A.T @ slope, A.T @ hessian @ A

    def scaled(self, theta: Array) -> tuple[Any, Array, Array]:
        """Return log-likelihood, slope and Hessian in the moved and scaled columns: in one pass, or remembered."""
        key = theta.tobytes()
        if key not in self.memory:
            self.remember(theta, self._pass(partial(_terms, self.reader, theta), added, rows=True))
        return self.memory[key]

    def remember(self, theta: Array, terms: tuple) -> None:
        """Keep what a pass has given at some parameters."""
        self._keep(theta.tobytes(), terms)


class StreamedRegression(RegressionLikelihood):
    """The likelihood of a regression whose rows are read from a source, some passes for a maximum.

    >>> from mlecore import PoissonRegression, chunks
    >>> f = PoissonRegression.fit(chunks([([0.0, 0.0], [1, 3]), ([1.0], [6])]))
    >>> type(f.likelihood).__name__, round(f.params["x1"], 6)
    ('StreamedRegression', 1.098612)
    """

    def __init__(self, family: Any, rows: StreamedRows, fixed: Mapping[str, Any] | None) -> None:
        super().__init__(family, rows, fixed=fixed)
        self.source, self._reading = rows.source, rows.state

    @property
    def called(self) -> str:
        return self.family.__name__

    def maximize(
        self,
        *,
        fixed: Mapping[str, Any] | None = None,
        start: Any = None,
        max_iterations: int = _MOST,
    ) -> Maximum:
        """Climb by Newton's method, a pass a step, from the maximum of the pilot, or from `start`.

        Raises
        ------
        SeparationError : where the direction of the climb, checked in a pass, tells two classes apart.
        """
        here = self.given(fixed)
        begin = here._begin() if start is None else np.array(start, dtype=float)
        grid = np.broadcast_shapes(*(np.shape(v) for v in here.held.values()))
        tops = []
        for index in np.ndindex(grid):
            theta = begin.copy()
            for i, value in here.held.items():
                theta[i] = value[index] if np.ndim(value) else value
            tops.append(here._climb(theta, max_iterations))
            begin = tops[-1][0] if tops[-1][2] else begin
        theta, height, converged, iterations = (
            np.array(column).reshape(grid + np.shape(column[0]))
            for column in zip(*tops, strict=True)
        )
        dist = here.layout.distribution(theta, {})
        return Maximum(dist.params, height[()], converged[()], iterations[()], theta, dist)

    def _climb(self, theta: Array, most: int) -> tuple[Array, float, bool, int]:
        """Return the maximum over what is free, its height, whether it was reached and after how many steps."""
        rows, free = self.statistic, self.free
        A = rows.reader.matrix(rows.pilot)
        if not free.size:
            return theta, float(rows.scaled(A @ theta)[0]), True, 0
        Q, R = np.linalg.qr(A[:, free])
        for iteration in range(1, most + 1):
            value, slope, hessian = rows.scaled(A @ theta)
            rows.state["params"] = self.layout.unflatten(theta)
            step = _newton(Q.T @ slope, -Q.T @ hessian @ Q)
            moved = np.zeros_like(theta)
            moved[free] = linalg.solve_triangular(R, step)
            if np.abs(step).max() <= _SMALL:
                full = Q @ step
                height = float(value + 0.5 * slope @ full)
                rows.remember(A @ (theta + moved), (height, slope + hessian @ full, hessian))
                return theta + moved, height, True, iteration
            if iteration == _SUSPICIOUS:
                self._insist_mixed(theta)
            theta = self._uphill(theta, moved, float(value))
        return theta, np.nan, False, most

    def _begin(self) -> Array:
        """Return the maximum of the pilot, where there is one; else no effects."""
        pilot = self.statistic.pilot
        try:
            top = RegressionLikelihood(self.family, pilot, fixed=self.held_by_name).maximize()
            first = np.reshape(top.theta, (-1, np.shape(top.theta)[-1]))[0]
            if np.all(top.converged) and np.isfinite(first).all():
                return np.array(first)
        except (DataError, NoMLEError):
            pass
        theta = np.zeros(len(self.layout.names))
        theta[len(theta) - len(self.family.others) :] = 1.0 + pilot.y.std()
        return theta

    def _uphill(self, theta: Array, moved: Array, value: float) -> Array:
        """Return the end of a step, halved until the likelihood rises."""
        rows, A = self.statistic, self.statistic.reader.matrix(self.statistic.pilot)
        for _ in range(40):
            there = theta + moved
            if self.layout.contains(there):
                with np.errstate(all="ignore"):
                    new = float(rows.scaled(A @ there)[0])
                if new >= value - 1e-12 * (1.0 + abs(value)):
                    return there
            moved = 0.5 * moved
        raise ConvergenceError(
            f"{self.called}: no step along Newton's direction raises the likelihood"
        )

    def _insist_mixed(self, theta: Array) -> None:
        """Raise where the direction of the climb is seen to tell two classes apart in every row."""
        if self.family.followed != ("p",):
            return
        rows, A = self.statistic, self.statistic.reader.matrix(self.statistic.pilot)
        if rows._pass(partial(_margin, rows.reader, A @ theta), min, rows=True) > 0:
            raise SeparationError(
                f"{self.called} has no maximum likelihood estimate: the columns completely separate the zeros of y from the "
                "ones along the error's .direction, in every row of the source; drop a column, or gather more data",
                direction=theta / np.abs(theta).max(),
            )

    def _covariance_of(self, theta: Array, kind: str, clusters: Array | None) -> Array:
        rows, full = self.statistic, self._full(theta)
        A = rows.reader.matrix(rows.pilot)
        Q, R = np.linalg.qr(A[:, self.free])
        _, _, hessian = rows.scaled(A @ full)
        information = -Q.T @ hessian @ Q
        unit = np.sqrt(np.abs(np.diagonal(information)))
        scaled = information / unit / unit[:, None]
        if not np.isfinite(scaled).all() or np.linalg.eigvalsh(scaled)[0] <= 1e-13:
            raise RegularityError(
                "the information matrix is singular: the rows do not determine all coefficients together; fix one of them, or "
                "drop a column"
            )
        inverse = np.linalg.inv(scaled) / unit / unit[:, None]
        if kind == "sandwich":
            squares = rows._pass(partial(_squares, rows.reader, A @ full), rows=True)
            inverse = inverse @ (Q.T @ squares @ Q) @ inverse
        back = linalg.solve_triangular(R, inverse)
        return linalg.solve_triangular(R, back.T)

    def _labels(self, clusters: Any, kind: str) -> Array | None:
        if clusters is not None:
            raise DataError("clusters need the rows in memory; a source is read in chunks")
        return None


def _newton(slope: Array, information: Array) -> Array:
    """Return Newton's step, or refuse columns that cannot be told apart."""
    try:
        return linalg.cho_solve(linalg.cho_factor(information), slope)
    except (linalg.LinAlgError, ValueError) as error:
        raise DataError(
            "the information of all rows is singular: columns follow from each other, or the classes are all but separated; "
            "fit some of the rows in memory, which names the columns"
        ) from error


def fit_rows(
    family: Any, source: Source, intercept: bool, fixed: Mapping[str, Any] | None
) -> RegressionFit:
    """Return the fit of a regression to the rows of a source.

    Raises
    ------
    DataError : for a generator, which is read once, and rows that cannot be used, with their place.
    """
    if source.once:
        raise DataError(
            "a regression reads its rows several times, and a generator gives them once: give chunks a function that makes "
            "it anew"
        )
    seal, few = source.sealed(partial(_Few.of, hasattr(family, "_shares")), _Few.joined, rows=True)
    if few is None:
        raise DataError("the source gave no rows")
    X, y, w, names, _ = few.rows
    labels = few.labels
    if labels is not None and (labels == np.round(labels)).all():
        labels = labels.astype(int)
    plain = _Reader(family, intercept, labels, np.zeros(X.shape[1]), np.ones(X.shape[1]))
    pilot: Any = plain.read(RowPiece(X, y, w))
    center = X.mean(axis=0) if intercept else np.zeros(X.shape[1])
    size = np.sqrt(np.mean((X - center) ** 2, axis=0))
    reader = plain._replace(center=center, size=np.where(size > 0, size, 1.0))
    for name in names or ():
        if names.count(name) > 1 or name in ("intercept",) * intercept + family.others:
            raise DataError(
                f"a column of X is called {name!r}, which occurs twice or is the model's own: rename it"
            )
    design = replace(pilot.designs[0], center=X.mean(axis=0), names=names or pilot.names)
    pilot = replace(pilot, designs=(design,))
    rows = StreamedRows(np.float64(few.weight), pilot, source, reader, seal)
    likelihood = StreamedRegression(family, rows, fixed)
    top = likelihood.maximize()
    if not top.converged:
        raise ConvergenceError(
            f"{family.__name__} did not converge in {top.iterations} passes; it stopped at {top.params}. The classes may be "
            "all but separated, which a stream cannot prove: fit some of the rows in memory, which looks for the direction"
        )
    return RegressionFit.at(likelihood, top)
