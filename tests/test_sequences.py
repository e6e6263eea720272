"""What all sequences share: one factorisation, and the engine of every other likelihood."""

import pickle

import numpy as np
import pytest

import mlecore as mle
from mlecore import (
    AutoRegression,
    DataError,
    HiddenMarkov,
    Likelihood,
    LocalLevel,
    Normal,
    RegularityError,
    compare,
)
from mlecore.domains import Positive, Real
from mlecore.sequences import Sequence


class Drift(Sequence):
    """x_t = x_t-1 + a Normal step: its fit is that of a Normal to the differences."""

    @classmethod
    def fit(cls, x, *, fixed=None, prior=None, given=None):
        return cls._fit(x, fixed=fixed, prior=prior, given=given)

    @classmethod
    def _domains(cls, setting):
        return {"mu": Real(), "sigma": Positive()}

    @classmethod
    def _least(cls, setting):
        return 1

    @classmethod
    def _guess(cls, series):
        steps = np.concatenate([np.diff(x) for x in series.pieces()])
        return np.array([steps.mean() + 0.1, 2.0 * steps.std()])

    def _steps(self):
        return Normal._unchecked(mu=self.theta[..., 0], sigma=self.theta[..., 1])

    def _terms(self, series, order):
        t = Normal.statistics(
            np.concatenate([np.diff(x[series.given - 1 :]) for x in series.pieces()])
        )
        d = self._steps()
        formulas = (d._log_likelihood, d._score_vector, d._hessian_matrix)
        return tuple(formula(t) for formula in formulas[: order + 1])

    def _one_step(self, series):
        before = np.concatenate([x[series.given - 1 : -1] for x in series.pieces()])
        return Normal(mu=before + self.theta[0], sigma=self.theta[1])

    def _ahead(self, series, steps):
        k = np.arange(1, steps + 1)
        return Normal(mu=series.last[-1] + k * self.theta[0], sigma=np.sqrt(k) * self.theta[1])

    def _draw(self, rng, n, before):
        start = before[-1] if before.size else 0.0
        return start + np.cumsum(self._steps()._draw(rng, (n,)))


X = np.array([3.0, 4.5, 4.0, 6.5, 8.0, 7.5, 9.0, 12.0])


@pytest.fixture(scope="module")
def both():
    return Drift.fit(X), Normal.fit(np.diff(X))


def test_a_sequence_has_the_inference_of_every_fit(both):
    walk, steps = both
    assert walk.n == steps.n == 7
    np.testing.assert_allclose(walk.theta, steps.theta, rtol=1e-9)
    np.testing.assert_allclose(walk.cov, steps.cov, rtol=1e-7, atol=1e-12)
    for name in ("log_likelihood", "aic", "aicc", "bic"):
        assert getattr(walk, name) == pytest.approx(getattr(steps, name))
    for how in ({}, {"scale": "natural"}, {"method": "lr"}):
        mine, other = walk.ci(**how), steps.ci(**how)
        for name in ("mu", "sigma"):
            assert mine[name] == pytest.approx(other[name], rel=1e-6)
    for method in ("lr", "wald"):
        assert walk.test(mu=0, method=method).p_value == pytest.approx(
            steps.test(mu=0, method=method).p_value
        )
    for method in ("wald", "lr"):
        mine, other = (f.delta(lambda mu, sigma: mu / sigma, method=method) for f in both)
        assert mine.estimate == pytest.approx(other.estimate)
        assert tuple(mine)[2] == pytest.approx(tuple(other)[2], rel=1e-5)
    assert walk.region(("mu", "sigma"), points=20) == pytest.approx(
        steps.region(("mu", "sigma"), points=20), rel=1e-5
    )
    grid = np.linspace(0.5, 2.0, 4)
    np.testing.assert_allclose(
        walk.likelihood.profile("mu", grid), steps.likelihood.profile("mu", grid), rtol=1e-9
    )
    assert Likelihood(Drift, X).maximize().theta == pytest.approx(walk.theta)


def test_the_laws_given_the_past_add_up_to_the_likelihood(both):
    walk, steps = both
    members = walk.dist._one_step(walk.series)
    assert members.log_prob(walk.series.predicted).sum() == pytest.approx(walk.log_likelihood)
    np.testing.assert_allclose(walk.residuals(), steps.residuals(), atol=1e-7)
    np.testing.assert_allclose(walk.residuals("pearson"), steps.residuals("pearson"), atol=1e-7)


def test_a_sequence_is_shown_as_every_fit(both):
    walk, _ = both
    assert "Drift fitted to n = 7" in walk.summary()
    assert "note: the likelihood is conditional on the first value" in walk.summary()
    assert "<table" in walk._repr_html_()
    assert repr(walk.dist).startswith("Drift(mu=1.28571, sigma=")


