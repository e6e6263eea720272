"""Hidden Markov models: the forward recursion, its derivatives, and the highest maximum inside."""

import itertools
import pickle

import numpy as np
import pytest

from mlecore import (
    Bernoulli,
    Binomial,
    DataError,
    HiddenMarkov,
    Likelihood,
    Mixture,
    NoMLEError,
    Normal,
    Poisson,
    RegularityError,
    StudentT,
    SupportError,
    compare,
    datasets,
    lr_test,
)
from mlecore.sequences.forward import filtered, smoothed

QUAKES = np.asarray(datasets.load("earthquakes").sample, dtype=float)


@pytest.fixture(scope="module")
def quakes():
    return HiddenMarkov(Poisson, 2).fit(QUAKES, starts=3)


def normal_sequence(n=200, seed=0):
    model = HiddenMarkov(Normal, 2)
    return model(
        transition12=0.1, transition21=0.2, mu1=0.0, sigma1=0.5, mu2=2.0, sigma2=1.0
    ).sample(n, rng=seed)


def differences(f, theta, step=1e-6):
    return np.array(
        [(f(theta + step * e) - f(theta - step * e)) / (2.0 * step) for e in np.eye(theta.size)]
    )


# -- the recursion ---------------------------------------------------------------------------------


@pytest.mark.parametrize("T", [1, 2, 3, 7])
def test_the_recursion_is_the_sum_over_all_paths(T):
    rng = np.random.default_rng(T)
    G, start, f = rng.dirichlet(np.ones(3), 3), rng.dirichlet(np.ones(3)), rng.random((T, 3))
    total, law, moves = 0.0, np.zeros((T, 3)), np.zeros((3, 3))
    for path in itertools.product(range(3), repeat=T):
        p = start[path[0]] * f[0, path[0]]
        for t in range(1, T):
            p *= G[path[t - 1], path[t]] * f[t, path[t]]
        total += p
        for t, k in enumerate(path):
            law[t, k] += p
        for i, j in itertools.pairwise(path):
            moves[i, j] += p
    value, found, times = smoothed(start, G, f)
    assert value == pytest.approx(np.log(total))
    np.testing.assert_allclose(found, law / total)
    np.testing.assert_allclose(times, moves / total)
    batch, laws = filtered(np.stack([start] * 2), np.stack([G, G[::-1]]), np.stack([f] * 2))
    assert batch[0] == pytest.approx(np.log(total))
    assert batch[1] == pytest.approx(float(filtered(start, G[::-1], f, False)[0]))
    np.testing.assert_allclose(laws[0], filtered(start, G, f)[1])


def test_states_that_cannot_be_reached_and_values_that_cannot_be_do_no_harm():
    G, f = np.array([[1.0, 0.0], [0.0, 1.0]]), np.ones((20, 2))
    f[5, 1] = 0.0
    value, law, _ = smoothed(np.array([0.5, 0.5]), G, f)
    assert value == pytest.approx(np.log(0.5))
    np.testing.assert_allclose(law[:, 0], 1.0)
    f[6, 0] = 0.0
    with np.errstate(all="ignore"):
        assert filtered(np.array([0.5, 0.5]), G, f, False)[0] == -np.inf


@pytest.mark.parametrize(
    ("family", "states", "start", "params"),
    [
        (Poisson, 3, "stationary", (1.0, 4.0, 9.0)),
        (Normal, 2, "stationary", (0.0, 1.0, 2.0, 0.5)),
        (Normal, 2, "free", (0.0, 1.0, 2.0, 0.5)),
        (StudentT, 2, (0.3, 0.7), (4.0, 0.0, 1.0, 9.0, 2.0, 0.5)),
        (Bernoulli, 2, "stationary", (0.2, 0.7)),
    ],
)
def test_slope_and_curvature_of_a_hidden_chain_are_exact(family, states, start, params):
    model = HiddenMarkov(family, states)
    moves = [0.05 + 0.02 * k for k in range(states * (states - 1))]
    theta = np.array([*moves, *params])
    d = model(start, **dict(zip(model.domains, theta, strict=True)))
    L = Likelihood(
        model,
        model.statistics(
            [d.sample(60, rng=1), d.sample(11, rng=2)][: 1 + (start != "free")], start=start
        ),
    )
    np.testing.assert_allclose(
        L.score(theta), differences(L.log_likelihood, theta), rtol=1e-6, atol=1e-6
    )
    np.testing.assert_allclose(L.hessian(theta), differences(L.score, theta), rtol=1e-6, atol=1e-5)
    both = np.stack([theta, 0.9 * theta])
    np.testing.assert_allclose(L.hessian(both), [L.hessian(t) for t in both])
    np.testing.assert_allclose(L.score(both), [L.score(t) for t in both])


