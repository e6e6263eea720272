"""The formulas of the reference are those of the densities: each docstring's is read, and evaluated."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import special

import mlecore as mle
from mlecore import families

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_ext"))

import api
import pictures
import typeset

NAMES = [name for name in families.__all__ if name not in ("Dirichlet", "MultivariateNormal")]
KNOWN = {
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log": math.log,
    "cos": math.cos,
    "pi": math.pi,
    "Gamma": special.gamma,
    "zeta": special.zeta,
    "phi": lambda z: math.exp(-z * z / 2) / math.sqrt(2 * math.pi),
    "Phi": special.ndtr,
    "factorial": special.factorial,
    "B": special.beta,
    "C": special.binom,
    "I0": special.i0,
}


def read(name: str) -> tuple[dict[str, str], list[str]]:
    """The letters of a family's parameters, and the clauses of its formula, from its docstring."""
    head = typeset.head(getattr(mle, name).__doc__)
    letters = {}
    for parameter in head["parameters"].split(", "):
        word, _, letter = parameter.partition(" ")
        letters[word] = letter or word
    return letters, typeset.pieces(head["formula"])


@pytest.mark.parametrize("name", NAMES)
def test_the_formula_that_is_typeset_is_the_density_that_is_computed(name: str) -> None:
    dist = pictures.example(getattr(mle, name))
    letters, clauses = read(name)
    names = dict(KNOWN) | {letter: getattr(dist, word) for word, letter in letters.items()}
    if name == "StudentT":  # its constant stands in the next paragraph of the docstring
        names["C"] = math.gamma((names["v"] + 1) / 2)
        names["C"] /= math.gamma(names["v"] / 2) * math.sqrt(names["v"] * math.pi)
    left = typeset.LEFT.match(clauses[0])
    code = typeset.python(clauses[0][left.end() :])
    stated = dist.cdf if left[1] == "P(X <= x)" else lambda x: np.exp(dist.log_prob(x))
    for x in [1.0] if name == "Bernoulli" else pictures.points(dist)[1::7]:
        at = {"x": float(x), "k": float(x)} | names
        if name == "Categorical":
            at["p_k"] = dist.probs[int(x)]
        for clause in clauses[1:]:
            letter = re.match(r"([zL]) = (.*)", clause)
            if letter:
                at[letter[1]] = eval(typeset.python(letter[2]), {}, at)
        assert eval(code, {}, at) == pytest.approx(float(stated(x)), rel=1e-9)


@pytest.mark.parametrize("name", families.__all__)
def test_every_family_has_its_formula_typeset_and_its_picture(name: str) -> None:
    entry = "\n\n".join(api.entry(name, getattr(mle, name), "", False))
    assert re.search(r"\$\$\n.+\n\$\$", entry)
    assert '<svg class="density" role="img" aria-label="' in entry


@pytest.mark.parametrize("text", ["2 +", "x y)", "((x)", "a $ b"])
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(typeset.Unreadable):
        typeset.tex(text)


def test_a_slash_divides_the_product_so_far_by_the_next_factor() -> None:
    assert typeset.tex("a b / c d") == r"\frac{a b}{c} d"
    assert typeset.tex("(a + b)/c") == r"\frac{a + b}{c}"
    assert typeset.tex("x^(-a-1)") == "x^{-a - 1}"
    assert eval(typeset.python("a b / c d"), {}, {"a": 2, "b": 3, "c": 4, "d": 5}) == 7.5
    assert np.isclose(eval(typeset.python("-x^2"), {}, {"x": 3}), -9)


def test_words_among_the_conditions_stay_words() -> None:
    for name, words in {
        "Categorical": r"\text{for k = 0 .. K-1}",
        "VonMises": r"\text{x an angle in radians}",
        "Poisson": r"k = 0,\; 1,\; 2,\; \dots",
    }.items():
        assert typeset.displayed(getattr(mle, name).__doc__)[1].endswith(words)
    shown = [typeset.displayed(getattr(mle, name).__doc__)[1] for name in families.__all__]
    upright = set(re.findall(r"\\mathrm\{(\w+)\}", " ".join(shown)))
    assert upright == {"loc", "rate", "low", "high", "cov"}