def test_held_parameters_and_priors_work_in_sequences():
    held = Drift.fit(X, fixed={"mu": 1.0})
    assert held.names == ("sigma",)
    assert held.params == pytest.approx(Normal.fit(np.diff(X), fixed={"mu": 1.0}).params)
    with pytest.raises(DataError, match="fixed mu must be one number"):
        Drift.fit(X, fixed={"mu": [1.0, 2.0]})
    prior = {"mu": Normal(0, 0.5)}
    mode, other = Drift.fit(X, prior=prior), Normal.fit(np.diff(X), prior=prior)
    assert mode.penalised
    assert mode.params == pytest.approx(other.params, rel=1e-7)
    with pytest.raises(RegularityError, match="priors have moved"):
        mode.aic  # noqa: B018


def test_several_sequences_are_independent_and_add_up():
    parts = [X[:4], X[4:]]
    f = Drift.fit(parts)
    steps = np.concatenate([np.diff(p) for p in parts])
    assert f.params == pytest.approx(Normal.fit(steps).params)
    assert "of each sequence" in f.summary()
    one, two = (Drift.statistics(p) for p in parts)
    assert (one + two).close_to(f.series)
    assert not (one + two).close_to(Drift.statistics(X))


def test_more_first_values_may_be_conditioned_on_and_others_are_other_data():
    f = Drift.fit(X, given=3)
    assert f.n == 5
    assert f.params == pytest.approx(Normal.fit(np.diff(X[2:])).params)
    with pytest.raises(DataError, match="different data"):
        compare([f, Drift.fit(X)])
    # The same values in another order, or independent, are the same data only in the second case.
    with pytest.raises(DataError, match="different data"):
        compare([Drift.fit(X), Drift.fit(X[[0, 2, 1, 3, 4, 5, 6, 7]])])
    assert compare([Drift.fit(X), Normal.fit(X[1:])]).n == 7


def test_a_bootstrap_of_a_sequence_draws_from_the_fit(both):
    walk, _ = both
    again = walk.bootstrap(20, rng=0)
    assert again.batch_shape == (20,)
    assert again.theta[:, 0].std() == pytest.approx(walk.se["mu"], rel=0.3)
    low, high = walk.ci(method="bootstrap", replicates=20, rng=0)["mu"]
    assert low < walk.params["mu"] < high
    with pytest.raises(DataError, match="lost their order"):
        walk.bootstrap(10, parametric=False)
    result = walk.test(mu=0, method="bootstrap", replicates=9, rng=0)
    assert 0.0 < result.p_value < 0.3
    assert result.replicates == 9


