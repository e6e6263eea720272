"""What the shared suite cannot know of Student's t: its limits, its edge at one degree of freedom, many digits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from mlecore import Cauchy, Likelihood, NoMLEError, Normal, RegularityError, StudentT, datasets
from mlecore.families.tail_sums import gamma_ratio

DF = [1e-3, 0.7, 1.0, 3.5, 23.9, 24.1, 200.0, 1e4, 1e8, 1e12]


@pytest.fixture(autouse=True)
def fifty_digits():
    with mpmath.workdps(50):
        yield


def density(x, v, loc, s):
    z = (x - loc) / s
    top = mpmath.loggamma((v + 1) / 2) - mpmath.loggamma(v / 2) - mpmath.log(v * mpmath.pi) / 2
    return top - mpmath.log(s) - (v + 1) / 2 * mpmath.log1p(z * z / v)


@pytest.mark.parametrize("derivative", [0, 1, 2])
def test_the_ratio_of_gamma_functions_keeps_its_digits(derivative):
    for x in [1e-6, 0.3, 2.0, 11.99, 12.01, 50.0, 1e5, 1e12]:
        v = mpf(x)
        shifted, plain = (
            [mpmath.loggamma, mpmath.digamma, lambda a: mpmath.polygamma(1, a)][derivative](a)
            for a in (v + mpf(0.5), v)
        )
        half_log = [mpmath.log(v), 1 / v, -1 / v**2][derivative] / 2
        exact = float(shifted - plain - half_log)
        assert gamma_ratio(np.array(x), derivative) == pytest.approx(exact, rel=2e-13)


@pytest.mark.parametrize("df", DF)
def test_score_and_hessian_in_df_keep_their_digits_for_nearly_normal_tails(df):
    for x in (0.4, 1.3, 6.0):
        at = (mpf(df), mpf(0.25), mpf(1.5))
        first = [
            mpmath.diff(lambda *p, x=x: density(mpf(x), *p), at, k)
            for k in np.eye(3, dtype=int).tolist()
        ]
        second = mpmath.diff(lambda *p, x=x: density(mpf(x), *p), at, (2, 0, 0))
        d = StudentT(df=df, loc=0.25, scale=1.5)
        np.testing.assert_allclose(d.score(x), np.array(first, dtype=float), rtol=1e-11)
        hessian = Likelihood(StudentT, [x]).hessian([df, 0.25, 1.5])
        assert hessian[0, 0] == pytest.approx(float(second), rel=1e-11)


@pytest.mark.parametrize("df", DF)
def test_information_keeps_its_digits_for_nearly_normal_tails(df):
    v, s = mpf(df), mpf(1.5)
    # Lange, Little and Taylor (1989), appendix B.
    df_df = (mpmath.polygamma(1, v / 2) - mpmath.polygamma(1, (v + 1) / 2)) / 4 - (v + 5) / (
        2 * v * (v + 1) * (v + 3)
    )
    exact = [df_df, -2 / (s * (v + 1) * (v + 3)), (v + 1) / (v + 3) / s**2, 2 * v / (v + 3) / s**2]
    i = StudentT(df=df, loc=0.0, scale=1.5).information()
    values = [i[0, 0], i[0, 2], i[1, 1], i[2, 2]]
    np.testing.assert_allclose(values, np.array(exact, dtype=float), rtol=1e-12)


def test_newcombs_light_has_heavy_tails():
    f = StudentT.fit(datasets.load("newcomb").sample)
    np.testing.assert_allclose(f.theta, [2.13, 27.40, 3.81], atol=0.005)
    assert f.log_likelihood > Normal.fit(datasets.load("newcomb").sample).log_likelihood + 30


def test_tails_as_heavy_as_cauchys_stop_at_one_degree_of_freedom_and_say_so():
    x = np.random.default_rng(0).standard_cauchy(40) ** 3
    f = StudentT.fit(x)
    assert f.params["df"] == 1.0
    assert "df is 1" in f.notes[0]
    assert "spike" in repr(f)
    reference = Cauchy.fit(x)
    np.testing.assert_allclose(f.theta[1:], reference.theta, rtol=1e-9)
    assert f.log_likelihood == pytest.approx(reference.log_likelihood, rel=1e-13)
    for ask in (
        lambda: f.se,
        lambda: f.ci(method="lr"),
        lambda: f.test(df=2.0),
        lambda: f.test(loc=0.0, method="score"),
    ):
        with pytest.raises(RegularityError, match="stopped at the least value"):
            ask()
    # Below one the likelihood is higher beside some observation: that is the spike, and no estimate.
    spike = f.likelihood.log_likelihood([0.02, x[0], 1e-300])
    assert spike > f.log_likelihood
    batch = StudentT.fit(np.stack([x, datasets.load("newcomb").sample[:40]]), axis=1)
    assert "1 of 2 fits" in batch.notes[0]
    low, high = batch.ci(method="lr")["loc"]
    assert np.isnan(low[0])
    assert low[1] < batch.params["loc"][1] < high[1]
    assert np.isnan(batch.test(loc=0.0).p_value[0])
    assert np.isnan(batch.se["df"][0])


def test_with_the_scale_known_there_is_no_spike_and_df_may_be_below_one():
    x = np.random.default_rng(1).standard_cauchy(60) ** 3
    f = StudentT.fit(x, fixed={"scale": 1.0})
    assert f.params["df"] < 0.9
    assert not f.notes
    df, loc = np.meshgrid(np.exp(np.linspace(-2, 2, 60)), np.linspace(-3, 3, 121))
    grid = f.likelihood.log_likelihood(df=df, loc=loc)
    assert f.log_likelihood >= grid.max()


def test_light_tails_have_the_normal_as_their_limit():
    x = np.random.default_rng(2).uniform(size=200)
    with pytest.raises(NoMLEError, match="rises as df grows") as caught:
        StudentT.fit(x)
    limit = caught.value.limit
    np.testing.assert_allclose(limit.theta, Normal.fit(x).theta, rtol=1e-12)
    rising = [StudentT.fit(x, fixed={"df": v}).log_likelihood for v in (5.0, 50.0, 500.0, 5e6)]
    assert np.all(np.diff([*rising, limit.log_likelihood]) > 0)
    with pytest.raises(NoMLEError, match="rises as df") as caught:
        StudentT.fit(x, fixed={"loc": 0.5})
    assert caught.value.limit.params["mu"] == 0.5
    with pytest.raises(NoMLEError, match="rises as df") as caught:
        StudentT.fit(x, fixed={"loc": 0.5, "scale": 0.3})
    assert caught.value.limit.params == {"mu": 0.5, "sigma": 0.3}


def test_a_sample_hardly_heavier_than_normal_has_a_large_finite_df():
    # The quantiles of a t with many degrees of freedom, which hold a little more than Normal kurtosis.
    x = StudentT(df=60.0, loc=2.0, scale=3.0).ppf((np.arange(20_000) + 0.5) / 20_000)
    f = StudentT.fit(x)
    assert 55 < f.params["df"] < 75
    assert f.log_likelihood > Normal.fit(x).log_likelihood


@pytest.mark.parametrize("df", [0.2, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_a_known_df_below_one_leaves_many_modes_and_the_highest_is_found(df, seed):
    x = 3.0 * np.random.default_rng(seed).standard_cauchy(12)
    f = StudentT.fit(x, fixed={"df": df})
    scale = np.exp(np.linspace(-12, 6, 181))
    fine = f.likelihood.log_likelihood(
        loc=np.concatenate([x, np.linspace(*np.quantile(x, [0.1, 0.9]), 400)])[:, None], scale=scale
    )
    assert f.log_likelihood >= fine.max() - 1e-9


def test_a_known_df_gives_the_cauchy_and_nearly_the_normal():
    x = datasets.load("newcomb").sample
    f = StudentT.fit(x, fixed={"df": 1.0})
    np.testing.assert_allclose(f.theta, Cauchy.fit(x).theta, rtol=1e-10)
    f = StudentT.fit(x, fixed={"df": 1e12})
    np.testing.assert_allclose(f.theta, Normal.fit(x).theta, rtol=1e-9)
    many = StudentT.fit(x, fixed={"df": np.array([1.0, 4.0, 1e12])})
    assert many.batch_shape == (3,)
    np.testing.assert_allclose(many.theta[1], StudentT.fit(x, fixed={"df": 4.0}).theta, rtol=1e-12)


def test_how_many_ties_are_too_many_depends_on_df():
    x = np.r_[np.zeros(7), -1.0, 2.0, 3.0]
    with pytest.raises(NoMLEError, match="a share of df"):
        StudentT.fit(x)
    with pytest.raises(NoMLEError, match="a share of df"):
        StudentT.fit(x, fixed={"df": 2.0})
    # With so few degrees of freedom one observation among ten is a share that is too large.
    with pytest.raises(NoMLEError, match="a share of df"):
        StudentT.fit(np.arange(10.0) ** 2, fixed={"df": 0.05})
    # A share of 0.7 is below df / (df + 1) = 0.75.
    f = StudentT.fit(x, fixed={"df": 3.0})
    assert f.converged
    assert np.all(np.abs(f.likelihood.score(f.theta)) < 1e-6 / f.params["scale"])


def test_moments_match_the_kurtosis_and_refuse_light_tails():
    x = np.random.default_rng(3).standard_t(6, size=300)
    d = StudentT.fit(x, method="moments").dist
    assert d.mean == pytest.approx(x.mean(), rel=1e-12)
    assert d.var == pytest.approx(x.var(), rel=1e-12)
    kurtosis = np.mean((x - x.mean()) ** 4) / x.var() ** 2 - 3
    assert d.scipy().stats("k") == pytest.approx(kurtosis, rel=1e-10)
    with pytest.raises(NoMLEError, match="moments"):
        StudentT.fit(np.linspace(0, 1, 50), method="moments")


def test_mean_and_variance_exist_only_above_one_and_two():
    d = StudentT(df=[0.5, 1.5, 2.0, 4.0], loc=3.0, scale=2.0)
    np.testing.assert_array_equal(d.mean, [np.nan, 3.0, 3.0, 3.0])
    np.testing.assert_array_equal(d.var, [np.nan, np.inf, np.inf, 8.0])


def test_a_long_sample_is_climbed_from_a_part_of_it_to_the_same_top():
    x = StudentT(df=2.5, loc=1e3, scale=0.1).sample(40_000, rng=0)
    f = StudentT.fit(x)
    top = f.likelihood.maximize(start=np.array([5.0, 1e3, 0.2]))
    np.testing.assert_allclose(f.theta, top.theta, rtol=1e-7)
    assert f.log_likelihood == pytest.approx(top.log_likelihood, rel=1e-13)