# -- published, and another implementation ---------------------------------------------------------


def test_earthquakes_have_the_published_states(quakes):
    # Zucchini, MacDonald and Langrock (2016), tables 1.2, 3.1 and 4.1.
    p = quakes.params
    assert -float(quakes.log_likelihood) == pytest.approx(342.3183, abs=5e-5)
    assert (p["rate1"], p["rate2"]) == pytest.approx((15.472, 26.125), abs=5e-4)
    assert (p["transition12"], p["transition21"]) == pytest.approx((0.066, 0.1285), abs=5e-4)
    free = HiddenMarkov(Poisson, 2).fit(QUAKES, start="free", starts=3)
    assert -float(free.log_likelihood) == pytest.approx(341.8787, abs=5e-5)
    assert (free.params["rate1"], free.params["rate2"]) == pytest.approx((15.421, 26.018), abs=5e-4)


def test_three_states_of_earthquakes_lie_on_the_boundary():
    for start, height, rates in (
        ("stationary", 329.4603, (13.146, 19.721, 29.714)),
        ("free", 328.5275, (13.134, 19.713, 29.711)),
    ):
        f = HiddenMarkov(Poisson, 3).fit(QUAKES, start=start, starts=2)
        assert -float(f.log_likelihood) == pytest.approx(height, abs=5e-5)
        assert [f.params[f"rate{k}"] for k in (1, 2, 3)] == pytest.approx(rates, abs=2e-3)
        assert f.params["transition31"] == 0.0
        with pytest.raises(RegularityError, match="boundary"):
            f.se  # noqa: B018


def test_hmmlearn_agrees_at_given_parameters_and_at_the_maximum(quakes):
    hmm = pytest.importorskip("hmmlearn.hmm", reason="hmmlearn is not built for this Python")
    x = QUAKES.astype(int)[:, None]
    other = hmm.PoissonHMM(2)
    other.startprob_, other.transmat_ = quakes.dist.stationary, quakes.dist.transition
    other.lambdas_ = np.array([[m.rate] for m in quakes.dist.members])
    assert other.score(x) == pytest.approx(float(quakes.log_likelihood), rel=1e-12)
    np.testing.assert_allclose(other.predict_proba(x), quakes.responsibilities(), atol=1e-12)
    np.testing.assert_array_equal(other.predict(x) + 1, quakes.states())
    y = 0.1 * normal_sequence()
    f = HiddenMarkov(Normal, 2).fit(y, start="free", starts=2)
    plain = {"n_iter": 100, "tol": 1e-7, "random_state": 0}
    best = hmm.GaussianHMM(2, covars_prior=0, covars_weight=0, **plain).fit(y[:, None])
    assert best.score(y[:, None]) == pytest.approx(float(f.log_likelihood), abs=1e-6)
    # Its default prior of the variances is no maximum likelihood: it ends lower.
    default = hmm.GaussianHMM(2, **plain).fit(y[:, None])
    assert default.score(y[:, None]) < float(f.log_likelihood) - 1e-5
    assert abs(np.sqrt(default.covars_.min()) - f.params["sigma1"]) > 1e-5


def test_binary_states_agree_with_a_categorical_model_elsewhere():
    hmm = pytest.importorskip("hmmlearn.hmm", reason="hmmlearn is not built for this Python")
    d = HiddenMarkov(Bernoulli, 2)(transition12=0.1, transition21=0.2, p1=0.1, p2=0.8)
    x = d.sample(50, rng=0)
    other = hmm.CategoricalHMM(2)
    other.startprob_, other.transmat_ = d.stationary, d.transition
    other.emissionprob_ = np.array([[1.0 - m.p, m.p] for m in d.members])
    L = Likelihood(type(d), x)
    assert L.log_likelihood(d.theta) == pytest.approx(
        other.score(x.astype(int)[:, None]), rel=1e-12
    )


# -- a fit -----------------------------------------------------------------------------------------


