"""The colours, written once: figures, explorables and pages all read them here.

A colour means the same thing from the first page to the last: the data are blue, the model is orange, a
likelihood is green, its slope is purple. The ways of climbing have colours of their own.
"""

from __future__ import annotations

__all__ = ["DARK", "LIGHT", "declarations"]

LIGHT = {
    "data": "#2b62c4",
    "model": "#c4500c",
    "likelihood": "#00785c",
    "slope": "#9c2a78",
    "gradient": "#8a6100",
    "stochastic": "#37510a",
    "newton": "#6a35b0",
    "fisher": "#b3264a",
    "accent": "#1f6f8b",
    "ink": "#1f2730",
    "muted": "#5a6672",
    "grid": "#c9d0d8",
    "paper": "#ffffff",
    "tint": "#f5f7f9",
    "button": "#eef2f5",
    "warn": "#b3261e",
}


def _turned(colour: str) -> str:
    """Return what `invert(1) hue-rotate(180deg)` makes of a colour: so the book turns its figures over for the dark."""
    r, g, b = (255 - int(colour[i : i + 2], 16) for i in (1, 3, 5))
    shared = 0.426 * r + 1.430 * g + 0.144 * b
    turned = (shared - r, shared - g, shared - b)
    return "#" + "".join(f"{round(min(max(v, 0.0), 255.0)):02x}" for v in turned)


DARK = {role: _turned(colour) for role, colour in LIGHT.items()} | {
    "paper": "#14181e",
    "tint": "#1b2027",
    "button": "#232a32",
    "warn": "#ff8a80",
}


def declarations(colours: dict[str, str], prefix: str = "--") -> str:
    """Return the colours as CSS custom properties.

    >>> declarations({"data": "#2b62c4"})
    '--data: #2b62c4;'
    """
    return " ".join(f"{prefix}{role}: {colour};" for role, colour in colours.items())
