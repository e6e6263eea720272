"""Losses, which are negative log-likelihoods.

Each function compares what was seen with what a model said of it: the truth comes first, as in
scikit-learn, and `reduction` is "mean", "sum" or "none", as in PyTorch. Binary cross-entropy is the
negative log-likelihood of a Bernoulli, softmax cross-entropy of a Categorical; the squared error is
that of a Normal, and the absolute error that of a Laplace, up to a scale and a constant.

The log-likelihood of certain, correct predictions is tiny and that of certain, wrong ones is large.
The forms here keep all their digits at both ends: they add terms of one sign only.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import numpy as np
import scipy
from numpy.typing import ArrayLike

from .arrays import insist_same_index, numeric
from .errors import DataError

__all__ = ["bce", "bce_with_logits", "mae", "mse", "nll", "softmax_cross_entropy"]

Array = np.ndarray
Reduction = Literal["mean", "sum", "none"]


class HasLogProb(Protocol):
    """Whatever gives a log-probability or a log-density: a family's member, or your own class."""

    def log_prob(self, x: Any) -> Any: ...


def nll(d: HasLogProb, x: ArrayLike, *, reduction: Reduction = "mean") -> Any:
    """Return the negative log-likelihood -log d(x), averaged over the observations.

    Where d gives no probability the loss is infinite. Its unit is the nat (for a density, of the
    data's own unit).

    Parameters
    ----------
    d : any object with a method `log_prob`.
    x : the observations, in whatever shape `d.log_prob` takes.
    reduction : "mean" or "sum" gives a float, "none" one value for each observation.

    Raises
    ------
    DataError : `d` has no `log_prob`, x is empty, or x or the log-probability holds NaN.

    Source: Cox and Hinkley (1974), section 2.1.

    >>> from mlecore import Poisson
    >>> float(nll(Poisson(rate=1.0), [0, 1], reduction="sum"))
    2.0
    """
    if isinstance(d, type) or not callable(getattr(d, "log_prob", None)):
        raise DataError(f"nll needs a distribution with a method log_prob, and got {_no_member(d)}")
    x = _numbers("x", x, infinite=True)
    log_prob = _numbers("d.log_prob(x)", d.log_prob(x), infinite=True)
    batch = getattr(d, "batch_shape", log_prob.shape)
    if reduction != "none" and log_prob.shape not in (x.shape, x.shape[:-1], batch):
        raise DataError(
            f"d is a batch of shape {batch} and x has shape {x.shape}: they must match. "
            "If one is a column, ravel() it; for a table of losses use reduction='none'"
        )
    return _reduce(0.0 - log_prob, reduction)  # 0 - 0 is 0, where -0.0 would print its sign


def _no_member(d: object) -> str:
    """Say what was given in place of a distribution, and what to give."""
    if isinstance(d, type):
        example = f"{d.__name__}.fit(x).dist" if hasattr(d, "fit") else f"{d.__name__}(...)"
        return f"{d.__name__}, a class: give one member of it, as in nll({example}, x)"
    if hasattr(d, "dist"):
        return f"{type(d).__name__}: give its distribution, nll(fit.dist, x); of the fitted data it is -fit.log_likelihood / fit.n"
    return f"{type(d).__name__}; the distribution comes first: nll(d, x)"


def bce(y: ArrayLike, p: ArrayLike, *, reduction: Reduction = "mean") -> Any:
    """Return the binary cross-entropy -[y log p + (1 - y) log(1 - p)], in nats.

    It is the negative log-likelihood of y under Bernoulli(p). A certain prediction that is wrong,
    such as `bce(1, 0)`, costs infinity; 0 log 0 is 0.

    Parameters
    ----------
    y : what was seen, 0 <= y <= 1: a class, or a proportion.
    p : the predicted probability of a one, 0 <= p <= 1; broadcasts against y.
    reduction : "mean" or "sum" gives a float, "none" one value for each observation.

    Raises
    ------
    DataError : NaN, a value outside [0, 1], nothing to compare, or shapes that do not match.

    Source: Good (1952), where it is the score of a forecast.

    >>> float(bce(1, 0.5) / np.log(2)), float(bce([1, 1], [1.0, 0.0]))
    (1.0, inf)
    """
    insist_same_index("p", p, "y", y)
    y, p = _pair("y", _probabilities("y", y), "p", _probabilities("p", p), reduction)
    return _reduce(
        0.0 - (scipy.special.xlogy(y, p) + scipy.special.xlog1py(1.0 - y, -p)), reduction
    )


