"""Intervals, tests and the delta method: closed forms, exact enumeration, and what must hold for every family."""

import functools

import numpy as np
import pytest
from families.members import FAMILIES, IRREGULAR, REGULAR, dataset, known
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

import mlecore as mle
from mlecore import DataError, RegularityError, inference
from mlecore.inference.information import in_own_units, invert

Z2 = stats.chi2.ppf(0.95, 1)
Z = np.sqrt(Z2)
ids = {"ids": lambda f: f.__name__}


@functools.cache
def fitted(family, n=60, times=1):
    """Return the fit to a sample of the family, each value so many times; the seed moves on until there is a maximum."""
    seed = 1
    while True:
        d, x = dataset(family, seed, n)
        try:
            return family.fit(x, np.full(n, times), fixed=known(d))
        except mle.NoMLEError:
            seed += 100


# -- what must hold for every family -------------------------------------------------------------------


@pytest.mark.parametrize("family", REGULAR, **ids)
def test_the_profile_has_dropped_by_half_the_quantile_at_both_ends(family):
    f = fitted(family)
    for (name, (low, high)), value in zip(f.ci(method="lr").items(), f.theta, strict=True):
        assert low < value < high
        ends = np.array([v for v in (low, high) if np.isfinite(v)])
        assert ends.size
        drop = 2 * (f.log_likelihood - f.likelihood.profile(name, ends))
        assert drop == pytest.approx(Z2, rel=1e-7)


@pytest.mark.parametrize("family", REGULAR, **ids)
def test_wald_and_likelihood_ratio_agree_in_large_samples(family):
    # A Laplace's log-likelihood has a corner at every observation, and comes near its parabola more slowly.
    f = fitted(family, n=20_000) if family is mle.Laplace else fitted(family, n=2000, times=10)
    wald, lr = f.ci(), f.ci(method="lr")
    bound = 0.3 if family is mle.Laplace else 0.12
    for name, se in f.se.items():
        assert np.subtract(wald[name], lr[name]) / se == pytest.approx([0, 0], abs=bound)


