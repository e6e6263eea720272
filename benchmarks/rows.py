"""The rows of the tables: what is done, by whom, and how much faster it should be."""

from __future__ import annotations

import functools
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import stats

import mlecore as mle

from .limits import limits
from .measure import Work, took
from .quiet import quiet
from .regressions import regressions
from .streams import beside_sums

N = 100_000


def univariate(
    family: Any, peer: Any, x: np.ndarray, asked: float, label: str, **fixed: float
) -> Work:
    """Set a family's fit beside that of its SciPy namesake."""
    theirs = quiet(lambda: peer.fit(x, **fixed))
    return Work(
        f"{family.__name__}, n = {x.size:,}",
        label,
        lambda: family.fit(x),
        theirs,
        asked,
        our_height=float(family.fit(x).log_likelihood),
        their_height=float(np.sum(peer.logpdf(x, *theirs()))),
    )


def one_dimensional() -> Iterator[tuple[str, Callable[[], Work]]]:
    """The families with a SciPy peer."""
    rng = np.random.default_rng(20260101)
    plan = [
        (mle.Weibull, stats.weibull_min, 2.0 * rng.weibull(1.7, N), 40, "floc=0", {"floc": 0}),
        (mle.StudentT, stats.t, 1.0 + 2.0 * rng.standard_t(4.0, N), 60, "", {}),
        (mle.Cauchy, stats.cauchy, 1.0 + 2.0 * rng.standard_cauchy(N), 40, "", {}),
        (mle.Gamma, stats.gamma, rng.gamma(2.5, 1.5, N), 1.2, "floc=0", {"floc": 0}),
        (
            mle.Beta,
            stats.beta,
            rng.beta(2.0, 3.5, N),
            3.5,
            "floc=0, fscale=1",
            {"floc": 0, "fscale": 1},
        ),
        (mle.Gumbel, stats.gumbel_r, rng.gumbel(1.0, 2.0, N), 6, "", {}),
        (mle.Logistic, stats.logistic, rng.logistic(1.0, 2.0, N), 6, "", {}),
    ]
    for family, peer, x, asked, options, fixed in plan:
        label = f"`scipy.stats.{peer.name}.fit({options})`"
        yield (
            f"{family.__name__} {N:,}",
            functools.partial(univariate, family, peer, x, asked, label, **fixed),
        )


def censored() -> Work:
    """Lifetimes of which a third are known as bounds, against SciPy's search over all of them."""
    rng = np.random.default_rng(1)
    x, bound = 2.0 * rng.weibull(1.7, N), rng.exponential(4.0, N)
    right, seen = x > bound, np.minimum(x, bound)
    rows, data = mle.observed(seen, right=right), stats.CensoredData.right_censored(seen, right)
    peer = stats.weibull_min
    theirs = quiet(lambda: peer.fit(data, floc=0))
    at = peer(*theirs())
    return Work(
        f"Weibull, right-censored, n = {N:,}",
        "`scipy.stats.weibull_min.fit(CensoredData, floc=0)`",
        lambda: mle.Weibull.fit(rows),
        theirs,
        20,
        our_height=float(mle.Weibull.fit(rows).log_likelihood),
        their_height=float(at.logpdf(seen[~right]).sum() + at.logsf(seen[right]).sum()),
    )


def binned() -> Work:
    """A histogram of ten million values beside one of a thousand: only the bins are read."""
    rng = np.random.default_rng(1)
    many, few = (mle.binned(*np.histogram(rng.normal(size=n), 30)) for n in (10**7, 1000))
    return Work(
        "Normal in 30 bins, n = 10,000,000",
        "itself, n = 1,000",
        lambda: mle.Normal.fit(many),
        lambda: mle.Normal.fit(few),
        1.5,
        at_most=True,
    )


