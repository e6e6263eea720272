"""Inference from a likelihood and its maximum: standard errors, intervals, tests, the delta method.

Every function takes the likelihood and the vector of its free scalars at the maximum. Both may be a batch. What has
no meaning is refused with the reason: on a boundary, for a parameter that moves the support, or where the
information matrix is singular. In a batch the refused rows are NaN.

Three questions can be asked of one log-likelihood curve (Cox and Hinkley 1974, ch. 9; Pawitan 2001): how far is the
maximum from the null (Wald), how far does the curve drop (likelihood ratio), how steep is it there (score). Each gives
a test, and the values that its test would not reject are its interval.
"""

from __future__ import annotations

import html
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from .errors import ConvergenceError, DataError, RegularityError
from .numerics import blocks

__all__ = [
    "Delta",
    "TestResult",
    "covariance",
    "delta_method",
    "insist_regular",
    "likelihood_ratio_interval",
    "likelihood_ratio_test",
    "refusal",
    "score_interval",
    "score_test",
    "standard_errors",
    "wald_interval",
    "wald_test",
]

Array = np.ndarray

# How many terms of a batch are profiled at once: the root finder copies the rows that are still moving.
_TERMS_AT_ONCE = 2**21
# Beyond this logarithm (or logit) a parameter has left what a double can hold.
_FARTHEST = 708.0


def refusal(likelihood: Any, theta: Array) -> tuple[Array, str]:
    """Return which fits of a batch are not regular, and why in words ("" when all are).

    >>> from mlecore import Likelihood, Uniform
    >>> refusal(Likelihood(Uniform, [1.0, 2.0]), np.array([1.0, 2.0]))[1]
    'low, high of Uniform move the support, so the likelihood is not smooth at its maximum'
    """
    irregular = _irregular(likelihood)
    if irregular:
        return np.ones(theta.shape[:-1], dtype=bool), irregular
    stopped, reason = _stopped(likelihood, theta)
    if stopped.any():
        return stopped, reason
    layout, free = likelihood.layout, likelihood.free
    edge = layout.at_edge(likelihood._full(theta))[..., free]
    if edge.any():
        where = ", ".join(layout.names[i] for k, i in enumerate(free) if edge[..., k].any())
        lies = "lies" if "," not in where else "lie"
        name = likelihood.family.__name__
        return (
            edge.any(axis=-1),
            f"{where} of {name} {lies} on the boundary of its domain, where the slope need not be zero",
        )
    return np.zeros(theta.shape[:-1], dtype=bool), ""


def _irregular(likelihood: Any) -> str:
    """Return why the family's large-sample theory does not hold, "" when it does."""
    family, layout = likelihood.family, likelihood.layout
    names = [layout.names[i] for i in likelihood.free if layout.owner[i] in family.irregular]
    if not names:
        return ""
    move = "moves" if len(names) == 1 else "move"
    return (
        f"{', '.join(names)} of {family.__name__} {move} the support, "
        "so the likelihood is not smooth at its maximum"
    )


def _stopped(likelihood: Any, theta: Array) -> tuple[Array, str]:
    """Return which fits were stopped at the least value that their family allows, and why that rules inference out."""
    layout, free = likelihood.layout, likelihood.free
    where = layout.stopped(likelihood._full(theta))[..., free]
    names = ", ".join(layout.names[i] for k, i in enumerate(free) if where[..., k].any())
    reason = (
        f"{names} of {likelihood.family.__name__} was stopped at the least value that an estimate may have, and the "
        f"likelihood is higher below it. Hold {names} fixed, or use a bootstrap"
    )
    return where.any(axis=-1), reason if names else ""


def _at_maximum(likelihood: Any, theta: Array) -> Array:
    """Return the estimates, NaN where one was stopped short of a maximum; a single such fit raises."""
    stopped, reason = _stopped(likelihood, theta)
    if np.ndim(stopped) == 0 and stopped:
        raise RegularityError(reason)
    return np.where(stopped[..., None], np.nan, theta) if stopped.any() else theta


def insist_regular(likelihood: Any, what: str) -> None:
    """Raise a RegularityError when a free parameter moves the support, which rules out `what`.

    >>> from mlecore import Likelihood, Normal
    >>> insist_regular(Likelihood(Normal, [1.0, 2.0]), "a Wald test")
    """
    reason = _irregular(likelihood)
    if reason:
        raise RegularityError(
            f"{what} has no meaning here: {reason}. Hold what moves the support fixed if it is known"
        )


def _insist_positive(likelihood: Any, theta: Array) -> None:
    """Raise where the likelihood is zero even at its estimate: there is nothing to take ratios of."""
    if theta.ndim == 1 and np.isneginf(likelihood.log_likelihood(theta)):
        raise RegularityError(
            "a likelihood ratio has no meaning here: some observation has density 0 whatever the parameters, "
            "so every likelihood is 0. Use method='wald'"
        )


