"""Fits from a source of chunks are those of the values in memory, for every family, in few passes."""

from __future__ import annotations

import pickle
import tracemalloc

import numpy as np
import pytest
from families.members import FAMILIES, dataset, known

import mlecore as mle
from mlecore import DataError, Likelihood, NoMLEError, RegularityError
from mlecore.family import sourced
from mlecore.statistics import Events, Moments, Sample, Streamed, streamed

N = 900
FEW = 400


@pytest.fixture
def little_room(monkeypatch):
    """Let so few values stay in memory that whatever is its own statistic is read in passes."""
    monkeypatch.setattr(streamed, "HELD", 300)
    monkeypatch.setattr(sourced, "HELD", 300)


def cut(x, weights=None):
    """Return the data in chunks of many sizes, none of them empty."""
    ends = np.unique([1, 2, 40, 41, *np.linspace(60, len(x), 12).astype(int)])
    rows = [slice(a, b) for a, b in zip([0, *ends], ends, strict=False)]
    return mle.chunks([x[r] if weights is None else (x[r], weights[r]) for r in rows])


def errors_of(f):
    """Return the standard errors, or why there are none."""
    try:
        return np.array(list(f.se.values()))
    except RegularityError as error:
        return str(error)


def same(f, g):
    """Insist that a fit from chunks is the one from memory."""
    np.testing.assert_allclose(g.theta, f.theta, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(g.log_likelihood, f.log_likelihood, rtol=1e-12, atol=1e-9)
    assert g.n == pytest.approx(f.n)
    one, other = errors_of(f), errors_of(g)
    if isinstance(one, str):
        assert one == other
    else:
        np.testing.assert_allclose(other, one, rtol=1e-7)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_a_fit_from_chunks_is_the_fit_of_all_values(family, weighted, little_room):
    d, x = dataset(family, 7, n=N)
    w = np.random.default_rng(1).integers(0, 4, N).astype(float) if weighted else None
    fixed = known(d) or None
    f, g = family.fit(x, w, fixed=fixed), family.fit(cut(x, w), fixed=fixed)
    same(f, g)
    values_stay = isinstance(f.likelihood.statistic, Sample) and not family.support.whole
    assert isinstance(g.likelihood.statistic, Streamed) == values_stay
    # Where a few hundred values in memory leave the highest top open, all are searched.
    most = 40 if family in (mle.SkewNormal, mle.Lomax) else 9
    assert g.passes == 1 if not values_stay else 2 <= g.passes <= most


def partly_seen():
    rng = np.random.default_rng(3)
    life, seen = mle.Weibull(1.3, 2.3).sample(N, rng=rng), rng.exponential(4.0, N)
    low = np.floor(mle.Normal(1.0, 2.0).sample(N, rng=rng))
    wide = rng.uniform(0.5, 1.5, N)
    some = life[(life > 0.5) & (life < 4.0)]
    censored = mle.observed(np.minimum(life, seen), right=life > seen)
    return {
        "censored Weibull": (mle.Weibull, censored),
        "censored Gamma": (mle.Gamma, censored[:FEW]),
        "censored Exponential": (mle.Exponential, censored),
        "Normal in intervals": (mle.Normal, mle.interval(low, low + wide)),
        "Weibull in a window": (mle.Weibull, mle.observed(some[:FEW], window=(0.5, 4.0))),
        "weights": (
            mle.Weibull,
            mle.observed(np.minimum(life, seen), right=life > seen, weights=seen),
        ),
    }


@pytest.mark.parametrize("name", partly_seen())
def test_chunks_may_be_partly_seen(name, little_room):
    family, seen = partly_seen()[name]
    f, g = family.fit(seen), family.fit(cut(seen))
    same(f, g)
    assert isinstance(f.likelihood.statistic, Events)


def combinations():
    rng = np.random.default_rng(4)

    class Maxwell(mle.Family):
        scale: mle.Parameter = mle.parameter(mle.Positive())
        support = mle.Support(low=0.0)

        def log_density(self, x):
            s = self.scale
            return 0.5 * np.log(2 / np.pi) + 2 * np.log(x) - 3 * np.log(s) - x**2 / (2 * s**2)

    life, there = mle.Weibull(1.3, 2.3).sample(N, rng=rng), rng.random(N) < 0.7
    two = np.where(there, rng.normal(0.0, 1.0, N), rng.normal(6.0, 1.5, N))
    counts = mle.NegativeBinomial(3.0, 2.0).sample(N, rng=rng)
    return {
        "truncated": (mle.Truncated(mle.Weibull, low=0.5), life[life > 0.5], {}),
        "truncated counts": (mle.Truncated(mle.Poisson, low=1), counts[counts > 0], {}),
        "zeros among counts": (mle.ZeroInflated(mle.NegativeBinomial), counts * there, {}),
        "hurdle": (mle.Hurdle(mle.Weibull), life * there, {}),
        "mixture": (mle.Mixture(mle.Normal, 2), two[:FEW], {"starts": 2}),
        "shifted": (mle.Shifted(mle.Weibull), life[:FEW] + 5.0, {"fixed": {"shift": 5.0}}),
        "own density": (Maxwell, life[:FEW], {}),
        "held": (mle.StudentT, two, {"fixed": {"df": 5.0}}),
        "held median": (mle.Laplace, two, {"fixed": {"scale": 2.0}}),
        "prior": (mle.Weibull, life, {"prior": {"shape": mle.Normal(1.0, 0.1)}}),
    }


@pytest.mark.parametrize("name", combinations())
def test_families_made_of_families_and_held_parameters_take_chunks(name, little_room):
    family, x, options = combinations()[name]
    same(family.fit(x, **options), family.fit(cut(x), **options))


@pytest.mark.parametrize("family", [mle.Weibull, mle.Laplace, mle.Gamma])
def test_inference_asks_the_source_as_it_would_ask_the_values(family, little_room):
    _, x = dataset(family, 7, n=N)
    f, g = family.fit(x), family.fit(cut(x))
    name = f.names[-1]
    null = {name: 1.1 * f.params[name]}
    one, other = (
        [
            h.ci(method="lr")[name],
            h.test(null).statistic,
            h.delta(lambda **p: p[name] ** 2).se,
            h.likelihood.profile(name, [null[name]]),
        ]
        for h in (f, g)
    )
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-6)
    if family is not mle.Laplace:
        np.testing.assert_allclose(g.covariance("sandwich"), f.covariance("sandwich"), rtol=1e-7)


