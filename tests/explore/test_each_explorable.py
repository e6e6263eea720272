"""What each explorable shows is what mlecore computes, and its controls do what the chapters say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from playwright.sync_api import Browser
from scipy import integrate, optimize, special, stats

import mlecore as mle
from mlecore import DataError, explore
from stage import (
    COUNTS,
    DISTRESS,
    EXPLORABLES,
    RAIN,
    SAMPLE,
    TEMPERATURE,
    TOSSES,
    Stage,
    number,
    showing,
)


@contextmanager
def shows(everything: dict[str, Stage], name: str) -> Iterator[list[Stage]]:
    """One of the explorables as the reader first meets it."""
    stage = everything[name]
    stage.reset()
    stage.settle()
    yield [stage]
    stage.reset()
    stage.settle()


def near(value: float, digits: int = 4) -> object:
    """A number as printed with so many significant digits."""
    return pytest.approx(value, rel=0.6 * 10.0 ** (1 - digits))


# ------------------------------------------------------------ chapter 1


def test_poisson_rate_shows_the_log_likelihood_and_finds_the_mean(
    everything: dict[str, Stage],
) -> None:
    d = mle.Likelihood(mle.Poisson, np.arange(15), weights=COUNTS)
    mean = np.average(np.arange(15), weights=COUNTS)
    with shows(everything, "poisson_rate") as [stage]:
        rate = stage.slide("rate", 3.5)
        assert stage.fact("rate λ") == pytest.approx(rate, abs=6e-4)
        assert stage.fact("log-likelihood ℓ(λ)") == pytest.approx(
            d.log_likelihood(rate=rate), abs=0.006
        )
        stage.press("Check my guess")
        assert "too low" in stage.note()
        assert "3.872" in stage.note()
        stage.press("Go to the maximum")
        assert stage.fact("rate λ") == pytest.approx(mean, abs=6e-4)
        assert stage.note().startswith("This is the top")
        assert stage.fact("log-likelihood ℓ(λ)") == pytest.approx(
            d.log_likelihood(rate=mean), abs=0.006
        )


def test_poisson_rate_tells_each_bar_its_share(everything: dict[str, Stage]) -> None:
    with shows(everything, "poisson_rate") as [stage]:
        rate = stage.slide("rate", 4.0)
        bar = stage.element.locator("[role=option]").nth(3)
        bar.hover()
        term = 525 * mle.Poisson(rate=rate).log_prob(3)
        assert stage.fact("term of value 3") == pytest.approx(term, abs=0.006)
        assert stage.note().startswith("Value 3: seen 525 times")
        assert stage.note() == bar.get_attribute("aria-label")
        bar.focus()
        stage.page.keyboard.press("ArrowRight")
        assert stage.note().startswith("Value 4: seen 532 times")


def test_poisson_rate_leaves_a_trail_until_the_curve_is_asked_for(
    everything: dict[str, Stage],
) -> None:
    with shows(everything, "poisson_rate") as [stage]:
        trail = stage.element.locator(".panel").nth(1).locator("circle.likelihood")
        curve = stage.element.locator(".panel").nth(1).locator("path.likelihood")
        for i in range(5):
            stage.slide("rate", 2 + i / 2)
            stage.settle()
        assert trail.count() == 6
        assert curve.count() == 0
        stage.element.get_by_role("checkbox").check()
        stage.settle()
        assert trail.count() == 0
        assert curve.count() == 1


# ------------------------------------------------------------ chapter 2


def test_likelihood_stems_multiplies_the_densities(everything: dict[str, Stage]) -> None:
    with shows(everything, "likelihood_stems") as [stage]:
        mu = stage.slide("theta", 4.6)
        sigma = math.exp(stage.slide("sigma", math.log(1.0)))
        total = mle.Normal(mu=mu, sigma=sigma).log_prob(SAMPLE).sum()
        assert stage.fact("log of the product") == near(total)
        assert stage.fact("product of the stems") == near(math.exp(total))
        stage.press("Go to the maximum")
        fit = mle.Normal.fit(SAMPLE)
        assert stage.fact("μ") == near(fit.params["mu"])
        assert stage.fact("log of the product") == near(fit.log_likelihood)


def test_likelihood_stems_lets_the_data_move_or_the_parameter_but_not_both(
    everything: dict[str, Stage],
) -> None:
    with shows(everything, "likelihood_stems") as [stage]:
        assert stage.handle("x0").count() == 0
        stage.choose("mode", "data")
        assert not stage.slider("theta").is_visible()
        assert stage.handle("theta").count() == 0
        held, before = stage.fact("μ"), stage.fact("product of the stems")
        stage.drag(stage.handle("x6"), -60)
        assert stage.fact("μ") == held
        assert stage.fact("product of the stems") > before
        # One tab stop for all observations; up and down choose among them.
        stage.handle("x6").focus()
        stage.page.keyboard.press("ArrowDown")
        stage.settle()
        assert stage.element.locator("[data-key^=x][tabindex='0']").count() == 1
        focused = stage.element.evaluate("e => e.shadowRoot.activeElement.dataset.key")
        assert focused not in ("x6", None)


def test_likelihood_stems_flips_coins(everything: dict[str, Stage]) -> None:
    with shows(everything, "likelihood_stems of a Bernoulli") as [stage]:
        p = stage.slide("theta", 0.55)
        stage.settle()
        stage.choose("mode", "data")
        assert stage.handle("x0").get_attribute("aria-valuetext") == "heads"
        stage.handle("x0").focus()
        stage.page.keyboard.press("ArrowLeft")
        tosses = [0, *TOSSES[1:]]
        assert stage.fact("product of the stems") == near(
            np.exp(mle.Bernoulli(p=p).log_prob(tosses).sum())
        )
        assert stage.handle("x0").get_attribute("aria-valuetext") == "tails"


def test_likelihood_stems_of_an_exponential_peaks_at_one_over_the_mean(
    everything: dict[str, Stage],
) -> None:
    with shows(everything, "likelihood_stems of an Exponential") as [stage]:
        stage.press("Go to the maximum")
        fit = mle.Exponential.fit(SAMPLE)
        assert stage.fact("λ") == near(fit.params["rate"])
        assert stage.fact("log of the product") == near(fit.log_likelihood)


# ------------------------------------------------------------ chapter 3


def test_underflow_keeps_a_guess_beside_the_truth(everything: dict[str, Stage]) -> None:
    with shows(everything, "underflow") as [stage]:
        stage.slide("n", 30)
        stage.press("Check my guess")
        died = int(stage.fact("the product dies at"))
        assert f"Your guess, 30, was {died - 30} too early" in stage.note()
        stage.slide("n", 40)
        assert "your guess" in stage.picture()
        assert f"Your guess, 30, was {died - 30} too early" in stage.note()


@pytest.mark.parametrize("precision", ["float64", "float32", "float16"])
@pytest.mark.parametrize("unit", [1.0, 10.0])
def test_underflow_dies_where_numpy_dies(
    everything: dict[str, Stage], precision: str, unit: float
) -> None:
    log_terms = np.array(EXPLORABLES["underflow"].values["terms"])
    with shows(everything, "underflow") as [stage]:
        stage.choose("precision", precision)
        taken = math.exp(stage.slide("unit", math.log(unit)))
        with np.errstate(all="ignore"):
            factors = np.exp(log_terms + np.log(taken)).astype(precision)
            product = np.cumprod(factors, dtype=precision)
        died = 1 + int(np.flatnonzero((product == 0) | np.isinf(product))[0])
        # What was asked is not told before it was found.
        told = stage.facts()["the product dies at"]
        assert told == (f"n = {died}" if stage.fact("n") >= died else "find it, or guess")
        stage.press("Go to where the product dies")
        assert stage.fact("n") == died
        assert stage.fact("the product dies at") == died
        assert stage.facts()["product held"] == ("0.0" if product[died - 1] == 0 else "inf")
        stage.slider("n").focus()
        stage.page.keyboard.press("ArrowLeft")
        assert stage.fact("n") == died - 1
        assert number(stage.facts()["product held"]) == near(float(product[died - 2]))
        total = np.cumsum((log_terms + np.log(taken)).astype(precision), dtype=precision)[died - 2]
        assert stage.fact(f"sum of logs in {precision}") == near(float(total), 5)


def test_underflow_of_masses_has_no_unit(browser: Browser) -> None:
    log_terms = mle.Poisson(rate=3.0).log_prob(np.tile([1, 3, 5], 200))
    with showing(browser, explore.underflow(log_terms, density=False)) as [stage]:
        assert stage.slider("unit").count() == 0


# ------------------------------------------------------------ chapter 4


def test_normal_surface_shows_log_likelihood_and_score(everything: dict[str, Stage]) -> None:
    L = mle.Likelihood(mle.Normal, SAMPLE)
    with shows(everything, "normal_surface") as [stage]:
        mu, sigma = stage.slide("mu", 4.7), stage.slide("sigma", 1.8)
        assert stage.fact("ℓ") == near(L.log_likelihood(mu=mu, sigma=sigma), 5)
        score = L.score(mu=mu, sigma=sigma)
        assert stage.fact("score in μ") == near(score[0])
        assert stage.fact("score in σ") == near(score[1])
        stage.press("Go to the maximum")
        fit = mle.Normal.fit(SAMPLE)
        assert stage.fact("μ") == near(fit.params["mu"])
        assert stage.fact("σ") == near(fit.params["sigma"])
        assert stage.fact("score in μ") == stage.fact("score in σ") == 0
        assert "this is the maximum" in stage.note()


def test_normal_surface_drags_contour_and_tangent_as_one(everything: dict[str, Stage]) -> None:
    with shows(everything, "normal_surface") as [stage]:
        mu = stage.fact("μ")
        stage.element.locator(".ground").evaluate("e => e.scrollIntoView({block: 'center'})")
        ground = stage.element.locator(".ground").bounding_box()
        stage.page.mouse.click(
            ground["x"] + 0.8 * ground["width"], ground["y"] + 0.5 * ground["height"]
        )
        assert stage.fact("μ") > mu
        assert stage.fact("score in μ") < 0
        assert "negative" in stage.note()
        # The tangent crosses the top: the score changes its sign.
        stage.drag(stage.handle("tangent"), -160)
        assert stage.fact("score in μ") > 0
        stage.choose("along_normal", "1")
        before = stage.facts()
        stage.drag(stage.handle("tangent"), 40)
        after = stage.facts()
        assert after["σ"] != before["σ"]
        assert after["μ"] == before["μ"]


def test_a_guess_stays_beside_the_line_where_the_slope_along_sigma_is_zero(
    everything: dict[str, Stage],
) -> None:
    x = np.array(SAMPLE)
    edge = math.hypot(x.std(), 8 * x.std() / math.sqrt(x.size))
    with shows(everything, "normal_surface") as [stage]:
        said = stage.element.locator("svg").first
        assert "slope along σ is 0" not in said.text_content()
        guess = stage.slide("edge", 0.8 * x.std())
        stage.settle()
        assert "my guess" in said.text_content()
        assert "slope along σ is 0" not in said.text_content()
        stage.press("Check my guess")
        assert "my guess" in said.text_content()
        assert "slope along σ is 0" in said.text_content()
        assert f"{guess:.3g}, was too low" in stage.note()
        assert stage.note().split("σ = ")[1].startswith(f"{edge:.3g}")
        # On the line that is shown the score in sigma is zero.
        mu = stage.slide("mu", 4.7)
        stage.slide("sigma", math.hypot(x.std(), x.mean() - mu))
        assert abs(stage.fact("score in σ")) < 0.01 * len(x)
        stage.slide("edge", 1.5 * x.std())  # another guess
        stage.settle()
        assert "my guess" in said.text_content()
        assert "slope along σ is 0" not in said.text_content()


def test_the_uniform_has_its_maximum_on_the_edge(everything: dict[str, Stage]) -> None:
    L = mle.Likelihood(mle.Uniform, SAMPLE)
    with shows(everything, "normal_surface") as [stage]:
        stage.choose("view", "uniform")
        low, high = stage.slide("low", 2.5), stage.slide("high", 9.0)
        assert stage.fact("ℓ") == near(L.log_likelihood(low=low, high=high), 5)
        assert stage.fact("score in high") == near(-len(SAMPLE) / (high - low))
        stage.press("Go to the maximum")
        assert (stage.fact("low"), stage.fact("high")) == (min(SAMPLE), max(SAMPLE))
        assert stage.fact("score in high") < 0
        assert "on the edge" in stage.note()
        stage.slide("high", 7.4)
        assert stage.fact("ℓ") == -math.inf
        assert "no slope warns you" in stage.note()


# ------------------------------------------------------------ chapter 5


@pytest.mark.parametrize("y", [0, 1])
def test_logit_loss_is_bce_with_logits(everything: dict[str, Stage], y: int) -> None:
    with shows(everything, "logit_loss") as [stage]:
        stage.choose("y", y)
        for z in (-5.0, 0.3, 4.0):
            stage.slide("z", z)
            p = special.expit(z)
            assert stage.fact("p") == near(p)
            assert stage.fact("loss") == near(float(mle.bce_with_logits([y], [z])))
            assert stage.fact("slope p − y") == near(p - y)
        stage.press(
            "Check my guess"
        )  # which shows the comparison, at the label and the logit asked about
        stage.choose("y", y)
        stage.slide("z", z)
        assert stage.fact("squared error") == near((p - y) ** 2)
        assert stage.fact("its slope") == near(2 * (p - y) * p * (1 - p))


def test_logit_loss_keeps_a_guess_beside_the_squared_errors_slope(
    everything: dict[str, Stage],
) -> None:
    with shows(everything, "logit_loss") as [stage]:
        assert not stage.element.get_by_role("checkbox").is_visible()
        stage.type("steep", "-0.4")
        stage.press("Check my guess")
        p = special.expit(-6)
        assert stage.fact("its slope") == near(2 * (p - 1) * p * (1 - p))
        assert stage.fact("slope p − y") == near(p - 1)
        assert f"slope −{2 * (1 - p) * p * (1 - p):.4f}; your guess was −0.40" in stage.note()
        # The guess stays, as a ghost, while the reader goes on.
        stage.slide("steep", -0.1)
        stage.slide("z", 2.0)
        assert "your guess" in stage.picture()
        stage.slide("z", -6.0)
        assert "your guess was −0.40" in stage.note()


# ------------------------------------------------------------ chapter 6


def test_descent_race_ends_at_the_fit(everything: dict[str, Stage]) -> None:
    x, y = np.array(TEMPERATURE, dtype=float), np.array(DISTRESS)
    fit = mle.LogisticRegression.fit(x[:, None], y)
    with shows(everything, "descent_race") as [stage]:
        assert set(list(stage.facts().values())[1:5]) == {"not yet"}
        stage.slide("t", 200)
        assert stage.facts()["Newton to 10⁻⁶"] == stage.facts()["Fisher scoring to 10⁻⁶"]
        stage.press("Start at the maximum")
        spoken = stage.handle("start").get_attribute("aria-valuetext")
        intercept, slope = (number(part.split()[-1]) for part in spoken.split(", "))
        assert [intercept, slope] == [near(value, 3) for value in fit.params.values()]


def test_descent_race_is_fair_only_after_standardising(everything: dict[str, Stage]) -> None:
    with shows(everything, "descent_race") as [stage]:
        # Where the first step went, too short to be seen, is told once it has been taken.
        assert "first step" not in stage.picture()
        stage.slide("t", 200)
        assert "first step" in stage.picture()
        assert stage.facts()["gradient descent to 10⁻⁶"] == "not in 200 steps"
        raw = stage.fact("condition number at the maximum")
        stage.choose("system", "better")
        stage.slide("t", 200)
        assert stage.fact("gradient descent to 10⁻⁶") < 100
        assert stage.fact("condition number at the maximum") < raw / 1000
        # Learning rate, mini-batch and start each change the race.
        quick = stage.fact("gradient descent to 10⁻⁶")
        stage.slide("rate", math.log(0.1))
        assert number(stage.facts()["gradient descent to 10⁻⁶"].replace("not in", "")) > quick
        batch = {}
        for size in ("1", "16"):
            stage.choose("batch", size)
            stage.slide("t", 60)
            batch[size] = stage.picture()
        assert batch["1"] != batch["16"]


def test_descent_race_overshoots_when_the_learning_rate_is_too_large(
    everything: dict[str, Stage],
) -> None:
    with shows(everything, "descent_race") as [stage]:
        stage.slide("rate", math.log(0.02))
        stage.slide("t", 31)
        assert "overshot" in stage.note()


def test_descent_race_on_a_gamma_ends_at_the_fit_in_both_coordinates(
    everything: dict[str, Stage],
) -> None:
    fit = mle.Gamma.fit(RAIN).params
    with shows(everything, "descent_race of a Gamma") as [stage]:
        for system, second in (("raw", fit["rate"]), ("better", fit["shape"] / fit["rate"])):
            stage.choose("system", system)
            stage.press("Start at the maximum")
            spoken = stage.handle("start").get_attribute("aria-valuetext")
            found = [number(part.split()[-1]) for part in spoken.split(", ")]
            assert found == [near(math.log(fit["shape"]), 3), near(math.log(second), 3)]
        stage.choose("system", "raw")
        stage.choose("system", "better")
        stage.slide("t", 200)
        # Newton and Fisher scoring differ here: the Gamma's shape and rate are not canonical in logarithms.
        assert stage.fact("Newton to 10⁻⁶") < 15
        assert stage.fact("Fisher scoring to 10⁻⁶") < 15


# ------------------------------------------------------------ chapter 8


def test_train_network_takes_the_steps_of_gradient_descent(everything: dict[str, Stage]) -> None:
    x, y = np.array([[0, 1], [1, 0], [1, 1], [0, 0]]), np.array([1, 1, 0, 0])
    fresh, truth = np.array([[0.1, 0.9], [0.9, 0.8]]), np.array([1, 0])
    with shows(everything, "train_network") as [stage]:
        for hidden, prior, decay in ((16, "none", 0.0), (2, "0.5", 1 / (4 * 0.5**2))):
            net = mle.MLP([2, hidden, 1], rng=3)
            stage.choose("hidden", str(hidden))
            stage.choose("prior", prior)
            stage.type("t", "200")
            for _ in range(200):
                net.weights = net.weights - 0.5 * (net.gradient(x, y, "bce") + decay * net.weights)
            assert stage.fact("training points") == pytest.approx(
                net.average_loss(x, y, "bce"), abs=6e-4
            )
            # What new points cost is kept until the reader has guessed.
            assert "new points" not in stage.facts() or hidden == 2
            stage.drag(stage.handle("guess"), 30)
            assert stage.fact("new points") == pytest.approx(
                net.average_loss(fresh, truth, "bce"), abs=6e-4
            )


def test_train_network_reaches_a_step_by_any_road(everything: dict[str, Stage]) -> None:
    with shows(everything, "train_network") as [stage]:
        assert "new points" not in stage.facts()
        stage.type("t", "3000")
        # Who runs to the end without a guess is not left with half of the story.
        assert "new points" in stage.facts()
        stage.type("t", "137")
        back = stage.facts()["training points"]
        stage.press("Rewind")
        stage.type("t", "137")
        assert stage.facts()["training points"] == back


# ------------------------------------------------------------ chapter 7


def humps(d: float) -> tuple[object, object]:
    left, right = stats.norm(-d / 2, 0.7), stats.norm(d / 2, 0.7)
    return (
        lambda x: 0.6 * left.pdf(x) + 0.4 * right.pdf(x),
        lambda x: np.logaddexp(np.log(0.6) + left.logpdf(x), np.log(0.4) + right.logpdf(x)),
    )


def test_two_humps_integrates_both_divergences(everything: dict[str, Stage]) -> None:
    with shows(everything, "two_humps") as [stage]:
        mu, sigma, d = stage.slide("mu", 0.7), stage.slide("sigma", 1.3), stage.slide("d", 3.0)
        stage.press("Check my guess")
        assert "Your guess costs" in stage.note()
        stage.choose("direction", "reverse")
        stage.press("Check my guess")
        p, log_p = humps(d)
        q = mle.Normal(mu=mu, sigma=sigma)
        forward = integrate.quad(lambda x: p(x) * (log_p(x) - q.log_prob(x)), -12, 12, limit=200)[0]
        reverse = integrate.quad(
            lambda x: q.pdf(x) * (q.log_prob(x) - log_p(x)), -12, 12, limit=200
        )[0]
        assert stage.fact("forward KL(P‖Q)") == near(forward)
        assert stage.fact("reverse KL(Q‖P)") == near(reverse)


def test_two_humps_forward_covers_and_reverse_chooses(everything: dict[str, Stage]) -> None:
    with shows(everything, "two_humps") as [stage]:
        d = 4.0
        stage.press("Check my guess")
        stage.press("Go to the minimum")
        mean = -0.6 * d / 2 + 0.4 * d / 2
        assert stage.fact("μ") == pytest.approx(mean, abs=0.006)
        assert stage.fact("σ") == pytest.approx(math.sqrt(0.49 + d * d / 4 - mean**2), abs=0.006)
        stage.choose("direction", "reverse")
        stage.press("Check my guess")
        covering = stage.fact("reverse KL(Q‖P)")
        stage.press("Go to the minimum")
        assert stage.fact("μ") == pytest.approx(-2.0, abs=0.05)
        assert stage.fact("σ") == pytest.approx(0.7, abs=0.05)
        assert stage.fact("reverse KL(Q‖P)") < covering
        # Alone under one hump, the price is that of the weight left out.
        assert stage.fact("reverse KL(Q‖P)") == pytest.approx(-math.log(0.6), abs=0.02)


def test_two_humps_tells_a_direction_only_who_has_guessed_it_and_keeps_the_guess(
    everything: dict[str, Stage],
) -> None:
    with shows(everything, "two_humps") as [stage]:
        contours = stage.element.locator(".panel").nth(1).locator("path.likelihood")
        for direction, name, least in (
            ("forward", "forward KL(P‖Q)", (-0.4, 2.081)),
            ("reverse", "reverse KL(Q‖P)", (-1.99, 0.712)),
        ):
            stage.choose("direction", direction)
            stage.type("mu", "0.5")
            stage.type("sigma", "1.5")
            assert stage.facts()[name] == "guess, then look"
            assert contours.count() == 0
            assert "divergence" not in stage.handle("point").get_attribute("aria-valuetext")
            assert not stage.element.get_by_role("button", name="Go to the minimum").is_visible()
            stage.press("Check my guess")
            told = stage.note().split("The least is ")[1]
            assert number(told.split("μ")[1].split(",")[0]) == pytest.approx(least[0], abs=0.02)
            assert number(told.split("σ")[1].split(". ")[0]) == pytest.approx(least[1], abs=0.02)
            assert contours.count() > 5
            stage.press("Go to the minimum")
            assert "your guess" in stage.picture()


# ------------------------------------------------------------ chapter 9


def dragged(stage: Stage) -> np.ndarray:
    """The observations as they stand, and as their handles say."""
    stage.settle()
    values = np.array(stage.element.evaluate("e => [...e.stage.state.x]"))
    said = [handle.get_attribute("aria-valuetext") for handle in stage.handle("x0").all()]
    assert [number(text) for text in said] == [pytest.approx(values[0], abs=0.006)]
    return values


def curve_of(family: type, x: np.ndarray, **known: float) -> np.ndarray:
    """The parameter, and the log-likelihood with its top at zero, on the explorable's grid."""
    L = mle.Likelihood(family, x, fixed=known)
    grid = np.linspace(10 / 240, 10, 240)
    return L.log_likelihood(grid[:, None]) - family.fit(x, fixed=known).log_likelihood


