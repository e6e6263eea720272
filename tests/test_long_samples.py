"""Long samples are summarised in rows that fit the cache: the same statistic, the same errors."""

from __future__ import annotations

import numpy as np
import pytest

import mlecore as mle
from mlecore import family as machinery

SMALL = [
    mle.Normal(1e6, 2.0),
    mle.LogNormal(0.5, 0.8),
    mle.Exponential(0.5),
    mle.Gamma(2.5, 1.5),
    mle.InverseGamma(3.0, 2.0),
    mle.Beta(2.0, 3.5),
    mle.Pareto(2.0, 1.0),
    mle.InverseGaussian(1.0, 2.0),
    mle.Rayleigh(2.0),
    mle.VonMises(1.0, 2.0),
    mle.Uniform(0.0, 2.0),
    mle.Bernoulli(0.3),
    mle.Poisson(3.0),
    mle.Geometric(0.3),
    mle.Categorical([0.2, 0.5, 0.3]),
]
N = 40_000  # four rows of 8,192 and a part of one


@pytest.fixture
def in_rows(monkeypatch):
    """Summarise in rows from 16,384 values on."""
    monkeypatch.setattr(machinery, "_WORTH_ROWS", 2**14)


@pytest.mark.parametrize("d", SMALL, ids=lambda d: type(d).__name__)
@pytest.mark.parametrize("weighted", [False, True])
def test_rows_give_the_statistic_of_the_whole(d, weighted, in_rows):
    family = type(d)
    x = np.asarray(d.sample(N, rng=1), dtype=float)
    w = np.random.default_rng(2).integers(0, 3, N).astype(float) if weighted else None
    assert family._in_parts(x)
    rows = family.statistics(x, w)
    whole = family._checked(x, w)
    assert rows.close_to(whole, tolerance=1e-11)
    one, other = family.fit(rows), family.fit(whole)
    np.testing.assert_allclose(one.theta, other.theta, rtol=1e-9)


def test_a_row_without_any_weight_is_no_obstacle(in_rows):
    x = np.random.default_rng(1).gamma(2.0, 1.0, N)
    w = np.ones(N)
    w[8192:16384] = 0
    direct = mle.Gamma.fit(np.delete(x, np.arange(8192, 16384)))
    np.testing.assert_allclose(mle.Gamma.fit(x, w).theta, direct.theta, rtol=1e-9)


@pytest.mark.parametrize("position", [0, 9000, N - 1])
def test_a_bad_value_is_named_by_its_place_in_the_whole(position, in_rows):
    x = np.random.default_rng(1).gamma(2.0, 1.0, N)
    x[position] = np.nan
    with pytest.raises(mle.DataError, match=rf"index {position}\b"):
        mle.Gamma.fit(x)
    x[position] = -1.0
    with pytest.raises(mle.SupportError, match=rf"x\[{position}\] = -1"):
        mle.Gamma.fit(x)


def test_very_long_samples_go_by_rows_and_short_ones_do_not():
    assert machinery._WORTH_ROWS <= 2**20
    assert mle.Normal._in_parts(np.zeros(machinery._WORTH_ROWS))
    assert not mle.Normal._in_parts(np.zeros(machinery._WORTH_ROWS - 1))
    assert not mle.Weibull._in_parts(np.zeros(machinery._WORTH_ROWS))