def negative_binomial(by: str) -> Work:
    """Counts of n = 10,000 against SciPy's search over whole sizes, or statsmodels' gradient climb."""
    import statsmodels.api as sm

    x = np.random.default_rng(7).negative_binomial(2.5, 0.4, 10_000)
    ours = functools.partial(mle.NegativeBinomial.fit, x)
    if by == "scipy":
        bounds = {"n": (1, 50), "p": (1e-3, 1 - 1e-3)}
        theirs = quiet(lambda: stats.fit(stats.nbinom, x, bounds, optimizer=search))
        search = functools.partial(_evolution, rng=1)
        height = -float(theirs().nllf())
        label, asked = "`scipy.stats.fit(nbinom)`", 300
    else:
        ones = np.ones(x.size)
        theirs = quiet(lambda: sm.NegativeBinomial(x, ones).fit(disp=0))
        height = float(theirs().llf)
        label, asked = "statsmodels `NegativeBinomial`", 15
    return Work(
        "NegativeBinomial, n = 10,000",
        label,
        ours,
        theirs,
        asked,
        our_height=float(ours().log_likelihood),
        their_height=height,
    )


def _evolution(*args: Any, rng: int, **options: Any) -> Any:
    """SciPy's default search of `stats.fit`, with a seed."""
    from scipy.optimize import differential_evolution

    return differential_evolution(*args, rng=rng, **options)


def one_read() -> Work:
    """Ten million values beside the one read of them that nobody can avoid."""
    x = np.random.default_rng(1).normal(3.0, 2.0, 10_000_000)
    return Work(
        "Normal, n = 10,000,000",
        "`np.sum(x)`, one read",
        lambda: mle.Normal.fit(x),
        lambda: np.sum(x),
        4,
        at_most=True,
    )


def batched(family: Any, peer: Any, draw: Callable[..., np.ndarray], asked: float) -> Work:
    """Two thousand samples of 200 as one batch, against a loop; the loop is timed over every 40th."""
    X = draw(np.random.default_rng(2), (2000, 200))
    few = X[::40]

    @quiet
    def loop() -> list:
        return [peer.fit(x, floc=0) for x in few]

    return Work(
        f"2,000 {family.__name__} fits of n = 200",
        f"a loop of `scipy.stats.{peer.name}.fit(floc=0)`",
        lambda: family.fit(X, axis=1),
        loop,
        asked,
        times=len(X) / len(few),
        our_height=float(np.sum(family.fit(few, axis=1).log_likelihood)),
        their_height=sum(float(peer.logpdf(x, *p).sum()) for x, p in zip(few, loop(), strict=True)),
    )


def logistic_data() -> tuple[np.ndarray, np.ndarray]:
    """Return 100,000 rows of 20 columns and their classes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 20))
    eta = X @ (rng.normal(size=20) / 3) - 0.5
    return X, (rng.random(N) < 1 / (1 + np.exp(-eta))).astype(float)


def against_statsmodels() -> Work:
    """Logistic regression against statsmodels' Newton."""
    import statsmodels.api as sm

    X, y = logistic_data()
    Z = sm.add_constant(X)
    theirs = quiet(lambda: sm.Logit(y, Z).fit(disp=0))
    return Work(
        "logistic, n = 100,000, p = 20",
        "statsmodels `Logit`",
        lambda: mle.LogisticRegression.fit(X, y),
        theirs,
        4,
        our_height=float(mle.LogisticRegression.fit(X, y).log_likelihood),
        their_height=float(theirs().llf),
    )