def test_a_curve_stays_where_the_held_sum_suffices_and_nowhere_else(
    everything: dict[str, Stage],
) -> None:
    families = {
        "poisson": (mle.Poisson, {}, True),
        "normal": (mle.Normal, {"sigma": 2.0}, True),
        "laplace": (mle.Laplace, {"scale": 2.0}, False),
        "cauchy": (mle.Cauchy, {"scale": 2.0}, False),
    }
    with shows(everything, "sufficient_statistic") as [stage]:
        before = dragged(stage)
        for key, (family, known, suffices) in families.items():
            stage.choose("family", key)
            assert stage.facts()["top"] == "guess, then look"
            stage.slide("place", 5.0)
            stage.press("Show the likelihood")
            stage.drag(stage.handle("x0"), 90)
            after = dragged(stage)
            assert after[0] > before[0] + 1
            assert after.sum() == pytest.approx(before.sum(), rel=1e-12)
            top = family.fit(after, fixed=known).theta[0]
            assert stage.fact("top") == pytest.approx(top, abs=0.006)
            assert f"missed by {abs(5 - stage.fact('top')):.2f}" in stage.note()
            old = curve_of(family, before, **known)
            new = curve_of(family, after, **known)
            change = np.abs(new - old)[np.maximum(new, old) > -6].max()
            assert stage.fact("greatest change of the curve") == pytest.approx(change, abs=0.006)
            assert (stage.fact("greatest change of the curve") == 0) == suffices, key
            assert ("stands still" in stage.note()) == suffices


