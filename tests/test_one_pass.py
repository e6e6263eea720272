"""Long samples are climbed in few passes over the data, and reach the same place."""

from __future__ import annotations

import numpy as np
import pytest

import mlecore as mle
from mlecore.families.heavy_tails import largest_share
from mlecore.statistics import LONG, Sample

MEMBERS = [
    mle.StudentT(df=3.3, loc=0.8, scale=2.3),
    mle.Cauchy(loc=0.8, scale=2.3),
    mle.Weibull(shape=1.3, scale=2.3),
]


@pytest.mark.parametrize("d", MEMBERS, ids=lambda d: type(d).__name__)
@pytest.mark.parametrize("shape", [(5,), (40_000,), (3, 50)])
@pytest.mark.parametrize("weighted", [False, True])
def test_what_one_pass_gives_is_what_the_formulas_give_one_by_one(d, shape, weighted):
    rng = np.random.default_rng(1)
    x = d.sample(shape, rng=rng)
    weights = rng.random(shape) if weighted else None
    t = type(d).statistics(x, weights, axis=None if len(shape) == 1 else 1)
    one_by_one = d._log_likelihood(t), d._score_vector(t), d._hessian_matrix(t)
    for together, alone in zip(d._terms(t), one_by_one, strict=True):
        np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-12 * np.abs(alone).max())


@pytest.mark.parametrize("family", [mle.StudentT, mle.Cauchy])
def test_where_a_square_is_no_double_the_formulas_serve_one_by_one(family):
    d = family(**{"loc": 0.0, "scale": 1.0} | ({"df": 2.0} if family is mle.StudentT else {}))
    t = family.statistics([1.0, -2.0, 1e200, 0.3])
    with np.errstate(over="ignore"):
        assert d._terms(t) is None


@pytest.mark.parametrize("share", [0.3, 0.499, 0.5, 0.7])
def test_a_long_sample_has_a_majority_only_where_one_value_is_half_of_it(share):
    rng = np.random.default_rng(2)
    n = 5 * LONG
    x = rng.normal(size=n)
    x[rng.permutation(n)[: round(share * n)]] = 0.7
    found = largest_share(Sample.of(x), 0.5)
    assert found == pytest.approx(share, abs=2 / n) if share >= 0.5 else found < 0.5


def test_a_long_censored_sample_is_climbed_from_a_part_to_its_own_top():
    rng = np.random.default_rng(3)
    x, bound = 2 * rng.weibull(1.7, 40_000), rng.exponential(4.0, 40_000)
    seen = mle.observed(np.minimum(x, bound), right=x > bound)
    f = mle.Weibull.fit(seen)
    top = mle.Likelihood(mle.Weibull, seen).maximize(start=[1.0, 1.0])
    np.testing.assert_allclose(f.theta, top.theta, rtol=1e-9)
    k, s = f.params["shape"], f.params["scale"]
    # The equations by hand: at the top the events over s^k make up the total hazard.
    right, t = x > bound, np.minimum(x, bound)
    assert ((t / s) ** k).sum() == pytest.approx((~right).sum(), rel=1e-9)
