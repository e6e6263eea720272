"""The SkewNormal: level at shape 0, both signs, and a limit that is compared rather than guessed."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize
from scipy.special import log_ndtr

import mlecore as mle
from mlecore import Likelihood, NoMLEError, RegularityError, SkewNormal
from mlecore.members import lifted, members
from mlecore.nodes import all_nodes
from mlecore.tails import inverse_mills

X = SkewNormal(1.0, 2.0, 3.0).sample(100, rng=4)
#: samples whose likelihood has no top: the first rises as the shape grows, the mirrored one as it falls
LEANING = [
    [0.0, 0.1, 0.4, 0.9, 1.6, 2.5],
    [1.0, 2.0],
    [1.0, 1.0, 1.0, 5.0],
    [0.0, 1.0, 2.0, 3.0, 30.0],
]


# -- formulas --------------------------------------------------------------------------------------


def wing(z, a):
    """Return P(Z <= -z), z >= 0 and a >= 0: far out as an integral of which no term is negative, else by Owen's T."""
    if z > 0.3 and a * z > 0.3:
        terms = lambda v: mp.exp(-a * z * v - v * v / 2) / (z * z + (a * z + v) ** 2)  # noqa: E731
        return z * mp.exp(-z * z * (1 + a * a) / 2) / mp.pi * mp.quad(terms, [0, 0.1, 1, 3, 8, 40])
    terms = lambda x: mp.exp(-z * z * (1 + x * x) / 2) / (1 + x * x)  # noqa: E731
    cuts = [0, *(c for c in (0.1, 1, 10, 100) if c < a), a]
    return mp.erfc(z / mp.sqrt(2)) / 2 - mp.quad(terms, cuts) / mp.pi


@pytest.mark.parametrize("a", [0.0, 1e-3, 0.7, 4.0, 1e3, -2.0])
def test_both_tails_keep_their_digits(a):
    z = np.array([-30.0, -4.0, -1.01, -0.99, -1e-3, 0.0, 0.6, 30.0])
    d = SkewNormal(0.0, 1.0, a)
    with mp.workdps(30):
        for x, low, high in zip(z, d.log_cdf(z), d.log_sf(z), strict=True):
            x = mp.mpf(float(x)) * (1 if a >= 0 else -1)
            part = wing(abs(x), abs(mp.mpf(a)))
            lower = part if x <= 0 else mp.erf(x / mp.sqrt(2)) + part
            upper = 1 - part if x <= 0 else mp.erfc(x / mp.sqrt(2)) - part
            right = (lower, upper) if a >= 0 else (upper, lower)
            # Where the logarithm is 0 to rounding, the other tail has the digits.
            assert low == pytest.approx(float(mp.log(right[0])), rel=2e-13, abs=2e-16)
            assert high == pytest.approx(float(mp.log(right[1])), rel=2e-13, abs=2e-16)


def test_mills_ratio_and_its_slope_do_not_cancel():
    u = np.array([-1e3, -40.0, -12.1, -11.9, -3.0, -0.1, 0.0, 1.0, 8.0, 30.0])
    m, bend = inverse_mills(u)
    with mp.workdps(60):
        for value, found, slope in zip(u, m, bend, strict=True):
            v = mp.mpf(float(value))
            right = mp.npdf(v) / (mp.erfc(-v / mp.sqrt(2)) / 2)
            assert found == pytest.approx(float(right), rel=1e-13)
            assert slope == pytest.approx(float(-right * (v + right)), rel=1e-13)


@pytest.mark.parametrize("a", [-3.0, 0.4, 60.0])
def test_the_information_is_the_integral_of_squared_scores(a):
    d = SkewNormal(0.5, 2.0, a)
    row = members(d, (1,))
    nodes = all_nodes(row)
    s, share = lifted(row).score(nodes.places)[0], nodes.shares()[0]
    s = np.where(share[:, None] > 0, s, 0.0)
    expected = np.einsum("i,ij,ik->jk", share, s, s)
    assert d.information() == pytest.approx(expected, rel=1e-7, abs=1e-9)


# -- fits ------------------------------------------------------------------------------------------


def highest(x, starts=(-8.0, -1.0, 1.0, 8.0)):
    """Return the highest log-likelihood that SciPy's minimiser finds from shapes of both signs."""

    def minus(p):
        z = (x - p[0]) * np.exp(-p[1])
        return -np.sum(np.log(2.0) - p[1] + stats.norm.logpdf(z) + log_ndtr(p[2] * z))

    found = [minimize(minus, (x.mean(), np.log(x.std()), a), tol=1e-10) for a in starts]
    return max(-f.fun for f in found)


