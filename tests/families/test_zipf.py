"""The Zipf, from exponents just above one to those where nearly all values are one."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import mlecore as mle
from mlecore import DataError, NoMLEError, entropy, kl_divergence
from mlecore.mass import mass_terms
from mlecore.series import power_tail


@pytest.mark.parametrize(
    "x", [[1, 2, 3], [1, 1, 1, 2], [1e12], [5, 1e300], [1] * 999 + [2]], ids=lambda x: str(x[-2:])
)
def test_the_fit_solves_its_equation_in_forty_digits(x):
    f = mle.Zipf.fit(x)
    with mp.workdps(40):
        mean = mp.fsum(mp.log(v) for v in x) / len(x)
        s = mp.findroot(
            lambda s: mp.log(-mp.zeta(s, derivative=1) / mp.zeta(s) / mean), f.params["exponent"]
        )
        height = float(-len(x) * (s * mean + mp.log(mp.zeta(s))))
        s = float(s)
    assert f.params["exponent"] == pytest.approx(s, rel=1e-13)
    assert f.log_likelihood == pytest.approx(height, rel=1e-13)


def test_values_that_are_all_one_have_no_fit_and_stop_no_other():
    with pytest.raises(NoMLEError, match="rises towards 1 as exponent grows"):
        mle.Zipf.fit([1, 1, 1])
    batch = mle.Zipf.fit([[1, 1], [1, 2]], axis=1)
    assert list(batch.problems) == [0]
    assert mle.Zipf.fit([1, 1], fixed={"exponent": 2.0}).params["exponent"] == 2.0


def test_an_exponent_of_one_is_none():
    with pytest.raises(DataError, match="exponent of Zipf must be finite and > 1"):
        mle.Zipf(1.0)


@pytest.mark.parametrize("s", [1.0 + 1e-9, 1.5, 3.7, 50.0, 300.0])
@pytest.mark.parametrize("first", [2.0, 1000.0])
def test_what_is_beyond_a_count_keeps_its_digits(s, first):
    with mp.workdps(120):

        def tail(s):
            terms = mp.fsum((1 + mp.mpf(i) / first) ** -s for i in range(30))
            x = first + 30
            rest = x / (s - 1) + mp.mpf(1) / 2
            for i in range(1, 10):
                rest += (
                    mp.bernoulli(2 * i)
                    / mp.factorial(2 * i)
                    * mp.rf(s, 2 * i - 1)
                    / x ** (2 * i - 1)
                )
            return mp.log(terms + (x / first) ** -s * rest) - s * mp.log(first)

        exact = [float(v) for v in (tail(mp.mpf(s)), mp.diff(tail, s), mp.diff(tail, s, 2))]
    np.testing.assert_allclose(power_tail(s, first), exact, rtol=1e-12)


def test_mean_and_variance_keep_their_digits_where_nearly_all_values_are_one():
    for s in (3.2, 20.0, 80.0):
        with mp.workdps(60):
            zeta = [mp.zeta(mp.mpf(s) - k) for k in range(3)]
            mean, var = zeta[1] / zeta[0], zeta[2] / zeta[0] - (zeta[1] / zeta[0]) ** 2
            mean, var = float(mean - 1), float(var)
        d = mle.Zipf(s)
        assert d.mean - 1.0 == pytest.approx(mean, rel=1e-10, abs=1e-15)
        assert d.var == pytest.approx(var, rel=1e-12)
    assert np.isinf(mle.Zipf([1.5, 2.5]).mean).tolist() == [True, False]
    assert np.isinf(mle.Zipf([1.5, 2.5]).var).all()


def test_entropy_and_divergence_are_the_sums():
    p, q = mle.Zipf(6.0), mle.Zipf(5.5)
    k = np.arange(1.0, 20_000.0)
    lp, lq = p.log_prob(k), q.log_prob(k)
    assert entropy(p) == pytest.approx(-(np.exp(lp) * lp).sum(), rel=1e-12)
    assert kl_divergence(p, q) == pytest.approx((np.exp(lp) * (lp - lq)).sum(), rel=1e-10)
    near = kl_divergence(p, mle.Zipf(6.0 + 1e-7))
    assert near == pytest.approx(0.5e-14 * p.information()[0, 0], rel=1e-6)


def test_counts_seen_in_part_are_fitted():
    x = mle.Zipf(2.3).sample(400, rng=2)
    f = mle.Zipf.fit(mle.observed(np.minimum(x, 6.0), right=x > 6))
    assert f.likelihood.score(f.theta) == pytest.approx(0.0, abs=1e-6)
    assert f.params["exponent"] == pytest.approx(mle.Zipf.fit(x).params["exponent"], abs=0.2)
    terms = mass_terms(mle.Zipf(2.3), np.array([3.0]), np.array([np.inf]))
    step = 1e-5
    around = [mle.Zipf(2.3 + k * step).log_sf(3.0) for k in (-1, 1)]
    assert terms.slope[0, 0] == pytest.approx((around[1] - around[0]) / (2 * step), rel=1e-8)
