"""What the Geometric alone must do: one over the mean, and its boundary at p = 1."""

from __future__ import annotations

import numpy as np
import pytest

from mlecore import Geometric, RegularityError


def test_the_estimate_is_one_over_the_mean():
    f = Geometric.fit([1, 3, 5, 2])
    assert f.params["p"] == pytest.approx(4 / 11, rel=1e-15)
    p = 4 / 11
    assert f.se["p"] == pytest.approx(p * np.sqrt((1 - p) / 4), rel=1e-14)


def test_success_at_every_first_trial_is_a_boundary_fit():
    f = Geometric.fit([1, 1, 1])
    assert f.params["p"] == 1.0
    assert f.log_likelihood == 0.0
    with pytest.raises(RegularityError, match="boundary"):
        _ = f.se
    assert f.likelihood.score(p=1.0)[0] == 3.0
    assert Geometric.fit([1, 2]).likelihood.score(p=1.0)[0] == -np.inf
    assert Geometric.fit([1, 2]).likelihood.log_likelihood(p=1.0) == -np.inf


def test_rare_failures_keep_their_digits():
    # One failure in 1e8 + 1 trials: the mean number of trials is 1 + 1e-8.
    f = Geometric.fit([1.0, 2.0], weights=[1e8 - 1, 1])
    assert 1 - f.params["p"] == pytest.approx(1e-8 / (1 + 1e-8), rel=1e-8)


def test_it_forgets():
    d = Geometric(p=0.3)
    k = np.arange(1, 10)
    np.testing.assert_allclose(d.pmf(k + 4) / (1 - d.cdf(4)), d.pmf(k), rtol=1e-12)