@pytest.mark.parametrize(
    "family", [mle.Normal, mle.LogNormal, mle.Gamma, mle.InverseGamma, mle.InverseGaussian]
)
def test_values_far_from_zero_lose_nothing_between_their_chunks(family, little_room):
    x = 1e12 + np.random.default_rng(0).normal(size=N)
    source = mle.chunks([x[i : i + 30] for i in range(0, N, 30)])
    np.testing.assert_allclose(family.fit(source).theta, family.fit(x).theta, rtol=1e-7)


def test_where_too_few_digits_differ_for_a_climb_it_is_said(little_room):
    x = 1e12 + np.random.default_rng(0).normal(size=N)
    with pytest.raises(DataError, match=r"few digits: subtract 1e\+12"):
        mle.Gumbel.fit(cut(x))
    with pytest.raises(DataError, match="too few digits: give them as one array"):
        mle.Weibull.fit(cut(x))


def test_moments_add_up_chunk_by_chunk():
    _, x = dataset(mle.Gamma, 7, n=N)
    a, b = mle.Gamma.fit(x, method="moments"), mle.Gamma.fit(cut(x), method="moments")
    np.testing.assert_allclose(b.theta, a.theta, rtol=1e-12)
    with pytest.raises(DataError, match="do not add up"):
        mle.StudentT.fit(cut(x), method="moments")


@pytest.mark.parametrize("family", [mle.Weibull, mle.StudentT])
def test_standard_errors_included_three_passes_are_enough(family):
    _, x = dataset(family, 7, n=200_000)
    f = family.fit(mle.chunks(x))
    assert len(f.se) == len(f.names)
    assert f.passes == 3
    assert "note: read from its source in 3 passes" in f.summary()
    np.testing.assert_allclose(f.theta, family.fit(x).theta, rtol=1e-9)


