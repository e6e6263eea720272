"""Chapter 8, *KL divergence*."""

from __future__ import annotations

import numpy as np

from mlecore import datasets
from mlecore.divergence import Empirical, cross_entropy, entropy, kl_divergence
from mlecore.exercises.checking import exercise
from mlecore.exercises.judging import Hint, agrees, matching, number, resembles, same
from mlecore.families import Poisson


@exercise(
    "coin-divergence",
    praise="Both terms carry the weights of the first coin: the average is taken where the data are.",
)
def _(answer: object) -> None:
    on = [(0.5, 0.9), (0.2, 0.6), (0.7, 0.7), (0.95, 0.1)]

    def forward(p: float, q: float) -> float:
        return float(p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q)))

    resembles(
        answer,
        lambda p, q: forward(q, p),
        "That is the divergence the other way: the average must be taken under the first coin.",
        on=on,
    )
    resembles(
        answer,
        lambda p, q: p * np.log(p / q),
        "Heads are there. Tails are an outcome too, with probability 1 - p.",
        on=on,
    )
    resembles(
        answer,
        lambda p, q: -p * np.log(q) - (1 - p) * np.log(1 - q),
        "That is the cross-entropy. Subtract the entropy of the first coin.",
        on=on,
    )
    resembles(
        answer,
        lambda p, q: forward(p, q) / np.log(2),
        "Right, in bits. This book measures in nats: use the natural logarithm.",
        on=on,
    )
    resembles(
        answer,
        lambda p, q: q * np.log(p / q) + (1 - q) * np.log((1 - p) / (1 - q)),
        "The logarithms are right, and the weights are the second coin's. Average where the data are.",
        on=on,
    )
    resembles(
        answer,
        lambda p, q: -p * np.log(p) - (1 - p) * np.log(1 - p),
        "That is the entropy of the first coin, the floor. What does the model add to it?",
        on=on,
    )
    resembles(
        answer,
        lambda p, q: p * np.log(p / q) - (1 - p) * np.log((1 - p) / (1 - q)),
        "An average adds its terms: that of tails comes with a plus.",
        on=on,
    )
    agrees(
        answer, forward, on=on, otherwise="At p = q it must be zero, and positive everywhere else."
    )


@exercise(
    "horse-kicks-stacked",
    praise="The floor is the corps' own randomness; the Poisson adds two thousandths of it.",
)
def _(answer: object) -> None:
    kicks = datasets.load("horse_kicks")
    data = Empirical(kicks.values, weights=kicks.frequencies)
    model = Poisson.fit(kicks.values, weights=kicks.frequencies).dist
    right = {
        "entropy": entropy(data),
        "kl": kl_divergence(data, model),
        "cross-entropy": cross_entropy(data, model),
    }
    if not isinstance(answer, dict) or set(answer) != set(right):
        raise Hint("Give a dictionary with the keys entropy, kl and cross-entropy.")
    given = {name: number(answer[name], what=f"Your {name}") for name in right}
    total = float(np.sum(kicks.frequencies))
    if same(given["cross-entropy"], right["cross-entropy"] * total):
        raise Hint("That is the negative log-likelihood of all 200 corps-years; divide by them.")
    unweighted = entropy(Empirical(kicks.values))
    if same(given["entropy"], unweighted):
        raise Hint(
            "That is the entropy of the five values, each counted once. Give their frequencies as weights."
        )
    if same(given["entropy"], right["cross-entropy"]) and same(
        given["cross-entropy"], right["entropy"]
    ):
        raise Hint("Entropy and cross-entropy are swapped: the floor is the lower of the two.")
    if all(same(given[name], right[name] / np.log(2)) for name in right):
        raise Hint("Right, in bits. This book measures in nats: use the natural logarithm.")
    if any(given[name] == float(f"{right[name]:.3g}") for name in right):
        raise Hint("Some have three digits. Give four significant digits of each.")
    if same(given["entropy"], entropy(model)):
        raise Hint(
            "That is the entropy of the fitted Poisson. The floor is the entropy of the data."
        )
    if given["kl"] < 0:
        raise Hint(
            "A divergence is never negative: mle.kl_divergence takes the data, then the model."
        )
    if given["kl"] == np.inf:
        raise Hint("That is the way back: mle.kl_divergence takes the data first, then the model.")
    if 0.001 < given["kl"] < 0.0035 and same(given["kl"], round(given["kl"], 3)):
        raise Hint("A difference of two rounded numbers has one digit left. Subtract, then round.")
    if given["kl"] == round(right["kl"], 4):
        raise Hint("Four decimals leave two digits of a small kl. Give four significant digits.")
    for name, value in right.items():
        half_a_digit = 0.5 * 10.0 ** (np.floor(np.log10(value)) - 3)  # of the fourth
        agrees(
            given[name],
            value,
            rtol=0.0,
            atol=1.000001 * half_a_digit,
            otherwise=f"That is about your {name}, to four significant digits.",
        )


