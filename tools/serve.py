"""Serve the built book at http://localhost:8000, with the headers that live pages like to see.

    python tools/serve.py [FOLDER [PORT]]

The two headers isolate a page from other hosts. Only an isolated page may share memory with its
worker, and only through shared memory can a running cell be stopped with its names kept.
"""

from __future__ import annotations

import functools
import http.server
import sys
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    # Ask whether a file has changed before using the one at hand; an answer without bytes is quick.
    "Cache-Control": "no-cache",
}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files with the headers above, and the types that browsers insist on."""

    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def end_headers(self) -> None:
        """Add the headers to every answer."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()


def main(folder: str = str(SITE), port: str = "8000") -> None:
    """Serve until Ctrl-C."""
    handler = functools.partial(Handler, directory=folder)
    try:
        server = http.server.ThreadingHTTPServer(("localhost", int(port)), handler)
    except OSError as error:
        sys.exit(f"Port {port} cannot be used ({error.strerror}): name another after the folder.")
    print(f"The book is at http://localhost:{port}; Ctrl-C ends it.")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