@pytest.mark.parametrize("family", [mle.StudentT, mle.Gumbel, mle.Weibull])
def test_three_passes_are_enough_for_a_billion_values_too(family):
    # A billion of which many are equal: as far from the start in standard errors, and as lost in the rounding of the sum.
    x = np.random.default_rng(1).standard_gamma(2.5, 200_000)
    f = family.fit(mle.chunks(lambda: ((part, np.full(part.size, 5e3)) for part in np.split(x, 8))))
    g = family.fit(x)
    assert (f.passes, f.n) == (3, 1e9)
    np.testing.assert_allclose(f.theta, g.theta, rtol=1e-12)
    for name, error in g.se.items():
        assert f.se[name] * np.sqrt(5e3) == pytest.approx(error, rel=1e-6)


def test_a_source_in_order_is_no_trap_for_the_first_guess(little_room):
    _, x = dataset(mle.Weibull, 7, n=N)
    same(mle.Weibull.fit(x), mle.Weibull.fit(cut(np.sort(x))))


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_median_is_found_exactly_in_passes(ties, weighted, monkeypatch):
    monkeypatch.setattr(streamed, "HELD", 64)
    monkeypatch.setattr(sourced, "HELD", 64)
    rng = np.random.default_rng(5)
    for n in (1000, 1001):
        x = rng.normal(size=n).round(1) if ties else np.sort(rng.standard_cauchy(n))
        w = rng.integers(0, 3, n).astype(float) if weighted else None
        t = mle.Laplace.statistics(cut(x, w))
        assert isinstance(t, Streamed)
        assert t.middle() == mle.Laplace.statistics(x, w).middle()


def test_where_there_is_no_maximum_the_reason_and_the_limit_are_those_of_all_values(little_room):
    x = np.random.default_rng(6).uniform(size=N)
    with pytest.raises(NoMLEError, match="df grows") as found:
        mle.StudentT.fit(cut(x))
    np.testing.assert_allclose(found.value.limit.theta, mle.Normal.fit(x).theta, rtol=1e-12)
    with pytest.raises(NoMLEError, match="all values are equal"):
        mle.Weibull.fit(cut(np.ones(N)))


def few_decide():
    """Return samples whose highest top a part of them does not show."""
    rng = np.random.default_rng
    return {
        "all but Uniform": (mle.GeneralizedPareto, rng(8).uniform(size=310)),
        "all but Uniform, again": (mle.GeneralizedPareto, rng(11).uniform(size=310)),
        "all but Normal": (mle.StudentT, rng(13).normal(size=310)),
        "all but Exponential": (mle.Lomax, rng(16).exponential(size=310)),
        "to which side it leans": (mle.SkewNormal, rng(10).normal(size=310)),
        "all but one half": (mle.SkewNormal, np.abs(rng(8).normal(size=310))),
        "df below 1": (mle.StudentT, rng(1).pareto(0.7, size=539)),
        "the heaviest of tails": (mle.GeneralizedExtremeValue, rng(1).pareto(0.3, size=310)),
    }


@pytest.mark.parametrize("name", few_decide())
def test_the_highest_top_is_looked_for_among_all_values_where_a_part_leaves_it_open(
    name, little_room
):
    family, x = few_decide()[name]
    f, g = family.fit(x), family.fit(mle.chunks([x[:150], x[150:]]))
    same(f, g)
    assert g.passes <= 40


def test_where_the_scale_is_held_both_sides_are_looked_at_too(little_room):
    x, held = np.random.default_rng(5).normal(size=680), {"scale": 5.0}
    f, g = (mle.SkewNormal.fit(data, fixed=held) for data in (x, mle.chunks([x[:300], x[300:]])))
    np.testing.assert_allclose(g.theta, f.theta, rtol=1e-8)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_half_of_a_normal_is_the_limit_of_all_values_whichever_half(sign, little_room):
    x = sign * np.abs(np.random.default_rng(1).normal(size=310))
    source, limits = mle.chunks([x[:150], x[150:]]), []
    for data in (x, source):
        with pytest.raises(NoMLEError, match="no shape is as likely") as found:
            mle.SkewNormal.fit(data)
        limits.append(found.value.limit)
    assert limits[1].params == pytest.approx(limits[0].params, rel=1e-12)
    assert limits[1].names == limits[0].names
    assert source.passes <= 30  # once 544


