"""Regressions whose rows are read from a source: Newton's method in a few passes, from the estimate of a part.

Rows that were drawn from the source tell in what way the curvature changes from one place to the next. So each pass leads to
the top of their likelihood, bent until slope and curvature are those of all rows: nearer than Newton's step alone.

Source: Jordan, Lee and Yang (2019), for the bent likelihood.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import linalg

from ..errors import (
    ConvergenceError,
    DataError,
    NoMLEError,
    RegularityError,
    SeparationError,
    interruptible,
)
from ..likelihood import Maximum
from ..observations import RowPiece, Source
from .drawn import draw
from .likelihood import RegressionLikelihood
from .observations import Observations
from .reread import Reader, StreamedRows

__all__ = ["StreamedRegression", "streamed"]

Array = np.ndarray

# A step as small as this, in columns of size 1, leaves less than its square: no pass is needed to see it. So does one that
# is this much shorter than the step before, and the square of that ratio is the error of the curvature at its end.
_SMALL, _SHORTER = 1e-6, 1e-3
# How many steps lead to the top of the bent likelihood of the rows drawn, at most.
_BENT = 8
# After so many steps it is asked whether the classes are separated, and after so many the climb is given up.
_SUSPICIOUS, _MOST = 15, 40


class StreamedRegression(RegressionLikelihood):
    """The likelihood of a regression whose rows are read from a source, some passes for a maximum.

    >>> from mlecore import PoissonRegression, chunks
    >>> f = PoissonRegression.fit(chunks([([0.0, 0.0], [1, 3]), ([1.0], [6])]))
    >>> type(f.likelihood).__name__, round(f.params["x1"], 6)
    ('StreamedRegression', 1.098612)
    """

    #: what was said against an estimate from the rows drawn, which all rows may not confirm
    refusal: Exception | None = None

    def __init__(self, family: Any, rows: StreamedRows, fixed: Mapping[str, Any] | None) -> None:
        super().__init__(family, rows, fixed=fixed)
        self.source, self._reading = rows.source, rows.state

    @property
    def called(self) -> str:
        return self.family._called(self.statistic)

    def maximize(
        self,
        *,
        fixed: Mapping[str, Any] | None = None,
        start: Any = None,
        max_iterations: int = _MOST,
    ) -> Maximum:
        """Climb, a pass a step, from the maximum of the rows drawn, or from `start`.

        Raises
        ------
        SeparationError : where the direction of the climb, checked in a pass, tells two classes apart.
        DataError, NoMLEError : for what the rows drawn show to have no estimate.
        """
        here = self.given(fixed)
        begin = here._begin() if start is None else np.array(start, dtype=float)
        grid = np.broadcast_shapes(*(np.shape(v) for v in here.held.values()))
        tops = []
        for index in np.ndindex(grid):
            theta = begin.copy()
            for i, value in here.held.items():
                theta[i] = value[index] if np.ndim(value) else value
            with interruptible(here.statistic.interrupted):
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
        rows, free, family = self.statistic, self.free, self.family
        A = rows.reader.matrix(family, rows.pilot)
        rows.state["params"] = self.layout.distribution(theta, {}).params
        if not free.size:
            return theta, float(rows.scaled(family, A @ theta)[0]), True, 0
        Q, R = np.linalg.qr(A[:, free])
        before = 0.0
        for iteration in range(1, most + 1):
            terms = rows.scaled(family, A @ theta)
            rows.state["params"] = self.layout.distribution(theta, {}).params
            step, terms = self._step(A @ theta, terms, Q)
            moved = np.zeros_like(theta)
            moved[free] = linalg.solve_triangular(R, step)
            length = np.abs(step).max()
            if length <= max(_SMALL, _SHORTER * before):
                rows.remember(A @ (theta + moved), terms)
                return theta + moved, float(terms[0]), True, iteration
            if iteration == _SUSPICIOUS:
                self._insist_mixed(theta)
            theta, before = self._uphill(theta, moved), length
        if self.refusal is not None:
            raise self.refusal
        return theta, np.nan, False, most

    def _step(
        self, theta: Array, terms: tuple[Any, Array, Array], Q: Array
    ) -> tuple[Array, tuple[Any, Array, Array]]:
        """Return the step along Q to the top of the bent likelihood, and what all rows say there, but for a little."""
        rows = self.statistic
        value, slope, hessian = terms
        try:
            step = newton = _newton(Q.T @ slope, -Q.T @ hessian @ Q)
        except (linalg.LinAlgError, ValueError) as error:
            raise self.refusal or DataError(
                "the information of all rows is singular: columns follow from each other, or the classes are all but separated; "
                "fit some of the rows in memory, which names the columns"
            ) from error
        there, length = hessian, np.inf
        with np.errstate(all="ignore"):
            _, first, own = rows.of_few(self.family, theta)
            for _ in range(_BENT if rows.drawn.step > 1 else 0):
                _, few, curved = rows.of_few(self.family, theta + Q @ step)
                there = hessian + curved - own
                rest = slope + few - first + (hessian - own) @ (Q @ step)
                try:
                    more = _newton(Q.T @ rest, -Q.T @ there @ Q)
                except (linalg.LinAlgError, ValueError):
                    more = np.full(step.shape, np.inf)
                if not np.abs(more).max() < length:  # the rows drawn are no guide
                    step, there = newton, hessian
                    break
                step, length = step + more, np.abs(more).max()
                if length <= 1e-3 * _SMALL:
                    break
        full = Q @ step
        return step, (value + 0.5 * (slope @ full), slope + hessian @ full, there)

    def _begin(self) -> Array:
        """Return the maximum of the rows drawn, where there is one; else no effects."""
        rows = self.statistic
        held = self.held_by_name
        few = RegressionLikelihood(self.family, rows.pilot, fixed=held)
        try:
            grid = any(np.ndim(value) for value in held.values())
            top = few.maximize() if grid else self.family._maximum(few)
            first = np.reshape(top.theta, (-1, np.shape(top.theta)[-1]))[0]
            if np.all(top.converged) and np.isfinite(first).all():
                return np.array(first)
        except (DataError, NoMLEError, ConvergenceError) as error:
            if rows.drawn.settled or not self.family._starts_anywhere:
                raise
            self.refusal = error
        theta = np.zeros(len(self.layout.names))
        theta[len(theta) - len(self.family.others) :] = 1.0 + rows.pilot.y.std()
        return theta

    def _uphill(self, theta: Array, moved: Array) -> Array:
        """Return the end of a step, halved until the likelihood rises."""
        rows, family = self.statistic, self.family
        A = rows.reader.matrix(family, rows.pilot)
        value = float(rows.scaled(family, A @ theta)[0])
        for _ in range(40):
            there = theta + moved
            if self.layout.contains(there):
                with np.errstate(all="ignore"):
                    new = float(rows.scaled(family, A @ there)[0])
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
        if self.statistic.summed(self.layout.distribution(theta, {}), _margin, min) > 0:
            raise SeparationError(
                f"{self.called} has no maximum likelihood estimate: the columns completely separate the zeros of y from the "
                "ones along the error's .direction, in every row of the source; drop a column, or gather more data",
                direction=theta / np.abs(theta).max(),
            )

    def _covariance_of(self, theta: Array, kind: str, clusters: Array | None) -> Array:
        rows, full, family = self.statistic, self._full(theta), self.family
        A = rows.reader.matrix(family, rows.pilot)
        Q, R = np.linalg.qr(A[:, self.free])
        member = self.layout.distribution(full, {})
        if kind == "expected":
            information = rows.summed(member, _expected)
        else:
            information = -rows.scaled(family, A @ full)[2]
        information = Q.T @ information @ Q
        unit = np.sqrt(np.abs(np.diagonal(information)))
        scaled = information / unit / unit[:, None]
        if not np.isfinite(scaled).all() or np.linalg.eigvalsh(scaled)[0] <= 1e-13:
            raise RegularityError(
                "the information matrix is singular: the rows do not determine all coefficients together; fix one of them, or "
                "drop a column"
            )
        inverse = np.linalg.inv(scaled) / unit / unit[:, None]
        if kind == "sandwich":
            squares = rows.summed(member, _squares)
            inverse = inverse @ (Q.T @ squares @ Q) @ inverse
        back = linalg.solve_triangular(R, inverse)
        return linalg.solve_triangular(R, back.T)

    def _expected_at(self, full: Array) -> Array:
        rows = self.statistic
        member = self.layout.distribution(full, {})
        A = rows.reader.matrix(self.family, rows.pilot)[:, self.free]
        return A.T @ rows.summed(member, _expected) @ A

    def _labels(self, clusters: Any, kind: str) -> Array | None:
        if clusters is not None:
            raise DataError("clusters need the rows in memory; a source is read in chunks")
        return None

    def over_rows(self, member: Any, function: Callable[[Any], Array]) -> float:
        """Return the sum over all rows of one number for each, in a pass."""
        return self.statistic.summed(member, _Summed(function))


class _Summed:
    """The sum over the rows of a regression of what a function says of each."""

    def __init__(self, function: Callable[[Any], Array]) -> None:
        self.function = function

    def __call__(self, member: Any) -> float:
        return float(member.rows.sum(self.function(member)))


def _margin(member: Any) -> float:
    """Return the smallest margin by which a direction tells two classes apart."""
    eta, y = member.eta()[0], member.rows.y
    if ((y > 0) & (y < 1)).any():
        return -np.inf
    return float(np.where(y > 0.5, eta, -eta).min())


def _expected(member: Any) -> Array:
    return member._information_matrix() * member.rows.n


def _squares(member: Any) -> Array:
    u = member._row_scores()
    return member.rows.weighted(u.T) @ u


def _newton(slope: Array, information: Array) -> Array:
    """Return Newton's step, or raise where the information is no positive matrix."""
    return linalg.cho_solve(linalg.cho_factor(information), slope)


def streamed(
    family: Any,
    source: Source,
    make: Callable[[RowPiece], Observations],
    fixed: Mapping[str, Any] | None,
    *,
    labels: Callable[[Array], Callable[[RowPiece], Observations]] | None = None,
) -> tuple[StreamedRegression, Maximum]:
    """Return the likelihood of a regression at the rows of a source, and its maximum.

    Parameters
    ----------
    make : makes observations of a piece.
    labels : of a model of classes, makes that function anew once all classes are known.

    Raises
    ------
    DataError : for a generator, which is read once, and rows that cannot be used, with their place.
    ConvergenceError : where the climb did not reach the maximum.
    """
    seal, drawn = draw(source, Reader(make).read, labels is not None)
    if labels is not None and drawn.labels is not None:
        make = labels(drawn.labels)
    likelihood = StreamedRegression(
        family, StreamedRows.of(source, Reader(make), drawn, seal), fixed
    )
    likelihood.insist_numbers()
    top = likelihood.maximize()
    if not top.converged:
        raise ConvergenceError(
            f"{likelihood.called} did not converge in {top.iterations} passes; it stopped at {top.params}. The classes may be "
            "all but separated, which a stream cannot prove: fit some of the rows in memory, which looks for the direction"
        )
    return likelihood, top
