"""What the shared suite cannot know of the Dirichlet: rows on the simplex, the Beta within it, held alphas."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import mlecore as mle
from mlecore import Dirichlet, NoMLEError, SupportError
from mlecore.errors import DataError

ALPHA = [2.0, 3.0, 0.7, 1.2]
X = Dirichlet(ALPHA).sample(60, rng=1)
SHARES = mle.Beta(2.0, 0.6).sample(40, rng=0)


@pytest.mark.parametrize(
    "alpha", [[1e-3, 2.0, 0.3], [1.0, 1.0, 1.0], [3e5, 1e6, 40.0], [1e12, 2e12, 3e12]]
)
def test_the_density_agrees_with_fifty_digits(alpha):
    d, x = Dirichlet(alpha), np.array([0.25, 0.5 - 2.0**-30, 0.25 + 2.0**-30])
    x = np.array(alpha) / sum(alpha) if alpha[0] > 10 else x
    with mp.workdps(50):
        a, x_exact = [mp.mpf(v) for v in alpha], [mp.mpf(float(v)) for v in x]
        parts = (mp.log(v) * (k - 1) - mp.loggamma(k) for v, k in zip(x_exact, a, strict=True))
        truth = float(mp.loggamma(mp.fsum(a)) + mp.fsum(parts))
    # Rounding the shares themselves to doubles moves it by as much as they are off: their sum is not 1 then.
    assert d.log_prob(x) == pytest.approx(truth, rel=4e-15, abs=4e-15)


def test_two_shares_are_a_beta():
    rows = np.c_[SHARES, 1.0 - SHARES]
    f, g = Dirichlet.fit(rows), mle.Beta.fit(SHARES)
    assert f.theta == pytest.approx(g.theta, rel=1e-13)
    assert f.log_likelihood == pytest.approx(g.log_likelihood, rel=1e-13)
    assert f.cov == pytest.approx(g.cov, rel=1e-10)
    assert f.names == ("alpha1", "alpha2")
    assert f.ci(method="lr")["alpha1"] == pytest.approx(g.ci(method="lr")["a"], rel=1e-8)
    assert f.ci(method="rstar")["alpha2"] == pytest.approx(g.ci(method="rstar")["b"], rel=1e-7)
    moments = [c.fit(d, method="moments").theta for c, d in ((Dirichlet, rows), (mle.Beta, SHARES))]
    assert moments[0] == pytest.approx(moments[1], rel=1e-12)
    p, q = (Dirichlet(alpha=v) for v in ([2.0, 0.6], [1.0, 3.0]))
    b, c = mle.Beta(2.0, 0.6), mle.Beta(1.0, 3.0)
    assert mle.entropy(p) == pytest.approx(mle.entropy(b), rel=1e-13)
    assert mle.kl_divergence(p, q) == pytest.approx(mle.kl_divergence(b, c), rel=1e-13)


def distance_to_the_maximum(x, alpha):
    """Return how far Newton's method in sixty digits would still move each alpha, in parts of itself."""
    with mp.workdps(60):
        a = [mp.mpf(float(v)) for v in alpha]
        logs = [mp.fsum(mp.log(mp.mpf(float(v))) for v in column) / len(x) for column in x.T]
        whole = mp.fsum(a)
        slope = [mp.digamma(whole) - mp.digamma(v) + m for v, m in zip(a, logs, strict=True)]
        bend = mp.matrix(len(a), len(a))
        for i, v in enumerate(a):
            for j in range(len(a)):
                bend[i, j] = (mp.polygamma(1, v) if i == j else 0) - mp.polygamma(1, whole)
        step = mp.lu_solve(bend, mp.matrix(slope))
        return max(abs(float(s / v)) for s, v in zip(step, a, strict=True))


@pytest.mark.parametrize(
    "alpha", [ALPHA, [0.02, 0.05, 0.4], [0.5, 400.0, 3.0], [1e4, 3e4, 20.0], [5.0] * 12]
)
def test_fits_are_the_maximum_to_many_digits(alpha):
    x = Dirichlet(alpha).sample(40, rng=3)
    f = Dirichlet.fit(x)
    # Rows of doubles sum to 1 up to their rounding, which alphas of 1e4 feel.
    assert distance_to_the_maximum(x, f.params["alpha"]) < 1e-15 * max(1e3, sum(alpha))
    assert f.iterations < 12