def bce_with_logits(y: ArrayLike, z: ArrayLike, *, reduction: Reduction = "mean") -> Any:
    """Return log(1 + exp(z)) - y z, the binary cross-entropy of a logit, in nats.

    It equals `bce(y, 1 / (1 + exp(-z)))` and survives where that probability rounds to 0 or 1: it
    is finite, and right to the last digits, for every finite z. Its slope in z is p - y.

    Parameters
    ----------
    y : what was seen, 0 <= y <= 1.
    z : the logit log(p / (1 - p)); infinite logits are the probabilities 0 and 1.
    reduction : "mean" or "sum" gives a float, "none" one value for each observation.

    Raises
    ------
    DataError : NaN, y outside [0, 1], nothing to compare, or shapes that do not match.

    Source: Maechler (2012), "Accurately computing log(1 - exp(-|a|))".

    >>> float(bce_with_logits(1, 1000.0)), float(bce_with_logits(0, 1000.0))
    (0.0, 1000.0)
    """
    insist_same_index("z", z, "y", y)
    y, z = _pair("y", _probabilities("y", y), "z", _numbers("z", z, infinite=True), reduction)
    # log(1 + e^z) - y z subtracts two large numbers when z is large and y = 1. The share of y on
    # the side that the logit speaks against costs |z|, and doubt costs log(1 + e^-|z|): nothing
    # cancels.
    size = np.abs(z)
    missed = np.where(z > 0, 1.0 - y, y)
    cost = np.multiply(missed, size, out=np.zeros(z.shape), where=missed > 0)  # 0 * inf is 0 here
    return _reduce(cost + np.log1p(np.exp(-size)), reduction)


def softmax_cross_entropy(y: ArrayLike, z: ArrayLike, *, reduction: Reduction = "mean") -> Any:
    """Return -log softmax(z)[y], the cross-entropy of logits over K classes, in nats.

    It is the negative log-likelihood of y under Categorical(softmax(z)), where softmax(z)[k] is
    exp(z[k]) / sum_j exp(z[j]). Its slope in z is softmax(z) minus the one-hot y.

    Parameters
    ----------
    y : the classes 0, 1, ..., K-1, in the shape of z without its last axis; or, in the shape of
        z, the probabilities of the classes, which sum to one over the last axis.
    z : logits, the classes along the last axis; -inf rules a class out.
    reduction : "mean" or "sum" gives a float, "none" one value for each observation.

    Raises
    ------
    DataError : NaN, a logit of +inf, a row of logits that are all -inf, a class that does not
        exist, probabilities that do not sum to one, nothing to compare, or shapes that do not
        match.

    Source: Bridle (1990), where softmax got its name.

    >>> (
    ...     float(softmax_cross_entropy(0, [1000.0, 0.0])),
    ...     float(softmax_cross_entropy([1], [[1000.0, 0.0]])),
    ... )
    (0.0, 1000.0)
    """
    insist_same_index("z", z, "y", y)
    z = _numbers("z", z, infinite=True)
    if z.ndim == 0:
        raise DataError(
            "z is a single number; softmax_cross_entropy needs one logit for each class"
        )
    if np.any(z == np.inf):
        raise DataError(
            f"z has a logit of +inf{_where(z == np.inf)}; "
            "logits are finite, or -inf for a class ruled out"
        )
    y = _numbers("y", y)
    classes = z.shape[-1]
    top = z.max(axis=-1, keepdims=True)
    if np.any(top == -np.inf):
        raise DataError(
            f"every logit is -inf in a row of z{_where(top[..., 0] == -np.inf)}; "
            "one class must be possible"
        )

    # log(sum exp(z - top)) = log(1 + the sum of all but the top class): the tiny loss of a certain,
    # correct answer keeps its digits, which 1 + tiny would lose.
    # Logits may lie further apart than the largest double, but not their halves.
    half = 0.5 * top - 0.5 * z
    with np.errstate(over="ignore"):
        shortfall = 2.0 * half
    others = np.exp(-shortfall)
    np.put_along_axis(others, z.argmax(axis=-1)[..., None], 0.0, axis=-1)
    doubt = np.log1p(others.sum(axis=-1, keepdims=True))

    if y.shape == z.shape:
        if np.any(y < 0) or np.any(np.abs(y.sum(axis=-1) - 1.0) > 1e-6):
            raise DataError(
                "y has the shape of z, so its rows must be probabilities: not negative, sum 1. "
                f"For class labels give y the shape {z.shape[:-1]}"
            )
        cost = np.multiply(y, half, out=np.zeros(z.shape), where=y > 0).sum(axis=-1)
        with np.errstate(over="ignore"):
            return _reduce(2.0 * cost + doubt[..., 0], reduction)
    if y.shape == z.shape[:-1]:
        wrong = (y < 0) | (y >= classes) | (y != np.floor(y))
        if np.any(wrong):
            raise DataError(
                f"y must hold the classes 0 to {classes - 1}, "
                f"and is {y[wrong].flat[0]:g}{_where(wrong)}"
            )
        label = y.astype(np.intp)[..., None]
        return _reduce((np.take_along_axis(shortfall, label, axis=-1) + doubt)[..., 0], reduction)
    raise DataError(
        f"y has shape {y.shape} and z {z.shape}: "
        f"y must have shape {z.shape[:-1]} (classes) or {z.shape} (probabilities)"
    )


