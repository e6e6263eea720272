"""The public names, used as a reader would use them: one line of each promise."""

from __future__ import annotations

import numpy as np
import pytest

import mlecore as mle
from mlecore import Gamma, Likelihood

RNG = np.random.default_rng(3)
x = RNG.gamma(2.0, 1 / 3.0, size=60)
X = RNG.gamma(2.0, 1 / 3.0, size=(5, 60))
FAMILIES = [
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Dirichlet",
    "Exponential",
    "Gamma",
    "GeneralizedExtremeValue",
    "GeneralizedPareto",
    "Geometric",
    "Gumbel",
    "HalfNormal",
    "InverseGamma",
    "InverseGaussian",
    "Laplace",
    "LogLogistic",
    "LogNormal",
    "LogSeries",
    "Logistic",
    "Lomax",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "Pareto",
    "Poisson",
    "Rayleigh",
    "SkewNormal",
    "StudentT",
    "Uniform",
    "VonMises",
    "Weibull",
    "Zipf",
]


def test_every_family_is_there():
    assert sorted(mle.families.__all__) == FAMILIES
    for name in FAMILIES:
        assert issubclass(getattr(mle, name), mle.Family)


def test_a_fit_tells_what_it_found():
    f = Gamma.fit(x)
    assert list(f.params) == ["shape", "rate"]
    assert all(isinstance(v, float) for v in f.params.values())
    assert all(np.ndim(v) == 0 for v in f.se.values())
    assert f.n == 60
    assert f.converged
    assert f.iterations >= 1
    assert not f.problems
    assert f.aic == pytest.approx(4 - 2 * f.log_likelihood)
    assert f.aicc > f.aic
    assert f.bic == pytest.approx(2 * np.log(60) - 2 * f.log_likelihood)
    assert f.cov.shape == (2, 2)
    for kind in ("observed", "expected", "sandwich"):
        assert f.covariance(kind).shape == (2, 2)
    assert "shape" in f.summary()
    assert f._repr_html_().startswith("<")


@pytest.mark.parametrize("method", ["wald", "lr", "bootstrap"])
def test_intervals_hold_the_estimate(method):
    f = Gamma.fit(x)
    options = {"replicates": 200, "rng": np.random.default_rng(0)} if method == "bootstrap" else {}
    for name, (low, high) in f.ci(0.95, method=method, **options).items():
        assert low < f.params[name] < high
    for low, _ in f.ci(0.95, scale="natural").values():
        assert low > 0
    low, high = mle.Poisson.fit([3, 4, 5]).ci(method="score")["rate"]
    assert low < 4 < high


def test_tests_of_any_subset():
    f = Gamma.fit(x)
    for method in ("lr", "wald", "score"):
        one, both = f.test(shape=1, method=method), f.test(shape=2, rate=3, method=method)
        assert one.df == 1
        assert both.df == 2
        assert 0 <= one.p_value <= 1
        assert one.statistic >= 0


def test_functions_of_the_parameters():
    f = Gamma.fit(x)
    mean = f.delta(lambda shape, rate: shape / rate)
    assert mean.estimate == pytest.approx(x.mean())
    assert mean.se == pytest.approx(np.sqrt(f.dist.var / 60), rel=1e-6)


def test_a_bootstrap_is_a_batch():
    f = Gamma.fit(x)
    for parametric in (False, True):
        b = f.bootstrap(replicates=50, rng=RNG, parametric=parametric)
        assert b.params["shape"].shape == (50,)


def test_fits_of_batches_weights_fixed_and_moments():
    assert Gamma.fit(X, axis=1).params["shape"].shape == (5,)
    assert Gamma.fit(x, weights=np.ones(60), fixed={"shape": 2}).params["shape"] == 2
    assert Gamma.fit(x, method="moments").method == "moments"
    assert mle.Binomial.fit([3, 5], fixed={"n": 20}).params == {"n": 20.0, "p": 0.2}
    assert Gamma.fit(Gamma.statistics(X[0]) + Gamma.statistics(X[1])).n == 120


def test_models_are_compared():
    table = mle.compare([Gamma, mle.Weibull, mle.LogNormal], x)
    assert "Weibull" in str(table)
    assert "<table" in table._repr_html_()


def test_a_distribution_answers():
    d = Gamma(shape=2.0, rate=3.0)
    assert d.mean == pytest.approx(2 / 3)
    assert d.var == pytest.approx(2 / 9)
    assert d.cdf(d.ppf(0.3)) == pytest.approx(0.3)
    assert d.sample(7, rng=RNG).shape == (7,)
    assert d.score([1.0, 2.0]).shape == (2, 2)
    assert d.information().shape == (2, 2)
    assert d.log_prob(-1.0) == -np.inf
    assert np.isnan(d.log_prob(np.nan))
    assert Gamma.parameters == ("shape", "rate")
    with pytest.raises(mle.DataError):
        Gamma(shape=-1, rate=1)
    assert mle.Categorical([0.2, 0.3, 0.5]).parameter_names == ("p1", "p2")
    names = mle.MultivariateNormal([0.0, 0.0], np.eye(2)).parameter_names
    assert names == ("mu1", "mu2", "cov11", "cov21", "cov22")