@pytest.mark.parametrize("family", REGULAR, **ids)
@pytest.mark.parametrize("method", ["wald", "lr"])
def test_a_batch_has_the_intervals_of_its_samples(family, method):
    n, rows = (60 if family is mle.MultivariateNormal else 40), 2
    d, x = dataset(family, 3, rows * n)
    x = x.reshape(rows, n, *x.shape[1:])
    together = family.fit(x, axis=1, fixed=known(d)).ci(0.9, method)
    for i in range(rows):
        if np.isnan(together[d.parameter_names[0]][0][i]):
            continue
        alone = family.fit(x[i], fixed=known(d)).ci(0.9, method)
        for name, ends in alone.items():
            assert [e[i] for e in together[name]] == pytest.approx(ends, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("family", REGULAR, **ids)
def test_each_test_gives_the_level_at_the_ends_of_its_interval(family):
    f = fitted(family)
    name = f.names[0]
    for method in ("wald", "lr"):
        for end in f.ci(0.9, method)[name]:
            domain = f.likelihood.layout.domain(int(f.likelihood.free[0]))
            if domain.event_ndim == 0 and not domain.contains(np.asarray(end)):
                continue  # a Wald interval may leave the domain
            assert f.test(method=method, **{name: end}).p_value == pytest.approx(0.1, rel=1e-6)


@pytest.mark.parametrize("family", REGULAR, **ids)
def test_the_three_statistics_agree_near_the_estimate_and_vanish_at_it(family):
    f = fitted(family, n=4000)
    for method in ("lr", "wald", "score"):
        here = f.test(method=method, **dict(zip(f.names, f.theta, strict=True)))
        assert here.statistic == pytest.approx(0.0, abs=1e-6)
        assert here.df == len(f.names)
    one = f.names[-1]
    near = {one: f.theta[-1] + 0.5 * f.se[one]}
    lr, wald, score = (f.test(method=m, **near).statistic for m in ("lr", "wald", "score"))
    assert wald == pytest.approx(0.25, rel=1e-9)
    # A Laplace's log-likelihood has corners, so its curve follows the parabola less closely.
    assert lr == pytest.approx(0.25, abs=0.1 if family is mle.Laplace else 0.03)
    assert score == pytest.approx(0.25, abs=0.1 if family in (mle.Laplace, mle.Cauchy) else 0.04)


@pytest.mark.parametrize("family", IRREGULAR, **ids)
def test_a_parameter_that_moves_the_support_is_refused_with_the_reason(family):
    _d, x = dataset(family, 1)
    f = family.fit(x)
    name = f.names[0]
    asked = [
        lambda: f.se,
        lambda: f.cov,
        lambda: f.covariance("sandwich"),
        f.ci,
        lambda: f.ci(method="lr"),
        lambda: f.ci(method="score"),
        lambda: f.ci(method="bootstrap"),
        lambda: f.delta(lambda *p: p[0]),
        *(
            lambda m=m: f.test(method=m, **{name: float(f.theta[0])})
            for m in ("lr", "wald", "score")
        ),
        lambda: family.fit(np.stack([x, x]), axis=1).se,
    ]
    for ask in asked:
        with pytest.raises(RegularityError, match="support"):
            ask()
    assert "no standard errors" in f.summary()


def test_what_is_left_is_regular_when_the_support_is_known():
    x = np.array([1.2, 1.5, 4.0, 2.2])
    f = mle.Pareto.fit(x, fixed={"scale": 1.0})
    rate = mle.Exponential.fit(np.log(x))
    assert f.ci(method="lr")["shape"] == pytest.approx(rate.ci(method="lr")["rate"], rel=1e-9)


# -- intervals in closed form -----------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "n"), [(0, 20), (1, 20), (2, 20), (10, 20), (20, 20), (3, 1000)])
def test_score_interval_of_a_proportion_is_wilsons(k, n):
    x = np.repeat([1.0, 0.0], [k, n - k])
    p = k / n
    centre = (p + Z2 / (2 * n)) / (1 + Z2 / n)
    half = Z / (1 + Z2 / n) * np.sqrt(p * (1 - p) / n + Z2 / (4 * n * n))
    truth = np.clip([centre - half, centre + half], 0, 1)
    assert mle.Bernoulli.fit(x).ci(method="score")["p"] == pytest.approx(truth, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("total", [0, 1, 7, 400])
def test_score_interval_of_a_rate_solves_its_quadratic(total):
    n = 5
    x = np.zeros(n)
    x[0] = total
    mean, c = total / n, Z2 / (2 * n)
    half = np.sqrt(c * c + 2 * c * mean)
    truth = [mean + c - half, mean + c + half]
    assert mle.Poisson.fit(x).ci(method="score")["rate"] == pytest.approx(
        truth, rel=1e-9, abs=1e-12
    )


def test_score_interval_of_a_mean_is_the_usual_one():
    x = np.array([1.0, 2.0, 4.5])
    f = mle.Normal.fit(x, fixed={"sigma": 2.0})
    truth = x.mean() + np.array([-1, 1]) * Z * 2.0 / np.sqrt(3)
    for method in ("wald", "lr", "score"):
        assert f.ci(method=method)["mu"] == pytest.approx(truth, rel=1e-9)


@pytest.mark.parametrize("k", [0, 1, 7, 19, 20])
def test_likelihood_ratio_interval_of_a_proportion_solves_its_equation(k):
    n = 20

    def drop(p):
        return 2 * (
            special.xlogy(k, k / n)
            + special.xlogy(n - k, 1 - k / n)
            - special.xlogy(k, p)
            - special.xlogy(n - k, 1 - p)
        )

    low = 0.0 if k == 0 else optimize.brentq(lambda p: drop(p) - Z2, 1e-12, k / n, xtol=1e-14)
    high = 1.0 if k == n else optimize.brentq(lambda p: drop(p) - Z2, k / n, 1 - 1e-12, xtol=1e-14)
    x = np.repeat([1.0, 0.0], [k, n - k])
    assert mle.Bernoulli.fit(x).ci(method="lr")["p"] == pytest.approx((low, high), rel=1e-9)
    binomial = mle.Binomial.fit([k], fixed={"n": n})
    assert binomial.ci(method="lr")["p"] == pytest.approx((low, high), rel=1e-8)


def test_profile_interval_of_a_normal_mean_is_in_closed_form():
    x = np.random.default_rng(0).normal(3.0, 2.0, 17)
    half = x.std() * np.sqrt(np.expm1(Z2 / 17))
    f = mle.Normal.fit(x)
    assert f.ci(method="lr")["mu"] == pytest.approx((x.mean() - half, x.mean() + half), rel=1e-10)


def test_wald_interval_on_the_natural_scale_stays_inside_the_domain():
    f = mle.Bernoulli.fit([1] + [0] * 9)
    low, high = f.ci(scale="identity")["p"]
    assert low < 0
    low, high = f.ci(scale="natural")["p"]
    logit, se = np.log(0.1 / 0.9), 1 / np.sqrt(10 * 0.1 * 0.9)
    assert (low, high) == pytest.approx(tuple(special.expit([logit - Z * se, logit + Z * se])))
    g = mle.Exponential.fit([1.0, 2.0, 6.0])
    assert g.ci(scale="natural")["rate"] == pytest.approx(
        tuple(np.exp([np.log(1 / 3) - Z / np.sqrt(3), np.log(1 / 3) + Z / np.sqrt(3)]))
    )


@pytest.mark.parametrize("level", [1e-6, 0.5, 0.999999, 1 - 1e-13])
def test_any_level_has_its_quantile(level):
    z = inference.normal_quantile(level)
    assert special.erfc(z / np.sqrt(2)) == pytest.approx(1 - level, rel=1e-9)


# -- sides without an end, boundaries, and shapes that mislead a search ------------------------------------------


def test_a_side_on_which_the_profile_stays_high_is_infinite():
    counts = mle.NegativeBinomial.fit([0, 1, 2, 0, 3, 0, 5])
    low, high = counts.ci(method="lr")["size"]
    assert high == np.inf
    limit = mle.Poisson.fit([0, 1, 2, 0, 3, 0, 5]).log_likelihood
    assert 2 * (counts.log_likelihood - limit) < Z2  # even at infinity it has not dropped enough
    x = np.random.default_rng(1).standard_t(20, size=60)
    t = mle.StudentT.fit(x)
    low, high = t.ci(method="lr")["df"]
    assert (low > 1, high) == (True, np.inf)
    assert 2 * (t.log_likelihood - mle.Normal.fit(x).log_likelihood) < Z2
    assert t.ci(0.5, "lr")["df"][1] < np.inf or 2 * (
        t.log_likelihood - mle.Normal.fit(x).log_likelihood
    ) < stats.chi2.ppf(0.5, 1)


def test_a_score_that_never_grows_steep_enough_has_no_upper_end():
    # The root tends to 0.316 as the size grows, until the information underflows at 1e80.
    f = mle.NegativeBinomial.fit([0, 2, 2, 0, 0], fixed={"mu": 0.8})
    low, high = f.ci(0.9, "score")["size"]
    assert (low, high) == (pytest.approx(0.08128696225877358, rel=1e-9), np.inf)
    assert f.test(method="score", size=1e20).statistic == pytest.approx(0.1, rel=1e-6)


def test_an_estimate_on_the_boundary_has_likelihood_and_score_intervals_but_no_wald():
    for f, name in [
        (mle.Poisson.fit([0, 0, 0]), "rate"),
        (mle.Bernoulli.fit([0] * 8), "p"),
        (mle.Bernoulli.fit([1] * 8), "p"),
        (mle.Geometric.fit([1] * 8), "p"),
    ]:
        assert f.ci(method="lr")[name][0] < f.ci(method="lr")[name][1]
        assert f.ci(method="score")[name][0] < f.ci(method="score")[name][1]
        for refuse in (f.ci, lambda f=f: f.se, lambda f=f: f.covariance("expected")):
            with pytest.raises(RegularityError, match="boundary"):
                refuse()
        with pytest.raises(RegularityError, match="boundary"):
            f.test(method="wald", **{name: 0.5})
    # The likelihood-ratio end at zero counts: exp(-n rate) = exp(-z^2 / 2); for 0 of n: (1 - p)^n.
    assert mle.Poisson.fit([0, 0, 0]).ci(method="lr")["rate"] == pytest.approx(
        (0.0, Z2 / 6), abs=1e-12
    )
    high = -np.expm1(-Z2 / 16)
    assert mle.Bernoulli.fit([0] * 8).ci(method="lr")["p"] == pytest.approx((0.0, high), abs=1e-12)
    assert mle.Bernoulli.fit([1] * 8).ci(method="lr")["p"] == pytest.approx(
        (1 - high, 1.0), abs=1e-12
    )


def test_an_empty_class_has_an_interval_from_zero():
    f = mle.Categorical.fit([0, 0, 2, 2, 2])
    low, high = f.ci(method="lr")["p1"]
    assert low == 0.0
    assert high == pytest.approx(
        -np.expm1(-Z2 / 10), rel=1e-9
    )  # (1 - p)^5 as for no success in five


@pytest.mark.parametrize(
    "counts", [(20, 0, 0), (0, 20, 0), (0, 0, 0, 20), (20, 0, 0, 0, 0), (8, 0, 0, 12), (8, 0, 0)]
)
def test_any_number_of_empty_classes_have_intervals_from_zero(counts):
    n = sum(counts)
    f = mle.Categorical.fit(np.arange(len(counts)), weights=counts)
    for (low, high), k in zip(f.ci(method="lr").values(), counts[1:], strict=True):
        # With the other classes in proportion, the profile is that of k successes in n.
        one = mle.Binomial.fit([k], fixed={"n": n}).ci(method="lr")["p"]
        assert (low, high) == pytest.approx(one, rel=1e-8, abs=1e-15)


@pytest.mark.parametrize("level", [0.5, 0.95])
@pytest.mark.parametrize("counts", [(0, 41, 9), (0, 24, 1), (0, 0, 2, 3), (0, 3, 3, 2)])
def test_rounding_beside_an_empty_class_0_is_not_taken_for_the_end(counts, level):
    f = mle.Categorical.fit(np.arange(len(counts)), weights=counts)
    ends = f.ci(level, "lr")
    for (low, high), k in zip(ends.values(), counts[1:], strict=True):
        one = mle.Binomial.fit([k], fixed={"n": sum(counts)}).ci(level, "lr")["p"]
        assert (low, high) == pytest.approx(one, rel=1e-8, abs=1e-15)


@pytest.mark.parametrize("counts", [(20, 0), (0, 20), (17, 3)])
def test_score_interval_of_two_classes_is_wilsons(counts):
    two = mle.Categorical.fit([0, 1], weights=counts).ci(method="score")["p1"]
    one = mle.Bernoulli.fit([0, 1], weights=counts).ci(method="score")["p"]
    assert two == pytest.approx(one, rel=1e-9, abs=1e-15)


def test_one_row_of_a_batch_that_has_no_interval_does_not_stop_the_others():
    x = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 0.0]])
    f = mle.Poisson.fit(x, axis=1)
    low, _high = f.ci()["rate"]
    assert np.isnan(low).tolist() == [True, False]
    assert f.ci(method="lr")["rate"][1] == pytest.approx(
        [Z2 / 6, mle.Poisson.fit(x[1]).ci(method="lr")["rate"][1]]
    )
    g = mle.Normal.fit(np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 3.0]]), axis=1)
    assert np.isnan(g.ci(method="lr")["mu"][0]).tolist() == [True, False]
    assert np.isnan(g.test(mu=0.0).p_value).tolist() == [True, False]


