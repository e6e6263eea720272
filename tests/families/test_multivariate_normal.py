"""What the shared suite cannot know of the multivariate normal: matrices, hyperplanes, held entries."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mpf
from scipy import stats

from mlecore import DataError, Likelihood, MultivariateNormal, NoMLEError, Normal

COV = np.array([[4.0, 1.2, -0.4], [1.2, 1.0, 0.3], [-0.4, 0.3, 2.0]])
MU = np.array([1.0, -2.0, 0.5])


@pytest.fixture
def rows():
    return MultivariateNormal(mu=MU, cov=COV).sample(50, rng=0)


def test_the_fit_is_the_mean_and_the_covariance_dividing_by_n(rows):
    f = MultivariateNormal.fit(rows)
    np.testing.assert_allclose(f.params["mu"], rows.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(f.params["cov"], np.cov(rows.T, bias=True), rtol=1e-12)
    assert f.names == ("mu1", "mu2", "mu3", "cov11", "cov21", "cov22", "cov31", "cov32", "cov33")
    reference = stats.multivariate_normal(f.params["mu"], f.params["cov"]).logpdf(rows).sum()
    assert f.log_likelihood == pytest.approx(reference, rel=1e-12)


def test_standard_errors_are_the_textbooks(rows):
    f = MultivariateNormal.fit(rows)
    s, n = f.params["cov"], len(rows)
    # Anderson (2003), section 3.4: Cov(s_ij, s_kl) = (s_ik s_jl + s_il s_jk) / n.
    assert f.se["mu2"] == pytest.approx(np.sqrt(s[1, 1] / n), rel=1e-10)
    assert f.se["cov11"] == pytest.approx(np.sqrt(2.0 / n) * s[0, 0], rel=1e-10)
    expected = np.sqrt((s[0, 0] * s[1, 1] + s[0, 1] ** 2) / n)
    assert f.se["cov21"] == pytest.approx(expected, rel=1e-10)
    entry = f.cov[f.names.index("cov21"), f.names.index("cov33")]
    assert entry == pytest.approx(2.0 * s[1, 2] * s[0, 2] / n, rel=1e-9)


def test_the_hessian_away_from_the_maximum_is_the_slope_of_the_score(rows):
    likelihood = Likelihood(MultivariateNormal, rows)
    point = np.r_[MU + 0.3, COV[np.tril_indices(3)] * 1.2]
    step = 1e-6 * np.eye(9)
    columns = [(likelihood.score(point + e) - likelihood.score(point - e)) / 2e-6 for e in step]
    np.testing.assert_allclose(likelihood.hessian(point), np.array(columns), rtol=1e-6, atol=1e-5)


def test_log_prob_in_units_that_differ_by_1e12_agrees_with_forty_digits():
    unit = np.diag([1e-6, 1.0, 1e6])
    mu, cov = np.array([1e-6, 1e9, -1e6]), unit @ COV @ unit
    x = mu + np.array([3e-6, -1.5, 4e6])
    with mpmath.workdps(40):
        c = mpmath.matrix([[mpf(float(v)) for v in row] for row in cov])
        d = mpmath.matrix([mpf(float(a)) - mpf(float(b)) for a, b in zip(x, mu, strict=True)])
        distance = (d.T * mpmath.lu_solve(c, d))[0]
        exact = float(-(distance + mpmath.log(mpmath.det(c)) + 3 * mpmath.log(2 * mpmath.pi)) / 2)
    assert MultivariateNormal(mu=mu, cov=cov).log_prob(x) == pytest.approx(exact, rel=1e-13)


def test_one_coordinate_is_a_normal():
    x = np.random.default_rng(1).normal(3.0, 2.0, size=30)
    f, g = MultivariateNormal.fit(x[:, None]), Normal.fit(x)
    assert f.log_likelihood == pytest.approx(g.log_likelihood, rel=1e-13)
    assert f.params["cov"][0, 0] == pytest.approx(g.params["sigma"] ** 2, rel=1e-13)
    assert f.se["mu1"] == pytest.approx(g.se["mu"], rel=1e-10)


def test_too_few_or_flat_data_have_no_maximum(rows):
    with pytest.raises(NoMLEError, match="more than 3 observations"):
        MultivariateNormal.fit(rows[:3])
    with pytest.raises(NoMLEError, match="hyperplane"):
        MultivariateNormal.fit(np.c_[rows, rows[:, 0] + 2.0 * rows[:, 1]])
    with pytest.raises(NoMLEError, match="hyperplane"):
        MultivariateNormal.fit(np.c_[rows, np.full(50, 7.0)])
    with pytest.raises(NoMLEError, match="hyperplane"):
        MultivariateNormal.fit(rows[:2], weights=[5.0, 5.0])
    # Four rows in general position are enough for three coordinates.
    assert MultivariateNormal.fit(rows[:4]).converged


def test_nearly_flat_data_are_fitted_in_any_units(rows):
    x = np.c_[rows, rows[:, 0] + 1e-3 * np.random.default_rng(0).normal(size=50)]
    near = MultivariateNormal.fit(x)
    # Powers of two change no digit of the data, which are ill-conditioned.
    far = MultivariateNormal.fit(x * 2.0 ** np.array([-20, 0, 20, 10]))
    shift = 50 * 10 * np.log(2.0)
    assert far.log_likelihood == pytest.approx(near.log_likelihood - shift, rel=1e-9)


def test_held_means_and_matrices_have_closed_forms(rows):
    f = MultivariateNormal.fit(rows, fixed={"mu": MU})
    d = rows - MU
    np.testing.assert_allclose(f.params["cov"], d.T @ d / 50, rtol=1e-12)
    f = MultivariateNormal.fit(rows, fixed={"cov": COV})
    np.testing.assert_allclose(f.params["mu"], rows.mean(axis=0), rtol=1e-13)
    assert f.names == ("mu1", "mu2", "mu3")


def test_a_covariance_held_at_zero_gives_independent_normals(rows):
    f = MultivariateNormal.fit(rows[:, :2], fixed={"cov21": 0.0})
    g = [Normal.fit(rows[:, k]) for k in (0, 1)]
    assert f.log_likelihood == pytest.approx(g[0].log_likelihood + g[1].log_likelihood, rel=1e-11)
    np.testing.assert_allclose(
        np.diag(f.params["cov"]), [h.params["sigma"] ** 2 for h in g], rtol=1e-7
    )
    assert "cov21" not in f.names


def test_weights_count_rows(rows):
    w = np.random.default_rng(0).integers(0, 4, size=50)
    f, g = (
        MultivariateNormal.fit(rows, weights=w),
        MultivariateNormal.fit(np.repeat(rows, w.astype(np.intp), 0)),
    )
    np.testing.assert_allclose(f.theta, g.theta, rtol=1e-11)


def test_shapes_that_do_not_fit_are_refused_with_words():
    with pytest.raises(DataError, match="two-dimensional"):
        MultivariateNormal.fit([1.0, 2.0, 3.0])
    with pytest.raises(DataError, match=r"shape \(2, 2\)"):
        MultivariateNormal(mu=[0.0, 0.0], cov=np.eye(3))
    with pytest.raises(DataError, match="positive definite"):
        MultivariateNormal(mu=[0.0, 0.0], cov=[[1.0, 2.0], [2.0, 1.0]])
    d = MultivariateNormal(mu=MU, cov=COV)
    with pytest.raises(DataError, match="3 coordinates"):
        d.log_prob([1.0, 2.0])
    with pytest.raises(TypeError, match="quantile"):
        d.ppf(0.5)


def test_rows_outside_and_unknown_rows_are_told_apart():
    d = MultivariateNormal(mu=MU, cov=COV)
    values = d.log_prob([[np.nan, 0, 0], [np.inf, 0, 0], [0, 0, 0]])
    assert np.isnan(values[0])
    assert values[1] == -np.inf
    assert np.isfinite(values[2])


def test_a_batch_of_members_broadcasts(rows):
    d = MultivariateNormal(mu=np.stack([MU, MU + 1]), cov=COV)
    assert d.batch_shape == (2,)
    assert d.sample(5, rng=0).shape == (5, 2, 3)
    assert d.information().shape == (2, 9, 9)
    np.testing.assert_allclose(d.mean, [MU, MU + 1])
    np.testing.assert_allclose(d.var, [np.diag(COV)] * 2)
    table = d.log_prob(rows[:, None])
    single = MultivariateNormal(mu=MU + 1, cov=COV)
    np.testing.assert_allclose(table[:, 1], single.log_prob(rows), rtol=1e-13)
    with pytest.raises(DataError, match="one member at a time"):
        d.scipy()


# -- held values -----------------------------------------------------------------------------------

ROWS = np.random.default_rng(11).standard_normal((30, 3)) @ np.array(
    [[1.0, 0.3, -0.4], [0.0, 0.8, 0.5], [0.0, 0.0, 1.3]]
) + np.array([1.0, 2.0, 3.0])
SOME_HELD = [
    {"mu1": 1.5},
    {"mu1": 1.5, "mu3": 2.0},
    {"cov22": 1.0},
    {"cov11": 1.0, "mu1": 0.5},
    {"cov11": 1.5, "cov21": 0.2, "cov22": 1.0},
]


@pytest.mark.parametrize("held", SOME_HELD, ids=", ".join)
def test_what_is_held_of_some_coordinates_has_its_maximum_by_formula(held):
    likelihood = Likelihood(MultivariateNormal, ROWS)
    top, conditional = likelihood.maximize(fixed=held), likelihood.given(held)
    assert top.iterations == 0
    theta = top.theta[conditional.free]
    assert np.allclose(conditional.score(theta), 0.0, atol=1e-10)
    assert np.linalg.eigvalsh(conditional.observed_information(theta))[0] > 0
    climbed = conditional._climbed_from(likelihood._full_start(top.theta * 1.02))
    for name, value in held.items():
        assert top.theta[likelihood.layout.index(name)] == value
    assert climbed.log_likelihood <= top.log_likelihood + 1e-12


@pytest.mark.parametrize("distance", [2.0, 50.0, 1e6])
def test_the_likelihood_ratio_of_a_mean_vector_is_hotellings(distance):
    # 2 log LR = n log(1 + T^2 / (n - 1)); of one coordinate T is the t statistic (Anderson 2003, section 5.2).
    fit, n = MultivariateNormal.fit(ROWS), len(ROWS)
    t = (ROWS[:, 0].mean() - distance) / (ROWS[:, 0].std(ddof=1) / np.sqrt(n))
    assert fit.test(mu1=distance).statistic == pytest.approx(n * np.log1p(t * t / (n - 1)))


@pytest.mark.parametrize("unit", [1e-150, 1e-80, 1e80, 1e150])
@pytest.mark.parametrize("held", [*SOME_HELD, {"cov21": 0.3}], ids=", ".join)
def test_tests_of_vectors_know_no_units(held, unit):
    there = {name: v * unit ** (1 if name[0] == "m" else 2) for name, v in held.items()}
    plain, scaled = MultivariateNormal.fit(ROWS), MultivariateNormal.fit(unit * ROWS)
    assert scaled.test(**there).statistic == pytest.approx(plain.test(**held).statistic, rel=1e-9)


def test_rows_in_a_hyperplane_have_a_maximum_only_where_what_is_held_keeps_it_thick():
    constant = [[0.0, 1.0], [0.0, 2.0], [0.0, 5.0]]
    fit = MultivariateNormal.fit(constant, fixed={"cov11": 1.0})
    assert np.allclose(fit.params["cov"], [[1.0, 0.0], [0.0, 26.0 / 9.0]])
    for rows, held in (([[0.0, 1.0], [1.0, 2.0]], {"mu1": 3.0}), (constant, {"cov22": 1.0})):
        with pytest.raises(NoMLEError, match="hyperplane"):
            MultivariateNormal.fit(rows, fixed=held)