def nowhere():
    rng = np.random.default_rng(1)
    life, every = mle.Weibull(1.3, 2.0).sample(N, rng=rng), np.ones(N, dtype=bool)
    return {
        "all right-censored": (mle.Weibull, mle.observed(life, right=every)),
        "all left-censored": (mle.Weibull, mle.observed(life, left=every)),
        "intervals that share a point": (mle.Normal, mle.interval(-life, life)),
        "an Exponential's or lighter": (mle.Lomax, rng.uniform(size=N)),
        "one half only": (mle.SkewNormal, np.abs(rng.normal(size=FEW))),
        "most are equal": (mle.Cauchy, np.where(rng.random(N) < 0.6, 1.0, rng.normal(size=N))),
    }


@pytest.mark.parametrize("name", nowhere())
def test_no_fit_from_chunks_stands_on_a_plain(name, little_room):
    family, x = nowhere()[name]
    for data in (x, mle.chunks([x[:150], x[150:]])):
        with pytest.raises(NoMLEError):
            family.fit(data)


def test_a_generator_serves_what_needs_one_pass_and_is_refused_early_by_the_rest(little_room):
    _, x = dataset(mle.Gamma, 7, n=N)
    read = []

    def parts():
        for part in np.array_split(x, 30):
            read.append(part)
            yield part

    same(mle.Gamma.fit(x), mle.Gamma.fit(mle.chunks(parts())))
    read.clear()
    with pytest.raises(DataError, match="function that makes it anew"):
        mle.Weibull.fit(mle.chunks(parts()))
    assert len(read) < 15
    same(mle.Weibull.fit(x), mle.Weibull.fit(mle.chunks(parts)))


def test_a_source_that_changes_between_passes_is_found_out(little_room):
    _, x = dataset(mle.Weibull, 7, n=N)
    calls = []

    def parts():
        calls.append(1)
        return np.array_split(x[: N - (len(calls) > 1)], 10)

    with pytest.raises(DataError, match="899 observations in pass 2 and 900 in the first"):
        mle.Weibull.fit(mle.chunks(parts))


def changing(*passes):
    """Return a source of other chunks in each pass."""
    left = iter(passes)
    return mle.chunks(lambda: next(left))


def test_a_source_that_changes_one_value_and_no_length_is_found_out_and_other_cuts_are_not(
    little_room,
):
    _, x = dataset(mle.Weibull, 7, n=N)
    other = x.copy()
    other[500] += 1e-12
    with pytest.raises(
        DataError, match="gave other values in pass 2 than in the first: it must give the same"
    ):
        mle.Weibull.fit(changing([x], [other]))
    cut_elsewhere = [x[:1], x[1:800][::-1], x[800:]]
    assert mle.Weibull.fit(changing([x[:300], x[300:]], *[cut_elsewhere] * 9)).passes > 1


def test_rows_may_come_in_another_order_and_parts_of_rows_may_not(little_room):
    _, x = dataset(mle.Weibull, 7, n=N)
    w, order = np.arange(N) % 3 + 1.0, np.random.default_rng(1).permutation(N)
    X = np.column_stack([x, x[::-1]])
    y = (x + np.cos(np.arange(N)) > np.median(x)) * 1.0
    weibull, logistic = mle.Weibull.fit, mle.LogisticRegression.fit
    for fit, rows in ((weibull, (x, w)), (logistic, (X, y)), (logistic, (X, y, w))):
        again = fit(changing([rows], *[[tuple(c[order] for c in rows)]] * 20))
        np.testing.assert_allclose(again.theta, fit(mle.chunks([rows])).theta, rtol=1e-9)
        for k in range(len(rows)):
            other = tuple(c[order] if i == k else c for i, c in enumerate(rows))
            with pytest.raises(DataError, match=r"other (values|rows) in pass 2"):
                fit(changing([rows], [other]))
    with pytest.raises(DataError, match="other rows in pass 2"):
        logistic(changing([(X, y)], [(X[:, ::-1], y)]))


