"""What the Rayleigh alone must do: the root mean square, and an honest word about zeros."""

from __future__ import annotations

import numpy as np
import pytest

from mlecore import NoMLEError, Rayleigh, RegularityError


def test_the_estimate_is_the_root_mean_square_over_root_two():
    x = np.array([1.0, 2.0, 2.5])
    f = Rayleigh.fit(x)
    assert f.params["scale"] == pytest.approx(np.sqrt((x**2).mean() / 2), rel=1e-15)
    assert f.se["scale"] == pytest.approx(f.params["scale"] / np.sqrt(12), rel=1e-12)


def test_the_length_of_a_normal_vector_is_rayleigh():
    x = np.hypot(*np.random.default_rng(0).normal(0, 3, size=(2, 20_000)))
    f = Rayleigh.fit(x)
    assert abs(f.params["scale"] - 3) < 4 * f.se["scale"]


def test_all_zero_has_no_maximum():
    with pytest.raises(NoMLEError, match="all values are zero"):
        Rayleigh.fit([0.0, 0.0])


def test_a_zero_is_allowed_and_noted():
    f = Rayleigh.fit([0.0, 1.0, 2.0])
    assert f.params["scale"] == pytest.approx(np.sqrt(5 / 6), rel=1e-15)
    assert f.log_likelihood == -np.inf
    assert "density is 0" in f.notes[0]
    assert Rayleigh(scale=1.0).log_prob(0.0) == -np.inf
    low, high = f.ci()["scale"]
    assert 0 < low < f.params["scale"] < high
    for ratio in (lambda: f.ci(method="lr"), lambda: f.test(scale=1.0, method="lr")):
        with pytest.raises(RegularityError, match="density 0 whatever"):
            ratio()
