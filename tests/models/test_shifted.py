"""Families from a free threshold on: their spikes, their ends, and how they hold a known one."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import optimize, stats

import mlecore as mle
from mlecore import DataError, Likelihood, NoMLEError, RegularityError, Shifted, observed

SEED = 1985
# fmt: off
# Breaking strengths of 63 glass fibres of 1.5 cm (Smith and Naylor 1987). Two public copies agree
# in every value; a third has 1.59 in place of 1.58.
FIBRES = np.array([
    0.55, 0.93, 1.25, 1.36, 1.49, 1.52, 1.58, 1.61, 1.64, 1.68, 1.73, 1.81, 2.0, 0.74, 1.04,
    1.27, 1.39, 1.49, 1.53, 1.59, 1.61, 1.66, 1.68, 1.76, 1.82, 2.01, 0.77, 1.11, 1.28, 1.42,
    1.5, 1.54, 1.6, 1.62, 1.66, 1.69, 1.76, 1.84, 2.24, 0.81, 1.13, 1.29, 1.48, 1.5, 1.55, 1.61,
    1.62, 1.66, 1.7, 1.77, 1.84, 0.84, 1.24, 1.3, 1.48, 1.51, 1.55, 1.61, 1.63, 1.67, 1.7, 1.78,
    1.89
])
# fmt: on


def test_the_glass_fibres_have_the_maximum_that_a_search_over_scipys_density_finds():
    f = Shifted(mle.Weibull).fit(FIBRES)

    def objective(v):
        return -stats.weibull_min.logpdf(FIBRES, v[1], loc=v[0], scale=v[2]).sum()

    options = {"xatol": 1e-8, "fatol": 1e-11, "maxiter": 4000, "maxfev": 4000}
    found = optimize.minimize(objective, [-1.0, 9.0, 2.5], method="Nelder-Mead", options=options)
    assert f.log_likelihood == pytest.approx(-found.fun, rel=1e-10)
    np.testing.assert_allclose(f.theta, found.x, rtol=1e-4)
    assert np.abs(f.likelihood.score(f.theta)).max() < 1e-6
    assert "spike" in f.notes[0]
    assert "0.55" in f.notes[0]


@pytest.mark.parametrize(
    ("family", "params", "spike"),
    [
        (mle.Gamma, {"shape": 3.0, "rate": 1.0}, True),
        (mle.LogNormal, {"mu": 0.0, "sigma": 0.6}, True),
        (mle.InverseGaussian, {"mu": 2.0, "shape": 3.0}, False),
        (mle.Rayleigh, {"scale": 2.0}, False),
    ],
    ids=lambda v: getattr(v, "__name__", None),
)
def test_the_estimate_is_a_local_maximum_and_moves_with_the_data(family, params, spike):
    d = Shifted(family)(shift=5.0, **params)
    x = d.sample(200, rng=SEED)
    f = Shifted(family).fit(x)
    assert f.log_likelihood >= d.log_prob(x).sum()
    assert np.abs(f.likelihood.score(f.theta)).max() < 1e-5
    assert np.linalg.eigvalsh(f.likelihood.hessian(f.theta)).max() < 0
    assert bool(f.notes) is spike
    moved = Shifted(family).fit(x + 40.0)
    np.testing.assert_allclose(moved.theta, f.theta + np.eye(f.theta.size)[0] * 40.0, rtol=1e-5)


def test_slopes_and_curvatures_are_those_of_the_log_likelihood():
    d = Shifted(mle.Gamma)(shift=5.0, shape=2.5, rate=1.2)
    x = d.sample(100, rng=SEED)
    point = np.array([4.8, 2.5, 1.2])
    seen = observed(np.minimum(x, 7.0), right=x > 7.0, entry=5.2 * (x > 5.2))
    for L in (Likelihood(type(d), x), Likelihood(type(d), seen)):
        steps = 1e-5 * np.eye(3)
        slope = [(L.log_likelihood(point + h) - L.log_likelihood(point - h)) / 2e-5 for h in steps]
        bend = [(L.score(point + h) - L.score(point - h)) / 2e-5 for h in steps]
        np.testing.assert_allclose(L.score(point), slope, rtol=1e-6, atol=1e-5)
        np.testing.assert_allclose(L.hessian(point), bend, rtol=1e-5, atol=1e-3)


def test_an_exponential_begins_at_its_smallest_value():
    x = np.array([4.0, 2.5, 7.0])
    f = Shifted(mle.Exponential).fit(x)
    assert f.params == pytest.approx({"shift": 2.5, "rate": 1.0 / (x.mean() - 2.5)})
    assert f.log_likelihood == pytest.approx(-3 * np.log(x.mean() - 2.5) - 3)
    assert not f.notes


def test_where_there_is_no_local_maximum_the_error_says_which_way_it_rises():
    steep = Shifted(mle.Weibull)(shift=5.0, shape=0.7, scale=3.0).sample(100, rng=SEED)
    with pytest.raises(NoMLEError, match="comes to the smallest value"):
        Shifted(mle.Weibull).fit(steep)
    mirrored = 10.0 - Shifted(mle.LogNormal)(shift=0.0, mu=0.0, sigma=0.5).sample(100, rng=SEED)
    with pytest.raises(NoMLEError, match="moves away from the data"):
        Shifted(mle.LogNormal).fit(mirrored)
    with pytest.raises(NoMLEError, match="equal"):
        Shifted(mle.Gamma).fit([2.0, 2.0, 2.0])
    batch = Shifted(mle.Weibull).fit(np.stack([steep, FIBRES[np.arange(100) % 63]]), axis=1)
    assert list(batch.problems) == [0]
    assert np.isnan(batch.theta[0]).all()
    assert batch.converged[1]


def test_a_known_shift_gives_the_family_of_what_is_above_it():
    x = Shifted(mle.Weibull)(shift=5.0, shape=0.7, scale=3.0).sample(100, rng=SEED)
    right = x > 8.0
    for data, plain in (
        (x, x - 5.0),
        (
            observed(np.minimum(x, 8.0), right=right),
            observed(np.minimum(x, 8.0) - 5.0, right=right),
        ),
    ):
        f, g = Shifted(mle.Weibull).fit(data, fixed={"shift": 5}), mle.Weibull.fit(plain)
        np.testing.assert_allclose(f.theta, g.theta, rtol=1e-10)
        np.testing.assert_allclose(f.cov, g.cov, rtol=1e-7)
        np.testing.assert_allclose(
            f.ci(method="lr")["shape"], g.ci(method="lr")["shape"], rtol=1e-7
        )
    with pytest.raises(NoMLEError, match="no such member could have made the data"):
        Shifted(mle.Weibull).fit(x, fixed={"shift": 7.0})


def test_a_free_shift_refuses_large_sample_inference_and_partly_seen_data():
    f = Shifted(mle.Weibull).fit(FIBRES)
    for ask in (lambda: f.se, lambda: f.ci(method="lr"), lambda: f.test(shape=3.0)):
        with pytest.raises(RegularityError, match="moves the support"):
            ask()
    with pytest.raises(DataError, match="hold the shift"):
        Shifted(mle.Weibull).fit(observed([1.0, 2.0, 3.0], right=[False, False, True]))


def test_a_member_is_the_family_moved():
    d = Shifted(mle.Gamma)(shift=-3.0, shape=2.0, rate=1.5)
    reference = stats.gamma(2.0, loc=-3.0, scale=1 / 1.5)
    x = d.sample(500, rng=SEED)
    np.testing.assert_allclose(d.log_prob(x), reference.logpdf(x), rtol=1e-10)
    np.testing.assert_allclose([d.mean, d.var], [reference.mean(), reference.var()], rtol=1e-12)
    np.testing.assert_allclose(d.cdf(x), reference.cdf(x), rtol=1e-10)
    np.testing.assert_allclose(d.ppf([0.1, 0.9]), reference.ppf([0.1, 0.9]), rtol=1e-10)
    np.testing.assert_allclose(d.log_sf(x), reference.logsf(x), rtol=1e-9)
    assert d.log_prob(-3.5) == -np.inf


def test_weights_count_and_classes_are_the_same_again():
    w = np.random.default_rng(SEED).integers(0, 3, 63)
    f = Shifted(mle.Weibull).fit(FIBRES, weights=w)
    g = Shifted(mle.Weibull).fit(np.repeat(FIBRES, w))
    np.testing.assert_allclose(f.theta, g.theta, rtol=1e-6)
    family = Shifted(mle.Weibull)
    assert family is Shifted(mle.Weibull)
    assert pickle.loads(pickle.dumps(family)) is family
    assert pickle.loads(pickle.dumps(f)).dist == f.dist
    assert repr(family(shift=1, shape=2, scale=3)) == "Shifted(Weibull)(shift=1, shape=2, scale=3)"


def test_what_has_no_end_to_shift_is_refused_with_words():
    cases = [
        (lambda: Shifted(mle.Normal), "no end to shift"),
        (lambda: Shifted(mle.Poisson), "subtract"),
        (lambda: Shifted(Shifted(mle.Gamma)), "shift already"),
        (lambda: Shifted(mle.MultivariateNormal), "vectors"),
        (lambda: Shifted(mle.Gamma)(shift=np.inf, shape=1.0, rate=1.0), "shift"),
    ]
    for call, words in cases:
        with pytest.raises(DataError, match=words):
            call()


@pytest.mark.parametrize("family", [mle.Exponential, mle.HalfNormal])
def test_the_smallest_value_of_a_source_is_the_shift_where_it_is_that_of_an_array(
    family, monkeypatch
):
    monkeypatch.setattr("mlecore.statistics.streamed.HELD", 100)
    monkeypatch.setattr("mlecore.family.sourced.HELD", 100)
    x = 2.0 + family(1.0).sample(300, rng=3)
    f = mle.Shifted(family).fit(x)
    g = mle.Shifted(family).fit(mle.chunks([x[:150], x[150:]]))
    np.testing.assert_allclose(g.dist.sf(3.0), f.dist.sf(3.0), rtol=1e-10)
    assert g.log_likelihood == pytest.approx(f.log_likelihood, rel=1e-12)
    assert g.names == f.names
