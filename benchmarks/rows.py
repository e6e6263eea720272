"""The rows of the table: what is done, by whom, and how much faster it should be."""

from __future__ import annotations

import functools
import statistics
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import stats

import mlecore as mle

from .measure import LEAST, MOST, Comparison, import_seconds, race, seconds

N = 100_000


def quiet(action: Callable[[], Any]) -> Callable[[], Any]:
    """Keep a peer's warnings off the table; whether it arrived is told by its log-likelihood."""

    @functools.wraps(action)
    def run() -> Any:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return action()

    return run


def univariate(
    family: Any, peer: Any, x: np.ndarray, asked: float, label: str, **fixed: float
) -> Comparison:
    """Race a family's fit against that of its SciPy namesake."""
    theirs = quiet(lambda: peer.fit(x, **fixed))
    a, b, rounds = race(lambda: family.fit(x), theirs)
    height = float(np.sum(peer.logpdf(x, *theirs())))
    work = f"{family.__name__}, n = {x.size:,}"
    return Comparison(work, label, a, b, asked, rounds, float(family.fit(x).log_likelihood), height)


def one_dimensional() -> Iterator[tuple[str, Callable[[], Comparison]]]:
    """The families with a SciPy peer."""
    rng = np.random.default_rng(20260101)
    plan = [
        (mle.Weibull, stats.weibull_min, 2.0 * rng.weibull(1.7, N), 40, "floc=0", {"floc": 0}),
        (mle.StudentT, stats.t, 1.0 + 2.0 * rng.standard_t(4.0, N), 15, "", {}),
        (mle.Cauchy, stats.cauchy, 1.0 + 2.0 * rng.standard_cauchy(N), 20, "", {}),
        (mle.Gamma, stats.gamma, rng.gamma(2.5, 1.5, N), 2.5, "floc=0", {"floc": 0}),
        (
            mle.Beta,
            stats.beta,
            rng.beta(2.0, 3.5, N),
            4,
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


def negative_binomial(by: str) -> Comparison:
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
    a, b, rounds = race(ours, theirs)
    return Comparison(
        "NegativeBinomial, n = 10,000",
        label,
        a,
        b,
        asked,
        rounds,
        float(ours().log_likelihood),
        height,
    )


def _evolution(*args: Any, rng: int, **options: Any) -> Any:
    """SciPy's default search of `stats.fit`, with a seed."""
    from scipy.optimize import differential_evolution

    return differential_evolution(*args, rng=rng, **options)


def one_read() -> Comparison:
    """Ten million values beside the one read of them that nobody can avoid."""
    x = np.random.default_rng(1).normal(3.0, 2.0, 10_000_000)
    a, b, rounds = race(lambda: mle.Normal.fit(x), lambda: np.sum(x))
    return Comparison(
        "Normal, n = 10,000,000", "`np.sum(x)`, one read", a, b, 4, rounds, at_most=True
    )


def batched(family: Any, peer: Any, draw: Callable[..., np.ndarray], asked: float) -> Comparison:
    """Two thousand samples of 200 as one batch, against a loop; the loop is timed over every 40th."""
    X = draw(np.random.default_rng(2), (2000, 200))
    few = X[::40]

    @quiet
    def loop() -> list:
        return [peer.fit(x, floc=0) for x in few]

    a, b, rounds = race(lambda: family.fit(X, axis=1), loop, times=len(X) / len(few))
    height = sum(float(peer.logpdf(x, *p).sum()) for x, p in zip(few, loop(), strict=True))
    ours = float(np.sum(family.fit(few, axis=1).log_likelihood))
    label = f"a loop of `scipy.stats.{peer.name}.fit(floc=0)`"
    return Comparison(
        f"2,000 {family.__name__} fits of n = 200", label, a, b, asked, rounds, ours, height
    )


def logistic_data() -> tuple[np.ndarray, np.ndarray]:
    """Return 100,000 rows of 20 columns and their classes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 20))
    eta = X @ (rng.normal(size=20) / 3) - 0.5
    return X, (rng.random(N) < 1 / (1 + np.exp(-eta))).astype(float)


def against_statsmodels() -> Comparison:
    """Logistic regression against statsmodels' Newton."""
    import statsmodels.api as sm

    X, y = logistic_data()
    Z = sm.add_constant(X)
    theirs = quiet(lambda: sm.Logit(y, Z).fit(disp=0))
    a, b, rounds = race(lambda: mle.LogisticRegression.fit(X, y), theirs)
    ours = float(mle.LogisticRegression.fit(X, y).log_likelihood)
    height = float(theirs().llf)
    return Comparison(
        "logistic, n = 100,000, p = 20", "statsmodels `Logit`", a, b, 4, rounds, ours, height
    )


def against_scikit_learn() -> Comparison:
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
                taken = statistics.median(seconds(action) for _ in range(5))
                candidates.append(
                    (taken, f"scikit-learn `{solver}`, tol={tolerance:g}", model, action)
                )
                break
    _, label, model, action = min(candidates, key=lambda c: c[0])
    a, b, rounds = race(lambda: mle.LogisticRegression.fit(X, y), action)
    return Comparison("logistic, n = 100,000, p = 20", label, a, b, 1, rounds, top, height(model))


def importing() -> Comparison:
    """The time until the package can be used."""
    spent = [(import_seconds("mlecore"), import_seconds("scipy.stats")) for _ in range(7)]
    a, b = (statistics.median(side) for side in zip(*spent, strict=True))
    return Comparison(
        "`import mlecore`", "`import scipy.stats`", a, b, 0.5, len(spent), at_most=True
    )


def all_rows() -> list[tuple[str, Callable[[], Comparison]]]:
    """Return every row as its name and the function that measures it."""
    gamma = functools.partial(
        batched, mle.Gamma, stats.gamma, lambda rng, size: rng.gamma(2.5, 1.5, size), 8
    )
    weibull = functools.partial(
        batched, mle.Weibull, stats.weibull_min, lambda rng, size: 2 * rng.weibull(1.7, size), 150
    )
    return [
        *one_dimensional(),
        ("NegativeBinomial scipy", functools.partial(negative_binomial, "scipy")),
        ("NegativeBinomial statsmodels", functools.partial(negative_binomial, "statsmodels")),
        ("Normal one read", one_read),
        ("batch Gamma", gamma),
        ("batch Weibull", weibull),
        ("logistic statsmodels", against_statsmodels),
        ("logistic scikit-learn", against_scikit_learn),
        ("import", importing),
    ]


__all__ = ["LEAST", "MOST", "all_rows", "logistic_data"]