def test_an_angle_has_an_interval_of_at_most_a_whole_turn():
    spread = mle.VonMises.fit([0.1, 2.0, 4.0, 5.0])
    low, high = spread.ci(method="lr")["mu"]
    assert high - low == pytest.approx(2 * np.pi)
    tight = mle.VonMises.fit([0.1, 0.2, 0.4, -0.1])
    low, high = tight.ci(method="lr")["mu"]
    assert high - low < 1.0


def test_a_direction_that_is_not_identified_has_the_whole_turn():
    f = mle.VonMises.fit(np.arange(8) * np.pi / 4)
    assert f.params["kappa"] == 0.0
    ends = f.ci(method="lr")
    assert ends["mu"] == pytest.approx((-np.pi, np.pi))
    given = mle.VonMises.fit(np.arange(8) * np.pi / 4, fixed={"mu": 0.0})
    assert ends["kappa"] == pytest.approx(given.ci(method="lr")["kappa"])
    level = mle.VonMises.fit([0.1, 2.0, 1.0], fixed={"kappa": 0.0})
    for method in ("lr", "score"):
        low, high = level.ci(method=method)["mu"]
        assert high - low == pytest.approx(2 * np.pi)


def test_walds_distance_to_a_direction_is_the_shorter_way_round():
    f = mle.VonMises.fit([3.0, -3.0, -3.1, 3.1, -2.9])
    away = f.params["mu"] + 2 * np.pi - 3.1
    assert 0 < away < 0.2
    expected = (away / f.se["mu"]) ** 2
    for turns in (-1, 0, 2):
        t = f.test(method="wald", mu=3.1 + 2 * np.pi * turns)
        assert t.statistic == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("unit", [1e-300, 1e-160, 1e-151, 1.0, 1e151, 1e160, 1e299])