def test_let_go_of_the_sum_and_every_curve_may_move(everything: dict[str, Stage]) -> None:
    with shows(everything, "sufficient_statistic") as [stage]:
        stage.press("Show the likelihood")
        stage.element.get_by_role("checkbox").uncheck()
        stage.drag(stage.handle("x0"), 90)
        assert stage.fact("greatest change of the curve") > 0.5
        assert "The sum has changed" in stage.note()
        stage.press("Keep this curve as the ghost")
        assert stage.fact("greatest change of the curve") == 0
        stage.choose("family", "normal")
        assert "hidden" not in stage.note()
        assert stage.facts()["top"] == "guess, then look"


@pytest.mark.parametrize(
    ("x", "says"), [([1, 2.5, 3], "whole"), ([0, 0, 0], "all counts"), ([1, 2], "3 to 10")]
)
def test_sufficient_statistic_refuses_what_it_cannot_show(x: list, says: str) -> None:
    with pytest.raises(DataError, match=says):
        explore.sufficient_statistic(x)


# ------------------------------------------------------------ chapter 10


def test_consistency_settles_as_the_sample_grows(everything: dict[str, Stage]) -> None:
    with shows(everything, "consistency") as [stage]:
        gaps, errors = [], []
        for n in (5, 5000):
            stage.slide("n", math.log(n))
            assert stage.fact("n") == n
            gaps.append(abs(stage.fact("ℓ/n − limit at the point")))
            errors.append(abs(stage.fact("estimate of λ") - 1))
        assert gaps[1] < gaps[0] / 3
        assert errors[1] < 4 / math.sqrt(5000)
        stage.choose("model", "uniform")
        assert 0 < 1 - stage.fact("estimate of θ") < 10 / 5000
        stage.choose("model", "cauchy")
        assert abs(stage.fact("estimate of θ")) < 4 * math.sqrt(2 / 5000)
        before = stage.facts()
        stage.press("New sample")
        assert stage.facts() != before