def test_a_prediction_is_the_law_of_each_of_the_next_values(both):
    walk, _ = both
    ahead = walk.predict(3)
    mu, sigma = walk.theta
    np.testing.assert_allclose(ahead.mean, 12.0 + mu * np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(ahead.var, sigma**2 * np.array([1.0, 2.0, 3.0]))
    with pytest.raises(DataError, match="steps must be a whole number"):
        walk.predict(0)


def test_what_has_no_meaning_in_a_sequence_is_refused_in_words(both):
    walk, _ = both
    with pytest.raises(RegularityError, match="follow on each other"):
        walk.covariance("sandwich")
    with pytest.raises(RegularityError, match="expected information"):
        walk.covariance("expected")
    with pytest.raises(RegularityError, match="residuals"):
        walk.goodness()
    with pytest.raises(DataError, match="densities"):
        walk.perplexity  # noqa: B018
    with pytest.raises(RegularityError, match="exact"):
        walk.ci(method="exact")
    with pytest.raises(RegularityError):
        walk.ci(method="rstar")
    with pytest.raises(DataError, match="no quantiles"):
        walk.quantile(0.5)


def test_a_picture_shows_the_sequence_with_its_means_given_the_past(both):
    left, right = both[0].plot()
    data, means = left.lines
    np.testing.assert_array_equal(data.get_ydata(), X[1:])
    np.testing.assert_allclose(means.get_ydata(), X[:-1] + both[0].params["mu"])
    assert right.get_ylabel() == "quantile residual"


def test_bad_sequences_are_refused_in_words():
    for x, words in (
        ([1.0, np.nan, 2.0], "1 NaN"),
        ([[1.0, 2.0], [3.0, np.inf]], r"x\[1\] holds 1 infinite"),
        ([1.0], "needs 2 or more, as 1 are conditioned on"),
        ([], "needs 2 or more"),
        ([[1.0, 2.0], [3.0]], "sequence 1 has 1 value"),
        (np.ones((3, 3)), "Several sequences go into a list"),
        ("text", "x"),
        (["a", "b"], "real numbers"),
    ):
        with pytest.raises(DataError, match=words):
            Drift.fit(x)
    with pytest.raises(DataError, match="no weights"):
        Drift.statistics(X, np.ones(8))
    with pytest.raises(DataError, match="no axis"):
        Drift.statistics(X, axis=0)
    with pytest.raises(DataError, match="whole number >= 1"):
        Drift.fit(X, given=0)
    with pytest.raises(DataError, match="setting"):
        Drift.statistics(X) + Drift.statistics(X, given=2)


def test_a_fit_of_a_sequence_is_frozen_and_survives_a_pickle(both):
    walk, _ = both
    with pytest.raises(AttributeError, match="frozen"):
        walk.dist.theta = np.zeros(2)
    x = X.copy()
    f = Drift.fit(x)
    x[:] = 0.0
    assert f.predict(1).mean[0] > 12.0
    again = pickle.loads(pickle.dumps(walk))
    assert again.se == walk.se


def test_what_cannot_be_gone_on_from_is_said_in_words():
    nile = mle.datasets.load("nile").sample
    fits = [mle.LocalLevel.fit(nile), mle.AutoRegression.fit(nile, 1)]
    for fit in fits:
        with pytest.raises(DataError, match="empty"):
            fit.predict(1, after=[])
    with pytest.raises(DataError, match="takes no weights"):
        mle.compare([mle.AutoRegression], nile, weights=np.ones(len(nile)))
    with pytest.raises(DataError, match="smoothing must be a number"):
        mle.MarkovChain.fit("abab", smoothing="x")


def test_an_index_that_does_not_go_forward_is_refused():
    pandas = pytest.importorskip("pandas")
    x = pandas.Series([1.0, 3.0, 2.0, 4.0, 2.5], pandas.date_range("2020-01-01", periods=5))
    models = [LocalLevel, AutoRegression, HiddenMarkov(Normal, 2)]
    for model in models:
        assert model.statistics(x).lengths == (5,)
        for wrong in (x.iloc[[0, 2, 1, 3, 4]], x.iloc[::-1], pandas.concat([x, x])):
            with pytest.raises(DataError, match="index that does not go forward"):
                model.fit(wrong)
        with pytest.raises(DataError, match=r"x\[1\] has an index that does not"):
            model.fit([x, x.iloc[::-1]])
    named = pandas.Series([1.0, 3.0, 2.0], index=["b", "c", "a"])
    assert LocalLevel.fit(named).n == 2


def test_parameters_that_are_none_are_named_as_they_were_given():
    for ask, words in [
        (lambda: AutoRegression(mu=5, phi1=0.5, sigma=-1), "^sigma must be finite and > 0"),
        (lambda: AutoRegression(mu=5, phi1=[0.5, 0.4], sigma=1), "^phi1 must be one number"),
        (lambda: LocalLevel(-1, 1), "^sigma2_irregular must be finite and >= 0"),
        (lambda: AutoRegression.fit([1.0, 2.0, 1.0], fixed={"sigma": -1}), "^fixed sigma must"),
    ]:
        with pytest.raises(DataError, match=words):
            ask()


def test_a_function_of_parameters_that_gives_no_number_is_refused_in_words():
    f = AutoRegression.fit([3.0, 4.0, 3.5, 6.0, 7.0, 6.5, 5.0])
    for value in ("x", None, {}, 1j):
        for method in ("wald", "lr"):
            with pytest.raises(DataError, match="the value of the function"):
                f.delta(lambda mu, value=value: value, method=method)


@pytest.mark.parametrize("unit", [1e100, 1e-100])
def test_the_fit_of_a_sequence_is_the_same_in_other_units(unit):
    x = LocalLevel(1.0, 0.5).sample(60, rng=1)
    one, other = LocalLevel.fit(x), LocalLevel.fit(unit * x)
    np.testing.assert_allclose(other.theta, unit**2 * one.theta, rtol=1e-9)
    held = {"sigma2_level": float(one.theta[1])}
    again = LocalLevel.fit(unit * x, fixed={"sigma2_level": unit**2 * held["sigma2_level"]})
    np.testing.assert_allclose(again.theta, unit**2 * one.theta[:1], rtol=1e-6)
    for start in ("stationary", "given"):
        one, other = (AutoRegression.fit(u * x, order=2, start=start) for u in (1.0, unit))
        np.testing.assert_allclose(other.theta, [unit, 1, 1, unit] * one.theta, rtol=1e-7)


def test_the_fit_of_a_sequence_is_the_same_far_from_zero():
    x = np.round(1024 * AutoRegression(mu=0.0, phi1=0.5, sigma=1.0).sample(80, rng=0)) / 1024
    for options in ({}, {"order": 2}, {"start": "given"}, {"fixed": {"sigma": 1.0}}):
        one, other = (AutoRegression.fit(x + far, **options) for far in (0.0, 2.0**40))
        np.testing.assert_allclose(other.theta[0] - 2.0**40, one.theta[0], atol=2e-4)
        np.testing.assert_allclose(other.theta[1:], one.theta[1:], rtol=1e-8)


def test_a_value_that_is_missing_is_no_reason_to_bring_its_neighbours_together():
    x = [1.0, 3.0, np.nan, 2.0, 4.0, 2.5]
    for model in (LocalLevel, AutoRegression, HiddenMarkov(Normal, 2)):
        with pytest.raises(DataError, match=r"first at index 2.*cut the sequence there") as error:
            model.fit(x)
        assert error.value.index == (2,)
    assert LocalLevel.fit([x[:2], x[3:]]).n == 3
