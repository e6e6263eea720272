"""What was seen, as plain checked records: values, values known in part only, and sources of either."""

from .partly import PartlySeen, binned, interval, observed
from .pieces import Piece, Place, RowPiece
from .points import points
from .seal import Seal
from .source import Source, Tree
from .sources import as_source, chunks
from .spread import is_dask

__all__ = [
    "PartlySeen",
    "Piece",
    "Place",
    "RowPiece",
    "Seal",
    "Source",
    "Tree",
    "as_source",
    "binned",
    "chunks",
    "interval",
    "is_dask",
    "observed",
    "points",
]
