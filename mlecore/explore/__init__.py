"""Explorables: figures that compute in the page, one for each chapter.

Each function returns an `Explorable`, which displays itself in Jupyter and in the book. Its module
stands beside the ES module of the same name; a new explorable is those two files and one line here.

>>> from mlecore import explore
>>> explore.poisson_rate([3, 1, 4, 1, 5])
<explorable poisson_rate: slide the rate over 5 counts>
"""

from .consistency import consistency as consistency
from .descent_race import descent_race as descent_race
from .explorable import Explorable as Explorable
from .gamma_efficiency import gamma_efficiency as gamma_efficiency
from .information import information as information
from .intervals import intervals as intervals
from .likelihood_stems import likelihood_stems as likelihood_stems
from .logit_loss import logit_loss as logit_loss
from .normal_surface import normal_surface as normal_surface
from .poisson_rate import poisson_rate as poisson_rate
from .sufficient_statistic import sufficient_statistic as sufficient_statistic
from .three_tests import three_tests as three_tests
from .train_network import train_network as train_network
from .two_humps import two_humps as two_humps
from .underflow import underflow as underflow

# What the lines above name; modules are not callable.
__all__ = sorted(name for name, thing in list(globals().items()) if callable(thing))
