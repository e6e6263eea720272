"""The fit of a regression: a `Fit` that predicts, and draws rows anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError, NoMLEError, RegularityError
from ..fit import Fit
from ..inference import TestResult
from ..inference.simulated import drawn_drops, simulated_result, whole_number
from ..inference.tests import hypothesis as restriction
from ..inference.tests import restricted
from ..likelihood import Likelihood, Maximum
from ..residuals import insist_kind, of_rows
from .observations import Observations

__all__ = ["RegressionFit"]

Array = np.ndarray


class RegressionFit(Fit):
    """A fit of a regression: a `Fit` that predicts.

    >>> from mlecore import LinearRegression
    >>> LinearRegression.fit([0.0, 1.0, 2.0], [1.0, 2.9, 5.0]).names
    ('intercept', 'x1', 'sigma')
    """

    @classmethod
    def at(cls, likelihood: Any, top: Maximum, remarks: tuple[str, ...] = ()) -> Self:
        """Return the fit at the top of a likelihood, which gives up what its climbs have kept: a fit keeps the data once.

        >>> from mlecore import PoissonRegression
        >>> likelihood = PoissonRegression.fit([0.0, 0.0, 1.0], [1, 3, 6]).likelihood
        >>> round(RegressionFit.at(likelihood, likelihood.maximize()).params["x1"], 6)
        1.098612
        """
        likelihood.let_go()
        return cls(
            dist=top.dist,
            likelihood=likelihood,
            theta=top.theta[likelihood.free],
            n=likelihood.statistic.n,
            converged=True,
            iterations=top.iterations,
            height=None if likelihood.penalised else top.log_likelihood,
            notes=remarks,
        )

    def predict(self, X: Any = None, *, offset: Any = None) -> Array:
        """Return the prediction at each row of X: the likelier class, or the mean of y; without X at the rows of the fit.

        Raises
        ------
        DataError : for an X that has not the columns of the fit, or where a fit with an offset is given none.

        >>> from mlecore import LinearRegression
        >>> LinearRegression.fit([0.0, 1.0, 2.0], [1.0, 2.9, 5.0]).predict([3.0]).round(4)
        array([6.9667])
        """
        return self.dist.predict(X, offset)

    def predict_proba(self, X: Any = None, *, offset: Any = None) -> Array:
        """Return the probability of a one at each row, shape (n,); of each class, shape (n, K), for softmax.

        Raises
        ------
        DataError : for an X that has not the columns of the fit, or a model without classes.

        >>> from mlecore import LogisticRegression
        >>> m = LogisticRegression.fit([0.0, 1.0, 2.0, 3.0], [0, 1, 0, 1])
        >>> m.predict_proba([1.5]).round(4)
        array([0.5])
        """
        if not hasattr(self.dist, "predict_proba"):
            raise DataError(
                f"{type(self.dist).__name__} has no classes: use predict(X), the mean of y"
            )
        return self.dist.predict_proba(X, offset)

    def covariance(self, kind: str | None = None, *, clusters: ArrayLike | None = None) -> Array:
        """Return the covariance matrix of the free scalars: "observed", "expected" or "sandwich".

        Parameters
        ----------
        kind : as in `Fit.covariance`.
        clusters : for the sandwich, one label a row: rows of a cluster may depend on each other. Scores are summed within
            clusters before they are squared; no factor for few clusters is applied.

        Raises
        ------
        RegularityError : where there is none; see `mlecore.inference.covariance`.
        DataError : for clusters that are not one a row, or of another kind than the sandwich.

        Source: White (1982); for clusters Liang and Zeger (1986).

        >>> from mlecore import PoissonRegression
        >>> m = PoissonRegression.fit([0.0, 0.0, 1.0, 1.0], [1, 3, 6, 4])
        >>> m.covariance("sandwich", clusters=[0, 1, 0, 1]).round(4)
        array([[ 0.125, -0.175],
               [-0.175,  0.245]])
        """
        if clusters is None:
            return super().covariance(kind)
        super().covariance("observed")  # says where there is none
        return self.likelihood.covariance(self.theta, kind or "observed", clusters)

    @cached_property
    def deviance(self) -> float:
        """Twice what the log-likelihood falls short of that of a parameter for each row, the others as they are.

        It is the sum of the squared deviance residuals. Of a Normal or a Gamma others divide out the dispersion; here it
        stays, so that differences of deviances are likelihood ratios.
        """
        self._insist_members("a deviance")
        return self.likelihood.over_rows(self.dist, _short)

    def residuals(
        self, kind: str = "quantile", *, rng: np.random.Generator | int | None = None
    ) -> Array:
        """Return one residual for each row, at the estimate.

        Parameters
        ----------
        kind : "quantile", "pearson" and "cox-snell" as in `Fit.residuals`, by the row's own member of the family;
            "deviance", the root of what the row adds to the deviance, with the sign of y - mean.
        rng : for "quantile", where something is drawn: for counts, and for what was seen in part.

        Raises
        ------
        DataError : for a batch, classes, or a kind that a row does not have.

        Source: McCullagh and Nelder (1989), section 2.4; Dunn and Smyth (1996).

        >>> from mlecore import LinearRegression
        >>> LinearRegression.fit([0.0, 1.0, 2.0], [1.0, 2.9, 5.0]).residuals("pearson").round(4)
        array([ 0.7071, -1.4142,  0.7071])
        """
        insist_kind(kind, ("quantile", "pearson", "cox-snell", "deviance"))
        self._insist_members("a residual")
        rows, d = self.dist.rows_seen(), self.dist.distribution()
        if kind == "deviance":
            return np.sign(rows.x - d.mean) * np.sqrt(_short(self.dist))
        return of_rows(rows, d, kind, rng)

    def _insist_members(self, what: str) -> None:
        """Raise where there is no member of a family at each row."""
        if self.batch_shape:
            raise DataError(f"{what} takes a single fit; take one of the batch")
        if not hasattr(self.dist, "distribution"):
            raise DataError(
                f"{what} is of numbers, and {type(self.dist).__name__} predicts classes"
            )

    def test(
        self,
        hypothesis: Mapping[str, Any] | None = None,
        /,
        *,
        method: str = "lr",
        replicates: int = 999,
        rng: np.random.Generator | int | None = None,
        **null: Any,
    ) -> TestResult:
        """Test that some coefficients or parameters have given values; see `Fit.test`.

        With "bootstrap" the rows stay, and new responses are drawn from the fit under the hypothesis.

        >>> from mlecore import PoissonRegression
        >>> m = PoissonRegression.fit([0.0, 0.0, 1.0, 1.0], [1, 3, 6, 5])
        >>> m.test(x1=0, method="bootstrap", replicates=99, rng=0).p_value
        0.1
        """
        if method != "bootstrap" or self.batch_shape:
            return super().test(hypothesis, method=method, replicates=replicates, rng=rng, **null)
        whole_number(replicates)
        if self.penalised:
            raise RegularityError(
                "a simulated law of a likelihood ratio does not know of priors; use method='lr', or fit without them"
            )
        index, _, null, words = restriction(self.likelihood, {**(hypothesis or {}), **null})
        full, height = restricted(self.likelihood, self.theta, null)
        draw, rng = self._new_y(full), np.random.default_rng(rng)

        def drop() -> float:
            again = self.likelihood.anew(draw(rng))
            one, other = again.maximize(), again.maximize(fixed=null)
            both = one.converged and other.converged
            return 2.0 * (one.log_likelihood - other.log_likelihood) if both else np.nan

        observed = 2.0 * (float(self.log_likelihood) - float(height))
        return simulated_result(observed, drawn_drops(replicates, drop), index.size, words)

    def bootstrap(
        self,
        replicates: int = 1000,
        rng: np.random.Generator | int | None = None,
        *,
        parametric: bool = False,
    ) -> RegressionFit:
        """Return the fits to `replicates` new samples as one batch, NaN and a problem where there is no MLE.

        Rows are drawn with replacement; when `parametric`, X stays and y is drawn from the fit.

        Raises
        ------
        DataError : for a batch, for weights that are not counts, or replicates that are not a whole number > 0.

        Source: Efron (1979); Davison and Hinkley (1997), chapter 6.

        >>> from mlecore import PoissonRegression
        >>> m = PoissonRegression.fit([0.0, 0.0, 1.0, 1.0], [1, 3, 6, 5])
        >>> m.bootstrap(20, rng=0).params["x1"].shape
        (20,)
        """
        if self.batch_shape:
            raise DataError("bootstrap takes a single fit; fit one sample of the batch on its own")
        whole_number(replicates)
        rng = np.random.default_rng(rng)
        likelihood = self.likelihood
        draw = self._new_y() if parametric else self._resampled()
        theta = np.full((replicates, len(likelihood.layout.names)), np.nan)
        height, steps = np.full(replicates, np.nan), np.zeros(replicates, dtype=int)
        problems: dict[int, str] = {}
        for k in range(replicates):
            try:
                top = likelihood.family._maximum(likelihood.anew(draw(rng)))
            except (DataError, NoMLEError) as error:
                problems[k] = str(error)
                continue
            if top.converged:
                theta[k], height[k], steps[k] = top.theta, top.log_likelihood, top.iterations
            else:
                problems[k] = "the iteration did not converge"
        return type(self)(
            dist=type(self.dist)(self.dist.rows, theta),
            likelihood=likelihood,
            theta=theta[:, likelihood.free],
            n=self.n,
            converged=~np.isnan(height),
            iterations=steps,
            problems=problems,
            method="bootstrap",
            height=height,
        )

    def _resampled(self) -> Callable[[np.random.Generator], Observations]:
        """Return what draws the observations anew, with replacement."""
        rows, counts = self._whole_rows()

        def draw(rng: np.random.Generator) -> Observations:
            drawn = rng.multinomial(int(counts.sum()), counts / counts.sum()).astype(float)
            return replace(rows, weights=drawn).take(drawn > 0)

        return draw

    def _new_y(self, theta: Array | None = None) -> Callable[[np.random.Generator], Observations]:
        """Return what draws a new y at every observation from the fit, or at other parameters."""
        rows, counts = self._whole_rows()
        rows = rows.take(np.repeat(np.arange(len(rows.y)), counts.astype(int)))
        rows = replace(rows, weights=None, n=float(len(rows.y)))
        member = type(self.dist)(rows, self.dist.theta if theta is None else theta)
        return lambda rng: replace(rows, y=member._draw(rng))

    def _whole_rows(self) -> tuple[Observations, Array]:
        """Return rows each of which stands for equal observations, and for how many."""
        rows = self.dist._single_rows()
        counts = rows.counts()
        if (counts != np.round(counts)).any():
            raise DataError(
                "the bootstrap draws whole observations, and some weights are not whole numbers"
            )
        return rows, counts


def _short(dist: Any) -> Array:
    """Return twice what the log-probability of each row of a regression falls short of the most that it can be."""
    rows, d = dist.rows_seen(), dist.distribution()
    if not rows.exact.all() or np.isfinite(rows.first).any() or np.isfinite(rows.last).any():
        raise DataError("a deviance needs values that were seen exactly and could all be seen")
    followed, family = dist.followed, type(d)
    if len(followed) != 1:
        raise RegularityError(
            f"a deviance compares with a {' and a '.join(followed)} for each row: with several parameters there is no such "
            "maximum"
        )
    with np.errstate(all="ignore"):
        one = family._statistics(rows.x[:, None], None)
        given = {name: value for name, value in d.params.items() if name not in followed}
        best = Likelihood(family, one, fixed=given).highest().log_likelihood
        return np.maximum(2.0 * (best - one.evaluate(d, "_log_likelihood")), 0.0)
