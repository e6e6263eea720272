"""The likelihood-ratio test of one fit against another that contains it, or of lists of fits of the same data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy

from . import inference
from .domains import Unit
from .errors import DataError, NoMLEError, RegularityError
from .fingerprint import same_together
from .fit import Fit
from .inference import TestResult
from .within import insist_held_alike

__all__ = ["lr_test"]

Array = np.ndarray

# A member of the larger family is as good as the null up to this many nats an observation ...
_SAME = 1e-6
# ... and inside its domain if no probability is nearer to an end than this.
_EDGE = 1e-4
# Information below this, in its own units, is that of parameters which the null leaves undetermined.
_LEVEL = 1e-7
# In so many equally likely places is a null looked at to see whether the alternative contains it.
_PLACES = 1000


def lr_test(
    null: Fit | Sequence[Fit],
    alternative: Fit | Sequence[Fit],
    *,
    method: str = "lr",
    replicates: int = 999,
    rng: np.random.Generator | int | None = None,
) -> TestResult:
    """Test a fit against a fit of a larger family to the same data by 2 (l_alternative - l_null).

    Lists of fits belong to parts of the data: `lr_test(Poisson.fit(a_and_b), [Poisson.fit(a), Poisson.fit(b)])` tests
    whether both parts have one rate. Their log-likelihoods, and their numbers of free scalars, are added up.

    Parameters
    ----------
    null, alternative : fits, or lists of fits, that have seen the same data together.
    method : "lr" compares the statistic with a chi-square, with as many degrees of freedom as the alternative has more
        free scalars; "bootstrap" with its law in samples drawn from the null.
    replicates, rng : for "bootstrap".

    Raises
    ------
    DataError : for different data, and for fits that are not nested.
    RegularityError : where the chi-square does not hold, because the null lies on the boundary of the alternative,
        leaves some of its parameters undetermined, or is not regular. Then method="bootstrap" answers.

    Source: Wilks (1938); for boundaries Self and Liang (1987); for the bootstrap Davison and Hinkley (1997), section 4.2.

    >>> from mlecore import Exponential, Gamma
    >>> x = [1.0, 2.0, 4.0, 7.0]
    >>> lr_test(Exponential.fit(x), Gamma.fit(x))
    Likelihood-ratio test of Exponential within Gamma: statistic 1.136 on 1 degree of freedom, p = 0.2865
    """
    nulls, alternatives = _fits(null), _fits(alternative)
    _insist_same_start([*nulls, *alternatives])
    same = same_together(*([f.likelihood for f in fits] for fits in (nulls, alternatives)))
    if same is None:
        raise DataError(
            "some of the fits were made from statistics, from which nobody can tell whether the data were the same: fit "
            "all of them to the data"
        )
    if not same:
        raise DataError(
            "the fits are of different data: null and alternative must have seen the same observations, together"
        )
    if method not in ("lr", "bootstrap"):
        raise DataError(f"method must be 'lr' or 'bootstrap', got {method!r}")
    df = sum(len(f.names) for f in alternatives) - sum(len(f.names) for f in nulls)
    if df <= 0:
        raise DataError(
            "the alternative must have more free parameters than the null; give the smaller model first"
        )
    _insist_nested(nulls, alternatives, chi_square=method == "lr")
    statistic = 2.0 * float(
        sum(f.log_likelihood for f in alternatives) - sum(f.log_likelihood for f in nulls)
    )
    if statistic < -1e-6 * (1.0 + abs(sum(float(f.log_likelihood) for f in nulls))):
        raise DataError(
            "the null fits better than the alternative, so it is not contained in it, or the alternative's fit is not its "
            "highest maximum"
        )
    words = f"{_words(nulls)} within {_words(alternatives)}"
    if method == "lr":
        p = float(scipy.special.chdtrc(df, max(statistic, 0.0)))
        return TestResult(max(statistic, 0.0), df, p, words, "lr")
    inference.whole_number(replicates)
    drops = _simulated(nulls, alternatives, replicates, np.random.default_rng(rng))
    return inference.simulated_result(statistic, drops, df, words)


def _fits(given: Fit | Sequence[Fit]) -> list[Fit]:
    """Return single fits by maximum likelihood as a list."""
    fits = [given] if isinstance(given, Fit) else list(given) if isinstance(given, Sequence) else []
    if not fits or not all(isinstance(f, Fit) for f in fits):
        raise DataError(
            "lr_test takes two fits, the smaller model first, or lists of fits of parts of the data; got "
            f"{type(given).__name__}"
        )
    for fit in fits:
        if fit.batch_shape:
            raise DataError("lr_test takes single fits, and one is a batch")
        if fit.penalised:
            raise RegularityError(
                "a likelihood ratio belongs to maxima of the likelihood, and priors have moved one of these; fit without them"
            )
        if fit.method != "mle":
            raise RegularityError(
                f"a likelihood ratio belongs to maxima of the likelihood, and one fit is by {fit.method}"
            )
    return fits


def _insist_same_start(fits: list[Fit]) -> None:
    """Raise where sequences are conditioned on different numbers of first values, which makes different data of them."""
    given = {f.likelihood.statistic.given for f in fits if _in_order(f)}
    alone = [f for f in fits if not _in_order(f)]
    if alone and (first := max(given, default=0)):
        counts = {float(f.n) for f in fits}
        if len(alone) < len(fits) and len(counts) > 1:
            raise DataError(
                f"one fit is conditional on the first {first} value(s) of each sequence, and the other is of all values: give "
                f"{alone[0].likelihood.called} the others alone, as in fit(x[{first}:])"
            )
    if len(given) > 1:
        raise DataError(
            f"the fits are conditional on {' and '.join(map(str, sorted(given)))} first values, so that they are of different "
            f"data: fit all of them with given={max(given)}"
        )


def _in_order(fit: Fit) -> bool:
    return getattr(fit.likelihood.statistic, "in_order", False)


def _words(fits: list[Fit]) -> str:
    names = [f.likelihood.called for f in fits]
    if len(names) == 1:
        held = [
            f"{n} = {float(v):g}"
            for n, v in fits[0].likelihood.held_by_name.items()
            if np.ndim(v) == 0
        ]
        return names[0] + (f" ({', '.join(held)})" if held else "")
    return f"{len(names)} fits of {names[0]}" if len(set(names)) == 1 else " and ".join(names)


# -- nested, and regularly -----------------------------------------------------------------------------


def _insist_nested(nulls: list[Fit], alternatives: list[Fit], chi_square: bool) -> None:
    """Raise where an alternative does not contain a null or, for the chi-square, contains it at its edge."""
    if chi_square:
        for fit in alternatives:
            inference.insist_regular(fit.likelihood, "the chi-square of a likelihood ratio")
    for small in nulls:
        for large in {type(f.dist): f for f in alternatives}.values():
            if _in_order(small) and not _in_order(large):
                raise DataError(
                    f"the fits are not nested: in {small.likelihood.called} values depend on those before them, and in "
                    f"{large.likelihood.called} they do not"
                )
            if _in_order(large):
                edge = _edge_in_order(small, large)
            elif hasattr(large.likelihood.statistic, "designs"):
                _insist_columns(small, large)
                edge = _edge_by_names(small, small)
            else:
                edge = _edge_by_names(small, large)
            if edge is None:
                edge = _edge_by_values(small, large)
            if edge is None:
                edge = _edge_by_looking(small, large)
            if edge and chi_square:
                raise RegularityError(
                    f"{edge}, so the likelihood ratio is not a chi-square in large samples; use method='bootstrap'"
                )


def _edge_in_order(small: Fit, large: Fit) -> str | None:
    """Return why a sequence model lies on the boundary of another, "" where not; or raise where it lies not within it."""
    if type(small.dist) is type(large.dist) and set(small.likelihood.layout.names) == set(
        large.likelihood.layout.names
    ):
        return _edge_by_names(small, large)
    if hasattr(large.dist, "contains"):
        return large.dist.contains(small.dist)
    own = getattr(type(small.dist), "lies_within", None)
    if not _in_order(small):
        return large.dist.contains_independent(small.likelihood, large.likelihood.fixed)
    if own is not getattr(type(large.dist), "lies_within", None):  # another kind of model
        raise DataError(
            f"the fits are not nested: {small.likelihood.called} does not lie within {large.likelihood.called}"
        )
    insist_held_alike(small.likelihood, large.likelihood.fixed)
    return small.dist.lies_within(large.dist)


def _edge_by_names(small: Fit, large: Fit) -> str | None:
    """Return why a member with some parameters held lies on the boundary, "" where not; None for another family."""
    if type(small.dist) is not type(large.dist):
        return None
    inner, outer = small.likelihood.held_by_name, large.likelihood.held_by_name
    for name, value in outer.items():
        if name not in inner or not np.array_equal(inner[name], value):
            raise DataError(
                f"the fits are not nested: the alternative holds {name} at {float(value):g}, and the null does not"
            )
    layout = small.likelihood.layout
    at_edge = layout.at_edge(small.likelihood._full(small.theta))
    on = [name for name, edge in zip(layout.names, at_edge, strict=True) if edge and name in inner]
    if on:
        return f"the null holds {', '.join(on)} on the boundary of its domain"
    tested = {name: value for name, value in inner.items() if name not in outer}
    return large.likelihood.family._no_chi_square(tested, large.names)


def _edge_by_values(small: Fit, large: Fit) -> str | None:
    """Return why the ratio is no chi-square, "" where it is one, for a family that the other declares to contain."""
    family = large.likelihood.family
    if type(small.dist) not in family._contains:
        return None
    reason = family._no_chi_square(family._contains[type(small.dist)], large.names)
    return reason if reason or not (small.likelihood.held or large.likelihood.held) else None


def _insist_columns(small: Fit, large: Fit) -> None:
    """Raise where the columns of one regression do not give those of another."""
    regression = hasattr(small.dist, "may_lie_within")
    if regression and small.likelihood.called != large.likelihood.called:
        raise DataError(
            f"whether {small.likelihood.called} lies within {large.likelihood.called} is not known here: fit the larger "
            "model, and test what makes it the smaller one, as in fit.test(shape=1)"
        )
    held = {**small.likelihood.held, **large.likelihood.held}
    if regression:
        nested = small.dist.may_lie_within(large.dist)
    else:
        nested = large.dist.contains_alike(small.dist) and not held
    if nested and regression:
        rows = (f.likelihood.statistic for f in (small, large))
        one, other = (
            getattr(r, "pilot", r).designs for r in rows
        )  # of a source, those drawn of it
        nested = all(_within(*pair) for pair in zip(one, other, strict=True))
    if not nested:
        raise DataError(
            "the regressions are not nested: the null must be of the same kind, and its columns among the alternative's"
        )


def _within(one: Any, other: Any) -> bool:
    """Say whether a predictor can be what another is with other coefficients."""
    M, X = one.columns(), np.column_stack([np.ones(len(other.X)), other.X])
    offsets = [np.zeros(len(d.X)) if d.offset is None else d.offset for d in (one, other)]
    if len(M) != len(X):
        raise DataError("columns are seen to be nested in rows drawn alike: cut both sources alike")
    M = np.column_stack([M, offsets[0] - offsets[1]])
    left = M - X @ np.linalg.lstsq(X, M, rcond=None)[0]
    return bool((np.abs(left) <= 1e-8 * (1.0 + np.abs(M).max())).all())


def _edge_by_looking(small: Fit, large: Fit) -> str:
    """Fit the larger family to the null itself: return why it lies on its boundary, "" where inside.

    In equally likely places of the null, or at its counts with their probabilities, a family that contains it fits no
    worse than it does itself.
    """
    names = type(small.dist).__name__, type(large.dist).__name__
    parts, whole = _components(small.dist), _components(large.dist)
    # The weight of a component is then 0, or two components are one: the scalars of a component may be anything.
    fewer = (
        f"{names[0]} has fewer components than {names[1]}, and leaves those of another undetermined"
    )
    if parts < whole and not large.likelihood.fixed:
        return fewer
    x, w = _places(small.dist)
    fixed = large.likelihood.fixed
    try:
        found = type(large.dist).fit(x, w, fixed=fixed)
    except NoMLEError:
        return f"{names[0]} is a limit of {names[1]}, which none of its members reaches"
    except ValueError as error:
        raise DataError(f"{names[0]} is not within {names[1]}: {error}") from error
    own = np.ones(x.size) if w is None else w
    worse = (own * (small.dist.log_prob(x) - found.dist.log_prob(x))).sum() / own.sum()
    if worse > _SAME:
        raise DataError(
            f"{names[0]} is not within {names[1]}: no member of it is this {names[0]}. mlecore.compare ranks fits that are "
            "not nested"
        )
    if parts.total() < whole.total():
        return fewer
    layout, theta = found.likelihood.layout, found.likelihood._full(found.theta)
    unit = np.array([isinstance(layout.domain(i), Unit) for i in layout.everything], dtype=bool)
    near = unit & ((theta < _EDGE) | (theta > 1.0 - _EDGE))
    edge = layout.at_edge(theta) | layout.stopped(theta) | near
    if edge.any():
        which = ", ".join(n for n, e in zip(layout.names, edge, strict=True) if e)
        return f"{names[0]} lies on the boundary of {names[1]}, in {which}"
    information = found.likelihood.observed_information(found.theta)
    unit = inference.in_own_units(information).unit
    if not np.isfinite(unit).all() or np.linalg.eigvalsh(unit)[0] < _LEVEL:
        return f"{names[0]} leaves parameters of {names[1]} undetermined"
    return ""


def _components(dist: Any) -> Counter[type]:
    return Counter(getattr(dist, "components", (type(dist),)))


def _places(dist: Any) -> tuple[Array, Array | None]:
    """Return values that stand for a distribution, and their weights."""
    if not dist.support.whole:
        return np.asarray(dist.ppf((np.arange(_PLACES) + 0.5) / _PLACES)), None
    low, high = (float(dist.ppf(q)) for q in (1e-13, 1.0 - 1e-13))
    x = np.unique(np.round(np.linspace(low, high, int(min(high - low, 20_000.0)) + 1)))
    return x, 1e6 * dist.pmf(x)


# -- by simulation -------------------------------------------------------------------------------------


def _simulated(nulls: list[Fit], alternatives: list[Fit], replicates: int, rng: Any) -> Array:
    """Return the statistics of samples drawn from the null."""
    if any(hasattr(f.likelihood.statistic, "designs") for f in [*nulls, *alternatives]):
        raise DataError(
            "method='bootstrap' is for families: of regressions use method='lr', or fit the larger model and call "
            "fit.test(..., method='bootstrap')"
        )
    if any(_in_order(f) for f in [*nulls, *alternatives]):
        return _simulated_in_order(nulls, alternatives, replicates, rng)
    if len(nulls) == 1:
        groups = [(nulls[0], alternatives)]
    elif len(nulls) == len(alternatives):
        groups = [(small, [large]) for small, large in zip(nulls, alternatives, strict=True)]
    else:
        raise DataError(
            "method='bootstrap' needs one null, or as many as there are alternatives, in the same order"
        )
    statistics = np.zeros(replicates)
    for small, parts in groups:
        family, drawn = small.likelihood.family, []
        for large in parts:
            n, likelihood = inference.whole_size(large.likelihood), large.likelihood
            x, _ = inference.drawn(small.dist, likelihood, replicates, n, rng)
            drawn.append(x)
            t = inference.as_statistic(likelihood, x, None)
            top = inference.greatest(likelihood.family, t, likelihood.fixed)
            statistics += 2.0 * top
        own = [inference.as_statistic(small.likelihood, x, None) for x in drawn]
        whole = own[0] if len(own) == 1 else sum(own[1:], own[0])
        statistics -= 2.0 * inference.greatest(family, whole, small.likelihood.fixed)
    return statistics


def _simulated_in_order(
    nulls: list[Fit], alternatives: list[Fit], replicates: int, rng: Any
) -> Array:
    """Return the statistics of sequences drawn from the null, NaN where one of the fits has no estimate."""
    if len(nulls) > 1 or len(alternatives) > 1:
        raise DataError(
            "method='bootstrap' takes one null and one alternative where values are in order"
        )

    null, other = nulls[0], alternatives[0]
    series = other.likelihood.statistic

    def again(fit: Fit, drawn: Any) -> float:
        family, fixed = fit.likelihood.family, fit.likelihood.fixed
        if not _in_order(fit):
            return float(family.fit(drawn.predicted, fixed=fixed).log_likelihood)
        read = family._read_as(drawn, fit.likelihood.statistic)
        try:
            return float(family._fitted(read, fixed).log_likelihood)
        except NoMLEError as error:  # where it has a limit, that is the least upper bound
            if error.limit is None:
                raise
            return float(error.limit.log_likelihood)

    def drop() -> float:
        if _in_order(null):
            drawn = null.dist._again(null.likelihood.statistic, rng)
        else:
            drawn = series.redrawn(lambda n, before: null.dist.sample(n, rng=rng))
        return 2.0 * (again(other, drawn) - again(null, drawn))

    return inference.drawn_drops(replicates, drop)