@pytest.mark.parametrize(
    ("family", "powers"),
    [
        (mle.Normal, (1, 1)),
        (mle.Gamma, (0, -1)),
        (mle.Weibull, (0, 1)),
        (mle.Exponential, (-1,)),
        (mle.InverseGaussian, (1, 1)),
        (mle.Cauchy, (1, 1)),
        (mle.Gumbel, (1, 1)),
    ],
    ids=lambda p: getattr(p, "__name__", ""),
)
def test_standard_errors_follow_the_units(family, powers, unit):
    x = np.array([1.0, 2.0, 4.0, 1.5, 2.5])
    plain, scaled = family.fit(x), family.fit(x * unit)
    for (name, se), power in zip(plain.se.items(), powers, strict=True):
        factor = unit**power
        assert scaled.se[name] / factor == pytest.approx(se, rel=1e-6)
        assert np.array(scaled.ci()[name]) / factor == pytest.approx(plain.ci()[name], rel=1e-6)
        null = plain.params[name] + 0.5 * se
        wald = scaled.test(method="wald", **{name: null * factor})
        assert wald.statistic == pytest.approx(0.25, rel=1e-6)
    name, power = plain.names[-1], powers[-1]
    logarithm = scaled.delta(lambda **params: np.log(params[name]))
    assert logarithm.se == pytest.approx(plain.se[name] / plain.params[name], rel=1e-6)


def test_extreme_units_in_a_batch_leave_the_other_rows_alone():
    x = np.random.default_rng(3).normal(size=(3, 30))
    units = np.array([1e300, 1.0, 1e-300])
    plain, scaled = mle.Normal.fit(x, axis=1), mle.Normal.fit(x * units[:, None], axis=1)
    for name in plain.names:
        assert scaled.se[name] / units == pytest.approx(plain.se[name], rel=1e-9)
    assert np.isnan(scaled.cov).any(axis=(-2, -1)).tolist() == [True, False, True]
    assert scaled.cov[1] == pytest.approx(plain.cov[1], rel=1e-12)


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_what_no_double_can_hold_is_refused_in_words(unit):
    x = np.array([1.0, 2.0, 4.0, 1.5, 2.5]) * unit
    for ask in (
        lambda: mle.Normal.fit(x).cov,
        lambda: mle.Normal.fit(x).covariance("expected"),
        lambda: mle.Normal.fit(x).covariance("sandwich"),
    ):
        with pytest.raises(RegularityError, match="range of doubles"):
            ask()


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_what_the_expected_information_gives_follows_the_unit(unit):
    x = np.array([1.0, 2.0, 4.0, 1.5, 2.5])
    plain, scaled = mle.Laplace.fit(x).se, mle.Laplace.fit(unit * x).se
    assert [v / unit for v in scaled.values()] == pytest.approx(list(plain.values()))
    plain = mle.Exponential.fit(x).ci(method="score")["rate"]
    scaled = mle.Exponential.fit(unit * x).ci(method="score")["rate"]
    assert [v * unit for v in scaled] == pytest.approx(plain)


def test_an_interval_of_a_mean_of_zero_is_found_at_any_scale():
    for unit in (1e-300, 1.0, 1e300):
        low, high = mle.Normal.fit(np.array([-2.0, -1.0, 1.0, 2.0]) * unit).ci(method="lr")["mu"]
        half = np.sqrt(2.5) * np.sqrt(np.expm1(Z2 / 4))
        assert np.array([low, high]) / unit == pytest.approx([-half, half], rel=1e-9)


def test_of_accepted_values_in_pieces_the_interval_is_the_one_around_the_estimate():
    f = mle.Cauchy.fit([-9.0, -9.5, -10.0, 9.0, 9.4, 10.3], fixed={"scale": 0.5})
    low, high = f.ci(0.99, "lr")["loc"]
    assert -11 < low < high < 0
    drop = 2 * (f.log_likelihood - f.likelihood.profile("loc", [low, 0.0, 9.2, high]))
    quantile = stats.chi2.ppf(0.99, 1)
    assert drop[[0, 3]] == pytest.approx(quantile, rel=1e-7)
    assert drop[1] > quantile > drop[2]


