"""A fit: a frozen fact. It holds the distribution, the likelihood that it maximises and how it got there.

Inference is lazy: nothing is computed before it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import inference
from .doors import room
from .errors import DataError
from .estimate import Estimate
from .habits import known_method, no_function, no_hypothesis

__all__ = ["Fit"]

Array = np.ndarray

_INTERVALS = ("wald", "lr", "score", "exact", "rstar", "bootstrap")


class Fit(Estimate):
    """The result of fitting a family to data; a batch when many samples were fitted at once.

    Of a batch every number becomes an array with one entry for each sample.

    Attributes
    ----------
    dist : the fitted distribution.
    likelihood : the `Likelihood` that it maximises.
    theta : the estimates of the free scalars as one read-only vector, in the order of `names`.
    n : the size of the sample: the sum of the weights.
    converged : whether the estimate was found. A single fit that was not raises `ConvergenceError` instead, so there
        it is True; in a batch it is False in the rows that are NaN, and `problems` says why.
    iterations : how many steps that took; 0 for a closed form.
    problems : in a batch, why a row has no estimate, by its number.
    notes : what else should be known of the estimates.
    method : "mle" or "moments".

    >>> from mlecore import Poisson
    >>> Poisson.fit([2, 4]).params
    {'rate': 3.0}
    """

    # -- inference ---------------------------------------------------------------------------------

    def covariance(self, kind: str | None = None) -> Array:
        """Return the covariance matrix of the free scalars: "observed", "expected" or "sandwich" information.

        Without a kind it is the observed one; for a Laplace, whose log-likelihood has no curvature to
        observe, the expected one.

        Raises
        ------
        RegularityError : where there is none; see `mlecore.inference.covariance`.

        >>> from mlecore import Exponential
        >>> Exponential.fit([1.0, 3.0]).covariance("expected")
        array([[0.125]])
        """
        self._needs_maximum("a covariance from the information")
        return inference.covariance(self.likelihood, self.theta, kind)

    @property
    def cov(self) -> Array:
        """The covariance matrix of the free scalars, by the observed information (Laplace: the expected)."""
        return self.covariance()

    @property
    def se(self) -> dict[str, Any]:
        """The standard errors of the free scalars by name, by the observed information (Laplace: the expected)."""
        self._needs_maximum("a standard error from the information")
        return self._named(inference.standard_errors(self.likelihood, self.theta))

    def ci(
        self,
        level: float = 0.95,
        method: str = "wald",
        *,
        scale: str = "identity",
        replicates: int = 1000,
        rng: np.random.Generator | int | None = None,
    ) -> dict[str, tuple[Any, Any]]:
        """Return an interval for each free scalar, {name: (low, high)}.

        Parameters
        ----------
        level : the share of samples whose interval should cover the truth, if the model holds and n is large.
        method : "wald", estimate -+ z standard errors; "lr", the values that the profile log-likelihood has not
            dropped from by more than z^2 / 2; "score", the values whose slope is not too steep, for one free
            parameter; "exact", from a pivot, where the family has one (Clopper-Pearson, Garwood, Student's t ...); "rstar",
            the values with |r*| <= z, right to third order, where the parameters are canonical ones of an exponential
            family; "bootstrap", the quantiles of the estimates of resampled data. In small samples "lr" covers best where
            a shape is estimated, and "bootstrap" worst: GeneralizedPareto says what was measured.
        scale : for "wald": "identity", or "natural", the logarithm of a positive parameter and the logit of a
            probability, whose ends never leave the domain. The other methods do not depend on the scale.
        replicates, rng : for "bootstrap".

        Raises
        ------
        RegularityError : where the method has no meaning, with the reason.

        Source: Pawitan (2001), chapters 2 and 5; Barndorff-Nielsen (1986) for r*; Efron and Tibshirani
        (1993), chapter 13, for the quantiles.

        >>> from mlecore import Bernoulli
        >>> low, high = Bernoulli.fit([0] * 20).ci(method="score")["p"]
        >>> low, round(high, 4)
        (0.0, 0.1611)
        """
        if isinstance(level, str):
            raise DataError(f"the level comes first, as in ci(0.95); say method={level!r}")
        known_method(method, _INTERVALS)
        if scale != "identity" and method != "wald":
            raise DataError(
                f"scale is for method='wald'; an interval by {method!r} is the same on every scale"
            )
        if method == "bootstrap":
            tail = (1.0 - level) / 2.0
            estimates = self._estimates_again(level, replicates, rng)
            low, high = np.quantile(estimates, [tail, 1.0 - tail], axis=0)
        else:
            self._needs_maximum("an interval from the likelihood")
            if method in ("exact", "rstar"):
                self._needs_plain(f"an interval by {method!r}")
            ends = {
                "wald": lambda: inference.wald_interval(self.likelihood, self.theta, level, scale),
                "lr": lambda: inference.likelihood_ratio_interval(
                    self.likelihood, self.theta, level
                ),
                "score": lambda: inference.score_interval(self.likelihood, self.theta, level),
                "exact": lambda: inference.exact_interval(self.likelihood, self.dist, level),
                "rstar": lambda: inference.rstar_interval(self.likelihood, self.theta, level),
            }
            low, high = ends[method]()
        lows, highs = self._named(low), self._named(high)
        return {name: (lows[name], highs[name]) for name in self.names}

    def test(
        self,
        hypothesis: Mapping[str, Any] | None = None,
        /,
        *,
        method: str = "lr",
        replicates: int = 999,
        rng: np.random.Generator | int | None = None,
        **null: Any,
    ) -> inference.TestResult:
        """Test the hypothesis that some parameters have the given values: `f.test(shape=1)`, or `f.test({"shape": 1})`.

        Any subset of the free parameters may be named; the others are at their best under the hypothesis. The
        statistic is compared with a chi-square with one degree of freedom for each free scalar named.

        Parameters
        ----------
        method : "lr", twice the drop of the log-likelihood; "wald", the squared distance in standard errors;
            "score", the squared slope under the hypothesis; "bootstrap", the statistic of "lr" compared with its own law:
            that of samples drawn under the hypothesis and fitted anew, which needs no large sample.
        replicates, rng : for "bootstrap".

        Raises
        ------
        DataError : for an unknown or fixed parameter, or a value outside its domain.
        RegularityError : where the test has no meaning, with the reason.

        Source: Cox and Hinkley (1974), section 9.3.

        >>> from mlecore import Exponential
        >>> Exponential.fit([1.0, 3.0]).test(rate=0.5).statistic
        0.0
        """
        tests = {
            "lr": inference.likelihood_ratio_test,
            "wald": inference.wald_test,
            "score": inference.score_test,
        }
        if not (hypothesis is None or isinstance(hypothesis, Mapping)):
            raise no_hypothesis(hypothesis, self.names)
        null = {**(hypothesis or {}), **null}
        known_method(method, (*tests, "bootstrap"))
        self._needs_maximum("a test by the likelihood")
        if method == "bootstrap":
            return inference.bootstrap_test(self, null, replicates, rng)
        return tests[method](self.likelihood, self.theta, null)

    def delta(
        self,
        function: Callable[..., Any],
        level: float = 0.95,
        method: str = "wald",
        *,
        replicates: int = 1000,
        rng: np.random.Generator | int | None = None,
    ) -> inference.Delta:
        """Return the estimate, standard error and interval of any smooth function of the parameters.

        `function` takes parameters by name, any of them: `f.delta(lambda shape, rate: shape / rate)`. It may return
        an array. The result unpacks: `estimate, se, (low, high) = f.delta(...)`.

        Parameters
        ----------
        method : "wald", estimate -+ z standard errors by the delta method; "lr", the values whose own profile, max l
            subject to function = c, has not dropped by more than z^2 / 2: the same however the function is written;
            "bootstrap", the quantiles of the function at the estimates of resampled data.
        replicates, rng : for "bootstrap".

        Raises
        ------
        RegularityError : where the method has no meaning, or the function is flat at the estimate.
        DataError : for arguments that are no parameters.

        Source: Cramer (1946), 27.7; Cox and Hinkley (1974), section 9.3; Efron and Tibshirani (1993), chapter 13.

        >>> from mlecore import Exponential
        >>> Exponential.fit([1.0, 3.0]).delta(lambda rate: 1 / rate)
        estimate 2, std. error 1.414, interval -0.7718 to 4.772
        """
        if not callable(function):
            raise no_function(function, self.dist)
        known_method(method, ("wald", "lr", "bootstrap"))
        if method == "bootstrap":
            again = self._estimates_again(level, replicates, rng)
            return inference.delta_bootstrap(self.likelihood, self.theta, function, again, level)
        self._needs_maximum("a standard error or an interval from the likelihood")
        ask = inference.delta_method if method == "wald" else inference.delta_likelihood_ratio
        return ask(self.likelihood, self.theta, function, level)

    def quantile(
        self,
        q: ArrayLike,
        level: float = 0.95,
        method: str = "wald",
        *,
        replicates: int = 1000,
        rng: np.random.Generator | int | None = None,
    ) -> inference.Delta:
        """Return the estimate, standard error and interval of the q-quantile of the distribution; see `delta`.

        Parameters
        ----------
        q : a probability, or an array of them, strictly between 0 and 1.
        level, method, replicates, rng : as in `delta`.

        Raises
        ------
        DataError : for a q that is no probability.
        RegularityError : where the method has no meaning: a quantile of counts goes in steps, so that only
            "bootstrap", and with one parameter "lr", has one for it.

        >>> from mlecore import Exponential
        >>> Exponential.fit([1.0, 3.0]).quantile(0.5)
        estimate 1.386, std. error 0.9803, interval -0.535 to 3.308
        """
        return self.delta(
            inference.quantile_function(self, q, method),
            level,
            method,
            replicates=replicates,
            rng=rng,
        )

    def region(self, names: Sequence[str], level: float = 0.95, *, points: int = 200) -> Array:
        """Return a joint region of two free scalars as a closed contour, an array of shape (points + 1, 2), to be plotted.

        It holds the pairs whose profile log-likelihood has dropped by at most half the chi-square quantile on two degrees
        of freedom; see `mlecore.inference.likelihood_region`. Of a regression on a source a point costs some nine passes.

        Raises
        ------
        DataError : for names that are not two free scalars.
        RegularityError : where it has no meaning or no end.

        Source: Cox and Hinkley (1974), section 9.3.

        >>> from mlecore import Gamma
        >>> Gamma.fit([1.0, 2.0, 4.0]).region(("shape", "rate")).shape
        (201, 2)
        """
        self._needs_maximum("a region from the likelihood")
        return inference.likelihood_region(self.likelihood, self.theta, names, level, points)

    def bootstrap(
        self,
        replicates: int = 1000,
        rng: np.random.Generator | int | None = None,
        *,
        parametric: bool = False,
    ) -> Fit:
        """Return the fits of `replicates` new samples as one batch: row by row the estimate, or NaN and a problem.

        The samples are drawn with replacement from the data or, when `parametric`, from the fitted distribution: within
        the same windows or into the same bins, where data were seen so.
        Weights count observations, so with weights the whole table is drawn anew.
        The bootstrap's standard errors are the spread of the estimates, `b.theta.std(axis=0)`; `b.se` are those of each of
        the samples by itself.

        Raises
        ------
        DataError : for a batch, for data that are not there (a fit to a statistic) unless parametric, and for weights
            that do not add up to a whole number.
        RegularityError : for a parametric one of censored data, where nobody knows what else would be censored.

        Source: Efron (1979).

        >>> from mlecore import Exponential
        >>> Exponential.fit([1.0, 3.0]).bootstrap(100, rng=0).batch_shape
        (100,)
        """
        return inference.refitted(self, replicates, rng, parametric)

    def _estimates_again(self, level: float, replicates: int, rng: Any) -> Array:
        """Return the estimates of resampled data, for their quantiles."""
        inference.normal_quantile(level)  # refuses a level that is none
        if self.method == "mle":
            inference.insist_regular(self.likelihood, "a bootstrap interval")
        return inference.usable_estimates(self, self.bootstrap(replicates, rng))

    # -- does the family fit at all? ---------------------------------------------------------------

    def residuals(
        self, kind: str = "quantile", *, rng: np.random.Generator | int | None = None
    ) -> Array:
        """Return one residual for each row, at the estimate.

        Parameters
        ----------
        kind : "quantile", Phi^-1(F(x)), standard Normal if the family holds; for counts, and for what was partly seen, F is
            drawn evenly from what it may be there. "pearson", (x - mean) / sd. "cox-snell", -log S(x), standard
            Exponential; of a censored row that of its bound, which is censored as the row is.
        rng : for "quantile", where something is drawn.

        Within windows F and S are those of what could be seen. Weights do not enter: a row has one residual. Where the
        fitted support ends at a datum its quantile residual is infinite.

        Raises
        ------
        DataError : for a batch, vectors, a fit to a statistic, or a kind that a partly seen row does not have.

        Source: Cox and Snell (1968); Dunn and Smyth (1996).

        >>> from mlecore import Normal
        >>> Normal.fit([1.0, 3.0]).residuals()
        array([-1.,  1.])
        """
        return room("residuals").residuals(self, kind, rng)

    def goodness(
        self,
        statistic: str | None = None,
        replicates: int = 999,
        rng: np.random.Generator | int | None = None,
    ) -> Any:
        """Test whether the family fits at all: a `Goodness`, with a p-value by refitting to simulated samples.

        Fitted parameters bring the fit nearer to the data than the truth is, so that the usual tables reject almost
        never. Here samples of the fitted member are fitted in their turn.

        Parameters
        ----------
        statistic : "ks", the largest distance between the distribution functions of data and fit; "cvm", the mean
            squared one; "ad", that weighed by 1 / (F (1 - F)), which sees the tails; "chi2" for counts and bins,
            Pearson's, in cells that expect five or more and are held while samples are refitted. By default "ad" for
            a continuous family, else "chi2".
        replicates : how many samples are refitted.

        Raises
        ------
        RegularityError : for censored rows, a statistic that is infinite, or counts in too few cells.
        DataError : for a batch, vectors, weights that are not whole numbers, a statistic that does not suit.

        Source: Stephens (1974); Stute, González Manteiga and Presedo Quindimil (1993).

        >>> from mlecore import Normal
        >>> Normal.fit([1.0, 2.0, 2.5, 4.0]).goodness("ks", replicates=99, rng=0).replicates
        99
        """
        return room("goodness").goodness(self, statistic, replicates, rng)

    def plot(self, axes: Any = None, *, rng: np.random.Generator | int | None = 0) -> Array:
        """Draw the data beside the model, and their quantiles against each other; return the two Axes.

        Parameters
        ----------
        axes : a pair of matplotlib Axes; by default a new figure in the book's style.
        rng : draws the quantile residuals of counts and of what was partly seen.

        Raises
        ------
        DataError : for a batch, vectors, classes, or a fit to a statistic, which has no data to draw.

        >>> from mlecore import Exponential
        >>> Exponential.fit([1.0, 3.0]).plot().shape
        (2,)
        """
        return room("plotting").fitted(self, axes, rng=rng)