def test_changed_weights_bounds_counts_and_responses_are_found_out_too(little_room):
    _, x = dataset(mle.Weibull, 7, n=N)
    counts, w = 3 * np.arange(N) + 5, np.arange(N) % 3 + 1.0
    X, y = x[:, None], (np.arange(N) % 3 > 1) * 1.0
    for fit, one, other in (
        (mle.Weibull.fit, (x, w), (x, w[::-1] + (w > 2))),
        (mle.Weibull.fit, mle.observed(x), mle.observed(x, right=x > 4.0)),
        (mle.NegativeBinomial.fit, counts, counts + (counts == 5)),
        (mle.LogisticRegression.fit, (X, y), (X, 1.0 - y)),
    ):
        with pytest.raises(DataError, match=r"other (values|rows) in pass 2 than in the first"):
            fit(changing([one], [other]))


def test_what_the_source_cannot_do_is_said_in_words(little_room):
    _, x = dataset(mle.Weibull, 7, n=N)

    class Corner(mle.Family):
        loc: mle.Parameter = mle.parameter(mle.Real())
        support, corners = mle.Support(), ("loc",)

        def log_density(self, x):
            return -np.abs(x - self.loc) - np.log(2.0)

    with pytest.raises(RegularityError, match="give them as one array, which needs about"):
        Corner.fit(cut(x))
    with pytest.raises(DataError, match="weights come with the values"):
        mle.Weibull.fit(cut(x), weights=np.ones(N))
    with pytest.raises(DataError, match="gave no observations"):
        mle.Weibull.fit(mle.chunks([]))
    with pytest.raises(DataError, match="or from chunks, which leave no observations"):
        mle.Gamma.fit(cut(x)).bootstrap(10, rng=0)
    with pytest.raises(DataError, match="weights come with the values"):
        mle.Weibull.fit(cut(x), axis=0)
    for family in (mle.Weibull, mle.Gamma):
        with pytest.raises(DataError, match=r"give each of them as observed\(x"):
            family.fit(mle.chunks([x, mle.observed(x, right=x > 2.0)]))
    t = mle.Weibull.statistics(cut(x))
    assert mle.Weibull.fit(t).passes > 1
    with pytest.raises(DataError, match="fit chunks of both"):
        t + t
    bad = x.copy()
    bad[700] = -1.0
    with pytest.raises(mle.SupportError, match="index 700 of the whole source"):
        mle.Weibull.fit(cut(bad))


@pytest.mark.parametrize("scale", [1e-200, 1e200])
@pytest.mark.parametrize("family", [mle.Weibull, mle.Cauchy, mle.Gumbel])
def test_values_at_the_ends_of_the_doubles_are_refused_in_words_or_fitted(
    family, scale, little_room
):
    _, x = dataset(family, 7, n=N)
    with pytest.raises(DataError, match="divide each chunk by"):
        family.fit(cut(x * scale))
    same(mle.Gamma.fit(np.abs(x) * scale), mle.Gamma.fit(cut(np.abs(x) * scale)))


def test_fits_of_one_source_or_of_equal_ones_may_be_compared():
    _, x = dataset(mle.Gamma, 7, n=N)
    source = cut(x)
    inner, outer = mle.Exponential.fit(source), mle.Gamma.fit(source)
    expected = mle.lr_test(mle.Exponential.fit(x), mle.Gamma.fit(x)).statistic
    assert mle.lr_test(inner, outer).statistic == pytest.approx(expected)
    assert mle.lr_test(inner, mle.Gamma.fit(mle.chunks([x]))).statistic == pytest.approx(expected)
    assert mle.lr_test(inner, mle.Gamma.fit(x)).statistic == pytest.approx(expected)
    with pytest.raises(DataError, match="different data"):
        mle.lr_test(inner, mle.Gamma.fit(cut(x[1:])))


