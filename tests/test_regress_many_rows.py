"""Regressions of many rows: the fast ways through them give what the slow ones give."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import mlecore as mle
from mlecore.regression import general
from mlecore.regression.ascent import ascend
from mlecore.regression.basis import Basis
from mlecore.regression.problem import Problem

ROWS = 24_000


def columns(rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(5).normal(size=(rows, 3)) * [1.0, 30.0, 0.2] + [0.0, 50.0, 3.0]
    return X, 0.2 + 0.4 * X[:, 0] - 0.01 * X[:, 1] + 0.5 * X[:, 2]


CASES = [
    (mle.NegativeBinomial, "mu", lambda eta: mle.NegativeBinomial(mu=np.exp(eta), size=1.7)),
    (mle.Normal, "mu", lambda eta: mle.Normal(mu=eta, sigma=0.3)),
]


@pytest.mark.parametrize(
    ("family", "name", "member"), CASES, ids=lambda c: getattr(c, "__name__", None)
)
@pytest.mark.parametrize("constant", [0.02, 1.0, 40.0])
def test_formulas_written_out_are_those_of_the_chain_rule(family, name, member, constant):
    X, eta = columns(300)
    dist = family.regress(member(eta).sample(rng=1), **{name: X}).dist
    at = np.stack([eta, np.full(300, constant)])
    assert dist._formulas(at, dist.rows.y.x) is not None
    value, slope, weight = dist._derivatives(at, dist.rows.y)
    vars(dist)["_formulas"] = None
    chain = dist._derivatives(at, dist.rows.y)
    assert np.allclose(value, chain[0], rtol=1e-12, atol=1e-13)
    for a in range(2):
        close(slope[a], chain[1][a])
        for b in range(a + 1):
            close(weight(a, b), chain[2](a, b))


def close(one, other):
    assert np.abs(one - other).max() <= 1e-12 * np.abs(other).max()


def test_a_size_near_the_poisson_keeps_the_formulas_that_lose_no_digits():
    formulas = general.written_out(mle.NegativeBinomial, ("log", "identity"))
    assert formulas(np.array([[0.0, 1.0], [1e7, 1e7]]), np.array([1.0, 2.0])) is None
    assert formulas(np.array([[0.0, 1.0], [2.0, 2.0]]), np.array([1e6, 2.0])) is None


@pytest.mark.parametrize(
    ("family", "name", "member"), CASES, ids=lambda c: getattr(c, "__name__", None)
)
def test_few_passes_over_many_rows_end_where_the_whole_climb_ends(family, name, member):
    X, eta = columns()
    y = member(eta).sample(rng=2)
    m = family.regress(y, **{name: X})
    problem = Problem.of(m.likelihood)
    start = m.likelihood.family._first_guess(problem, None)
    top = ascend(problem, start, None, 50)
    assert m.iterations < top.iterations[0]
    assert m.log_likelihood == pytest.approx(top.log_likelihood[0], rel=1e-13)
    slow = problem.theta(top.theta[0], np.zeros(len(problem.names)))
    assert np.abs((m.theta - slow) / np.sqrt(np.diag(m.covariance()))).max() < 1e-5


def test_many_rows_with_offset_and_weights_agree_with_statsmodels():
    import statsmodels.api as sm

    X, eta = columns()
    rng = np.random.default_rng(3)
    lead = rng.normal(0.0, 0.3, ROWS)
    y = mle.NegativeBinomial(mu=np.exp(eta + lead), size=1.7).sample(rng=4)
    m = mle.NegativeBinomial.regress(y, mu=X, offset=lead)
    peer = sm.NegativeBinomial(y, sm.add_constant(X), offset=lead)
    here = [*list(m.params.values())[:4], 1.0 / m.params["size"]]
    theirs = peer.fit(start_params=here, method="newton", disp=0, maxiter=1, warn_convergence=False)
    assert m.log_likelihood == pytest.approx(theirs.llf, rel=1e-9)
    se = list(m.se.values())
    assert np.allclose(se[:4], theirs.bse[:4], rtol=1e-6)
    half = mle.NegativeBinomial.regress(y, mu=X, offset=lead, weights=np.full(ROWS, 2.0))
    assert np.allclose(list(half.se.values()), np.array(se) / np.sqrt(2.0), rtol=1e-6)


def test_a_start_from_few_rows_that_misleads_is_made_good():
    # The sample of every 25th row sees another world than the rest.
    X = np.random.default_rng(6).normal(size=(ROWS, 2))
    sign = np.where(np.arange(ROWS) % 25 == 0, -1.0, 1.0)
    y = mle.NegativeBinomial(mu=np.exp(1.0 + sign * (X @ [1.5, -1.0])), size=0.5).sample(rng=5)
    m = mle.NegativeBinomial.regress(y, mu=X)
    slope = m.dist._row_scores().sum(axis=0)
    assert np.abs(slope * list(m.se.values())).max() < 1e-4


def test_errors_take_the_scales_of_columns_that_the_climb_has_found(monkeypatch):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(20_000, 2))
    f = mle.LogisticRegression.fit(X, rng.random(20_000) < 0.5)
    monkeypatch.setattr(Basis, "of", None)  # whoever scales them anew fails
    assert np.isfinite(list(f.se.values())).all()
    assert pickle.loads(pickle.dumps(f)).params == f.params
