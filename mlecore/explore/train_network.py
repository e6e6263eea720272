"""Chapter 7: a small network is trained in the page, step by step."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlecore.explore.checks import require, sample
from mlecore.explore.explorable import Explorable
from mlecore.network import MLP

__all__ = ["train_network"]

HIDDEN = (2, 16)


def train_network(
    points: ArrayLike, labels: ArrayLike, fresh: ArrayLike, truth: ArrayLike, *, seed: int = 3
) -> Explorable:
    """Train a network by gradient descent on the points, and watch what new points cost.

    The network is `MLP([2, m, 1], rng=seed)` with m hidden units. Its loss is the mean negative
    log-likelihood, in nats; a prior of standard deviation tau adds |theta|^2 / (2 n tau^2).

    Parameters
    ----------
    points : what the network is trained on, shape (n, 2), n from 4 to 200.
    labels : zeros and ones, shape (n,).
    fresh, truth : new points and their labels, as many as you like up to 2,000.
    seed : of the first weights.

    Raises
    ------
    DataError : shapes that do not match, or labels other than 0 and 1.

    Source: Rumelhart, Hinton and Williams (1986), *Nature* 323.

    >>> x, y = [[0, 1], [1, 0], [1, 1], [0, 0]], [1, 1, 0, 0]
    >>> train_network(x, y, [[0.1, 0.9], [0.9, 0.8]], [1, 0])
    <explorable train_network: train a network on 4 points, 2 new ones beside it>
    """
    values = {
        **_pairs("points", points, "labels", labels, 4, 200),
        **_pairs("fresh", fresh, "truth", truth, 1, 2000),
        "starts": {str(m): MLP([2, m, 1], rng=seed).weights.tolist() for m in HIDDEN},
    }
    n, new = len(values["labels"]), len(values["truth"])
    return Explorable(
        "train_network",
        f"train a network on {n} points, {new} new ones beside it",
        "You would see the curve on which a network says one half bend between two classes of points, "
        "step by step. The training points get cheaper all the way; new points get cheaper at first "
        "and dearer later, unless a prior holds the weights.",
        values,
    )


def _pairs(
    name: str, points: ArrayLike, label_name: str, labels: ArrayLike, least: int, most: int
) -> dict[str, list]:
    """Return points of the plane and their labels, or say what is wrong with them."""
    y = sample(label_name, labels, least=least, most=most)
    x = np.asarray(points, dtype=float)
    require(x.shape == (y.size, 2), f"{name} must have shape ({y.size}, 2), not {x.shape}")
    require(np.isfinite(x).all(), f"{name} must be finite numbers")
    require(np.all((y == 0) | (y == 1)), f"{label_name} must hold zeros and ones")
    return {name: x.tolist(), label_name: y.astype(int).tolist()}
