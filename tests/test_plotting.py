"""The colours of the book are legible, told apart by everyone, and the same in figures and pages."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from mlecore import palette, plotting

ROOT = Path(__file__).resolve().parent.parent
METHODS = ("gradient", "stochastic", "newton", "fisher")
ROLES = ("data", "model", "likelihood", "slope", *METHODS, "accent", "ink", "muted", "grid")
TEXT = ROLES[:-1]
THEMES = {"light": palette.LIGHT, "dark": palette.DARK}
WHITE, NIGHT = "#ffffff", "#14181e"

# CSS filter `hue-rotate(180deg)`, from the Filter Effects specification.
HUE_ROTATED = np.array([[-0.574, 1.43, 0.144], [0.426, 0.43, 0.144], [0.426, 1.43, -0.856]])

# Machado, Oliveira and Fernandes (2009), severity 1: what dichromats see, in linear RGB.
BLINDNESS = {
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def rgb(colour: str) -> np.ndarray:
    return np.array(matplotlib.colors.to_rgb(colour))


def linear(c: np.ndarray) -> np.ndarray:
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """The contrast ratio of WCAG 2."""
    low, high = sorted(linear(rgb(c)) @ [0.2126, 0.7152, 0.0722] for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(c: np.ndarray) -> np.ndarray:
    """CIELAB of linear RGB."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    t = np.clip(np.array(to_xyz) @ c, 0, None) / [0.9505, 1.0, 1.089]
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_figures_have_the_colours_of_the_palette():
    assert {role: getattr(plotting, role.upper()) for role in ROLES} == {
        role: palette.LIGHT[role] for role in ROLES
    }


def test_no_colour_of_the_palette_is_written_twice():
    every = {colour.lower() for colours in THEMES.values() for colour in colours.values()}
    for path in [
        *(ROOT / "book/_static").glob("**/*.css"),
        *(ROOT / "book/_ext").glob("*.py"),
        *(ROOT / "mlecore").glob("**/*.js"),
        *(ROOT / "mlecore").glob("**/*.py"),
    ]:
        if path.name != "palette.py":
            found = set(re.findall(r"#[0-9a-f]{6}", path.read_text("utf-8").lower()))
            assert not found & every, path


def test_the_dark_colours_are_what_the_filter_makes_of_the_light_ones():
    for role in ROLES:
        turned = np.clip(HUE_ROTATED @ (1 - rgb(palette.LIGHT[role])), 0, 1)
        assert np.abs(turned - rgb(palette.DARK[role])).max() <= 1 / 255


@pytest.mark.parametrize("role", TEXT)
def test_words_in_any_colour_can_be_read(role):
    assert contrast(palette.LIGHT[role], WHITE) >= 4.5
    assert contrast(palette.DARK[role], NIGHT) >= 4.5


@pytest.mark.parametrize("together", [ROLES[:4], METHODS], ids=["roles", "methods"])
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", [None, *BLINDNESS])
def test_lines_are_told_apart_without_full_colour_sight(theme, sight, together):
    seen = np.eye(3) if sight is None else np.array(BLINDNESS[sight])
    colours = [lab(np.clip(seen @ linear(rgb(THEMES[theme][role])), 0, 1)) for role in together]
    gaps = [np.linalg.norm(a - b) for a, b in itertools.combinations(colours, 2)]
    assert min(gaps) > 12  # a just noticeable difference is about 2


def test_the_style_ends_with_its_block():
    before = matplotlib.rcParams["lines.linewidth"]
    with plotting.style():
        assert matplotlib.rcParams["axes.titlelocation"] == "left"
    assert matplotlib.rcParams["lines.linewidth"] == before


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plotting.bars([0, 1], [2, 3], ax),
        lambda ax: plotting.stems([0, 1], [2, 3], ax),
        lambda ax: plotting.curve(np.sin, 0, 1, ax),
        lambda ax: plotting.mark(0.5, ax, "here"),
        lambda ax: plotting.label(0.5, 0.5, "here", ax),
    ],
    ids=["bars", "stems", "curve", "mark", "label"],
)
def test_a_figure_function_draws_on_the_axes_it_is_given(draw):
    with plotting.style():
        figure, ax = plt.subplots()
        assert draw(ax) is ax
        assert ax.patches or ax.lines or ax.texts
        figure.canvas.draw()
        plt.close(figure)


def test_settings_go_before_the_role():
    figure, ax = plt.subplots()
    plotting.curve(np.sin, 0, 1, ax, color=plotting.SLOPE, linestyle="--")
    assert ax.lines[0].get_color() == plotting.SLOPE
    assert ax.lines[0].get_linestyle() == "--"
    plt.close(figure)