def test_consistency_asks_how_near_and_keeps_the_guess(everything: dict[str, Stage]) -> None:
    # The quantiles of the largest of n, and 1.96 standard errors of a large sample.
    near_truth = {
        "exponential": lambda n: 1.96 / math.sqrt(n),
        "uniform": lambda n: 1 - 0.025 ** (1 / n),
        "cauchy": lambda n: 1.96 * math.sqrt(2 / n),
    }
    with shows(everything, "consistency") as [stage]:
        for model, within in near_truth.items():
            stage.choose("model", model)
            told = stage.note().split("lie within ")[1].split(" of the truth")[0]
            assert number(told) == near(within(40), 3)
            assert "about 95" not in stage.element.locator(".panel").nth(1).inner_text()
            stage.type("guess", "0.1")
            stage.press("Check my guess")
            told = stage.note().split("at n = 4,000 within ")[1]
            assert number(told.split(". Your guess")[0]) == near(within(4000), 3)
            assert "about 95" in stage.element.locator(".panel").nth(1).inner_text()
            times = 0.1 / within(4000)
            assert number(told.split(" was ")[1].split(" times too wide")[0]) == near(times, 2)
            stage.slide("n", math.log(2000))
            assert "your guess" in stage.picture()


def axes(stage: Stage) -> list[str]:
    """The axes of each panel, as they are drawn: places and words."""
    stage.settle()
    return stage.element.evaluate(
        """e => [...e.shadowRoot.querySelectorAll('.panel line.axis')]
        .map(line => line.parentElement.innerHTML)"""
    )