# -- covariance ------------------------------------------------------------------------------------


def covariance(likelihood: Any, theta: Array, kind: str = "observed") -> Array:
    """Return the estimated covariance matrix of the free scalars.

    kind "observed" inverts minus the Hessian; "expected" inverts n times the Fisher information; "sandwich" is
    H^-1 (sum of w u u') H^-1, with u the scores of single observations, which holds when the model is wrong too
    (White 1982).

    Raises
    ------
    RegularityError : at a boundary, for an irregular parameter, or where the information is singular.
    DataError : "sandwich" of a likelihood made from a statistic, which has no single observations.

    >>> from mlecore import Likelihood, Poisson
    >>> covariance(Likelihood(Poisson, [2, 4]), np.array([3.0]))
    array([[1.5]])
    """
    if kind not in ("observed", "expected", "sandwich"):
        raise DataError(f"kind must be 'observed', 'expected' or 'sandwich', got {kind!r}")
    insist_regular(likelihood, "a covariance matrix from the information")
    refused, reason = refusal(likelihood, theta)
    if np.ndim(refused) == 0 and refused:
        _at_maximum(likelihood, theta)
        raise RegularityError(f"{reason}. Use method='lr' or 'score'")
    if hasattr(likelihood, "covariance"):
        # A regression inverts its columns rather than their products, and squares no condition number.
        return likelihood.covariance(theta, kind)
    only = likelihood.family.information_only_expected
    if kind == "expected" or (kind == "observed" and only):
        information = likelihood.expected_information(theta)
    elif only:
        raise RegularityError(
            f"the sandwich needs second derivatives, but {only}; use covariance('expected')"
        )
    else:
        information = likelihood.observed_information(theta)
    inverse = _inverse(information, refused | np.isnan(theta).any(axis=-1))
    if kind != "sandwich":
        return inverse
    return inverse @ likelihood.score_products(theta) @ inverse


def _inverse(information: Array, skip: Array) -> Array:
    """Invert a positive definite information matrix; a singular or indefinite one is refused."""
    size = information.shape[-1]
    if size == 0:
        return information
    diagonal = np.diagonal(information, axis1=-2, axis2=-1)
    with np.errstate(all="ignore"):
        scale = 1.0 / np.sqrt(diagonal)
        unit = information * scale[..., :, None] * scale[..., None, :]
    bad = skip | ~np.isfinite(unit).all(axis=(-2, -1))
    unit = np.where(bad[..., None, None], np.eye(size), unit)
    bad = bad | (np.linalg.eigvalsh(unit)[..., 0] < 1e-14)
    if np.ndim(bad) == 0 and bad:
        raise RegularityError(
            "the information matrix is singular: the data do not determine all free parameters "
            "together; fix one of them, or choose a smaller family"
        )
    unit = np.where(bad[..., None, None], np.eye(size), unit)
    scale = np.where(bad[..., None], 1.0, scale)
    inverse = np.linalg.inv(unit) * scale[..., :, None] * scale[..., None, :]
    return np.where(bad[..., None, None], np.nan, inverse)


def standard_errors(likelihood: Any, theta: Array, kind: str = "observed") -> Array:
    """Return the square roots of the diagonal of the covariance matrix.

    >>> from mlecore import Likelihood, Poisson
    >>> standard_errors(Likelihood(Poisson, [4]), np.array([4.0]))
    array([2.])
    """
    return np.sqrt(np.diagonal(covariance(likelihood, theta, kind), axis1=-2, axis2=-1))


