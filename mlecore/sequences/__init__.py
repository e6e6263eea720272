"""Sequences: values in order, each with its own law given the past.

log L(theta) = sum_t log f(x_t | x_1 .. x_t-1; theta), and everything else is as for any likelihood.

There is one file a model. A new one is a new file and one line here.
"""

from .autoregression import AutoRegression
from .chain import MarkovChain
from .fit import SequenceFit
from .hidden import HiddenMarkov, HiddenMarkovFit, HiddenMarkovModel
from .local_level import LocalLevel, LocalLevelFit
from .sequence import Sequence
from .series import Series

__all__ = [
    "AutoRegression",
    "HiddenMarkov",
    "HiddenMarkovFit",
    "HiddenMarkovModel",
    "LocalLevel",
    "LocalLevelFit",
    "MarkovChain",
    "Sequence",
    "SequenceFit",
    "Series",
]