def test_consistency_keeps_the_limit_in_its_place_as_the_sample_grows(
    everything: dict[str, Stage],
) -> None:
    with shows(everything, "consistency") as [stage]:
        for model in ("exponential", "uniform", "cauchy"):
            stage.choose("model", model)
            drawn = set()
            for n in (1, 12, 5000):
                stage.slide("n", math.log(n))
                drawn.add(axes(stage)[0])
            assert len(drawn) == 1, model


def test_consistency_of_an_unidentified_model_is_flat(everything: dict[str, Stage]) -> None:
    with shows(everything, "consistency") as [stage]:
        stage.choose("model", "twin")
        curve = stage.element.locator(".panel").first.locator("path.likelihood")
        heights = {part.split(" ")[1] for part in curve.get_attribute("d")[1:].split("L")}
        assert len(heights) == 1
        assert "no amount of data finds a" in stage.note()


def test_consistency_grows_by_the_player(everything: dict[str, Stage]) -> None:
    with shows(everything, "consistency") as [stage]:
        n = stage.fact("n")
        stage.press("Step")
        assert stage.fact("n") > n
        stage.press("Run")
        assert stage.fact("n") == 5000
        stage.press("Rewind")
        assert stage.fact("n") == 1


def test_consistency_knows_the_limits(everything: dict[str, Stage]) -> None:
    """At n = 5000 the gap is small; the limit itself is checked through its own formula."""
    expected = {
        "exponential": lambda r: integrate.quad(
            lambda x: math.exp(-x) * (math.log(r) - r * x), 0, 60
        )[0],
        "cauchy": lambda m: integrate.quad(
            lambda x: (
                mle.Cauchy(loc=0.0, scale=1.0).pdf(x) * mle.Cauchy(loc=m, scale=1.0).log_prob(x)
            ),
            -np.inf,
            np.inf,
        )[0],
    }
    with shows(everything, "consistency") as [stage]:
        for model, limit in expected.items():
            stage.choose("model", model)
            handle = stage.handle("theta")
            theta, *_, shown = (
                part.split()[-1] for part in handle.get_attribute("aria-valuetext").split(", ")
            )
            theta = number(theta.split()[-1])
            assert number(shown) == pytest.approx(limit(theta), abs=5e-3)


