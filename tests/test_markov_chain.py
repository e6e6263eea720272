"""Markov chains: shares of counts, with the inference of every fit."""

import itertools
import pickle

import numpy as np
import pytest

from mlecore import (
    Beta,
    Categorical,
    DataError,
    MarkovChain,
    NoMLEError,
    RegularityError,
    SupportError,
    compare,
    lr_test,
)

# Markov 1913: pairs of letters in Eugene Onegin, hard and soft signs left out.
ONEGIN = [[3827, 7534], [7534, 1104]]


@pytest.fixture(scope="module")
def letters():
    return MarkovChain.from_counts(ONEGIN, ["consonant", "vowel"])


def chain(n, order=1, seed=0):
    """Return 0, 1, 2 in an order that depends on the last few."""
    rng = np.random.default_rng(seed)
    law = rng.dirichlet(np.full(3, 3.0), size=(3,) * order)
    x = [0] * order
    while len(x) < n:
        x.append(int(rng.choice(3, p=law[tuple(x[len(x) - order :])])))
    return x


def differences(f, theta, step=1e-5):
    return np.array(
        [(f(theta + step * e) - f(theta - step * e)) / (2.0 * step) for e in np.eye(theta.size)]
    )


def test_markov_counted_letters_of_onegin(letters):
    assert letters.n == 19_999
    assert letters.params["consonant->vowel"] == pytest.approx(0.663, abs=5e-4)
    assert letters.params["vowel->vowel"] == pytest.approx(0.128, abs=5e-4)
    p = 1104 / 8638
    assert letters.se["vowel->vowel"] == pytest.approx(np.sqrt(p * (1.0 - p) / 8638))
    counts = np.array(ONEGIN)
    height = (counts * np.log(counts / counts.sum(axis=1, keepdims=True))).sum()
    assert float(letters.log_likelihood) == pytest.approx(height)
    assert letters.bits == pytest.approx(-height / 19_999 / np.log(2.0))
    # The stationary law has the shares of the letters, 8,638 vowels of 20,000.
    assert letters.dist.stationary["vowel"] == pytest.approx(0.4319, abs=1e-4)


def test_probabilities_have_names_that_intervals_and_tests_take(letters):
    low, high = letters.ci(method="lr")["vowel->vowel"]
    assert 0.120 < low < 0.1278 < high < 0.135
    assert letters.test({"vowel->vowel": 0.4319}).p_value < 1e-100
    held = MarkovChain.from_counts(ONEGIN, ["consonant", "vowel"]).likelihood.maximize(
        fixed={"vowel->vowel": 0.2}
    )
    assert held.params["consonant->vowel"] == pytest.approx(letters.params["consonant->vowel"])
    ratio = letters.delta(lambda **p: p["consonant->vowel"] / p["vowel->vowel"])
    assert ratio.estimate == pytest.approx(0.66314 / 0.12781, rel=1e-4)


def test_rows_of_a_chain_are_shares_of_counts():
    x = chain(400)
    f = MarkovChain.fit(x)
    table = np.zeros((3, 3))
    np.add.at(table, (x[:-1], x[1:]), 1)
    np.testing.assert_allclose(f.dist.transition, table / table.sum(axis=1, keepdims=True))
    assert f.names == ("0->1", "0->2", "1->1", "1->2", "2->1", "2->2")
    # Each row is a Categorical of its own.
    after = np.array(x[1:])[np.array(x[:-1]) == 1]
    row = Categorical.fit(after)
    np.testing.assert_allclose(f.cov[2:4, 2:4], row.cov)
    assert MarkovChain.fit(x, order=0).log_likelihood == pytest.approx(
        float(Categorical.fit(np.array(x)).log_likelihood)
    )


@pytest.mark.parametrize(
    ("order", "start"), [(1, "given"), (2, "given"), (1, "stationary"), (2, "stationary")]
)
def test_slope_and_curvature_of_a_chain_are_exact(order, start):
    f = MarkovChain.fit(chain(900), order=order, start=start)
    L, theta = f.likelihood, f.theta * 0.97
    np.testing.assert_allclose(
        L.score(theta), differences(L.log_likelihood, theta), rtol=1e-6, atol=1e-5
    )
    np.testing.assert_allclose(L.hessian(theta), differences(L.score, theta), rtol=1e-6, atol=1e-3)
    np.testing.assert_allclose(L.score(f.theta), 0.0, atol=1e-6)
    batch = L.log_likelihood(np.stack([theta, f.theta]))
    np.testing.assert_allclose(batch, [L.log_likelihood(t) for t in (theta, f.theta)])


def test_a_stationary_start_counts_the_first_state():
    x = chain(60)
    given, stationary = MarkovChain.fit(x), MarkovChain.fit(x, start="stationary")
    assert (given.n, stationary.n) == (59, 60)
    first = stationary.dist.stationary[x[0]]
    rows = stationary.dist.transition[x[:-1], x[1:]]
    assert float(stationary.log_likelihood) == pytest.approx(np.log(first) + np.log(rows).sum())
    assert "stationary law" in stationary.summary()
    assert "conditional on the first value" in given.summary()
    with pytest.raises(NoMLEError, match="never seen"):
        MarkovChain.fit("abcabc", start="stationary")


