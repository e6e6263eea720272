"""Autoregressions and the local level: against densities written out, another package, and what is published."""

import numpy as np
import pytest
from scipy import linalg, stats

from mlecore import (
    AutoRegression,
    DataError,
    Likelihood,
    LocalLevel,
    NoMLEError,
    Normal,
    RegularityError,
    compare,
    datasets,
    lr_test,
)
from mlecore.sequences.coefficients import coefficients, is_stationary, partial_autocorrelations

NILE = datasets.load("nile").sample


@pytest.fixture(scope="module")
def nile():
    return LocalLevel.fit(NILE)


@pytest.fixture(scope="module")
def theirs():
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    return UnobservedComponents(NILE, "local level", use_exact_diffuse=True)


# Their exact diffuse likelihood counts log(2 pi) for the first value too, whose variance is infinite.
FIRST = 0.5 * np.log(2.0 * np.pi)


def level_density(x, irregular, level):
    """Return log f(x_2 .. x_n | x_1), the differences being Normal with a matrix that is written out."""
    m = len(x) - 1
    cov = (level + 2 * irregular) * np.eye(m) - irregular * (np.eye(m, k=1) + np.eye(m, k=-1))
    return stats.multivariate_normal(np.zeros(m), cov).logpdf(np.diff(x))


def test_the_nile_has_the_published_variances_and_likelihood(nile):
    # Durbin and Koopman (2012), sections 2.2 and 2.10.
    assert nile.params["sigma2_irregular"] == pytest.approx(15098.5, abs=0.05)
    assert nile.params["sigma2_level"] == pytest.approx(1469.2, abs=0.05)
    assert nile.log_likelihood == pytest.approx(-632.546, abs=5e-4)
    assert nile.n == 99
    assert "the level starts diffuse" in nile.summary()


def test_the_spectrum_gives_the_density_of_the_differences():
    x = NILE[:12]
    for theta in ([3.0, 2.0], [5.0, 0.0], [0.0, 4.0]):
        mine = Likelihood(LocalLevel, x).log_likelihood(np.array(theta) * 1e3)
        assert mine == pytest.approx(level_density(x, *(np.array(theta) * 1e3)), rel=1e-12)
    two = Likelihood(LocalLevel, [x, NILE[50:53]]).log_likelihood([3e3, 2e3])
    parts = level_density(x, 3e3, 2e3) + level_density(NILE[50:53], 3e3, 2e3)
    assert two == pytest.approx(parts, rel=1e-12)


def test_slope_and_curvature_of_the_level_are_those_of_differences(nile):
    L, theta, h = nile.likelihood, nile.theta * [1.3, 0.6], 1e-4 * nile.theta
    slope = [np.diff(L.log_likelihood(theta + np.outer([-1, 1], e)))[0] for e in np.diag(h)]
    bend = [np.diff(L.score(theta + np.outer([-1, 1], e)), axis=0)[0] for e in np.diag(h)]
    np.testing.assert_allclose(L.score(theta), np.array(slope) / (2 * h), rtol=1e-6)
    np.testing.assert_allclose(L.hessian(theta), np.array(bend) / (2 * h[:, None]), rtol=1e-6)
    expected = L.expected_information(theta)
    # Where every z_j^2 is its variance the observed information is the expected one.
    drawn = [
        nile.dist._member(None, theta)._again(nile.series, np.random.default_rng(k))
        for k in range(100)
    ]
    mean = np.mean([Likelihood(LocalLevel, s).observed_information(theta) for s in drawn], axis=0)
    np.testing.assert_allclose(mean, expected, rtol=0.25)


def test_the_level_agrees_with_another_package(nile, theirs):
    theta = list(nile.theta)
    assert theirs.loglike(theta) + FIRST == pytest.approx(nile.log_likelihood, rel=1e-12)
    fitted = theirs.fit(disp=0)
    assert nile.log_likelihood >= fitted.llf + FIRST
    smooth = theirs.smooth(theta, cov_type="approx")
    np.testing.assert_allclose(smooth.bse, list(nile.se.values()), rtol=1e-5)
    level = nile.level()
    np.testing.assert_allclose(level.mean, smooth.smoothed_state[0], rtol=1e-12)
    np.testing.assert_allclose(level.se**2, smooth.smoothed_state_cov[0, 0], rtol=1e-10)
    ahead, other = nile.predict(5), smooth.get_forecast(5)
    np.testing.assert_allclose(ahead.mean, other.predicted_mean, rtol=1e-12)
    np.testing.assert_allclose(np.sqrt(ahead.var), other.se_mean, rtol=1e-12)
    np.testing.assert_allclose(
        nile.residuals(), smooth.standardized_forecasts_error[0, 1:], atol=1e-9
    )


