"""Entropy, cross-entropy and Kullback-Leibler divergence, in nats.

    cross_entropy(p, q) = -E_p log q = entropy(p) + kl_divergence(p, q)

The negative log-likelihood of data, per observation, is the cross-entropy from their empirical distribution. So
maximum likelihood looks for the member of a family that is nearest to the data in this sense.

Where a pair has a closed form it is arranged so that it does not cancel when the two are close: as a sum of terms
like r - 1 - log r, none of which is negative. The other pairs are integrated or summed, to an error that is checked.
Source of the closed forms: Gil, Alajaji and Linder (2013), re-arranged.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike

from .domains import numeric, require_finite
from .errors import ConvergenceError, DataError
from .families import (
    Bernoulli,
    Beta,
    Binomial,
    Categorical,
    Cauchy,
    Exponential,
    Gamma,
    Geometric,
    Gumbel,
    InverseGamma,
    InverseGaussian,
    Laplace,
    Logistic,
    LogNormal,
    MultivariateNormal,
    NegativeBinomial,
    Normal,
    Pareto,
    Poisson,
    Rayleigh,
    StudentT,
    Uniform,
    VonMises,
    Weibull,
)
from .losses import nll
from .numerics import (
    LOG_2PI,
    deviance,
    digamma_gap,
    log1p_excess,
    stirling_error,
    trigamma,
    trigamma_excess,
)

__all__ = ["Empirical", "cross_entropy", "entropy", "kl_divergence"]

Array = np.ndarray

# Integrals and sums stop when two successive refinements agree to this, relative to the integral of the absolute value.
_TOLERANCE = 1e-10
# The most terms that a sum may have.
_MOST_TERMS = 2**24


class Empirical:
    """The distribution of the data themselves: each observation with probability weight / total.

    It is discrete, so its KL divergence to a density is infinite; its cross-entropy to one is finite, and is the
    negative log-likelihood per observation. x may be one-dimensional, or have one row an observation.

    Raises
    ------
    DataError : empty data, NaN or infinity, or impossible weights.

    Source: van der Vaart (1998), chapter 19.

    >>> Empirical([1.0, 1.0, 3.0]).log_prob([1.0, 2.0]).round(4)
    array([-0.4055,     -inf])
    """

    batch_shape: tuple[int, ...] = ()

    def __init__(self, x: ArrayLike, weights: ArrayLike | None = None) -> None:
        x = np.array(numeric(x, "x"))
        if x.ndim not in (1, 2) or x.size == 0:
            raise DataError(
                f"x must hold observations, or one row an observation; got shape {x.shape}"
            )
        require_finite(x, "x")
        self.x, self.weights = x, None
        counts = np.ones(len(x))
        if weights is not None:
            counts = np.array(numeric(weights, "weights"))
            if counts.shape != x.shape[:1]:
                raise DataError(f"weights must have the shape {x.shape[:1]}, got {counts.shape}")
            require_finite(counts, "weights")
            if (counts < 0).any() or not counts.sum() > 0:
                raise DataError("weights must not be negative, nor all zero")
            self.weights = counts
        self.atoms, where = np.unique(x[counts > 0], axis=0, return_inverse=True)
        totals = np.bincount(np.ravel(where), counts[counts > 0])
        self.n = float(counts.sum())
        self.shares = totals / self.n
        for array in (self.x, self.atoms, self.shares, counts):
            array.flags.writeable = False

    def log_prob(self, x: ArrayLike) -> Any:
        """Return the logarithm of the share of each value: -inf for one that was not seen."""
        x = numeric(x, "x")
        if self.atoms.ndim == 1:
            index = np.minimum(np.searchsorted(self.atoms, x), len(self.atoms) - 1)
            seen = self.atoms[index] == x
        else:
            equal = (x[..., None, :] == self.atoms).all(axis=-1)
            index, seen = equal.argmax(axis=-1), equal.any(axis=-1)
        return np.where(seen, np.log(self.shares[index]), -np.inf)[()]

    @property
    def mean(self) -> Any:
        """The mean of the data."""
        return (self.shares @ self.atoms)[()]

    @property
    def var(self) -> Any:
        """The variance of the data, dividing by n."""
        return (self.shares @ (self.atoms - self.mean) ** 2)[()]

    def sample(
        self, n: int | tuple[int, ...] = (), *, rng: np.random.Generator | int | None = None
    ) -> Array:
        """Draw observations with replacement, as the bootstrap does."""
        rng = np.random.default_rng(rng)
        return self.atoms[rng.choice(len(self.atoms), size=n, p=self.shares)]

    def __repr__(self) -> str:
        return f"Empirical(n={self.n:g}, {len(self.atoms)} distinct values)"


# -- the three questions ---------------------------------------------------------------------------


def entropy(p: Any) -> Any:
    """Return -E_p log p, in nats: for a density the differential entropy, which may be negative.

    Raises
    ------
    ConvergenceError : where neither a closed form nor the numerical one can be trusted.

    Source: Cover and Thomas (2006), chapters 2 and 8.

    >>> from mlecore import Bernoulli
    >>> round(float(entropy(Bernoulli(p=0.5)) / np.log(2)), 12)
    1.0
    """
    _insist_distribution(p)
    if isinstance(p, Empirical):
        return float(scipy.special.entr(p.shares).sum())
    closed = _ENTROPY.get(type(p))
    if closed is not None:
        with np.errstate(all="ignore"):
            return np.broadcast_to(closed(p), p.batch_shape)[()]
    return _each(_entropy, p)


def cross_entropy(p: Any, q: Any) -> Any:
    """Return -E_p log q, in nats; infinite where p gives weight to what q excludes.

    `cross_entropy(Empirical(x), q)` is `nll(q, x)`. Batches of distributions broadcast.

    Raises
    ------
    ConvergenceError : where neither a closed form nor the numerical one can be trusted.
    DataError : for a pair without a common space, such as angles and real numbers.

    Source: Cover and Thomas (2006), chapter 2.

    >>> from mlecore import Normal, nll
    >>> x = [0.3, 1.1, -0.4]
    >>> d = Normal(mu=0.0, sigma=1.0)
    >>> bool(cross_entropy(Empirical(x), d) == nll(d, x))
    True
    """
    _insist_pair(p, q)
    if isinstance(p, Empirical):
        return _empirical_cross_entropy(p, q)
    if not _is_discrete(p) and _is_discrete(q):
        return np.full(_shape(p, q), np.inf)[
            ()
        ]  # a density gives no weight to the values that q allows
    divergence = _closed(p, q) if type(p) in _ENTROPY else None
    if divergence is not None:
        return entropy(p) + divergence
    return _each(_cross_entropy, p, q)


def kl_divergence(p: Any, q: Any) -> Any:
    """Return E_p log(p / q) >= 0, in nats; infinite where p gives weight to what q excludes. Not symmetric.

    Batches of distributions broadcast. The relative error is below 1e-8 also for parameters that differ by 1e-6.

    Raises
    ------
    ConvergenceError : where neither a closed form nor the numerical one can be trusted.
    DataError : for a pair without a common space, such as angles and real numbers.

    Source: Kullback and Leibler (1951).

    >>> from mlecore import Normal
    >>> float(kl_divergence(Normal(mu=0.0, sigma=1.0), Normal(mu=3.0, sigma=1.0)))
    4.5
    """
    _insist_pair(p, q)
    if _is_discrete(p) != _is_discrete(q):
        return np.full(_shape(p, q), np.inf)[()]
    if isinstance(p, Empirical):
        return _each(lambda b: _from_shares(p, b), q) if _shape(q) else _from_shares(p, q)
    divergence = _closed(p, q)
    return _each(_divergence, p, q) if divergence is None else divergence


# -- what is asked of a distribution -----------------------------------------------------------------


def _insist_distribution(p: Any) -> None:
    if isinstance(p, type) or not callable(getattr(p, "log_prob", None)):
        raise DataError(f"this needs a distribution, such as Normal(mu=0, sigma=1), and got {p!r}")


def _insist_pair(p: Any, q: Any) -> None:
    _insist_distribution(p)
    _insist_distribution(q)
    if isinstance(p, Empirical) or isinstance(q, Empirical):
        return
    if isinstance(p, VonMises) != isinstance(q, VonMises):
        raise DataError(
            "angles and real numbers are different spaces: a VonMises is compared with another VonMises only"
        )
    if getattr(p, "event_ndim", 0) != getattr(q, "event_ndim", 0):
        raise DataError(
            f"{type(p).__name__} and {type(q).__name__} are distributions of different spaces"
        )


def _is_discrete(p: Any) -> bool:
    return isinstance(p, Empirical) or p.support.whole


def _shape(*distributions: Any) -> tuple[int, ...]:
    return np.broadcast_shapes(*(getattr(p, "batch_shape", ()) for p in distributions))


def _each(function: Callable[..., float], *distributions: Any) -> Any:
    """Apply a function of single distributions to a broadcast batch."""
    shape = _shape(*distributions)
    if not shape:
        return float(function(*distributions))
    values = np.empty(shape)
    for index in np.ndindex(shape):
        values[index] = function(*(_member(p, shape, index) for p in distributions))
    return values


def _member(p: Any, shape: tuple[int, ...], index: tuple[int, ...]) -> Any:
    if not getattr(p, "batch_shape", ()):
        return p
    params = {}
    for name, domain in p.domains.items():
        value = np.asarray(getattr(p, name))
        event = value.shape[value.ndim - domain.event_ndim :]
        params[name] = np.broadcast_to(value, shape + event)[index]
    return type(p)(**params)


def _log_prob(q: Any, x: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(q.log_prob(x), dtype=float)


# -- from data ---------------------------------------------------------------------------------------


def _empirical_cross_entropy(p: Empirical, q: Any) -> Any:
    if _shape(q):
        return _each(lambda b: _empirical_cross_entropy(p, b), q)
    if p.weights is None:
        return nll(q, p.x)
    seen = p.weights > 0
    losses = nll(q, p.x[seen], reduction="none")
    return float((p.weights[seen] * losses).sum() / p.n)


def _from_shares(p: Empirical, q: Any) -> float:
    """Return KL from data to a discrete distribution: no term is negative, so nothing cancels."""
    there = np.exp(_log_prob(q, p.atoms))
    return float(deviance(p.shares, there).sum() + max(1.0 - there.sum(), 0.0))


# -- numerical expectations ---------------------------------------------------------------------------


Terms = Callable[[Array, Array, Array], Array]


def _cross_entropy(p: Any, q: Any) -> float:
    """Return -E_p log q by quadrature or summation."""
    if _excludes(q, p):
        return np.inf
    p, q = _centred(p, q)
    return _numerical(
        p, lambda x, _, mass: _weighted(mass, -_log_prob(q, x)), (q,), "cross-entropy"
    )


def _entropy(p: Any) -> float:
    """Return -E_p log p by quadrature or summation."""
    (p,) = _centred(p)
    return _numerical(p, lambda _, log_p, mass: _weighted(mass, -log_p), (), "entropy")


def _divergence(p: Any, q: Any) -> float:
    """Return KL(p || q) by quadrature or summation."""
    if _excludes(q, p):
        return np.inf
    p, q = _centred(p, q)

    def terms(x: Array, log_p: Array, mass: Array) -> Array:
        d = np.where(mass > 0, _log_prob(q, x) - log_p, 0.0)
        bulk = mass > 1e-18 * mass.max(initial=0.0)
        if np.abs(d[bulk]).max(initial=0.0) < 0.25:
            # The two are close. With r = q / p, E_p(r - 1) is zero, so E_p(r - 1 - log r) is the divergence too,
            # and none of its terms is negative.
            return mass * _exp_excess(np.where(bulk, d, 0.0))
        return -mass * d

    return max(_numerical(p, terms, (q,), "KL divergence"), 0.0)


def _weighted(mass: Array, values: Array) -> Array:
    return np.where(mass > 0, mass * values, 0.0)


def _excludes(q: Any, p: Any) -> bool:
    """Say whether p reaches beyond the support of q."""
    if isinstance(q, Empirical | VonMises):
        return False  # atoms are looked at one by one, and a circle has no ends
    (low_p, high_p), (low_q, high_q) = _ends(p), _ends(q)
    return low_p < low_q or high_p > high_q


def _centred(*distributions: Any) -> tuple[Any, ...]:
    """Move distributions on the whole line so that the first has its centre at zero: a large offset costs digits."""
    if not all(type(d) in _LOCATION for d in distributions):
        return distributions
    offset = getattr(distributions[0], _LOCATION[type(distributions[0])][0])
    moved = []
    for d in distributions:
        params = {name: getattr(d, name) for name in d.parameters}
        params.update({name: params[name] - offset for name in _LOCATION[type(d)]})
        moved.append(type(d)(**params))
    return tuple(moved)


_LOCATION = {
    Cauchy: ("loc",),
    Gumbel: ("loc",),
    Laplace: ("loc",),
    Logistic: ("loc",),
    Normal: ("mu",),
    StudentT: ("loc",),
    Uniform: ("low", "high"),
}


def _numerical(p: Any, terms: Terms, others: tuple, what: str) -> float:
    if getattr(p, "event_ndim", 0) or isinstance(p, Empirical):
        raise DataError(f"there is no rule for the {what} from {type(p).__name__} here")
    with np.errstate(all="ignore"):
        value = _sum(p, terms) if _is_discrete(p) else _quadrature(p, terms, others)
    if np.isnan(value):
        raise ConvergenceError(
            f"the {what} from {p!r} could not be computed to a relative error of {_TOLERANCE:g}; "
            "its tails are too heavy, or its shape too extreme, for double precision"
        )
    return value


def _sum(p: Any, terms: Terms) -> float:
    """Sum over whole numbers, outwards from the mean until the rest is negligible; NaN where that is too far.

    Where the distribution is smooth at the scale of many whole numbers and far from the ends of its support, every
    m-th term, times m, gives the same sum: the trapezoid rule on a bell errs by about exp(-2 pi^2 (sd/m)^2).
    """
    mean, sd = float(p.mean), float(np.sqrt(p.var))
    low, high = _ends(p)
    smooth = mean - 40 * sd > low and mean + 40 * sd < high
    stride = max(1.0, np.floor(sd / 32.0)) if smooth else 1.0
    start = np.clip(np.floor(mean), low, high)
    reach = max(64.0, np.ceil(16 * sd / stride))
    for _ in range(30):
        below = min(reach, np.floor((start - low) / stride))
        above = min(reach, np.floor((high - start) / stride))
        if below + above > _MOST_TERMS:
            return np.nan
        x = start + stride * np.arange(-below, above + 1)
        log_p = _log_prob(p, x)
        mass = np.exp(log_p) * stride
        values = terms(x, log_p, mass)
        if np.isposinf(values).any():
            return np.inf
        # What lies beyond is less than the last eighth on that side: the tails fall at least geometrically.
        edge, size = max(1, int(reach) // 8), np.abs(values)
        rest = (size[:edge].sum() if below == reach else 0.0) + (
            size[-edge:].sum() if above == reach else 0.0
        )
        if rest <= 1e-16 * size.sum():
            return values.sum() if abs(mass.sum() - 1.0) < 1e-9 else np.nan
        reach *= 2
    return np.nan


def _quadrature(p: Any, terms: Terms, others: tuple) -> float:
    """Integrate over the support of p by double-exponential rules, halving the step until two results agree.

    The line is cut at the medians, where a density may have a corner, and each piece is mapped so that its ends are
    approached double-exponentially, which any singularity there survives (Takahasi and Mori 1974). The total mass
    is integrated alongside: unless it is one, the nodes have missed something. NaN says that they have.
    """
    low, high = _ends(p)
    middle, spread = _middle(p)
    cuts = {low, high, middle}
    for q in others:
        cuts |= {c for c in (*_ends(q), _middle(q)[0]) if low < c < high}
    pieces = list(itertools.pairwise(sorted(cuts)))
    previous = np.nan
    for level in range(4, 11):
        nodes = [_nodes(a, b, spread, 2.0**-level, low, high) for a, b in pieces]
        x, log_weight = (np.concatenate(column) for column in zip(*nodes, strict=True))
        log_p = _log_prob(p, x)
        mass = np.exp(log_p + log_weight)
        values = terms(x, log_p, mass)
        if np.isposinf(values).any():
            return np.inf
        total, size = values.sum(), np.abs(values).sum()
        tail = _tails(pieces, np.abs(values), size)
        if tail == np.inf:
            return np.inf
        close = abs(total - previous) <= _TOLERANCE * size
        if close and abs(mass.sum() - 1.0) <= 1e-9 and tail == 0.0:
            return float(total)
        previous = total
    return np.nan


def _tails(pieces: list, size: Array, total: float) -> float:
    """Say whether the terms towards infinity vanish (0), grow (inf: the integral diverges) or neither (NaN)."""
    outermost = []
    if np.isinf(pieces[0][0]):
        outermost.append(size[:9])
    if np.isinf(pieces[-1][1]):
        outermost.append(size[:-10:-1])
    verdict = 0.0
    for terms in outermost:
        if terms[0] > 1e-13 * total:
            if terms[0] >= terms[-1]:
                return np.inf
            verdict = np.nan
    return verdict


def _nodes(
    a: float, b: float, spread: float, h: float, low: float, high: float
) -> tuple[Array, Array]:
    """Return nodes from a to b, inside (low, high), and the logarithms of their weights."""
    if np.isinf(a) and np.isinf(b):
        raise AssertionError("a piece has at most one infinite end: the line is cut at the median")
    if np.isinf(a) or np.isinf(b):
        # x = a + s exp(pi/2 sinh t), from 1e-150 to 1e150 spreads away from the finite end.
        t = np.arange(-np.ceil(6.08 / h), np.ceil(6.08 / h) + 1) * h
        u = 0.5 * np.pi * np.sinh(t)
        keep = np.abs(u) < 345.0
        t, u = t[keep], u[keep]
        distance = spread * np.exp(u)
        x = a + distance if np.isinf(b) else b - distance
        log_weight = np.log(distance * h * 0.5 * np.pi * np.cosh(t))
        inside = (x > low) & (x < high)
        order = slice(None) if np.isinf(b) else slice(None, None, -1)  # ascending
        return x[inside][order], log_weight[inside][order]
    t = np.arange(-np.ceil(6.08 / h), np.ceil(6.08 / h) + 1) * h
    u = np.pi * np.sinh(t)
    keep = np.abs(u) < 690.0
    t, u = t[keep], u[keep]
    # Distances from the nearer end keep their digits where that end is zero.
    share = scipy.special.expit(-np.abs(u))
    x = np.where(u < 0, a + (b - a) * share, b - (b - a) * share)
    log_weight = np.log(b - a) + np.log(share) + np.log1p(-share) + np.log(h * np.pi * np.cosh(t))
    inside = (x > low) & (x < high)
    return x[inside], log_weight[inside]


def _ends(p: Any) -> tuple[float, float]:
    """Return where p begins and ends."""
    if isinstance(p, VonMises):
        return float(p.mu - np.pi), float(p.mu + np.pi)
    if isinstance(p, Uniform):
        return float(p.low), float(p.high)
    if isinstance(p, Pareto):
        return float(p.scale), np.inf
    if isinstance(p, Categorical):
        seen = np.flatnonzero(p.probs)
        return float(seen[0]), float(seen[-1])
    low = p.support.low
    high = float(p.n) if isinstance(p, Binomial) else p.support.high
    if p.support.whole and p.var == 0:  # on the boundary of its parameters it has one value only
        return float(p.mean), float(p.mean)
    return low, high


def _middle(p: Any) -> tuple[float, float]:
    """Return the median of p and the range of its middle half."""
    if isinstance(p, VonMises):
        return float(p.mu), 1.0
    quarter, half, three = (float(v) for v in p.ppf(np.array([0.25, 0.5, 0.75])))
    return half, three - quarter


# -- pieces of the closed forms --------------------------------------------------------------------------


def _exp_excess(d: ArrayLike) -> Array:
    """Return exp(d) - 1 - d >= 0 without cancellation."""
    d = np.asarray(d, dtype=float)
    small = np.abs(d) < 0.5
    s = np.where(small, d, 0.0)
    series = np.ones_like(s)
    for k in range(17, 2, -1):
        series = 1.0 + series * s / k
    return np.where(small, 0.5 * s * s * series, np.expm1(d) - d)[()]


@functools.cache
def _jacobi() -> tuple[Array, Array]:
    """Return nodes and weights for the integral of (1 - t) g(t) over 0 .. 1."""
    t, w = scipy.special.roots_jacobi(24, 1.0, 0.0)
    return 0.5 * (1.0 + t), 0.25 * w


def _bregman(f: Callable, slope: Callable, curvature: Callable, a: Array, b: Array) -> Array:
    """Return f(b) - f(a) - f'(a) (b - a) for a convex f of a positive argument.

    When b is near a it is the integral of (1 - t) (b - a)^2 f''(a + t (b - a)), which does not cancel.
    """
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    d = b - a
    near = np.abs(d) < 0.5 * np.minimum(a, b)
    safe = np.where(near, d, 0.0)
    t, w = _jacobi()
    integral = safe**2 * (w * curvature(a[..., None] + t * safe[..., None])).sum(axis=-1)
    return np.where(near, integral, f(b) - f(a) - slope(a) * d)[()]


def _gamma_part(a: Array) -> Array:
    """Return a log a - a - log Gamma(a), whose slope is log a - digamma(a)."""
    return 0.5 * (np.log(a) - LOG_2PI) - stirling_error(a)


def _shape_gap(a: Array, b: Array) -> Array:
    """Return the divergence between Gammas of shapes a and b with the same mean."""
    return _bregman(lambda s: -_gamma_part(s), lambda s: -digamma_gap(s), trigamma_excess, a, b)


def _vector(p: Any, *names: str) -> tuple[Array, ...]:
    return tuple(np.asarray(getattr(p, name), dtype=float) for name in names)


# -- closed forms of the divergence -----------------------------------------------------------------------

_KL: dict[type, Callable[[Any, Any], Any]] = {}


def _closed(p: Any, q: Any) -> Any:
    """Return the divergence in closed form, where both are, or can be seen as, of one family; else None."""
    if type(p) is not type(q):
        wider = _SEEN_AS.get((type(q), type(p)))
        if wider is not None:
            q = wider(q)
        else:
            wider = _SEEN_AS.get((type(p), type(q)))
            p = p if wider is None else wider(p)
    rule = _KL.get(type(p)) if type(p) is type(q) else None
    if rule is None:
        return None
    with np.errstate(all="ignore"):
        value = rule(p, q)
    return None if value is None else np.broadcast_to(value, _shape(p, q)).copy()[()]


_SEEN_AS: dict[tuple[type, type], Callable[[Any], Any]] = {
    (Bernoulli, Binomial): lambda d: Binomial(n=1, p=d.p),
    (Bernoulli, Categorical): lambda d: Categorical(
        np.stack([1.0 - np.asarray(d.p), d.p], axis=-1)
    ),
    (Exponential, Gamma): lambda d: Gamma(shape=1.0, rate=d.rate),
    (Exponential, Weibull): lambda d: Weibull(shape=1.0, scale=1.0 / np.asarray(d.rate)),
    (Rayleigh, Weibull): lambda d: Weibull(shape=2.0, scale=np.sqrt(2.0) * np.asarray(d.scale)),
    (Uniform, Beta): lambda d: Beta(a=1.0, b=1.0) if np.all((d.low == 0) & (d.high == 1)) else None,
}


def _kl(family: type) -> Callable[[Callable], Callable]:
    def register(rule: Callable) -> Callable:
        _KL[family] = rule
        return rule

    return register


@_kl(Normal)
@_kl(LogNormal)
def _normal(p: Any, q: Any) -> Array:
    z = (p.mu - q.mu) / q.sigma
    ratio = (p.sigma - q.sigma) / q.sigma
    return 0.5 * (z * z + log1p_excess(ratio * (2.0 + ratio)))


@_kl(Exponential)
def _exponential(p: Any, q: Any) -> Array:
    return log1p_excess((q.rate - p.rate) / p.rate)


@_kl(Gamma)
def _gamma(p: Any, q: Any) -> Array:
    # Shape and mean are orthogonal parameters, so there is one term for each and none between them.
    ratio = (p.shape / q.shape) * (q.rate / p.rate)
    difference = (p.shape * q.rate - q.shape * p.rate) / (q.shape * p.rate)
    excess = log1p_excess(np.where(np.abs(ratio - 1.0) < 0.5, difference, ratio - 1.0))
    return _shape_gap(p.shape, q.shape) + q.shape * excess


@_kl(InverseGamma)
def _inverse_gamma(p: Any, q: Any) -> Array:
    return _gamma(Gamma(p.shape, p.scale), Gamma(q.shape, q.scale))  # of the reciprocals


@_kl(Weibull)
def _weibull(p: Any, q: Any) -> Array:
    return _power(
        q.shape / p.shape, (q.shape - p.shape) / p.shape, q.shape * np.log(p.scale / q.scale)
    )


@_kl(Gumbel)
def _gumbel(p: Any, q: Any) -> Array:
    return _power(p.scale / q.scale, (p.scale - q.scale) / q.scale, (q.loc - p.loc) / q.scale)


def _power(ratio: Array, excess: Array, shift: Array) -> Array:
    """Return KL between powers of a standard exponential: exponents in the given ratio = 1 + excess, scales apart."""
    log_gamma = scipy.special.gammaln(1.0 + ratio)
    shape = _bregman(
        scipy.special.gammaln,
        scipy.special.digamma,
        trigamma,
        2.0,
        2.0 + np.asarray(excess, dtype=float),
    )
    return log1p_excess(excess) + _exp_excess(shift + log_gamma) + shape


@_kl(Laplace)
def _laplace(p: Any, q: Any) -> Array:
    ratio = p.scale / q.scale
    away = np.abs(p.loc - q.loc) / p.scale
    return ratio * _exp_excess(-away) + log1p_excess((p.scale - q.scale) / q.scale)


@_kl(Cauchy)
def _cauchy(p: Any, q: Any) -> Array:
    # Chyzak and Nielsen (2019).
    apart = np.hypot(p.loc - q.loc, p.scale - q.scale)
    return np.log1p((apart / (2.0 * p.scale)) * (apart / (2.0 * q.scale)))


@_kl(Rayleigh)
def _rayleigh(p: Any, q: Any) -> Array:
    ratio = (p.scale - q.scale) / q.scale
    return log1p_excess(ratio * (2.0 + ratio))


@_kl(Pareto)
def _pareto(p: Any, q: Any) -> Array:
    shapes = log1p_excess((q.shape - p.shape) / p.shape)
    value = shapes + q.shape * np.log1p((p.scale - q.scale) / q.scale)
    return np.where(p.scale < q.scale, np.inf, value)


@_kl(Uniform)
def _uniform(p: Any, q: Any) -> Array:
    width = p.high - p.low
    inside = (q.low <= p.low) & (p.high <= q.high)
    return np.where(inside, np.log1p(((q.high - p.high) + (p.low - q.low)) / width), np.inf)


@_kl(InverseGaussian)
def _inverse_gaussian(p: Any, q: Any) -> Array:
    away = (p.mu - q.mu) / q.mu
    return 0.5 * log1p_excess((q.shape - p.shape) / p.shape) + 0.5 * q.shape / p.mu * away * away


@_kl(Beta)
def _beta(p: Any, q: Any) -> Array:
    a1, b1 = _vector(p, "a", "b")
    a2, b2 = _vector(q, "a", "b")
    s1, s2 = a1 + b1, a2 + b2
    means = s2 * (deviance(a2 / s2, a1 / s1) + deviance(b2 / s2, b1 / s1))
    return means + _shape_gap(a1, a2) + _shape_gap(b1, b2) - _shape_gap(s1, s2)


@_kl(VonMises)
def _von_mises(p: Any, q: Any) -> Array:
    k1, k2 = np.broadcast_arrays(*(np.asarray(d.kappa, dtype=float) for d in (p, q)))
    length = 1.0 - _lost_length(k1)
    turn = np.sin(0.5 * (np.asarray(p.mu) - np.asarray(q.mu)))
    spread = _bregman(
        lambda k: np.log(scipy.special.i0e(k)), lambda k: -_lost_length(k), _length_slope, k1, k2
    )
    return spread + 2.0 * k2 * length * turn * turn


def _lost_length(k: Array) -> Array:
    """Return 1 - I1(k) / I0(k): by how much the mean of unit vectors is shorter than one."""
    k = np.asarray(k, dtype=float)
    r = 1.0 / np.maximum(k, 300.0)
    tail = r * (
        1 / 2 + r * (1 / 8 + r * (1 / 8 + r * (25 / 128 + r * (13 / 32 + r * 1073 / 1024))))
    )
    return np.where(
        k > 300.0, tail, (scipy.special.i0e(k) - scipy.special.i1e(k)) / scipy.special.i0e(k)
    )


def _length_slope(k: Array) -> Array:
    """Return the derivative of I1(k) / I0(k), the variance of the cosine."""
    k = np.asarray(k, dtype=float)
    r = 1.0 / np.maximum(k, 300.0)
    tail = (
        r * r * (1 / 2 + r * (1 / 4 + r * (3 / 8 + r * (25 / 32 + r * (65 / 32 + r * 3219 / 512)))))
    )
    length = scipy.special.i1e(k) / scipy.special.i0e(k)
    second = scipy.special.ive(2, k) / scipy.special.i0e(k)
    return np.where(k > 300.0, tail, 0.5 * (1.0 + second) - length * length)


@_kl(Poisson)
def _poisson(p: Any, q: Any) -> Array:
    return deviance(p.rate, q.rate)


@_kl(Bernoulli)
def _bernoulli(p: Any, q: Any) -> Array:
    return _two(p.p, q.p)


def _two(p: Array, q: Array) -> Array:
    """Return the divergence between two probabilities of an event."""
    return deviance(p, q) + deviance(1.0 - np.asarray(p), 1.0 - np.asarray(q))


@_kl(Binomial)
def _binomial(p: Any, q: Any) -> Array | None:
    return p.n * _two(p.p, q.p) if np.array_equal(p.n, q.n) else None


@_kl(Geometric)
def _geometric(p: Any, q: Any) -> Array:
    return _two(p.p, q.p) / p.p


@_kl(NegativeBinomial)
def _negative_binomial(p: Any, q: Any) -> Array | None:
    if not np.array_equal(p.size, q.size):
        return None
    size = p.size
    share, other = p.mu / (size + p.mu), q.mu / (size + q.mu)
    rest, other_rest = size / (size + p.mu), size / (size + q.mu)
    return (size + p.mu) * (deviance(share, other) + deviance(rest, other_rest))


@_kl(Categorical)
def _categorical(p: Any, q: Any) -> Array:
    classes = max(p.probs.shape[-1], q.probs.shape[-1])
    probs = [
        np.concatenate(
            [d.probs, np.zeros((*d.probs.shape[:-1], classes - d.probs.shape[-1]))], axis=-1
        )
        for d in (p, q)
    ]
    return deviance(*probs).sum(axis=-1)


@_kl(MultivariateNormal)
def _multivariate_normal(p: Any, q: Any) -> Array:
    if p.mu.shape[-1] != q.mu.shape[-1]:
        raise DataError(
            f"the dimensions differ: {p.mu.shape[-1]} and {q.mu.shape[-1]}; compare rows of one length"
        )
    root = np.linalg.cholesky(q.cov)
    z = np.linalg.solve(root, np.asarray(p.mu - q.mu)[..., None])[..., 0]
    half = np.linalg.solve(root, p.cov - q.cov)
    difference = np.linalg.solve(root, np.swapaxes(half, -1, -2))
    excess = log1p_excess(np.linalg.eigvalsh(0.5 * (difference + np.swapaxes(difference, -1, -2))))
    return 0.5 * ((z * z).sum(axis=-1) + excess.sum(axis=-1))


# -- closed forms of the entropy ----------------------------------------------------------------------------


def _gamma_entropy(p: Any) -> Array:
    a = p.shape
    return (a - 1.0) * digamma_gap(a) - _gamma_part(a) + np.log(a / p.rate)


def _inverse_gamma_entropy(p: Any) -> Array:
    a = p.shape
    return (a + 1.0) * digamma_gap(a) - _gamma_part(a) - np.log(a / p.scale)


def _beta_entropy(p: Any) -> Array:
    a, b = _vector(p, "a", "b")
    s = a + b
    parts = _gamma_part(s) - _gamma_part(a) - _gamma_part(b) + np.log(a / s) + np.log(b / s)
    return (
        parts + (a - 1.0) * digamma_gap(a) + (b - 1.0) * digamma_gap(b) - (s - 2.0) * digamma_gap(s)
    )


def _multivariate_normal_entropy(p: Any) -> Array:
    root = np.linalg.cholesky(p.cov)
    log_volume = np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1)
    return 0.5 * p.mu.shape[-1] * (1.0 + LOG_2PI) + log_volume


def _two_entropy(p: Array) -> Array:
    return scipy.special.entr(p) + scipy.special.entr(1.0 - np.asarray(p))


_ENTROPY: dict[type, Callable[[Any], Any]] = {
    Bernoulli: lambda p: _two_entropy(p.p),
    Beta: _beta_entropy,
    Categorical: lambda p: scipy.special.entr(p.probs).sum(axis=-1),
    Cauchy: lambda p: np.log(4.0 * np.pi) + np.log(p.scale),
    Exponential: lambda p: 1.0 - np.log(p.rate),
    Gamma: _gamma_entropy,
    Geometric: lambda p: _two_entropy(p.p) / p.p,
    Gumbel: lambda p: np.log(p.scale) + np.euler_gamma + 1.0,
    InverseGamma: _inverse_gamma_entropy,
    Laplace: lambda p: 1.0 + np.log(2.0 * np.asarray(p.scale)),
    LogNormal: lambda p: 0.5 * (1.0 + LOG_2PI) + np.log(p.sigma) + p.mu,
    Logistic: lambda p: 2.0 + np.log(p.scale),
    MultivariateNormal: _multivariate_normal_entropy,
    Normal: lambda p: 0.5 * (1.0 + LOG_2PI) + np.log(p.sigma),
    Pareto: lambda p: 1.0 + 1.0 / p.shape + np.log(p.scale / p.shape),
    Rayleigh: lambda p: 1.0 + 0.5 * np.euler_gamma - 0.5 * np.log(2.0) + np.log(p.scale),
    Uniform: lambda p: np.log(p.high - p.low),
    VonMises: lambda p: (
        LOG_2PI + np.log(scipy.special.i0e(p.kappa)) + p.kappa * _lost_length(p.kappa)
    ),
    Weibull: lambda p: 1.0 + np.euler_gamma * (1.0 - 1.0 / p.shape) + np.log(p.scale / p.shape),
}
