"""The values of a source as a sample: each sum over its pieces reads the source once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..observations import Source
from ..products import blocks
from .moments import Moments
from .sample import Sample
from .statistic import total
from .streamed import Streamed

__all__ = ["InPasses"]

Array = np.ndarray

# How many values are worked on at once: a search asks for sums at dozens of places in one pass.
_AT_ONCE = 2**12


class InPasses(Sample):
    """All values of a source, for what adds up over pieces: a family's own search for its maximum asks no more.

    There are no `values` in memory to ask for. As a row it is a batch of one, whose sums are arrays of one.

    >>> from mlecore import Lomax, chunks
    >>> t = InPasses(Lomax.statistics(chunks([np.ones(200_000)])))
    >>> t.width, float(t.moments().mean)
    (200000, 1.0)
    """

    def __init__(self, raw: Streamed, row: bool = False) -> None:
        n = np.reshape(raw.n, (1,)) if row else raw.n
        for name, value in {"n": n, "raw": raw, "row": row}.items():
            object.__setattr__(self, name, value)

    def fault(self, support: Any) -> str | None:
        return None  # every piece is looked at as it is read

    @property
    def in_passes(self) -> bool:
        return True

    @property
    def weighted(self) -> bool:
        """Whether the values have weights of their own: each piece knows."""
        return False

    @property
    def width(self) -> int:
        return self.raw.seal.rows

    def isfinite(self) -> bool:
        return True

    def given(self) -> tuple[Source, None]:
        return self.raw.source, None

    def as_rows(self) -> Sample:
        return type(self)(self.raw, row=True)

    def pieces(self) -> Iterator[Any]:
        for t in self.raw.pieces():
            for part in blocks(t.width, _AT_ONCE):
                few = Sample.of(t.values[part], t.weights[part] if t.weighted else None)
                if few.n > 0:
                    yield few.as_rows() if self.row else few

    def moments(self) -> Moments:
        return self.once("_moments", lambda: total([part.moments() for part in self.pieces()]))

    def extremes(self) -> tuple[Array, Array]:
        return tuple(np.reshape(end, self.n.shape)[()] for end in self.raw.extremes())

    def thinned(self, count: int, weigh: bool = False) -> Sample:
        few = self.raw.thinned(count, weigh)
        return few.as_rows() if self.row else few