@pytest.mark.parametrize("family", [mle.Laplace, mle.Normal])
def test_an_interruption_between_the_chunks_or_where_they_lie_is_told_as_such(
    family, little_room, monkeypatch
):
    _, x = dataset(family, 7, n=N)
    source = cut(x)
    if family is mle.Normal:
        monkeypatch.setattr(type(source), "spread", True)
        monkeypatch.setattr(Moments, "of", lambda *_: stop())
    else:
        monkeypatch.setattr(np, "histogram", lambda *_, **__: stop())

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(mle.Interrupted, match=r"nothing to keep|no parameters yet"):
        family.fit(source)


# -- interrupted -----------------------------------------------------------------------------------


def stopping(x, pass_number):
    """Return a source that is interrupted halfway through one of its passes."""
    count = []

    def parts():
        count.append(1)
        for k, part in enumerate(np.array_split(x, 10)):
            if len(count) == pass_number and k == 5:
                raise KeyboardInterrupt
            yield part

    return mle.chunks(parts)


def test_an_interrupted_sum_keeps_what_was_read():
    _, x = dataset(mle.Gamma, 7, n=N)
    with pytest.raises(mle.Interrupted, match="after 450 observations") as stop:
        mle.Gamma.fit(stopping(x, 1))
    same(mle.Gamma.fit(x[:450]), mle.Gamma.fit(stop.value.statistic))
    assert isinstance(stop.value, KeyboardInterrupt)


@pytest.mark.parametrize("family", [mle.Poisson, mle.NegativeBinomial])
def test_counts_of_a_stream_are_counted_in_the_bytes_they_come_in(family):
    x = np.random.default_rng(8).negative_binomial(2, 0.3, 30_000).astype("u1")
    assert all(piece.values.dtype == x.dtype for piece in mle.chunks(x).pieces())
    mixed = [x[:2000].astype(float), x[2000:2010], (x[2010:9000], np.ones(6990)), x[9000:]]
    for source in (mle.chunks(x, size=4000), mle.chunks(mixed)):
        same(family.fit(source), family.fit(x.astype(float)))
    with pytest.raises(mle.Interrupted, match="after 15,000 observations") as stop:
        family.fit(stopping(x, 1))
    same(family.fit(stop.value.statistic), family.fit(x[:15_000]))
    with pytest.raises(mle.SupportError, match="index 100 of the whole source"):
        family.fit(mle.chunks(np.where(np.arange(30_000) == 100, -1, x.astype(int))))


def test_a_fit_that_is_interrupted_in_a_later_pass_keeps_its_last_parameters(little_room):
    _, x = dataset(mle.Weibull, 7, n=N)
    with pytest.raises(mle.Interrupted, match="in pass 3") as stop:
        mle.Weibull.fit(stopping(x, 3))
    near = mle.Weibull.fit(x)
    for name, value in stop.value.params.items():
        assert value == pytest.approx(near.params[name], abs=near.se[name])
    with pytest.raises(mle.Interrupted, match="of some of them") as stop:
        mle.Weibull.fit(stopping(x, 1))
    some = mle.Weibull.fit(stop.value.statistic)
    assert some.n == pytest.approx(450)


# -- memory ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", [mle.Normal, mle.Weibull])
def test_three_chunks_of_memory_are_enough(family):
    rows = 2**20
    x = family(1.5, 2.0).sample(rows, rng=np.random.default_rng(8))
    source = mle.chunks(lambda: (x * scale for scale in (1.0, 1.1, 0.9)))
    family.fit(x[:1000])
    tracemalloc.start()
    try:
        f = family.fit(source)
        assert f.n == 3 * rows
        assert len(f.se) == 2
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 3 * x.nbytes


# -- kept in a file --------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_a_statistic_from_a_file_is_the_one_that_was_saved(family, tmp_path):
    _, x = dataset(family, 7, n=60)
    path = tmp_path / "monday"
    monday = family.statistics(x[:40])
    monday.save(path)
    again = mle.load_statistic(path)
    assert type(again) is type(monday)
    assert again.family is family
    whole = again + family.statistics(x[40:])
    assert whole.close_to(monday + family.statistics(x[40:]), 1e-15)