def test_the_filter_adds_up_to_the_spectrum(nile):
    laws = nile.dist._one_step(nile.series)
    assert laws.log_prob(NILE[1:]).sum() == pytest.approx(nile.log_likelihood, rel=1e-13)


def test_a_level_has_the_inference_of_every_fit(nile):
    low, high = nile.ci(method="lr")["sigma2_level"]
    L = nile.likelihood
    heights = L.profile("sigma2_level", np.array([low, high]))
    np.testing.assert_allclose(nile.log_likelihood - heights, 0.5 * 1.959964**2, rtol=1e-6)
    q = nile.delta(lambda sigma2_level, sigma2_irregular: sigma2_level / sigma2_irregular)
    assert q.estimate == pytest.approx(0.0973, abs=1e-4)  # published: 0.0973
    assert nile.test(sigma2_irregular=1e4, method="score").p_value == pytest.approx(
        0.1305, abs=1e-4
    )
    with pytest.raises(RegularityError, match="boundary"):
        nile.test(sigma2_level=0)
    result = nile.test(sigma2_level=0, method="bootstrap", replicates=39, rng=0)
    assert result.p_value == pytest.approx(1 / 40)
    held = LocalLevel.fit(NILE, fixed={"sigma2_level": 1469.2})
    assert held.params["sigma2_irregular"] == pytest.approx(15098.5, rel=1e-4)
    prior = LocalLevel.fit(NILE, prior={"sigma2_level": Normal(3000, 100)})
    assert 2500 < prior.params["sigma2_level"] < 3000
    walk = LocalLevel.fit(NILE, fixed={"sigma2_irregular": 0})
    assert compare([nile, walk]).best is nile


def test_the_errors_of_a_level_are_the_spread_of_estimates(nile):
    again = nile.bootstrap(100, rng=1).theta
    expected = np.sqrt(np.diag(nile.covariance("expected")))
    # A standard deviation from 100 has an error of 7 %, and the estimates are skew.
    np.testing.assert_allclose(again.std(axis=0), expected, rtol=0.25)


