"""Explorables: figures that compute in the page, one for each chapter.

Each function returns an `Explorable`, which displays itself in Jupyter and in the book.

>>> from mlecore import explore
>>> explore.poisson_rate([3, 1, 4, 1, 5])
<explorable poisson_rate: slide the rate over 5 counts>
"""

from mlecore.explore.explorable import Explorable
from mlecore.explore.figures import likelihood_stems, normal_surface, poisson_rate, underflow

__all__ = ["Explorable", "likelihood_stems", "normal_surface", "poisson_rate", "underflow"]
