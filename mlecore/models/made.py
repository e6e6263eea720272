"""Families that a call has made: equal calls give the identical class, which prints and pickles as that call."""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..domains import Domain, Parameter, parameter
from ..errors import DataError
from ..family import Array, Family, Solution
from ..likelihood import Likelihood

__all__ = [
    "Altered",
    "Finding",
    "Made",
    "insist_family",
    "insist_scalar",
    "make",
    "number",
    "sharing",
]

_MADE: dict[tuple, type[Family]] = {}


class Made(type):
    """The class of the families that were made by a call.

    >>> from mlecore import Poisson
    >>> from mlecore.models import Truncated
    >>> Truncated(Poisson, low=1) is Truncated(Poisson, low=1.0)
    True
    """

    def __repr__(cls) -> str:
        return cls.__name__


def _recipe(family: Any) -> Any:
    """Return how a pickle makes the family again; a class written below one is found by its name, as any other."""
    return vars(family).get("_call") or family.__qualname__


copyreg.pickle(Made, _recipe)  # type: ignore[arg-type] # a class is pickled by what its own class says


class Finding(Family):
    """A family that finds its maximum from a whole likelihood, and so from a statistic alone."""

    @classmethod
    def _mle(cls, t: Any, *args: Any, **known: Any) -> Solution:
        likelihood = Likelihood(cls, t, fixed=known)
        solution, full = cls._found(likelihood)
        return solution._replace(params=likelihood.layout.unflatten(full))


class Altered(Family):
    """A family with the parameters of another, its base, and perhaps one more."""

    _base: ClassVar[type[Family]]

    @classmethod
    def _check_known(cls, likelihood: Likelihood) -> None:
        cls._base._check_known(likelihood)

    @classmethod
    def _constraint(cls, params: Mapping[str, Array]) -> tuple[Array, str] | None:
        return cls._base._constraint(params)


def make(
    template: type[Family],
    call: Callable[..., type[Family]],
    arguments: tuple,
    name: str,
    domains: Mapping[str, Domain],
    attributes: Mapping[str, Any],
) -> type[Family]:
    """Return the family that a call makes; the same one if it has been made before.

    Parameters
    ----------
    template : the class that holds the formulas.
    call, arguments : the public function and its hashable arguments, which make the class again when it is unpickled.
    name : what the class is called, as it would be written: "Truncated(Poisson, low=1)".
    domains : the parameters in their order.
    attributes : what else the class holds: its support, the families that it is made of.
    """
    key = (call, arguments)
    if key not in _MADE:
        fields: dict[str, Any] = {each: parameter(domain) for each, domain in domains.items()}
        space = {
            **fields,
            **attributes,
            "__annotations__": dict.fromkeys(fields, Parameter),
            "__module__": template.__module__,
            "__qualname__": name,
            "__doc__": template.__doc__,
            "_call": (call, arguments),
        }
        # Another thread may have made it meanwhile: the first one stays.
        _MADE.setdefault(key, Made(name, (template,), space))  # type: ignore[arg-type]
    return _MADE[key]


def insist_family(maker: str, family: Any) -> None:
    """Raise where something else than a whole family was given."""
    if not (isinstance(family, type) and issubclass(family, Family)):
        of = f", such as {type(family).__name__}" if isinstance(family, Family) else ""
        raise DataError(f"{maker} takes a family{of or ', such as Gamma'}; got {family!r}")
    if not family._complete:
        family._insist_complete()


def insist_scalar(maker: str, family: type[Family]) -> None:
    """Raise where observations or parameters of a family are vectors."""
    vectors = [name for name, domain in family.domains.items() if domain.event_ndim]
    if family.event_ndim or vectors:
        what = "observations" if family.event_ndim else f"parameter {vectors[0]}"
        raise DataError(
            f"{maker} takes families of numbers with numbers as parameters, and the {what} of {family.__name__} "
            f"{'are vectors' if family.event_ndim else 'is a vector'}"
        )


def sharing(d: Any, family: type[Family]) -> Any:
    """Return the member of another family that has the same values for its parameters.

    >>> from mlecore import Exponential
    >>> from mlecore.models import Truncated
    >>> sharing(Truncated(Exponential, high=3)(rate=2.0), Exponential)
    Exponential(rate=2)
    """
    return family._unchecked(**{name: getattr(d, name) for name in family.parameters})


def number(value: float) -> str:
    """Return a number as one would write it in a call.

    >>> number(1.0), number(0.1), number(1e300)
    ('1', '0.1', '1e+300')
    """
    return repr(int(value)) if abs(value) < 1e15 and value == round(value) else repr(value)