def test_a_longer_memory_is_tested_against_a_shorter_one():
    x = chain(1500, order=2)
    fits = [MarkovChain.fit(x, order=k, given=3) for k in (0, 1, 2, 3)]
    assert lr_test(fits[0], fits[1]).df == 4
    result = lr_test(fits[1], fits[2])
    assert result.df == 12
    assert result.p_value < 1e-10
    assert lr_test(fits[2], fits[3]).p_value > 0.01
    assert compare(fits).best.dist.setting.order == 2
    assert "MarkovChain of order 2" in repr(compare(fits))
    with pytest.raises(DataError, match="given=2"):
        lr_test(MarkovChain.fit(x), MarkovChain.fit(x, order=2))
    with pytest.raises(RegularityError, match="boundary"):
        lr_test(*(MarkovChain.fit("abcabcacb" * 3, order=k, given=2) for k in (1, 2)))
    coins = "aabbabbbaabababbaabb"
    simulated = lr_test(
        *(MarkovChain.fit(coins, order=k, given=2) for k in (1, 2)),
        method="bootstrap",
        replicates=19,
        rng=0,
    )
    assert 0.05 <= simulated.p_value <= 1.0
    with pytest.raises(DataError, match="not nested"):
        lr_test(fits[1], MarkovChain.fit(x, order=2, start="stationary", given=3))


def test_what_was_never_seen_is_said_and_smoothing_is_a_prior():
    x = list("abcabcacbcab")
    f = MarkovChain.fit(x)
    assert any("4 transitions were never seen" in note for note in f.notes)
    with pytest.raises(RegularityError, match="boundary"):
        f.se  # noqa: B018
    held = MarkovChain.fit(x, fixed={"b->b": 0.0, "c->c": 0.0})
    assert held.names == ("a->b", "a->c", "b->c", "c->b")
    smooth = MarkovChain.fit(x, smoothing=1)
    counts = np.array([[0, 3, 1], [0, 0, 3], [3, 1, 0]]) + 1.0
    np.testing.assert_allclose(smooth.dist.transition, counts / counts.sum(axis=1, keepdims=True))
    assert smooth.penalised
    L, theta = smooth.likelihood, smooth.theta * 0.9
    np.testing.assert_allclose(L.score(smooth.theta), 0.0, atol=1e-9)
    np.testing.assert_allclose(L.score(theta), differences(L.log_likelihood, theta), rtol=1e-6)
    np.testing.assert_allclose(L.hessian(theta), differences(L.score, theta), rtol=1e-5, atol=1e-3)
    with pytest.raises(RegularityError, match="priors"):
        smooth.aic  # noqa: B018
    # Of two states a Dirichlet is a Beta.
    y = [0, 1, 1, 0, 0, 0, 1, 0, 1, 1]
    prior = {"0->1": Beta(2, 2), "1->1": Beta(2, 2)}
    assert MarkovChain.fit(y, smoothing=1).params == pytest.approx(
        MarkovChain.fit(y, prior=prior).params, rel=1e-7
    )


def test_the_next_states_have_the_powers_of_the_matrix():
    x = chain(300)
    f = MarkovChain.fit(x)
    P, ahead = f.dist.transition, f.predict(4)
    for k in range(4):
        row = np.linalg.matrix_power(P, k + 1)[x[-1]]
        np.testing.assert_allclose([ahead[s][k] for s in (0, 1, 2)], row)
    np.testing.assert_allclose([p[0] for p in f.predict(after=[2]).values()], P[2])
    pi = np.array(list(f.dist.stationary.values()))
    np.testing.assert_allclose(pi @ P, pi)
    second = MarkovChain.fit(x, order=2)
    row = second.dist.contexts.index((x[-2], x[-1]))
    np.testing.assert_allclose(
        [p[0] for p in second.predict().values()], second.dist.transition[row]
    )
    with pytest.raises(DataError, match="never followed"):
        MarkovChain.fit("abcabd").predict()
    assert MarkovChain.fit("abcabd", smoothing=1).predict()["a"] == pytest.approx([0.25])
    with pytest.raises(RegularityError, match="never followed"):
        MarkovChain.fit("abcabd").dist.stationary  # noqa: B018


def test_a_chain_drawn_from_a_fit_has_its_law():
    f = MarkovChain.fit(chain(2000))
    x = f.dist.sample(20_000, rng=1)
    assert x.dtype.kind == "i"
    again = MarkovChain.fit(x)
    assert (np.abs(again.theta - f.theta) < 4.0 * np.array(list(again.se.values()))).all()
    spread = MarkovChain.fit(chain(300)).bootstrap(60, rng=2).theta.std(axis=0)
    np.testing.assert_allclose(spread, list(MarkovChain.fit(chain(300)).se.values()), rtol=0.35)


