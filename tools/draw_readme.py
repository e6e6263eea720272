"""Take the README's picture: the first chapter as it is read in the light and in the dark.

make book && python tools/draw_readme.py        # writes book/_static/readme.png
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "book"))

from browser import Reader, launch, serve  # noqa: E402

PAGE = "book/01_which_distribution.html"
TALL = 1000


def main() -> None:
    """Photograph the page twice and join the pictures side by side."""
    halves = []
    with launch() as browser, serve(ROOT / "_build" / "html") as address:
        for dark in (False, True):
            with Reader(browser, address, width=900, dark=dark).open(PAGE) as visit:
                figure = visit.page.locator("figure").first
                figure.scroll_into_view_if_needed()
                top = figure.bounding_box()["y"] - 345
                visit.page.mouse.wheel(0, top)
                visit.page.set_viewport_size({"width": 900, "height": TALL})
                visit.page.add_style_tag(content="#pst-back-to-top { display: none !important }")
                visit.page.wait_for_timeout(300)
                halves.append(Image.open(io.BytesIO(visit.page.screenshot())))
    both = Image.new("RGB", (1800, TALL))
    for i, half in enumerate(halves):
        both.paste(half, (900 * i, 0))
    small = both.resize((1400, round(1400 * TALL / 1800)), Image.Resampling.LANCZOS)
    small.quantize(128, dither=Image.Dither.NONE).save(
        ROOT / "book" / "_static" / "readme.png", optimize=True
    )


if __name__ == "__main__":
    main()