def test_statistics_of_partly_seen_data_and_of_made_families_are_saved_too(tmp_path):
    path = tmp_path / "statistic.npz"
    t = mle.Weibull.statistics(mle.observed([1.0, 2.0, 3.0], right=[False, True, False]))
    t.save(path)
    again = mle.load_statistic(path)
    assert again.close_to(t)
    assert again.span == t.span
    assert Likelihood(mle.Weibull, again).log_likelihood(shape=1.0, scale=2.0) == Likelihood(
        mle.Weibull, t
    ).log_likelihood(shape=1.0, scale=2.0)
    family = mle.Hurdle(mle.Gamma)
    t = family.statistics([0.0, 1.0, 3.0])
    t.save(path)
    with pytest.raises(DataError, match=r"load_statistic\(path, family\)"):
        mle.load_statistic(path)
    assert mle.load_statistic(path, family).close_to(t)


def test_a_file_that_is_another_is_refused_in_words(tmp_path, little_room):
    path = tmp_path / "statistic.npz"
    with pytest.raises(FileNotFoundError):
        mle.load_statistic(path)
    for content in (b"", b"not a zip", b"\x93NUMPY"):
        path.write_bytes(content)
        with pytest.raises(DataError, match="no file that"):
            mle.load_statistic(path)
    np.savez(path, x=np.ones(3))
    with pytest.raises(DataError, match="no file that"):
        mle.load_statistic(path)
    np.savez(path, format=np.array([{}], dtype=object))
    with pytest.raises(DataError, match="no file that"):  # a pickle is never opened
        mle.load_statistic(path)
    mle.Gamma.statistics([1.0, 2.0]).save(path)
    with pytest.raises(DataError, match="the statistic of Gamma, not of Poisson"):
        mle.load_statistic(path, mle.Poisson)
    with pytest.raises(DataError, match="needs CountMoments"):
        mle.Poisson.fit(mle.load_statistic(path))
    with np.load(path) as file:
        columns = dict(file)
    np.savez(path, **{**columns, "version": np.array(2)})
    with pytest.raises(DataError, match="version 2"):
        mle.load_statistic(path)
    columns.pop("statistic.mean")
    np.savez(path, **columns)
    with pytest.raises(DataError, match="damaged"):
        mle.load_statistic(path)
    _, x = dataset(mle.Weibull, 7, n=N)
    with pytest.raises(DataError, match="no small statistic to keep"):
        mle.Weibull.statistics(cut(x)).save(path)


IMPOSSIBLE = [
    (mle.Gamma, "n", np.nan, "n is nan, and must be finite"),
    (mle.Normal, "n", -3.0, "n is -3, and must be above 0"),
    (mle.Exponential, "means", [-1.0], "means is -1, and is never below 0"),
    (mle.HalfNormal, "mean", -1.0, "mean is -1, and is never below 0"),
    (mle.Poisson, "mean", -1.0, "mean is -1, and is never below 0"),
    (mle.Gamma, "mean", 0.0, "mean is 0, and must be inside x > 0"),
    (mle.Bernoulli, "mean", 1.5, "mean is 1.5, and is never above 1"),
    (mle.Normal, "sd", -1.0, "sd is -1"),
    (mle.Normal, "mean", [1.0, 2.0], r"mean has shape \(2,\), beside n of shape \(\)"),
    (mle.Beta, "rest", 0.1, "mean and rest do not add up to 1"),
    (mle.InverseGaussian, "mean_log", 9.0, "above the logarithm of the mean"),
    (mle.Uniform, "low", 99.0, "low is above high"),
    (mle.Categorical, "shares", [0.5, 0.6], "shares do not add up to 1"),
    (mle.MultivariateNormal, "cov", -np.eye(3), "a negative eigenvalue"),
    (mle.Lomax, "values", -np.ones(60), "a value is -1, and must be one of x >= 0"),
    (mle.Weibull, "values", np.ones(7), r"values have shape \(7,\), and weights \(60,\)"),
    (mle.Cauchy, "weights", np.ones(60) / 60, "n is not the sum of the weights"),
    (mle.Cauchy, "weights", 2.0, "missing or wrong"),
]


