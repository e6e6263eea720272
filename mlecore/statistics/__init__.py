"""Statistics that add.

A statistic is what a family needs to know of a sample. `s + t` is the statistic of both samples together, so
weights, frequency tables, chunks of a stream and distributed data all follow one code path. Every field is an
array whose leading axes are a batch: one statistic can summarise a thousand samples, or, as samples of size one,
a thousand observations.

Each class has `of(x, weights)`, which summarises the last axis of x, and `pool()`, which merges the last batch axis.
"""

from .averages import heaviest
from .counts import CountMoments, Frequencies, saturated_poisson
from .directions import Directions
from .events import Events, Parts
from .exposed import Exposed
from .in_passes import InPasses
from .moments import Means, Moments
from .multivariate import MultivariateMoments
from .order import Extremes, order_statistics
from .pieces import LONG, bins_of, both, present
from .positive import AboveLeast, LogMoments, MeanSquare, ReciprocalMoments, RowLogMoments
from .sample import Sample, piecewise
from .shares import ShareMoments
from .statistic import Statistic, beside, total
from .streamed import FORMULAS, HELD, Reread, Streamed, Sums, added, insist_alike

__all__ = [
    "FORMULAS",
    "HELD",
    "LONG",
    "AboveLeast",
    "CountMoments",
    "Directions",
    "Events",
    "Exposed",
    "Extremes",
    "Frequencies",
    "InPasses",
    "LogMoments",
    "MeanSquare",
    "Means",
    "Moments",
    "MultivariateMoments",
    "Parts",
    "ReciprocalMoments",
    "Reread",
    "RowLogMoments",
    "Sample",
    "ShareMoments",
    "Statistic",
    "Streamed",
    "Sums",
    "added",
    "beside",
    "bins_of",
    "both",
    "heaviest",
    "insist_alike",
    "order_statistics",
    "piecewise",
    "present",
    "saturated_poisson",
    "total",
]
