"""The BetaBinomial: more spread than a Binomial, and what there is where the spread is not more, or all of it."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import mlecore as mle
from mlecore import NoMLEError, SupportError


def exact(k, n, a, b):
    k, n, a, b = map(mp.mpf, (k, n, a, b))
    log_beta = lambda x, y: mp.loggamma(x) + mp.loggamma(y) - mp.loggamma(x + y)  # noqa: E731
    return mp.log(mp.binomial(n, k)) + log_beta(k + a, n - k + b) - log_beta(a, b)


SAMPLES = [
    ([0, 1, 2, 5, 9], 10),
    ([0, 10, 10, 1], 10),
    ([0, 2, 2, 1, 1, 0], 2),
    ([0] * 50 + [3], 1000),
    ([4, 6, 5, 5, 2, 8, 1], 10),
]


@pytest.mark.parametrize(("x", "n"), SAMPLES, ids=lambda v: str(v)[-12:])
def test_the_fit_is_where_newtons_method_in_forty_digits_stands_still(x, n):
    f = mle.BetaBinomial.fit(x, fixed={"n": n})

    with mp.workdps(40):
        slope = lambda a, b: [  # noqa: E731
            mp.fsum(
                mp.psi(0, v + a) - mp.psi(0, a) - mp.psi(0, a + b + n) + mp.psi(0, a + b) for v in x
            ),
            mp.fsum(
                mp.psi(0, n - v + b) - mp.psi(0, b) - mp.psi(0, a + b + n) + mp.psi(0, a + b)
                for v in x
            ),
        ]
        a, b = mp.findroot(slope, (f.params["a"], f.params["b"]))
        height = float(mp.fsum(exact(v, n, a, b) for v in x))
    assert f.params["a"] == pytest.approx(float(a), rel=1e-9)
    assert f.params["b"] == pytest.approx(float(b), rel=1e-9)
    assert f.log_likelihood == pytest.approx(height, rel=1e-13)
    binomial = mle.Binomial.fit(x, fixed={"n": n})
    assert f.log_likelihood > binomial.log_likelihood


@pytest.mark.parametrize("x", [[3, 3, 3], [0, 0, 1], [4, 5, 5, 6]])
def test_without_more_spread_than_the_binomial_that_is_the_limit(x):
    with pytest.raises(NoMLEError, match="does not exceed that of the Binomial") as caught:
        mle.BetaBinomial.fit(x, fixed={"n": 10})
    assert caught.value.limit.params["p"] == pytest.approx(np.mean(x) / 10)


def test_what_the_data_cannot_tell_is_refused_in_words_and_stops_no_other():
    fit = lambda x, **more: mle.BetaBinomial.fit(x, fixed={"n": 5, **more})  # noqa: E731
    with pytest.raises(NoMLEError, match="a and b shrink to 0"):
        fit([0, 5, 0])
    for all_one in ([0, 0], [5, 5]):
        with pytest.raises(NoMLEError, match=r"goes to that end") as caught:
            fit(all_one)
        assert caught.value.limit.params["p"] == all_one[0] / 5
    with pytest.raises(NoMLEError, match="nothing about a and b apart"):
        mle.BetaBinomial.fit([0, 1, 1], fixed={"n": 1})
    with pytest.raises(NoMLEError, match="as b grows"):
        fit([0, 0], a=1.0)
    with pytest.raises(NoMLEError, match="as a shrinks to 0"):
        fit([0, 0], b=1.0)
    with pytest.raises(SupportError, match="BetaBinomial with n = 5"):
        fit([0, 7])
    assert fit([0, 0, 5], a=1.0).likelihood.score(
        [fit([0, 0, 5], a=1.0).params["b"]]
    ) == pytest.approx(0, abs=1e-9)
    batch = mle.BetaBinomial.fit([[0, 5, 0, 5], [0, 1, 5, 4], [2, 2, 2, 7]], axis=1, fixed={"n": 5})
    assert list(batch.problems) == [0, 2]
    assert batch.theta[1] == pytest.approx(fit([0, 1, 5, 4]).theta, rel=1e-7)


def test_weights_are_counts():
    k, w = np.arange(13.0), np.array([3, 24, 104, 286, 670, 1033, 1343, 1112, 829, 478, 181, 45, 7])
    # Geissler's boys in 6,115 families of twelve children (Sokal and Rohlf).
    f = mle.BetaBinomial.fit(k, weights=w, fixed={"n": 12})
    again = mle.BetaBinomial.fit(np.repeat(k, w), fixed={"n": 12})
    np.testing.assert_allclose(f.theta, again.theta, rtol=1e-9)
    assert f.n == 6115
    assert f.params["a"] == pytest.approx(34.1, abs=0.1)
    assert f.params["b"] == pytest.approx(31.6, abs=0.1)


@pytest.mark.parametrize(("a", "b"), [(1e-4, 1e-4), (0.05, 3.0), (50.0, 1e-3), (1e9, 2e9)])
def test_information_and_tails_are_sums_over_all_counts(a, b):
    d, k = mle.BetaBinomial(40, a, b), np.arange(41.0)
    s, p = d.score(k), d.pmf(k)
    scale = np.sqrt(np.outer(*2 * [np.diag(d.information())]))
    if a < 1e3:
        assert np.all(np.abs(d.information() - np.einsum("k,ki,kj->ij", p, s, s)) < 1e-9 * scale)
    np.testing.assert_allclose(d.log_cdf(k[:-1]), np.log(np.cumsum(p))[:-1], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(
        d.log_sf(k[:-1]), np.log(np.cumsum(p[::-1])[::-1][1:]), rtol=1e-12, atol=1e-13
    )


def test_counts_seen_in_part_are_fitted():
    x = mle.BetaBinomial(12, 2.0, 3.0).sample(300, rng=2)
    whole = mle.BetaBinomial.fit(x, fixed={"n": 12})
    f = mle.BetaBinomial.fit(mle.observed(np.minimum(x, 7.0), right=x > 7), fixed={"n": 12})
    assert np.all(np.abs(f.likelihood.score(f.theta)) < 1e-4)
    assert np.all(np.abs(np.log(f.theta / whole.theta)) < 0.5)
