"""The regression of any parameters of any family: g(theta_i) = offset_i + x_i' b, by the chain rule.

A family tells the slope s and the Hessian H of log f in its parameters theta. In the predictors eta, with theta(eta) by
the links, the slope is s theta' and the Hessian theta' H theta' + s theta''. A parameter that is the same in all rows is
a predictor with an intercept alone, on the natural scale of the parameter. What rows, offsets, well-conditioned columns
and sums over rows are, this shares with the regressions whose formulas are written out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..domains import Layout, Real
from ..errors import DataError
from ..families import Bernoulli, Poisson
from ..links import link_of
from ..residuals import Rows
from .ascent import covariance_in_columns
from .climbed import Climbed
from .general_climb import first_guess, reach
from .likelihood import RegressionLikelihood
from .logistic import LogisticRegression
from .model import Regression
from .observations import Design, Observations
from .poisson import PoissonRegression
from .problem import Problem
from .responses import Model, Responses
from .sparse import Sparse
from .top import looked_at
from .written_out import Terms, written_out

__all__ = ["Constant", "ParameterRegression", "short_for"]

Array = np.ndarray

# Predictors at which a row is asked whether its probability ever falls on the way to infinity.
_FAR_OUT = np.array([-30.0, -10.0, -3.0, -1.0, 0.0, 1.0, 3.0, 10.0, 30.0])


_WRITTEN_OUT: dict[tuple[Any, str], type[Climbed]] = {
    (Bernoulli, "logit"): LogisticRegression,
    (Poisson, "log"): PoissonRegression,
}


def short_for(family: Any, link: Any) -> type[Climbed] | None:
    """Return the regression whose formulas in the one predictor are written out, if there is one for this link."""
    return _WRITTEN_OUT.get((family, link.name))


class Constant(Design):
    """What a parameter follows from that is the same in all rows: an intercept, which has its name."""

    @property
    def coefficients(self) -> tuple[str, ...]:
        return (self.prefix,) * self.intercept


class _ParameterLayout(Layout):
    """Coefficients, which may be any number, and the parameters that are the same in all rows."""

    def __init__(self, rows: Observations) -> None:
        model, domains = rows.model, {}  # type: ignore[var-annotated]
        for k, design in enumerate(rows.designs):
            own = model.layout.domain(k) if model.constant[k] else Real()
            domains |= dict.fromkeys(design.coefficients, own)
        super().__init__(domains, 1, None)
        self.rows = rows

    def distribution(self, theta: Array, known: Any) -> ParameterRegression:
        return ParameterRegression(self.rows, theta)


class ParameterRegression(Regression):
    """y given its row is a member of a family, whose parameters follow from columns; made by `Family.regress`.

    >>> from mlecore import Poisson
    >>> Poisson.regress([1, 3, 6], rate=[0.0, 0.0, 1.0]).dist
    Poisson regression(intercept=0.693147, x1=1.09861)
    """

    #: whether the curvature is the expected one
    _expected: ClassVar[bool] = False
    _starts_anywhere: ClassVar[bool] = False
    _separated = "no row's probability falls, and some rise,"

    @classmethod
    def _layout(cls, rows: Observations) -> _ParameterLayout:  # type: ignore[override]
        return _ParameterLayout(rows)

    @classmethod
    def _coefficient_names(cls, rows: Observations) -> tuple[str, ...]:
        return tuple(name for d in rows.designs for name in d.coefficients)

    @property
    def model(self) -> Model:
        """The family, its links, and which parameters are the same in all rows."""
        return self.rows.model

    @property
    def followed(self) -> tuple[str, ...]:  # type: ignore[override]
        """The parameters that follow from columns."""
        return self.model.followed

    def may_lie_within(self, other: Any) -> bool:
        if type(self) is not type(other) or self.model.family is not other.model.family:
            return False
        kinds = zip(
            self.model.constant,
            other.model.constant,
            self.model.links,
            other.model.links,
            strict=True,
        )
        # What is the same in all rows is so on any scale.
        return all(own or (not its and one.name == two.name) for own, its, one, two in kinds)

    def contains_alike(self, member: Any) -> bool:
        alike = all(d.intercept and d.offset is None for d in self.rows.designs)
        return alike and type(member) is self.model.family

    @property
    def whole(self) -> bool:  # type: ignore[override]
        return self.model.family.support.whole

    @property
    def called(self) -> str:
        """What it is called: the family, and that it is a regression."""
        return f"{self.model.family.__name__} regression"

    @property
    def described(self) -> str:
        """What it is called, with the parameters that follow and their links where these are not understood."""
        model = self.model
        said = []
        for name, link in zip(model.parameters, model.links, strict=True):
            usual = link.name == link_of(None, name, model.family.domains[name]).name
            if name in self.followed and not (usual and len(model.parameters) == 1):
                said.append(name if usual else f"{link.name}({name})")
        return self.called + (f" of {' and '.join(said)}" if said else "")

    @property
    def equations(self) -> list[str]:
        """What each parameter that follows from columns is, through its link: the sum of an intercept and columns."""
        each = zip(self.model.parameters, self.model.links, self.rows.designs, strict=True)
        return [
            f"{link.of(name)} = {design.terms}"
            for name, link, design in each
            if name in self.followed
        ]

    def __repr__(self) -> str:
        return super().__repr__().replace(type(self).__name__, self.called, 1)

    # -- formulas ----------------------------------------------------------------------------------

    @property
    def _short(self) -> type[Climbed] | None:
        """The regression whose formulas in the predictor are written out, if this is the same; they lose no digits."""
        model = self.model
        if self.rows.y.seen is not None or len(model.links) != 1 or self._expected:
            return None
        return short_for(model.family, model.links[0])

    @property
    def _whole(self) -> bool:  # type: ignore[override]
        return self._short is None or self._short._whole

    @cached_property
    def _formulas(self) -> Callable[[Array, Array], Terms | None] | None:
        """The formulas in the predictors that are written out for this, if there are such; they lose no digits."""
        model = self.model
        if self.rows.y.seen is not None or self._expected or not all(model.constant[1:]):
            return None
        if self._short is not None:
            return lambda eta, y: self._short._derivatives(self, eta, y)  # type: ignore[union-attr]
        return written_out(model.family, tuple(link.name for link in model.links))

    def _derivatives_in(self, part: slice, eta: Array) -> tuple[Array, Array, Any]:
        # The formulas need the responses alone, and no record of how each was seen.
        terms = self._written(eta, self.rows.y.x[part]) if self._formulas else None
        return self._by_chain_rule(eta, self.rows.y[part]) if terms is None else terms

    def _derivatives(self, eta: Array, y: Any) -> tuple[Array, Array, Any]:
        terms = self._written(eta, y.x) if self._formulas else None
        return self._by_chain_rule(eta, y) if terms is None else terms

    def _written(self, eta: Array, x: Array) -> Terms | None:
        with np.errstate(all="ignore"):
            return self._formulas(eta, x)  # type: ignore[misc]

    def _by_chain_rule(self, eta: Array, y: Any) -> tuple[Array, Array, Any]:
        with np.errstate(all="ignore"):
            theta = self.model.values(eta)
            value, s, H = y.terms([t[0] for t in theta])
            first, second = [t[1] for t in theta], [t[2] for t in theta]
            slope = np.empty(eta.shape)
            for k in range(len(slope)):
                # Where the parameter has stopped moving its slope does not count, whatever it is.
                slope[k] = np.where(first[k] == 0.0, 0.0, s[k] * first[k])
            information = self._information_rows(y, theta) if self._expected else None

        def weight(a: int, b: int) -> Array:
            with np.errstate(all="ignore"):
                if information is not None:
                    return information[a, b] * first[a] * first[b] + 0.0 * value
                still = (first[a] == 0.0) | (first[b] == 0.0)
                bend = np.where(still, 0.0, H[a, b] * first[a] * first[b])
                if a == b:
                    bend = bend + np.where(second[a] == 0.0, 0.0, s[a] * second[a])
                return -np.broadcast_to(bend, value.shape)

        return value, slope, weight

    def _information_rows(self, y: Responses, theta: list[Any]) -> Array:
        """Return the expected information of each row in the parameters."""
        if y.seen is not None or not self.model.family._knows_information():
            raise DataError(
                f"the expected information of a {self.called} is not known here; use the observed one, or the sandwich"
            )
        d, _ = y._members([t[0] for t in theta])
        return np.moveaxis(d._information_matrix(), (-2, -1), (0, 1))

    def _log_prob_rows(self, eta: Array, y: Any) -> Array:
        if self._short is not None:
            return self._short._log_prob_rows(self, eta, y.x)  # type: ignore[arg-type]
        with np.errstate(all="ignore"):
            return y.log_prob([theta for theta, _, _ in self.model.values(eta)])

    def distribution(self) -> Any:
        """Return the member of the family at each row, as one batch."""
        d = self.distribution_unchecked()
        return type(d)(**{name: getattr(d, name) for name in d.parameters})

    def distribution_unchecked(self) -> Any:
        """Return the same, whatever the parameters have become."""
        with np.errstate(all="ignore"):
            theta = [t[0] for t in self.model.values(self.eta())]
        given = dict(zip(self.model.parameters, theta, strict=True))
        return self.model.family._unchecked(**self.rows.y.known, **given)

    def rows_seen(self) -> Rows:
        return self.rows.y.rows(self.rows.weights)

    def _draw(self, rng: np.random.Generator) -> Responses:
        return self.rows.y.again(self.distribution().sample(rng=rng))

    @classmethod
    def _knows_information(cls) -> bool:
        return True

    @classmethod
    def _called(cls, rows: Observations) -> str:
        return f"{rows.model.family.__name__} regression"

    def _paths(self, k: int) -> Array:
        """Return for each row which way its probability never falls, 1 up, -1 down, 0 neither.

        That is asked of the k-th parameter, the others held, in steps on the way to infinity.
        """
        y = self.rows.y
        eta = np.repeat(self.eta()[None], _FAR_OUT.size, axis=0)
        eta[:, k] = _FAR_OUT[:, None]
        height = self._log_prob_rows(eta, y)
        with np.errstate(all="ignore"):
            rise = np.nan_to_num(np.diff(height, axis=0), nan=0.0)  # from impossible to impossible
        rounding = 1e-12 * (1.0 + np.where(np.isneginf(height[1:]), 0.0, np.abs(height[1:])))
        up, down = (np.all(way * rise >= -rounding, axis=0) for way in (1, -1))
        return up * 1.0 - down

    @classmethod
    def _with_expected_curvature(cls) -> type[Regression]:
        return Expecting

    @classmethod
    def _covariance_of(
        cls, likelihood: Any, theta: Array, kind: str, clusters: Array | None
    ) -> Array:
        if isinstance(likelihood.statistic.X, Sparse):
            own = cls._in_short(likelihood.statistic)
            short = RegressionLikelihood(type(own), own.rows, fixed=likelihood.held_by_name)
            return short._covariance_of(theta, kind, clusters)
        return covariance_in_columns(likelihood, theta, kind, clusters)

    @classmethod
    def _in_short(cls, rows: Observations) -> Climbed:
        """Return the same rows as the regression has them whose formulas are written out."""
        short = short_for(rows.y.model.family, rows.y.model.links[0])
        assert short is not None
        return short(replace(rows, y=rows.y.x), np.zeros(0))

    @classmethod
    def _check_estimable(cls, rows: Observations, free: Array) -> None:
        if isinstance(rows.X, Sparse):
            own = cls._in_short(rows)
            type(own)._check_estimable(own.rows, free)

    def _information_matrix(self) -> Array:
        member = Expecting(self.rows, self.theta)
        return member._each(lambda one: one._information_sum()) / self.rows.n

    @classmethod
    def _maximum(cls, likelihood: Any) -> Any:
        return looked_at(likelihood)[0]

    # -- the climb ---------------------------------------------------------------------------------

    @classmethod
    def _first_guess(cls, problem: Problem, offsets: Array | None) -> Array:
        return first_guess(problem, offsets)

    @classmethod
    def _reach(
        cls, problem: Problem, theta: Array, guess: Array | None, max_iterations: int
    ) -> tuple[Array, bool, int, Array, float | None]:
        return reach(cls, problem, theta, guess, max_iterations)


class Expecting(ParameterRegression):
    """The same, its curvature the expected one."""

    _expected = True
