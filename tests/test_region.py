"""Joint regions of two parameters."""

import numpy as np
import pytest
from scipy import stats

import mlecore as mle
from mlecore.errors import DataError, RegularityError

X = np.random.default_rng(5).gamma(2.0, 3.0, 30)


@pytest.mark.parametrize(
    ("fit", "names"),
    [
        (mle.Gamma.fit(X), ("shape", "rate")),
        (mle.Weibull.fit(X), ("scale", "shape")),
        (mle.Normal.fit(X), ("mu", "sigma")),
        (mle.Cauchy.fit(X), ("loc", "scale")),
        (mle.Gamma.fit(mle.observed(X, right=X > 9)), ("shape", "rate")),
        (mle.Categorical.fit([0, 1, 1, 2, 2, 2, 0]), ("p1", "p2")),
    ],
    ids=["Gamma", "Weibull", "Normal", "Cauchy", "censored", "Categorical"],
)
def test_the_log_likelihood_has_dropped_alike_all_round_a_closed_contour(fit, names):
    contour = fit.region(names, 0.9)
    assert contour.shape == (201, 2)
    assert contour[0] == pytest.approx(contour[-1])
    order = [names.index(name) for name in fit.names]
    drops = fit.log_likelihood - fit.likelihood.log_likelihood(contour[:, order])
    assert drops == pytest.approx(np.full(201, stats.chi2(2).ppf(0.9) / 2), rel=1e-6)


def test_further_parameters_are_at_their_best_all_round():
    x = stats.t(4).rvs(60, random_state=1)
    fit = mle.StudentT.fit(x)
    contour = fit.region(("loc", "scale"), 0.8, points=12)
    for loc, scale in contour:
        best = fit.likelihood.maximize(fixed={"loc": loc, "scale": scale}).log_likelihood
        assert fit.log_likelihood - best == pytest.approx(-np.log(0.2), rel=1e-6)


def test_its_shadows_are_profile_intervals_of_the_level_that_one_degree_gives():
    fit = mle.Gamma.fit(X)
    level = stats.chi2(1).cdf(stats.chi2(2).ppf(0.95))
    contour = fit.region(("shape", "rate"), 0.95, points=2000)
    for k, name in enumerate(fit.names):
        shadow = contour[:, k].min(), contour[:, k].max()
        assert shadow == pytest.approx(fit.ci(level, method="lr")[name], rel=1e-4)


def test_a_region_covers_both_values_as_often_as_it_should():
    # 150 samples of n = 20: the Monte Carlo error of a coverage of 0.9 is 0.024.
    rng, truth, hits = np.random.default_rng(1), (1.0, 2.0), 0
    for x in rng.normal(*truth, size=(150, 20)):
        contour = mle.Normal.fit(x).region(("mu", "sigma"), 0.9, points=60)
        away = contour - truth
        turn = np.diff(np.unwrap(np.arctan2(away[:, 1], away[:, 0]))).sum()
        hits += abs(turn) > np.pi  # the contour goes round what it holds
    assert hits / 150 == pytest.approx(0.9, abs=3 * 0.024)


@pytest.mark.parametrize(
    "names", ["shape", ("shape",), ("shape", "shape"), ("shape", "mu"), ("shape", "rate", "x")]
)
def test_a_region_is_of_two_free_scalars(names):
    with pytest.raises(DataError, match="two different free scalars out of shape, rate"):
        mle.Gamma.fit(X).region(names)


def test_a_region_that_has_no_meaning_is_refused():
    with pytest.raises(RegularityError, match="move the support"):
        mle.Uniform.fit(X).region(("low", "high"))
    with pytest.raises(RegularityError, match="boundary"):
        mle.Categorical.fit([0, 0, 2, 2]).region(("p1", "p2"))
    with pytest.raises(RegularityError, match="by moments"):
        mle.Gamma.fit(X, method="moments").region(("shape", "rate"))
    with pytest.raises(DataError, match="single fit"):
        mle.Gamma.fit(X.reshape(2, 15), axis=1).region(("shape", "rate"))
    with pytest.raises(RegularityError, match="has no end"):
        mle.StudentT.fit(stats.t(9).rvs(60, random_state=1)).region(("df", "scale"))
