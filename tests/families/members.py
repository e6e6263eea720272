"""Random members of any family, drawn from the domains of its parameters.

A family that is registered in mlecore.families is subscribed to the whole suite by that alone.
"""

from __future__ import annotations

import numpy as np

import mlecore as mle
from mlecore.domains import (
    Above,
    Count,
    Positive,
    PositiveDefinite,
    PositiveVector,
    Real,
    RealVector,
    Simplex,
    Unit,
)

FAMILIES = [getattr(mle.families, name) for name in mle.families.__all__]
REGULAR = [f for f in FAMILIES if not f.irregular]
IRREGULAR = [f for f in FAMILIES if f.irregular]
#: families whose log-likelihood has second derivatives everywhere
SMOOTH = [f for f in REGULAR if not f.information_only_expected]
UNIVARIATE = [f for f in FAMILIES if not f.event_ndim]
DISCRETE = [f for f in FAMILIES if f.support.whole]
CONTINUOUS = [f for f in UNIVARIATE if not f.support.whole]
#: families that stay themselves when the data are multiplied, or shifted too
SCALING = [f for f in CONTINUOUS if np.isinf(f.support.high) and f.__name__ != "VonMises"]
SHIFTING = [f for f in SCALING if np.isinf(f.support.low)]

DRAWS = {
    Real: lambda rng: rng.normal(),
    Positive: lambda rng: np.exp(rng.uniform(0.0, 1.3)),
    Above: lambda rng: 2.5 + rng.uniform(),
    Unit: lambda rng: rng.uniform(0.2, 0.8),
    Count: lambda rng: 12.0,
    Simplex: lambda rng: rng.dirichlet(np.full(4, 5.0)),
    RealVector: lambda rng: rng.normal(size=3),
    PositiveVector: lambda rng: np.exp(rng.uniform(0.0, 1.3, size=3)),
    PositiveDefinite: lambda rng: (lambda a: a @ a.T / 6)(rng.normal(size=(3, 6))),
}
# Where a family is regular, has the moments that tests look at, and its maximum is far from the limits of the family.
OWN_DRAWS = {
    ("GeneralizedExtremeValue", "shape"): lambda rng: rng.uniform(-0.2, 0.3),
    ("GeneralizedPareto", "shape"): lambda rng: rng.uniform(-0.2, 0.4),
    ("SkewNormal", "shape"): lambda rng: rng.choice([-1.0, 1.0]) * rng.uniform(2.0, 2.5),
}


def member(family, rng):
    """Return a random distribution of the family; of a mixture of one family, components that are well apart."""
    components = getattr(family, "components", ())
    if len(set(components)) == 1:
        return family(**_apart(family, components[0], rng))
    base = family
    while not components and hasattr(base, "_base"):
        base = base._base
    while True:
        params = {
            name: OWN_DRAWS.get((base.__name__, name), DRAWS[type(d)])(rng)
            for name, d in family.domains.items()
        }
        constraint = family._constraint({k: np.asarray(v) for k, v in params.items()})
        if constraint is None or np.all(constraint[0]):
            return family(**params)


def _apart(family, component, rng):
    """Return parameters of a mixture: of thirty members in many places, two that lie about half their width apart."""
    members = []
    for _ in range(30):
        params, far = member(component, rng).params, np.exp(rng.uniform(0.0, 4.0))
        for name, power in component.units.items():
            real = type(component.domains[name]) is Real
            params[name] = params[name] + 8.0 * np.log(far) if real else params[name] * far**power
        members.append(params)
    together = component(**{k: np.array([p[k] for p in members]) for k in component.parameters})
    low, high = together.ppf(0.05), together.ppf(0.95)
    gap = (low[:, None] - high) / (high - low + (high - low)[:, None])
    chosen = np.unravel_index(np.argmin(np.abs(gap - 0.5)), gap.shape)[::-1]
    params = {"weight1": rng.uniform(0.4, 0.6)}
    for k, names in zip(chosen, family.columns, strict=True):
        params |= {names[name]: value for name, value in members[k].items()}
    return params


def known(d):
    """Return the known parameters of a distribution, as `fixed` wants them."""
    return {name: d.params[name] for name, domain in d.domains.items() if domain.known}


def theta(d):
    """Return the vector of free scalars."""
    return d._own_layout().flatten_all(d.params)


def at(d, vector):
    """Return the member with another vector of free scalars."""
    return d._own_layout().distribution(np.asarray(vector), known(d))


def dataset(family, seed, n=200):
    """Return a distribution and a sample of it for which a maximum exists."""
    rng = np.random.default_rng(seed)
    d = member(family, rng)
    return d, d.sample(n, rng=rng)
