"""Links: how a linear predictor, which may be any number, becomes a parameter, which may not.

A link g maps a parameter to its predictor, g(theta) = eta. What is needed is the way back, theta(eta), with its first
two derivatives: by them the slope and the curvature of a log-likelihood in theta become those in eta.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .domains import Above, Domain, Positive, Unit
from .errors import DataError
from .habits import called_here

__all__ = ["LINKS", "Link", "link_of"]

Array = np.ndarray
Back = tuple[Array, Array, Array]


@dataclass(frozen=True)
class Link:
    """A link by its name, the map to the predictor, and the way back with its first two derivatives.

    >>> LINKS["log"].back(np.array(0.0))
    (np.float64(1.0), np.float64(1.0), np.float64(1.0))
    """

    name: str
    to: Callable[[Array], Array]
    back: Callable[[Array], Back]
    domain: Domain = field(default_factory=Domain)

    def of(self, parameter: str) -> str:
        """Return the link of a parameter in writing.

        >>> LINKS["log"].of("rate"), LINKS["identity"].of("mu")
        ('log(rate)', 'mu')
        """
        if self.name == "identity":
            return parameter
        if self.name in LINKS:
            return f"{self.name}({parameter})"
        return f"log({parameter} - {self.domain.low:g})"  # type: ignore[attr-defined]

    def __reduce__(self) -> Any:
        return (link_of, (self.name if self.name in LINKS else None, "", self.domain))


def _log(eta: Array) -> Back:
    theta = np.exp(eta)
    return theta, theta, theta


def _probit(eta: Array) -> Back:
    from scipy.special import ndtr

    density = np.exp(-0.5 * eta * eta) / np.sqrt(2.0 * np.pi)
    return ndtr(eta), density, -eta * density


def _to_probit(theta: Array) -> Array:
    from scipy.special import ndtri

    return ndtri(theta)


def _cloglog(eta: Array) -> Back:
    rate = np.exp(eta)
    first = np.exp(eta - rate)
    return -np.expm1(-rate), first, np.where(first == 0.0, 0.0, first * (1.0 - rate))


def _inverse(eta: Array) -> Back:
    theta = 1.0 / eta
    return theta, -theta * theta, 2.0 * theta**3


#: the links by name; the default of a parameter is that of its domain: "identity", "log" or "logit"
LINKS = {
    link.name: link
    for link in (
        Link("identity", lambda theta: theta, lambda eta: (eta, np.ones_like(eta), 0.0 * eta)),
        Link("log", np.log, _log),
        Link("logit", Unit().to_real, Unit().from_real),
        Link("probit", _to_probit, _probit),
        Link("cloglog", lambda theta: np.log(-np.log1p(-theta)), _cloglog),
        Link("inverse", lambda theta: 1.0 / theta, _inverse),
        Link("sqrt", np.sqrt, lambda eta: (eta * eta, 2.0 * eta, 2.0 * np.ones_like(eta))),
    )
}


def link_of(name: str | None, parameter: str, domain: Domain) -> Link:
    """Return the link of a parameter: the one named, or that of its domain.

    Raises
    ------
    DataError : for a name that is none.

    >>> link_of(None, "rate", Positive()).name
    'log'
    """
    if name is None:
        if isinstance(domain, Above):
            return Link(
                f"log of what is above {domain.low:g}", domain.to_real, domain.from_real, domain
            )
        kind = "log" if isinstance(domain, Positive) else "logit"
        return LINKS[kind if isinstance(domain, Positive | Unit) else "identity"]
    if not isinstance(name, str) or name not in LINKS:
        raise DataError(
            f"link of {parameter} must be one of {', '.join(map(repr, LINKS))}; got {name!r}{called_here(name, LINKS)}"
        )
    return LINKS[name]