# ------------------------------------------------------------ chapter 11


@pytest.mark.parametrize(
    ("model", "dist", "values"),
    [
        ("poisson", lambda v: mle.Poisson(rate=v), (1.0, 6.0)),
        ("bernoulli", lambda v: mle.Bernoulli(p=v), (0.2, 0.6)),
        ("exponential", lambda v: mle.Exponential(rate=v), (0.5, 2.0)),
    ],
)
def test_information_meets_its_three_faces(
    everything: dict[str, Stage], model: str, dist, values
) -> None:
    with shows(everything, "information") as [stage]:
        stage.choose("model", model)
        assert list(stage.facts()) == ["n"]
        stage.press("Check my guess")
        for value in values:
            truth = stage.slide(model, value)
            for n in (20, 100):
                stage.slide("n", n)
                information = n * float(np.squeeze(dist(truth).information()))
                assert stage.fact("n I(θ)") == near(information)
                # A mean and two variances from 1000 samples: four times their Monte Carlo error, and 1/n for the estimates.
                assert stage.fact("mean curvature −ℓ″") == pytest.approx(information, rel=0.1)
                assert stage.fact("variance of the score") == pytest.approx(information, rel=0.2)
                assert stage.fact("1 / variance of the estimates") == pytest.approx(
                    information, rel=0.2 + 4 / n
                )


def test_information_keeps_the_axis_on_which_the_scores_spread(
    everything: dict[str, Stage],
) -> None:
    with shows(everything, "information") as [stage]:
        drawn = set()
        for n in (20, 100):
            stage.slide("n", n)
            drawn.add(axes(stage)[2])
        assert len(drawn) == 1