@pytest.mark.parametrize("seed", [4, 5, 11])
def test_the_fit_is_the_highest_place_on_both_sides_of_zero(seed):
    x = SkewNormal(0.0, 1.0, -2.0).sample(40, rng=seed)
    f = SkewNormal.fit(x)
    assert f.log_likelihood == pytest.approx(highest(x), rel=1e-10)
    assert np.abs(f.likelihood.score(f.theta) * f.theta).max() < 1e-10
    assert np.linalg.eigvalsh(f.likelihood.observed_information(f.theta))[0] > 0


def test_it_is_no_lower_than_scipys():
    a, loc, scale = stats.skewnorm.fit(X)
    theirs = stats.skewnorm(a, loc, scale).logpdf(X).sum()
    assert 0 <= SkewNormal.fit(X).log_likelihood - theirs < 1e-4


@pytest.mark.parametrize("x", LEANING, ids=["squares", "two", "ties", "outlier"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_where_no_shape_is_as_high_the_half_normal_is_the_limit(x, sign):
    x = np.array(x)
    with pytest.raises(NoMLEError, match="a HalfNormal") as caught:
        SkewNormal.fit(sign * x)
    limit = caught.value.limit
    if x.size > 2:  # two values are as skew to either side
        assert ("grows" in str(caught.value)) == (sign > 0)
        assert limit.params["shift"] == x.min()
    assert limit.params["scale"] == pytest.approx(np.sqrt(np.mean((x - x.min()) ** 2)))
    shapes = sign * np.geomspace(0.1, 1e9, 20)
    profile = Likelihood(SkewNormal, sign * x).profile("shape", shapes)
    assert np.all(profile < limit.log_likelihood)
    assert profile[-1] == pytest.approx(limit.log_likelihood, abs=1e-6)
    assert np.all(Likelihood(SkewNormal, sign * x).profile("shape", -shapes) < limit.log_likelihood)


def test_a_batch_says_which_rows_have_none():
    rows = np.stack([X[:6], LEANING[0], np.full(6, 2.0), -np.array(LEANING[0])])
    batch = SkewNormal.fit(np.concatenate([rows, X[None, :6]]), axis=1)
    assert {1, 2, 3} <= set(batch.problems)
    assert "equal" in batch.problems[2]
    assert "falls" in batch.problems[3]


def test_level_at_zero_means_no_standard_error_and_no_wald_test():
    x = stats.norm.ppf((np.arange(99) + 1) / 100)
    f, normal = SkewNormal.fit(x), mle.Normal.fit(x)
    assert f.params["shape"] == 0.0
    assert f.log_likelihood == pytest.approx(normal.log_likelihood, rel=1e-14)
    with pytest.raises(
        RegularityError, match="at shape 0 the information of SkewNormal is singular"
    ):
        f.se  # noqa: B018
    held = SkewNormal.fit(x, fixed={"shape": 0.0})
    assert list(held.se.values()) == pytest.approx(list(normal.se.values()), rel=1e-9)
    lean = SkewNormal.fit(X)
    with pytest.raises(RegularityError, match="Wald test of shape = 0"):
        lean.test(shape=0.0, method="wald")
    with pytest.raises(RegularityError, match="singular"):
        lean.test(shape=0.0, method="score")
    gain = 2.0 * (lean.log_likelihood - mle.Normal.fit(X).log_likelihood)
    assert lean.test(shape=0.0).statistic == pytest.approx(gain, rel=1e-9)


def test_the_likelihood_ratio_of_shape_zero_is_a_chi_square_all_the_same():
    # Rotnitzky et al. (2000): the information is singular there, of an odd order.
    x = mle.Normal(0.0, 1.0).sample((300, 300), rng=3)
    gain = SkewNormal.fit(x, axis=1).log_likelihood - mle.Normal.fit(x, axis=1).log_likelihood
    assert gain.min() > -1e-9
    for tail in (0.1, 0.3):
        share = np.mean(2.0 * gain > stats.chi2(1).isf(tail))
        assert share == pytest.approx(tail, abs=4 * np.sqrt(tail * (1 - tail) / 300))


def test_a_normal_within_it_is_tested_as_shape_zero_is():
    one, other = mle.lr_test(mle.Normal.fit(X), SkewNormal.fit(X)), SkewNormal.fit(X).test(shape=0)
    assert (one.statistic, one.df) == (pytest.approx(other.statistic, rel=1e-9), 1)
    assert one.p_value == pytest.approx(other.p_value, rel=1e-8)


def test_with_the_scale_held_shape_zero_has_half_a_point_at_zero_and_is_left_to_simulation():
    # Then the shape tells by its square, which lowers the variance: half of all samples want it higher.
    x = mle.Normal(0.0, 1.0).sample((60, 100), rng=4)
    held = {"scale": np.ones(60)}
    gain = SkewNormal.fit(x, fixed=held, axis=1).log_likelihood
    gain = gain - SkewNormal.fit(x, fixed={**held, "shape": np.zeros(60)}, axis=1).log_likelihood
    assert (gain < 1e-6).mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 60))
    narrow = x[np.argmax(gain)]
    free = SkewNormal.fit(narrow, fixed={"scale": 1.0})
    null = SkewNormal.fit(narrow, fixed={"scale": 1.0, "shape": 0.0})
    for ask in (lambda: free.test(shape=0), lambda: mle.lr_test(null, free)):
        with pytest.raises(RegularityError, match=r"lowers the variance.*'bootstrap'"):
            ask()
    with pytest.raises(RegularityError, match="'bootstrap'"):
        mle.lr_test(mle.Normal.fit(narrow, fixed={"sigma": 1.0}), free)
    assert free.test(shape=free.params["shape"]).p_value == pytest.approx(1.0)


