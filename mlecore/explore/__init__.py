"""Explorables: figures that compute in the page, one for each chapter.

Each function returns an `Explorable`, which displays itself in Jupyter and in the book.

>>> from mlecore import explore
>>> explore.poisson_rate([3, 1, 4, 1, 5])
<explorable poisson_rate: slide the rate over 5 counts>
"""

from mlecore.explore.explorable import Explorable
from mlecore.explore.figures import (
    consistency,
    descent_race,
    gamma_efficiency,
    information,
    intervals,
    likelihood_stems,
    logit_loss,
    normal_surface,
    poisson_rate,
    two_humps,
    underflow,
)

__all__ = [
    "Explorable",
    "consistency",
    "descent_race",
    "gamma_efficiency",
    "information",
    "intervals",
    "likelihood_stems",
    "logit_loss",
    "normal_surface",
    "poisson_rate",
    "two_humps",
    "underflow",
]
