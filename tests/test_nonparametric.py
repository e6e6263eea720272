"""Kaplan and Meier's estimate against published tables, statsmodels, and what it should be: a maximum."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

import mlecore as mle
from mlecore import DataError, NoMLEError, kaplan_meier, observed


def remission(treated: int) -> mle.PartlySeen:
    d = mle.datasets.load("leukaemia")
    group = d["treated"] == treated
    return observed(d["weeks"][group], right=d["relapsed"][group] == 0)


def random_rows(seed: int, n: int = 60) -> dict[str, np.ndarray]:
    """Lifetimes in whole months, so that there are ties, some censored, all entered late."""
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 6, n) - 1.0
    x = entry + rng.geometric(0.1, n)
    right = rng.random(n) < 0.35
    # A few early entries keep the first risk sets from emptying.
    return {"x": x, "entry": np.where(np.arange(n) < 20, -1.0, entry), "right": right}


def test_the_remissions_under_6_mp_are_as_published():
    # Freireich et al. (1963); Klein and Moeschberger (2003), table 4.1A, print S to two or three digits.
    k = kaplan_meier(remission(1))
    assert k.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert k.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert k.failed.tolist() == [3, 1, 1, 1, 1, 1, 1]
    assert k.survival.round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert k.se.round(3).tolist() == [0.076, 0.087, 0.096, 0.107, 0.114, 0.128, 0.135]
    assert k.median == 23


def test_the_remissions_under_placebo_are_the_shares_that_lasted():
    k = kaplan_meier(remission(0))
    weeks = remission(0).lower
    np.testing.assert_allclose(k.survival, [(weeks > t).mean() for t in k.times], atol=1e-15)
    assert k.median == 8
    assert k.survival[-1] == 0
    assert np.isnan(k.se[-1])
    assert "nan" not in repr(k) + k._repr_html_()
    assert k.sf(1000.0) == 0
    assert np.allclose(k.se[:-1], np.sqrt(k.survival * (1 - k.survival) / 21)[:-1])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("late", [False, True])
def test_it_is_statsmodels_estimate_with_its_errors_and_intervals(seed, late):
    rows = random_rows(seed)
    x, right, entry = rows["x"], rows["right"], rows["entry"] if late else None
    k = kaplan_meier(observed(x, right=right, entry=entry))
    peer = SurvfuncRight(x, ~right, entry=entry)
    np.testing.assert_array_equal(k.times, peer.surv_times)
    np.testing.assert_allclose(k.at_risk, peer.n_risk)
    np.testing.assert_allclose(k.survival, peer.surv_prob, rtol=1e-12)
    alive = k.survival > 0
    np.testing.assert_allclose(k.se[alive], np.asarray(peer.surv_prob_se)[alive], rtol=1e-12)
    if not late:
        for scale, name in (("log-log", "cloglog"), ("log", "log"), ("identity", "linear")):
            with np.errstate(all="ignore"):  # where all have failed it takes the logarithm of 0
                low, high = peer.quantile_ci(0.5, method=name)
            mine = np.nan_to_num(k.quantile_ci(0.5, scale=scale), nan=np.inf)
            assert mine.tolist() == [low, high]


def test_the_log_log_interval_is_symmetric_there_and_stays_inside():
    k = kaplan_meier(remission(1))
    low, high = k.ci(0.9)
    centre = np.log(-np.log(k.survival))
    np.testing.assert_allclose(np.log(-np.log(low)) + np.log(-np.log(high)), 2 * centre)
    z = 1.6448536269514722
    slope = k.se / (k.survival * -np.log(k.survival))
    np.testing.assert_allclose(np.log(-np.log(low)) - centre, z * slope)
    assert ((low > 0) & (low < k.survival) & (k.survival < high) & (high < 1)).all()
    low, high = k.ci(at=[5.0, 6.5, 40.0])
    assert np.isnan(low[[0, 2]]).all()
    assert low[1] == pytest.approx(k.ci()[0][0])


@pytest.mark.parametrize("late", [False, True])
def test_no_distribution_has_a_higher_likelihood(late):
    rows = random_rows(9)
    t = observed(rows["x"], right=rows["right"], entry=rows["entry"] if late else None)
    k = kaplan_meier(t)
    assert k.log_likelihood > mle.NegativeBinomial.fit(t).log_likelihood
    # Any distribution on the times seen, and one place beyond them, by its shares: log P(A) - log P(W).
    place = np.append(k.times, k.last + 1)

    def height(share: np.ndarray) -> float:
        event = np.where(t.exact[:, None], place == t.lower[:, None], place > t.lower[:, None])
        window = place > t.low[:, None]
        return float(np.log(event @ share).sum() - np.log(window @ share).sum())

    share = -np.diff(np.concatenate([[1.0], k.survival, [0.0]]))
    assert height(share) == pytest.approx(k.log_likelihood, abs=1e-9)
    rng = np.random.default_rng(0)
    for _ in range(200):
        other = share * np.exp(0.02 * rng.standard_normal(share.size))
        assert height(other / other.sum()) < k.log_likelihood


def test_weights_count_rows():
    rows = random_rows(5)
    weights = np.random.default_rng(1).integers(0, 4, 60)
    one = kaplan_meier(observed(**rows, weights=weights))
    many = kaplan_meier(observed(**{name: np.repeat(v, weights) for name, v in rows.items()}))
    np.testing.assert_allclose(one.survival, many.survival)
    np.testing.assert_allclose(one.se, many.se)
    assert one.n == many.n == weights.sum()
    tenths = kaplan_meier(observed([1.0, 2.0, 3.0], weights=[0.1, 0.7, 0.1]))
    assert tenths.survival[-1] == 0


def test_whoever_is_lost_at_a_failure_time_was_at_risk_then_and_an_entry_is_not():
    k = kaplan_meier(observed([2.0, 2.0, 5.0], right=[False, True, False]))
    assert k.at_risk.tolist() == [3, 1]
    k = kaplan_meier(observed([2.0, 5.0, 4.0], entry=[0.0, 2.0, 0.0]))
    assert k.at_risk.tolist() == [2, 2, 1]
    k = kaplan_meier(observed([2.0, 5.0, 4.0], window=([0.0, 2.0, 0.0], np.inf)))
    assert k.at_risk.tolist() == [3, 2, 1]


def test_survival_is_unknown_beyond_the_last_time_unless_all_have_failed():
    k = kaplan_meier(observed([1.0, 3.0], right=[False, True]))
    np.testing.assert_array_equal(k.sf([0.0, 1.0, 3.0, 3.1, np.nan]), [1, 0.5, 0.5, np.nan, np.nan])
    assert np.isnan(k.quantile(0.9))
    assert "beyond 3" in k.notes[0]


def test_a_risk_set_that_empties_early_is_said():
    k = kaplan_meier(observed([1.0, 4.0, 5.0], entry=[0.0, 2.0, 2.0]))
    assert k.survival.tolist() == [0, 0, 0]
    assert "failed, so S is 0 from there on" in k.notes[0]
    k = kaplan_meier(observed([4.0, 5.0], entry=[2.0, 3.0]))
    assert "no row was at risk before 2" in k.notes[0]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (mle.interval([1.0, 2.0], [1.0, 4.0]), "Turnbull's, which is not built"),
        (observed([1.0, 2.0], left=[True, False]), "row 0 is known to lie between -inf and 1"),
        (observed([1.0, 2.0], window=(0.0, 5.0)), "turn time round"),
        ([1.0, np.nan], "NaN"),
        ([], "not empty"),
    ],
    ids=["interval", "left", "window", "nan", "empty"],
)
def test_what_it_cannot_take_is_refused_with_a_way_out(rows, words):
    with pytest.raises(DataError, match=words):
        kaplan_meier(rows)


def test_nothing_failed_has_no_single_maximum():
    with pytest.raises(NoMLEError, match="every row is right-censored"):
        kaplan_meier(observed([1.0, 2.0], right=[True, True]))
    with pytest.raises(DataError, match="give them to observed"):
        kaplan_meier(observed([1.0]), weights=[1.0])
    for call in (lambda k: k.ci(scale="natural"), lambda k: k.quantile(1.0), lambda k: k.ci(95)):
        with pytest.raises(DataError):
            call(kaplan_meier([1.0, 2.0]))


def test_it_shows_itself_as_a_table_and_a_picture():
    k = kaplan_meier(remission(1))
    assert "<caption>Kaplan and Meier" in k._repr_html_()
    assert "0.8571" in repr(k)
    assert len(repr(kaplan_meier(np.arange(1.0, 500.0))).splitlines()) < 40
    ax = k.plot()
    steps = ax.lines[0]
    assert steps.get_drawstyle() == "steps-post"
    np.testing.assert_allclose(steps.get_ydata()[1:-1], k.survival)
    assert (
        ax.lines[1].get_xdata().tolist()
        == np.unique(remission(1).lower[~remission(1).exact]).tolist()
    )
    ax.figure.canvas.draw()
    plt.close("all")
