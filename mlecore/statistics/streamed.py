"""The sample as its own statistic where it does not fit into memory: it is read anew for every evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import partial, reduce
from typing import Any, ClassVar, Self

import numpy as np

from ..errors import DataError, Interrupted, interruptible
from ..observations import Piece, Seal, Source, Tree
from .events import Events, Parts
from .sample import Sample
from .statistic import Statistic, total

__all__ = ["FORMULAS", "HELD", "Reread", "Streamed", "Sums", "added", "insist_alike"]

Array = np.ndarray

# How many values may stay in memory between passes, where they are their own statistic.
HELD = 2**17
# How many numbers an evaluation at several members may hold at once for a piece of the data.
_TERMS = 2**19
# At how many members the latest evaluations are remembered.
_REMEMBERED = 8
# In how many parts a bracket of the median is cut in each pass.
_BINS = 2**14
FORMULAS = ("_log_likelihood", "_score_vector", "_hessian_matrix")


class Sums:
    """Statistics of the pieces of a source, added up, and how many values they keep.

    >>> from mlecore import Normal
    >>> sums = Sums()
    >>> for x in ([1.0], [3.0]):
    ...     sums.add(Normal.statistics(x))
    >>> float(sums.total().mean)
    2.0
    """

    def __init__(self) -> None:
        self.tree, self.held = Tree(together), 0

    def add(self, t: Any) -> None:
        """Take one more."""
        self.held += _held(t)
        self.tree.add(t)

    def total(self) -> Any:
        """Return the sum of all."""
        return self.tree.total()

    def fits(self) -> bool:
        """Say whether what was added is small enough to be kept: equal counts are put together first."""
        if self.held <= HELD:
            return True
        t = _compressed(self.total())
        self.tree, self.held = Tree(together), _held(t)
        self.tree.add(t)
        return self.held <= HELD // 2


def together(parts: list[Any]) -> Any:
    """Return the statistic of several pieces.

    Raises
    ------
    DataError : for chunks of plain values among partly seen ones.
    """
    insist_alike(isinstance(part, Events) for part in parts)
    return reduce(lambda a, b: a + b, parts) if isinstance(parts[0], Events) else total(parts)


def insist_alike(partly: Iterable[bool]) -> None:
    """Raise where some chunks are partly seen and others not."""
    if len(set(partly)) > 1:
        raise DataError(
            "some chunks are partly seen and others plain values: give each of them as observed(x, ...)"
        )


def _held(t: Any) -> int:
    """Return how many values a statistic keeps."""
    inner = sum(_held(v) for v in vars(t).values() if isinstance(v, Statistic))
    parts = sum(v.size for v in vars(t).values() if isinstance(v, Parts))
    return inner + parts + (t.width if isinstance(t, Sample) else 0)


def _compressed(t: Any) -> Any:
    """Put equal counts together, which a family that counts holds with their weights."""
    if type(t) is Sample:
        return t.compressed().of_family(t.family) if t.weighted else t
    inner = {f.name: getattr(t, f.name) for f in fields(t)}
    inner = {k: _compressed(v) for k, v in inner.items() if isinstance(v, Statistic)}
    return replace(t, **inner).of_family(t.family) if inner else t


def added(terms: list[tuple]) -> tuple:
    """Add up tuples of numbers and arrays, each with those at its place."""
    return tuple(sum(column) for column in zip(*terms, strict=True))


def _terms(make: Any, d: Any, size: int | None, piece: Piece) -> tuple | None:
    """Return the log-likelihood of a member for a piece, its slope and Hessian."""
    parts = [t.terms(d) for t in make(piece, size)]
    return added(parts) if parts else None


class Reread(Statistic):
    """Data that are read from their source anew each time something is asked of all of them.

    `memory` has the log-likelihood, slope and Hessian at the latest places, and `state` how many passes there were, with the
    parameters of the last whole one.
    """

    #: what a source gives, for messages
    _gives: ClassVar[str] = "values"

    source: Source
    seal: Seal
    memory: dict[bytes, tuple]
    state: dict[str, Any]

    @property
    def passes(self) -> int:
        """How often the source has been read."""
        return self.state["passes"]

    def terms(self, d: Any) -> tuple[Any, Any, Any]:
        """Return the log-likelihood of a member, its slope and Hessian."""
        raise NotImplementedError

    def evaluate(self, d: Any, formula: str) -> Any:
        return self.terms(d)[FORMULAS.index(formula)]

    def _keep(self, key: bytes, terms: tuple) -> None:
        while len(self.memory) >= _REMEMBERED:
            self.memory.pop(next(iter(self.memory)))
        self.memory[key] = terms

    @contextmanager
    def _one_pass(self) -> Iterator[Callable[[Seal], None]]:
        """Count a pass, and yield what is to be told the seal of all that it has met."""
        self.state["passes"] += 1
        with interruptible(self.interrupted):
            yield self._insist_same

    def interrupted(self) -> Interrupted:
        """Return the error of an interruption, with the parameters of the last whole pass at some."""
        found = self.state["params"]
        what = (
            "there are no parameters yet"
            if found is None
            else ".params are those of the last whole pass"
        )
        return Interrupted(f"interrupted in pass {self.passes}; {what}", params=found)

    def _pass(self, function: Any, add: Any = None, *, rows: bool = False) -> Any:
        """Return the sum of a function over all pieces, in one pass."""
        with self._one_pass() as insist_same:
            seal, whole = self.source.sealed(function, add, rows=rows)
            insist_same(seal)
        return whole

    def _insist_same(self, seal: Seal) -> None:
        if seal == self.seal:
            return
        if seal.rows == self.seal.rows:
            found = f"other {self._gives} in pass {self.passes} than in the first"
        else:
            found = (
                f"{seal.rows} observations in pass {self.passes} and {self.seal.rows} in the first"
            )
        raise DataError(
            f"the source gave {found}: it must give the same {self._gives}, to the last bit, each time"
        )


@dataclass(frozen=True, eq=False)
class Streamed(Reread):
    """A source whose values are their own statistic, read piece by piece each time something is asked of all of them.

    `pilot` is the statistic of values drawn from all along the source, with the weight of all, and of the smallest and
    the largest one: a fit begins at its estimate. `make` turns a piece of the source into statistics, of so many
    values at most. Log-likelihood, slope and curvature come of one pass together, and the latest are remembered, so
    that a standard error costs none.
    """

    pilot: Any
    source: Source
    make: Callable[[Piece, int | None], Iterator[Statistic]]
    #: of what the first pass met
    seal: Seal
    #: what was found at the latest members, how often the source was read, and where the last whole pass was made
    memory: dict[bytes, tuple] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=lambda: {"passes": 1, "params": None})

    def thinned(self, count: int, weigh: bool = False) -> Statistic:
        return self.pilot.thinned(count, weigh)

    def extremes(self) -> tuple[Array, Array]:
        """Return the smallest and the largest value: the pilot has them."""
        return self.pilot.extremes()

    def _arrays(self) -> dict[str, Array]:
        return {"n": self.n}

    def __add__(self, other: Any) -> Self:
        raise DataError(
            "values that are read from their source each time have no small statistic to add: fit chunks of both "
            "sources together, one after the other"
        )

    def lifted(self) -> Self:
        return self + self

    def save(self, path: Any) -> None:
        raise DataError(
            "values that are read from their source each time have no small statistic to keep: keep the source, and fit "
            "its chunks and tomorrow's one after the other"
        )

    def pieces(self) -> Iterator[Any]:
        """Read the source once more, and yield the statistics of its pieces."""
        seal = Seal()
        with self._one_pass() as insist_same:
            for piece in self.source.pieces():
                seal += Seal.of(piece)
                yield from self.make(piece, None)
            insist_same(seal)

    def terms(self, d: Any) -> tuple[Any, Any, Any]:
        rows = int(np.prod(d.batch_shape))
        one = d if rows > 1 else _alone(d)
        if _key(one) not in self.memory:
            size = None if rows == 1 else max(1024, _TERMS // rows)
            self.remember(one, self._pass(partial(_terms, self.make, one, size), added))
        value, slope, hessian = self.memory[_key(one)]
        if rows > 1:
            return value, slope, hessian
        shape = d.batch_shape
        return tuple(np.reshape(v, shape + np.shape(v)) for v in (value, slope, hessian))

    def remember(self, d: Any, terms: tuple) -> None:
        """Keep what a pass over the whole source has given at a member."""
        self._keep(_key(d), terms)
        if not d.batch_shape:
            self.state["params"] = d.params

    def middle(self) -> Array:
        """Return the weighted median of the values, as `Sample.middle` does: the bracket is narrowed until it holds few."""
        return self.once("_middle", self._middle)

    def _middle(self) -> Array:
        values = np.sort(self.pilot.values)
        reach = 4.0 * np.sqrt(values.size)
        ends = np.array([0.5 * values.size - reach, 0.5 * values.size + reach]).astype(int)
        found: Any = tuple(values[ends.clip(0, values.size - 1)])
        while not isinstance(found, Sample):
            found = self._within(*found)
        return found.middle()

    def _within(self, low: float, high: float) -> Any:
        """Return a sample with the same median, the values below and above the bracket as one; or another bracket."""
        edges = np.linspace(low, high, _BINS + 1)
        counts, below, above = np.zeros(_BINS), 0.0, 0.0
        kept, fits = Sums(), True
        for t in self.pieces():
            x, w = t.values, t.weights
            below, above = below + w[x < low].sum(), above + w[x > high].sum()
            inside = (x >= low) & (x <= high)
            x, w = x[inside], w[inside]
            counts += np.histogram(x, edges, weights=w)[0]
            if x.size and fits:
                kept.add(Sample.of(x, np.array(w)))
                fits = kept.fits()
        half, error = 0.5 * float(self.n), 0.5e-12 * float(self.n)
        if max(below, above) >= half - error:
            least, most = self.extremes()
            return (least, high) if below > above else (low, most)
        if not fits:
            sums = below + np.cumsum(counts)
            first, last = np.searchsorted(sums, [half - error, half + error], side="left")
            return edges[first], edges[min(last, _BINS - 1) + 1]
        few = kept.total()
        x = np.concatenate([[-np.inf], few.values, [np.inf]])
        return Sample.of(x, np.concatenate([[below], few.weights, [above]]))


def _alone(d: Any) -> Any:
    """Return the only member of a batch of one."""
    return type(d)._unchecked(**{k: np.reshape(getattr(d, k), ())[()] for k in d.parameters})


def _key(d: Any) -> bytes:
    return b"".join(np.asarray(getattr(d, name), dtype=float).tobytes() for name in d.parameters)