@pytest.mark.parametrize(("family", "field", "value", "said"), IMPOSSIBLE)
def test_numbers_that_no_sample_can_have_given_are_refused(family, field, value, said, tmp_path):
    _, x = dataset(family, 7, n=60)
    path, t = tmp_path / "monday.npz", family.statistics(x)
    t.save(path)
    with np.load(path) as file:
        columns = dict(file)
    if said.startswith("values have"):
        columns["statistic.weights"] = np.ones(60)
    np.savez(path, **{**columns, f"statistic.{field}": np.array(value)})
    with pytest.raises(DataError, match=said):
        mle.load_statistic(path)
    if np.shape(value) == () and "wrong" not in said:
        edited = type(t)(**{**t._arrays(), field: np.float64(value)})
        with pytest.raises(DataError, match=f"no sample of a {family.__name__} has .*{said}"):
            family.fit(edited)


def test_a_file_with_any_byte_changed_is_refused_in_words_or_says_the_same(tmp_path):
    path, t = tmp_path / "monday.npz", mle.Gamma.statistics([1.0, 2.0, 5.0])
    t.save(path)
    whole = path.read_bytes()
    for at in range(0, len(whole), 29):
        broken = bytearray(whole)
        broken[at] ^= 0x55
        path.write_bytes(bytes(broken))
        try:
            again = mle.load_statistic(path)
        except DataError:
            continue
        assert again.close_to(t, 1e-15)


# -- elsewhere -------------------------------------------------------------------------------------


class Elsewhere(mle.observations.Source):
    """A source whose sums are taken where its chunks lie: everything that travels is pickled, in two branches."""

    spread = True

    def total(self, function, add=None, *, rows=False):
        travel = lambda thing: pickle.loads(pickle.dumps(thing))  # noqa: E731
        found = [travel(travel(function)(piece)) for piece in self.pieces()]
        found = [part for part in found if part is not None]
        return add([add(found[:5]), add(found[5:])])

    def pieces(self):
        assert self.length == N
        return super().pieces()


@pytest.mark.parametrize(
    "family", [mle.Weibull, mle.Gamma, mle.NegativeBinomial, mle.Hurdle(mle.Weibull)]
)
def test_only_sums_and_pilots_travel_from_where_the_chunks_lie(family, little_room):
    _, x = dataset(family, 7, n=N)
    same(family.fit(x), family.fit(Elsewhere(lambda: np.array_split(x, 20), length=N)))


def test_a_memory_map_is_read_in_chunks_and_weights_beside_it(tmp_path, little_room):
    _, x = dataset(mle.Weibull, 7, n=N)
    np.save(tmp_path / "x.npy", x)
    mapped, w = np.load(tmp_path / "x.npy", mmap_mode="r"), np.arange(N) % 3
    same(mle.Weibull.fit(x), mle.Weibull.fit(mapped))
    assert mle.Weibull.fit(mapped).passes > 1
    same(mle.Weibull.fit(x, w), mle.Weibull.fit(mapped, w))


# -- progress --------------------------------------------------------------------------------------


def test_each_pass_says_how_far_it_has_come_and_learns_the_length(little_room, capsys, monkeypatch):
    _, x = dataset(mle.Weibull, 7, n=N)
    told = []
    source = mle.chunks(
        lambda: np.array_split(x, 3), progress=lambda done, total: told.append((done, total))
    )
    mle.Weibull.fit(source)
    assert told[:3] == [(300, 0), (600, 0), (900, 0)]
    assert told[3:6] == [(300, 900), (600, 900), (900, 900)]
    assert len(told) == 3 * source.passes
    monkeypatch.setattr("mlecore.progress._PATIENCE", 0.0)
    monkeypatch.setattr("mlecore.progress._PAUSE", 0.0)
    mle.Weibull.fit(mle.chunks(lambda: np.array_split(x, 3), progress=True))
    said = capsys.readouterr().err
    assert "\rpass 1: 600, 0 s" in said
    assert "\rpass 2: 600 of 900 (67%), about 0 s left" in said
    with pytest.raises(TypeError, match="progress must be"):
        mle.chunks([x], progress="yes")
