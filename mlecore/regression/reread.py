"""The rows of a regression as a source gives them: read anew for every evaluation, and never kept.

The columns are moved and scaled, piece by piece, by what rows that were drawn before say of them, so that the sums of their
products keep their digits. Each pass gives log-likelihood, slope and curvature together; of a Dask source only these travel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy import linalg

from ..errors import DataError
from ..observations import RowPiece, Seal, Source
from ..statistics import FORMULAS, Reread, added
from .basis import Basis
from .drawn import Drawn
from .irls import evaluate
from .observations import Observations
from .problem import Problem

__all__ = ["Reader", "StreamedRows", "Table", "apart"]

Array = np.ndarray

_NOT_HERE = (
    "this needs the rows in memory, and they are read from their source in chunks: fit some of them, given as arrays, or give "
    "predict the rows that you mean"
)


class Table:
    """Columns with names.

    >>> Table(np.array([[1.0, 2.0]]), ("age", "dose")).columns
    ('age', 'dose')
    """

    def __init__(self, values: Array, columns: tuple[str, ...]) -> None:
        self.values, self.columns, self.shape, self.ndim = values, columns, values.shape, 2

    def __len__(self) -> int:
        return len(self.values)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return self.values

    def take(self, names: Sequence[str]) -> Table:
        """Return some columns by their names, or say which there are."""
        missing = [name for name in names if name not in self.columns]
        if missing:
            raise DataError(
                f"X has no column {', '.join(map(repr, missing))}; its columns are {', '.join(self.columns)}"
            )
        places = [self.columns.index(name) for name in names]
        return Table(self.values[:, places], tuple(names))


def apart(piece: RowPiece, names: Iterable[str]) -> tuple[Table, dict[str, Array]]:
    """Return the columns of X in a piece, and apart from them those with some names, which say other things of a row.

    >>> apart(RowPiece(np.array([[1.0, 2.0]]), np.zeros(1)), ["x2"])[1]
    {'x2': array([2.])}
    """
    own = piece.names or tuple(f"x{j + 1}" for j in range(piece.X.shape[1]))
    table, beside = Table(piece.X, own), {*names}
    lead = {name: table.take([name]).values[:, 0] for name in beside}
    return table.take([name for name in own if name not in beside]) if beside else table, lead


class Reader(NamedTuple):
    """What makes observations of a piece, the columns of each design moved by a center and divided by a size."""

    make: Callable[[RowPiece], Observations]
    moves: tuple[tuple[Array, Array], ...] = ()

    def read(self, piece: RowPiece) -> Observations | None:
        """Check the rows of a piece; None where it holds no observation."""
        if not len(piece.X) or (piece.weights is not None and not np.any(piece.weights)):
            return None
        try:
            rows = self.make(piece)
            if self.moves:
                rows = replace(rows, designs=tuple(map(_moved, rows.designs, self.moves)))
        except DataError as error:
            raise piece.place.told(error) from error
        return rows

    def adapted(self, pilot: Observations) -> Reader:
        """Return the same, moving and scaling columns as some rows ask for."""
        moves = []
        for d in pilot.designs:
            center = d.X.mean(axis=0) if d.intercept else np.zeros(d.X.shape[1])
            size = np.sqrt(np.mean((d.X - center) ** 2, axis=0))
            moves.append((center, np.where(size > 0, size, 1.0)))
        return self._replace(moves=tuple(moves))

    def matrix(self, family: Any, rows: Any) -> Array:
        """Return what turns the parameters into those of the moved and scaled columns."""
        designs = family._designs(rows)
        parts = []
        for d, (center, size) in zip(
            designs, self.moves * (len(designs) // len(self.moves)), strict=True
        ):
            part = np.diag(np.concatenate([np.ones(int(d.intercept)), size]))
            part[: int(d.intercept), int(d.intercept) :] = center
            parts.append(part)
        return linalg.block_diag(*parts, np.eye(len(family.others)))


def _moved(design: Any, move: tuple[Array, Array]) -> Any:
    center, size = move
    if design.X.shape[1] != len(size):
        raise DataError(f"X has {design.X.shape[1]} columns here, and had {len(size)} before")
    return replace(design, X=(design.X - center) / size, center=np.zeros(len(size)))


def terms_of(family: Any, theta: Array, rows: Observations) -> tuple[Any, Array, Array]:
    """Return the log-likelihood of rows in memory, its slope and Hessian."""
    member = family(rows, theta)
    if family.others:
        value, slope, hessian = (getattr(member, formula)(rows) for formula in FORMULAS)
        return value, slope, hessian
    designs = family._designs(rows)
    bases = {id(d): Basis(d.X, d.intercept, np.eye(d.size), np.eye(d.size)) for d in designs}
    each = tuple(bases[id(d)] for d in designs)
    problem = Problem(family, rows, designs, each, (), None)
    offsets = None
    if any(d.offset is not None for d in designs):
        none = np.zeros(len(rows.y))
        offsets = np.array([none if d.offset is None else d.offset for d in designs])
    value, slope, information = evaluate(problem, theta, offsets)
    return value if member._whole else member._log_likelihood(rows), slope, -information


def _terms(reader: Reader, family: Any, theta: Array, piece: RowPiece) -> tuple | None:
    """Return the log-likelihood of a piece, its slope and Hessian."""
    rows = reader.read(piece)
    return None if rows is None else terms_of(family, theta, rows)


def _on_rows(
    reader: Reader, family: Any, theta: Array, function: Callable[[Any], Any], piece: RowPiece
) -> Any:
    """Return a function of the regression at the rows of a piece."""
    rows = reader.read(piece)
    return None if rows is None else function(family(rows, theta))


class _Elsewhere:
    """Columns whose rows are not in memory."""

    def __init__(self, columns: int) -> None:
        self.shape = (0, columns)

    def __getitem__(self, rows: Any) -> Any:
        raise DataError(_NOT_HERE)


@dataclass(frozen=True, eq=False)
class StreamedRows(Reread):
    """The rows of a regression as a source gives them; `pilot` are some of them, `few` the same with columns moved and scaled.

    >>> from mlecore import PoissonRegression, chunks
    >>> f = PoissonRegression.fit(chunks([([0.0, 0.0], [1, 3]), ([1.0], [6])]))
    >>> type(f.likelihood.statistic).__name__, f.passes
    ('StreamedRows', 2)
    """

    _gives = "rows"

    pilot: Observations
    few: Observations
    source: Source
    reader: Reader
    drawn: Drawn
    seal: Seal
    memory: dict[bytes, tuple] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=lambda: {"passes": 1, "params": None})

    @classmethod
    def of(cls, source: Source, reader: Reader, drawn: Drawn, seal: Seal) -> StreamedRows:
        """Return the rows of a source, of which some have been drawn."""
        pilot: Any = reader.read(drawn.rows)
        reader = reader.adapted(pilot)
        few: Any = reader.read(drawn.rows)
        return cls(np.float64(drawn.weight), pilot, few, source, reader, drawn, seal)

    @property
    def designs(self) -> tuple[Any, ...]:
        """What the linear predictors follow from, without rows."""
        return tuple(replace(d, X=_Elsewhere(d.X.shape[1])) for d in self.pilot.designs)

    def __getattr__(self, name: str) -> Any:
        known = (
            "classes",
            "coefficients",
            "wide",
            "names",
            "intercept",
            "center",
            "model",
            "known",
        )
        if name in known:
            return getattr(self.pilot, name)
        if name in ("y", "weights") or name in vars(Observations):
            raise DataError(_NOT_HERE)
        raise AttributeError(name)

    def each_piece(self) -> Iterator[Observations]:
        """Yield the rows of each piece as they are, in one more pass."""
        reader, seal = self.reader._replace(moves=()), Seal()
        with self._one_pass() as insist_same:
            for piece in self.source.rows():
                seal += Seal.of(piece)
                rows = reader.read(piece)
                if rows is not None:
                    yield rows
            insist_same(seal)

    def isfinite(self) -> bool:
        return True

    def summed(self, member: Any, function: Callable[[Any], Any], add: Any = None) -> Any:
        """Return the sum of a function of the regression over all rows, in a pass; its columns are moved and scaled."""
        family = type(member)
        theta = self.reader.matrix(family, self.pilot) @ member.theta
        return self._pass(partial(_on_rows, self.reader, family, theta, function), add, rows=True)

    def terms(self, d: Any) -> tuple[Any, Any, Any]:
        if d.theta.ndim > 1:
            each = [self.terms(type(d)(self, t)) for t in d.theta.reshape(-1, d.theta.shape[-1])]
            lead = d.theta.shape[:-1]
            columns = (np.array(column) for column in zip(*each, strict=True))
            return tuple(column.reshape(lead + column.shape[1:]) for column in columns)
        A = self.reader.matrix(type(d), self.pilot)
        value, slope, hessian = self.scaled(type(d), A @ d.theta)
        return np.float64(value), A.T @ slope, A.T @ hessian @ A

    def scaled(self, family: Any, theta: Array) -> tuple[Any, Array, Array]:
        """Return log-likelihood, slope and Hessian in the moved and scaled columns: in one pass, or remembered."""
        key = theta.tobytes()
        if key not in self.memory:
            terms = self._pass(partial(_terms, self.reader, family, theta), added, rows=True)
            self.remember(theta, terms)
        return self.memory[key]

    def of_few(self, family: Any, theta: Array) -> tuple[Any, Array, Array]:
        """Return the same of the rows that were drawn, with the weight of all."""
        share = float(self.n / self.few.n)
        value, slope, hessian = terms_of(family, theta, self.few)
        return share * value, share * slope, share * hessian

    def remember(self, theta: Array, terms: tuple) -> None:
        """Keep what a pass has given at some parameters."""
        self._keep(theta.tobytes(), terms)
