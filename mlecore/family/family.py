"""Families of distributions: a family is a class, a distribution is an instance.

A family declares its parameters with their domains, the support of its observations and the statistic that it needs,
and writes the log-likelihood of a statistic with its slope and Hessian. Everything else is inherited, a room for each
concern: checking, densities and scores of single observations (samples of size one), batches, fits and inference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, FrozenInstanceError, dataclass
from inspect import get_annotations
from typing import Any, dataclass_transform

import numpy as np

from ..domains import Domain, Parameter, Support, parameter
from ..errors import DataError
from ..own import COMPLETIONS, DERIVATIVES, insist_whole
from .fitting import Fitting

__all__ = ["Family"]

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
        "starts",
        "y",
        "offset",
        "link",
        "intercept",
    )
)


@dataclass_transform(eq_default=False, frozen_default=True, field_specifiers=(parameter,))
@dataclass(frozen=True, eq=False, repr=False)
class Family(Fitting):
    """A parametric family; subclasses are families, their instances distributions.

    A subclass declares its parameters and its support, and writes `log_density(self, x)` with NumPy's functions, which
    broadcast. Everything else follows, for values seen in part too:

    >>> from mlecore import Positive
    >>> class Waiting(Family):
    ...     rate: Parameter = parameter(Positive())
    ...     support = Support(low=0.0)
    ...
    ...     def log_density(self, x):
    ...         return np.log(self.rate) - self.rate * x
    >>> round(Waiting.fit([1.0, 3.0]).params["rate"], 6)
    0.5

    A faster one writes, in place of `log_density`,

    - `_statistics(x, w)`: the statistic of the last axis of x;
    - `_log_likelihood(t)`, `_slope(t)` (one array a free scalar, or stacked on the last axis) and `_curvature(t)`
      (matrices; see `symmetric`), in terms of its own parameters, which broadcast against t;
    - `_information()`: the expected information of one observation;
    - `_start(t)`: a rough estimate, or `_mle(t)`: the estimate itself, and `_no_mle(t, fixed)`: where there is none;
    - `_moments(m)`: the estimate by the method of moments; `mean`, `var`, `scipy()`, and `_draw(rng, size)`.
    """

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
        bare = [name for name in own if name not in get_annotations(cls)]
        if bare:
            raise DataError(
                f"{bare[0]} of {cls.__name__} is not declared as a parameter: write {bare[0]}: Parameter = parameter(...)"
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


def _refuse_to_change(self: Family, name: str, value: Any = None) -> None:
    raise FrozenInstanceError(
        f"a distribution does not change: make another with the {name} you want"
    )


Family.__setattr__ = _refuse_to_change  # type: ignore[method-assign, assignment]
Family.__delattr__ = _refuse_to_change  # type: ignore[method-assign, assignment]