@pytest.mark.parametrize("unit", [1e-300, 1e-9, 1.0, 1e9, 1e299])
def test_likelihood_ratio_intervals_do_not_depend_on_units(unit):
    x = np.array([1.0, 2.0, 4.0, 1.5])
    for family, powers in [
        (mle.Normal, (1, 1)),
        (mle.Gamma, (0, -1)),
        (mle.Weibull, (0, 1)),
        (mle.Laplace, (1, 1)),
    ]:
        plain = family.fit(x).ci(method="lr")
        scaled = family.fit(x * unit).ci(method="lr")
        for (name, ends), power in zip(plain.items(), powers, strict=True):
            assert np.array(scaled[name]) / unit**power == pytest.approx(ends, rel=1e-8)


def test_intervals_by_likelihood_do_not_depend_on_how_the_model_is_written():
    x = np.random.default_rng(4).gamma(3.0, 2.0, 30)
    gamma, inverse = mle.Gamma.fit(x), mle.InverseGamma.fit(1 / x)
    a, b = gamma.ci(method="lr"), inverse.ci(method="lr")
    assert a["shape"] == pytest.approx(b["shape"], rel=1e-9)
    assert a["rate"] == pytest.approx(b["scale"], rel=1e-9)
    normal, log_normal = mle.Normal.fit(np.log(x)), mle.LogNormal.fit(x)
    for name in ("mu", "sigma"):
        assert normal.ci(method="lr")[name] == pytest.approx(
            log_normal.ci(method="lr")[name], rel=1e-9
        )
    weibull, gumbel = mle.Weibull.fit(x), mle.Gumbel.fit(-np.log(x))
    low, high = gumbel.ci(method="lr")["scale"]
    assert weibull.ci(method="lr")["shape"] == pytest.approx((1 / high, 1 / low), rel=1e-7)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(0.01, 100.0), min_size=2, max_size=12, unique=True), st.floats(0.5, 0.999)
)
def test_interval_of_an_exponential_rate_solves_its_equation_for_any_data(x, level):
    # With r = rate * mean the drop is 2 n (r - 1 - log r), whatever the data.
    f = mle.Exponential.fit(x)
    low, high = f.ci(level, "lr")["rate"]
    quantile = stats.chi2.ppf(level, 1)
    for end in (low, high):
        r = end * np.mean(x)
        assert 2 * len(x) * (r - 1 - np.log(r)) == pytest.approx(quantile, rel=1e-6)


def test_intervals_by_likelihood_of_a_rate_are_those_of_its_scale_turned_over():
    x = np.random.default_rng(6).exponential(3.0, 25)
    low, high = mle.Exponential.fit(x).ci(method="lr")["rate"]
    scale = mle.Weibull.fit(x, fixed={"shape": 1.0})
    assert scale.ci(method="lr")["scale"] == pytest.approx((1 / high, 1 / low), rel=1e-9)
    rate = mle.Gamma.fit(x, fixed={"shape": 1.0})
    assert rate.ci(method="lr")["rate"] == pytest.approx((low, high), rel=1e-9)
    assert rate.ci(method="score")["rate"] == pytest.approx(
        mle.Exponential.fit(x).ci(method="score")["rate"], rel=1e-9
    )


@pytest.mark.parametrize("family", REGULAR, **ids)
def test_weights_of_three_are_three_equal_observations(family):
    d, x = dataset(family, 11, 40)
    weighted = family.fit(x, np.full(len(x), 3.0), fixed=known(d))
    tripled = family.fit(np.concatenate([x, x, x]), fixed=known(d))
    name = weighted.names[0]
    null = {name: weighted.theta[0] + 0.3 * weighted.se[name]}
    for method in ("wald", "lr"):
        for ends, others in zip(
            weighted.ci(method=method).values(), tripled.ci(method=method).values(), strict=True
        ):
            assert ends == pytest.approx(others, rel=1e-6, abs=1e-9)
    for method in ("wald", "lr", "score"):
        statistic = weighted.test(method=method, **null).statistic
        assert statistic == pytest.approx(
            tripled.test(method=method, **null).statistic, rel=1e-5, abs=1e-8
        )
    if not family.information_only_expected:
        assert weighted.covariance("sandwich") == pytest.approx(
            tripled.covariance("sandwich"), rel=1e-6, abs=1e-9
        )


def test_intervals_and_tests_agree_with_statsmodels():
    from statsmodels.stats.proportion import proportion_confint
    from statsmodels.stats.rates import confint_poisson, test_poisson

    x = np.repeat([1.0, 0.0], [7, 43])
    for method, theirs in (("wald", "normal"), ("score", "wilson")):
        expected = proportion_confint(7, 50, method=theirs)
        assert mle.Bernoulli.fit(x).ci(method=method)["p"] == pytest.approx(expected, rel=1e-9)
    f = mle.Poisson.fit([7, 0, 0, 0, 0])
    for method in ("wald", "score"):
        assert f.ci(method=method)["rate"] == pytest.approx(
            confint_poisson(7, 5, method=method), rel=1e-9
        )
        p = test_poisson(7, 5, value=2.0, method=method).pvalue
        assert f.test(method=method, rate=2.0).p_value == pytest.approx(p, rel=1e-9)


