"""Pictures of fits: what is drawn is what was computed, in the data's and the model's colours, and can be put in words."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

import mlecore as mle
from mlecore import DataError, RegularityError, binned, interval, observed, plotting

RNG = np.random.default_rng(3)
x = mle.Gamma(shape=2.0, rate=3.0).sample(80, rng=RNG)
k = mle.Poisson(rate=4.0).sample(200, rng=RNG)
right = np.arange(80) % 4 == 0
FITS = {
    "continuous": mle.Gamma.fit(x),
    "weighted": mle.Gamma.fit(x, np.arange(80) % 3),
    "counts": mle.Poisson.fit(k),
    "bins": mle.Gamma.fit(binned(*np.histogram(x, 8))),
    "censored": mle.Weibull.fit(observed(x, right=right)),
    "late": mle.Weibull.fit(observed(x[x > 0.2], entry=0.2, right=right[x > 0.2])),
    "window": mle.Normal.fit(observed(x[x > 0.4], window=(0.4, np.inf))),
    "intervals": mle.Normal.fit(interval([-np.inf, 0, 1, 1.5], [1.0, 2, 3, 1.5])),
    "counts in bins": mle.Poisson.fit(binned(*np.histogram(k, [0, 2, 4, 5, 20]))),
}


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", FITS)
def test_a_fit_draws_its_data_and_its_quantiles(name):
    axes = FITS[name].plot()
    axes[0].figure.canvas.draw()
    for ax in axes:
        words = plotting.describe(ax)
        assert " against " in words
        assert ax.get_xlabel()
        assert ax.get_ylabel()
        colours = {line.get_color() for line in ax.lines}
        assert plotting.MODEL in colours
        assert colours <= {plotting.MODEL, plotting.DATA}
        for line in ax.lines:
            assert np.isfinite(np.asarray(line.get_ydata(), dtype=float)).all()
    figure, pair = plt.subplots(1, 2)
    assert FITS[name].plot(pair)[0] is pair[0]
    assert figure.axes == list(pair)


def test_bars_and_curve_have_one_area():
    ax = plotting.histogram(FITS["continuous"], bins=12)
    assert sum(p.get_height() * p.get_width() for p in ax.patches) == pytest.approx(1)
    middle, density = ax.lines[0].get_data()
    np.testing.assert_allclose(density, FITS["continuous"].dist.pdf(middle), rtol=0.01)
    ax = plotting.histogram(FITS["bins"])
    assert sum(p.get_height() * p.get_width() for p in ax.patches) == pytest.approx(1)
    # What can be seen above 0.4 has the whole of the area.
    middle, density = plotting.histogram(FITS["window"]).lines[0].get_data()
    d = FITS["window"].dist
    np.testing.assert_allclose(density[5:], (d.pdf(middle) / d.sf(0.4))[5:], rtol=0.01)


def test_counts_are_bars_beside_what_is_expected():
    ax = plotting.histogram(FITS["counts"])
    seen = {p.get_x() + p.get_width() / 2: p.get_height() for p in ax.patches}
    values, counts = np.unique(k, return_counts=True)
    assert list(seen) == pytest.approx(values)
    assert list(seen.values()) == pytest.approx(counts)
    at, expected = ax.lines[0].get_data()
    np.testing.assert_allclose(expected, 200 * FITS["counts"].dist.pmf(at))


def test_quantiles_lie_on_the_line_where_the_fit_is_the_sample():
    n = 40
    grid = mle.Normal(0, 1).ppf((np.arange(n) + 0.5) / n)
    f = mle.Normal.fit(grid, fixed={"mu": 0, "sigma": 1})
    ax = plotting.qq(f)
    np.testing.assert_allclose(*ax.lines[1].get_data(), atol=1e-12)
    share, u = plotting.pp(f).lines[1].get_data()
    np.testing.assert_allclose(u, share, atol=1e-12)
    # The band of the smallest of 40: the quantiles of a Beta(1, 40).
    low = ax.collections[0].get_paths()[0].vertices[:, 1].min()
    assert low == pytest.approx(mle.Normal(0, 1).ppf(1 - 0.975 ** (1 / 40)), rel=1e-9)


def test_survival_of_late_entries_begins_where_the_first_entered():
    ax = FITS["late"].plot()[0]
    t, s = ax.lines[-1].get_data()
    assert t[0] == 0.2
    assert s[0] == 1.0
    assert plotting.describe(ax).endswith("Kaplan-Meier, fitted Weibull")


def test_a_profile_is_cut_at_its_interval_and_contours_at_their_levels():
    f = FITS["continuous"]
    low, high = f.ci(0.9, "lr")["shape"]
    ax = plotting.profile(f, "shape", level=0.9)
    assert ax.lines[1].get_xdata().tolist() == [low, high]
    grid, drop = ax.lines[0].get_data()
    cut = ax.lines[1].get_ydata()[0]
    assert np.interp([low, high], grid, drop) == pytest.approx([cut, cut], abs=0.01)
    assert drop.max() == pytest.approx(0, abs=1e-9)
    ax = plotting.contour(f, levels=[0.95])
    edge = np.concatenate([p.vertices for p in ax.collections[0].get_paths()])
    drop = f.likelihood.log_likelihood(edge) - f.log_likelihood
    np.testing.assert_allclose(drop, np.log(0.05), atol=0.05)
    three = mle.StudentT.fit(mle.StudentT(df=4, loc=0, scale=1).sample(100, rng=0))
    ax = plotting.contour(three, ("loc", "scale"), levels=[0.9])
    assert ax.get_xlabel() == "loc"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: plotting.histogram(FITS["censored"]), DataError, "no bar of a histogram"),
        (lambda: plotting.profile(FITS["continuous"], "scale"), DataError, "shape, rate"),
        (lambda: plotting.contour(FITS["counts"]), DataError, "two parameters"),
        (lambda: plotting.profile(mle.Uniform.fit(x), "high"), RegularityError, "support"),
        (lambda: mle.Gamma.fit([x, x], axis=1).plot(), DataError, "single fit"),
        (lambda: mle.Gamma.fit(mle.Gamma.statistics(x)).plot(), DataError, "statistic"),
        (lambda: mle.SoftmaxRegression.fit(x, np.arange(80) % 2).plot(), DataError, "classes"),
        (lambda: mle.MultivariateNormal.fit(x.reshape(-1, 2)).plot(), DataError, "one coordinate"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_reason(call, error, words):
    with pytest.raises(error, match=words):
        call()