def normal_quantile(level: float) -> float:
    """Return z such that a standard Normal lies within -z .. z with probability `level`.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    try:
        usable = 0 < level < 1
    except TypeError:
        usable = False
    if not usable:
        raise DataError(f"level must lie between 0 and 1, such as 0.95; got {level!r}")
    # The upper tail is the small number: taken directly it keeps its digits at levels near 1.
    return float(-special.ndtri((1.0 - level) / 2.0))


# -- intervals -------------------------------------------------------------------------------------


def wald_interval(
    likelihood: Any,
    theta: Array,
    level: float = 0.95,
    scale: str = "identity",
    kind: str = "observed",
) -> tuple[Array, Array]:
    """Return estimate -+ z se for each free scalar, on its own scale or its natural one (log, logit).

    Raises
    ------
    RegularityError : where there is no standard error; see `covariance`.
    DataError : for a level outside (0, 1) or an unknown scale.

    >>> from mlecore import Likelihood, Poisson
    >>> low, high = wald_interval(Likelihood(Poisson, [4]), np.array([4.0]))
    >>> low.round(2), high.round(2)
    (array([0.08]), array([7.92]))
    """
    z = normal_quantile(level)
    if scale not in ("identity", "natural"):
        raise DataError(f"scale must be 'identity' or 'natural', got {scale!r}")
    se = standard_errors(likelihood, theta, kind)
    if scale == "identity":
        return theta - z * se, theta + z * se
    layout, free = likelihood.layout, likelihood.free
    u = layout.to_real(theta, free)
    _, first, _ = layout.from_real(u, free)
    with np.errstate(all="ignore"):
        half = z * se / first
        return layout.from_real(u - half, free)[0], layout.from_real(u + half, free)[0]


def likelihood_ratio_interval(
    likelihood: Any, theta: Array, level: float = 0.95
) -> tuple[Array, Array]:
    """Return, for each free scalar, the values whose profile log-likelihood is within z^2 / 2 of the maximum.

    The ends are the nearest crossings on either side of the maximum. A side on which the profile never falls so far
    ends at the domain's bound, which may be infinite. An estimate on the boundary is no obstacle.

    Raises
    ------
    RegularityError : for a parameter that moves the support, where the drop is not chi-square.
    ConvergenceError : where the profile cannot be followed to its crossing.

    Source: Venzon and Moolgavkar (1988), whose interval this is; here each end is a root on the profile.

    >>> from mlecore import Likelihood, Poisson
    >>> low, high = likelihood_ratio_interval(Likelihood(Poisson, [0, 0]), np.array([0.0]))
    >>> low, high.round(4)
    (array([0.]), array([0.9604]))
    """
    insist_regular(likelihood, "a likelihood-ratio interval")
    theta = _at_maximum(likelihood, theta)
    _insist_positive(likelihood, theta)
    return _interval(likelihood, theta, normal_quantile(level), _ProfileDrop)


def score_interval(likelihood: Any, theta: Array, level: float = 0.95) -> tuple[Array, Array]:
    """Return the values that the score test would not reject: |slope| <= z sqrt(n times the expected information).

    For a proportion this is Wilson's (1927) interval. It is offered for one free scalar.

    Raises
    ------
    RegularityError : for several free scalars, or for a parameter that moves the support.

    >>> from mlecore import Bernoulli, Likelihood
    >>> low, high = score_interval(Likelihood(Bernoulli, [0.0] * 20), np.array([0.0]))
    >>> low, high.round(4)
    (array([0.]), array([0.1611]))
    """
    insist_regular(likelihood, "a score interval")
    theta = _at_maximum(likelihood, theta)
    if likelihood.free.size > 1:
        names = ", ".join(likelihood.names)
        raise RegularityError(
            f"a score interval is for one free parameter, and there are {likelihood.free.size} "
            f"({names}); hold the others fixed, or use method='lr'"
        )
    return _interval(likelihood, theta, normal_quantile(level), _ScoreRoot)


def _interval(likelihood: Any, theta: Array, z: float, make: Any) -> tuple[Array, Array]:
    """Find both ends for every free scalar of every fit, in blocks of the batch."""
    batch, p = theta.shape[:-1], theta.shape[-1]
    count = int(np.prod(batch))
    flat, rows = likelihood._flat(batch), theta.reshape(count, p)
    ends = np.full((2, count, p), np.nan)
    known = np.flatnonzero(~np.isnan(rows).any(axis=-1))
    size = max(1, _TERMS_AT_ONCE // (2 * likelihood.statistic.width))
    for part in blocks(known.size, size):
        index = known[part]
        here = flat.at(index)
        both = np.tile(np.arange(index.size), 2)
        sign = np.repeat([-1.0, 1.0], index.size)
        sides, theta_sides = here.at(both), rows[index][both]
        cov = _real_covariance(here, rows[index])[both]
        for k in range(p):
            end = _crossing(make(sides, theta_sides, k, cov), sign, z)
            ends[:, index, k] = end.reshape(2, -1)
    if not batch and np.isnan(ends).any():
        bad = ", ".join(
            likelihood.names[k] for k in np.flatnonzero(np.isnan(ends).any(axis=(0, 1)))
        )
        raise ConvergenceError(
            f"the interval of {bad} could not be followed to its end; plot likelihood.profile to see why"
        )
    return ends[0].reshape(theta.shape), ends[1].reshape(theta.shape)


def _real_covariance(likelihood: Any, theta: Array) -> Array:
    """Return a covariance matrix in the real coordinates, to start the search with; NaN where there is none."""
    layout, free = likelihood.layout, likelihood.free
    with np.errstate(all="ignore"):
        information = -np.broadcast_to(likelihood.hessian(theta), (*theta.shape, theta.shape[-1]))
        expected = likelihood.expected_information(theta)
        positive = (np.diagonal(information, axis1=-2, axis2=-1) > 0).all(axis=-1)
        usable = positive & np.isfinite(information).all(axis=(-2, -1))
        information = np.where(usable[:, None, None], information, expected)
        first = layout.from_real(layout.to_real(theta, free), free)[1]
        cov = _inverse(information, np.zeros(len(theta), dtype=bool))
        return cov / first[:, :, None] / first[:, None, :]


def _first_step(cov: Array, k: int, center: Array, domain: Any) -> tuple[Array, Array]:
    """Return one standard error in the real coordinate and whether it is known, else a stride to begin with."""
    with np.errstate(all="ignore"):
        step = np.sqrt(cov[:, k, k])
    known = np.isfinite(step) & (step > 0)
    stride = 1.0 if np.isfinite(domain.longest_step) else 1e-8 * np.maximum(np.abs(center), 1e-290)
    return np.where(known, step, stride), known


class _ProfileDrop:
    """The signed root of a profile: how far, in standard errors, the log-likelihood drops at each value."""

    def __init__(self, likelihood: Any, theta: Array, k: int, cov: Array) -> None:
        self.likelihood = likelihood
        self.layout, self.position = likelihood.layout, int(likelihood.free[k])
        self.domain = self.layout.domain(self.position)
        self.top = np.broadcast_to(likelihood.log_likelihood(theta), len(theta))
        # What rounding leaves of a difference of log-likelihoods.
        self.noise = 4 * np.finfo(float).eps * (1.0 + np.abs(self.top))
        self.center = self.domain.to_real(theta[:, k])
        self.step, self.step_known = _first_step(cov, k, self.center, self.domain)
        # Where the other parameters were at the last value: the next maximisation starts there.
        shape = (len(theta), len(self.layout.names))
        self.full = np.array(np.broadcast_to(likelihood._full(theta), shape))

    def __call__(self, u: Array, rows: Array) -> tuple[Array, Array]:
        """Return r = sqrt(2 (l_max - l)) and dr/du: infinite outside the domain, NaN where it is lost."""
        value, first, _ = self.domain.from_real(u)
        start = self.layout.moved(self.full[rows], self.position, value)
        possible = self.layout.contains(start)
        root, slope = np.full(len(rows), np.inf), np.full(len(rows), np.nan)
        if possible.any():
            inside = rows[possible]
            fixed = {self.layout.names[self.position]: value[possible]}
            here = self.likelihood.at(inside)
            top = here.maximize(fixed=fixed, start=start[possible])
            r = np.sqrt(np.maximum(2.0 * (self.top[inside] - top.log_likelihood), 0.0))
            root[possible] = np.where(top.converged, r, np.nan)
            # The other parameters are at their best, so moving them adds nothing: the profile's slope is the
            # score of the value that is held (the envelope theorem).
            score = here._evaluate_full(top.theta, "_score_vector", 1)[..., self.position]
            with np.errstate(all="ignore"):
                slope[possible] = -score * first[possible] / r
            self.full[inside[top.converged]] = top.theta[top.converged]
        return root, slope


class _ScoreRoot:
    """|slope| / sqrt(n times the expected information) of a likelihood with one free scalar."""

    def __init__(self, likelihood: Any, theta: Array, k: int, cov: Array) -> None:
        self.likelihood = likelihood
        self.domain = likelihood.layout.domain(int(likelihood.free[0]))
        self.center = self.domain.to_real(theta[:, 0])
        self.step, self.step_known = _first_step(cov, k, self.center, self.domain)
        self.noise = np.full(len(theta), 1e-14)

    def __call__(self, u: Array, rows: Array) -> tuple[Array, Array]:
        """Return the root of the score statistic and its slope in u, by differences: steps need no more."""
        small = 1e-4 * self.step[rows]
        r, right = self._root(u, rows), self._root(u + small, rows)
        with np.errstate(all="ignore"):
            return r, (right - r) / small

    def _root(self, u: Array, rows: Array) -> Array:
        theta = self.domain.from_real(u)[0][:, None]
        here = self.likelihood.at(rows)
        with np.errstate(all="ignore"):
            slope = np.broadcast_to(here.score(theta)[..., 0], len(rows))
            information = np.broadcast_to(here.expected_information(theta)[..., 0, 0], len(rows))
            return np.abs(slope) / np.sqrt(information)


def _crossing(curve: Any, sign: Array, z: float) -> Array:
    """Walk from the maximum in the direction `sign` to where the curve reaches z, all rows at once.

    The curve is nearly a straight line through zero at the maximum, so Newton's steps arrive quickly; a bracket
    guards them. Returns parameters: the domain's bound where the curve stays below z, NaN where it is lost.
    """
    domain, step = curve.domain, curve.step
    logarithmic = np.isfinite(domain.longest_step)
    inside = np.isfinite(curve.center)
    # An angle is nowhere farther from the maximum than half a turn: there all directions are covered.
    half = 0.5 * getattr(domain, "turn", np.inf)
    bound = np.where(inside, curve.center, 0.0) + sign * half
    inner, outer, r_inner = curve.center.copy(), sign * np.inf, np.zeros(len(sign))
    lost = np.zeros(len(sign), dtype=bool)  # the bracket's outer end could not be computed
    answer = np.where(curve.center == sign * np.inf, bound, np.nan)
    base = np.where(inside, curve.center, 0.0)
    x = np.where(inside, curve.center + sign * np.minimum(z * step, half), 0.0)
    tolerance = 1e-10 * z + curve.noise / z
    rows = np.flatnonzero(np.isnan(answer))
    for iteration in range(200):
        if rows.size == 0:
            break
        r, slope = curve(x[rows], rows)
        here, s = x[rows], sign[rows]
        below = r < z
        if logarithmic:
            far = s * (here - inner[rows]) > 5.0
            beyond = s * here > _FARTHEST
        else:
            far = (np.abs(here - base[rows]) > 1e3 * step[rows]) & curve.step_known[rows]
            beyond = s * (here - bound[rows]) >= 0
        flat = below & (beyond | (far & (np.abs(r - r_inner[rows]) < 1e-9)))
        found = np.abs(r - z) <= tolerance[rows]
        inner[rows[below]], r_inner[rows[below]] = here[below], r[below]
        outer[rows[~below]], lost[rows[~below]] = here[~below], np.isnan(r[~below])
        a, b = inner[rows], outer[rows]
        with np.errstate(all="ignore"):
            size = np.maximum(np.maximum(np.abs(a), np.abs(b)), step[rows])
            narrow = np.isfinite(size) & (np.abs(b - a) <= 4 * np.finfo(float).eps * size) & ~found
            look = _next_look(a, b, here, r, slope, s, base[rows], step[rows], z, iteration)
            x[rows] = np.where(s > 0, np.minimum(look, bound[rows]), np.maximum(look, bound[rows]))
        answer[rows[found]] = here[found]
        answer[rows[flat]] = bound[rows[flat]]
        answer[rows[narrow]] = np.where(lost[rows[narrow]], np.nan, a[narrow])
        rows = rows[~(flat | found | narrow)]
    return domain.from_real(answer)[0]


def _next_look(
    a: Array,
    b: Array,
    here: Array,
    r: Array,
    slope: Array,
    sign: Array,
    base: Array,
    step: Array,
    z: float,
    iteration: int,
) -> Array:
    """Propose the next value, given the bracket a .. b (b may be infinite outwards, a at the boundary)."""
    newton = here + (z - r) / slope
    # Going out while nothing beyond the crossing is known: at most three times as far again.
    reach = 3.0 * np.maximum(np.abs(here - base), step)
    ahead = sign * (newton - here)
    farther = here + sign * np.where((ahead > 0) & (ahead < reach), ahead, reach)
    # Coming in from a maximum on the boundary: there the logarithm of the curve is nearly straight.
    back = np.log(r / z) * r / np.abs(slope)
    closer = here - sign * np.where((back > 0) & (back < np.inf), back, 4.0)
    usable = (
        (sign * (newton - a) > 0)
        & (sign * (b - newton) > 0)
        & ((iteration < 12) | (iteration % 2 == 0))
    )
    within = np.where(usable, newton, 0.5 * (a + b))
    return np.where(np.isinf(b), farther, np.where(np.isinf(a), closer, within))


# -- tests -----------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class TestResult:
    """What a test says: the statistic, its degrees of freedom and the p-value; arrays for a batch of fits.

    The p-value is the probability, if the hypothesis holds and the sample is large, of a statistic at least this
    large. It is no probability of the hypothesis.

    >>> TestResult(3.84, 1, 0.05)
    Test: statistic 3.84 on 1 degree of freedom, p = 0.05
    """

    __test__ = False  # pytest collects classes by their name; this one tests hypotheses

    statistic: Any
    df: int
    p_value: Any
    hypothesis: str = ""
    method: str = ""

    def _sentence(self) -> str:
        name = {"lr": "Likelihood-ratio test", "wald": "Wald test", "score": "Score test"}
        title = name.get(self.method, "Test") + (
            f" of {self.hypothesis}" if self.hypothesis else ""
        )
        degrees = f"{self.df} degree{'' if self.df == 1 else 's'} of freedom"
        if np.ndim(self.statistic):
            return f"{title}: {np.size(self.statistic)} statistics on {degrees}"
        p = f"p = {self.p_value:.4g}" if not self.p_value < 1e-300 else "p < 1e-300"
        return f"{title}: statistic {self.statistic:.4g} on {degrees}, {p}"

    def __repr__(self) -> str:
        return self._sentence()

    def _repr_html_(self) -> str:
        return f'<p class="mle-test">{html.escape(self._sentence())}</p>'


def _null(likelihood: Any, null: Mapping[str, Any]) -> tuple[Array, Array, dict[str, Any], str]:
    """Return where the hypothesis lies among the free scalars, its values, and its words."""
    if not null:
        raise DataError(
            f"say what to test: give values for some of the free parameters {', '.join(likelihood.names) or '(none)'}"
        )
    layout = likelihood.layout
    names = dict.fromkeys([*layout.domains, *layout.known_domains, *layout.names])
    unknown = [name for name in null if name not in names]
    if unknown:
        raise DataError(
            f"there is no parameter {unknown[0]!r} to test; there are {', '.join(names)}"
        )
    known, held = layout.split(null)
    taken = [*known, *(layout.names[i] for i in held if i in likelihood.held)]
    if taken:
        raise DataError(
            f"{', '.join(taken)} cannot be tested: fixed in this fit; free are {', '.join(likelihood.names) or '(none)'}"
        )
    free = list(likelihood.free)
    order = sorted(held)
    values = np.stack(np.broadcast_arrays(*(held[i] for i in order)), axis=-1)
    words = ", ".join(f"{name} = {_words(value)}" for name, value in null.items())
    return np.array([free.index(i) for i in order]), values, dict(null), words


def _words(value: Any) -> str:
    value = np.asarray(value, dtype=float)
    return (
        f"{float(value):g}" if value.ndim == 0 else np.array2string(value, precision=4, threshold=6)
    )


def _result(statistic: Array, df: int, words: str, method: str) -> TestResult:
    statistic = np.asarray(statistic, dtype=float)
    p = special.chdtrc(df, statistic)
    if statistic.ndim == 0:
        return TestResult(float(statistic), df, float(p), words, method)
    return TestResult(statistic, df, p, words, method)


def _restricted(likelihood: Any, theta: Array, null: Mapping[str, Any]) -> tuple[Array, Array]:
    """Return all scalars and the log-likelihood at the restricted maximum, NaN in the rows without one."""
    unknown = np.isnan(theta).any(axis=-1)
    here = likelihood.given(null)
    batch = np.broadcast_shapes(here.batch_shape, unknown.shape)
    count, size = int(np.prod(batch)), len(likelihood.layout.names)
    flat = here._flat(batch)
    rows = np.flatnonzero(~np.broadcast_to(unknown, batch).ravel())
    start = np.array(np.broadcast_to(likelihood._full(theta), (*batch, size))).reshape(count, size)
    for i, value in here.held.items():
        start = here.layout.moved(start, i, np.broadcast_to(value, batch).ravel())
    full, height = np.full((count, size), np.nan), np.full(count, np.nan)
    if rows.size:
        top = flat.at(rows).maximize(start=start[rows])
        good = rows[top.converged]
        full[good], height[good] = top.theta[top.converged], top.log_likelihood[top.converged]
    if not batch and np.isnan(height).any():
        raise ConvergenceError(
            "the likelihood could not be maximised under the hypothesis; plot its profile there"
        )
    return full.reshape(*batch, size), height.reshape(batch)


def likelihood_ratio_test(likelihood: Any, theta: Array, null: Mapping[str, Any]) -> TestResult:
    """Test that some parameters have given values by 2 (l_max - l_restricted), chi-square in large samples.

    Raises
    ------
    RegularityError : for a family whose parameters move the support.
    DataError : for an unknown or fixed parameter, or a value outside its domain.
    ConvergenceError : where the restricted likelihood cannot be maximised.

    Source: Wilks (1938).

    >>> from mlecore import Likelihood, Poisson
    >>> likelihood_ratio_test(Likelihood(Poisson, [2, 4]), np.array([3.0]), {"rate": 3.0})
    Likelihood-ratio test of rate = 3: statistic 0 on 1 degree of freedom, p = 1
    """
    insist_regular(likelihood, "a likelihood-ratio test")
    theta = _at_maximum(likelihood, theta)
    _insist_positive(likelihood, theta)
    index, _, null, words = _null(likelihood, null)
    _, height = _restricted(likelihood, theta, null)
    top = likelihood.log_likelihood(theta)
    with np.errstate(invalid="ignore"):
        drop = 2.0 * (top - height)
        # More than rounding below zero means that the fit is not the maximum, and then no p-value holds.
        wrong = drop < -1e-6 * (1.0 + np.abs(top))
    if np.ndim(wrong) == 0 and wrong:
        raise ConvergenceError(
            "the likelihood under the hypothesis is higher than at the fit, which is not its maximum there; "
            "the likelihood has several peaks: plot it"
        )
    return _result(np.where(wrong, np.nan, np.maximum(drop, 0.0)), index.size, words, "lr")


def wald_test(
    likelihood: Any, theta: Array, null: Mapping[str, Any], kind: str = "observed"
) -> TestResult:
    """Test that some parameters have given values by their distance from the estimate, in standard errors, squared.

    The statistic is (theta - null)' C^-1 (theta - null), with C the block of the covariance matrix.

    Raises
    ------
    RegularityError : where there is no covariance matrix; see `covariance`.
    DataError : for an unknown or fixed parameter, or a value outside its domain.

    Source: Wald (1943).

    >>> from mlecore import Likelihood, Poisson
    >>> wald_test(Likelihood(Poisson, [2, 4]), np.array([3.0]), {"rate": 1.5})
    Wald test of rate = 1.5: statistic 1.5 on 1 degree of freedom, p = 0.2207
    """
    index, values, _, words = _null(likelihood, null)
    cov = covariance(likelihood, theta, kind)[..., index[:, None], index]
    away = theta[..., index] - values
    return _result(_quadratic(cov, away), index.size, words, "wald")


def score_test(likelihood: Any, theta: Array, null: Mapping[str, Any]) -> TestResult:
    """Test that some parameters have given values by the slope there: s' (n I)^-1 s, with the others at their best.

    The information is the expected one at the hypothesis. Nothing but the hypothesis is fitted, so an estimate on
    the boundary is no obstacle.

    Raises
    ------
    RegularityError : for a family whose parameters move the support, or where the information is singular.
    DataError : for an unknown or fixed parameter, or a value outside its domain.

    Source: Rao (1948).

    >>> from mlecore import Bernoulli, Likelihood
    >>> score_test(Likelihood(Bernoulli, [0, 0, 0, 0]), np.array([0.0]), {"p": 0.5})
    Score test of p = 0.5: statistic 4 on 1 degree of freedom, p = 0.0455
    """
    insist_regular(likelihood, "a score test")
    theta = _at_maximum(likelihood, theta)
    index, _, null, words = _null(likelihood, null)
    full, _ = _restricted(likelihood, theta, null)
    there = full[..., likelihood.free]
    with np.errstate(all="ignore"):
        slope = likelihood.score(there)
        information = likelihood.expected_information(there)
    singular = ~np.isfinite(information).all(axis=(-2, -1))
    if np.ndim(singular) == 0 and singular:
        raise RegularityError(
            f"the score test of {words} has no meaning: the information is infinite or undefined there. Use method='lr'"
        )
    own = getattr(likelihood, "covariance", None)
    cov = _inverse(information, singular) if own is None else own(there, "expected")
    # The other parameters are at their best under the hypothesis, so only the tested scores count.
    block = cov[..., index[:, None], index]
    s = slope[..., index]
    return _result(np.einsum("...i,...ij,...j->...", s, block, s), index.size, words, "score")


def _quadratic(cov: Array, away: Array) -> Array:
    """Return away' cov^-1 away, the matrix scaled so that units do not matter."""
    scale = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    unit = cov / scale[..., :, None] / scale[..., None, :]
    unknown = np.isnan(unit).any(axis=(-2, -1))
    unit = np.where(unknown[..., None, None], np.eye(unit.shape[-1]), unit)
    standard = away / scale
    solved = np.linalg.solve(unit, standard[..., None])[..., 0]
    return (standard * solved).sum(axis=-1)


