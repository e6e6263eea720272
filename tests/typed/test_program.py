"""The user's program that `make lint` checks gives the right numbers, and the check bites."""

from __future__ import annotations

import math

import numpy as np
import pytest
from mypy import api
from program import HalfNormal, line, report

import mlecore as mle

HOURS = [3.0, 5.0, 5.0, 13.0, 14.0, 15.0, 22.0, 22.0, 23.0, 30.0, 36.0, 39.0]
WRONG = """
import mlecore as mle

fit = mle.Gamma.fit([1.0, 2.0, 4.0])
fit.parameters
fit.test(1.0)
mle.nll(fit.dist, [1.0], reduction="average")
mle.Gama
"""


def test_the_program_gives_what_the_library_gives():
    said = report(HOURS)
    fit = mle.Gamma.fit(HOURS)
    assert said["shape"] == fit.params["shape"]
    assert said["low"] < said["shape"] < said["high"]
    assert said["held"] == pytest.approx(mle.Exponential.fit(HOURS).log_likelihood)
    # KL between Gammas of one shape a: a (log(b1/b2) + b2/b1 - 1).
    assert said["divergence"] == pytest.approx(2 * (math.log(3) + 1 / 3 - 1))


def test_a_family_of_a_users_own_is_fitted_and_tested():
    x = np.array(HOURS)
    fit = HalfNormal.fit(x)
    assert fit.params["scale"] == pytest.approx(np.sqrt(np.mean(x**2)))
    density = math.sqrt(2 / math.pi) / 2.0 * math.exp(-((3.0 / 2.0) ** 2) / 2)
    assert HalfNormal(2.0).pdf(3.0) == pytest.approx(density)


def test_a_line_is_fitted():
    X = np.arange(5.0)[:, None]
    fit = line(X, 1.0 + 2.0 * X[:, 0] + np.array([0.1, -0.1, 0.0, -0.1, 0.1]))
    assert list(fit.params.values())[:2] == pytest.approx([1.0, 2.0])


def test_mistakes_in_a_users_program_are_found(tmp_path):
    path = tmp_path / "wrong.py"
    path.write_text(WRONG, encoding="utf-8")
    # As `make lint` asks, strictly, by pyproject.toml: what that has read already is not read again.
    text, _, code = api.run([str(path)])
    assert code == 1
    for number in range(5, 9):
        assert f"{path.name}:{number}: error" in text, text
