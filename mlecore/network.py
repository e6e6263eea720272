"""A small neural network, trained by its negative log-likelihood.

A network is a regression whose predictor bends: eta = W2 tanh(W1 x + b1) + b2, with as many layers as
you like. What it predicts is the parameter of a distribution, so its loss is a likelihood: a logit
with binary cross-entropy is a Bernoulli, logits with softmax a Categorical, a mean with squared error
a Normal. For all three the slope of the loss in eta is prediction minus truth; backpropagation is the
chain rule from there down, layer by layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from .domains import numeric, require_finite
from .errors import ConvergenceError, DataError
from .losses import bce_with_logits, mse, softmax_cross_entropy
from .numerics import LOG_2PI
from .optimize import Trace, sgd
from .progress import Progress

__all__ = ["MLP"]

Array = np.ndarray

_LOSSES = {"bce": bce_with_logits, "softmax": softmax_cross_entropy, "mse": mse}


class MLP:
    """A multilayer perceptron: linear layers with tanh between them.

    Args:
        sizes: the width of each layer, inputs first: `[2, 16, 1]` has two inputs, sixteen hidden
            units and one output.
        rng: a `numpy.random.Generator`, or a seed, for the first weights and the order of the rows.

    Attributes:
        weights: all weights and biases as one vector; see `layers`.
        loss: "bce", "softmax" or "mse"; None before `fit`.
        trace: the `Trace` of the training, its `f` the negative log-likelihood averaged over the
            rows (for "mse" the squared error), once an epoch; None before `fit`.

    Raises:
        DataError: fewer than two sizes, or a size that is not a whole number of at least one.

    Source: Rumelhart, Hinton and Williams (1986); first weights after Glorot and Bengio (2010).

    >>> MLP([2, 16, 1], rng=1)
    MLP([2, 16, 1]): 65 weights, untrained
    """

    def __init__(
        self, sizes: Sequence[int], *, rng: np.random.Generator | int | None = None
    ) -> None:
        self.sizes = [int(size) for size in sizes]
        if len(self.sizes) < 2 or min(self.sizes) < 1 or self.sizes != list(sizes):
            raise DataError(
                f"sizes must be two or more whole numbers of at least 1, inputs first; got {sizes!r}"
            )
        self._rng = np.random.default_rng(rng)
        self.weights = np.concatenate(
            [
                np.append(self._rng.normal(0.0, np.sqrt(2.0 / (a + b)), a * b), np.zeros(b))
                for a, b in zip(self.sizes[:-1], self.sizes[1:], strict=True)
            ]
        )
        self.loss: str | None = None
        self.trace: Trace | None = None

    def layers(self, weights: Array | None = None) -> list[tuple[Array, Array]]:
        """Return the matrix (inputs, outputs) and the bias of each layer, as views of the vector."""
        weights = self.weights if weights is None else weights
        layers, first = [], 0
        for a, b in zip(self.sizes[:-1], self.sizes[1:], strict=True):
            layers.append(
                (weights[first : first + a * b].reshape(a, b), weights[first + a * b :][:b])
            )
            first += a * b + b
        return layers

    def eta(self, X: ArrayLike) -> Array:
        """Return the outputs of the last layer, shape (n, outputs): logits, or means."""
        return self._forward(self._inputs(X), self.weights)[-1]

    def _forward(self, X: Array, weights: Array) -> list[Array]:
        """Return the values of every layer, X first."""
        *hidden, (W, b) = self.layers(weights)
        values = [X]
        for V, c in hidden:
            values.append(np.tanh(values[-1] @ V + c))
        return [*values, values[-1] @ W + b]

    def gradient(
        self, X: ArrayLike, y: ArrayLike, loss: str, weights: Array | None = None
    ) -> Array:
        """Return the slope of the average loss in every weight, by backpropagation."""
        X, y = self._inputs(X), self._targets(y, loss)
        return self._backward(X, y, loss, self.weights if weights is None else weights)

    def _backward(self, X: Array, y: Array, loss: str, weights: Array) -> Array:
        values = self._forward(X, weights)
        eta = values.pop()
        if loss == "bce":
            slope = special.expit(eta) - y[:, None]
        elif loss == "softmax":
            slope = special.softmax(eta, axis=1)
            slope[np.arange(len(y)), y] -= 1.0
        else:
            slope = 2.0 * (eta - y.reshape(eta.shape)) / eta.shape[1]
        slope = slope / len(X)
        gradient = np.empty_like(weights)
        for (W, _), (dW, db), h in zip(
            reversed(self.layers(weights)),
            reversed(self.layers(gradient)),
            reversed(values),
            strict=True,
        ):
            dW[...] = h.T @ slope  # eta = h W + b: each weight sees its input times the slope above
            db[...] = slope.sum(axis=0)
            slope = (slope @ W.T) * (
                1.0 - h * h
            )  # tanh' = 1 - tanh^2; unused below the first layer
        return gradient

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        loss: str = "bce",
        *,
        epochs: int = 200,
        batch_size: int = 32,
        learning_rate: float | Callable[[int], float] = 0.1,
        progress: Progress = False,
    ) -> Self:
        """Train the weights by stochastic gradients, from where they are, and return the network.

        Scale the columns of X to about unit size first: tanh is flat beyond that.

        Args:
            X: shape (n, inputs).
            y: for "bce" zeros and ones (n,); for "softmax" classes 0 .. K-1 (n,); for "mse" numbers
                (n,) or (n, outputs).
            loss: "bce" (one output), "softmax" (an output for each class) or "mse".
            epochs, batch_size, learning_rate, progress: as in `sgd`.

        Raises:
            DataError: values or shapes that do not suit the network or the loss.
            ConvergenceError: the loss ran to infinity; the weights are then as they were.
        """
        X, y = self._inputs(X), self._targets(y, loss)
        if len(y) != len(X):
            raise DataError(f"X has {len(X)} rows and y {len(y)} values: they must match")
        trace = sgd(
            lambda weights, rows: self._backward(X[rows], y[rows], loss, weights),
            self.weights,
            len(X),
            batch_size,
            learning_rate,
            epochs,
            self._rng,
            f=lambda weights: self._average(X, y, loss, weights),
            record_every=-(-len(X) // batch_size),
            progress=progress,
        )
        if "diverged" in trace.message or not np.isfinite(trace.f[-1]):
            raise ConvergenceError(
                f"the training {trace.message}; columns of unit size help as well"
            )
        self.weights, self.loss, self.trace = trace.x[-1].copy(), loss, trace
        return self

    def average_loss(self, X: ArrayLike, y: ArrayLike, loss: str | None = None) -> float:
        """Return the loss averaged over the rows, in nats ("mse": in the square of y's unit)."""
        loss = self._trained() if loss is None else loss
        return self._average(self._inputs(X), self._targets(y, loss), loss, self.weights)

    def _average(self, X: Array, y: Array, loss: str, weights: Array) -> float:
        eta = self._forward(X, weights)[-1]
        if loss == "softmax":
            return float(softmax_cross_entropy(y, eta))
        return float(_LOSSES[loss](y.reshape(eta.shape), eta))

    def log_likelihood(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the log-likelihood of y: Bernoulli, Categorical, or Normal with sigma at its maximum."""
        loss = self._trained()
        total = np.size(y) * self.average_loss(X, y)
        if loss == "mse":
            n = np.size(y)
            return float(-0.5 * n * (LOG_2PI + np.log(total / n) + 1.0))
        return -total

    def predict_proba(self, X: ArrayLike) -> Array:
        """Return P(y = 1) at each row, shape (n,); of each class, shape (n, K), after loss="softmax"."""
        loss = self._trained()
        if loss == "mse":
            raise DataError("a network trained by squared error has no classes: use predict(X)")
        eta = self.eta(X)
        return special.expit(eta[:, 0]) if loss == "bce" else special.softmax(eta, axis=1)

    def predict(self, X: ArrayLike) -> Array:
        """Return the likelier class at each row, or the mean of y after loss="mse"."""
        loss, eta = self._trained(), self.eta(X)
        if loss == "mse":
            return eta[:, 0] if self.sizes[-1] == 1 else eta
        return (eta[:, 0] >= 0).astype(np.int64) if loss == "bce" else eta.argmax(axis=1)

    def __repr__(self) -> str:
        state = "untrained"
        if self.trace is not None:
            state = f"trained by {self.loss}: {self.trace.f[0]:.3g} -> {self.trace.f[-1]:.3g}"
        return f"MLP({self.sizes}): {self.weights.size} weights, {state}"

    def _trained(self) -> str:
        if self.loss is None:
            raise DataError("the network has not been trained: call fit(X, y, loss=...) first")
        return self.loss

    def _inputs(self, X: ArrayLike) -> Array:
        X = numeric(X, "X")
        if X.ndim != 2 or X.shape[1] != self.sizes[0] or len(X) == 0:
            raise DataError(f"X must have shape (n, {self.sizes[0]}), got {X.shape}")
        require_finite(X, "X")
        return X

    def _targets(self, y: ArrayLike, loss: str) -> Array:
        if loss not in _LOSSES:
            raise DataError(f"loss must be 'bce', 'softmax' or 'mse', and is {loss!r}")
        y, outputs = numeric(y, "y"), self.sizes[-1]
        require_finite(y, "y")
        if y.ndim != 1 and (loss != "mse" or y.shape[1:] != (outputs,)):
            raise DataError(f"y must be one-dimensional for loss={loss!r}, got shape {y.shape}")
        if loss == "mse":
            if y.ndim == 1 and outputs != 1:
                raise DataError(
                    f"y must have shape (n, {outputs}), one column an output, got {y.shape}"
                )
            return y
        top = 1 if loss == "bce" else outputs - 1
        wrong = (y < 0) | (y > top) | ((y != np.floor(y)) if loss == "softmax" else False)
        if wrong.any() or (loss == "bce" and outputs != 1):
            if loss == "bce" and outputs != 1:
                raise DataError(f"loss='bce' needs one output, and sizes ends in {outputs}")
            raise DataError(
                f"y must hold {'0 and 1' if loss == 'bce' else f'the classes 0 to {top}'}; "
                f"y[{int(np.argmax(wrong))}] is {y[wrong][0]:g}"
            )
        return y.astype(np.int64) if loss == "softmax" else y