def test_information_draws_new_samples(everything: dict[str, Stage]) -> None:
    with shows(everything, "information") as [stage]:
        stage.press("Check my guess")
        before = stage.facts()
        stage.press("New samples")
        after = stage.facts()
        assert after["n I(θ)"] == before["n I(θ)"]
        assert after["variance of the score"] != before["variance of the score"]


def test_information_keeps_a_guess_of_both_factors(everything: dict[str, Stage]) -> None:
    with shows(everything, "information") as [stage]:
        assert "your guess" not in stage.picture()
        stage.type("sharper", "2")
        stage.type("closer", "4")
        assert "your guess for n = 80" in stage.picture()
        stage.press("Check my guess")
        assert "times 4.0; you said 2.0" in stage.note()
        assert "divided by 2.0; you said 4.0" in stage.note()
        assert stage.fact("n I(θ)") == near(80 / 3)
        assert stage.fact("their standard deviation") == pytest.approx(math.sqrt(3 / 80), rel=0.1)
        stage.slide("n", 40)
        assert "your guess for n = 80" in stage.picture()


# ------------------------------------------------------------ chapter 12


def test_intervals_cover_exactly_as_enumeration_says(everything: dict[str, Stage]) -> None:
    with shows(everything, "intervals") as [stage]:
        for method, exact in (("wald", 0.876), ("score", 0.957), ("lr", 0.867)):
            stage.choose("method", method)
            assert stage.fact("exact coverage") == exact
        stage.choose("method", "wald")
        stage.choose("level", 0.8)
        n, p = int(stage.slide("n", 37)), stage.slide("p", 0.3)
        x = np.arange(n + 1)
        half = special.ndtri(0.9) * np.sqrt(x / n * (1 - x / n) / n)
        holds = (x / n - half < p) & (p < x / n + half)
        assert stage.fact("exact coverage") == pytest.approx(
            stats.binom.pmf(x, n, p)[holds].sum(), abs=6e-4
        )
        assert stage.fact("promised") == 0.8


def test_intervals_keep_a_guess_beside_the_answer_and_a_ghost_of_the_curve(
    everything: dict[str, Stage],
) -> None:
    with shows(everything, "intervals") as [stage]:
        assert "87.6 % with 20 trials. What will it cover with 30?" in stage.note()
        assert "your guess for" not in stage.picture()
        stage.type("guess", "0.93")
        assert "your guess for n = 30" in stage.picture()
        stage.press("Check my guess")
        stage.rest()
        assert (stage.fact("n"), stage.fact("exact coverage")) == (30, 0.809)
        assert "87.6 % with 20 trials and 80.9 % with 30. Your guess was 93.0 %." in stage.note()
        assert "grey: Wald, n = 20" in stage.picture()
        stage.choose("method", "score")
        stage.press("Keep this curve as the ghost")
        assert "grey" not in stage.picture()
        stage.slide("n", 40)
        assert "grey: score, n = 30" in stage.picture()
        assert stage.fact("your guess for n = 30") == 0.93


def test_intervals_are_a_hundred_and_the_misses_are_marked(everything: dict[str, Stage]) -> None:
    with shows(everything, "intervals") as [stage]:
        rows = stage.element.locator(".panel").first
        for _ in range(2):
            hits = stage.fact("this hundred")
            assert rows.locator("path.data").count() == hits
            assert rows.locator("path.slope").count() == 100 - hits
            assert f"{hits:.0f} of 100 intervals hold p" in rows.inner_text()
            first = stage.picture()
            stage.press("New hundred")
            assert stage.picture() != first


# ------------------------------------------------------------ chapter 14


def test_gamma_efficiency_is_the_ratio_of_variances(everything: dict[str, Stage]) -> None:
    with shows(everything, "gamma_efficiency") as [stage]:
        stage.press("Check my guess")
        for shape in (0.3, 1.0, 12.0):
            k = math.exp(stage.slide("shape", math.log(shape)))
            mle_variance = np.linalg.inv(mle.Gamma(shape=k, rate=1.0).information())[0, 0]
            efficiency = mle_variance / (2 * k * (k + 1))
            assert stage.fact("efficiency for large n") == near(efficiency, 3)
        stage.slide("n", 200)
        ratio = number(stage.facts()["ratio of mean squared errors at n = 200"])
        assert ratio == pytest.approx(efficiency, abs=0.15)
        before = stage.facts()
        stage.press("New samples")
        assert stage.facts() != before


def test_gamma_efficiency_is_hidden_until_a_guess_which_stays_as_a_ghost(
    everything: dict[str, Stage],
) -> None:
    with shows(everything, "gamma_efficiency") as [stage]:
        assert set(stage.facts()) == {"shape"}
        assert "hidden" in stage.element.locator(".panel").first.inner_text()
        assert "efficiency" not in stage.handle("shape").get_attribute("aria-valuetext")
        stage.type("shape", "2")
        stage.press("Check my guess")

        def kept(k: float) -> float:
            inverse = np.linalg.inv(mle.Gamma(shape=k, rate=1.0).information())
            return inverse[0, 0] / (2 * k * (k + 1))

        half = float(stage.note().split("Half is kept at shape ")[1].split(";")[0])
        assert half == near(optimize.brentq(lambda k: kept(k) - 0.5, 0.1, 30), 3)
        assert f"at your guess, 2.00, it is {100 * kept(2):.0f} %" in stage.note()
        stage.slide("shape", math.log(10.0))
        assert "Half is kept" not in stage.note()
        assert "your guess" in stage.picture()