# -- coverage by exact enumeration ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "published"), [("wald", 0.876), ("score", 0.957), ("lr", 0.867)]
)
def test_exact_coverage_of_a_proportion(method, published):
    n, p = 20, 0.1
    covered = 0.0
    for k in range(n + 1):
        f = mle.Binomial.fit([k], fixed={"n": n})
        try:
            low, high = f.ci(method=method)["p"]
        except RegularityError:
            continue  # a refused interval is a miss
        covered += stats.binom.pmf(k, n, p) * (low <= p <= high)
    assert covered == pytest.approx(published, abs=5e-4)


# -- tests -------------------------------------------------------------------------------------------------------------


def test_mendels_peas():
    d = mle.datasets.load("peas")
    counts = np.array([315.0, 101.0, 108.0, 32.0])
    f = mle.Categorical.fit([0, 1, 2, 3], weights=counts)
    null = np.array([9, 3, 3, 1]) / 16
    lr, score = f.test(probs=null), f.test(probs=null, method="score")
    assert len(d) == 4
    assert (lr.df, round(lr.statistic, 4), round(score.statistic, 4)) == (3, 0.4754, 0.4700)
    pearson = stats.chisquare(counts, 556 * null)
    assert (score.statistic, score.p_value) == pytest.approx((pearson.statistic, pearson.pvalue))
    wald = ((counts - 556 * null) ** 2 / counts).sum()  # Neyman's chi-square
    assert f.test(probs=null, method="wald").statistic == pytest.approx(wald)


def test_normal_mean_with_its_nuisance_in_closed_form_and_in_order():
    x = np.random.default_rng(2).normal(1.0, 2.0, 25)
    f = mle.Normal.fit(x)
    square = ((x.mean() - 0.2) / x.std()) ** 2
    lr, wald, score = (f.test(mu=0.2, method=m).statistic for m in ("lr", "wald", "score"))
    assert wald == pytest.approx(25 * square)
    assert lr == pytest.approx(25 * np.log1p(square))
    assert score == pytest.approx(25 * square / (1 + square))
    assert score < lr < wald


def test_two_parameters_at_once():
    x = np.random.default_rng(3).normal(1.0, 2.0, 25)
    f = mle.Normal.fit(x)
    t = f.test(mu=1.0, sigma=2.0)
    direct = 2 * (f.log_likelihood - stats.norm(1.0, 2.0).logpdf(x).sum())
    assert (t.statistic, t.df) == (pytest.approx(direct), 2)
    assert t.p_value == pytest.approx(np.exp(-direct / 2))  # chi-square with 2 degrees of freedom


def test_a_hypothesis_may_be_a_grid():
    x = [1.0, 2.0, 4.0, 3.0]
    f = mle.Gamma.fit(x)
    shapes = np.array([1.0, 2.0, 5.0])
    for method in ("lr", "wald", "score"):
        together = f.test(shape=shapes, method=method)
        alone = [f.test(shape=s, method=method).p_value for s in shapes]
        assert together.p_value == pytest.approx(alone)


@pytest.mark.parametrize("method", ["lr", "wald", "score"])
def test_a_true_hypothesis_is_rejected_as_often_as_the_level_says(method):
    d = mle.Gamma(shape=2.0, rate=3.0)
    x = d.sample((4000, 400), rng=np.random.default_rng(8))
    f = mle.Gamma.fit(x, axis=1)
    for null in ({"shape": 2.0}, {"shape": 2.0, "rate": 3.0}):
        rejected = (f.test(method=method, **null).p_value < 0.05).mean()
        assert abs(rejected - 0.05) < 5 * np.sqrt(0.05 * 0.95 / 4000)


def test_a_false_hypothesis_is_rejected():
    x = mle.Gamma(shape=2.0, rate=3.0).sample(400, rng=1)
    for method in ("lr", "wald", "score"):
        assert mle.Gamma.fit(x).test(shape=1.0, method=method).p_value < 1e-6


def test_the_boundary_as_a_hypothesis():
    mixed, none = mle.Bernoulli.fit([1, 1, 0]), mle.Bernoulli.fit([0, 0, 0])
    assert (mixed.test(p=0.0).statistic, mixed.test(p=0.0).p_value) == (np.inf, 0.0)
    assert none.test(p=0.0).statistic == 0.0
    assert none.test(p=0.0).p_value == 1.0
    with pytest.raises(RegularityError, match="infinite"):
        mixed.test(p=0.0, method="score")


@pytest.mark.parametrize(
    ("null", "words"),
    [
        ({"scale": 1.0}, "no parameter 'scale'"),
        ({"shape": -1.0}, "> 0"),
        ({"rate": 1.0}, "fixed in this fit"),
        ({}, "say what to test"),
    ],
)
def test_a_hypothesis_that_is_none_is_refused_in_words(null, words):
    f = mle.Gamma.fit([1.0, 2.0, 4.0], fixed={"rate": 1.0})
    for method in ("lr", "wald", "score"):
        with pytest.raises(DataError, match=words):
            f.test(method=method, **null)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda f: f.ci(1.5), "level"),
        (lambda f: f.ci("95%"), "level"),
        (lambda f: f.ci(method="normal"), "method"),
        (lambda f: f.ci(scale="log"), "scale"),
        (lambda f: f.ci(method="lr", scale="natural"), "every scale"),
        (lambda f: f.test(shape=1, method="f"), "method"),
        (lambda f: f.covariance("robust"), "kind"),
    ],
)
def test_a_question_that_is_none_is_refused_in_words(ask, words):
    with pytest.raises(DataError, match=words):
        ask(mle.Gamma.fit([1.0, 2.0, 4.0]))


