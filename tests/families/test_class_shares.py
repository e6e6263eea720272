"""Categorical data of which some rows tell only a set of classes: the maximum over the whole simplex, or why not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import softmax

import mlecore as mle
from mlecore.families.class_shares import _em, shares_of_sets


def em(sets, w, steps=1000):
    """Expected counts, written anew: each set shares its weight among its classes in proportion to what they have."""
    p = np.full(sets.shape[1], 1.0 / sets.shape[1])
    for _ in range(steps):
        p = (w[:, None] * sets * p / (sets @ p)[:, None]).sum(axis=0) / w.sum()
    return p


@pytest.mark.parametrize("seed", range(8))
def test_the_shares_of_sets_are_those_of_a_long_em_and_no_class_would_rise(seed):
    rng = np.random.default_rng(seed)
    classes = int(rng.integers(2, 7))
    sets = rng.random((3 * classes, classes)) < 0.5
    sets = np.concatenate([sets[sets.any(axis=1)], np.eye(classes, dtype=bool)[: 2 * (seed % 3)]])
    w = rng.integers(1, 30, len(sets)).astype(float)
    found = shares_of_sets(sets, w)
    assert found.converged
    a = sets.astype(float)
    height = w @ np.log(a @ found.shares)
    assert height >= w @ np.log(a @ em(a, w)) - 1e-9
    # The conditions of Karush, Kuhn and Tucker, which only a maximum of a concave function meets.
    slope = a.T @ (w / (a @ found.shares))
    assert slope.max() <= w.sum() * (1 + 1e-8)
    np.testing.assert_allclose(slope[found.shares > 0], w.sum(), rtol=1e-8)
    assert found.shares.sum() == pytest.approx(1.0, abs=1e-15)


def test_a_class_that_only_sets_hold_may_be_empty_or_not():
    # (0, 2] holds 1 and 2; class 1 is seen in no other row, and class 2 alone explains them as well.
    f = mle.Categorical.fit(mle.interval([0, 2, 2, 0], [0, 2, 2, 2]))
    np.testing.assert_allclose(f.params["probs"], [0.25, 0.0, 0.75], atol=1e-15)
    # Where (-1, 1] tells against class 2, class 1 has a share of its own.
    seen = mle.interval([0, -1, 2, 0, -1], [0, 1, 2, 2, 1])
    p = mle.Categorical.fit(seen).params["probs"]

    def height(v):
        return 2 * np.log(v[0] + v[1]) + np.log(v[0] * v[2] * (v[1] + v[2]))

    best = minimize(lambda z: -height(softmax(z)), [0.0, 0.0, 0.3], options={"gtol": 1e-9})
    np.testing.assert_allclose(p, softmax(best.x), atol=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_no_step_of_expected_counts_lowers_the_likelihood_of_sets_seen_in_windows(seed):
    rng = np.random.default_rng(seed)
    windows = (rng.random((12, 5)) < 0.6) | np.eye(5, dtype=bool)[rng.integers(5, size=12)]
    sets = windows & (rng.random((12, 5)) < 0.5)
    seen = sets.any(axis=1)
    a = np.concatenate([sets[seen], windows[seen]]).astype(float)
    w = rng.integers(1, 9, seen.sum()) * np.array([[1.0], [-1.0]])  # a window is divided by
    w, p = w.ravel(), np.full(5, 0.2)
    for _ in range(30):
        before, p = w @ np.log(a @ p), _em(a, w, p)
        assert w @ np.log(a @ p) >= before - 1e-9
        p = np.maximum(p, 1e-12) / np.maximum(p, 1e-12).sum()


def test_an_open_row_above_every_class_seen_calls_for_one_more():
    x = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    f = mle.Categorical.fit(mle.observed(x, right=[False] * 4 + [True]))
    np.testing.assert_allclose(f.params["probs"], [0.4, 0.4, 0.2], atol=1e-15)
    assert f.log_likelihood == pytest.approx(4 * np.log(0.4) + np.log(0.2))
    every = mle.Categorical.fit(mle.observed([2.0, 2.0], right=[True, True]))
    np.testing.assert_allclose(every.params["probs"], [0.0, 0.0, 0.0, 1.0])


def test_classes_that_nothing_tells_apart_are_named():
    with pytest.raises(mle.NoMLEError, match=r"does not tell the classes 3 and 4 apart.*0.25"):
        mle.Categorical.fit(mle.interval([0, 1, 1, 2], [0, 1, 1, 4]))
    # Nothing below the entry could have been seen, so nothing says how much lies there.
    with pytest.raises(mle.NoMLEError, match="0, 1 and 2 apart"):
        mle.Categorical.fit(mle.observed([1.0, 2.0, 2.0], entry=[0.0, 0.0, 0.0]))


def test_late_entries_are_weighed_by_what_could_have_been_seen():
    x, entry = np.array([0.0, 1.0, 1.0, 2.0, 2.0]), [-1.0, -1.0, 0.0, 0.0, -1.0]
    p = mle.Categorical.fit(mle.observed(x, entry=entry)).params["probs"]
    # Two rows tell 1 from 2 alone, three tell all: p0 = 1/3, and p1 : p2 is as all the others say.
    np.testing.assert_allclose(p, [1 / 3, 1 / 3, 1 / 3], atol=1e-12)


def test_statistics_of_parts_with_other_classes_add_up():
    parts = [
        mle.observed([0.0, 1.0]),
        mle.interval([0.0, 3.0], [2.0, 3.0]),
        mle.observed([1.0, 1.0, 2.0], right=[False, False, True]),
    ]
    t = sum(mle.Categorical.statistics(part) for part in parts)
    low, high = np.array([0, 1, 0, 3, 1, 1, 2.0]), np.array([0, 1, 2, 3, 1, 1, np.inf])
    whole = mle.Categorical.fit(mle.interval(low, high))
    np.testing.assert_allclose(
        mle.Categorical.fit(t).params["probs"], whole.params["probs"], atol=1e-14
    )


def test_in_a_batch_of_weights_each_row_has_its_own_shares_or_reason():
    seen = mle.interval([0, 1, 0, 2], [0, 1, 2, 2])
    f = mle.Categorical.fit(
        mle.Categorical.statistics(seen, np.array([[1, 1, 2, 1], [1, 0, 1, 0]]))
    )
    np.testing.assert_allclose(f.params["probs"][0], [0.2, 0.4, 0.4], atol=1e-14)
    assert np.isnan(f.params["probs"][1]).all()
    assert "1 and 2 apart" in f.problems[1]
