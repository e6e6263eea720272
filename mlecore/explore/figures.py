"""The explorables of the book, one function each: it checks what it is given and names the module that draws."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlecore.errors import DataError
from mlecore.explore.explorable import Explorable

__all__ = [
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

Array = np.ndarray


def _sample(name: str, x: ArrayLike, least: int = 1, most: int = 100_000) -> Array:
    """Return x as a one-dimensional array of finite numbers, or raise DataError."""
    try:
        array = np.asarray(x, dtype=float)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must be numbers, not {type(x).__name__}") from error
    if array.ndim != 1:
        raise DataError(f"{name} must be one-dimensional, not of shape {array.shape}")
    if not least <= array.size <= most:
        raise DataError(f"{name} must hold {least} to {most} numbers to be drawn, not {array.size}")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise DataError(f"{name} has {bad.size} values that are not finite, the first at {bad[0]}")
    return array


def _require(condition: Any, message: str) -> None:
    if not condition:
        raise DataError(message)


def poisson_rate(values: ArrayLike, frequencies: ArrayLike | None = None) -> Explorable:
    """Slide the rate of a Poisson over bars of counts and watch the log-likelihood answer.

    The log-likelihood is sum_v f_v (v log(rate) - rate - log v!), over the values v with frequencies f_v.

    Parameters
    ----------
    values : the counts, shape (n,), whole numbers from 0 to 60; or the distinct values of a table.
    frequencies : how often each value was seen, shape (n,); None counts the values themselves.

    Raises
    ------
    DataError : the counts are not whole numbers in that range, or the shapes differ.

    Source: the figure follows Rutherford and Geiger (1910), *Philosophical Magazine* 20.

    >>> poisson_rate([0, 1, 2], [109, 65, 22])
    <explorable poisson_rate: slide the rate over 196 counts>
    """
    values = _sample("values", values)
    _require(
        np.all((values == np.round(values)) & (values >= 0) & (values <= 60)),
        "values must be whole numbers from 0 to 60",
    )
    f = np.ones(values.size) if frequencies is None else _sample("frequencies", frequencies)
    _require(f.shape == values.shape, f"{values.size} values but {f.size} frequencies")
    _require(np.all(f >= 0) and f.sum() > 0, "frequencies must be at least 0, and not all 0")
    bars = np.bincount(values.astype(int), weights=f)
    _require(bars[1:].sum() > 0, "every count is 0, so the likelihood only rises towards rate 0")
    return Explorable(
        "poisson_rate",
        f"slide the rate over {bars.sum():g} counts",
        "You would see the observed counts as bars, the counts that a Poisson expects as points on them, "
        "and beside them the log-likelihood as a curve over the rate, with its top at the mean of the data.",
        {"frequencies": bars.tolist()},
    )


def likelihood_stems(x: ArrayLike, family: type | None = None) -> Explorable:
    """Take hold of the data, or of the parameter, and watch the product of the stems.

    Each observation has a stem of height f(x_i; theta), and L(theta) is their product.

    Parameters
    ----------
    x : the observations, shape (n,), n from 2 to 40.
    family : `Normal` (its mean moves, and its spread), `Exponential` or `Bernoulli`; None is `Normal`.

    Raises
    ------
    DataError : the observations do not suit the family, or there is no such view.

    Source: Fisher (1922), *Philosophical Transactions A* 222, section 6.

    >>> from mlecore import Bernoulli
    >>> likelihood_stems([1, 1, 0, 1], Bernoulli)
    <explorable likelihood_stems: drag 4 observations or the parameter of a Bernoulli>
    """
    name = "Normal" if family is None else getattr(family, "__name__", str(family))
    _require(
        name in ("Normal", "Exponential", "Bernoulli"),
        f"there is no view of {name}; use Normal, Exponential or Bernoulli",
    )
    x = _sample("x", x, least=2, most=40)
    if name == "Bernoulli":
        _require(np.all((x == 0) | (x == 1)), "x must hold zeros and ones for Bernoulli")
    if name == "Exponential":
        _require(np.all(x >= 0) and x.max() > 0, "x must be at least 0, and not all 0")
    if name == "Normal":
        _require(x.min() < x.max(), "all values of x are equal, so a Normal has no maximum")
    return Explorable(
        "likelihood_stems",
        f"drag {x.size} observations or the parameter of a {name}",
        "You would see one stem for each observation, as high as the model's density there, and the "
        "product of the stems as a point on the likelihood; either the data or the parameter moves.",
        {"x": x.tolist(), "family": name},
    )


def underflow(log_terms: ArrayLike | None = None, *, density: bool = True) -> Explorable:
    """Slide n and the precision: the product of the terms dies, the sum of their logarithms does not.

    The product is rounded after each factor as `np.cumprod` rounds it, in float64, float32 or float16.

    Parameters
    ----------
    log_terms : the log-density of each observation, shape (n,), n from 2 to 5000, as `d.log_prob(x)`
        gives them; None takes 1200 draws of a standard Normal.
    density : False where the terms are probabilities, which have no unit of measurement to change.

    Raises
    ------
    DataError : the log-densities are not that many finite numbers.

    Source: IEEE 754-2019 for the three formats.

    >>> underflow([-1.0, -2.0])
    <explorable underflow: slide the sample size up to 2 and the precision>
    """
    if log_terms is None:
        z = np.random.default_rng(1922).normal(size=1200)
        log_terms = -0.5 * z**2 - 0.5 * np.log(2 * np.pi)
    terms = _sample("log_terms", log_terms, least=2, most=5000)
    return Explorable(
        "underflow",
        f"slide the sample size up to {terms.size} and the precision",
        "You would see the running product of the densities fall along a straight line on a logarithmic "
        "axis until the machine's smallest number, where it becomes 0, and beside it the sum of the "
        "logarithms, which goes on.",
        {"terms": terms.tolist(), "density": bool(density)},
    )


def normal_surface(x: ArrayLike) -> Explorable:
    """Drag a point over the log-likelihood of a Normal's (mu, sigma), and the tangent along its slope.

    The log-likelihood is -n log sigma - sum (x_i - mu)^2 / (2 sigma^2) and a constant; a second view
    shows the Uniform, whose maximum sits on an edge.

    Parameters
    ----------
    x : the observations, shape (n,), n from 3 to 200, in any unit.

    Raises
    ------
    DataError : too few, too many or equal observations.

    Source: Fisher (1922), *Philosophical Transactions A* 222.

    >>> normal_surface([850.0, 740.0, 900.0])
    <explorable normal_surface: drag mu and sigma of a Normal under 3 observations>
    """
    x = _sample("x", x, least=3, most=200)
    _require(x.min() < x.max(), "all values of x are equal, so there is no maximum")
    return Explorable(
        "normal_surface",
        f"drag mu and sigma of a Normal under {x.size} observations",
        "You would see the contours of the log-likelihood over the mean and the spread, the density with "
        "a stem for each observation, and the log-likelihood along one parameter with its tangent, whose "
        "slope crosses zero at the top; for a Uniform the maximum sits on an edge instead.",
        {"x": x.tolist()},
    )


def logit_loss() -> Explorable:
    """Slide the logit of one Bernoulli observation: probability, loss and slope answer, for both labels.

    With p = 1 / (1 + exp(-z)) the loss is log(1 + exp(z)) - y z and its slope p - y.

    Source: Cox (1958), *Journal of the Royal Statistical Society B* 20.

    >>> logit_loss()
    <explorable logit_loss: slide the logit for the labels 0 and 1>
    """
    return Explorable(
        "logit_loss",
        "slide the logit for the labels 0 and 1",
        "You would see three curves over the logit: the probability, an S; the loss, which falls in a "
        "straight line and flattens to zero; and its slope, the probability minus the label.",
        {},
    )


def descent_race(x: ArrayLike, y: ArrayLike | None = None) -> Explorable:
    """Race gradient descent, stochastic gradient, Newton and Fisher scoring on the contours of one likelihood.

    With y it is a logistic regression, logit p_i = intercept + slope x_i, in raw or standardised
    coordinates. Without, it is a Gamma, in (log shape, log rate) or (log shape, log mean).
    The value shown is the mean negative log-likelihood above its minimum.

    Parameters
    ----------
    x : the covariate, shape (n,), or the positive sample of the Gamma; n from 5 to 500.
    y : zeros and ones, shape (n,), or None.

    Raises
    ------
    DataError : sizes differ, labels other than 0 and 1, a sample that is not positive, or data
        without a maximum: equal values, one class, or classes that x separates.

    Source: Fisher scoring, Fisher (1925), *Mathematical Proceedings of the Cambridge Philosophical Society* 22.

    >>> descent_race([53, 58, 70, 72, 75, 81], [1, 0, 1, 0, 1, 0])
    <explorable descent_race: four optimisers on a logistic regression of 6 rows>
    """
    x = _sample("x", x, least=5, most=500)
    _require(x.min() < x.max(), "all values of x are equal, so there is no maximum")
    if y is None:
        _require(x.min() > 0, "x must be positive for a Gamma")
        what = f"a Gamma of {x.size} observations"
        values: dict[str, Any] = {"x": x.tolist()}
    else:
        y = _sample("y", y, least=5, most=500)
        _require(x.shape == y.shape, f"x has {x.size} values but y has {y.size}")
        _require(np.all((y == 0) | (y == 1)), "y must hold zeros and ones")
        zeros, ones = x[y == 0], x[y == 1]
        _require(zeros.size and ones.size, "y holds one class only, so there is no maximum")
        _require(
            max(zeros.min(), ones.min()) < min(zeros.max(), ones.max()),
            "x separates the classes of y, so the slope has no maximum",
        )
        what = f"a logistic regression of {x.size} rows"
        values = {"x": x.tolist(), "y": y.tolist()}
    return Explorable(
        "descent_race",
        f"four optimisers on {what}",
        "You would see the contours of the log-likelihood with four paths from one start: gradient descent "
        "creeps along the valley, its stochastic version trembles, Newton and Fisher scoring arrive in a "
        "few steps; standardised coordinates make the contours round and the race fair.",
        values,
    )


def two_humps() -> Explorable:
    """Fit one Normal to two humps by forward or by reverse Kullback-Leibler divergence.

    P is 0.6 N(-d/2, 0.7) + 0.4 N(d/2, 0.7) and Q is N(mu, sigma); divergences in nats.

    Source: Kullback and Leibler (1951), *Annals of Mathematical Statistics* 22.

    >>> two_humps()
    <explorable two_humps: slide one Normal under two humps by forward or reverse KL>
    """
    return Explorable(
        "two_humps",
        "slide one Normal under two humps by forward or reverse KL",
        "You would see a density with two humps and one Normal: the least forward divergence spreads the "
        "Normal over both humps, the least reverse divergence puts it on one of them.",
        {},
    )


def consistency() -> Explorable:
    """Grow a sample and watch the log-likelihood per observation settle on its limit.

    The models are Exponential, Uniform(0, theta), a Cauchy's location, and Normal(a + b, 1), whose a
    is not identified.

    Source: Wald (1949), *Annals of Mathematical Statistics* 20.

    >>> consistency()
    <explorable consistency: grow a sample from 1 to 5000>
    """
    return Explorable(
        "consistency",
        "grow a sample from 1 to 5000",
        "You would see the log-likelihood per observation approach a fixed curve as the sample grows, and "
        "the estimate approach the truth: like 1/n for the Uniform, like the root of that for the others.",
        {},
    )


def information() -> Explorable:
    """See the curvature of the log-likelihood beside the spread of its maximum and of its score.

    n I(theta) is the variance of the score, the mean of -l'' and nearly one over the estimate's variance.

    Source: Fisher (1925), *Mathematical Proceedings of the Cambridge Philosophical Society* 22.

    >>> information()
    <explorable information: slide the sample size and the truth over 1000 samples>
    """
    return Explorable(
        "information",
        "slide the sample size and the truth over 1000 samples",
        "You would see forty log-likelihoods with their tops: as the sample grows the curves become "
        "sharper, their tops draw together, and the scores at the truth spread out.",
        {},
    )


def intervals(n: int = 20, p: float = 0.1) -> Explorable:
    """Stack a hundred intervals for a proportion beside their exact coverage.

    Wald, score (Wilson) and likelihood-ratio intervals; the coverage sums the binomial probabilities of
    the counts whose interval holds p.

    Parameters
    ----------
    n : the sample size to start from, 5 to 100.
    p : the true proportion to start from, 0.01 to 0.99.

    Raises
    ------
    DataError : n or p outside those ranges.

    Source: Brown, Cai and DasGupta (2001), *Statistical Science* 16.

    >>> intervals(n=20, p=0.1)
    <explorable intervals: a hundred intervals at n = 20, p = 0.1>
    """
    _require(int(n) == n and 5 <= n <= 100, f"n must be a whole number from 5 to 100, not {n}")
    _require(0.01 <= p <= 0.99, f"p must lie between 0.01 and 0.99, not {p}")
    return Explorable(
        "intervals",
        f"a hundred intervals at n = {int(n)}, p = {p:g}",
        "You would see a hundred intervals, those that miss the truth marked, and beside them the exact "
        "coverage against the proportion: a sawtooth that Wald's interval keeps below its promise.",
        {"n": int(n), "p": float(p)},
    )


def gamma_efficiency() -> Explorable:
    """Slide the shape of a Gamma: how much does the method of moments lose against maximum likelihood?

    For large samples n Var of the shape is shape / (shape trigamma(shape) - 1) by maximum likelihood and
    2 shape (shape + 1) by moments; the efficiency is their ratio.

    Source: Fisher (1922), *Philosophical Transactions A* 222, section 10.

    >>> gamma_efficiency()
    <explorable gamma_efficiency: slide the shape from 0.1 to 30>
    """
    return Explorable(
        "gamma_efficiency",
        "slide the shape from 0.1 to 30",
        "You would see the efficiency of the moments estimator rise from near nothing at small shapes "
        "towards one at large ones, and the two estimators' distributions in simulated samples.",
        {},
    )