def mse(y: ArrayLike, m: ArrayLike, *, reduction: Reduction = "mean") -> Any:
    """Return the squared error (y - m)^2, in the square of the data's unit.

    The negative log-likelihood of y under Normal(m, sigma) is
    mse / (2 sigma^2) + log(sigma sqrt(2 pi)), so the same m makes both smallest.

    Parameters
    ----------
    y : what was seen.
    m : what was predicted; broadcasts against y.
    reduction : "mean" or "sum" gives a float, "none" one value for each observation.

    Raises
    ------
    DataError : NaN or infinity, nothing to compare, or shapes that do not match.

    Source: Gauss (1809), section 179.

    >>> float(mse([1.0, 2.0], [1.0, 4.0]))
    2.0
    """
    insist_same_index("m", m, "y", y)
    y, m = _pair("y", _numbers("y", y), "m", _numbers("m", m), reduction)
    with np.errstate(over="ignore"):  # the square of 1e200 is infinite, and says so itself
        return _reduce(np.square(y - m), reduction)


def mae(y: ArrayLike, m: ArrayLike, *, reduction: Reduction = "mean") -> Any:
    """Return the absolute error |y - m|, in the data's unit.

    The negative log-likelihood of y under Laplace(m, scale) is mae / scale + log(2 scale), so the
    same m makes both smallest.

    Parameters
    ----------
    y : what was seen.
    m : what was predicted; broadcasts against y.
    reduction : "mean" or "sum" gives a float, "none" one value for each observation.

    Raises
    ------
    DataError : NaN or infinity, nothing to compare, or shapes that do not match.

    Source: Laplace (1774), whose first law of error this is.

    >>> float(mae([1.0, 2.0], [1.0, 4.0]))
    1.0
    """
    insist_same_index("m", m, "y", y)
    y, m = _pair("y", _numbers("y", y), "m", _numbers("m", m), reduction)
    with np.errstate(over="ignore"):
        return _reduce(np.abs(y - m), reduction)


# -- checks ----------------------------------------------------------------------------------------


def _numbers(name: str, value: ArrayLike, *, infinite: bool = False) -> Array:
    """Return `value` as floats, or say which entry is not a number."""
    array = numeric(value, name)
    if array.size == 0:
        raise DataError(f"{name} is empty: there is nothing to compare")
    bad = np.isnan(array) if infinite else ~np.isfinite(array)
    if bad.any():
        kind = "NaN" if infinite else "NaN or infinite"
        raise DataError(
            f"{name} has {np.count_nonzero(bad)} {kind} of {array.size} values{_where(bad)}; "
            "leave these observations out, or mend them"
        )
    return array


def _probabilities(name: str, value: ArrayLike) -> Array:
    """Return `value` as numbers between 0 and 1."""
    array = _numbers(name, value, infinite=True)
    outside = (array < 0) | (array > 1)
    if outside.any():
        hint = "; logits go into bce_with_logits" if name == "p" else ""
        raise DataError(
            f"{name} must lie between 0 and 1, "
            f"and is {array[outside].flat[0]:g}{_where(outside)}{hint}"
        )
    return array


def _pair(name_a: str, a: Array, name_b: str, b: Array, reduction: str) -> tuple[Array, Array]:
    """Broadcast the truth against the prediction.

    A column against a row makes a table. With reduction="none" that can be meant; averaged it is
    the oldest mistake with losses, and a wrong number that nobody sees.
    """
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        shape = None
    if shape is None or (reduction != "none" and shape not in (a.shape, b.shape)):
        raise DataError(
            f"{name_a} has shape {a.shape} and {name_b} {b.shape}: they must match. "
            "If one is a column, ravel() it; for a table of losses use reduction='none'"
            if shape is not None
            else f"{name_a} has shape {a.shape} and {name_b} {b.shape}: they must match"
        )
    return np.broadcast_arrays(a, b)


def _reduce(loss: Array, reduction: str) -> Any:
    """Average, add up or keep the losses."""
    with np.errstate(over="ignore"):
        if reduction == "mean":
            mean = np.mean(loss)
            # The sum of finite losses can overflow where their mean does not.
            return mean if mean < np.inf else np.sum(loss / loss.size)
        if reduction == "sum":
            return np.sum(loss)
    if reduction == "none":
        return np.asarray(loss)[()]
    raise DataError(f"reduction must be 'mean', 'sum' or 'none', and is {reduction!r}")


def _where(bad: Array) -> str:
    """Say where the first offender stands."""
    if bad.ndim == 0:
        return ""
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    return f" at index {index[0] if len(index) == 1 else index}"
