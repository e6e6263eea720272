"""Losses of a predictor, each with its link: what a network is trained by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike

from .arrays import numeric, require_finite
from .errors import DataError
from .losses import bce_with_logits, mse, softmax_cross_entropy

__all__ = ["LINKED", "Linked", "targets"]

Array = np.ndarray


class Linked(NamedTuple):
    """A loss with its link, for whoever trains a predictor eta; all arrays have shape (n, outputs).

    The prediction is link(eta): a probability, or a mean. For all three losses the slope in eta is
    prediction minus truth, up to the factor by which the mean squared error is no log-likelihood.
    """

    value: Callable[[Array, Array], Any]  # the loss of the truth and eta, averaged over the rows
    link: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]  # of each row's loss in eta: of prediction and truth
    truth: Callable[[Array, int], Array]  # y, checked, as what the outputs should have predicted


def targets(y: ArrayLike, loss: str, outputs: int) -> Array:
    """Return y, checked, as what the outputs should have predicted: classes as zeros and ones.

    >>> targets([2, 0], "softmax", outputs=3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    if loss not in LINKED:
        raise DataError(f"loss must be 'bce', 'softmax' or 'mse', and is {loss!r}")
    y = numeric(y, "y")
    require_finite(y, "y")
    return LINKED[loss].truth(y, outputs)


def _zeros_and_ones(y: Array, outputs: int) -> Array:
    if outputs != 1:
        raise DataError(f"loss='bce' needs one output, and sizes ends in {outputs}")
    return _labels(y, "bce", (y < 0) | (y > 1), "0 and 1")[:, None]


def _one_hot(y: Array, outputs: int) -> Array:
    wrong = (y < 0) | (y >= outputs) | (y != np.floor(y))
    y = _labels(y, "softmax", wrong, f"the classes 0 to {outputs - 1}")
    return (y[:, None] == np.arange(outputs)).astype(float)


def _means(y: Array, outputs: int) -> Array:
    if y.shape[1:] != (outputs,) and (y.ndim != 1 or outputs != 1):
        wanted = f"have shape (n, {outputs}), one column an output, got"
        if outputs == 1:
            wanted = "be one-dimensional for loss='mse', got shape"
        raise DataError(f"y must {wanted} {y.shape}")
    return y.reshape(-1, outputs)


def _labels(y: Array, loss: str, wrong: Array, values: str) -> Array:
    if y.ndim != 1:
        raise DataError(f"y must be one-dimensional for loss={loss!r}, got shape {y.shape}")
    if wrong.any():
        raise DataError(f"y must hold {values}; y[{np.argmax(wrong)}] is {y[wrong][0]:g}")
    return y


def _sigmoid(z: Array) -> Array:
    return scipy.special.expit(z)


def _softmax(z: Array) -> Array:
    return scipy.special.softmax(z, axis=1)


def _identity(m: Array) -> Array:
    return m


def _twice_the_error(m: Array, y: Array) -> Array:
    return 2.0 * (m - y) / y.shape[1]


LINKED = {
    "bce": Linked(bce_with_logits, _sigmoid, np.subtract, _zeros_and_ones),
    "softmax": Linked(softmax_cross_entropy, _softmax, np.subtract, _one_hot),
    "mse": Linked(mse, _identity, _twice_the_error, _means),
}