def test_a_hidden_chain_has_the_inference_of_every_fit(quakes):
    assert quakes.converged
    np.testing.assert_allclose(quakes.likelihood.score(quakes.theta), 0.0, atol=1e-6)
    low, high = quakes.ci(method="lr")["rate1"]
    # The profile is far from a parabola: as the states draw nearer they explain each other's values.
    profile = quakes.likelihood.profile("rate1", [low, high]) - quakes.log_likelihood
    np.testing.assert_allclose(profile, -1.9207, atol=1e-4)
    assert quakes.ci(scale="natural")["transition12"][0] > 0.0
    assert quakes.test(transition12=0.7).p_value < 0.05
    share = quakes.delta(
        lambda transition12, transition21, **_: transition21 / (transition12 + transition21)
    )
    assert share.estimate == pytest.approx(quakes.dist.stationary[0])
    assert "3 of 3 starts agreed" in quakes.summary()
    assert "stationary law" in quakes.summary()
    assert compare([Poisson.fit(QUAKES), quakes]).best is quakes
    again = pickle.loads(pickle.dumps(quakes))
    assert type(again.dist) is HiddenMarkov(Poisson, 2)
    assert again.se == quakes.se
    held = HiddenMarkov(Poisson, 2).fit(
        QUAKES, fixed={"transition12": 0.1, "rate2": 26.0}, starts=2
    )
    assert held.names == ("transition21", "rate1")
    np.testing.assert_allclose(held.likelihood.score(held.theta), 0.0, atol=1e-6)


def test_residuals_prediction_and_perplexity_come_from_the_laws_given_the_past(quakes):
    members = quakes.dist._one_step(quakes.series)
    assert isinstance(members, Mixture(Poisson, 2))
    assert members.log_prob(QUAKES).sum() == pytest.approx(float(quakes.log_likelihood))
    assert quakes.perplexity == pytest.approx(np.exp(-float(quakes.log_likelihood) / 107))
    r = quakes.residuals(rng=0)
    assert (abs(r.mean()), r.std()) == pytest.approx((0.0, 1.0), abs=0.15)
    ahead = quakes.predict(60)
    G, now = quakes.dist.transition, quakes.responsibilities()[-1]
    rates = np.array([m.rate for m in quakes.dist.members])
    assert ahead.mean[0] == pytest.approx(now @ G @ rates)
    assert ahead.mean[-1] == pytest.approx(quakes.dist.stationary @ rates, rel=1e-4)
    assert ahead.ppf(0.5).shape == (60,)
    other = quakes.predict(after=[40, 41, 39])
    assert other.mean[0] > ahead.mean[0]
    assert quakes.plot().shape == (2,)


def test_standard_errors_are_the_spread_of_simulated_estimates():
    model = HiddenMarkov(Poisson, 2)
    d = model(transition12=0.1, transition21=0.2, rate1=2.0, rate2=10.0)
    f = model.fit(d.sample(300, rng=3), starts=2)
    again = f.bootstrap(40, rng=1)
    assert not again.problems
    ratio = again.theta.std(axis=0, ddof=1) / np.array(list(f.se.values()))
    assert (
        np.abs(ratio - 1.0) < 4.0 / np.sqrt(80)
    ).all()  # of a spread of 40 the error is 1 / sqrt(78)


def test_a_spike_is_no_estimate_and_equal_values_have_none():
    y = normal_sequence(80, seed=4)
    f = HiddenMarkov(Normal, 2).fit(np.append(y, y[-1]), starts=6)
    assert min(f.params["sigma1"], f.params["sigma2"]) > 0.05
    assert any("no highest point" in note for note in f.notes)
    with pytest.raises(NoMLEError, match="all values are equal"):
        HiddenMarkov(Normal, 2).fit(np.ones(20))


def test_states_are_ordered_by_their_means():
    f = HiddenMarkov(Poisson, 2).fit(QUAKES[::-1], starts=3)
    assert f.params["rate1"] < f.params["rate2"]
    # A stationary chain of two states is the same backwards.
    assert float(f.log_likelihood) == pytest.approx(-342.3183, abs=5e-5)


def test_several_sequences_and_known_parameters_work():
    d = HiddenMarkov(Binomial, 2)
    x = np.random.default_rng(0).binomial(5, np.repeat([0.2, 0.8, 0.2, 0.8], 15)).astype(float)
    f = d.fit([x[:40], x[40:]], fixed={"n": 5}, starts=2)
    assert f.params["n"] == 5
    assert f.names == ("transition12", "transition21", "p1", "p2")
    parts = [d.statistics(p) for p in (x[:40], x[40:])]
    heights = [Likelihood(d, p, fixed={"n": 5}).log_likelihood(f.theta) for p in parts]
    assert float(f.log_likelihood) == pytest.approx(sum(heights))
    assert f.states().shape == (60,)


