"""The Python side of a live page: it runs a cell as a notebook would, and posts what comes of it.

The worker sets `post`, a function that takes a kind and a value: "stdout" and "stderr" with text,
"data" with a mapping from MIME types to text, "error" with name, text and the reader's line.
"""

from __future__ import annotations

import ast
import base64
import builtins
import io
import linecache
import sys
import traceback
from typing import Any

names: dict[str, Any] = {}
MIME = {"text/html": "_repr_html_", "text/latex": "_repr_latex_", "image/svg+xml": "_repr_svg_"}
LIMIT = 200_000  # characters that one cell may print; a page drowns in more
INTEGERS = (
    "In the browser NumPy's integers have 32 bits, so they end at 2,147,483,647. "
    "Use floats, or ask for 64 bits: np.array(..., dtype=np.int64)."
)


def post(kind: str, value: Any) -> None:
    """Tell the page; the worker puts its own function in this place."""


class Stream(io.TextIOBase):
    """What a cell prints, posted line by line."""

    def __init__(self, kind: str) -> None:
        self.kind, self.held, self.printed = kind, "", 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.held += text
        if "\n" in text or len(self.held) > 2000:
            self.flush()
        return len(text)

    def flush(self) -> None:
        room = LIMIT - self.printed
        if self.held and room > 0:
            cut = "\n(more than a page can show: cut here)\n" if len(self.held) > room else ""
            post(self.kind, self.held[:room] + cut)
        self.printed += len(self.held)
        self.held = ""


def display(*things: object) -> None:
    """Show things as a notebook does: HTML, LaTeX or a picture beside their text."""
    for thing in things:
        flush()
        data = {"text/plain": repr(thing)}
        for mime, method in MIME.items():
            if not isinstance(thing, type) and callable(write := getattr(thing, method, None)):
                written = write()
                if written is not None:
                    data[mime] = written
        if type(thing).__name__ == "Figure" and hasattr(thing, "savefig"):
            data |= drawn(thing)
        post("data", data)


def drawn(figure: Any) -> dict[str, str]:
    """A figure as a PNG for dense screens."""
    size = figure.get_size_inches() * figure.dpi
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=2 * figure.dpi, bbox_inches="tight")
    axes = len(figure.axes)
    return {
        "image/png": base64.b64encode(file.getvalue()).decode(),
        "text/plain": f"<Figure size {size[0]:.0f}x{size[1]:.0f} with {axes} Axes>"
        if axes
        else f"<Figure size {size[0]:.0f}x{size[1]:.0f} with 0 Axes>",
    }


def show_figures(*_: object, **__: object) -> None:
    """Show the open figures, and close them, as a notebook does at the end of a cell."""
    import matplotlib.pyplot as plt

    for number in plt.get_fignums():
        display(plt.figure(number))
    plt.close("all")


def flush() -> None:
    """Post what is printed and not yet posted."""
    sys.stdout.flush()
    sys.stderr.flush()


def restart() -> None:
    """Forget every name, figure and setting of figures. The files and the modules stay."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    plt.close("all")
    mpl.rcdefaults()
    plt.show = show_figures
    names.clear()
    names.update({"__name__": "__main__", "__builtins__": builtins, "display": display})


def run(number: int, source: str) -> bool:
    """Run a cell; whether it came to its end."""
    file = f"<cell {number}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    try:
        body = ast.parse(source, file).body
        shown = body.pop() if body and isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), file, "exec"), names)
        if shown is not None:
            value = eval(compile(ast.Expression(shown.value), file, "eval"), names)
            if value is not None:
                names["_"] = value
                display(value)
        show_figures()
    except KeyboardInterrupt:
        flush()
        post("error", {"name": "Stopped", "text": "Stopped. The names are kept.", "line": None})
        return False
    except BaseException as error:
        flush()
        post("error", told(error, file))
        return False
    finally:
        flush()
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    return True


def told(error: BaseException, file: str) -> dict[str, Any]:
    """An error as its reader needs it: the lines of the cells, not those of the packages."""
    line, steps, inside = None, [], 0
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith("<cell "):
            steps.append(f"{frame.filename[1:-1]}, line {frame.lineno}:\n    {frame.line}")
            line, inside = (frame.lineno if frame.filename == file else line), 0
        elif steps:
            inside += 1
    if inside:
        steps.append(f"({inside} steps further, inside the packages)")
    if isinstance(error, SyntaxError) and error.filename == file:
        line = error.lineno
        mark = " " * max((error.offset or 1) - 1, 0) + "^"
        steps = [f"{file[1:-1]}, line {line}:\n    {(error.text or '').rstrip()}\n    {mark}"]
    name = type(error).__name__
    text = "".join(traceback.format_exception_only(error.__class__, error)).splitlines()
    last = error.msg if isinstance(error, SyntaxError) else str(error)
    steps.append(f"{name}: {last}" if last else text[-1])
    if narrow(error):
        steps.append(INTEGERS)
    return {"name": name, "text": "\n".join(steps), "line": line}


def narrow(error: BaseException) -> bool:
    """Whether an error looks like one of integers of 32 bits."""
    about = str(error)
    return isinstance(error, (OverflowError, TypeError, ValueError)) and (
        "int64" in about or "C long" in about or "too large to convert" in about
    )


builtins.input = lambda *_: (_ for _ in ()).throw(
    RuntimeError("input() cannot ask in a page: write the value into the cell.")
)