# -- functions of the parameters -------------------------------------------------------------------


class Delta(NamedTuple):
    """The estimate of a function of the parameters, its standard error and its interval (low, high).

    >>> Delta(2.0, 0.5, (1.02, 2.98))
    estimate 2, std. error 0.5, interval 1.02 to 2.98
    """

    estimate: Any
    se: Any
    ci: tuple[Any, Any]

    def __repr__(self) -> str:
        low, high = self.ci
        return f"estimate {_short(self.estimate)}, std. error {_short(self.se)}, interval {_short(low)} to {_short(high)}"

    def _repr_html_(self) -> str:
        return f'<p class="mle-delta">{html.escape(repr(self))}</p>'


def _short(value: Any) -> str:
    return (
        f"{float(value):.4g}"
        if np.ndim(value) == 0
        else np.array2string(np.asarray(value), precision=4)
    )


def delta_method(
    likelihood: Any, theta: Array, function: Callable[..., Any], level: float = 0.95
) -> Delta:
    """Return g(theta), its standard error sqrt(g' C g) and its Wald interval, for any smooth function g.

    `function` takes parameters by their names, any of them (`lambda shape: ...`) or all (`lambda **params: ...`), or
    all of them in order. It may return an array. The slopes are five-point differences at thousandths of a standard
    error, so it need not be analytic. By invariance g(theta) is the MLE of g (Zehna 1966); source of the standard
    error: Cramer (1946), 27.7.

    Raises
    ------
    RegularityError : where there is no covariance matrix, or g is flat at the estimate: then the first-order error
        is zero and says nothing.
    DataError : for a function whose arguments are not parameters, or whose value is not finite around the estimate.

    >>> from mlecore import Likelihood, Poisson
    >>> delta_method(Likelihood(Poisson, [2, 4]), np.array([3.0]), lambda rate: rate**2)
    estimate 9, std. error 7.348, interval -5.403 to 23.4
    """
    z = normal_quantile(level)
    cov = covariance(likelihood, theta)
    g = _by_name(function, likelihood)
    batch = theta.shape[:-1]
    estimate = _values(g, likelihood, theta, batch)
    steps = 1e-3 * np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    slopes = []
    for k in range(theta.shape[-1]):
        # The step that is taken, not the one that was meant: theta + h may round.
        moved = [theta.copy() for _ in range(4)]
        for point, times in zip(moved, (-2, -1, 1, 2), strict=True):
            point[..., k] += times * steps[..., k]
        far_left, left, right, far_right = (_values(g, likelihood, point, batch) for point in moved)
        near, wide = (moved[2] - moved[1])[..., k], (moved[3] - moved[0])[..., k]
        extra = (...,) + (None,) * (np.ndim(estimate) - len(batch))
        with np.errstate(all="ignore"):
            first = (right - left) / np.asarray(near)[extra]
            second = (far_right - far_left) / np.asarray(wide)[extra]
        slopes.append((4.0 * first - second) / 3.0)
    slope = np.stack(slopes, axis=-1)
    unknown = np.isnan(theta).any(axis=-1)
    aligned = cov.reshape(batch + (1,) * (np.ndim(estimate) - len(batch)) + cov.shape[-2:])
    variance = np.einsum("...i,...ij,...j->...", slope, aligned, slope)
    if not batch and not np.isfinite(variance).all():
        raise DataError(
            "the function is not finite around the estimate; its values within thousandths of a standard error are needed"
        )
    flat = (slope == 0).all(axis=-1) & ~np.asarray(unknown)[
        (...,) + (None,) * (np.ndim(estimate) - len(batch))
    ]
    if not batch and flat.any():
        raise RegularityError(
            "the function is flat at the estimate, so the delta method would give it no error at all; "
            "use f.bootstrap, or a likelihood-ratio interval of the parameter itself"
        )
    se = np.where(flat, np.nan, np.sqrt(variance))[()]
    return Delta(estimate[()], se, (estimate - z * se, estimate + z * se))