@exercise(
    "normal-divergence",
    praise="The term with the means is half their squared distance, in units of the model's own width.",
)
def _(answer: object) -> None:
    on = [(0.0, 1.0, 0.0, 2.0), (1.0, 2.0, -0.5, 1.5), (3.0, 0.5, 3.0, 0.5), (0.0, 1.0, 4.0, 1.0)]

    def divergence(m1: float, s1: float, m2: float, s2: float) -> float:
        return float(np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5)

    resembles(
        answer,
        lambda m1, s1, m2, s2: divergence(m2, s2, m1, s1),
        "The two have changed places: the expectation is under the first Normal.",
        on=on,
    )
    resembles(
        answer,
        lambda m1, s1, m2, s2: divergence(m1, s1, m2, s2) + 0.5,
        "At equal parameters yours is 1/2, and a divergence from itself is 0.",
        on=on,
    )
    resembles(
        answer,
        lambda m1, s1, m2, s2: np.log(s2 / s1) + s1**2 / (2 * s2**2) - 0.5,
        "The means are missing: E(X - mu2)^2 is larger than sigma1^2 when the means differ.",
        on=on,
    )
    resembles(
        answer,
        lambda m1, s1, m2, s2: (
            np.log(s2) + 0.5 * np.log(2 * np.pi) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2)
        ),
        "That is the cross-entropy. Subtract the entropy of the first Normal.",
        on=on,
    )
    resembles(
        answer,
        lambda m1, s1, m2, s2: divergence(m1, s1, m2, s2) - 2 * np.log(s2 / s1),
        "The logarithm is upside down: log(sigma2) comes from the model's density, with a plus.",
        on=on,
    )
    resembles(
        answer,
        lambda m1, s1, m2, s2: divergence(m1, s1, m2, s2) + np.log(s2 / s1),
        "The logarithm is that of the variances' ratio, twice too large: sigma is in the density.",
        on=on,
    )
    resembles(
        answer,
        lambda m1, s1, m2, s2: np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / s2**2 - 0.5,
        "The square lacks its factor 1/2: the Normal's exponent is a square over 2 sigma squared.",
        on=on,
    )
    resembles(
        answer,
        lambda m1, s1, m2, s2: np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2) - 0.5,
        "Below the line sigma2 is squared.",
        on=on,
    )
    agrees(answer, divergence, on=on, otherwise="Try equal means first, then equal widths.")


@exercise(
    "symmetric-divergence",
    praise="A reflection explains two of the three; the Cauchys are symmetric for a reason of their own.",
)
def _(answer: object) -> None:
    right = {
        "Normal(0, 1) and Normal(3, 1)": "True",
        "Normal(0, 1) and Normal(0, 3)": "False",
        "Bernoulli(0.2) and Bernoulli(0.8)": "True",
        "Poisson(2) and Poisson(5)": "False",
        "Cauchy(0, 1) and Cauchy(2, 3)": "True",
    }
    given = answer
    if isinstance(answer, dict):
        given = {
            pair: str(v) if isinstance(v, bool | np.bool_) else v for pair, v in answer.items()
        }
    first, wide, coins, counts, heavy = right
    hints = {
        (first, "False"): "Reflect about 1.5: what becomes of the two Normals of equal width?",
        (
            wide,
            "True",
        ): "A narrow model of wide data pays dearly, a wide model of narrow data does not.",
        (coins, "False"): "Exchange heads and tails in both coins: what becomes of the pair?",
        (
            counts,
            "True",
        ): "Compute both directions for the two Poissons with the formula of Step 5.",
        (
            heavy,
            "False",
        ): "Compute it both ways with mle.kl_divergence: the Cauchys may surprise you.",
    }
    matching(given, right, hints=hints)