def test_a_score_interval_is_for_one_parameter():
    with pytest.raises(RegularityError, match="shape, rate"):
        mle.Gamma.fit([1.0, 2.0, 4.0]).ci(method="score")
    assert mle.Gamma.fit([1.0, 2.0, 4.0], fixed={"shape": 2.0}).ci(method="score")["rate"][0] > 0


def test_a_test_result_says_what_it_is():
    t = mle.Exponential.fit([1.0, 3.0]).test(rate=1.0)
    assert repr(t).startswith("Likelihood-ratio test of rate = 1: statistic ")
    assert "p-value" not in repr(t)
    assert t._repr_html_().startswith("<p")
    assert inference.TestResult.__test__ is False


# -- covariance ----------------------------------------------------------------------------------------------------------


def test_three_covariances_of_a_rate():
    x = np.array([0.0, 1.0, 1.0, 4.0, 9.0])
    f = mle.Poisson.fit(x)
    assert f.cov == pytest.approx(np.array([[x.mean() / 5]]))
    assert f.covariance("expected") == pytest.approx(f.cov)
    assert f.covariance("sandwich") == pytest.approx(np.array([[x.var() / 5]]))
    weighted = mle.Poisson.fit([0.0, 1.0, 4.0, 9.0], weights=[1, 2, 1, 1])
    assert weighted.covariance("sandwich") == pytest.approx(f.covariance("sandwich"))


@pytest.mark.parametrize("family", [f for f in REGULAR if not f.information_only_expected], **ids)
def test_sandwich_agrees_with_the_information_when_the_model_is_right(family):
    f = fitted(family, n=20_000)
    sandwich, observed = f.covariance("sandwich"), f.cov
    size = np.sqrt(np.diag(observed))
    assert sandwich / np.outer(size, size) == pytest.approx(
        observed / np.outer(size, size), abs=0.12
    )


@pytest.mark.parametrize("kind", ["observed", "sandwich"])
def test_a_log_likelihood_without_curvature_has_no_observed_information(kind):
    f = mle.Laplace.fit([1.0, 2.0, 4.0, 8.0])
    with pytest.raises(RegularityError, match=r"no curvature.*covariance\('expected'\)"):
        f.covariance(kind)
    # By default it is the expected information, and says so.
    assert np.array_equal(f.cov, f.covariance("expected"))
    assert "expected" in type(f).se.__doc__


def inverse(information, skip=False):
    return invert(in_own_units(information), np.asarray(skip)).matrix()


def test_a_singular_information_is_refused_not_inverted():
    with pytest.raises(RegularityError, match="singular"):
        inverse(np.array([[1.0, 1.0], [1.0, 1.0]]))
    batch = np.array([[[1.0, 1.0], [1.0, 1.0]], [[2.0, 0.0], [0.0, 4.0]]])
    both = inverse(batch, [False, False])
    assert np.isnan(both[0]).all()
    assert both[1] == pytest.approx(np.diag([0.5, 0.25]))
    tiny = inverse(np.diag([1e-280, 1e280]))
    assert np.diag(tiny) == pytest.approx([1e280, 1e-280])


# -- delta method ----------------------------------------------------------------------------------------------------------


def test_the_mean_of_a_gamma_has_the_error_of_a_mean():
    x = np.random.default_rng(5).gamma(2.0, 3.0, 50)
    f = mle.Gamma.fit(x)
    d = f.delta(lambda shape, rate: shape / rate)
    assert d.estimate == pytest.approx(x.mean())
    assert d.se == pytest.approx(np.sqrt(f.dist.var / 50), rel=1e-9)
    assert d.ci == pytest.approx((d.estimate - Z * d.se, d.estimate + Z * d.se))
    estimate, se, (low, high) = d
    assert (estimate, se, low, high) == (d.estimate, d.se, *d.ci)


def test_a_function_may_take_some_parameters_by_name_or_all_in_order():
    f = mle.Gamma.fit([1.0, 2.0, 4.0])
    by_name = f.delta(lambda rate, shape: shape / rate)
    in_order = f.delta(lambda a, b: a / b)
    assert by_name == in_order
    assert f.delta(np.divide) == in_order
    assert f.delta(lambda rate: rate).se == pytest.approx(f.se["rate"], rel=1e-9)
    assert f.delta(lambda rate, power=2: rate**power).estimate == f.params["rate"] ** 2
    for wrong in (lambda rate, other: rate, lambda a: a, lambda a, b, c: a):
        with pytest.raises(DataError, match="shape, rate"):
            f.delta(wrong)


def test_a_function_may_take_all_parameters_by_name():
    fit = mle.Gamma.fit([1.0, 2.0, 4.0, 4.5])
    mean = fit.delta(lambda **params: params["shape"] / params["rate"])
    assert mean == fit.delta(lambda shape, rate: shape / rate)
    assert mean == fit.delta(lambda shape, **others: shape / others["rate"])
    assert mean == fit.delta(lambda *values, **_: values[0] / values[1])


