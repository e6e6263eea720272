"""What one mixture says of itself: its components and their weights, whose a value is, moments, and probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import numeric
from ..family import Array, Family
from ..mass import MassTerms, log_mass, mass_terms
from ..members import by_member, lifted
from ..own import COMPLETIONS
from .labels import mixed, mixture_nodes
from .made import Finding

__all__ = ["MixtureMember"]


class MixtureMember(Finding):
    """A member of a family of mixtures."""

    _tells_mass = True
    #: the families mixed
    components: ClassVar[tuple[type[Family], ...]] = ()
    #: for each component, the mixture's name of each of its parameters
    columns: ClassVar[tuple[Mapping[str, str], ...]] = ()
    weight_names: ClassVar[tuple[str, ...]] = ()

    @property
    def members(self) -> tuple[Family, ...]:
        """The components, as distributions."""
        return tuple(
            family._unchecked(**{name: getattr(self, n) for name, n in names.items()})
            for family, names in zip(self.components, self.columns, strict=True)
        )

    @property
    def weights(self) -> tuple[Any, ...]:
        """All weights, the last among them."""
        first = [getattr(self, name) for name in self.weight_names]
        last = 1.0 - sum(first)
        return (*first, np.where(np.abs(last) < 1e-15 * len(first), 0.0, last)[()])

    def _log_weights(self) -> list[Array]:
        with np.errstate(divide="ignore"):
            return [np.log(w) for w in self.weights]

    def _weighted(self, logs: Sequence[Array]) -> Array:
        """Return log (weight_k g_k) from log g_k, the components on the first axis."""
        return np.stack(
            np.broadcast_arrays(*(w + g for w, g in zip(self._log_weights(), logs, strict=True)))
        )

    def _joint(self, x: Array) -> Array:
        """Return log (weight_k f_k(x)), the components on the first axis."""
        return self._weighted([d.log_prob(x) for d in self.members])

    def responsibilities(self, x: ArrayLike) -> Array:
        """Return the probability that x came from each component, on a new last axis; NaN where none could be.

        >>> from mlecore import Mixture, Normal
        >>> d = Mixture(Normal, 2)(weight1=0.5, mu1=-1.0, sigma1=1.0, mu2=1.0, sigma2=1.0)
        >>> d.responsibilities(0.0)
        array([0.5, 0.5])
        """
        with np.errstate(invalid="ignore"):
            joint = self._joint(numeric(x, "x"))
            return np.moveaxis(np.exp(joint - np.logaddexp.reduce(joint)), 0, -1)

    def _inside(self, x: Array) -> Array:
        return reduce(np.logical_or, (d._inside(x) for d in self.members))

    def _harmless(self, x: Array) -> Any:
        return self.members[0]._harmless(x)

    def _ends(self) -> tuple[Any, Any]:
        lows, highs = zip(*(d._ends() for d in self.members), strict=True)
        return reduce(np.minimum, lows), reduce(np.maximum, highs)

    def _place(self) -> tuple[Array, Array]:
        # That of the heaviest component.
        center, unit = self.members[0]._place()
        most = self.weights[0]
        for weight, d in zip(self.weights[1:], self.members[1:], strict=True):
            here = d._place()
            center = np.where(weight > most, here[0], center)
            unit = np.where(weight > most, here[1], unit)
            most = np.maximum(weight, most)
        return center, unit

    @property
    def mean(self) -> Any:
        """The expectation; NaN where a component has none."""
        return sum(w * d.mean for w, d in zip(self.weights, self.members, strict=True))

    @property
    def var(self) -> Any:
        """The variance; infinite or NaN where a component has none."""
        middle = self.mean
        return sum(
            w * (d.var + (d.mean - middle) ** 2)
            for w, d in zip(self.weights, self.members, strict=True)
        )

    cdf = COMPLETIONS["cdf"]
    ppf = COMPLETIONS["ppf"]

    def _information(self) -> Array:
        def expected(d: Any) -> Array:
            nodes = mixture_nodes(d)
            share = np.exp(nodes.weights)
            s = np.where(share[..., None] > 0, lifted(d).score(nodes.places), 0.0)
            return np.einsum("ri,rij,rik->rjk", share, s, s)

        return by_member(self, expected)

    def _draw(self, rng: np.random.Generator, size: tuple[int, ...]) -> Array:
        u, below, x = rng.random(size), 0.0, np.zeros(size)
        for weight, d in zip(self.weights, self.members, strict=True):
            x = np.where(u >= below, d._draw(rng, size), x)
            below = below + weight
        return x

    def _own_log_mass(self, a: Array, b: Array) -> Array:
        return np.logaddexp.reduce(self._weighted([log_mass(d, a, b) for d in self.members]))

    def _own_mass_terms(self, a: Array, b: Array) -> MassTerms:
        parts = [mass_terms(d, a, b) for d in self.members]
        return mixed(self._log_weights(), *(list(column) for column in zip(*parts, strict=True)))
