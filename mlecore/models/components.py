"""Models of several families: what their parameters are called, and what each family asks of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..domains import Domain
from ..family import Array, Family

__all__ = ["constrained", "numbered", "separator"]


def separator(count: int) -> str:
    """Return what stands between a name and the number of a component.

    >>> separator(2), separator(10)
    ('', '_')
    """
    return "_" if count > 9 else ""


def numbered(
    components: tuple[type[Family], ...], own: Mapping[str, Domain]
) -> tuple[dict[str, Domain], dict[str, Any]]:
    """Return the domains of a model's parameters, and the attributes of its class that say what the components are.

    Known parameters are shared and stand first, then the model's own, then those of each component with its number.

    >>> from mlecore import Normal
    >>> list(numbered((Normal, Normal), {})[0])
    ['mu1', 'sigma1', 'mu2', 'sigma2']
    """
    between = separator(len(components))
    columns = tuple(
        {n: n if d.known else f"{n}{between}{k}" for n, d in family.domains.items()}
        for k, family in enumerate(components, 1)
    )
    each = list(zip(components, columns, strict=True))
    domains = {n: d for f in components for n, d in f.domains.items() if d.known}
    domains |= own
    domains |= {names[n]: d for f, names in each for n, d in f.domains.items()}
    expected = (f.information_only_expected for f in components)
    return domains, {
        "components": components,
        "columns": columns,
        "units": {names[n]: power for f, names in each for n, power in f.units.items()},
        "irregular": tuple(names[n] for f, names in each for n in f.irregular),
        "corners": tuple(names[n] for f, names in each for n in f.corners),
        "information_only_expected": next(filter(None, expected), ""),
    }


def constrained(
    model: Any, params: Mapping[str, Array], inside: Array, words: str
) -> tuple[Array, str]:
    """Return where parameters keep the model's own constraint and those of its components, and these in words."""
    said = [words]
    for family, names in zip(model.components, model.columns, strict=True):
        constraint = family._constraint(
            {n: params[mine] for n, mine in names.items() if mine in params}
        )
        if constraint is not None:
            inside, said = inside & constraint[0], [*said, constraint[1]]
    return inside, ", ".join(dict.fromkeys(said))