def against_scikit_learn() -> Work:
    """Logistic regression against the fastest unpenalised solver that reaches the same log-likelihood.

    Each solver gets the loosest tolerance whose log-likelihood is within 1e-9 of the maximum.
    """
    from sklearn.linear_model import LogisticRegression

    X, y = logistic_data()
    top = float(mle.LogisticRegression.fit(X, y).log_likelihood)

    def height(model: Any) -> float:
        eta = X @ model.coef_[0] + model.intercept_[0]
        return -float(mle.bce_with_logits(y, eta, reduction="sum"))

    candidates = []
    for solver in ("lbfgs", "newton-cholesky", "newton-cg"):
        for tolerance in 10.0 ** -np.arange(4, 13):
            model = LogisticRegression(C=np.inf, solver=solver, tol=tolerance, max_iter=10_000)
            action = quiet(functools.partial(model.fit, X, y))
            action()
            if abs(height(model) - top) <= 1e-9:
                taken = statistics.median(took(action).wall for _ in range(5))
                candidates.append(
                    (taken, f"scikit-learn `{solver}`, tol={tolerance:g}", model, action)
                )
                break
    _, label, model, action = min(candidates, key=lambda c: c[0])
    return Work(
        "logistic, n = 100,000, p = 20",
        label,
        lambda: mle.LogisticRegression.fit(X, y),
        action,
        1,
        our_height=top,
        their_height=height(model),
    )


def normal_mixture() -> Work:
    """Two Normals, n = 100,000, from one start each to the same optimum."""
    from sklearn.mixture import GaussianMixture

    rng = np.random.default_rng(20260101)
    x = np.concatenate([rng.normal(0.0, 1.0, 60_000), rng.normal(3.0, 1.5, 40_000)])
    family = mle.Mixture(mle.Normal, 2)

    def theirs() -> Any:
        model = GaussianMixture(2, tol=1e-9, max_iter=2000, reg_covar=0.0, random_state=0)
        return model.fit(x[:, None])

    return Work(
        f"Mixture(Normal, 2), n = {x.size:,}, one start",
        "scikit-learn's `GaussianMixture(2, tol=1e-9)`",
        lambda: family.fit(x, starts=1),
        quiet(theirs),
        3,
        our_height=float(family.fit(x, starts=1).log_likelihood),
        their_height=float(theirs().score(x[:, None]) * x.size),
    )


def zero_inflated() -> Work:
    """Counts of n = 100,000 with three zeros in ten too many, against statsmodels from its own start."""
    import statsmodels.api as sm

    rng = np.random.default_rng(20260102)
    x = np.where(rng.random(N) < 0.3, 0, rng.poisson(2.5, N)).astype(float)
    family, ones = mle.ZeroInflated(mle.Poisson), np.ones((N, 1))

    def theirs() -> Any:
        return sm.ZeroInflatedPoisson(x, ones, exog_infl=ones).fit(disp=0, maxiter=500)

    return Work(
        f"ZeroInflated(Poisson), n = {N:,}",
        "statsmodels `ZeroInflatedPoisson`",
        lambda: family.fit(x),
        quiet(theirs),
        10,
        our_height=float(family.fit(x).log_likelihood),
        their_height=float(quiet(theirs)().llf),
    )


def covariate_data() -> tuple[np.ndarray, np.ndarray]:
    """Rows of ten columns and the means that follow from them."""
    X = np.random.default_rng(20260103).normal(size=(N, 10))
    return X, np.exp(0.5 + X @ np.linspace(-0.3, 0.3, 10))


def negative_binomial_regression() -> Work:
    """Counts whose mean follows from ten columns, standard errors included, against statsmodels."""
    import statsmodels.api as sm

    X, mean = covariate_data()
    y = mle.NegativeBinomial(mu=mean, size=2.0).sample(rng=1)
    Z = sm.add_constant(X)

    def theirs() -> Any:
        return sm.NegativeBinomial(y, Z).fit(disp=0, maxiter=500)

    return Work(
        f"NegativeBinomial.regress, n = {N:,}, p = 10",
        "statsmodels `NegativeBinomial`",
        lambda: mle.NegativeBinomial.regress(y, mu=X).se,
        quiet(lambda: theirs().bse),
        10,
        our_height=float(mle.NegativeBinomial.regress(y, mu=X).log_likelihood),
        their_height=float(quiet(theirs)().llf),
    )