def _by_name(function: Callable[..., Any], likelihood: Any) -> Callable[[Mapping[str, Any]], Any]:
    """Return the function of all parameters by name, however the given one takes them."""
    names = likelihood.layout.parameters
    try:
        takes = inspect.signature(function).parameters.values()
        wanted = [
            p
            for p in takes
            if p.default is p.empty
            and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        ]
    except (TypeError, ValueError):  # some compiled functions do not tell their arguments
        takes = wanted = []
    asked = [p.name for p in wanted]
    kinds = {p.kind for p in takes}
    if (
        set(asked) <= set(names)
        and inspect.Parameter.VAR_KEYWORD in kinds
        and inspect.Parameter.VAR_POSITIONAL not in kinds
    ):
        return lambda params: function(**params)
    if asked and set(asked) <= set(names) and not any(p.kind is p.POSITIONAL_ONLY for p in wanted):
        return lambda params: function(**{name: params[name] for name in asked})
    if set(asked) & set(names) or (asked and len(asked) != len(names)):
        raise DataError(
            f"the function takes {', '.join(asked)}; it must take parameters by name out of {', '.join(names)}, "
            f"or all {len(names)} in this order"
        )
    return lambda params: function(*(params[name] for name in names))


def _values(g: Any, likelihood: Any, theta: Array, batch: tuple[int, ...]) -> Array:
    params = likelihood.distribution(theta).params
    with np.errstate(all="ignore"):
        value = np.asarray(g(params), dtype=float)
    if value.shape[: len(batch)] != batch:
        raise DataError(
            f"the function must return one value for each of the fits {batch}, got shape {value.shape}"
        )
    return value
