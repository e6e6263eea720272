"""Families of distributions: a family is a class, a distribution is an instance.

A family declares its parameters with their domains, the support of its observations and the statistic that it needs,
and writes the log-likelihood of a statistic with its slope and Hessian. Everything else is inherited: checking,
densities and scores of single observations (samples of size one), batches, fits and inference.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, FrozenInstanceError, dataclass, fields
from functools import cache
from inspect import get_annotations
from typing import Any, ClassVar, NamedTuple, Self, dataclass_transform

import numpy as np
from numpy.typing import ArrayLike

from .arrays import (
    broadcast_shape,
    insist_same_index,
    numeric,
    require_finite,
    require_weights,
    shares_note,
)
from .censoring import cornered, events_of, notes, refusals, rough, runaway, to_edge
from .domains import Domain, Layout, Parameter, Support, parameter
from .errors import ConvergenceError, DataError, NoMLEError, RegularityError, SupportError
from .fit import Fit
from .habits import answering
from .likelihood import Likelihood
from .mass import MassTerms, log_mass, log_tails
from .numerics import blocks, every, some
from .observations import PartlySeen
from .own import COMPLETIONS, DERIVATIVES, insist_whole
from .searching import best_places, searched
from .statistics import Events, Moments, Parts, Sample, Statistic
from .steps import corner_of

__all__ = ["Family", "Refusal", "Solution", "symmetric"]

Array = np.ndarray

# Values are summarised in rows of this many, small enough to stay in the processor's cache while they are read twice.
_ROW = 8192
_ROWS_AT_ONCE = 32
# Fewer values lie in the last cache as a whole: there, merging rows costs several times what it saves.
_WORTH_ROWS = 2**18
# What a family that is only half written does not say.
_SAYS = {
    "_log_likelihood": "what its density is",
    "_slope": "what the slope of its log-likelihood is",
    "_curvature": "what the curvature of its log-likelihood is",
}
# The keywords of a fit and its methods, which a parameter cannot take as its name.
_KEYWORDS = frozenset(
    (
        "x",
        "weights",
        "axis",
        "fixed",
        "method",
        "level",
        "scale_of",
        "replicates",
        "rng",
        "prior",
        "n_rows",
    )
)
# Below this, and above its inverse, products of data and parameters leave the range of doubles.
_TINY = 1e-290
# How many values of a batch of samples are worked on at once, where the sample is its own statistic.
_VALUES_AT_ONCE = 2**17


class Solution(NamedTuple):
    """What a family's own `_mle` returns: the parameters and how they were found."""

    params: dict[str, Any]
    iterations: Any = 0
    converged: Any = True
    #: what else should be known of the estimate of a single sample
    notes: tuple[str, ...] = ()


class Refusal(NamedTuple):
    """Samples for which there is no MLE: which, why, and how to fit the limiting family."""

    where: Array
    reason: str
    limit: Any = None


def symmetric(*lower: ArrayLike) -> Array:
    """Lay a lower triangle, row by row, out as symmetric matrices on the last two axes.

    >>> symmetric(1.0, 2.0, 3.0)
    array([[1., 2.],
           [2., 3.]])
    """
    size = int((np.sqrt(8 * len(lower) + 1) - 1) / 2)
    entries = np.broadcast_arrays(*lower)
    matrix = np.empty((*entries[0].shape, size, size))
    for entry, i, j in zip(entries, *np.tril_indices(size), strict=True):
        matrix[..., i, j] = matrix[..., j, i] = entry
    return matrix


@cache
def _layout_of(family: type[Family], dimension: int) -> Layout:
    """Return the layout of a family's free scalars, made once for each dimension."""
    return Layout(family.domains, dimension, family)


@cache
def _statistic_of(family: type[Family]) -> type[Statistic]:
    """Return the type of a family's statistic."""
    with np.errstate(all="ignore"):
        return type(family._statistics(*family._example()))


def _row_name(index: Sequence[int]) -> int | tuple[int, ...]:
    """Return how a row of a batch is named in `problems`: a number, or a tuple for a batch of several axes."""
    return int(index[0]) if len(index) == 1 else tuple(map(int, index))


def _other_shape(given: Any, x: Array, event: int) -> str:
    """Say what to do about data of the wrong shape."""
    if x.ndim <= 1 + event:
        return ""
    columns = getattr(given, "columns", None)
    if x.ndim == 2 and x.shape[1] == 1 and not event:
        name = "" if columns is None else f": {columns[0]!r}"
        column = "x.ravel()" if columns is None else f"df[{columns[0]!r}]"
        return f", which is one column{name}; give {column}"
    if columns is not None:
        return (
            f", a table with the columns {', '.join(map(str, columns[:6]))}{' ...' * (len(columns) > 6)}; give one of "
            f"them, as in df[{columns[0]!r}], or fit all at once with axis=0"
        )
    return "; for a batch of samples give the axis of the observations, e.g. axis=1"