def general_road(family: Any, fast: Any, parameter: str, draw: Callable[..., Any]) -> Work:
    """The general road against the regression whose formulas are written out; a third of its speed is asked."""
    X, mean = covariate_data()
    y = draw(mean)
    return Work(
        f"{family.__name__}.regress, n = {N:,}, p = 10",
        f"`{fast.__name__}`",
        lambda: family.regress(y, **{parameter: X}),
        lambda: fast.fit(X, y),
        1 / 3,
        our_height=float(family.regress(y, **{parameter: X}).log_likelihood),
        their_height=float(fast.fit(X, y).log_likelihood),
    )


def refitting() -> Work:
    """A test of fit by 999 refits of n = 200, against SciPy's loop, which is timed over every fiftieth refit."""
    x = np.random.default_rng(20260103).gamma(2.5, 1.5, 200)
    fit = mle.Gamma.fit(x)
    refits, few = 999, 20

    def theirs() -> Any:
        return stats.goodness_of_fit(
            stats.gamma, x, known_params={"loc": 0}, statistic="ad", n_mc_samples=few, rng=1
        )

    return Work(
        f"Anderson-Darling test of Gamma, n = {x.size}, {refits} refits",
        "`scipy.stats.goodness_of_fit(gamma)`",
        lambda: fit.goodness(statistic="ad", replicates=refits, rng=1),
        quiet(theirs),
        3,
        times=refits / few,
    )


def importing() -> Work:
    """The time until the package can be used, that of starting Python included on both sides."""

    # Both sides compiled, as they are from a user's second import on, whatever this environment keeps from being written.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def start(module: str) -> None:
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True, env=environment)

    start("mlecore")

    return Work(
        "`python -c 'import mlecore'`",
        "`python -c 'import scipy.stats'`",
        functools.partial(start, "mlecore"),
        functools.partial(start, "scipy.stats"),
        1 / 3,
        at_most=True,
    )


def on_one_thread(work: Work) -> Work:
    """Set mlecore beside itself with one BLAS thread: more threads must not use up much more processor time."""
    return Work(
        work.name,
        "itself with one BLAS thread, pinned",
        work.ours,
        work.ours,
        1.5,
        at_most=True,
        peer_pinned=True,
    )


def all_rows() -> list[tuple[str, Callable[[], Work]]]:
    """Return every row as its name and the function that prepares it."""
    gamma = functools.partial(
        batched, mle.Gamma, stats.gamma, lambda rng, size: rng.gamma(2.5, 1.5, size), 8
    )
    weibull = functools.partial(
        batched, mle.Weibull, stats.weibull_min, lambda rng, size: 2 * rng.weibull(1.7, size), 150
    )
    return [
        *one_dimensional(),
        ("Weibull censored", censored),
        ("Normal binned", binned),
        ("NegativeBinomial scipy", functools.partial(negative_binomial, "scipy")),
        ("NegativeBinomial statsmodels", functools.partial(negative_binomial, "statsmodels")),
        ("Normal one read", one_read),
        ("batch Gamma", gamma),
        ("batch Weibull", weibull),
        ("mixture scikit-learn", normal_mixture),
        ("zero-inflated statsmodels", zero_inflated),
        ("NegativeBinomial.regress statsmodels", negative_binomial_regression),
        (
            "Poisson.regress",
            lambda: general_road(
                mle.Poisson,
                mle.PoissonRegression,
                "rate",
                lambda mean: mle.Poisson(rate=mean).sample(rng=2),
            ),
        ),
        (
            "Bernoulli.regress",
            lambda: general_road(
                mle.Bernoulli,
                mle.LogisticRegression,
                "p",
                lambda mean: mle.Bernoulli(p=mean / (1.0 + mean)).sample(rng=3),
            ),
        ),
        (
            "Normal.regress",
            lambda: general_road(
                mle.Normal,
                mle.LinearRegression,
                "mu",
                lambda mean: mle.Normal(mu=np.log(mean), sigma=1.0).sample(rng=4),
            ),
        ),
        ("goodness scipy", refitting),
        ("logistic statsmodels", against_statsmodels),
        ("logistic scikit-learn", against_scikit_learn),
        *regressions(),
        ("import", importing),
        *limits(),
        *beside_sums(),
    ]
