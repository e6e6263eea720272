"""The fit of a sequence model: a `Fit` that predicts, and is drawn anew in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from ..errors import ConvergenceError, DataError, NoMLEError, RegularityError
from ..fit import Fit
from ..inference import TestResult
from ..inference.simulated import drawn_drops, simulated_result, whole_number
from ..inference.tests import hypothesis as restriction
from ..inference.tests import restricted
from ..residuals import Rows, insist_kind, of_rows
from .series import Series

__all__ = ["SequenceFit"]

Array = np.ndarray


class SequenceFit(Fit):
    """A fit of a sequence model: a `Fit` that predicts."""

    @property
    def series(self) -> Series:
        """What was seen, as it was read."""
        return self.likelihood.statistic

    def predict(self, steps: int = 1, *, after: Any = None) -> Any:
        """Return the law of each of the next `steps` values, at the estimate: a batch of distributions, or by label.

        They come after the last sequence of the fit, or after another one that is given as `after`.
        """
        if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
            raise DataError(f"steps must be a whole number >= 1, got {steps!r}")
        self._single("a prediction")
        series = self.series if after is None else self.dist._goes_on(after, self.series)
        return self.dist._ahead(series, int(steps))

    @property
    def bits(self) -> float:
        """The mean surprise of a value given its past in bits, -l / (n log 2); for discrete models."""
        return float(np.log2(self.perplexity))

    @property
    def perplexity(self) -> float:
        """exp(-l / n): among how many equally likely values each was, given its past, as hard to foretell."""
        self._single("a perplexity")
        if not self.dist.support.whole:
            raise DataError(
                f"{self.likelihood.called} has densities, and a perplexity is of probabilities: in other units of the data it "
                "would be another number"
            )
        return float(np.exp(-float(self.log_likelihood) / float(self.n)))

    def residuals(
        self, kind: str = "quantile", *, rng: np.random.Generator | int | None = None
    ) -> Array:
        """Return one residual for each predicted value, from its law given the past; see `Fit.residuals`.

        Source: Zucchini and MacDonald (2009), section 6.2, where they are called pseudo-residuals.
        """
        insist_kind(kind, ("quantile", "pearson", "cox-snell"))
        self._single("a residual")
        members = self.dist._one_step(self.series)
        x = np.asarray(self.series.predicted, dtype=float)
        far = np.full(x.shape, np.inf)
        below = x - 1.0 if members.support.whole else x
        return of_rows(Rows(x, below, x, -far, far, None), members, kind, rng)

    def goodness(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: values in order are not a sample of one distribution.

        Raises
        ------
        RegularityError : always.
        """
        raise RegularityError(
            "goodness is of independent values with one law, and here each has its own, given the past. residuals() are "
            "standard Normal and independent if the model holds: plot them in order, and beside each other"
        )

    def bootstrap(
        self,
        replicates: int = 1000,
        rng: np.random.Generator | int | None = None,
        *,
        parametric: bool = True,
    ) -> SequenceFit:
        """Return the fits to `replicates` sequences drawn from the fit as one batch, NaN and a problem where there is no MLE.

        Raises
        ------
        DataError : for a batch, replicates that are not a whole number > 0, or parametric=False: values drawn with
            replacement have lost their order.

        Source: Davison and Hinkley (1997), section 8.2.
        """
        self._single("bootstrap")
        whole_number(replicates)
        if not parametric:
            raise DataError(
                "values drawn with replacement have lost their order; the bootstrap of a sequence draws new ones from the "
                "fit: parametric=True"
            )
        rng = np.random.default_rng(rng)
        likelihood = self.likelihood
        full = likelihood._full(self.theta)
        theta = np.full((replicates, full.size), np.nan)
        steps, problems = np.zeros(replicates, dtype=int), {}
        for k in range(replicates):
            again = self.dist._again(self.series, rng)
            try:
                one = self._refit(again, likelihood.fixed, full)
            except (ConvergenceError, DataError, NoMLEError) as error:
                problems[k] = str(error)
                continue
            theta[k], steps[k] = one.likelihood._full(one.theta), one.iterations
        return type(self)(
            dist=likelihood.layout.distribution(theta, likelihood.known),
            likelihood=likelihood,
            theta=theta[:, likelihood.free],
            n=self.n,
            converged=~np.isnan(theta).any(axis=1),
            iterations=steps,
            problems=problems,
            method="bootstrap",
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
        """Test that some parameters have given values; see `Fit.test`.

        With "bootstrap" sequences are drawn from the fit under the hypothesis.
        """
        if method != "bootstrap" or isinstance(hypothesis, Fit):
            return super().test(hypothesis, method=method, replicates=replicates, rng=rng, **null)
        self._single("a bootstrap test")
        self._needs_plain("a simulated law of a likelihood ratio")
        whole_number(replicates)
        likelihood, rng = self.likelihood, np.random.default_rng(rng)
        index, _, null, words = restriction(likelihood, {**(hypothesis or {}), **null})
        full, height = restricted(likelihood, self.theta, null)
        member = likelihood.layout.distribution(full, likelihood.known)

        def drop() -> float:
            again = member._again(self.series, rng)
            large = self._refit(again, likelihood.fixed, full)
            small = self._refit(again, {**likelihood.fixed, **null}, full)
            return 2.0 * (large.log_likelihood - small.log_likelihood)

        observed = 2.0 * (float(self.log_likelihood) - float(height))
        return simulated_result(observed, drawn_drops(replicates, drop), index.size, words)

    def _refit(self, series: Series, fixed: Mapping[str, Any], near: Array) -> SequenceFit:
        """Return the fit of the same model to other sequences."""
        prior = (self.likelihood.prior or None) if self.penalised else None
        return self.likelihood.family._fitted(series, fixed, prior, near)

    def _single(self, what: str) -> None:
        if self.batch_shape:
            raise DataError(f"{what} takes a single fit; take one of the batch")