@pytest.mark.parametrize("method", ["wald", "lr", "score"])
def test_with_everything_fixed_there_is_no_interval_to_give(method):
    fit = mle.Gamma.fit([1.0, 2.0], fixed={"shape": 2, "rate": 3})
    assert fit.ci(method=method) == {}
    assert fit.ci(scale="natural") == {}
    with pytest.raises(DataError, match=r"free are \(none\)"):
        fit.test(shape=1)


def test_the_logarithm_gives_the_interval_on_the_natural_scale():
    f = mle.Weibull.fit([1.0, 2.0, 4.0, 9.0])
    for name in f.names:
        d = f.delta(lambda shape, scale, name=name: np.log({"shape": shape, "scale": scale}[name]))
        assert np.exp(d.ci) == pytest.approx(f.ci(scale="natural")[name], rel=1e-8)


def test_a_function_need_not_be_analytic_and_may_return_several_values():
    x = np.array([-1.0, 0.5, 0.2, 2.0])
    f = mle.Normal.fit(x)
    assert f.delta(lambda mu: abs(mu)).se == pytest.approx(f.se["mu"], rel=1e-9)
    several = f.delta(lambda mu, sigma: np.array([mu, sigma, mu + sigma]))
    assert several.se[:2] == pytest.approx(list(f.se.values()), rel=1e-9)
    assert several.se[2] == pytest.approx(np.sqrt(f.cov.sum()), rel=1e-9)


def test_the_slope_has_nine_digits_at_any_scale_and_size():
    for scale in (1e-120, 1.0, 1e120):
        for n in (5, 100_000):
            f = mle.Exponential.fit(mle.Exponential.statistics(np.full(n, scale)))
            d = f.delta(lambda rate: 1 / rate)
            assert d.se == pytest.approx(scale / np.sqrt(n), rel=1e-9)


def test_functions_of_vectors_and_of_batches():
    f = mle.Categorical.fit([0, 1, 1, 2, 2, 2])
    d = f.delta(lambda probs: probs[..., 2] - probs[..., 0])
    p = f.params["probs"]
    assert d.estimate == pytest.approx(p[2] - p[0])
    variance = (p[2] + p[0] - (p[2] - p[0]) ** 2) / 6
    assert d.se == pytest.approx(np.sqrt(variance), rel=1e-9)
    x = np.random.default_rng(0).exponential(size=(4, 30))
    batch = mle.Exponential.fit(x, axis=1).delta(lambda rate: 1 / rate)
    assert batch.estimate == pytest.approx(x.mean(axis=1))
    assert batch.se == pytest.approx(x.mean(axis=1) / np.sqrt(30), rel=1e-9)


def test_a_known_parameter_is_a_constant():
    f = mle.Binomial.fit([3, 4, 6], fixed={"n": 10})
    d = f.delta(lambda n, p: n * p)
    assert d.estimate == pytest.approx(13 / 3)
    assert d.se == pytest.approx(10 * f.se["p"], rel=1e-9)


def test_a_flat_or_undefined_function_is_refused():
    f = mle.Normal.fit([-1.0, 0.0, 1.0])
    with pytest.raises(RegularityError, match="flat"):
        f.delta(lambda mu: 0.0 * mu + 3.0)
    with pytest.raises(DataError, match="finite"):
        f.delta(lambda mu: np.log(mu))


# -- invariance ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES, **ids)
def test_a_moments_fit_offers_no_inference_from_the_likelihood(family):
    d, x = dataset(family, 2)
    try:
        f = family.fit(x, fixed=known(d), method="moments")
    except RegularityError:
        return  # the family has no such estimate, and says so
    for ask in (
        lambda: f.se,
        lambda: f.aic,
        lambda: f.bic,
        f.ci,
        lambda: f.ci(method="lr"),
        lambda: f.test(**{f.names[0]: 1.0}),
        lambda: f.delta(lambda *p: p[0]),
    ):
        with pytest.raises(RegularityError, match="moments"):
            ask()


def test_a_bootstrap_interval_of_an_angle_does_not_go_round_the_circle():
    x = mle.VonMises(np.pi - 0.05, 3.0).sample(60, rng=1)
    f = mle.VonMises.fit(x)
    low, high = f.ci(method="bootstrap", rng=1)["mu"]
    assert low < f.params["mu"] < high
    assert high - low == pytest.approx(np.ptp(f.ci()["mu"]), rel=0.2)


def test_a_summary_does_not_miss_the_standard_errors_that_it_shows():
    f = mle.Normal.fit(np.array([1.0, 2.0, 3.0]) * 1e300)
    assert f.se["mu"] > 0
    assert "no standard errors" not in f.summary()
    assert "no standard errors" in mle.Uniform.fit([1.0, 2.0]).summary()


def test_the_likelihood_of_classes_is_highest_where_the_family_says_even_beside_an_empty_class():
    L = mle.Likelihood(mle.Categorical, [1.0, 1, 1, 2, 2])
    top = L.maximize()
    assert top.converged
    np.testing.assert_array_equal(top.params["probs"], [0.0, 0.6, 0.4])
    assert L.profile("p1", [0.6])[0] == pytest.approx(top.log_likelihood, rel=1e-14)
    assert L.profile("p1", [0.2])[0] == pytest.approx(3 * np.log(0.2) + 2 * np.log(0.8), rel=1e-14)