@pytest.mark.parametrize("seed", range(4))
def test_the_highest_of_all_maxima_is_found(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(5 + 3 * seed).cumsum() * (seed % 3) + rng.standard_normal(5 + 3 * seed)
    f = LocalLevel.fit(x)
    q = np.geomspace(1e-5, 1e5, 400)
    size = [
        np.mean(np.linalg.solve(_shape(len(x) - 1, r), np.diff(x)) @ np.diff(x)) / (len(x) - 1)
        for r in q
    ]
    grid = Likelihood(LocalLevel, x).log_likelihood(np.column_stack([size, q * size]))
    assert f.log_likelihood >= grid.max() - 1e-9
    assert f.log_likelihood == pytest.approx(grid.max(), abs=1e-2)


def _shape(m, q):
    return (q + 2.0) * np.eye(m) - np.eye(m, k=1) - np.eye(m, k=-1)


def test_a_level_that_stands_still_is_on_the_boundary_and_said_so():
    x = np.array([1.0, -1.2, 0.9, -1.0, 1.1, -0.8, 1.0, -1.0])
    f = LocalLevel.fit(x)
    assert f.params["sigma2_level"] == 0
    # The values are then a sample of one Normal with an unknown mean, and the variance has the divisor n - 1.
    assert f.params["sigma2_irregular"] == pytest.approx(x.var(ddof=1))
    assert "the level stands still" in f.summary()
    with pytest.raises(RegularityError, match="boundary"):
        f.se  # noqa: B018
    low, high = f.ci(method="lr")["sigma2_level"]
    assert low == 0 < high
    np.testing.assert_allclose(f.level().mean, x.mean(), atol=1e-12)
    np.testing.assert_allclose(f.level().se, np.sqrt(x.var(ddof=1) / 8))
    walk = LocalLevel.fit([0.0, 1.0, 3.0, 4.0, 6.0, 7.5, 9.0])
    assert walk.params["sigma2_irregular"] == 0
    assert walk.params["sigma2_level"] == pytest.approx(
        np.mean(np.diff([0, 1, 3, 4, 6, 7.5, 9]) ** 2)
    )
    np.testing.assert_allclose(walk.level().se, 0.0)


def test_two_peaks_are_told_and_the_higher_one_is_the_fit():
    x = [2, -3, -4, -1, 1, 1, -4]
    f = LocalLevel.fit(x)
    walk = LocalLevel.fit(x, fixed={"sigma2_irregular": 0})
    assert f.params["sigma2_level"] == 0
    lower = f.log_likelihood - walk.log_likelihood
    assert lower == pytest.approx(0.524, abs=1e-3)
    assert "another peak, 0.52 lower, at sigma2_irregular = 0, sigma2_level = 10.67" in f.summary()


def test_the_level_is_the_same_in_other_units_and_survives_a_million_values():
    small, far = LocalLevel.fit(1e-60 * NILE), LocalLevel.fit(NILE + 1e7)
    np.testing.assert_allclose(small.theta * 1e120, LocalLevel.fit(NILE).theta, rtol=1e-7)
    np.testing.assert_allclose(far.theta, LocalLevel.fit(NILE).theta, rtol=1e-5)
    rng = np.random.default_rng(0)
    x = 0.01 * rng.standard_normal(200_000).cumsum() + rng.standard_normal(200_000)
    f = LocalLevel.fit(x)
    for name, true in (("sigma2_irregular", 1.0), ("sigma2_level", 1e-4)):
        assert abs(f.params[name] - true) < 4 * f.se[name]


def test_what_is_no_level_is_refused_in_words():
    for x, words in (
        ([1.0, 2.0], "three values or more"),
        ([1.0], "needs 2 or more"),
        ([1.0, np.nan, 2.0], "NaN"),
        ([1.0, 2.0, np.inf], "infinite"),
        (np.ones((4, 2)), "one-dimensional"),
        (["a", "b", "c"], "real numbers"),
        ([1e-200, 2e-200, 4e-200], "other units"),
    ):
        with pytest.raises(DataError, match=words):
            LocalLevel.fit(x)
    with pytest.raises(NoMLEError, match="all values of each sequence are equal"):
        LocalLevel.fit([3, 3, 3, 3])
    with pytest.raises(DataError, match="not both 0"):
        LocalLevel.fit([1.0, 2.0, 4.0], fixed={"sigma2_level": 0, "sigma2_irregular": 0})
    assert LocalLevel.fit([1, 3, 2, 5]).n == 3
    one = LocalLevel.fit([1.0, 3.0], fixed={"sigma2_level": 1.0})
    assert one.params["sigma2_irregular"] == pytest.approx(1.5)


# -- autoregressions -----------------------------------------------------------------------------------


def member(mu, phi, sigma, start="stationary"):
    setting = AutoRegression._setting(len(phi), start)
    return AutoRegression._member(setting, np.array([mu, *phi, sigma]))


def read(x, order, **options):
    return Likelihood(AutoRegression, AutoRegression.statistics(x, order=order, **options))


def stationary_density(x, mu, phi, sigma):
    """Return log f(x) from the autocovariances, which are sums over the weights of all past disturbances."""
    weight = np.zeros(2000)
    weight[0] = 1.0
    for t in range(1, weight.size):
        past = weight[max(t - len(phi), 0) : t][::-1]
        weight[t] = past @ np.array(phi)[: past.size]
    cov = [sigma**2 * weight[: weight.size - k] @ weight[k:] for k in range(len(x))]
    return stats.multivariate_normal(np.full(len(x), mu), linalg.toeplitz(cov)).logpdf(x)


SWINGS = member(5.0, [0.9, -0.5], 2.0).sample(120, rng=2)


@pytest.fixture(scope="module")
def swings():
    return AutoRegression.fit(SWINGS, order=2)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_triangles_give_the_density_of_a_stationary_start(order):
    rng = np.random.default_rng(order)
    phi = coefficients(rng.uniform(-0.8, 0.8, order))
    for n in (order + 1, 2 * order, 15):
        if n <= order:
            continue
        x = 5.0 + rng.standard_normal(n)
        L, theta = read(x, order), np.array([4.5, *phi, 1.3])
        assert L.log_likelihood(theta) == pytest.approx(
            stationary_density(x, 4.5, phi, 1.3), rel=1e-12
        )
        laws = member(4.5, phi, 1.3)._one_step(L.statistic)
        assert laws.log_prob(x).sum() == pytest.approx(L.log_likelihood(theta), rel=1e-12)
    two = read([x, x[:6]], order).log_likelihood(theta)
    parts = L.log_likelihood(theta) + stationary_density(x[:6], 4.5, phi, 1.3)
    assert two == pytest.approx(parts, rel=1e-12)


@pytest.mark.parametrize("start", ["stationary", "given"])
def test_slope_and_curvature_of_an_autoregression_are_those_of_differences(start):
    L, theta, h = read(SWINGS[:20], 3, start=start), np.array([4.0, 0.5, -0.3, 0.2, 1.5]), 1e-6
    steps = h * np.eye(5)
    slope = (L.log_likelihood(theta + steps) - L.log_likelihood(theta - steps)) / (2 * h)
    bend = (L.score(theta + steps) - L.score(theta - steps)) / (2 * h)
    np.testing.assert_allclose(L.score(theta), slope, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(L.hessian(theta), bend, rtol=1e-6, atol=1e-6)


def test_given_the_first_values_the_fit_is_least_squares():
    f = AutoRegression.fit(SWINGS, order=2, start="given")
    X = np.column_stack([np.ones(118), SWINGS[1:-1], SWINGS[:-2]])
    (c, *phi), (rest,), *_ = np.linalg.lstsq(X, SWINGS[2:])
    np.testing.assert_allclose(f.theta[1:3], phi, rtol=1e-10)
    assert f.params["mu"] == pytest.approx(c / (1 - sum(phi)))
    assert f.params["sigma"] == pytest.approx(np.sqrt(rest / 118))
    assert f.log_likelihood == pytest.approx(
        stats.norm.logpdf(SWINGS[2:], X @ [c, *phi], f.params["sigma"]).sum()
    )
    assert "conditional on the first 2 values" in f.summary()
    np.testing.assert_allclose(f.likelihood.score(f.theta), 0.0, atol=1e-9)
    tiny = AutoRegression.fit(1e-60 * SWINGS, order=2, start="given")
    np.testing.assert_allclose(tiny.theta[1:3], phi, rtol=1e-10)


def test_an_autoregression_agrees_with_another_package(swings):
    from statsmodels.datasets import sunspots
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    def theirs(f):  # (intercept, phi, variance) of (mu, phi, sigma)
        mu, *phi, sigma = f.theta
        return [mu * (1 - sum(phi)), *phi, sigma**2]

    spots = sunspots.load_pandas().data["SUNACTIVITY"].to_numpy()
    for f in (swings, AutoRegression.fit(spots, order=9)):
        x, order = f.series.values, len(f.names) - 2
        model = SARIMAX(x, order=(order, 0, 0), trend="c")
        assert model.loglike(theirs(f)) == pytest.approx(f.log_likelihood, rel=1e-9)
        other = model.fit(disp=0, maxiter=200)
        assert f.log_likelihood >= other.llf - 1e-9
    smooth = SARIMAX(SWINGS, order=(2, 0, 0), trend="c").smooth(theirs(swings), cov_type="approx")
    np.testing.assert_allclose([swings.se["phi1"], swings.se["phi2"]], smooth.bse[1:3], rtol=1e-4)
    c = swings.delta(lambda mu, phi1, phi2: mu * (1 - phi1 - phi2))
    assert c.se == pytest.approx(smooth.bse[0], rel=1e-4)
    ahead, forecast = swings.predict(6), smooth.get_forecast(6)
    np.testing.assert_allclose(ahead.mean, forecast.predicted_mean, rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(ahead.var), forecast.se_mean, rtol=1e-9)
    np.testing.assert_allclose(
        swings.residuals(), smooth.standardized_forecasts_error[0], atol=1e-8
    )


def test_an_autoregression_has_the_inference_of_every_fit(swings):
    low, high = swings.ci(method="lr")["phi1"]
    heights = swings.likelihood.profile("phi1", np.array([low, high]))
    np.testing.assert_allclose(swings.log_likelihood - heights, 0.5 * 1.959964**2, rtol=1e-6)
    shorter = AutoRegression.fit(SWINGS, order=1)
    test = swings.test(phi2=0)
    assert lr_test(shorter, swings).statistic == pytest.approx(test.statistic, rel=1e-8)
    with pytest.raises(DataError, match="LocalLevel does not lie within AutoRegression"):
        lr_test(LocalLevel.fit(SWINGS), AutoRegression.fit(SWINGS, start="given"))
    table = compare([AutoRegression.fit(SWINGS, order=p) for p in (1, 2, 3)])
    assert table[0].name == "AutoRegression(2)"
    given = [AutoRegression.fit(SWINGS, order=p, start="given", given=3) for p in (1, 2, 3)]
    assert compare(given)[0].name == "AutoRegression(2)"
    with pytest.raises(DataError, match="different data"):
        compare([swings, given[0]])
    simulated = lr_test(shorter, swings, method="bootstrap", replicates=19, rng=0)
    assert simulated.p_value == pytest.approx(1 / 20)
    assert compare([LocalLevel], SWINGS).n == 119
    assert compare([AutoRegression.fit(SWINGS, start="given"), LocalLevel.fit(SWINGS)]).n == 119
    again = swings.bootstrap(40, rng=0)
    np.testing.assert_allclose(again.theta.std(axis=0), list(swings.se.values()), rtol=0.35)
    held = AutoRegression.fit(SWINGS, order=2, fixed={"mu": 5.0, "phi1": 1.2})
    assert held.names == ("phi2", "sigma")
    assert held.log_likelihood < swings.log_likelihood
    prior = AutoRegression.fit(SWINGS, order=2, prior={"mu": Normal(8.0, 0.01)})
    assert prior.params["mu"] == pytest.approx(8.0, abs=0.05)
    assert "exact" in swings.summary()
    assert swings.plot().shape == (2,)


def test_coefficients_and_partial_autocorrelations_are_each_other_turned_round():
    r = np.random.default_rng(0).uniform(-1, 1, (200, 5))
    phi = coefficients(r)
    np.testing.assert_allclose(partial_autocorrelations(phi), r, atol=1e-7)
    assert is_stationary(phi).all()
    roots = [np.abs(np.roots([1, *-p])).max() for p in 1.3 * phi]
    np.testing.assert_array_equal(is_stationary(1.3 * phi), np.array(roots) < 1)


def test_an_interval_makes_room_for_a_coefficient_among_the_others():
    # Held at 1.7, phi1 leaves phi2 only what lies below -0.7.
    for order, name, value in (
        (2, "phi1", 1.7),
        (2, "phi2", 0.95),
        (3, "phi2", 0.9),
        (4, "phi1", -3.0),
        (4, "phi2", 1.8),
    ):
        f = AutoRegression.fit(SWINGS, order=order, fixed={name: value})
        assert f.params[name] == value
        assert is_stationary(np.array([f.params[f"phi{k}"] for k in range(1, order + 1)]))
    with pytest.raises(DataError, match="between -2 and 2"):
        AutoRegression.fit(SWINGS, order=2, fixed={"phi1": 2.5})


@pytest.mark.parametrize("seed", range(3))
def test_no_place_is_higher_than_the_fit(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(6 + 2 * seed).cumsum()
    for order in (1, 2):
        f = AutoRegression.fit(x, order=order)
        r = np.sin(0.5 * np.pi * np.linspace(-0.99, 0.99, 61))
        phi = coefficients(np.stack(np.meshgrid(*[r] * order), axis=-1).reshape(-1, order))
        mu, scale = np.linspace(x.min(), x.max(), 21), np.geomspace(0.3, 3, 9)
        at = np.stack(np.meshgrid(mu, scale * f.params["sigma"]), axis=-1).reshape(-1, 1, 2)
        at, phi = np.broadcast_to(at, (189, len(phi), 2)), np.broadcast_to(phi, (189, *phi.shape))
        theta = np.concatenate([at[..., :1], phi, at[..., 1:]], axis=-1)
        assert f.log_likelihood >= f.likelihood.log_likelihood(theta).max() - 1e-9


def test_what_runs_to_the_edge_has_no_estimate_and_the_reason_is_said():
    t = np.arange(30.0)
    for x, order, words in (
        ((-1.0) ** t, 1, "recursion of order 1 exactly"),
        (np.cos(t), 2, "recursion of order 2 exactly"),
        (t[:6], 2, "towards the boundary"),
        ([1.0, 2.0], 1, "towards the boundary"),
        ([4, 4, 4, 4], 1, "all values are equal"),
    ):
        with pytest.raises(NoMLEError, match=words):
            AutoRegression.fit(x, order=order)
    for x, order, words in (
        (t, 1, "exactly"),
        ([2, 2, 2, 2, 3], 1, "do not determine"),
        ([1, 3, 2, 5], 2, "do not determine"),
    ):
        with pytest.raises(NoMLEError, match=words):
            AutoRegression.fit(x, order=order, start="given")
    walk = np.random.default_rng(0).standard_normal(200).cumsum()
    assert "are not Normal yet" in AutoRegression.fit(walk).summary()
    grows = AutoRegression.fit(1.1**t + 0.01 * np.cos(t * t), start="given")
    assert "not stationary" in grows.summary()
    with pytest.raises(DataError, match="no law"):
        grows.dist.sample(5, rng=0)
    assert grows.bootstrap(5, rng=0).batch_shape == (5,)


def test_members_are_made_by_name_and_drawn_from():
    d = AutoRegression(mu=5, phi1=0.9, phi2=-0.5, sigma=2)
    np.testing.assert_array_equal(d.sample(120, rng=2), SWINGS)
    assert LocalLevel(sigma2_irregular=1, sigma2_level=0).sample(5, rng=0).shape == (5,)
    for make in (
        lambda: AutoRegression(mu=0, phi1=0.9, phi2=0.5, sigma=1),
        lambda: AutoRegression(mu=0, sigma=1),
        lambda: AutoRegression(phi1=0.5, sigma=1),
        lambda: LocalLevel(0, 0),
        lambda: LocalLevel(-1, 1),
    ):
        with pytest.raises(DataError):
            make()


def test_what_is_no_autoregression_is_refused_in_words():
    for x, options, words in (
        (SWINGS, {"order": 0}, "order must be a whole number >= 1"),
        (SWINGS, {"order": 1.5}, "order must be a whole number"),
        (SWINGS, {"order": True}, "order must be a whole number"),
        (SWINGS, {"start": "conditional"}, "'stationary' or 'given'"),
        (SWINGS, {"given": 2}, "say start='given'"),
        (SWINGS, {"start": "given", "order": 2, "given": 1}, "whole number >= 2"),
        ([1.0, 2.0], {"order": 2}, "needs 3 or more"),
        ([[1.0, 2.0, 3.0], [1.0]], {}, "sequence 1 has 1 value"),
        ([1.0, np.nan, 2.0], {}, "NaN"),
        (np.ones((5, 2)), {}, "one-dimensional"),
        (1e-200 * SWINGS, {}, "other units"),
        (SWINGS, {"fixed": {"phi2": 0.1}}, "no parameter"),
    ):
        with pytest.raises(DataError, match=words):
            AutoRegression.fit(x, **options)
    assert AutoRegression.fit([3, 1, 4, 1, 5, 9, 2, 6]).n == 8


def test_a_sequence_of_two_values_has_one_difference():
    # The difference of two values is Normal with variance 2 irregular + level.
    fit = LocalLevel.fit([1.0, 3.0], fixed={"sigma2_irregular": 0})
    assert fit.params["sigma2_level"] == pytest.approx(4.0, rel=1e-9)
    pairs = [[0.0, 2.0], [1.0, 0.0], [5.0, 9.0]]
    fit = LocalLevel.fit(pairs, fixed={"sigma2_level": 1.0})
    assert fit.params["sigma2_irregular"] == pytest.approx((21.0 / 3.0 - 1.0) / 2.0, rel=1e-9)
    assert fit.log_likelihood == pytest.approx(
        Normal(0.0, np.sqrt(7.0)).log_prob([2.0, -1.0, 4.0]).sum(), rel=1e-12
    )


@pytest.mark.parametrize("held", [{"phi1": 1.0}, {"phi1": 0.4, "phi2": 0.6}])
def test_coefficients_that_pull_to_no_mean_leave_it_undetermined(held):
    x = np.cumsum(np.random.default_rng(0).normal(size=30))
    with pytest.raises(NoMLEError, match="add up to 1, so that values return to no mean"):
        AutoRegression.fit(x, order=len(held), start="given", fixed=held)
    f = AutoRegression.fit(x, order=len(held), start="given", fixed={**held, "mu": 0.0})
    assert f.names == ("sigma",)
    with pytest.raises(DataError, match="start='given' takes any number"):
        AutoRegression.fit(x, fixed={"phi1": 1.0})