def test_a_likelihood_answers():
    likelihood = Likelihood(Gamma, x)
    assert likelihood.log_likelihood(shape=2, rate=3) == likelihood.log_likelihood([2, 3])
    assert likelihood.likelihood([2, 3]) == pytest.approx(np.exp(likelihood.log_likelihood([2, 3])))
    assert likelihood.nll([2, 3]) == -likelihood.log_likelihood([2, 3])
    assert likelihood.score([2, 3]).shape == (2,)
    assert np.array_equal(likelihood.hessian([2, 3]), -likelihood.observed_information([2, 3]))
    assert likelihood.maximize(fixed={"shape": 2}).params["shape"] == 2
    assert likelihood.profile("shape", [1.0, 2.0]).shape == (2,)


def test_losses_are_negative_log_likelihoods():
    y, p = np.array([0.0, 1.0, 1.0]), np.array([0.2, 0.7, 0.9])
    z = np.log(p / (1 - p))
    assert mle.bce(y, p) == pytest.approx(
        np.mean([mle.nll(mle.Bernoulli(q), [v]) for q, v in zip(p, y, strict=True)])
    )
    assert mle.bce_with_logits(y, z) == pytest.approx(mle.bce(y, p))
    assert mle.bce(1, 0) == np.inf
    assert mle.softmax_cross_entropy(np.array([1]), np.array([[0.0, 0.0]])) == pytest.approx(
        np.log(2)
    )
    assert mle.mse(y, p, reduction="sum") == pytest.approx(((y - p) ** 2).sum())
    assert mle.mae(y, p, reduction="none").shape == (3,)


def test_divergences():
    p, q = mle.Normal(0, 1), mle.Normal(1, 2)
    assert mle.cross_entropy(p, q) == pytest.approx(mle.entropy(p) + mle.kl_divergence(p, q))
    d = mle.Poisson(3.0)
    assert mle.cross_entropy(mle.Empirical([2, 4]), d) == pytest.approx(
        mle.nll(d, [2, 4]), rel=1e-15
    )


def test_optimisers_leave_a_trace():
    def f(v):
        return float(v @ v)

    def grad(v):
        return 2 * v

    start = np.array([1.0, 2.0])
    trace = mle.gradient_descent(f, grad, start, learning_rate=0.1, steps=100)
    assert trace.x.shape == (101, 2)
    assert trace.f.shape == trace.grad_norm.shape == (101,)
    assert mle.newton(f, grad, lambda v: 2 * np.eye(2), start).converged
    top = mle.fisher_scoring(Likelihood(Gamma, x), [1.0, 1.0])
    np.testing.assert_allclose(top.minimizer, Gamma.fit(x).theta, rtol=1e-6)
    walk = mle.sgd(
        lambda v, rows: 2 * v, start, 10, batch_size=5, learning_rate=0.1, epochs=3, rng=RNG
    )
    assert np.all(np.abs(walk.minimizer) < 2)


def test_regressions_and_a_network():
    covariates = RNG.normal(size=(200, 2))
    y = (RNG.random(200) < 1 / (1 + np.exp(-covariates[:, 0]))).astype(float)
    m = mle.LogisticRegression.fit(covariates, y)
    assert m.names == ("intercept", "x1", "x2")
    assert m.predict_proba(covariates).shape == (200,)
    assert m.predict(covariates).shape == (200,)
    net = mle.MLP([2, 4, 1], rng=RNG).fit(covariates, y, loss="bce")
    assert net.predict_proba(covariates).shape == (200,)
    assert net.trace.f[-1] < net.trace.f[0]


def test_sampling_distributions_and_coverage():
    estimates = mle.simulate(mle.Poisson(3.0), mle.Poisson, n=50, replicates=100, rng=RNG)
    assert estimates.shape == (100, 1)
    c = mle.coverage(mle.Poisson(3.0), n=50, level=0.95, method="wald", replicates=200, rng=RNG)
    assert "wald" in repr(c).lower()


def test_data_sets_exercises_and_explorables():
    assert "alpha_particles" in mle.datasets.list()
    assert mle.Poisson.fit(mle.datasets.load("alpha_particles").sample).params[
        "rate"
    ] == pytest.approx(3.8715, abs=5e-5)
    assert mle.exercises.check("poisson-mass", ...).status == "not done"
    assert "<script" in mle.explore.normal_surface(x)._repr_html_()