def test_symmetric_data_with_heavy_tails_lean_both_ways():
    f = SkewNormal.fit([-9.0, -1.0, -0.5, 0.0, 0.5, 1.0, 9.0])
    assert f.params["shape"] > 0
    assert "2 equally high maxima" in f.notes[0]


@pytest.mark.parametrize("factor", [1e-150, 1e150, -1.0])
def test_units_and_mirrors_change_nothing_else(factor):
    near, far = SkewNormal.fit(X), SkewNormal.fit(factor * X)
    assert far.params["shape"] == pytest.approx(np.sign(factor) * near.params["shape"], rel=1e-11)
    assert far.params["loc"] / factor == pytest.approx(near.params["loc"], rel=1e-11)
    assert far.se["shape"] == pytest.approx(near.se["shape"], rel=1e-8)
    assert far.se["scale"] / abs(factor) == pytest.approx(near.se["scale"], rel=1e-8)


def test_a_long_sample_is_climbed_from_a_part_to_the_same_top():
    x = SkewNormal(1.0, 2.0, -3.0).sample(17_000, rng=2)
    f = SkewNormal.fit(x)
    rows = SkewNormal.fit(x[None], axis=1)
    assert f.theta == pytest.approx(rows.theta[0], rel=1e-9)


# -- what is held ----------------------------------------------------------------------------------


def test_what_is_known_is_held():
    free = SkewNormal.fit(X)
    for name, value in (("loc", 0.9), ("scale", 2.1), ("shape", 2.0)):
        f = SkewNormal.fit(X, fixed={name: value})
        assert np.abs(f.likelihood.score(f.theta)).max() < 1e-8
        assert free.test({name: value}).statistic == pytest.approx(
            2.0 * (free.log_likelihood - f.log_likelihood), rel=1e-8
        )
    loc = X.min() - 1.0
    with pytest.raises(NoMLEError, match="on one side of loc") as caught:
        SkewNormal.fit(X, fixed={"loc": loc})
    assert caught.value.limit.params["shift"] == loc
    with pytest.raises(NoMLEError, match="falls") as caught:
        SkewNormal.fit(X, fixed={"loc": X.max() + 1.0, "scale": 3.0})
    assert caught.value.limit.params["scale"] == 3.0


def test_a_profile_goes_on_where_no_shape_is_best():
    x = SkewNormal(0.0, 3.0, -4.0).sample(60, rng=1)
    f = SkewNormal.fit(x)
    wide = 1.6 * f.params["scale"]
    limit = -mle.HalfNormal(wide).log_prob(x.max() - x).sum()
    assert f.likelihood.profile("scale", [wide])[0] == pytest.approx(-limit, abs=1e-8)
    low, high = f.ci(method="lr")["scale"]
    assert low < f.params["scale"] < high
    ends = f.likelihood.profile("scale", [low, high])
    assert f.log_likelihood - ends == pytest.approx([1.920729, 1.920729], abs=1e-5)


def test_moments_are_matched_as_far_as_a_skewness_goes():
    d = SkewNormal.fit(X, method="moments").dist
    assert [d.mean, np.sqrt(d.var)] == pytest.approx([X.mean(), X.std()])
    assert float(d.scipy().stats("s")) == pytest.approx(stats.skew(X), rel=1e-9)
    with pytest.raises(NoMLEError, match="the moments of the sample"):
        SkewNormal.fit([0.0, 0.0, 0.0, 1.0], method="moments")


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_is_seen_in_part_is_fitted_on_both_sides(sign):
    counts, edges = np.histogram(X, 12)
    if sign < 0:
        counts, edges = counts[::-1], -edges[::-1]
    f, whole = SkewNormal.fit(mle.binned(counts, edges)), SkewNormal.fit(sign * X)
    assert f.params["shape"] * sign > 0.5
    assert abs(np.log(f.params["scale"] / whole.params["scale"])) < 0.3
    for shape in (9.0, -2.0):
        start = np.array([sign * X.mean(), X.std(), sign * shape])
        top = f.likelihood._climbed_from(start)
        assert not top.log_likelihood > f.log_likelihood + 1e-7
