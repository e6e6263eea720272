"""A small neural network, trained by its negative log-likelihood.

A network is a regression whose predictor bends: eta = W2 tanh(W1 x + b1) + b2, with as many layers as
you like. What it predicts is the parameter of a distribution, so its loss is a likelihood: a logit
with binary cross-entropy is a Bernoulli, logits with softmax a Categorical, a mean with squared error
a Normal. For all three the slope of the loss in eta is prediction minus truth; backpropagation is the
chain rule from there down, layer by layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from .arrays import numeric, require_finite
from .errors import ConvergenceError, DataError
from .linked import LINKED, targets
from .numerics import LOG_2PI
from .optimize import Trace, sgd
from .progress import Progress

__all__ = ["MLP"]

Array = np.ndarray
Rng = np.random.Generator | int | None


class MLP:
    """A multilayer perceptron: linear layers with tanh between them.

    Parameters
    ----------
    sizes : the width of each layer, inputs first: `[2, 16, 1]` has two inputs, sixteen hidden units
        and one output.
    rng : a `numpy.random.Generator`, or a seed, for the first weights and the order of the rows.

    Attributes
    ----------
    weights : all weights and biases as one vector; see `layers`.
    loss : "bce", "softmax" or "mse"; None before `fit`.
    trace : the `Trace` of the training, its `f` the negative log-likelihood averaged over the rows
        (for "mse" the squared error), once an epoch; None before `fit`.

    Raises
    ------
    DataError : fewer than two sizes, or a size that is not a whole number of at least one.

    Source: Rumelhart, Hinton and Williams (1986); first weights after Glorot and Bengio (2010).

    >>> MLP([2, 16, 1], rng=1)
    MLP([2, 16, 1]): 65 weights, untrained
    """

    def __init__(self, sizes: Sequence[int], *, rng: Rng = None) -> None:
        widths = numeric(sizes, "sizes")
        whole = (widths >= 1) & (widths < 2**31) & (widths == np.floor(widths))
        if widths.ndim != 1 or len(widths) < 2 or not whole.all():
            raise DataError(
                f"sizes must be two or more whole numbers of at least 1, inputs first; got {sizes!r}"
            )
        self.sizes, self._rng = [int(width) for width in widths], np.random.default_rng(rng)
        parts = []
        for a, b in pairwise(self.sizes):
            parts += [self._rng.normal(0.0, np.sqrt(2.0 / (a + b)), a * b), np.zeros(b)]
        self.weights = np.concatenate(parts)
        self.loss: str | None = None
        self.trace: Trace | None = None

    def __repr__(self) -> str:
        state = "untrained"
        if self.trace is not None:
            state = f"trained by {self.loss}: {self.trace.f[0]:.3g} -> {self.trace.f[-1]:.3g}"
        return f"MLP({self.sizes}): {self.weights.size} weights, {state}"

    def layers(self, weights: Array | None = None) -> list[tuple[Array, Array]]:
        """Return the matrix (inputs, outputs) and the bias of each layer, as views of the vector.

        >>> [(W.shape, b.shape) for W, b in MLP([2, 3, 1], rng=1).layers()]
        [((2, 3), (3,)), ((3, 1), (1,))]
        """
        rest, layers = self.weights if weights is None else numeric(weights, "weights"), []
        if rest.shape != self.weights.shape:
            raise DataError(f"weights must have shape {self.weights.shape}, got {rest.shape}")
        for a, b in pairwise(self.sizes):
            layers.append((rest[: a * b].reshape(a, b), rest[a * b :][:b]))
            rest = rest[a * b + b :]
        return layers

    def eta(self, X: ArrayLike) -> Array:
        """Return the outputs of the last layer, shape (n, outputs): logits, or means.

        >>> MLP([2, 3, 1], rng=1).eta([[0.0, 0.0]])
        array([[0.]])
        """
        return _finite(self._forward(self._inputs(X), self.weights)[-1])

    @np.errstate(all="ignore")
    def _forward(self, X: Array, weights: Array | None) -> list[Array]:
        """Return the values of every layer, X first."""
        *hidden, (W, b) = self.layers(weights)
        values = [X]
        for V, c in hidden:
            values.append(np.tanh(values[-1] @ V + c))
        return [*values, values[-1] @ W + b]

    def gradient(
        self, X: ArrayLike, y: ArrayLike, loss: str, weights: Array | None = None
    ) -> Array:
        """Return the slope of the average loss in every weight, by backpropagation.

        The last one, of the output's bias, is the mean of prediction minus truth.

        >>> float(MLP([2, 3, 1], rng=1).gradient([[0.0, 0.0]], [1], "bce")[-1])
        -0.5
        """
        return _finite(self._backward(*self._data(X, y, loss), loss, weights))

    @np.errstate(all="ignore")
    def _backward(self, X: Array, y: Array, loss: str, weights: Array | None) -> Array:
        *values, eta = self._forward(X, weights)
        slope = LINKED[loss].slope(LINKED[loss].link(eta), y) / len(X)
        gradient = np.empty_like(self.weights)
        layers = zip(values, self.layers(weights), self.layers(gradient), strict=True)
        for h, (W, _), (dW, db) in reversed(list(layers)):
            # eta = h W + b: each weight sees its input times the slope above.
            dW[...], db[...] = h.T @ slope, slope.sum(axis=0)
            if h is not X:  # h = tanh(...), whose derivative is 1 - h^2
                slope = (slope @ W.T) * (1.0 - h * h)
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

        Parameters
        ----------
        X : shape (n, inputs).
        y : for "bce" zeros and ones, or shares between them (n,); for "softmax" classes 0 .. K-1
            (n,); for "mse" numbers (n,) or (n, outputs).
        loss : "bce" (one output), "softmax" (an output for each class) or "mse".
        epochs, batch_size, learning_rate, progress : as in `sgd`.

        Raises
        ------
        DataError : values or shapes that do not suit the network or the loss.
        ConvergenceError : the loss ran to infinity; the weights are then as they were.

        >>> MLP([1, 4, 1], rng=1).fit([[-1.0], [0.0], [1.0]], [0, 1, 0], epochs=500).predict(
        ...     [[0.1]]
        ... )
        array([1])
        """
        X, y = self._data(X, y, loss)

        def average(weights: Array) -> float:
            eta = self._forward(X, weights)[-1]
            return LINKED[loss].value(y, eta) if np.isfinite(eta).all() else np.inf

        trace = sgd(
            lambda weights, rows: self._backward(X[rows], y[rows], loss, weights),
            self.weights,
            len(X),
            batch_size,
            learning_rate,
            epochs,
            self._rng,
            f=average,
            record_every=-(-len(X) // max(batch_size, 1)),  # once an epoch
            progress=progress,
        )
        message = f"the training {trace.message}; columns of unit size help as well"
        if "diverged" in message:
            raise ConvergenceError(message)
        self.weights, self.loss, self.trace = trace.x[-1].copy(), loss, trace
        return self

    def average_loss(self, X: ArrayLike, y: ArrayLike, loss: str | None = None) -> float:
        """Return the loss averaged over the rows, in nats ("mse": in the square of y's unit).

        >>> round(MLP([1, 1], rng=1).average_loss([[0.0]], [1], "bce") / float(np.log(2)), 12)
        1.0
        """
        loss = self._trained() if loss is None else loss
        X, y = self._data(X, y, loss)
        return float(LINKED[loss].value(y, self.eta(X)))

    def log_likelihood(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the log-likelihood of y: Bernoulli, Categorical, or Normal with sigma at its maximum.

        >>> X, y = [[0.0], [1.0]], [0, 1]
        >>> net = MLP([1, 1], rng=1).fit(X, y, epochs=10)
        >>> net.log_likelihood(X, y) == -2 * net.average_loss(X, y)
        True
        """
        n, average = np.size(y), self.average_loss(X, y)
        if self.loss == "mse":
            with np.errstate(divide="ignore"):  # residuals of zero have an infinite density
                return float(-0.5 * n * (LOG_2PI + np.log(average) + 1.0))
        return -n * average

    def predict_proba(self, X: ArrayLike) -> Array:
        """Return P(y = 1) at each row, shape (n,); of each class, shape (n, K), after loss="softmax".

        >>> net = MLP([1, 2], rng=1).fit([[0.0], [1.0]], [0, 1], "softmax", epochs=10)
        >>> net.predict_proba([[0.5]]).sum(axis=1).round(12)
        array([1.])
        """
        loss = self._trained()
        if loss == "mse":
            raise DataError("a network trained by squared error has no classes: use predict(X)")
        p = LINKED[loss].link(self.eta(X))
        return p[:, 0] if loss == "bce" else p

    def predict(self, X: ArrayLike) -> Array:
        """Return the likelier class at each row, or the mean of y after loss="mse".

        >>> MLP([1, 1], rng=1).fit([[0.0], [1.0]], [3.0, 5.0], "mse", epochs=500).predict(
        ...     [[0.5]]
        ... ).round(4)
        array([4.])
        """
        loss, eta = self._trained(), self.eta(X)
        if loss == "softmax":
            return eta.argmax(axis=1)
        eta = eta[:, 0] if self.sizes[-1] == 1 else eta
        return eta if loss == "mse" else (eta >= 0).astype(np.intp)

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

    def _data(self, X: ArrayLike, y: ArrayLike, loss: str) -> tuple[Array, Array]:
        """Return X, and y as what the outputs should have predicted, shape (n, outputs)."""
        X, y = self._inputs(X), targets(y, loss, self.sizes[-1])
        if len(y) != len(X):
            raise DataError(f"X has {len(X)} rows and y {len(y)} values: they must match")
        return X, y


def _finite(values: Array) -> Array:
    if not np.isfinite(values).all():
        raise DataError("the network overflows: scale the columns of X to about unit size")
    return values