def test_what_makes_no_hidden_chain_is_refused_in_words(quakes):
    for make, words in (
        (lambda: HiddenMarkov(Poisson, 1), "2 or more"),
        (lambda: HiddenMarkov("Poisson", 2), "takes a family"),
        (lambda: HiddenMarkov(Poisson, 2).fit([1, np.nan, 2]), "1 NaN"),
        (lambda: HiddenMarkov(Poisson, 2).fit([]), "nothing to fit"),
        (lambda: HiddenMarkov(Poisson, 2).fit(QUAKES, start="last"), "start must be"),
        (lambda: HiddenMarkov(Poisson, 2).fit(QUAKES, start=[0.5, 0.6]), "start must be"),
        (lambda: HiddenMarkov(Poisson, 2).fit([QUAKES, QUAKES], start="free"), "one sequence"),
        (lambda: HiddenMarkov(Poisson, 2).fit(QUAKES, starts=0), "starts must be"),
        (lambda: HiddenMarkov(Poisson, 2)(rate1=1.0), "needs transition12"),
        (
            lambda: HiddenMarkov(Poisson, 2)(transition12=2, transition21=0.1, rate1=1, rate2=2),
            "transition12",
        ),
    ):
        with pytest.raises(DataError, match=words):
            make()
    with pytest.raises(SupportError, match="whole numbers"):
        HiddenMarkov(Poisson, 2).fit([1, 2.5, 3])
    three = HiddenMarkov(Poisson, 3).fit(QUAKES, starts=1)
    with pytest.raises(RegularityError, match="undetermined"):
        lr_test(quakes, three)


def test_a_long_sequence_is_summed_as_a_short_one_is():
    d = HiddenMarkov(Poisson, 2)(transition12=0.1, transition21=0.2, rate1=2.0, rate2=5.0)
    x = d.sample(5000, rng=0)
    value, law = filtered(d.stationary, d.transition, d._scaled(x)[0])
    a, total = d.stationary * d._scaled(x)[0][0], 0.0
    for t, f in enumerate(d._scaled(x)[0]):
        a = d.stationary * f if t == 0 else (a @ d.transition) * f
        total += np.log(a.sum())
        a /= a.sum()
    assert float(value) == pytest.approx(total, rel=1e-13)
    np.testing.assert_allclose(law[-1], a)


def test_a_state_held_at_a_value_may_be_any_of_them(quakes):
    x = datasets.load("earthquakes").sample
    held = HiddenMarkov(Poisson, 2).fit(x, starts=3, fixed={"rate1": 22.0})
    drop = 2.0 * (quakes.log_likelihood - held.log_likelihood)
    assert quakes.test(rate1=22.0).statistic == pytest.approx(drop, rel=1e-8)


def test_many_states_are_found_without_a_hessian_for_each_height(monkeypatch):
    """Four states from 20 starts: each start once took a Hessian at every step tried, a minute in all."""
    looked = {0: 0, 1: 0, 2: 0}
    model = HiddenMarkov(Poisson, 3)
    terms = model._terms

    def counted(self, series, order):
        looked[order] += len(self.theta)
        return terms(self, series, order)

    monkeypatch.setattr(model, "_terms", counted)
    x = model(**dict(zip(model.domains, [0.05] * 6 + [1.0, 6.0, 15.0], strict=True))).sample(
        150, rng=1
    )
    f = model.fit(x, starts=6)
    assert looked[2] < looked[0]
    assert f.log_likelihood >= f.likelihood.log_likelihood([0.05] * 6 + [1.0, 6.0, 15.0])


def test_priors_of_a_hidden_chain_are_refused_in_words():
    with pytest.raises(RegularityError, match="takes no priors"):
        HiddenMarkov(Poisson, 2).fit([1, 2, 9, 8], prior={"rate1": Normal(0, 1)})


def test_a_chain_that_never_stays_in_a_state_has_its_maximum_on_the_boundary():
    rng, states = np.random.default_rng(3), [0]
    G = np.array([[0.0, 0.5, 0.5], [0.5, 0.4, 0.1], [0.5, 0.1, 0.4]])
    for _ in range(299):
        states.append(rng.choice(3, p=G[states[-1]]))
    x = rng.normal(np.array([0.0, 5.0, 10.0])[states], 0.7)
    f = HiddenMarkov(Normal, 3).fit(x, starts=3)
    assert f.dist.transition[0, 0] == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(RegularityError, match="never stays in state 1"):
        _ = f.se
    # No way that stays in the domain leads higher, along the boundary or off it.
    for _ in range(100):
        theta = f.theta + 1e-3 * rng.normal(size=f.theta.size)
        out = theta[:2].sum()
        theta[:2] /= max(1.0, out)
        assert f.likelihood.log_likelihood(theta) < f.log_likelihood + 1e-9
    there = 0.5, 0.6  # more than what the other way out leaves
    profile = f.likelihood.profile("transition12", there)
    assert (profile < f.log_likelihood).all()
    for value, height in zip(there, profile, strict=True):
        held = f.likelihood.given({"transition12": value})
        theta = np.concatenate([[1.0 - value], f.theta[2:]])
        assert held.log_likelihood(theta) <= height + 1e-9