def test_gamma_efficiency_never_asks_for_once_as_many(everything: dict[str, Stage]) -> None:
    """Of 96 % of the information one needs 1.05 times the observations, and no 1.0 times."""
    with shows(everything, "gamma_efficiency") as [stage]:
        stage.press("Check my guess")
        for shape in (0.1, 1.0, 10.0, 30.0):
            stage.slide("shape", math.log(shape))
            times = float(stage.note().split("it needs ")[1].split()[0])
            assert times == pytest.approx(1 / stage.fact("efficiency for large n"), rel=0.04)
            assert times > 1


# ------------------------------------------------------------ chapter 13


def test_three_tests_are_those_of_mlecore_and_hidden_until_a_guess(
    everything: dict[str, Stage],
) -> None:
    with shows(everything, "three_tests") as [stage]:
        assert set(stage.facts()) == {"null p₀", "estimate"}
        assert "hidden" in stage.element.locator(".panel").nth(1).inner_text()
        stage.slide("p", 0.75)
        stage.press("Check my guess")
        for times in (1, 4):
            stage.choose("times", times)
            fit = mle.Bernoulli.fit([1, 0], weights=[26 * times, 6 * times])
            for name, method in (("Wald", "wald"), ("likelihood ratio", "lr"), ("score", "score")):
                test = fit.test(p=0.75, method=method)
                assert number(stage.facts()[name].split(", p")[0]) == near(test.statistic, 4)
                assert stage.fact(name) == near(test.p_value, 3)
            end = fit.ci(0.95, "lr")["p"][0]
            assert f"reaches 5 % at {end:.3f}" in stage.note()
        assert "Your guess was for 32." in stage.note()
        # Another null leaves the guess where it was, as a ghost.
        stage.choose("times", 1)
        stage.slide("p", 0.55)
        assert "Your guess 0.750" in stage.note()
        # No digits are shown that arithmetic has lost.
        stage.choose("times", 16)
        assert stage.facts()["Wald"].endswith("p < 0.0001")


# ------------------------------------------------------------ what they are given


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: explore.poisson_rate([1.5, 2]), "whole numbers"),
        (lambda: explore.poisson_rate([]), "not 0"),
        (lambda: explore.poisson_rate([1, np.nan]), "first at 1"),
        (lambda: explore.poisson_rate([0, 1], [3]), "2 values but 1 frequencies"),
        (lambda: explore.poisson_rate([0, 0]), "every count is 0"),
        (lambda: explore.poisson_rate(["a"]), "must be numbers"),
        (lambda: explore.likelihood_stems([1, 2], mle.Gamma), "no view of Gamma"),
        (lambda: explore.likelihood_stems([1, 2], mle.Bernoulli), "zeros and ones"),
        (lambda: explore.likelihood_stems([-1, 2], mle.Exponential), "at least 0"),
        (lambda: explore.likelihood_stems([2, 2]), "equal"),
        (lambda: explore.likelihood_stems(np.ones((2, 2))), "one-dimensional"),
        (lambda: explore.underflow([-np.inf, 0]), "not finite"),
        (lambda: explore.normal_surface([1, 2]), "3 to 200"),
        (lambda: explore.normal_surface([1, 1, 1]), "equal"),
        (lambda: explore.descent_race([1, 2, 3, 4, 5], [0, 0, 0, 1, 1]), "separates"),
        (lambda: explore.descent_race([1, 2, 3, 4, 5], [1, 1, 1, 1, 1]), "one class"),
        (lambda: explore.descent_race([1, 2, 3, 4, 5], [0, 1, 2, 1, 0]), "zeros and ones"),
        (lambda: explore.descent_race([-1, 2, 3, 4, 5]), "positive"),
        (lambda: explore.train_network([[1, 2]] * 4, [0, 1, 1], [[1, 2]], [0]), "4 to 200"),
        (
            lambda: explore.train_network([[1, 2]] * 4, [0, 1, 1, 2], [[1, 2]], [0]),
            "zeros and ones",
        ),
        (lambda: explore.train_network([[1, 2, 3]] * 4, [0, 1] * 2, [[1, 2]], [0]), "shape"),
        (lambda: explore.intervals(n=3), "5 to 100"),
        (lambda: explore.intervals(p=0), "between"),
        (lambda: explore.three_tests(3, 4), "5 to 1000"),
        (lambda: explore.three_tests(20, 20), "1 to 19"),
    ],
)
def test_bad_input_is_refused_with_a_reason(call, words: str) -> None:
    with pytest.raises(DataError, match=words):
        call()


def test_text_and_html_are_stable_and_escaped() -> None:
    for explorable in EXPLORABLES.values():
        assert repr(explorable).startswith(f"<explorable {explorable.name}: ")
        assert explorable._repr_html_() == explorable._repr_html_()
        script = explorable._repr_html_().split("<script>")[1]
        assert script.count("</script>") == 1
    odd = explore.Explorable("logit_loss", "s", 'a < b & "c"', {"t": "'</script>\""})
    html = odd._repr_html_()
    assert "a &lt; b &amp; &quot;c&quot;" in html
    assert html.count("</script>") == 1


def test_a_data_set_is_accepted_as_it_is() -> None:
    d = mle.datasets.load("alpha_particles")
    assert (
        explore.poisson_rate(d.values, d.frequencies).values
        == explore.poisson_rate(d.sample).values
    )