def test_labels_are_kept_and_sorted():
    assert MarkovChain.fit("abba" * 3).dist.states == ("a", "b")
    assert MarkovChain.fit(np.array([2, 1, 2, 2, 1, 1])).dist.states == (1, 2)
    assert MarkovChain.fit([True, False, False, True, True]).names == ("False->True", "True->True")
    mixed = MarkovChain.fit(["x", 1, "x", "x", 1, 1])
    assert mixed.dist.states == (1, "x")
    assert mixed.dist.sample(3, rng=0).dtype == object
    several = MarkovChain.fit([list("aab"), list("bba")])
    assert several.params == {"a->b": 0.5, "b->b": 0.5}
    assert several.n == 4
    f = MarkovChain.fit("aab", space="abc", smoothing=1)
    assert f.dist.states == ("a", "b", "c")
    assert pickle.loads(pickle.dumps(f)).params == f.params


def test_states_that_make_no_chain_are_refused_in_words():
    for states, words in (
        (["a", None, "b"], "1 missing value.*index 1"),
        ([0.0, 1.0, np.nan], "1 missing value.*index 2"),
        ("aaaa", "two states or more"),
        ([1, "1", 1, "1"], "both written 1"),
        ([[1], {}], "labels"),
        (np.ones((2, 2)), "one-dimensional"),
        (7, "sequence of labels"),
        ("a", "two states"),
    ):
        with pytest.raises(DataError, match=words):
            MarkovChain.fit(states)
    for options, words in (
        ({"order": -1}, "order"),
        ({"order": 9}, "needs 10 or more"),
        ({"start": "free"}, "start must be"),
        ({"smoothing": -1}, "smoothing"),
        ({"order": 2, "given": 1}, "whole number >= 2"),
    ):
        with pytest.raises(DataError, match=words):
            MarkovChain.fit("abbab", **options)
    with pytest.raises(SupportError, match="'c' is none of the states"):
        MarkovChain.fit("abc", space="ab")
    with pytest.raises(DataError, match="labels"):
        MarkovChain.fit("abbab").residuals()
    with pytest.raises(DataError, match="square"):
        MarkovChain.from_counts([[1, 2]])
    with pytest.raises(DataError, match="whole numbers"):
        MarkovChain.from_counts([[1, 2], [0.5, 1]])


def test_many_states_of_which_few_follow_each_other_cost_no_table_of_all():
    text = "".join(a + b for a, b in itertools.product("abcdefghijklmnopqrstuvwxyz ", repeat=2))
    f = MarkovChain.fit(text, order=2)
    assert len(f.dist.contexts) <= len(text)
    assert f.perplexity < 27
    with pytest.raises(RegularityError):
        f.covariance()


def test_labels_that_are_missing_or_equal_are_refused_and_lists_of_texts_read_as_the_words_say():
    pandas = pytest.importorskip("pandas")
    for states, words in [
        (["a", pandas.NA, "b"], "missing value.s., the first at index 1"),
        ([True, 0, 1], "both True and 1"),
        ([0, 2, False, 2], "both False and 0"),
        (["abab", "baba"], r"2 different texts, .* \[list\(s\) for s in states\]"),
        ([("a", "b"), ("b", "a", "b")], "2 different tuples"),
        (pandas.Series([*"abab"], index=[1, 3, 2, 4]), "2 comes after 3"),
    ]:
        with pytest.raises(DataError, match=words):
            MarkovChain.fit(states)
    assert MarkovChain.fit(["sun", "rain", "sun"]).dist.states == ("rain", "sun")
    several = [pandas.Series([*"abab"]), pandas.Series([*"ba"])]
    assert MarkovChain.fit(several).params == MarkovChain.fit([[*"abab"], [*"ba"]]).params


def test_what_comes_next_in_a_chain_without_memory_needs_no_past():
    f = MarkovChain.fit("aabab", order=0)
    assert f.predict(after="")["a"] == pytest.approx(0.6)
    with pytest.raises(DataError, match="after, the sequence to go on from, is empty"):
        MarkovChain.fit("aabab").predict(after="")


def test_messages_list_no_more_names_than_can_be_read():
    f = MarkovChain.fit([*range(30), *range(30)], smoothing=1)
    asks = [
        lambda: f.test(a=1),
        lambda: MarkovChain.fit([*range(30)] * 2, fixed={"a": 1}),
        lambda: f.predict(after=["q"]),
        lambda: f.likelihood.log_likelihood(a=1),
        lambda: f.likelihood.profile("a", [0.5]),
    ]
    for ask in asks:
        with pytest.raises(ValueError, match=r"\.\.\., .*29.*in all") as error:
            ask()
        assert len(str(error.value)) < 300
    assert len(repr(f.dist)) < 600
    assert len(repr(f.likelihood)) < 300
    assert "..." in f.summary()


def test_held_probabilities_of_a_row_leave_room_for_each_other():
    for options, words in (({}, "after a that are held add up to 1.3"), ({"order": 0}, "to 1.3")):
        names = [f"{'' if options else 'a->'}{state}" for state in "bc"]
        with pytest.raises(DataError, match=words):
            MarkovChain.fit(
                "abcabcaabbcc", fixed=dict(zip(names, (0.8, 0.5), strict=True)), **options
            )