@dataclass_transform(eq_default=False, frozen_default=True, field_specifiers=(parameter,))
@dataclass(frozen=True, eq=False, repr=False)
class Family:
    """A parametric family; subclasses are families, their instances distributions.

    A subclass declares its parameters as dataclass fields, sets `support`, and writes

    - `_statistics(x, w)`: the statistic of the last axis of x;
    - `_log_likelihood(t)`, `_slope(t)` (one array a free scalar, or stacked on the last axis) and `_curvature(t)`
      (matrices; see `symmetric`), in terms of its own parameters, which broadcast against t;
    - `_information()`: the expected information of one observation;
    - `_start(t)`: a rough estimate, or `_mle(t)`: the estimate itself, and `_no_mle(t, fixed)`: where there is none;
    - `_moments(m)`: the estimate by the method of moments; `mean`, `var`, `scipy()`, and `_draw(rng, size)`.
    """

    support: ClassVar[Support] = Support()
    domains: ClassVar[dict[str, Domain]] = {}
    parameters: ClassVar[tuple[str, ...]] = ()
    #: parameters that move the support, so that the usual large-sample inference does not hold for them
    irregular: ClassVar[tuple[str, ...]] = ()
    #: parameters at whose estimates the likelihood has a corner or an end, so that no slope leads there
    corners: ClassVar[tuple[str, ...]] = ()
    #: whether a climb cannot reach every maximum, because some lie on the boundary of a vector parameter
    only_by_formula: ClassVar[bool] = False
    #: which parameters carry each observation as a vector rather than a number
    event_ndim: ClassVar[int] = 0
    #: whether a value outside the support leaves the statistic of two values or more infinite or NaN, as its
    #: logarithm does: then no pass over the data looks for one beforehand
    shows_outsiders: ClassVar[bool] = False
    #: with which power of the unit of x a parameter changes: 1 for a scale, -1 for a rate; others are left out
    units: ClassVar[Mapping[str, int]] = {}
    #: whether the family was found to say all that it must
    _complete: ClassVar[bool] = False
    #: whether the family writes its log-density and leaves the rest to `mlecore.own`
    _writes_density: ClassVar[bool] = False
    #: whether what lies between two limits follows from other families, by `_own_log_mass` and `_own_mass_terms`
    _tells_mass: ClassVar[bool] = False
    #: why the observed information is not to be used, when it is not
    information_only_expected: ClassVar[str] = ""

    # -- making a distribution ---------------------------------------------------------------------------------------

    def __init_subclass__(cls) -> None:
        own = {
            name: value.metadata["domain"]
            for name, value in vars(cls).items()
            if isinstance(value, Field) and "domain" in value.metadata
        }
        cls._check_declaration(own)
        cls.domains = {**cls.domains, **own}
        cls.parameters = tuple(cls.domains)
        density, by_hand = "log_density" in vars(cls), "_log_likelihood" in vars(cls)
        if density or by_hand:
            cls._complete_from(density)
        if cls._writes_density and cls.corners and not cls.information_only_expected:
            cls.information_only_expected = f"the log-likelihood of {cls.__name__} has corners"
        cls._complete = False
        dataclass(frozen=True, eq=False, repr=False)(cls)
        # Its own refusal to be changed gives way to the one below, so that whoever decorates the class again may.
        del cls.__setattr__, cls.__delattr__

    @classmethod
    def _complete_from(cls, density: bool) -> None:
        """Let what the family does not write follow from its log-density, or from its log-likelihood by hand."""
        if density and getattr(cls, "_log_likelihood", None) not in (
            None,
            COMPLETIONS["_log_likelihood"],
        ):
            raise DataError(
                f"{cls.__name__} writes log_density, which the formulas that it inherits would not follow: derive it "
                "from Family, and declare its parameters again"
            )
        if not density and (cls.scipy is not Family.scipy or cls.event_ndim):
            return
        cls._writes_density = density
        for name, formula in (COMPLETIONS if density else DERIVATIVES).items():
            if getattr(cls, name, None) is getattr(Family, name, None):
                setattr(cls, name, formula)

    @classmethod
    def _check_declaration(cls, own: Mapping[str, Domain]) -> None:
        """Raise where a family is declared in a way that cannot work."""
        if not isinstance(cls.support, Support):
            raise DataError(
                f"support of {cls.__name__} must be a Support, such as Support(low=0.0), and is {cls.support!r}"
            )
        plain = [
            name
            for name, kind in get_annotations(cls).items()
            if (kind is Parameter or str(kind).endswith("Parameter"))
            and name not in own
            and name not in cls.domains
        ]
        if plain:
            raise DataError(
                f"{plain[0]} of {cls.__name__} has no domain: write {plain[0]}: Parameter = parameter(Positive()), "
                "or Real(), Unit() ..."
            )
        taken = [name for name in own if hasattr(Family, name) or name in _KEYWORDS]
        if taken:
            raise DataError(
                f"{cls.__name__} cannot call a parameter {taken[0]!r}: families and fits use that name themselves. "
                "Choose another"
            )

    @classmethod
    def _check_formula(cls) -> None:
        """Raise where a log-likelihood written by hand adds up samples that it should keep apart, or forgets weights."""
        if cls.__module__.partition(".")[0] == __name__.partition(".")[0]:
            return
        with np.errstate(all="ignore"):
            x = np.asarray(cls._example()[0], dtype=float)
            one = cls._statistics(x, None)
            layout = cls._layout(one)
            known = {name: np.asarray(5.0) for name in layout.known_domains}
            d = layout.distribution(layout.interior, known)
            many = cls._statistics(np.repeat(x[None], 3, axis=0), None)
            shape = np.shape(d._log_likelihood(many))
            if shape not in ((3,), (1,)):
                raise DataError(
                    f"_log_likelihood of {cls.__name__} must return one value for each sample of a batch: for 3 samples it "
                    f"returned shape {shape}. Sum over the last axis alone, with t.sum(...) or .sum(axis=-1)"
                )
            weighed = cls._statistics(x, np.full(x.shape[: x.ndim - cls.event_ndim], 3.0))
            single, triple = float(d._log_likelihood(one)), float(d._log_likelihood(weighed))
        if np.isfinite(single) and single != 0 and not np.isclose(triple, 3.0 * single):
            raise DataError(
                f"_log_likelihood of {cls.__name__} forgets the weights: an observation of weight 3 must count as three. "
                "Use t.sum(...), which weighs, or t.n for the number of observations"
            )

    @classmethod
    def _insist_complete(cls) -> None:
        """Raise where a family does not say what its members are, with what is missing."""
        if not cls.domains:
            raise DataError(
                f"{cls.__name__} declares no parameter: write one as a field, scale: Parameter = parameter(Positive())"
            )
        needed = ("_log_likelihood", "_slope", "_curvature")
        missing = [name for name in needed if not hasattr(cls, name)]
        if not missing and not cls._writes_density:
            cls._check_formula()
        if cls._writes_density:
            insist_whole(cls)
        cls._complete = not missing
        if missing:
            raise DataError(
                f"{cls.__name__} does not say {_SAYS[missing[0]]}: write log_density(self, x), from which everything else "
                f"follows, or {', '.join(missing)} by hand"
            )

    def __post_init__(self) -> None:
        values = {f.name: numeric(getattr(self, f.name), f.name) for f in fields(self)}
        for name, value in values.items():
            domain = self.domains[name]
            if value.ndim < domain.event_ndim or value.size == 0:
                raise DataError(
                    f"{name} of {type(self).__name__} must be {domain.describe()}, got shape {value.shape}"
                )
            inside = np.asarray(domain.contains(value))
            if not inside.all():
                first = value[tuple(np.argwhere(~inside)[0])] if inside.ndim else value
                raise DataError(
                    f"{name} of {type(self).__name__} must be {domain.describe()}, {domain.complaint(first)}"
                )
        constraint = self._constraint(values)
        if constraint is not None and not np.all(constraint[0]):
            raise DataError(f"{type(self).__name__} needs {constraint[1]}, got {values}")
        try:
            np.broadcast_shapes(
                *(v.shape[: v.ndim - self.domains[name].event_ndim] for name, v in values.items())
            )
        except ValueError as error:
            shapes = {name: v.shape for name, v in values.items()}
            raise DataError(
                f"the parameters of {type(self).__name__} do not broadcast: {shapes}"
            ) from error
        self._freeze(values)

    def _freeze(self, values: Mapping[str, Array]) -> None:
        for name, value in values.items():
            value = np.array(
                value, dtype=float
            )  # a copy: the caller's array may change, a distribution may not
            value.flags.writeable = False
            object.__setattr__(self, name, value[()])

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._freeze(state)  # a copy or a pickle brings arrays that can be written to

    @classmethod
    def _unchecked(cls, **params: Any) -> Self:
        """Make a distribution from parameters known to be valid, without copies: for inner loops."""
        self = object.__new__(cls)
        for name, value in params.items():
            object.__setattr__(self, name, value)
        return self

    @classmethod
    def _constraint(cls, params: Mapping[str, Array]) -> tuple[Array, str] | None:
        """Return what the parameters must satisfy together, and its words; None when each stands alone."""
        return None

    @property
    def params(self) -> dict[str, Any]:
        """The parameters by name: floats, or read-only arrays."""
        values = {name: getattr(self, name) for name in self.parameters}
        return {name: v if np.ndim(v) else float(v) for name, v in values.items()}

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the batch of distributions: () for a single one."""
        return np.broadcast_shapes(
            *(
                np.shape(getattr(self, name))[: np.ndim(getattr(self, name)) - domain.event_ndim]
                for name, domain in self.domains.items()
            )
        )

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """One name for each free scalar."""
        return self._own_layout().names

    def _dimension(self) -> int:
        """Return the length of a vector parameter; 1 where all parameters are numbers."""
        for name, domain in self.domains.items():
            if domain.event_ndim:
                return np.shape(getattr(self, name))[-1]
        return 1

    def _own_layout(self) -> Layout:
        return _layout_of(type(self), self._dimension())

    @classmethod
    def _layout(cls, t: Statistic) -> Layout:
        if isinstance(t, Events):
            return _layout_of(cls, 1 if t.exact is None else cls._dimension_of(t.exact))
        return _layout_of(cls, cls._dimension_of(t))

    @classmethod
    def _dimension_of(cls, t: Any) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(
            np.array_equal(a, b)
            for a, b in zip(self.params.values(), other.params.values(), strict=True)
        )

    def __repr__(self) -> str:
        if not self.batch_shape and not any(np.ndim(v) for v in self.params.values()):
            inside = ", ".join(f"{name}={float(value):.6g}" for name, value in self.params.items())
        else:
            inside = ", ".join(
                f"{name}={np.array2string(np.asarray(v), precision=6, threshold=8)}"
                for name, v in self.params.items()
            )
        return f"{type(self).__name__}({inside})"

    # -- what a distribution says ------------------------------------------------------------------------------------

    def log_prob(self, x: ArrayLike) -> Any:
        """Return log f(x), the log-density or log-mass: -inf outside the support, NaN for NaN.

        Parameters and x broadcast as NumPy arrays do.

        >>> from mlecore import Exponential
        >>> Exponential(rate=2.0).log_prob([-1.0, 0.0])
        array([      -inf, 0.69314718])
        """
        return self._of_each(x, "_log_likelihood", outside=-np.inf, trailing=0)

    def score(self, x: ArrayLike) -> Any:
        """Return d log f(x) / d parameters, the free scalars on the last axis; NaN outside the support.

        >>> from mlecore import Poisson
        >>> Poisson(rate=2.0).score([2, 4])
        array([[0.],
               [1.]])
        """
        return self._of_each(x, "_score_vector", outside=np.nan, trailing=1)

    def _of_each(self, x: ArrayLike, formula: str, outside: float, trailing: int) -> Any:
        """Evaluate a formula on each observation as a sample of size one."""
        x = numeric(x, "x")
        own = x.shape[: x.ndim - self.event_ndim]
        shape = broadcast_shape("x and the parameters", own, self.batch_shape)
        inside = self._inside(x)
        safe = np.where(self._event(inside), x, self._harmless(x)) if not np.all(inside) else x
        with np.errstate(all="ignore"):
            one = self._statistics(
                safe[..., None] if not self.event_ndim else safe[..., None, :], None
            )
            value = np.asarray(getattr(self, formula)(self._fitting(one)))
        value = np.broadcast_to(value, shape + value.shape[value.ndim - trailing :])
        expand = (...,) + (None,) * trailing
        unknown = np.isnan(x).any(axis=-1) if self.event_ndim else np.isnan(x)
        value = np.where(np.broadcast_to(inside, shape)[expand], value, outside)
        return np.where(np.broadcast_to(unknown, shape)[expand], np.nan, value)[()]

    def _inside(self, x: Array) -> Array:
        """Say which observations lie in the support of this member of the family."""
        return self.support.contains(x)

    def _event(self, mask: Array) -> Array:
        return mask[..., None] if self.event_ndim else mask

    def _harmless(self, x: Array) -> Any:
        """Return some value inside the support, to stand in for those outside."""
        low, high = self.support.low, self.support.high
        if np.isfinite(low) and np.isfinite(high):
            return low if self.support.whole else 0.5 * (low + high)
        return low + 1.0 if np.isfinite(low) else 0.0

    def _fitting(self, t: Any) -> Any:
        """Adapt a statistic to this member's dimension."""
        return t

    def pdf(self, x: ArrayLike) -> Any:
        """Return the density f(x); a discrete family has `pmf` instead.

        >>> from mlecore import Uniform
        >>> float(Uniform(low=0.0, high=0.5).pdf(0.2))
        2.0
        """
        if self.support.whole:
            raise AttributeError(
                f"{type(self).__name__} is discrete: it has probabilities, pmf(x), and no density"
            )
        return np.exp(self.log_prob(x))

    def pmf(self, x: ArrayLike) -> Any:
        """Return the probability of x; a continuous family has `pdf` instead.

        >>> from mlecore import Bernoulli
        >>> float(Bernoulli(p=0.25).pmf(1))
        0.25
        """
        if not self.support.whole:
            raise AttributeError(
                f"{type(self).__name__} is continuous: it has a density, pdf(x), and no probabilities of points"
            )
        return np.exp(self.log_prob(x))

    def cdf(self, x: ArrayLike) -> Any:
        """Return P(X <= x), by SciPy.

        >>> from mlecore import Uniform
        >>> float(Uniform(low=0.0, high=4.0).cdf(1.0))
        0.25
        """
        return self.scipy().cdf(self._points(x, "x"))

    def ppf(self, q: ArrayLike) -> Any:
        """Return the q-quantile, by SciPy.

        >>> from mlecore import Uniform
        >>> float(Uniform(low=0.0, high=4.0).ppf(0.25))
        1.0
        """
        return self.scipy().ppf(self._points(q, "q"))

    def _points(self, x: ArrayLike, name: str) -> Array:
        """Return points for SciPy as numbers that broadcast against the parameters."""
        points = numeric(x, name)
        if self.event_ndim and points.shape[points.ndim - self.event_ndim :] != self._event_shape():
            raise DataError(
                f"the last axis of {name} must hold the {self._dimension()} coordinates, got shape {points.shape}"
            )
        own = points.shape[: points.ndim - self.event_ndim]
        broadcast_shape(f"{name} and the parameters", own, self.batch_shape)
        return points

    def _event_shape(self) -> tuple[int, ...]:
        """Return the shape of one observation."""
        return (self._dimension(),) * self.event_ndim

    def scipy(self) -> Any:
        """Return the same distribution as a frozen `scipy.stats` object.

        >>> from mlecore import Exponential
        >>> float(Exponential(rate=0.5).scipy().mean())
        2.0
        """
        raise TypeError(f"SciPy has no distribution for {type(self).__name__}")

    @property
    def mean(self) -> Any:
        """The expectation; NaN where there is none."""
        return self.scipy().mean()

    @property
    def var(self) -> Any:
        """The variance; infinite or NaN where there is none."""
        return self.scipy().var()

    def sample(
        self, n: int | tuple[int, ...] = (), *, rng: np.random.Generator | int | None = None
    ) -> Array:
        """Draw n observations (or an array of shape n); a batch of distributions adds its own axes at the end.

        >>> from mlecore import Poisson
        >>> Poisson(rate=3.0).sample(4, rng=0).shape
        (4,)
        """
        size = (n,) if isinstance(n, numbers.Integral) else n
        size = tuple(size) if isinstance(size, list) else size
        if not isinstance(size, tuple) or not all(
            isinstance(k, numbers.Integral) and k >= 0 for k in size
        ):
            raise DataError(f"n must be a whole number >= 0, or a shape such as (3, 5); got {n!r}")
        return self._draw(np.random.default_rng(rng), size + self.batch_shape)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        return self.scipy().rvs(size=size, random_state=rng)

    def information(self) -> Array:
        """Return the expected Fisher information of one observation, the free scalars on the last two axes.

        I(theta) = E[score score'] = -E[Hessian of log f].

        >>> from mlecore import Poisson
        >>> Poisson(rate=4.0).information()
        array([[0.25]])
        """
        with np.errstate(all="ignore"):
            return self._information_matrix()

    def _irregular_where(self) -> tuple[Array, str]:
        """Say which members of a family, regular elsewhere, the large-sample theory does not hold at, and why."""
        return np.zeros(self.batch_shape, dtype=bool), ""

    # -- what a part of it holds -------------------------------------------------------------------------------------

    def log_cdf(self, x: ArrayLike) -> Any:
        """Return log P(X <= x), accurate however small the probability.

        >>> from mlecore import Exponential
        >>> round(float(Exponential(rate=1.0).log_cdf(1e-20)), 4)
        -46.0517
        """
        x = numeric(x, "x")
        return np.where(np.isnan(x), np.nan, log_tails(self, x)[0])[()]

    def log_sf(self, x: ArrayLike) -> Any:
        """Return log P(X > x), accurate however small the probability.

        >>> from mlecore import Exponential
        >>> float(Exponential(rate=2.0).log_sf(1000.0))
        -2000.0
        """
        x = numeric(x, "x")
        return np.where(np.isnan(x), np.nan, log_tails(self, x)[1])[()]

    def sf(self, x: ArrayLike) -> Any:
        """Return P(X > x), the survival function.

        >>> from mlecore import Uniform
        >>> float(Uniform(low=0.0, high=4.0).sf(1.0))
        0.75
        """
        return np.exp(self.log_sf(x))

    def log_mass(self, a: ArrayLike, b: ArrayLike) -> Any:
        """Return log P(a < X <= b), accurate in both tails and for intervals of any width.

        >>> from mlecore import Exponential
        >>> round(float(np.exp(Exponential(rate=1.0).log_mass(0.0, np.log(2.0)))), 12)
        0.5
        """
        a, b = numeric(a, "a"), numeric(b, "b")
        return log_mass(self, a, b)[()]

    def _log_tails(self, x: Array) -> tuple[Array, Array] | None:
        """Return log P(X <= x) and log P(X > x) inside the support, where they are known; else None."""
        return None

    def _flow(self, x: Array) -> tuple[tuple[Array, ...], Array] | None:
        """Return how x moves with each free scalar while P(X <= x) is held, and the derivatives of that; else None.

        For a discrete family: minus the derivative of P(X <= x) by each free scalar, over P(X = x).
        """
        return None

    @classmethod
    def _knows_information(cls) -> bool:
        """Say whether the family writes its expected information."""
        return hasattr(cls, "_information")

    @classmethod
    def _tails_known(cls) -> bool:
        return cls._log_tails is not Family._log_tails

    @classmethod
    def _flow_known(cls) -> bool:
        return cls._flow is not Family._flow

    def _smooth_between(self, a: Array, b: Array) -> Any:
        """Say where the density is smooth in the parameters between two limits, with no end or corner that moves."""
        return True

    def _log_between(self, a: Array, b: Array) -> Array:
        """Return log P(a < X <= b) where it is not smooth; only asked of families that say where that is."""
        raise TypeError(f"{type(self).__name__} does not say what lies about its corners")

    def _own_log_mass(self, a: Array, b: Array) -> Array:
        """Return log P(a < X <= b), where the family `_tells_mass`."""
        raise NotImplementedError

    def _own_mass_terms(self, a: Array, b: Array) -> MassTerms:
        """Return log P(a < X <= b) with its slope and Hessian, where the family `_tells_mass`."""
        raise NotImplementedError

    def _ends(self) -> tuple[Any, Any]:
        """Return the ends of the support of this member."""
        return self.support.low, self.support.high

    def _place(self) -> tuple[Array, Array]:
        """Return where the density is high and about how wide, for a search of its highest place to begin."""
        shape = self.batch_shape
        with np.errstate(all="ignore"):
            center = np.broadcast_to(np.asarray(self.mean, dtype=float), shape)
        low = self.support.low
        middle = low + 1.0 if np.isfinite(low) else 0.0
        return np.where(np.isfinite(center), center, middle), np.ones(shape)

    def _hessian_of_each(self, x: Array) -> Array:
        """Return the Hessian of log f of each observation."""
        return self._of_each(x, "_hessian_matrix", outside=np.nan, trailing=2)

    # -- formulas, as vectors and matrices ---------------------------------------------------------------------------

    def _score_vector(self, t: Statistic) -> Array:
        slope = self._slope(t)
        return np.stack(np.broadcast_arrays(*slope), axis=-1) if isinstance(slope, tuple) else slope

    def _hessian_matrix(self, t: Statistic) -> Array:
        return self._curvature(t)

    def _information_matrix(self) -> Array:
        return self._information()

    # -- statistics --------------------------------------------------------------------------------------------------

    @classmethod
    def statistics(
        cls, x: Any, weights: ArrayLike | None = None, *, axis: int | None = None
    ) -> Statistic:
        """Check the data and return the statistic that the family needs of them.

        `Family.statistics(a) + Family.statistics(b)` is the statistic of a and b together. A statistic passes through.

        Raises
        ------
        DataError : NaN, infinity, empty data, wrong dimensions or types, impossible weights.
        SupportError : a value outside the support.

        >>> from mlecore import Normal
        >>> Normal.statistics([1.0, 3.0]).sd
        np.float64(1.0)
        """
        if not cls._complete:
            cls._insist_complete()
        if isinstance(x, Statistic):
            return cls._accept(x, weights, axis)
        if isinstance(x, PartlySeen):
            return events_of(cls, x, weights)
        x, w = cls._observations(x, weights, axis)
        with np.errstate(all="ignore"):
            if cls._in_parts(x):
                parts = list(cls._parts(x, w))
                t = type(parts[0]).join(parts).pool()
            else:
                t = cls._checked(x, w)
        if not t.isfinite():
            cls._refuse(x)
        if isinstance(t, Sample) and (
            np.may_share_memory(t.values, x)
            or (w is not None and np.may_share_memory(t.weights, w))
        ):
            # A fit is a frozen fact: what the caller does to the array later must not reach it.
            t = type(t)(t.n, t.values.copy(), t.weights if w is None else t.weights.copy())
        return t.of_family(cls)

    @classmethod
    def _accept(cls, t: Statistic, weights: Any, axis: Any) -> Statistic:
        if weights is not None or axis is not None:
            raise DataError("weights and axis belong to data; a statistic has them already")
        if not isinstance(t, _statistic_of(cls) | Events):
            raise DataError(
                f"{cls.__name__} needs {_statistic_of(cls).__name__} as its statistic, got {type(t).__name__}; "
                f"make it with {cls.__name__}.statistics(x)"
            )
        if t.family not in (None, cls):
            raise DataError(
                f"{cls.__name__} was given the statistic of {t.family.__name__}, where the same numbers mean something "
                f"else; make it with {cls.__name__}.statistics(x)"
            )
        return t

    @classmethod
    def _example(cls) -> tuple[Array, None]:
        low = cls.support.low
        return np.full(
            (1,) * (1 + cls.event_ndim),
            low if cls.support.whole else low + 0.5 if np.isfinite(low) else 0.0,
        ), None

    @classmethod
    def _observations(cls, x: Any, weights: Any, axis: int | None) -> tuple[Array, Array | None]:
        """Return the data with observations on the last axis (before the event's axes), and weights shaped alike."""
        if weights is not None:
            insist_same_index("weights", weights, "x", x)
        given, x = x, numeric(x, "x")
        event = cls.event_ndim
        if axis is None and x.ndim != 1 + event:
            what = "one-dimensional" if not event else "two-dimensional, one row an observation"
            raise DataError(f"x must be {what}, got shape {x.shape}{_other_shape(given, x, event)}")
        if axis is not None:
            if (
                not isinstance(axis, numbers.Integral)
                or not -x.ndim <= axis < x.ndim
                or (event and axis % x.ndim == x.ndim - 1)
            ):
                raise DataError(
                    f"axis {axis} is not an axis of observations of x, which has shape {x.shape}"
                )
            axis = int(axis) % x.ndim
        if x.size == 0:
            raise DataError(f"x is empty (shape {x.shape}): there is nothing to fit")
        w = None if weights is None else cls._weights(weights, x.shape[: x.ndim - event], axis)
        if axis is not None:
            x = np.moveaxis(x, axis, -1 - event)
            w = None if w is None else np.moveaxis(w, axis, -1)
        return x if w is None else cls._excused(x, w), w

    @classmethod
    def _excused(cls, x: Array, w: Array) -> Array:
        """Return x with the heaviest value of its sample in place of any of weight 0 that could not be observed.

        What has weight 0 is no observation, so it may be NaN, or lie outside the support: a gap, a sample that is
        shorter than the others of its batch.
        """
        absent = w == 0
        if not absent.any():
            return x
        possible = cls.support.contains(x)
        absent &= ~(possible.all(axis=-1) if cls.event_ndim else possible)
        if not absent.any():
            return x
        place = w.argmax(axis=-1)[..., None]
        stand_in = np.take_along_axis(x, place[..., None] if cls.event_ndim else place, w.ndim - 1)
        return np.where(absent[..., None] if cls.event_ndim else absent, stand_in, x)

    @staticmethod
    def _weights(weights: Any, shape: tuple[int, ...], axis: int | None) -> Array:
        w = numeric(weights, "weights")
        if axis is not None and w.ndim == 1 and len(shape) > 1:
            if w.shape[0] != shape[axis]:
                raise DataError(
                    f"weights have length {w.shape[0]}, but the samples have {shape[axis]} observations"
                )
            w = w.reshape([-1 if i == axis else 1 for i in range(len(shape))])
        if w.shape != shape:
            try:
                w = np.broadcast_to(w, shape) if axis is not None else None
            except ValueError:
                w = None
            if w is None:
                raise DataError(
                    f"weights must have the shape of the observations {shape}, got {np.shape(weights)}"
                )
        require_weights(w, -1 if axis is None else axis)
        return w

    @classmethod
    def _in_parts(cls, x: Array) -> bool:
        """Say whether to summarise one long sample in rows that fit the cache, rather than at once."""
        if x.ndim != 1 or cls.event_ndim or x.size < _WORTH_ROWS:
            return False
        return not issubclass(_statistic_of(cls), Sample)

    @classmethod
    def _parts(cls, x: Array, w: Array | None) -> Iterator[Statistic]:
        """Summarise one long sample in rows; each part is a batch of them."""
        whole = x.size - x.size % _ROW
        rows = x[:whole].reshape(-1, _ROW)
        weights = None if w is None else w[:whole].reshape(-1, _ROW)
        tail = None if w is None else w[whole:]
        if w is not None and not (
            every(weights.sum(axis=-1) > 0) and (tail.any() or not tail.size)
        ):
            yield cls._checked(x, w).lifted()  # a row without any weight has no mean
            return
        for part in blocks(len(rows), _ROWS_AT_ONCE):
            yield cls._checked(rows[part], None if w is None else weights[part], x)
        if whole < x.size:
            yield cls._checked(x[whole:], tail, x).lifted()

    @classmethod
    def _checked(cls, x: Array, w: Array | None, whole: Array | None = None) -> Statistic:
        """Summarise, after checking the support; on failure name the first bad value of the whole."""
        # Sums do not show a value of weight zero, which has been replaced where it cannot be an observation.
        shown_later = cls.shows_outsiders and x.shape[-1] > 1 and w is None
        if not shown_later and not cls.support.holds(x, always=w is not None):
            cls._refuse(x if whole is None else whole)
        return cls._statistics(x, w)

    @classmethod
    def _refuse(cls, x: Array) -> None:
        """Raise what is wrong with data that have no finite statistic or leave the support."""
        require_finite(x, "x")
        bad = ~cls.support.contains(x)
        if not bad.any():
            raise DataError(
                "a sum over the data overflowed; rescale the data, for instance by their largest value"
            )
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        where = ", ".join(map(str, first))
        raise SupportError(
            f"{cls.__name__} needs {cls.support.text}; x[{where}] = {x[first]:g} is outside ({int(bad.sum())} of {x.size} values are). "
            f"{cls.support.advice(x)}"
        )

    @classmethod
    def _statistics(cls, x: Array, w: Array | None) -> Statistic:
        return Sample.of(x, w)

    # -- fitting -----------------------------------------------------------------------------------------------------

    @classmethod
    @answering
    def fit(
        cls,
        x: Any,
        weights: ArrayLike | None = None,
        *,
        axis: int | None = None,
        fixed: Mapping[str, Any] | None = None,
        method: str = "mle",
    ) -> Fit:
        """Return the fit of the family to data (or to a statistic of them): the maximum of the likelihood.

        Parameters
        ----------
        x : one-dimensional observations; with `axis`, an array of samples, each along that axis, fitted as one batch.
        weights : frequency weights: a weight of 3 is three equal observations, and a value of weight 0 is none: it may
            be NaN, as in samples of different lengths that make one batch. Fractions are allowed.
        fixed : parameters held at given values, such as `{"shape": 2}`; known ones, such as a Binomial's n, must be here.
        method : "mle", or "moments" for the method of moments.

        Raises
        ------
        DataError, SupportError : for data that cannot be used.
        NoMLEError : where the likelihood has no maximum.
            In a batch, a sample with a value that cannot be used, or without a maximum, stops no other: its row is
            NaN, and `problems` says why.
        ConvergenceError : where an iteration failed.

        >>> from mlecore import Exponential
        >>> Exponential.fit([1.0, 3.0]).params
        {'rate': 0.5}
        """
        likelihood, unread = cls._read(x, weights, axis, fixed)
        missing = [name for name in likelihood.layout.known_domains if name not in likelihood.known]
        if missing:
            raise DataError(
                f"{cls.__name__} needs a known {missing[0]}: give fixed={{{missing[0]!r}: ...}}"
            )
        if likelihood.known:
            cls._insist_known_shapes(likelihood)
        if method == "moments":
            return cls._fit_moments(likelihood, unread)
        if method != "mle":
            raise DataError(f"method must be 'mle' or 'moments', got {method!r}")
        cls._check_known(likelihood)
        return (
            cls._fit_batch(likelihood, unread)
            if likelihood.batch_shape
            else cls._fit_one(likelihood)
        )

    @classmethod
    def _insist_known_shapes(cls, likelihood: Likelihood) -> None:
        """Raise where a known parameter has another shape than the batch of samples: each row is one sample."""
        own = likelihood.statistic.batch_shape
        for name, value in likelihood.known.items():
            if np.ndim(value) and np.shape(value) != own:
                raise DataError(
                    f"{name} has shape {np.shape(value)} for "
                    + (f"a batch of samples of shape {own}" if own else "a single sample")
                    + f": give one number, or one for each sample of a batch (axis=); a {name} for each observation is not there yet"
                )

    @classmethod
    def _read(
        cls, x: Any, weights: Any, axis: Any, fixed: Any
    ) -> tuple[Likelihood, Mapping[int, str]]:
        """Return the likelihood of the data, and which samples of a batch could not be read, and why.

        Another sample stands in for such a one, so that nothing stops; then all that is said of it becomes NaN.
        """
        try:
            return Likelihood(cls, x, weights=weights, axis=axis, fixed=fixed), {}
        except DataError:
            if axis is None or isinstance(x, Statistic):
                raise
            X, w = cls._observations(x, weights, axis)
            unread = cls._unreadable(X)
            batch = X.shape[: X.ndim - 1 - cls.event_ndim]
            bad = np.zeros(int(np.prod(batch)), dtype=bool)
            bad[list(unread)] = True
            if not unread or bad.all():
                raise
        X = X.reshape(bad.size, *X.shape[len(batch) :]).copy()
        X[bad] = X[np.argmin(bad)]
        X = X.reshape(*batch, *X.shape[1:])
        likelihood = Likelihood(cls, X, weights=w, axis=len(batch), fixed=fixed)
        likelihood.statistic = likelihood.statistic.without(bad.reshape(batch))
        return likelihood, unread

    @classmethod
    def _unreadable(cls, X: Array) -> dict[int, str]:
        """Return which samples of a batch, counted through, hold a value that is no observation, and the complaint."""
        flat = X.reshape(-1, *X.shape[X.ndim - 1 - cls.event_ndim :])
        inside = cls.support.contains(flat).reshape(len(flat), -1).all(axis=-1)
        complaints = {}
        for row in np.flatnonzero(~inside):
            try:
                cls._refuse(flat[row])
            except DataError as error:
                complaints[int(row)] = str(error)
        return complaints

    @classmethod
    def _check_known(cls, likelihood: Likelihood) -> None:
        """Raise where the data contradict a known parameter."""

    @classmethod
    def _fit_one(cls, likelihood: Likelihood) -> Fit:
        cls._without_mle(likelihood)
        solution, full = cls._find(likelihood)
        cls._insist_held(likelihood, full, bool(solution.converged))
        if cls._impossible(likelihood, full):
            raise NoMLEError(
                f"{cls.__name__} has no maximum likelihood estimate here: {cls._cannot_have_made(likelihood)}"
            )
        if not (solution.converged and np.isfinite(full).all()):
            cls._insist_within_range(likelihood)
            stopped = ", ".join(
                f"{name} = {value:.6g}"
                for name, value in zip(likelihood.layout.names, full, strict=True)
            )
            raise ConvergenceError(
                f"the fit of {cls.__name__} did not converge in {int(solution.iterations)} steps; it stopped at {stopped}. "
                "The likelihood may have no maximum: plot its profile, or fix a parameter"
                + cls._on_corners()
            )
        cls._insist_finite(likelihood, full)
        if cls._writes_density and not cls.corners and isinstance(likelihood.statistic, Sample):
            cls._insist_smooth(likelihood, full)
        return cls._result(
            likelihood, full, True, int(solution.iterations), {}, notes=solution.notes
        )

    @classmethod
    def _insist_smooth(cls, likelihood: Likelihood, full: Array) -> None:
        """Raise where a family of one's own has a corner at its maximum and does not say so."""
        d = likelihood.layout.distribution(full, likelihood.known)
        name = corner_of(d, likelihood.statistic, likelihood.free)
        if name:
            raise ConvergenceError(
                f"the log-likelihood of {cls.__name__} has a corner or an end in {name} at its maximum, "
                f"{name} = {full[likelihood.layout.index(name)]:.6g}, so that no slope leads there. Say so in the class, "
                f"{cls._with_corners(name)}: it is then looked for among the values"
            )

    @classmethod
    def _with_corners(cls, name: str) -> str:
        return f'corners = ("{name}",)'

    @classmethod
    def _on_corners(cls) -> str:
        """Say how a family of one's own tells that its density has corners or ends that move."""
        if not cls._writes_density or cls.corners:
            return ""
        said = cls._with_corners(cls.parameters[0])
        return f". If its density has a corner or an end at a parameter, as |x - loc| has, name it in the class: {said}"

    @classmethod
    def _fit_batch(cls, likelihood: Likelihood, unread: Mapping[int, str]) -> Fit:
        """Fit every sample; one that could not be read, or has no estimate, stops no other."""
        batch = likelihood.batch_shape
        flat, count = likelihood._flat(batch), int(np.prod(batch))
        full = np.full((count, len(likelihood.layout.names)), np.nan)
        converged, iterations = np.zeros(count, dtype=bool), np.zeros(count, dtype=int)
        problems: dict[int, str] = dict(unread)
        # A few samples at a time: what is computed of them stays in the cache, and no copy of the whole is held.
        for part in blocks(count, max(1, _VALUES_AT_ONCE // flat.statistic.width)):
            few = flat.at(part)
            refused = np.isin(np.arange(part.start, part.stop), list(unread))
            for refusal in cls._refusals(few):
                new = np.broadcast_to(refusal.where, refused.shape) & ~refused
                problems |= dict.fromkeys(part.start + np.flatnonzero(new), refusal.reason)
                refused |= new
            good = np.flatnonzero(~refused)
            if good.size:
                rows = part.start + good
                solution, full[rows] = cls._find(few.at(good))
                converged[rows], iterations[rows] = solution.converged, solution.iterations
                impossible = rows[cls._impossible(few.at(good), full[rows])]
                problems |= dict.fromkeys(impossible, cls._cannot_have_made(likelihood))
                full[impossible] = np.nan
        converged &= np.isfinite(full).all(axis=-1)
        for row in np.flatnonzero(~converged):
            problems.setdefault(row, "the iteration did not converge")
        return cls._result(
            likelihood,
            full.reshape(*batch, -1),
            converged.reshape(batch),
            iterations.reshape(batch),
            {_row_name(np.unravel_index(row, batch)): problems[row] for row in sorted(problems)},
        )

    @classmethod
    def _refusals(cls, likelihood: Likelihood) -> list[Refusal]:
        """Return which samples have no estimate, given what is known or held."""
        names = likelihood.layout.names
        fixed = {**likelihood.known, **{names[i]: v for i, v in likelihood.held.items()}}
        with np.errstate(all="ignore"):
            if isinstance(likelihood.statistic, Events):
                return [Refusal(*refused) for refused in refusals(likelihood)]
            return list(cls._no_mle(likelihood.statistic, fixed))

    @classmethod
    def _impossible(cls, likelihood: Likelihood, full: Array) -> Array:
        """Say which samples no member of the family with the held values could have made; none where all is held."""
        if not (likelihood.held and likelihood.free.size):
            return np.zeros(full.shape[:-1], dtype=bool)
        return likelihood.log_likelihood(full[..., likelihood.free]) == -np.inf

    @classmethod
    def _cannot_have_made(cls, likelihood: Likelihood) -> str:
        names = ", ".join(likelihood.layout.names[i] for i in likelihood.held)
        return f"with {names} held so, the log-likelihood is -infinity everywhere: no such member could have made the data"

    @classmethod
    def _without_mle(cls, likelihood: Likelihood) -> Array | None:
        """Raise where a single sample has no maximum; of a batch return which rows have none, None where all have."""
        batch = likelihood.batch_shape
        refused = np.zeros(batch, dtype=bool)
        for refusal in cls._refusals(likelihood):
            if batch:
                refused |= refusal.where
            elif some(refusal.where):
                limit = refusal.limit() if refusal.limit is not None else None
                raise NoMLEError(
                    f"{cls.__name__} has no maximum likelihood estimate here: {refusal.reason}",
                    limit,
                )
        return refused if refused.any() else None

    @classmethod
    def _solve(cls, likelihood: Likelihood, near: Array | None = None) -> tuple[Solution, Array]:
        """Return the solution and its vector of all free scalars: by the family's own way, else by climbing.

        `near` are vectors from which a climb may begin.
        """
        t, known = likelihood.statistic, likelihood.known
        with np.errstate(all="ignore"):
            if likelihood.held:
                solution = cls._mle_given(t, likelihood.held, **known)
            elif cls._climbs():
                solution = None
            else:
                solution = cls._mle(t, **known)
        if solution is not None:
            return solution, likelihood.layout.flatten_all(solution.params)
        blind = isinstance(t, Sample) and cls._start.__func__ is Family._start.__func__
        top = searched(likelihood, near) if blind else likelihood.climbed(near)
        return Solution(top.params, top.iterations, top.converged), top.theta

    @classmethod
    def _find(cls, likelihood: Likelihood, near: Array | None = None) -> tuple[Solution, Array]:
        """Return the solution as `_solve` does; of partly seen data by climbing, whatever the family."""
        single = not likelihood.batch_shape
        cornered_here = single and set(cls.corners) & set(likelihood.names)
        events = isinstance(likelihood.statistic, Events)
        if not events and not (cls._writes_density and cornered_here):
            return cls._solve(likelihood, near)
        if cornered_here:
            theta, _, converged = cornered(likelihood)
            iterations = 0
            if not events:
                return Solution({}, iterations, converged), theta
        else:
            top = likelihood.climbed(near)
            iterations = top.iterations
            theta, _, converged = to_edge(likelihood, top.theta, top.log_likelihood, top.converged)
        said = notes(likelihood.data) if isinstance(likelihood.data, PartlySeen) else ()
        return Solution({}, iterations, converged, said), theta

    @classmethod
    def _height_from_data(cls, likelihood: Likelihood) -> Any:
        """Return the log-likelihood at the maximum of a single sample, where the data give it better than its formula."""
        return None

    @classmethod
    def _insist_within_range(cls, likelihood: Likelihood) -> None:
        """Raise where the data lie so near the ends of the range of doubles that no arithmetic is left for a fit."""
        if cls.event_ndim or likelihood.data is None or isinstance(likelihood.data, PartlySeen):
            return
        size = np.abs(np.asarray(likelihood.data, dtype=float))
        least, most = size[size > 0].min(initial=np.inf), size.max(initial=0.0)
        if least < _TINY or most > 1.0 / _TINY:
            raise DataError(
                f"the data reach from {least:.3g} to {most:.3g} in size, too near an end of the range of doubles for this "
                "fit; measure them in other units, for instance divide them by their median"
            )

    @classmethod
    def _insist_finite(cls, likelihood: Likelihood, full: Array) -> None:
        """Raise where estimates near the ends of the range of doubles have a log-likelihood that is no double."""
        places = [i for i, name in enumerate(likelihood.layout.names) if name in cls.units]
        size = np.abs(full[places])
        if places and not every((size < 1.0 / _TINY) & ((size > _TINY) | (size == 0))):
            value = likelihood.log_likelihood(full[likelihood.free])
            if not np.isfinite(value):
                cls._insist_within_range(likelihood)

    @classmethod
    def _insist_held(cls, likelihood: Likelihood, full: Array, arrived: bool) -> None:
        """Raise where the climb over partly seen data has followed a parameter that runs away."""
        own = isinstance(likelihood.statistic, Sample) and cls._writes_density
        if not (own or isinstance(likelihood.statistic, Events)) or np.isnan(full).any():
            return
        with np.errstate(all="ignore"):
            start = cls._rough(likelihood.statistic, likelihood.known)
            reason = runaway(likelihood, full, start, arrived)
        if reason:
            raise NoMLEError(f"{cls.__name__} has no maximum likelihood estimate here: {reason}")

    @classmethod
    def _rough(cls, t: Statistic, known: Mapping[str, Any]) -> dict[str, Any]:
        """Return an estimate to climb from."""
        return rough(cls, t, known) if isinstance(t, Events) else cls._start(t, **known)

    @classmethod
    def _absorb(cls, exact: Any, seen: Parts, windows: Parts) -> tuple[Any, Parts, Parts]:
        """Put into the statistic of the values seen exactly what it can hold of the others."""
        return exact, seen, windows

    @classmethod
    def _climbs(cls) -> bool:
        """Say whether the family has no way of its own to the maximum."""
        return cls._mle.__func__ is Family._mle.__func__

    @classmethod
    def _remarks(cls, likelihood: Likelihood, full: Array) -> tuple[str, ...]:
        """Return what else should be known of the estimates: the notes of the fit."""
        return ()

    @classmethod
    def _of_weights(cls, likelihood: Likelihood) -> tuple[str, ...]:
        return () if likelihood.weights is None else shares_note(likelihood.weights, likelihood.n)

    @classmethod
    def _result(
        cls,
        likelihood: Likelihood,
        full: Array,
        converged: Any,
        iterations: Any,
        problems: dict,
        method: str = "mle",
        notes: tuple[str, ...] = (),
    ) -> Fit:
        params = {**likelihood.known, **likelihood.layout.unflatten(full)}
        dist = cls._unchecked()
        dist._freeze({name: params[name] for name in cls.parameters})
        theta = full[..., likelihood.free] if likelihood.held else full
        # What a family remarks of its own statistic it cannot remark of events.
        events = isinstance(likelihood.statistic, Events)
        remarks = () if events else cls._remarks(likelihood, full)
        return Fit(
            dist=dist,
            likelihood=likelihood,
            theta=theta,
            n=likelihood.n,
            converged=converged,
            iterations=iterations,
            problems=problems,
            notes=(*remarks, *cls._of_weights(likelihood), *notes),
            method=method,
            height=cls._height_from_data(likelihood)
            if method == "mle" and not likelihood.batch_shape
            else None,
        )

    @classmethod
    def _mle(cls, t: Any, *args: Any, **known: Any) -> Solution:
        """Return the maximum; families with a closed form or a faster way override this."""
        top = Likelihood(cls, t, fixed=known).climbed()
        return Solution(
            {name: top.params[name] for name in cls.parameters}, top.iterations, top.converged
        )

    @classmethod
    def _mle_given(
        cls, t: Any, held: Mapping[int, Array], *args: Any, **known: Any
    ) -> Solution | None:
        """Return the maximum with the free scalars at some positions held, where it has a closed form; else None."""
        return None

    @classmethod
    def _start(cls, t: Any, *args: Any, **known: Any) -> dict[str, Any]:
        """Return a rough estimate to climb from: the family's own maximum where it has one, else the best of a search."""
        if not cls._climbs():
            return cls._mle(t, **known).params
        likelihood = Likelihood(cls, t, fixed=known)
        return likelihood.layout.unflatten(best_places(likelihood)[0])

    @classmethod
    def _no_mle(cls, t: Any, fixed: Mapping[str, Any]) -> Iterator[Refusal]:
        """Yield the samples for which the likelihood has no maximum, given what is fixed."""
        yield from ()

    # -- the method of moments ---------------------------------------------------------------------------------------

    @classmethod
    def _fit_moments(cls, likelihood: Likelihood, unread: Mapping[int, str]) -> Fit:
        if isinstance(likelihood.statistic, Events):
            raise DataError(
                "the method of moments needs the values themselves, and these were partly seen; use method='mle'"
            )
        if likelihood.data is None:
            raise DataError(
                "the method of moments needs the data, not a statistic made for the likelihood"
            )
        if likelihood.held:
            raise DataError(
                "the method of moments takes no fixed parameters beyond the known ones; use method='mle'"
            )
        x, w = cls._observations(likelihood.data, likelihood.weights, likelihood.axis)
        with np.errstate(all="ignore"):
            params = cls._moments(cls._moments_of(x, w), **likelihood.known)
        full = likelihood.layout.flatten_all(params)
        inside = likelihood.layout.contains(full)
        batch = likelihood.statistic.batch_shape
        problems: dict[Any, str] = {}
        if not np.all(inside):
            reason = f"the moments of the sample are not those of any {cls.__name__}"
            if not batch:
                raise NoMLEError(f"{reason}: they would need {params}")
            problems = {_row_name(row): reason for row in np.argwhere(~inside)}
        for row, complaint in unread.items():
            index = np.unravel_index(row, batch)
            problems[_row_name(index)], inside[index] = complaint, False
        full = np.where(np.asarray(inside)[..., None], full, np.nan)
        converged = inside if batch else True
        return cls._result(likelihood, full, converged, 0, problems, method="moments")

    @classmethod
    def _moments_of(cls, x: Array, w: Array | None) -> Any:
        """Return what `_moments` needs of the data: mean and standard deviation, unless a family wants more."""
        return Moments.of(x, w)

    @classmethod
    def _moments(cls, m: Any, *args: Any, **known: Any) -> dict[str, Any]:
        raise RegularityError(
            f"{cls.__name__} has no estimate by the method of moments: use method='mle'"
        )


def _refuse_to_change(self: Family, name: str, value: Any = None) -> None:
    raise FrozenInstanceError(
        f"a distribution does not change: make another with the {name} you want"
    )


Family.__setattr__ = _refuse_to_change  # type: ignore[method-assign, assignment]
Family.__delattr__ = _refuse_to_change  # type: ignore[method-assign, assignment]
