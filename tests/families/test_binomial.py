"""What the Binomial alone must do: know n, refuse more successes than trials, stand on its boundary."""

from __future__ import annotations

import numpy as np
import pytest

from mlecore import Binomial, DataError, Likelihood, NoMLEError, RegularityError, SupportError
from mlecore.family import reading


def test_the_estimate_is_the_share_of_all_trials_that_succeeded():
    f = Binomial.fit([12, 14, 9], fixed={"n": 20})
    assert f.params == pytest.approx({"n": 20.0, "p": 35 / 60}, rel=1e-15)
    assert f.names == ("p",)
    assert f.aic == pytest.approx(2 - 2 * f.log_likelihood)
    assert f.se["p"] == pytest.approx(np.sqrt(35 / 60 * 25 / 60 / 60))


def test_n_must_be_given():
    with pytest.raises(DataError, match=r"known n.*fixed=\{'n'"):
        Binomial.fit([1, 2])
    with pytest.raises(DataError, match="whole number"):
        Binomial.fit([1, 2], fixed={"n": 2.5})


@pytest.mark.parametrize("as_statistic", [False, True])
def test_more_successes_than_trials_are_named(as_statistic):
    x = Binomial.statistics([3.0, 21.0, 4.0]) if as_statistic else [3, 21, 4]
    with pytest.raises(SupportError, match=r"n = 20.*\[[12]\] = 21 is more than n \(1 of 3"):
        Binomial.fit(x, fixed={"n": 20})


def test_more_successes_than_trials_are_named_in_a_batch():
    f = Binomial.fit([[1, 2], [6, 2]], axis=1, fixed={"n": [6, 5]})
    assert "more than the known n" in f.problems[1]
    np.testing.assert_allclose(f.params["p"], [0.25, np.nan])


def test_a_value_of_weight_zero_is_no_observation():
    f = Binomial.fit([0, 1, 9], weights=[1, 2, 0], fixed={"n": 1})
    assert f.params["p"] == pytest.approx(2 / 3)
    assert f.log_likelihood == pytest.approx(np.log(1 / 3) + 2 * np.log(2 / 3))


def test_every_sample_of_a_batch_may_have_its_own_n():
    f = Binomial.fit([[1, 2], [3, 4]], axis=1, fixed={"n": [5, 10]})
    np.testing.assert_allclose(f.params["p"], [0.3, 0.35])
    single = Binomial.fit([3, 4], fixed={"n": 10})
    assert f.log_likelihood[1] == pytest.approx(single.log_likelihood, rel=1e-14)


@pytest.mark.parametrize(("x", "p"), [([0, 0], 0.0), ([7, 7], 1.0)])
def test_all_or_nothing_is_a_boundary_fit(x, p):
    f = Binomial.fit(x, fixed={"n": 7})
    assert f.params["p"] == p
    assert f.log_likelihood == 0.0
    with pytest.raises(RegularityError, match="boundary"):
        _ = f.se
    slope = f.likelihood.score(p=p)[0]
    assert slope == (-14 if p == 0 else 14)
    assert np.isinf(Binomial.fit([3], fixed={"n": 7}).likelihood.score(p=p)[0])


def test_no_trials_say_nothing():
    with pytest.raises(NoMLEError, match="n is 0"):
        Binomial.fit([0, 0], fixed={"n": 0})
    batch = Binomial.fit([[0, 0], [1, 0]], axis=1, fixed={"n": [0, 2]})
    assert list(batch.problems) == [0]


def test_a_likelihood_beyond_n_is_zero():
    likelihood = Likelihood(Binomial, [1, 5], fixed={"n": 4})
    assert likelihood.log_likelihood(p=0.5) == -np.inf


def test_huge_numbers_of_trials_keep_their_digits():
    n, k = 1e15, 3e14
    f = Binomial.fit([k], fixed={"n": n})
    # At its own proportion the log-probability is that of the peak: -log(2 pi n p q)/2 to 1e-15.
    assert f.log_likelihood == pytest.approx(-0.5 * np.log(2 * np.pi * n * 0.3 * 0.7), rel=1e-15)


def test_equal_values_are_kept_once():
    x = np.random.default_rng(0).binomial(20, 0.4, size=5000).astype(float)
    assert Binomial.statistics(x).width <= 21
    assert Binomial.statistics(x).n == 5000


def test_data_within_the_known_n_are_read_once(monkeypatch):
    points, read = reading.points, []
    monkeypatch.setattr(reading, "points", lambda *a: read.append(a) or points(*a))
    Binomial.fit([3, 1, 2], fixed={"n": 4})
    assert len(read) == 1
    with pytest.raises(SupportError, match=r"x\[1\] = 5 is more than n"):
        Binomial.fit([3, 5, 2], fixed={"n": 4})