def test_known_alphas_leave_the_others_their_own_equations():
    f = Dirichlet.fit(X, fixed={"alpha2": 3.0})
    assert f.params["alpha"][1] == 3.0
    assert f.names == ("alpha1", "alpha3", "alpha4")
    assert np.abs(f.likelihood.score(f.theta)).max() < 1e-9
    whole = Dirichlet.fit(X)
    assert whole.test(alpha2=3.0).statistic == pytest.approx(
        2.0 * (whole.log_likelihood - f.log_likelihood), rel=1e-9
    )
    assert Dirichlet.fit(X, fixed={"alpha": ALPHA}).names == ()
    with pytest.raises(DataError, match=r"shape \(4,\) for these data"):
        Dirichlet.fit(X, fixed={"alpha": [1.0, 2.0]})


def test_equal_rows_have_no_maximum_and_stop_no_other():
    same = np.tile([0.2, 0.3, 0.5], (5, 1))
    with pytest.raises(NoMLEError, match="all rows are equal"):
        Dirichlet.fit(same)
    batch = Dirichlet.fit(np.stack([X[:5, :3] / X[:5, :3].sum(1, keepdims=True), same]), axis=1)
    assert list(batch.problems) == [1]
    assert np.isfinite(batch.theta[0]).all()
    # One known alpha holds the others.
    assert np.isfinite(Dirichlet.fit(same, fixed={"alpha1": 2.0}).log_likelihood)


def test_rows_that_are_no_shares_are_named_with_their_cure():
    zero, sums = X.copy(), 100.0 * X
    zero[7] = [0.5, 0.0, 0.3, 0.2]
    for data, words in (
        (zero, r"x\[7, 1\] = 0 is not positive \(1 of 240 values are not\)"),
        (sums, r"row x\[0\] sum to 100 \(60 of 60 rows do not.*Divide each row by its sum"),
        (X[:, :1] * 0.0 + 1.0, "two columns"),
    ):
        with pytest.raises(DataError, match=words):
            Dirichlet.fit(data)
    with pytest.raises(SupportError):
        Dirichlet.fit(zero)
    # What has weight 0 is no observation.
    assert Dirichlet.fit(zero, weights=np.arange(60) != 7).n == 59
    assert Dirichlet(ALPHA).log_prob(zero[7]) == -np.inf
    with pytest.raises(DataError, match="two numbers in alpha"):
        Dirichlet([2.0])
    with pytest.raises(DataError, match="hold the 4 shares"):
        Dirichlet(ALPHA).log_prob([0.5, 0.5])


def test_what_asks_for_an_order_is_refused_with_a_sentence():
    d = Dirichlet(ALPHA)
    with pytest.raises(DataError, match="family of vectors"):
        Dirichlet.fit(mle.observed([0.2, 0.3], right=[False, True]))
    for ask in (
        lambda: d.cdf(X),
        lambda: d.ppf(0.5),
        lambda: d.log_cdf(X),
        lambda: d.log_mass(X, X),
    ):
        with pytest.raises(TypeError, match="take th"):
            ask()
    with pytest.raises(DataError, match="dimensions differ: 4 and 2"):
        mle.kl_divergence(d, Dirichlet([1.0, 2.0]))


def test_samples_are_shares_whose_logarithms_have_the_right_means():
    for alpha in ([0.02, 0.5, 3.0], ALPHA):
        d = Dirichlet([alpha, alpha])
        x = d.sample(20_000, rng=5)
        assert x.shape == (20_000, 2, len(alpha))
        assert x.sum(axis=-1) == pytest.approx(1.0)
        assert x.mean(axis=0) == pytest.approx(d.mean, abs=5 * np.sqrt(d.var.max() / 20_000))
        assert x.var(axis=0) == pytest.approx(d.var, rel=0.12)
    error = 5 * np.sqrt(np.diagonal(Dirichlet(ALPHA).information()) / 20_000)
    assert np.all(np.abs(Dirichlet(ALPHA).score(x[:, 0]).mean(axis=0)) < error)
