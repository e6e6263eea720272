"""An estimate and the facts of it: what was fitted to what, how it got there, its criteria."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import RegularityError
from .habits import NumberNotMethod, attribute
from .summary import Summary

__all__ = ["Estimate"]

Array = np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Estimate(Summary):
    """What a fit is, before anything is asked of it: the estimate, where it came from, and its criteria.

    The attributes are explained at `Fit`.
    """

    dist: Any
    likelihood: Any
    theta: Array
    n: Any
    converged: Any
    iterations: Any
    problems: Mapping[Any, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    method: str = "mle"
    height: Any = None

    def __post_init__(self) -> None:
        self._freeze()

    def _freeze(self) -> None:
        for array in (self.theta, self.converged, self.iterations):
            if isinstance(array, np.ndarray):
                array.setflags(write=False)

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state)
        self._freeze()  # a copy or a pickle brings arrays that can be written to

    if not TYPE_CHECKING:  # a checker that saw it would let every name pass

        def __getattr__(self, name: str) -> Any:
            raise attribute(self, name)

    @cached_property
    def log_likelihood(self) -> Any:
        """The log-likelihood at the estimate, in nats; one number a row of a batch."""
        # Of a family whose statistic is the sample this is one more pass over the data, which a simulation, say,
        # does not need. A fit that knows it already holds it as `height`.
        bare = self.likelihood.bare if self.penalised else self.likelihood
        value = bare.log_likelihood(self.theta) if self.height is None else self.height
        return value if np.ndim(value) else NumberNotMethod(value)

    @property
    def penalised(self) -> bool:
        """Whether priors took part: the estimate is then a mode, and the log-likelihood there no maximum."""
        return bool(getattr(self.likelihood, "penalised", False))

    @property
    def params(self) -> dict[str, Any]:
        """All parameters by name, fixed ones included."""
        return self.dist.params

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the free scalars, in the order of `cov`."""
        return self.likelihood.names

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the batch; () for a single fit."""
        return self.theta.shape[:-1]

    @property
    def passes(self) -> int:
        """How often the data have been read from their source so far, standard errors included; 0 for data in memory.

        >>> from mlecore import Exponential, chunks
        >>> Exponential.fit(chunks([[1.0], [3.0]])).passes
        1
        """
        return int(getattr(self.likelihood, "passes", 0))

    # -- information criteria ----------------------------------------------------------------------------------------

    @property
    def aic(self) -> Any:
        """Akaike's criterion, 2k - 2l; k counts the free scalars (Akaike 1974)."""
        self._needs_plain("AIC")
        return 2.0 * len(self.names) - 2.0 * self.log_likelihood

    @property
    def aicc(self) -> Any:
        """AIC with the correction for small samples, 2k(k+1)/(n-k-1); infinite when n <= k + 1 (Hurvich and Tsai 1989)."""
        k = len(self.names)
        room = np.asarray(self.n, dtype=float) - k - 1
        with np.errstate(divide="ignore"):
            return (
                self.aic
                + np.where(room > 0, 2.0 * k * (k + 1) / np.where(room > 0, room, 1.0), np.inf)
            )[()]

    @property
    def bic(self) -> Any:
        """Schwarz's criterion, k log n - 2l (Schwarz 1978)."""
        self._needs_plain("BIC")
        return len(self.names) * np.log(self.n) - 2.0 * self.log_likelihood

    def _needs_plain(self, what: str) -> None:
        """Raise where a fit is no maximum of the likelihood alone."""
        self._needs_maximum(what)
        if self.penalised:
            raise RegularityError(
                f"{what} belongs to a maximum of the likelihood, and priors have moved this one; fit without a prior"
            )

    def _needs_maximum(self, what: str) -> None:
        if self.method != "mle":
            raise RegularityError(
                f"{what} belongs to a maximum of the likelihood; this fit is by {self.method}. "
                "Use method='mle' in the fit, or f.bootstrap"
            )

    def _named(self, values: Array) -> dict[str, Any]:
        return {name: _scalar(values[..., k]) for k, name in enumerate(self.names)}


def _scalar(value: Array) -> Any:
    """Return a float for a single fit, the array for a batch."""
    return value if np.ndim(value) else float(value)
